"""What surrounds a pairing: notes, files, tasks, its broker, its next steps; each form comes back to the page it was on."""

from contextlib import closing
from datetime import date

from flask import flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from matcher.core.errors import Conflict, DomainError, InvalidInput, NotFound
from matcher.core.filestore import KINDS
from matcher.core.labels import Label
from matcher.core.people import Role
from matcher.desk import files, notes, tasks
from matcher.desk.timeline import Kind, dossier
from matcher.matching import assignments, progress
from matcher.matching.lifecycle import PAIRING_LIFECYCLE
from matcher.web.context import current_actor, current_uow, file_store, platform
from matcher.web.desk.blueprint import desk
from matcher.web.desk.forms import GivenForm, given_form, read_day
from matcher.web.desk.review_page import ReviewPage, review_page
from matcher.web.forms import read_number
from matcher.web.guard import for_roles, signed_in
from matcher.web.language import t

NOTED = Label("备忘已记下。", "The note is written.")
REMOVED = Label("已撤回，不再显示。", "Taken back; it is not shown any more.")
ATTACHED = Label("已上传“{name}”。", "“{name}” is uploaded.")
GIVEN = Label("已交给 {person}。", "Given to {person}.")
GIVEN_TO_NOBODY = Label("现在没有人负责。", "Nobody looks after it now.")
MOVED = Label("已记录，现在的状态是“{state}”。", "Done: the state is now “{state}”.")


def pairing_page(found: ReviewPage, form: GivenForm | None = None) -> str:
    """Render the page of one pairing, with whatever form is shown again."""
    uow, actor = current_uow(), current_actor()
    return render_template(
        "desk/pairing.html",
        shown=found,
        dossier=dossier(uow, actor, found.opened),
        steps=progress.open_steps(uow, actor, found.opened.pairing),
        K=Kind,
        kinds=list(KINDS),
        limit_mb=platform().settings.max_upload_mb,
        form=form or GivenForm(),
        decided=None,
        decision_args={"back": "pairing"},
    )


def _again(pairing_id: int, name: str, error: DomainError) -> ResponseReturnValue:
    """Show the page again with one form as it was sent, and what is wrong with it."""
    with current_uow() as uow:
        page = pairing_page(review_page(uow, current_actor(), pairing_id), given_form(name, error))
    return page, 409 if isinstance(error, Conflict) else 422


def _back(pairing_id: int, message: Label, part: str = "") -> ResponseReturnValue:
    flash(t(message), "success")
    return redirect(url_for("desk.pairing", pairing_id=pairing_id, _anchor=part or None), 303)


@desk.post("/pairings/<int:pairing_id>/notes")
@for_roles(Role.DESK)
def add_note(pairing_id: int) -> ResponseReturnValue:
    """Write a note."""
    try:
        with current_uow() as uow:
            text, is_shared = request.form.get("text", ""), request.form.get("for_sides") == "1"
            notes.add(uow, current_actor(), pairing_id, text, for_sides=is_shared)
    except InvalidInput as error:
        return _again(pairing_id, "note", error)
    return _back(pairing_id, NOTED, "timeline")


@desk.post("/notes/<int:note_id>/remove")
@for_roles(Role.DESK)
def remove_note(note_id: int) -> ResponseReturnValue:
    """Take a note back."""
    with current_uow() as uow:
        note = notes.remove(uow, current_actor(), note_id)
    return _back(note.pairing_id, REMOVED, "timeline")


@desk.post("/pairings/<int:pairing_id>/files")
@for_roles(Role.DESK)
def add_file(pairing_id: int) -> ResponseReturnValue:
    """Take a file."""
    given = request.files.get("file")
    limit = platform().settings.max_upload_mb
    content = b""
    if given is not None:
        with closing(given):
            content = given.read(limit * 1024 * 1024 + 1)
    try:
        with current_uow() as uow:
            file = files.attach(
                uow, current_actor(), file_store(), pairing_id, given.filename if given else None, content,
                for_sides=request.form.get("for_sides") == "1", limit_mb=limit,
            )  # fmt: skip
    except InvalidInput as error:
        return _again(pairing_id, "file", error)
    return _back(pairing_id, ATTACHED.format(name=file.name), "files")


@desk.post("/files/<int:file_id>/remove")
@for_roles(Role.DESK)
def remove_file(file_id: int) -> ResponseReturnValue:
    """Take a file back."""
    with current_uow() as uow:
        file = files.remove(uow, current_actor(), file_id)
    return _back(file.pairing_id, REMOVED, "files")


@desk.get("/files/<int:file_id>")
@signed_in
def download(file_id: int) -> ResponseReturnValue:
    """Give a file to somebody who may see it: always to be saved, never shown as a page."""
    with current_uow() as uow:
        file = files.open_file(uow, current_actor(), file_id)
    path = file_store().path(file.content_hash)
    if not path.is_file():
        raise NotFound(files.NO_FILE)
    answer = send_file(path, mimetype="application/octet-stream", as_attachment=True, download_name=file.name)
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return answer


@desk.post("/pairings/<int:pairing_id>/tasks")
@for_roles(Role.DESK)
def add_task(pairing_id: int) -> ResponseReturnValue:
    """Write a task that belongs to the pairing, or to its need."""
    form = request.form
    try:
        with current_uow() as uow:
            need_id = read_number(form.get("need"))
            tasks.create(
                uow, current_actor(), form.get("title", ""), read_day(form.get("due")),
                person_id=read_number(form.get("broker")), pairing_id=None if need_id else pairing_id, need_id=need_id,
            )  # fmt: skip
    except InvalidInput as error:
        return _again(pairing_id, "task", error)
    return _back(pairing_id, Label("任务已记下。", "The task is written down."), "tasks")


@desk.post("/pairings/<int:pairing_id>/broker")
@for_roles(Role.DESK)
def give(pairing_id: int) -> ResponseReturnValue:
    """Give the pairing, or with `need` all of its need, to a broker."""
    person_id, need_id = read_number(request.form.get("broker")), read_number(request.form.get("need"))
    try:
        with current_uow() as uow:
            if need_id:
                assignments.assign(uow, current_actor(), person_id, need_id=need_id)
            else:
                assignments.assign(uow, current_actor(), person_id, pairing_id=pairing_id)
            person = next((one.name for one in assignments.brokers(uow) if one.id == person_id), "")
    except InvalidInput as error:
        return _again(pairing_id, "broker", error)
    return _back(pairing_id, GIVEN.format(person=person) if person else GIVEN_TO_NOBODY)


@desk.post("/pairings/<int:pairing_id>/step")
@for_roles(Role.DESK)
def step(pairing_id: int) -> ResponseReturnValue:
    """Take a step of the lifecycle from the page of the pairing."""
    try:
        moved = take_step(pairing_id)
    except (InvalidInput, Conflict) as error:
        return _again(pairing_id, f"step-{request.form.get('action', '')}", error)
    return _back(pairing_id, moved)


def take_step(pairing_id: int) -> Label:
    """Take the step that a form names; returns what to tell. Raises what `progress.move` raises."""
    form = request.form
    day: date | None = read_day(form.get("on"))
    with current_uow() as uow:
        moved = progress.move(
            uow, current_actor(), pairing_id, form.get("action", ""), note=form.get("note", ""),
            reason=form.get("reason") or None, on=day, seen_version=read_number(form.get("seen_version")),
        )  # fmt: skip
    return MOVED.format(state=PAIRING_LIFECYCLE.labels[moved.state])
