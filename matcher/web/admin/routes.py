"""Accounts that wait, people, the audit log."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from matcher.accounts import profile, service
from matcher.accounts.model import PersonState
from matcher.core.labels import Label
from matcher.core.people import ROLE_LABELS, Role
from matcher.web.admin.audit import AUDIT_PAGE, audit_page
from matcher.web.context import current_actor, current_uow
from matcher.web.guard import for_roles
from matcher.web.lists import read_page

admin = Blueprint("admin", __name__, url_prefix="/admin")
PERSON_STATES = {
    PersonState.PENDING: Label("待审核", "Waiting"),
    PersonState.ACTIVE: Label("可登录", "Active"),
    PersonState.REFUSED: Label("未通过", "Refused"),
}


@admin.get("/")
@for_roles(Role.ADMIN)
def accounts() -> ResponseReturnValue:
    """List the accounts that wait for approval."""
    waiting = service.waiting(current_uow(), current_actor())
    return render_template("admin/accounts.html", waiting=waiting, roles=ROLE_LABELS)


@admin.post("/accounts/<int:person_id>")
@for_roles(Role.ADMIN)
def decide(person_id: int) -> ResponseReturnValue:
    """Let a person in, or refuse them."""
    approve = request.form.get("decision") == "approve"
    with current_uow() as uow:
        person = service.decide_account(uow, current_actor(), person_id, approve=approve)
    said = (
        _("已通过 %(name)s 的账号。", name=person.name) if approve else _("已拒绝 %(name)s 的账号。", name=person.name)
    )
    flash(said, "success")
    return redirect(url_for("admin.accounts"))


@admin.get("/people")
@for_roles(Role.ADMIN)
def people() -> ResponseReturnValue:
    """List the people who may sign in or were refused."""
    return _people()


@admin.post("/people/<int:person_id>/password")
@for_roles(Role.ADMIN)
def reset_password(person_id: int) -> ResponseReturnValue:
    """Give a person a new password and show it once; it is not kept in the session, so the page is the answer itself."""
    with current_uow() as uow:
        person, password = profile.reset_password(uow, current_actor(), person_id)
    return _people(reset=(person.name, password))


def _people(reset: tuple[str, str] | None = None) -> str:
    found = service.people(current_uow(), current_actor())
    return render_template("admin/people.html", people=found, roles=ROLE_LABELS, states=PERSON_STATES, reset=reset)


@admin.get("/audit")
@for_roles(Role.ADMIN)
def audit() -> ResponseReturnValue:
    """List who did what, the latest first."""
    page = read_page()
    rows, total = audit_page(current_uow(), current_actor(), page)
    pages = max(1, -(-total // AUDIT_PAGE))
    return render_template("admin/audit.html", rows=rows, total=total, page=page, pages=pages)
