"""Whether the service is well, for those who run it."""

from flask import Blueprint
from flask.typing import ResponseReturnValue
from sqlalchemy import text

from matcher.web.context import current_uow
from matcher.web.guard import public

health = Blueprint("health", __name__)


@health.get("/healthz")
@public
def check() -> ResponseReturnValue:
    """Answer 200 when the database can be reached; otherwise the error page answers 500."""
    current_uow().session.execute(text("SELECT 1"))
    return {"database": "ok"}
