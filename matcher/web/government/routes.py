"""The government office: where demand is, and where no result answers it."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from matcher.core.people import Role
from matcher.insight.demand import demand
from matcher.insight.gaps import count_open, count_without_likely_answer, needs_without_answer
from matcher.needs.model import NEED_LIFECYCLE
from matcher.needs.queries import NeedFilter, list_needs
from matcher.projects.lifecycle import PROJECT_LIFECYCLE
from matcher.projects.setup.queries import WAITING_LABELS, waiting_projects
from matcher.projects.topics.queries import list_topics
from matcher.web.context import current_actor, current_uow
from matcher.web.guard import for_roles
from matcher.web.lists import read_page

government = Blueprint("government", __name__, url_prefix="/government")
GAPS_SHOWN = 8
TOPICS_SHOWN = 3


@government.get("/")
@for_roles(Role.GOVERNMENT)
def home() -> ResponseReturnValue:
    """Show demand and supply by technology field and by city, and the needs that nothing answers."""
    uow, actor = current_uow(), current_actor()
    unanswered = needs_without_answer(uow, actor)
    gaps = list_needs(uow, actor, NeedFilter(ids=tuple(unanswered))).rows if unanswered else []
    return render_template(
        "government/home.html",
        demand=demand(uow, actor),
        waiting=waiting_projects(uow, actor),
        waiting_labels=WAITING_LABELS,
        project_states=PROJECT_LIFECYCLE.labels,
        topics=list_topics(uow, actor).rows[:TOPICS_SHOWN],
        open_needs=count_open(uow, actor),
        without_likely=count_without_likely_answer(uow, actor),
        unanswered=len(unanswered),
        gaps=gaps[:GAPS_SHOWN],
        states=NEED_LIFECYCLE.labels,
    )


@government.get("/gaps")
@for_roles(Role.GOVERNMENT)
def gaps() -> ResponseReturnValue:
    """List the needs that nothing answers, as far as they may be shown."""
    uow, actor = current_uow(), current_actor()
    unanswered = needs_without_answer(uow, actor)
    listing = list_needs(uow, actor, NeedFilter(ids=tuple(unanswered)), read_page())
    return render_template(
        "government/gaps.html", listing=listing, unanswered=len(unanswered), states=NEED_LIFECYCLE.labels
    )
