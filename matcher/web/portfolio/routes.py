"""Balanced portfolios: parameters, the proposal with what binds, into force and back."""

from collections import Counter

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from matcher.core.errors import Conflict, InvalidInput
from matcher.core.labels import Label
from matcher.core.people import Role
from matcher.matching import portfolio as portfolios
from matcher.matching.explain_labels import promise
from matcher.matching.lifecycle import PAIRING_LIFECYCLE
from matcher.matching.portfolio_model import RUN_LIFECYCLE
from matcher.matching.spread import Binding
from matcher.web.context import current_actor, current_uow
from matcher.web.forms import Form, read_form
from matcher.web.guard import for_roles
from matcher.web.language import t

portfolio = Blueprint("portfolio", __name__, url_prefix="/desk/portfolio")
BINDINGS = {
    Binding.NO_OFFER: Label("没有达到希望要求的成果", "No offer above the least promise"),
    Binding.FEW_OFFERS: Label("达到要求的成果不够多", "Too few offers above the least promise"),
    Binding.TEAM_FULL: Label("团队已满：{names}", "Teams have all they may have: {names}"),
    Binding.INSTITUTION_FULL: Label("单位份额已满：{names}", "Institutions have their share: {names}"),
    Binding.LESS_VALUE: Label("成果留给了更需要的需求", "Offers went to needs that have more from them"),
}
IN_SHORT = {
    Binding.NO_OFFER: Label("没有达到要求的成果", "No offer above the least promise"),
    Binding.FEW_OFFERS: Label("达到要求的成果不够多", "Too few offers above the least promise"),
    Binding.TEAM_FULL: Label("合适的团队已满", "Fitting teams are full"),
    Binding.INSTITUTION_FULL: Label("合适的单位份额已满", "Fitting institutions have their share"),
    Binding.LESS_VALUE: Label("成果留给了更需要的需求", "Offers went to needs that have more from them"),
}
ACTIONS = {
    "deploy": (portfolios.deploy, Label("已生效：匹配对入选并分给撮合人员。", "In force: shortlisted and given to brokers.")),
    "undo": (portfolios.undo, Label("整批已撤销。", "The whole batch is undone.")),
    "discard": (portfolios.discard, Label("已放弃这次分配。", "The proposal is put aside.")),
}  # fmt: skip
LEFT = Label("其中 {count} 对已有同事处理或有了进展，没有改动。", "{count} were left as they are: a colleague was faster.")  # fmt: skip


def binding(reason: list[object]) -> str:
    """Write what binds, with the names that are full."""
    code, names = Binding(str(reason[0])), reason[1]
    shown = "、".join(map(str, names[:4])) if isinstance(names, list) else ""
    return t(BINDINGS[code].format(names=shown))


portfolio.add_app_template_filter(binding, "binding")


@portfolio.context_processor
def words() -> dict[str, object]:
    """Give the templates the labels of the domain."""
    return {"RUN_STATES": RUN_LIFECYCLE.labels, "PAIRING_STATES": PAIRING_LIFECYCLE.labels, "promise": promise}


@portfolio.get("/")
@for_roles(Role.DESK)
def index() -> ResponseReturnValue:
    """Show the form and the runs so far."""
    given = {name: str(value) for name, value in portfolios.DEFAULTS.items()}
    return _index_page(Form(portfolios.FIELDS, given))


def _index_page(form: Form) -> str:
    return render_template("portfolio/index.html", form=form, runs=portfolios.runs(current_uow(), current_actor()))


@portfolio.post("/")
@for_roles(Role.DESK)
def propose() -> ResponseReturnValue:
    """Work out a portfolio and show it."""
    given = read_form(portfolios.FIELDS, request.form)
    try:
        with current_uow() as uow:
            run = portfolios.propose(uow, current_actor(), given)
    except InvalidInput as error:
        return _index_page(Form(portfolios.FIELDS, given, error.problems)), 422
    return redirect(url_for("portfolio.show", run_id=run.id), 303)


@portfolio.get("/<int:run_id>")
@for_roles(Role.DESK)
def show(run_id: int) -> ResponseReturnValue:
    """Show what each need gets, and what binds."""
    uow, actor = current_uow(), current_actor()
    run = portfolios.run_of(uow, actor, run_id)
    lots = portfolios.lots(uow, actor, run_id)
    count = Counter(Binding(reason[0]) for lot in lots for reason in lot.reasons)
    bindings = [(label, count[code]) for code, label in IN_SHORT.items() if count[code]]
    return render_template("portfolio/show.html", run=run, lots=lots, bindings=bindings)


@portfolio.post("/<int:run_id>")
@for_roles(Role.DESK)
def act(run_id: int) -> ResponseReturnValue:
    """Put a run into force, take it back, or put it aside."""
    action, said = ACTIONS.get(request.form.get("action", ""), ACTIONS["discard"])
    try:
        with current_uow() as uow:
            left = action(uow, current_actor(), run_id)
    except Conflict as error:
        flash(t(error.message), "warning")
    else:
        flash(t(said) + (t(LEFT.format(count=left)) if left else ""), "success")
    return redirect(url_for("portfolio.show", run_id=run_id), 303)
