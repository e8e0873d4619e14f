"""The language of the page: Chinese first, English by a switch that is remembered."""

import os
import tempfile
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask, g, request, session
from flask_babel import Babel
from flask_login import current_user

from matcher.accounts import profile
from matcher.core.labels import Label
from matcher.settings import Settings
from matcher.web.context import current_uow

LANGUAGES = {"zh": "中文", "en": "English"}
LOCALES = {"zh": "zh_Hans_CN", "en": "en"}
SOURCES = Path(__file__).parent / "translations" / "en"


def configure_language(app: Flask, settings: Settings) -> None:
    """Compile the English texts and choose the language of each request."""
    folder = settings.data.absolute() / "translations"
    compile_texts(SOURCES, folder / "en" / "LC_MESSAGES" / "messages.mo")
    app.config.update(
        BABEL_DEFAULT_LOCALE=LOCALES["zh"],
        BABEL_DEFAULT_TIMEZONE="Asia/Shanghai",
        BABEL_TRANSLATION_DIRECTORIES=str(folder),
    )
    Babel(app, locale_selector=lambda: LOCALES[language()])
    app.before_request(_switch)


def read_texts(folder: Path) -> Catalog:
    """Return one catalogue of all `.po` files in a folder."""
    merged = Catalog(locale="en")
    for path in sorted(folder.glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale="en"):
                if message.id:
                    merged[message.id] = message
    return merged


def compile_texts(folder: Path, target: Path) -> None:
    """Write the catalogue of a folder as `target`, unless that is newer than all its sources."""
    newest = max((path.stat().st_mtime for path in folder.glob("*.po")), default=0.0)
    if target.exists() and target.stat().st_mtime > newest:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as file:
        write_mo(file, read_texts(folder))
    Path(file.name).replace(target)
    os.utime(target)


def language() -> str:
    """Return the language of this request: `zh` or `en`."""
    if "language" not in g:
        chosen = session.get("lang") or (current_user.person.language if current_user.is_authenticated else "zh")
        g.language = chosen if chosen in LANGUAGES else "zh"
    return str(g.language)


def t(label: Label) -> str:
    """Return a label in the language of the page."""
    return label.text(language())


def _switch() -> None:
    chosen = request.args.get("lang", "")
    if chosen not in LANGUAGES or request.method != "GET":
        return
    session["lang"] = g.language = chosen
    if current_user.is_authenticated and current_user.person.language != chosen:
        with current_uow() as uow:
            profile.set_language(uow, current_user.actor, chosen)
