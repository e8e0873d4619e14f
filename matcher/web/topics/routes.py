"""Common problems ranked by the demand index: look, name, merge, divide, weigh."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from matcher.core.errors import InvalidInput, Problem
from matcher.core.labels import Label
from matcher.core.numbers import LETTERS
from matcher.core.people import Role
from matcher.core.permissions import require
from matcher.core.vocabularies import TECH_FIELD
from matcher.needs.model import NEED_LIFECYCLE
from matcher.projects.topics import arrange, demand
from matcher.projects.topics import queries as topic_queries
from matcher.projects.topics.demand_index import PARTS
from matcher.projects.topics.wishes import is_waiting, wish_for_grouping
from matcher.web.context import current_actor, current_uow
from matcher.web.forms import Form, given_from, read_form
from matcher.web.guard import for_roles
from matcher.web.language import t
from matcher.web.lists import read_page

topics = Blueprint("topics", __name__, url_prefix="/topics")
STAFF = (Role.GOVERNMENT, Role.DESK)
NO_NEED_NUMBER = Label("请填写需求编号，如 XQ000012。", "Give the number of a need, such as XQ000012.")


@topics.get("/")
@for_roles(*STAFF)
def index() -> ResponseReturnValue:
    """List the common problems, the highest demand index first."""
    uow, actor = current_uow(), current_actor()
    given = request.args.get("field", "")
    field = given if given in TECH_FIELD else ""
    listing = topic_queries.list_topics(uow, actor, read_page(), field)
    return render_template("topics/index.html", listing=listing, field=field, parts=PARTS, waiting=is_waiting(uow))


@topics.get("/singles")
@for_roles(*STAFF)
def singles() -> ResponseReturnValue:
    """List the needs that stand alone, the highest demand index first."""
    listing = topic_queries.list_singles(current_uow(), current_actor(), read_page())
    return render_template("topics/singles.html", listing=listing, parts=PARTS, states=NEED_LIFECYCLE.labels)


@topics.post("/group")
@for_roles(*STAFF)
def group() -> ResponseReturnValue:
    """Ask the background worker to group anew."""
    require(current_actor(), "topic.arrange")
    with current_uow() as uow:
        wish_for_grouping(uow)
    flash(_("已安排重新归并，通常几秒到一分钟完成；您的命名、合并和拆分不会改变。"), "success")
    return redirect(url_for("topics.index"))


@topics.get("/<int:topic_id>")
@for_roles(*STAFF)
def topic(topic_id: int) -> ResponseReturnValue:
    """Show one common problem."""
    return _page(topic_id)


def _page(topic_id: int, problems: tuple[Problem, ...] = ()) -> str:
    with current_uow() as uow:  # a look at a confidential need is written down
        seen = topic_queries.look(uow, current_actor(), topic_id)
    others = [one for one in topic_queries.open_topics(uow, current_actor()) if one[0] != topic_id]
    return render_template(
        "topics/topic.html",
        seen=seen,
        topic=seen.topic,
        parts=PARTS,
        shares=demand.shares(demand.weights(uow)),
        states=NEED_LIFECYCLE.labels,
        others=others,
        form=Form((), request.form, problems),
    )


@topics.post("/<int:topic_id>")
@for_roles(*STAFF)
def change(topic_id: int) -> ResponseReturnValue:
    """Name, merge, divide, or put a need in, by the button that was pressed."""
    acts = {"rename": _rename, "merge": _merge, "split": _split, "move": _move}
    act = acts.get(request.form.get("do", ""), _rename)
    try:
        target, said = act(topic_id)
    except InvalidInput as error:
        return _page(topic_id, error.problems), 422
    flash(said, "success")
    return redirect(url_for("topics.topic", topic_id=target))


def _number(text: str, prefix: str = "") -> int:
    digits = text.strip().upper().removeprefix(prefix)
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else 0


def _rename(topic_id: int) -> tuple[int, str]:
    seen = _number(request.form.get("seen_version", "")) or None
    with current_uow() as uow:
        arrange.rename(uow, current_actor(), topic_id, request.form.get("name", ""), seen)
    return topic_id, _("已命名。")


def _merge(topic_id: int) -> tuple[int, str]:
    with current_uow() as uow:
        target = arrange.merge(uow, current_actor(), topic_id, _number(request.form.get("into", "")))
    return target.id, _("已合并。以后的自动归并会保留您的决定。")


def _split(topic_id: int) -> tuple[int, str]:
    chosen = {_number(one) for one in request.form.getlist("needs")}
    with current_uow() as uow:
        fresh = arrange.split(uow, current_actor(), topic_id, chosen)
    return fresh.id, _("已分为两个共性需求。以后的自动归并会保留您的决定。")


def _move(topic_id: int) -> tuple[int, str]:
    need = _number(request.form.get("need", ""), LETTERS["need"])
    if not need:
        raise InvalidInput([Problem("need", NO_NEED_NUMBER)])
    with current_uow() as uow:
        arrange.move(uow, current_actor(), need, topic_id)
    return topic_id, _("已归入。")


@topics.get("/weights")
@for_roles(*STAFF)
def weights() -> ResponseReturnValue:
    """Show the weights of the demand index and how they came about."""
    return _weights(Form(demand.WEIGHT_FIELDS, given_from(demand.WEIGHT_FIELDS, dict(demand.weights(current_uow())))))


def _weights(form: Form) -> str:
    uow = current_uow()
    past = demand.history(uow, current_actor())
    return render_template(
        "topics/weights.html", form=form, parts=PARTS, past=past, shares=demand.shares(demand.weights(uow))
    )


@topics.post("/weights")
@for_roles(Role.GOVERNMENT)
def set_weights() -> ResponseReturnValue:
    """Set new weights."""
    given = read_form(demand.WEIGHT_FIELDS, request.form)
    try:
        with current_uow() as uow:
            demand.set_weights(uow, current_actor(), given)
    except InvalidInput as error:
        return _weights(Form(demand.WEIGHT_FIELDS, given, error.problems)), 422
    flash(t(Label("新的权重已生效。", "The new weights are in force.")), "success")
    return redirect(url_for("topics.index"))
