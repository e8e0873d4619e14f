"""Many pairings at once: the list with ticks, one act for all that are ticked, and the filters that a person keeps."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from matcher.core.errors import InvalidInput, Problem
from matcher.core.labels import Label
from matcher.core.people import Role
from matcher.desk import bulk, filters
from matcher.desk.bulk import Act, Outcome, Picked
from matcher.matching import assignments
from matcher.matching import queue as queues
from matcher.matching.model import Verdict
from matcher.web.context import current_actor, current_uow
from matcher.web.desk.blueprint import desk
from matcher.web.desk.forms import (
    GivenForm,
    filter_args,
    given_form,
    queue_address,
    read_day,
    read_filter,
)
from matcher.web.forms import read_number
from matcher.web.guard import for_roles
from matcher.web.language import t
from matcher.web.lists import read_page

KEPT = Label("已保存筛选“{name}”。", "The filter “{name}” is kept.")
FORGOTTEN = Label("已删除筛选“{name}”。", "The filter “{name}” is removed.")
DEFAULT_SET = Label("以后打开评审队列就用这个筛选。", "The review queue opens with this filter from now on.")
DEFAULT_GONE = Label("以后打开评审队列不再自动筛选。", "The review queue opens without a filter from now on.")
NO_ACT = Label("请选择要对勾选的匹配对做什么。", "Choose what to do with the ticked pairings.")


@desk.get("/list")
@for_roles(Role.DESK)
def show_list() -> ResponseReturnValue:
    """List pairings under a filter, to be ticked."""
    return _page(GivenForm(), [])


def _page(form: GivenForm, outcomes: list[Outcome], picked: frozenset[int] = frozenset()) -> str:
    uow, actor, wanted = current_uow(), current_actor(), read_filter(request.args)
    return render_template(
        "desk/list.html",
        wanted=wanted,
        listed=queues.queue(uow, actor, wanted, read_page()),
        counts=queues.counts(uow, actor, wanted),
        brokers=assignments.brokers(uow),
        kept=filters.listed(uow, actor),
        form=form,
        outcomes=outcomes,
        picked=picked,
    )


def _picked(form: MultiDict[str, str]) -> list[Picked]:
    """Read the ticks, each "pairing:version"; anything odd is as if it were not ticked."""
    found: dict[int, Picked] = {}
    for value in form.getlist("pick"):
        first, _, second = value.partition(":")
        number, version = read_number(first), read_number(second)
        if number is not None and version is not None:
            found[number] = Picked(number, version)
    return list(found.values())


def _act(form: MultiDict[str, str]) -> Act | None:
    """Read what is to be done; None when no button says it."""
    act = form.get("act", "")
    if act == bulk.ASSIGN:
        return Act(broker_id=read_number(form.get("broker")))
    if act not in (Verdict.ACCEPT, Verdict.DECLINE, Verdict.DEFER):
        return None
    note, day = form.get("note", ""), read_day(form.get("until"))
    return Act(Verdict(act), form.get("reason") or None, note, day)


@desk.post("/list")
@for_roles(Role.DESK)
def act_on_many() -> ResponseReturnValue:
    """Do one thing with every ticked pairing, and tell what became of each."""
    form = request.form
    rows, act = _picked(form), _act(form)
    picked = frozenset(row.pairing_id for row in rows)
    try:
        if act is None:
            raise InvalidInput([Problem("act", NO_ACT)])
        outcomes = bulk.apply(current_uow(), current_actor(), rows, act)
    except InvalidInput as error:
        return _page(given_form("bulk", error), [], picked), 422
    # What was not done stays ticked, with the reason beside it.
    left = frozenset(one.pairing_id for one in outcomes if one.problem)
    return _page(GivenForm(), outcomes, left)


@desk.post("/filters")
@for_roles(Role.DESK)
def keep_filter() -> ResponseReturnValue:
    """Keep the filter that is set, under a name."""
    wanted = read_filter(request.args)
    try:
        with current_uow() as uow:
            is_default = request.form.get("default") == "1"
            kept = filters.save(
                uow, current_actor(), request.form.get("name", ""), filter_args(wanted), is_default=is_default
            )
    except InvalidInput as error:
        flash(t(error.problems[0].message), "warning")
        return redirect(_where(filter_args(wanted)), 303)
    flash(t(KEPT.format(name=kept.name)), "success")
    return redirect(_where(filter_args(wanted)), 303)


@desk.post("/filters/<int:filter_id>")
@for_roles(Role.DESK)
def change_filter(filter_id: int) -> ResponseReturnValue:
    """Forget a filter, or open the queue with it from now on."""
    act, actor = request.form.get("act"), current_actor()
    with current_uow() as uow:
        if act == "remove":
            flash(t(FORGOTTEN.format(name=filters.remove(uow, actor, filter_id))), "success")
        else:
            filters.make_default(uow, actor, filter_id if act == "default" else None)
            flash(t(DEFAULT_SET if act == "default" else DEFAULT_GONE), "success")
    return redirect(_where(filter_args(read_filter(request.args))), 303)


def _where(wanted: dict[str, object]) -> str:
    """Return to the page from which a filter was kept or changed."""
    if request.args.get("back") == "list":
        return url_for("desk.show_list", **wanted)  # type: ignore[arg-type]
    return queue_address(read_filter(request.args), all=None if wanted else 1)
