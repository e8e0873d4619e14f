"""Who may open which page: every view says it, and a view that says nothing is refused."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app, request

from matcher.core.errors import NotAllowed
from matcher.core.people import Role
from matcher.core.permissions import REFUSED, SIGN_IN
from matcher.web.context import current_actor

View = TypeVar("View", bound=Callable[..., Any])

EVERYONE: frozenset[Role] = frozenset()
# Static files of the application and of Bootstrap-Flask; the API guards itself.
OPEN_BLUEPRINTS = ("bootstrap", "web", "api", "openapi")


def public(view: View) -> View:
    """Open a view to everyone; what it shows is still up to the services."""
    view.access = EVERYONE  # type: ignore[attr-defined]
    return view


def signed_in(view: View) -> View:
    """Open a view to every person who is signed in."""
    return for_roles(*Role)(view)


def for_roles(*roles: Role) -> Callable[[View], View]:
    """Open a view to people with one of `roles`."""

    def mark(view: View) -> View:
        view.access = frozenset(roles)  # type: ignore[attr-defined]
        return view

    return mark


def access_of(view: Callable[..., Any]) -> frozenset[Role] | None:
    """Return the roles that may open a view: empty for everyone, None when the view does not say."""
    access: frozenset[Role] | None = getattr(view, "access", None)
    return access


def is_guarded_elsewhere(endpoint: str) -> bool:
    """Say whether an endpoint belongs to a blueprint that guards itself."""
    return endpoint == "static" or endpoint.split(".")[0] in OPEN_BLUEPRINTS


def configure_guard(app: Flask) -> None:
    """Check every request against the mark of its view."""
    app.before_request(_check)


def _check() -> None:
    endpoint = request.endpoint
    if endpoint is None or is_guarded_elsewhere(endpoint):
        return
    access = access_of(current_app.view_functions[endpoint])
    if access == EVERYONE:
        return
    actor = current_actor()
    if actor.person_id is None:
        raise NotAllowed(SIGN_IN)
    if access is None or not actor.roles & access:
        raise NotAllowed(REFUSED)
