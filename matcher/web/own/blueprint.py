"""The addresses of the owners' pages: the same for both sides."""

from collections.abc import Callable
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
from matcher.web.template_tools import field_value

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
OVERVIEW = Label("概览", "Overview")
UPLOADS = {"needs": Label("导入需求", "Import needs"), "offers": Label("导入成果", "Import results")}
HOMES = {Role.ENTERPRISE: "enterprise.home", Role.UNIVERSITY: "university.home", Role.GOVERNMENT: "government.home"}


def own_tabs() -> list[tuple[str, str, bool, None]]:
    """Return the pages of an owner, as the tabs of all of them."""
    roles, here = current_actor().roles, request.endpoint or ""
    found = [(home, t(OVERVIEW), here == home) for role, home in HOMES.items() if role in roles]
    for side in (NEEDS, OFFERS):
        if not roles.intersection(side.roles):
            continue
        first, is_here = f"{side.blueprint}.index", here.startswith(f"{side.blueprint}.")
        is_upload = is_here and here.partition(".")[2] in ("upload", "upload_post", "verdict")
        if roles != {Role.DESK}:
            found.append((first, t(side.words.mine), is_here and not is_upload))
        else:
            found.append((f"{side.blueprint}.new", t(side.words.new), is_here and not is_upload))
        found.append((f"{side.blueprint}.upload", t(UPLOADS[side.what]), is_upload))
    return [(url_for(endpoint), name, current, None) for endpoint, name, current in found]


def _blueprint(side: OwnSide) -> Blueprint:
    built = Blueprint(side.blueprint, __name__, url_prefix=f"/my/{side.what}")
    for method, path, endpoint, view in VIEWS:
        bound = update_wrapper(partial(view, side), view)
        built.add_url_rule(path, endpoint, for_roles(*side.roles)(bound), methods=[method])
    built.add_app_template_filter(field_value, "field_value")
    built.add_app_template_global(own_tabs, "own_tabs")
    return built


own_needs, own_offers = _blueprint(NEEDS), _blueprint(OFFERS)
