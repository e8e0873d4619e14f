"""What a request stands on: the platform, its one unit of work, and who acts."""

from typing import TYPE_CHECKING, cast

from flask import Flask, current_app, g
from flask_login import current_user

from matcher.core.filestore import FileStore
from matcher.core.people import VISITOR, Actor
from matcher.core.unit_of_work import UnitOfWork

if TYPE_CHECKING:
    from matcher.app import Platform


def configure_context(app: Flask, platform: "Platform") -> None:
    """Give every request the platform, and close its unit of work at the end."""
    app.extensions["matcher"] = platform
    app.teardown_appcontext(_close_unit_of_work)


def _close_unit_of_work(error: BaseException | None) -> None:
    uow: UnitOfWork | None = g.pop("uow", None)
    if uow is not None:
        uow.close()


def platform() -> "Platform":
    """Return what the application was built from."""
    return cast("Platform", current_app.extensions["matcher"])


def file_store() -> FileStore:
    """Return where files that people hand in are kept."""
    # A folder of its own: what lies directly under uploads/ is cleared away after a day.
    return FileStore(platform().settings.data / "uploads" / "files")


def current_uow() -> UnitOfWork:
    """Return the unit of work of this request; write inside `with current_uow() as uow:`, which commits."""
    if "uow" not in g:
        g.uow = platform().uow()
    return cast(UnitOfWork, g.uow)


def current_actor() -> Actor:
    """Return who acts in this request; a visitor when nobody is signed in."""
    return cast(Actor, current_user.actor) if current_user.is_authenticated else VISITOR
