"""Lists by upload: the verdict on every row first, kept in a file of the person's own; then its good rows are saved."""

from contextlib import closing
from dataclasses import replace
from io import BytesIO

from flask import flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from matcher.core.errors import Conflict, InvalidInput, NotFound, Problem
from matcher.core.labels import Label
from matcher.core.permissions import allowed
from matcher.exchange.importing import check_list, save_list
from matcher.exchange.template import template as workbook_template
from matcher.exchange.uploads import GONE, Job, Upload
from matcher.exchange.verdict import ACTION_LABELS, Action
from matcher.web.context import current_actor, current_uow, platform
from matcher.web.forms import Form
from matcher.web.language import language, t
from matcher.web.lists import read_page
from matcher.web.own.sides import OwnSide

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ROWS_PER_PAGE = 100
SAVED_AT_ONCE = 300  # rows; more are saved by the worker, with a page that shows how far it is
NO_FILE = Label("请先选择要上传的文件。", "Choose a file first.")
TOO_LARGE = Label(
    "文件超过 {limit} MB，请缩小文件，或分成几次上传。",
    "The file exceeds {limit} MB; make it smaller or send it in parts.",
)


def _kept(side: OwnSide, token: str) -> Upload:
    """Return an upload of this person; raises NotFound for every other."""
    found = platform().uploads.find(token)
    if found.person_id != current_actor().person_id or found.verdict.what != side.what:
        raise NotFound(GONE)
    return found


def _job(side: OwnSide, token: str) -> Job | None:
    """Return the saving of an upload of this person, if it was put off; of every other, None."""
    job = platform().uploads.job(token)
    return job if job and job.person_id == current_actor().person_id and job.what == side.what else None


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
    platform().uploads.forget_old()
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
    token = platform().uploads.keep(Upload(current_actor().person_id, verdict))
    return redirect(url_for(f"{side.blueprint}.verdict", token=token), 303)


def verdict(side: OwnSide, token: str) -> ResponseReturnValue:
    """Show the verdict on every row, how far the saving is, or what became of the rows."""
    job = _job(side, token)
    if job and job.is_under_way:
        return render_template("own/saving.html", side=side, token=token, job=job)
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
        failed=job.error if job and not kept.saved else None,
        verdict=kept.verdict,
        rows=rows[(page - 1) * ROWS_PER_PAGE : page * ROWS_PER_PAGE],
        chosen=chosen,
        page=page,
        pages=pages,
        actions=ACTION_LABELS,
        summary=kept.verdict.summary(saved=kept.saved),
    )


def verdict_post(side: OwnSide, token: str) -> ResponseReturnValue:
    """Save the good rows: a few at once, many in the background."""
    kept, here = _kept(side, token), url_for(f"{side.blueprint}.verdict", token=token)
    if kept.saved:
        return redirect(here, 303)
    if kept.verdict.to_save > SAVED_AT_ONCE:
        platform().uploads.order(token, kept)
        platform().save_later(token)
        return redirect(here, 303)
    try:
        saved = save_list(platform().uow, current_actor(), kept.verdict)
    except Conflict as error:
        flash(t(error.message), "warning")
        return redirect(here, 303)
    platform().uploads.keep(replace(kept, verdict=saved, saved=True), token)
    flash(t(saved.summary(saved=True)), "success")
    return redirect(here, 303)


def template(side: OwnSide) -> ResponseReturnValue:
    """Send the workbook to be filled in."""
    is_own = not allowed(current_actor(), f"{side.entity}.review")
    content = workbook_template(side.what, language(), is_own=is_own)
    return send_file(BytesIO(content), XLSX, as_attachment=True, download_name=f"{side.what}-template.xlsx")
