"""Lists by upload: the verdict on every row first, kept in a file of the person's own; then its good rows are saved."""

import json
import re
import secrets
import time
from contextlib import closing
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from flask import flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from matcher.core.errors import Conflict, InvalidInput, NotFound, Problem
from matcher.core.labels import Label
from matcher.core.permissions import allowed
from matcher.exchange.importing import check_list, save_list
from matcher.exchange.template import template as workbook_template
from matcher.exchange.verdict import ACTION_LABELS, Action, ListVerdict
from matcher.web.context import current_actor, current_uow, platform
from matcher.web.forms import Form
from matcher.web.language import language, t
from matcher.web.lists import read_page
from matcher.web.own.sides import OwnSide

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
KEPT_SECONDS = 24 * 3600
ROWS_PER_PAGE = 100
NO_FILE = Label("请先选择要上传的文件。", "Choose a file first.")
GONE = Label("找不到这次上传，可能已经过期，请重新上传。", "This upload is gone; upload the file again.")
TOO_LARGE = Label(
    "文件超过 {limit} MB，请缩小文件，或分成几次上传。",
    "The file exceeds {limit} MB; make it smaller or send it in parts.",
)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,60}")


@dataclass(frozen=True, slots=True)
class KeptUpload:
    """Hold a verdict between its two pages; `saved` when it tells what became of the rows."""

    verdict: ListVerdict
    saved: bool


def _folder() -> Path:
    folder = platform().settings.data / "uploads"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def _keep(token: str, verdict: ListVerdict, *, saved: bool) -> None:
    person = current_actor().person_id
    plain = {"person": person, "saved": saved, "verdict": verdict.to_json()}
    path = _folder() / f"{token}.json"
    part = path.with_suffix(f".{secrets.token_hex(4)}.part")
    part.touch(mode=0o600)
    part.write_text(json.dumps(plain, ensure_ascii=False), encoding="utf-8")
    part.replace(path)


def _kept(side: OwnSide, token: str) -> KeptUpload:
    """Return an upload of this person; raises NotFound for every other."""
    path = _folder() / f"{token}.json"
    if not _TOKEN.fullmatch(token) or not path.is_file():
        raise NotFound(GONE)
    plain = json.loads(path.read_text("utf-8"))
    verdict = ListVerdict.from_json(plain["verdict"])
    if plain["person"] != current_actor().person_id or verdict.what != side.what:
        raise NotFound(GONE)
    return KeptUpload(verdict, plain["saved"])


def _forget_old() -> None:
    for path in _folder().iterdir():
        if path.stat().st_mtime < time.time() - KEPT_SECONDS:
            path.unlink(missing_ok=True)


def _choose(side: OwnSide, problems: list[Problem]) -> str:
    settings = platform().settings
    return render_template(
        "own/upload.html",
        side=side,
        form=Form((), {}, problems),
        max_mb=settings.max_upload_mb,
        max_rows=settings.max_rows,
    )


def upload(side: OwnSide) -> ResponseReturnValue:
    """Ask for the file."""
    return _choose(side, [])


def upload_post(side: OwnSide) -> ResponseReturnValue:
    """Read the file and show what each row would do; nothing is saved yet."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return _choose(side, [Problem("file", NO_FILE)]), 422
    _forget_old()
    settings = platform().settings
    with closing(file):  # a large one lies in a temporary file
        content = file.read()
    if len(content) > settings.max_upload_mb * 1024 * 1024:
        return _choose(side, [Problem("file", TOO_LARGE.format(limit=settings.max_upload_mb))]), 413
    try:
        verdict = check_list(
            current_uow(), current_actor(), side.what, file.filename, content, max_rows=settings.max_rows
        )
    except InvalidInput as error:
        return _choose(side, [Problem("file", problem.message) for problem in error.problems]), 422
    token = secrets.token_urlsafe(24)
    _keep(token, verdict, saved=False)
    return redirect(url_for(f"{side.blueprint}.verdict", token=token), 303)


def verdict(side: OwnSide, token: str) -> ResponseReturnValue:
    """Show the verdict on every row, or what became of it."""
    kept = _kept(side, token)
    chosen = request.args.get("action", "")
    rows = [row for row in kept.verdict.rows if chosen not in set(Action) or row.action == chosen]
    pages = max(1, -(-len(rows) // ROWS_PER_PAGE))
    page = min(max(1, read_page()), pages)
    return render_template(
        "own/verdict.html",
        side=side,
        token=token,
        kept=kept,
        verdict=kept.verdict,
        rows=rows[(page - 1) * ROWS_PER_PAGE : page * ROWS_PER_PAGE],
        chosen=chosen,
        page=page,
        pages=pages,
        actions=ACTION_LABELS,
        summary=kept.verdict.summary(saved=kept.saved),
    )


def verdict_post(side: OwnSide, token: str) -> ResponseReturnValue:
    """Save the good rows."""
    kept, here = _kept(side, token), url_for(f"{side.blueprint}.verdict", token=token)
    if kept.saved:
        return redirect(here, 303)
    try:
        saved = save_list(platform().uow, current_actor(), kept.verdict)
    except Conflict as error:
        flash(t(error.message), "warning")
        return redirect(here, 303)
    _keep(token, saved, saved=True)
    flash(t(saved.summary(saved=True)), "success")
    return redirect(here, 303)


def template(side: OwnSide) -> ResponseReturnValue:
    """Send the workbook to be filled in."""
    is_own = not allowed(current_actor(), f"{side.entity}.review")
    content = workbook_template(side.what, language(), is_own=is_own)
    return send_file(BytesIO(content), XLSX, as_attachment=True, download_name=f"{side.what}-template.xlsx")
