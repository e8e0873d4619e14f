"""Cookies, forged requests, headers, size limits."""

from flask import Flask, Response, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from matcher.settings import Settings
from matcher.web.file_forms import make_room

MEGABYTE = 1024 * 1024
POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data:",  # Bootstrap draws arrows and ticks as data addresses
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

csrf = CSRFProtect()


def configure_security(app: Flask, settings: Settings) -> None:
    """Set the limits and flags, protect every form, and add the headers to every answer."""
    app.config.update(
        SECRET_KEY=settings.session_key,
        SESSION_COOKIE_NAME="matcher_session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.is_production,
        MAX_CONTENT_LENGTH=(settings.max_upload_mb + 1) * MEGABYTE,
        # A form is refused for a text that is too long by the field, with a message beside it, not by the server.
        MAX_FORM_MEMORY_SIZE=8 * MEGABYTE,
        MAX_FORM_PARTS=5000,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session: a form left open over lunch can still be sent
        WTF_CSRF_SSL_STRICT=settings.is_production,
    )
    if given := settings.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=given, x_proto=given, x_host=given)  # type: ignore[method-assign]
    make_room(app, settings)
    csrf.init_app(app)
    headers = dict(HEADERS)
    if settings.is_production:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"

    def add_headers(response: Response) -> Response:
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        if request.endpoint and not request.endpoint.endswith("static"):
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    app.after_request(add_headers)
