"""What everyone reads of the lists (榜单): pages, Word and Excel files, and an Atom feed."""

from tempfile import TemporaryFile

from flask import Blueprint, Response, render_template, request, send_file
from flask.typing import ResponseReturnValue

from matcher.exchange.call_document import call_document
from matcher.exchange.call_workbook import call_workbook
from matcher.exchange.project_archive import ended_project, is_ready, write_archive
from matcher.needs.model import NEED_LIFECYCLE
from matcher.projects.delivery.acceptance import public_results
from matcher.projects.lifecycle import MODE_LABELS, PROJECT_LIFECYCLE
from matcher.projects.setup import public
from matcher.projects.setup.fields import CALL_FIELDS, PROJECT_FIELDS
from matcher.web.context import current_actor, current_uow, file_store
from matcher.web.guard import public as open_to_all
from matcher.web.language import language
from matcher.web.lists import read_page

calls = Blueprint("calls", __name__, url_prefix="/calls")
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WORDS = {"states": PROJECT_LIFECYCLE.labels, "modes": MODE_LABELS, "need_states": NEED_LIFECYCLE.labels}


@calls.get("/")
@open_to_all
def index() -> ResponseReturnValue:
    """List the lists that are open now or soon, then those that have closed."""
    uow = current_uow()
    past = public.past_calls(uow, read_page())
    return render_template("calls/index.html", open_calls=public.open_calls(uow), past=past, now=uow.clock(), **WORDS)


@calls.get("/<int:call_id>")
@open_to_all
def call(call_id: int) -> ResponseReturnValue:
    """Show one published list."""
    uow = current_uow()
    shown = public.call(uow, call_id)
    fields = {one.name: one for one in CALL_FIELDS}
    return render_template("calls/call.html", shown=shown, call=shown.call, fields=fields, now=uow.clock(), **WORDS)


@calls.get("/<int:call_id>/list.docx")
@open_to_all
def as_document(call_id: int) -> ResponseReturnValue:
    """Give the list as a Word document in the usual form."""
    shown = public.call(current_uow(), call_id)
    return _file(call_document(shown, language()), DOCX, f"{shown.call.number}.docx")


@calls.get("/<int:call_id>/list.xlsx")
@open_to_all
def as_workbook(call_id: int) -> ResponseReturnValue:
    """Give the list as a workbook, a row a project."""
    shown = public.call(current_uow(), call_id)
    return _file(call_workbook(shown, language()), XLSX, f"{shown.call.number}.xlsx")


def _file(content: bytes, kind: str, name: str) -> Response:
    answer = Response(content, mimetype=kind)
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer


@calls.get("/projects/<int:project_id>")
@open_to_all
def project(project_id: int) -> ResponseReturnValue:
    """Show one project as everyone may read it."""
    with current_uow() as uow:
        shown = public.project(uow, current_actor(), project_id)
        results = public_results(uow, project_id)
    fields = {one.name: one for one in PROJECT_FIELDS}
    return render_template(
        "calls/project.html", shown=shown, project=shown.project, fields=fields, now=uow.clock(),
        has_archive=is_ready(shown.project.state), results=results, **WORDS,
    )  # fmt: skip


@calls.get("/projects/<int:project_id>/archive.zip")
@open_to_all
def project_zip(project_id: int) -> ResponseReturnValue:
    """Give the archive of an ended project, each reader with what they may read."""
    with current_uow() as uow:
        shown = ended_project(uow, current_actor(), project_id)
        target = TemporaryFile()  # noqa: SIM115 -- the answer closes it when it is sent
        write_archive(uow, current_actor(), shown, file_store(), language(), target)
    target.seek(0)
    return send_file(
        target, mimetype="application/zip", as_attachment=True, download_name=f"{shown.project.number}.zip"
    )


@calls.get("/notices")
@open_to_all
def notices() -> ResponseReturnValue:
    """List the notices: those that run first."""
    return render_template("calls/notices.html", notices=public.notices(current_uow()), **WORDS)


@calls.get("/notices/<int:notice_id>")
@open_to_all
def notice(notice_id: int) -> ResponseReturnValue:
    """Show one notice, with the way to object while it runs."""
    shown = public.notice(current_uow(), notice_id)
    fields = {one.name: one for one in PROJECT_FIELDS}
    return render_template("calls/notice.html", shown=shown, project=shown.project, fields=fields, **WORDS)


@calls.get("/awards")
@open_to_all
def awards() -> ResponseReturnValue:
    """List the projects with the teams that took them up."""
    listing, teams = public.awards(current_uow(), read_page())
    return render_template("calls/awards.html", listing=listing, teams=teams, **WORDS)


@calls.get("/archive")
@open_to_all
def archive() -> ResponseReturnValue:
    """List the projects that came to an end."""
    listing, teams = public.archive(current_uow(), read_page())
    return render_template("calls/archive.html", listing=listing, teams=teams, **WORDS)


@calls.get("/feed.atom")
@open_to_all
def feed() -> ResponseReturnValue:
    """Give the news as an Atom feed (RFC 4287)."""
    uow = current_uow()
    entries = public.news(uow)
    text = render_template(
        "calls/feed.xml",
        entries=entries,
        labels=public.NEWS_LABELS,
        updated=max((one.at for one in entries), default=uow.clock()),
        root=request.url_root,
    )
    return Response(text, mimetype="application/atom+xml")
