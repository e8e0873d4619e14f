"""One line per request in the log, with an id that the answer carries too."""

import logging
import re
import time
import uuid

import structlog
from flask import Flask, Response, g, request

from matcher.settings import Settings

ID_HEADER = "X-Request-ID"
_SAFE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
log = structlog.stdlib.get_logger("matcher.web")


def configure_logging(app: Flask, settings: Settings) -> None:
    """Log JSON lines in production and readable ones elsewhere, and give every request an id."""
    renderer = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if settings.is_production
        else structlog.dev.ConsoleRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[settings.log_level]),
        cache_logger_on_first_use=False,
    )
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    given = request.headers.get(ID_HEADER, "")
    g.request_id = given if _SAFE_ID.fullmatch(given) else uuid.uuid4().hex
    g.started = time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _end(response: Response) -> Response:
    started = g.get("started")
    if started is None:
        return response
    response.headers[ID_HEADER] = g.request_id
    if request.endpoint and request.endpoint.endswith("static"):
        return response
    log.info(
        "request",
        method=request.method,
        path=request.path,
        status=response.status_code,
        milliseconds=round((time.perf_counter() - started) * 1000, 1),
    )
    return response
