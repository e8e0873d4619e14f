"""Lists of the stories: needs, projects, argument, notice, bids, evaluation and award, up to the signed task books."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from matcher.core.clock import local_second
from matcher.core.people import SYSTEM
from matcher.needs import service as needs
from matcher.needs.model import Need
from matcher.projects.bids import bidding, consortium
from matcher.projects.bids import office as evaluation
from matcher.projects.bids.fields import DECLARATION as BID_DECLARATION
from matcher.projects.bids.model import Bid
from matcher.projects.experts.model import Expert, Stage
from matcher.projects.setup import calls, deciding, editing, origins
from matcher.projects.setup.clock import tick
from matcher.projects.setup.demand import demand_of, need_ids
from matcher.projects.setup.model import Call, Project
from matcher.stories.cast import Cast
from matcher.stories.judging import Comments, Marks, Session, hold

Told = Mapping[str, Any]
REASON = "企业已承诺配套资金和试验条件，问题影响整条产业链，先行立项。"
DECLARED = ["not_in_house", "funds_ready", "no_secret"]
#: Days after the opening of a list on which each step is taken; before it they are negative.
NEED, WRITTEN, ARGUED, NOTICED, PUBLISHED = -40, -15, -14, -9, -1
BEGUN, HANDED_IN, CLOSED, ADMITTED, JUDGED, ANNOUNCED, AWARDED = 4, 12, 21, 22, 23, 31, 40


@dataclass
class Tale:
    """Hold a project whose story is told; its bids are known by the organisation that leads them."""

    project: Project
    told: Told
    bids: dict[str, Bid] = field(default_factory=dict)

    def experts(self, cast: Cast) -> list[Expert]:
        """Return who sits on a panel of this project now."""
        return cast.free_experts(self.project, self.told["experts"])

    def bid(self, team: str = "") -> Bid:
        """Return the bid of a team, or of the first that was told."""
        return self.bids[team or next(iter(self.bids))]


def is_told(cast: Cast, list_told: Told) -> bool:
    """Say whether a list is there already."""
    return cast.uow.session.scalar(select(Call.id).where(Call.seed_key == list_told["key"])) is not None


def tell_list(cast: Cast, told: Told) -> list[Tale]:
    """Write a list with its projects and carry each as far as it is told, the award at most."""
    uow, calendar, opens = cast.uow, cast.calendar, int(told["opens"])
    wanted = [(one, write_need(cast, one["need"], opens - NEED)) for one in told["story"]]
    call = _call(cast, told, opens)
    tales = [_set_up(cast, call, one, need, opens) for one, need in wanted]
    calendar.at(opens - PUBLISHED)
    calls.publish_call(uow, cast.office, call.id)
    calendar.at(opens, 9, 1)
    tick(uow)
    for tale in tales:
        for order, one in enumerate(tale.told["bid"]):
            tale.bids[one["organisation"]] = _bid(cast, tale.project, one, opens, order)
    calendar.at(opens - CLOSED, 17, 5)
    tick(uow)
    for tale in tales:
        _evaluate(cast, tale, opens)
    return tales


def write_need(cast: Cast, told: Told, days: int) -> Need:
    """Write and publish the need behind a project, as its owner handed it in so many days ago."""
    cast.calendar.at(days)
    given = {key: value for key, value in told.items() if key not in {"organisation", "indicator"}}
    given["indicators"] = told["indicator"]
    owner = cast.organisation(told["organisation"])
    return needs.create(cast.uow, SYSTEM, given, owner_id=owner.id, submit=True)


def _call(cast: Cast, told: Told, opens: int) -> Call:
    calendar = cast.calendar
    dates = {
        "opens_at": local_second(calendar.at(opens, 9)),
        "closes_at": local_second(calendar.at(opens - CLOSED, 17)),
    }
    calendar.at(opens - WRITTEN)
    title = f"{calendar.day(opens).year} 年{told['title']}"
    named = {"title": title, "intro": told["intro"], "contact": told["contact"]}
    call = calls.create(cast.uow, cast.office, calls.fresh() | named | dates)
    call.seed_key = told["key"]
    return call


def draft(cast: Cast, told: Told, need: Need) -> Project:
    """Write the draft of a project from its need."""
    uow, office = cast.uow, cast.office
    given = origins.proposal(uow, office, [need.id]) | dict(told["project"]) | {"declared": DECLARED}
    return editing.create(uow, office, given, needs=[need.id])


def argue_and_announce(cast: Cast, tale: Tale, argued: int, noticed: int) -> None:
    """Let experts argue a draft, and announce that it is set up; the days count back from today."""
    uow, office, project = cast.uow, cast.office, tale.project
    cast.calendar.at(argued, 9)
    deciding.argue(uow, office, project.id)
    marks: Marks = {None: tale.told["argued"]}
    words: Comments = {None: "指标可考核，企业愿意投入。"}
    hold(cast, project, Session(Stage.ARGUMENT, tale.experts(cast), marks, words, argued))
    cast.calendar.at(noticed)
    found = demand_of(uow, need_ids(project))
    deciding.announce_setup(uow, office, project.id, REASON if found and found.is_low else "")


def _set_up(cast: Cast, call: Call, told: Told, need: Need, opens: int) -> Tale:
    cast.calendar.at(opens - WRITTEN, 11)
    project = draft(cast, told, need)
    editing.assign_call(cast.uow, cast.office, project.id, call.id)
    tale = Tale(project, told)
    argue_and_announce(cast, tale, opens - ARGUED, opens - NOTICED)
    return tale


_OWN = ("organisation", "partner", "task", "share", "commits", "marks", "comment")


def _bid(cast: Cast, project: Project, told: Told, opens: int, order: int) -> Bid:
    """Write a bid, let its partner agree, and hand it in."""
    uow, lead = cast.uow, cast.of(told["organisation"])
    cast.calendar.at(opens - BEGUN, 9 + order)
    bid = bidding.start(uow, lead, project.id)
    if partner := told.get("partner"):
        asked = cast.organisation(partner["organisation"])
        consortium.invite(uow, lead, bid.id, asked.id, task=partner["task"], share=partner["share"])
        cast.calendar.at(opens - BEGUN - 2)
        consortium.answer(uow, cast.of(partner["organisation"]), bid.id, "agree")
    cast.calendar.at(opens - HANDED_IN, 9 + order)
    given = {key: value for key, value in told.items() if key not in _OWN}
    given |= {
        "tech_fields": list(project.tech_fields), "declared": list(BID_DECLARATION), "commitments": _commits(bid, told),
        "members": {m.id: {"task": told["task"], "share": str(told["share"])} for m in bid.members if m.is_lead and partner},
    }  # fmt: skip
    bidding.save(uow, lead, bid.id, given)
    cast.calendar.moment += timedelta(minutes=20)
    return bidding.submit(uow, lead, bid.id)


def _commits(bid: Bid, told: Told) -> dict[int, dict[str, str]]:
    said = told["commits"]
    return {one.indicator_id or 0: {"value": str(said[one.name])} for one in bid.commitments if one.name in said}


def _evaluate(cast: Cast, tale: Tale, opens: int) -> None:
    uow, office, calendar, project = cast.uow, cast.office, cast.calendar, tale.project
    calendar.at(opens - ADMITTED)
    for bid in tale.bids.values():
        evaluation.admit(uow, office, bid.id)
    said: Sequence[Told] = tale.told["bid"]
    marks: Marks = {tale.bids[one["organisation"]].id: one["marks"] for one in said}
    comments: Comments = {tale.bids[one["organisation"]].id: one["comment"] for one in said}
    hold(cast, project, Session(Stage.EVALUATION, tale.experts(cast), marks, comments, opens - JUDGED))
    until = tale.told.get("until", "awarded")
    calendar.at(opens - ANNOUNCED)
    if until == "failed":
        evaluation.fail(uow, office, project.id, tale.told["failed"])
    if until not in ("announced", "awarded"):
        return
    best = evaluation.ranking(uow, project)[: max(1, project.teams)]
    evaluation.announce(uow, office, project.id, [row.bid.id for row in best])
    if until == "awarded":
        calendar.at(opens - AWARDED)
        evaluation.award(uow, office, project.id)
