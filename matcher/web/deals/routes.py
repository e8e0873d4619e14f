"""The list of contracts, one contract, recording one."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from matcher.core.clock import local_date
from matcher.core.errors import Conflict, InvalidInput, NotFound
from matcher.core.labels import Label
from matcher.core.people import Role
from matcher.core.vocabularies import CONTRACT_TYPE
from matcher.deals import service
from matcher.deals.model import Deal
from matcher.matching import introduction_view, introductions
from matcher.web.context import current_actor, current_uow
from matcher.web.forms import Form, given_from, read_form, read_number
from matcher.web.guard import for_roles
from matcher.web.language import t
from matcher.web.lists import read_page

deals = Blueprint("deals", __name__, url_prefix="/deals")
OWNERS = (Role.ENTERPRISE, Role.UNIVERSITY, Role.GOVERNMENT, Role.DESK)
RECORDED = Label("合同已登记，双方的对接到此完成。", "The contract is recorded; the pairing has reached its end.")
SAVED = Label("已保存。", "Saved.")


@deals.context_processor
def labels() -> dict[str, object]:
    """Give the templates the tabs of the list."""
    return {"type_tabs": type_tabs}


def type_tabs(chosen: str | None) -> list[tuple[str, str, bool, None]]:
    """Return the types of contracts as tabs of the list."""
    labels = CONTRACT_TYPE.labels.items()
    return [(url_for(".index", type=code), t(label), code == chosen, None) for code, label in labels]


@deals.get("/")
@for_roles(*Role)
def index() -> ResponseReturnValue:
    """List contracts: the own ones, or all for desk, government and administrators."""
    given = request.args.get("type", "")
    chosen = given if given in CONTRACT_TYPE else None
    found = service.deals(current_uow(), current_actor(), contract_type=chosen, page=read_page())
    return render_template("deals/list.html", listing=found, chosen=chosen)


@deals.get("/new/<int:pairing_id>")
@for_roles(*OWNERS)
def new(pairing_id: int) -> ResponseReturnValue:
    """Ask for what is known of the contract of a pairing."""
    uow = current_uow()
    shown = _introduced(pairing_id)
    given = {"title": shown.offer.title[:120], "signed_on": local_date(uow.clock()).isoformat()}
    return _form(pairing_id, Form(service.DEAL_FIELDS, given))


def _introduced(pairing_id: int) -> introduction_view.SeenIntroduction:
    """Return the introduction of a pairing as the actor sees it; raises NotFound for strangers."""
    uow = current_uow()
    found = introductions.latest(uow, pairing_id)
    if found is None:
        raise NotFound(service.NO_DEAL)
    return introduction_view.view(uow, current_actor(), found.id)


def _form(pairing_id: int, form: Form, refusal: Label | None = None) -> str:
    shown = _introduced(pairing_id)
    return render_template(
        "deals/new.html",
        form=form,
        shown=shown,
        refusal=refusal,
        can_solve=service.can_solve(current_actor(), shown.need.need),
    )


@deals.post("/new/<int:pairing_id>")
@for_roles(*OWNERS)
def new_post(pairing_id: int) -> ResponseReturnValue:
    """Record a contract; what cannot be saved comes back as it was typed."""
    given = read_form(service.DEAL_FIELDS, request.form)
    solved = request.form.get("solved") == "1"
    try:
        with current_uow() as uow:
            deal = service.conclude(uow, current_actor(), pairing_id, given, need_is_solved=solved)
    except InvalidInput as error:
        return _form(pairing_id, Form(service.DEAL_FIELDS, given, error.problems)), 422
    except Conflict as error:
        return _form(pairing_id, Form(service.DEAL_FIELDS, given), error.message), 409
    flash(t(RECORDED), "success")
    return redirect(url_for(".page", deal_id=deal.id), 303)


@deals.get("/<int:deal_id>")
@for_roles(*Role)
def page(deal_id: int) -> ResponseReturnValue:
    """Show one contract."""
    deal = service.get(current_uow(), current_actor(), deal_id)
    values = {one.name: getattr(deal, one.name) for one in service.DEAL_FIELDS}
    return _page(deal, Form(service.DEAL_FIELDS, given_from(service.DEAL_FIELDS, values)))


def _page(deal: Deal, form: Form, refusal: Label | None = None) -> str:
    may_write = service.may_write(current_actor(), deal)
    found = introductions.latest(current_uow(), deal.pairing_id) if deal.pairing_id and may_write else None
    return render_template(
        "deals/page.html", deal=deal, form=form, may_write=may_write, introduction=found, refusal=refusal
    )


@deals.post("/<int:deal_id>")
@for_roles(*OWNERS)
def page_post(deal_id: int) -> ResponseReturnValue:
    """Correct a contract."""
    given = read_form(service.DEAL_FIELDS, request.form)
    version = request.form.get("seen_version", "")
    seen = read_number(version)
    try:
        with current_uow() as uow:
            service.edit(uow, current_actor(), deal_id, given, seen_version=seen)
    except (InvalidInput, Conflict) as error:
        problems = error.problems if isinstance(error, InvalidInput) else ()
        deal = service.get(current_uow(), current_actor(), deal_id)
        refusal = None if problems else error.message
        return _page(deal, Form(service.DEAL_FIELDS, given, problems), refusal), 409 if refusal else 422
    flash(t(SAVED), "success")
    return redirect(url_for(".page", deal_id=deal_id), 303)
