"""The addresses of the owners' pages: the same for both sides."""

from collections.abc import Callable, Mapping
from functools import partial, update_wrapper
from typing import Any

from flask import Blueprint, request, url_for

from matcher.core.labels import Label
from matcher.core.people import Role
from matcher.web.context import current_actor
from matcher.web.guard import for_roles
from matcher.web.language import t
from matcher.web.own import editing, pages, uploads
from matcher.web.own.sides import NEEDS, OFFERS, OwnSide
from matcher.web.template_tools import field_value, same_page

VIEWS: tuple[tuple[str, str, str, Callable[..., Any]], ...] = (
    ("GET", "/", "index", pages.index),
    ("GET", "/new", "new", editing.new),
    ("POST", "/new", "new_post", editing.new_post),
    ("GET", "/<int:item_id>", "detail", pages.detail),
    ("POST", "/<int:item_id>", "act", pages.act),
    ("GET", "/<int:item_id>/edit", "edit", editing.edit),
    ("POST", "/<int:item_id>/edit", "edit_post", editing.edit_post),
    ("GET", "/upload", "upload", uploads.upload),
    ("POST", "/upload", "upload_post", uploads.upload_post),
    ("GET", "/upload/<token>", "verdict", uploads.verdict),
    ("POST", "/upload/<token>", "verdict_post", uploads.verdict_post),
    ("GET", "/template.xlsx", "template", uploads.template),
)
UPLOADS = {"needs": Label("导入需求", "Import needs"), "offers": Label("导入成果", "Import results")}
UPLOAD_VIEWS = ("upload", "upload_post", "verdict")


def own_tabs() -> list[tuple[str, str, bool, None]]:
    """Return the four pages of whoever enters for others; owners find theirs in the header."""
    here = (request.endpoint or "").partition(".")
    if Role.DESK not in current_actor().roles:
        return []
    found = []
    for side in (NEEDS, OFFERS):
        is_here, is_upload = here[0] == side.blueprint, here[2] in UPLOAD_VIEWS
        entered, upload = (url_for(f"{side.blueprint}.{view}") for view in ("index", "upload"))
        found.append((entered, t(side.words.entered), is_here and not is_upload, None))
        found.append((upload, t(UPLOADS[side.what]), is_here and is_upload, None))
    return found


def state_tabs(side: OwnSide, counts: Mapping[str, int], chosen: str) -> list[tuple[str, str, bool, int]]:
    """Return one tab for each state that items are in, in the order of the lifecycle."""
    labels = {str(state): label for state, label in side.lifecycle.labels.items()}
    found = [one for one in labels if counts.get(one) or one == chosen]
    return [(same_page(state=one, page=None), t(labels[one]), one == chosen, counts.get(one, 0)) for one in found]


def _blueprint(side: OwnSide) -> Blueprint:
    built = Blueprint(side.blueprint, __name__, url_prefix=f"/my/{side.what}")
    for method, path, endpoint, view in VIEWS:
        bound = update_wrapper(partial(view, side), view)
        built.add_url_rule(path, endpoint, for_roles(*side.roles)(bound), methods=[method])
    built.add_app_template_filter(field_value, "field_value")
    built.add_app_template_global(own_tabs, "own_tabs")
    built.add_app_template_global(state_tabs, "state_tabs")
    return built


own_needs, own_offers = _blueprint(NEEDS), _blueprint(OFFERS)
