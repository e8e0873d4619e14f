"""Style sheets, icons and scripts: all served from here, nothing from elsewhere."""

import hashlib
from functools import lru_cache
from pathlib import Path

from flask import Blueprint, Flask, url_for
from flask_bootstrap import Bootstrap5

STATIC = Path(__file__).parent / "static"
YEAR = 365 * 24 * 3600


def configure_assets(app: Flask) -> None:
    """Serve the static files, and Bootstrap's from its wheel."""
    app.config.update(BOOTSTRAP_SERVE_LOCAL=True, SEND_FILE_MAX_AGE_DEFAULT=YEAR)
    app.static_url_path = "/static"  # Bootstrap-Flask builds its own address from it
    Bootstrap5(app)
    folder = Blueprint("web", __name__, template_folder="templates", static_folder="static", static_url_path="/static")
    app.register_blueprint(folder)
    app.jinja_env.globals["asset"] = asset


@lru_cache
def _version(path: Path, changed: float) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10]


def asset(filename: str) -> str:
    """Return the address of a static file; it changes with the content, so that browsers may keep it for a year."""
    path = STATIC / filename
    return url_for("web.static", filename=filename, v=_version(path, path.stat().st_mtime))
