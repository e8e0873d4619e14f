"""Made-to-order projects (订单式): an agreed pairing becomes a project with its team; or the office names the team after the notice."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from matcher.accounts.model import Organisation
from matcher.core import audit
from matcher.core.errors import Conflict, InvalidInput, NotFound, Problem
from matcher.core.fields import Field, Kind, read_answers
from matcher.core.labels import Label
from matcher.core.people import Actor, Role
from matcher.core.permissions import require
from matcher.core.unit_of_work import UnitOfWork
from matcher.matching import introductions
from matcher.matching.model import Pairing, PairingState
from matcher.needs import service as needs
from matcher.offers.model import Offer
from matcher.projects.bids.model import Bid, BidMember, BidOffer
from matcher.projects.lifecycle import BID_LIFECYCLE, BidState, MemberState, Mode, ProjectState
from matcher.projects.setup import notices
from matcher.projects.setup import service as projects
from matcher.projects.setup.model import Project, ProjectIndicator, ProjectNeed

COMMISSION_FIELDS: tuple[Field, ...] = (
    Field("title", Label("项目名称", "Title"), Kind.TEXT, required=True, max_length=80),
    Field("goals", Label("研发目标", "Goals"), Kind.LONG_TEXT, required=True, max_length=3000),
    Field("months", Label("完成时限（月）", "Months"), Kind.INTEGER, required=True, minimum=1, maximum=120),
    Field("enterprise_funds", Label("企业资金", "Enterprise funds"), Kind.MONEY, required=True),
    Field("government_funds", Label("财政资金", "Government funds"), Kind.MONEY),
    Field("indicators", Label("考核指标", "Indicators"), Kind.INDICATORS, required=True),
)
AGREED_STATES = (PairingState.INTERESTED, PairingState.MEETING, PairingState.NEGOTIATING, PairingState.CONTRACTED)
NO_PAIRING = Label("找不到这次对接。", "There is no such pairing.")
NOT_AGREED = Label("双方都有意向后才能立项。", "Both sides must have agreed first.")
KNOWN = Label("这次对接已经立项（{number}）。", "This pairing is a project already ({number}).")
NO_OFFICE = Label("请选择立项的科技部门。", "Choose the office in charge.")
NO_TEAM = Label("找不到这个单位，请写全称。", "There is no such organisation; write its full name.")
NOT_ORDERED = Label(
    "只有公示期满的订单式项目可以指定团队。", "Only a made-to-order project after its notice gets a named team."
)


def offices(uow: UnitOfWork) -> list[Organisation]:
    """Return the offices that can be in charge of a project."""
    return list(
        uow.session.scalars(select(Organisation).where(Organisation.kind == "government").order_by(Organisation.name))
    )


def of_pairing(uow: UnitOfWork, pairing_id: int) -> Project | None:
    """Return the project that a pairing became."""
    return uow.session.scalars(select(Project).where(Project.pairing_id == pairing_id)).unique().one_or_none()


def suggestion(uow: UnitOfWork, actor: Actor, pairing_id: int) -> dict[str, Any]:
    """Return the answers with which the form begins: of the need as far as the actor sees it."""
    pairing = _pairing(uow, actor, pairing_id)
    found = introductions.both(uow, pairing)
    seen = needs.seen(uow, actor, found.need)
    said = seen.answers if seen is not None else {}
    is_open = found.need.disclosure == "open"
    return {
        "title": str(said.get("title", ""))[:80] if is_open else "",
        "goals": str(said.get("content") or said.get("difficulties") or "")[:3000] if is_open else "",
        "months": 12,
        "enterprise_funds": said.get("budget"),
        "government_funds": None,
        "indicators": list(said.get("indicators") or []),
    }


def _pairing(uow: UnitOfWork, actor: Actor, pairing_id: int) -> Pairing:
    require(actor, "project.commission")
    pairing = uow.session.get(Pairing, pairing_id)
    if pairing is None:
        raise NotFound(NO_PAIRING)
    if known := of_pairing(uow, pairing_id):
        raise Conflict(KNOWN.format(number=known.number))
    if pairing.state not in AGREED_STATES:
        raise Conflict(NOT_AGREED)
    return pairing


def from_pairing(
    uow: UnitOfWork, actor: Actor, pairing_id: int, given: Mapping[str, Any], office_id: int | None = None
) -> Project:
    """Make an agreed pairing a commissioned project with its team; raises NotAllowed, NotFound, InvalidInput, Conflict."""
    pairing = _pairing(uow, actor, pairing_id)
    answers = read_answers(COMMISSION_FIELDS, given)
    office = _office(uow, actor, office_id)
    problems = [*answers.problems, *([] if office else [Problem("office", NO_OFFICE)])]
    if problems or office is None:
        raise InvalidInput(problems)
    values, found, now = answers.values, introductions.both(uow, pairing), uow.clock()
    rows = values.pop("indicators")
    project = Project(
        organisation_id=office.id, created_by=actor.person_id if Role.GOVERNMENT in actor.roles else None,
        mode=Mode.COMMISSIONED, state=ProjectState.DRAFT, pairing_id=pairing.id, tech_fields=list(found.need.tech_fields),
        keywords=list(found.need.keywords) if found.need.disclosure == "open" else [], created_at=now, changed_at=now,
        indicator_rows=[ProjectIndicator(position=place, **row.to_json()) for place, row in enumerate(rows)],
        need_rows=[ProjectNeed(need_id=found.need.id)], **values,
    )  # fmt: skip
    uow.session.add(project)
    uow.session.flush()
    audit.record(uow, actor, "project.commission", "project", project.id, pairing=pairing.id)
    _team(uow, actor, project, found.offer.organisation_id, found.offer)
    projects.move(uow, actor, project, "commission")
    return project


def name_team(uow: UnitOfWork, actor: Actor, project_id: int, organisation: str, leader: str = "") -> Project:
    """Name the team of a made-to-order project whose notice is over; raises NotAllowed, NotFound, InvalidInput, Conflict."""
    require(actor, "project.decide")
    project = projects.get(uow, project_id)
    if project.mode is not Mode.COMMISSIONED or project.state is not ProjectState.NOTICED:
        raise Conflict(NOT_ORDERED)
    notice = notices.current(uow, project_id, "setup")
    if notice is not None and (reason := notices.hindrance(uow, notice)):
        raise Conflict(reason)
    query = select(Organisation).where(Organisation.name == organisation.strip())
    team = uow.session.scalars(query).first()
    if team is None:
        raise InvalidInput([Problem("organisation", NO_TEAM)])
    if notice is not None:
        notices.end(uow, notice)
    _team(uow, actor, project, team.id, None, leader)
    projects.move(uow, actor, project, "commission")
    return project


def _office(uow: UnitOfWork, actor: Actor, office_id: int | None) -> Organisation | None:
    own = actor.organisation_id if Role.GOVERNMENT in actor.roles else None
    found = uow.session.get(Organisation, own or office_id) if own or office_id else None
    return found if found is not None and found.kind == "government" else None


def _team(
    uow: UnitOfWork, actor: Actor, project: Project, organisation_id: int, offer: Offer | None, leader: str = ""
) -> Bid:
    now = uow.clock()
    bid = Bid(
        project_id=project.id, organisation_id=organisation_id, created_by=offer.created_by if offer else None,
        state=BidState.DRAFT, leader=(leader or (offer.team if offer else "") or "")[:60],
        approach=offer.summary if offer else "", trl=offer.trl if offer else None, months=project.months,
        tech_fields=list(project.tech_fields), price=project.total_funds, submitted_at=now, created_at=now, changed_at=now,
        members=[BidMember(organisation_id=organisation_id, is_lead=True, state=MemberState.AGREED, share=100,
                           invited_at=now, answered_at=now)],
    )  # fmt: skip
    uow.session.add(bid)
    uow.session.flush()
    if offer is not None:
        uow.session.add(BidOffer(bid_id=bid.id, offer_id=offer.id))
    BID_LIFECYCLE.apply(uow, actor, bid, "commission")
    uow.session.flush()
    return bid
