"""Accounts that wait, people, the audit log."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from matcher.accounts import profile, service
from matcher.accounts.model import PersonState
from matcher.core.audit import AuditRow
from matcher.core.errors import Conflict
from matcher.core.labels import Label
from matcher.core.people import ROLE_LABELS, Role
from matcher.messages import office
from matcher.messages.model import DeliveryState
from matcher.web.admin.audit import AUDIT_PAGE, audit_page
from matcher.web.admin.details import Names, details, thing
from matcher.web.admin.words import PAGES, entity_word, verb
from matcher.web.context import current_actor, current_uow
from matcher.web.guard import for_roles
from matcher.web.language import t
from matcher.web.lists import read_page, read_text
from matcher.web.template_tools import same_page

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
    text = read_text()
    listing = service.people(current_uow(), current_actor(), text, read_page())
    return render_template(
        "admin/people.html", listing=listing, text=text, roles=ROLE_LABELS, states=PERSON_STATES, reset=reset
    )


@admin.get("/audit")
@for_roles(Role.ADMIN)
def audit() -> ResponseReturnValue:
    """List who did what, the latest first."""
    page, entity = read_page(), request.args.get("entity", "")[:30]
    rows, counts = audit_page(current_uow(), current_actor(), page, entity)
    total = counts.get(entity, 0) if entity else sum(counts.values())
    return render_template(
        "admin/audit.html",
        rows=rows,
        counts=dict(sorted(counts.items(), key=lambda one: -one[1])),
        entity=entity,
        total=total,
        page=page,
        pages=max(1, -(-total // AUDIT_PAGE)),
        entity_word=entity_word,
        names=Names(current_uow(), [row for row, _name in rows]),
        thing=thing,
        details=details,
        verb=verb,
        audit_tabs=_tabs,
        link=_link,
    )


@admin.get("/mail")
@for_roles(Role.ADMIN)
def mail() -> ResponseReturnValue:
    """Show how many mails and robot calls went out, and what did not arrive and why."""
    found = office.overview(current_uow(), current_actor())
    return render_template("admin/mail.html", found=found, states=office.STATE_LABELS, state=DeliveryState)


@admin.post("/mail/<int:delivery_id>")
@for_roles(Role.ADMIN)
def mail_again(delivery_id: int) -> ResponseReturnValue:
    """Let a mail or call that did not arrive go out again; one that is under way already is told."""
    try:
        with current_uow() as uow:
            office.again(uow, current_actor(), delivery_id)
    except Conflict as error:
        flash(t(error.message), "warning")
    else:
        flash(_("已重新排队，几秒钟内发出。"), "success")
    return redirect(url_for("admin.mail"), 303)


def _link(row: AuditRow) -> str | None:
    """Return the page of the thing that a row is about, where the administrator may open one."""
    endpoint = PAGES.get(row.entity)
    if endpoint is None or row.entity_id is None:
        return None
    identity: dict[str, Any] = {f"{row.entity}_id": row.entity_id}
    return url_for(endpoint, **identity)


def _tabs(counts: dict[str, int], chosen: str) -> list[tuple[str, str, bool, int]]:
    """Return one tab for each kind of thing that something was done to."""
    return [
        (same_page(entity=kind, page=None), t(entity_word(kind)), kind == chosen, count)
        for kind, count in counts.items()
    ]
