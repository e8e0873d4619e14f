"""The register as the office sees it, and an expert's own entry."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from matcher.core.errors import Conflict, InvalidInput
from matcher.core.labels import Label
from matcher.core.people import Role
from matcher.core.vocabularies import TECH_FIELD
from matcher.projects.experts import service
from matcher.projects.experts.fields import DEFAULTS, EXPERT_FIELDS, PERSON_FIELDS
from matcher.projects.experts.model import Expert
from matcher.projects.experts.service import Created
from matcher.web.context import current_actor, current_uow
from matcher.web.experts.blueprint import experts
from matcher.web.forms import Form, given_from, read_form, read_number
from matcher.web.guard import for_roles
from matcher.web.language import t
from matcher.web.lists import read_text

KEEPERS = (Role.GOVERNMENT, Role.ADMIN)
ALL_FIELDS = (*PERSON_FIELDS, *EXPERT_FIELDS)
SAVED = Label("已保存{name}的专家信息。", "The entry of {name} is saved.")
ACTIVE = Label("{name}已恢复，可以参加新的评审。", "{name} is back on the list for new reviews.")
INACTIVE = Label("{name}已停用，不再参加新的评审；已接受的任务不受影响。", "{name} is not asked for new reviews; those accepted go on.")  # fmt: skip


@experts.get("/register")
@for_roles(*KEEPERS)
def index() -> ResponseReturnValue:
    """List the experts with their load."""
    return _index()


def _index(created: Created | None = None) -> str:
    uow, actor, text = current_uow(), current_actor(), read_text()
    field = request.args.get("tech_field", "")
    field = field if field in TECH_FIELD else ""
    rows = service.register(uow, actor, tech_field=field, text=text)
    return render_template(
        "experts/index.html", rows=rows, loads=service.loads(uow), text=text, field=field, created=created
    )


@experts.get("/register/new")
@for_roles(*KEEPERS)
def new() -> ResponseReturnValue:
    """Show an empty form."""
    return _form(Form(ALL_FIELDS, DEFAULTS))


@experts.post("/register/new")
@for_roles(*KEEPERS)
def new_post() -> ResponseReturnValue:
    """Put somebody on the register; a one-time password is shown in the answer itself and kept nowhere."""
    given = read_form(ALL_FIELDS, request.form)
    try:
        with current_uow() as uow:
            created = service.create(uow, current_actor(), given)
    except InvalidInput as error:
        return _form(Form(ALL_FIELDS, given, error.problems)), 422
    return _index(created)


@experts.get("/register/<int:expert_id>")
@for_roles(*KEEPERS)
def edit(expert_id: int) -> ResponseReturnValue:
    """Show the entry of an expert."""
    expert = service.get(current_uow(), expert_id)
    return _form(_stored(expert), expert)


@experts.post("/register/<int:expert_id>")
@for_roles(*KEEPERS)
def edit_post(expert_id: int) -> ResponseReturnValue:
    """Change the entry of an expert."""
    return _save(expert_id, url_for("experts.index"))


@experts.post("/register/<int:expert_id>/active")
@for_roles(*KEEPERS)
def activate(expert_id: int) -> ResponseReturnValue:
    """Take an expert off the lists, or put them back."""
    active = request.form.get("active") == "yes"
    with current_uow() as uow:
        expert = service.set_active(uow, current_actor(), expert_id, active=active)
    flash(t((ACTIVE if active else INACTIVE).format(name=expert.person.name)), "success")
    return redirect(url_for("experts.edit", expert_id=expert_id), 303)


@experts.get("/profile")
@for_roles(Role.EXPERT)
def profile() -> ResponseReturnValue:
    """Show the expert's own entry."""
    expert = service.own(current_uow(), current_actor())
    return _form(_stored(expert), expert)


@experts.post("/profile")
@for_roles(Role.EXPERT)
def profile_post() -> ResponseReturnValue:
    """Change the expert's own entry."""
    return _save(service.own(current_uow(), current_actor()).id, url_for("experts.home"))


def _stored(expert: Expert) -> Form:
    return Form(EXPERT_FIELDS, given_from(EXPERT_FIELDS, service.values_of(current_uow(), expert)))


def _save(expert_id: int, address: str) -> ResponseReturnValue:
    given: dict[str, Any] = read_form(EXPERT_FIELDS, request.form)
    seen = read_number(request.form.get("seen_version"))
    try:
        with current_uow() as uow:
            expert = service.edit(uow, current_actor(), expert_id, given, seen_version=seen)
    except InvalidInput as error:
        return _form(Form(EXPERT_FIELDS, given, error.problems), service.get(current_uow(), expert_id)), 422
    except Conflict as error:
        flash(t(error.message), "warning")
        return _form(Form(EXPERT_FIELDS, given), service.get(current_uow(), expert_id)), 409
    flash(t(SAVED.format(name=expert.person.name)), "success")
    return redirect(address, 303)


def _form(form: Form, expert: Expert | None = None) -> str:
    own = expert is not None and expert.person_id == current_actor().person_id
    return render_template("experts/form.html", form=form, expert=expert, own=own, person=PERSON_FIELDS)
