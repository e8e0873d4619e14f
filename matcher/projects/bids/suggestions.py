"""What the engine suggests: projects to teams whose results fit, and partners for indicators that a consortium does not cover."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.orm import aliased, joinedload

from matcher.accounts.model import Organisation
from matcher.core import audit
from matcher.core.clock import local_second
from matcher.core.errors import Conflict
from matcher.core.indicator_columns import IndicatorColumns
from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.permissions import require
from matcher.core.rows import format_indicator
from matcher.core.unit_of_work import UnitOfWork
from matcher.engine.comparison import compare
from matcher.engine.items import EngineError, Indicator
from matcher.engine.quantity_names import name_similarity
from matcher.matching.explain_labels import WORTH_A_LOOK, promise
from matcher.matching.model import Pairing, PairingState
from matcher.matching.service import Matcher
from matcher.messages.kinds import MessageKind
from matcher.messages.service import Text, notify, people_for
from matcher.needs.model import Need
from matcher.offers.model import Offer, OfferState
from matcher.projects.bids import commitments
from matcher.projects.bids.bidding import TAKES_BIDS
from matcher.projects.bids.model import Bid
from matcher.projects.bids.queries import STANDING
from matcher.projects.setup import service as setup
from matcher.projects.setup.model import Project, ProjectIndicator, ProjectNeed
from matcher.projects.setup.rules import rules_of

DEPTH = 60
#: From this similarity on two names are taken for the same quantity.
SAME_NAME = 0.8
FITS = Label("有适合贵单位的榜单", "A project that fits your results")
FITS_BODY = Label(
    "“{project}”正在征集揭榜团队，截止 {closes}。贵单位的成果“{offer}”与它相关。",
    "“{project}” looks for teams until {closes}. Your result “{offer}” is related to it.",
)


@dataclass(frozen=True, slots=True)
class Team:
    """Hold an organisation whose results fit, the best of them, and in words how well."""

    organisation: Organisation
    offers: list[Offer]
    score: float
    words: Label


@dataclass(frozen=True, slots=True)
class Fit:
    """Hold the result of an organisation that fits a project best, and in words how well."""

    title: str
    score: float

    @property
    def words(self) -> Label:
        """Return in words how well it fits."""
        return promise(self.score)


@dataclass(frozen=True, slots=True)
class Partner:
    """Hold a result of another organisation that answers indicators that a bid does not cover yet."""

    offer: Offer
    score: float
    answers: list[tuple[str, str]]  # the indicator that is missing, what the result claims for it


def text_of(project: Project) -> str:
    """Return a project as a free text for the search."""
    names = "；".join(row.name for row in project.indicator_rows)
    return "\n".join(
        filter(None, (project.title, project.goals, project.background, names, "；".join(project.keywords)))
    )


def _found(uow: UnitOfWork, matcher: Matcher, text: str) -> list[tuple[Offer, float]]:
    """Return published results that fit a text, best first; nothing while the search is being prepared or away."""
    try:
        hits = matcher.find("offer", text[:4000], DEPTH)
    except (Conflict, EngineError):
        return []
    scores = {hit.id: hit.score for hit in hits}
    query = select(Offer).where(Offer.id.in_(scores), Offer.state == OfferState.PUBLISHED)
    offers = uow.session.scalars(query.options(joinedload(Offer.organisation))).unique()
    return sorted(((one, scores[one.id]) for one in offers), key=lambda pair: (-pair[1], pair[0].id))


def teams(uow: UnitOfWork, project: Project, limit: int = 12) -> list[Team]:
    """Return the organisations whose published results fit a project, the best first. Asks no permission: callers do.

    Reads the pairings that are stored for the needs behind it, as `fitting` does for one organisation, in one query.
    """
    query = (
        select(Offer, Pairing.score)
        .join(Pairing, Pairing.offer_id == Offer.id)
        .join(ProjectNeed, ProjectNeed.need_id == Pairing.need_id)
        .where(
            ProjectNeed.project_id == project.id, Offer.state == OfferState.PUBLISHED,
            Pairing.score >= WORTH_A_LOOK, Pairing.state != PairingState.DECLINED,
        )
        .options(joinedload(Offer.organisation))
        .order_by(Pairing.score.desc(), Pairing.id)
    )  # fmt: skip
    found = ((offer, score) for offer, score in uow.session.execute(query).unique())
    return _teams(uow, project, found, limit)


def searched_teams(uow: UnitOfWork, matcher: Matcher, project: Project, limit: int = 12) -> list[Team]:
    """Return the organisations whose results the search finds for a project: for one without needs, or before matching.

    Asks no permission: callers do.
    """
    found = _found(uow, matcher, text_of(project))
    return _teams(uow, project, ((offer, score) for offer, score in found if score >= WORTH_A_LOOK), limit)


def _teams(uow: UnitOfWork, project: Project, found: Iterable[tuple[Offer, float]], limit: int) -> list[Team]:
    """Gather results by organisation, three each at most; the owners of the needs are left out where they may not lead."""
    owners = set[int]() if rules_of(project.call).owner_may_lead else setup.owners(uow, project.id)
    by_organisation: dict[int, Team] = {}
    for offer, score in found:
        if offer.organisation_id in owners:
            continue
        known = by_organisation.setdefault(offer.organisation_id, Team(offer.organisation, [], score, promise(score)))
        if len(known.offers) < 3 and offer not in known.offers:
            known.offers.append(offer)
    return list(by_organisation.values())[:limit]


def tell(uow: UnitOfWork, matcher: Matcher, actor: Actor, project_id: int, organisation_ids: Sequence[int]) -> int:
    """Write to teams that a project fits them, each person once a project; returns how many were told.

    Raises NotAllowed, NotFound, Conflict.
    """
    require(actor, "project.decide")
    project = setup.get(uow, project_id)
    if project.state not in TAKES_BIDS:
        raise Conflict(Label("这个项目现在不接受揭榜。", "This project takes no bids now."))
    count, known = 0, teams(uow, project)
    if not set(organisation_ids) <= {one.organisation.id for one in known}:
        known += searched_teams(uow, matcher, project)
    for team in known:
        if team.organisation.id not in organisation_ids:
            continue
        closes = local_second(project.closes_at) or "—"
        body = FITS_BODY.format(project=project.title, closes=closes, offer=team.offers[0].title)
        count += notify(
            uow, people_for(uow, team.organisation.id), MessageKind.PROJECT, Text(FITS, body),
            key=f"project:{project.id}:fits", link=f"/calls/projects/{project.id}",
        )  # fmt: skip
    audit.record(uow, actor, "project.tell_teams", "project", project.id, people=count)
    return count


def open_projects(uow: UnitOfWork) -> list[Project]:
    """Return the projects that take bids, those that close first at the top."""
    query = select(Project).where(Project.state.in_(TAKES_BIDS)).order_by(Project.closes_at, Project.id)
    return list(uow.session.scalars(query.limit(40)).unique())


def fitting(uow: UnitOfWork, organisation_id: int, projects: Sequence[Project]) -> dict[int, Fit]:
    """Return the best fit of an organisation's published results for each of some projects, by the project's id.

    Reads the pairings that are stored for the needs behind them, in one query; those that were declined do not count, nor
    does a project whose need is the organisation's own where its list does not let the owner lead.
    """
    of_need = aliased(ProjectNeed)
    owns = exists().where(
        of_need.project_id == ProjectNeed.project_id,
        Need.id == of_need.need_id,
        Need.organisation_id == organisation_id,
    )
    query = (
        select(ProjectNeed.project_id, Offer.title, Pairing.score, owns)
        .join(Pairing, Pairing.need_id == ProjectNeed.need_id)
        .join(Offer, Offer.id == Pairing.offer_id)
        .where(
            ProjectNeed.project_id.in_([one.id for one in projects]),
            Offer.organisation_id == organisation_id, Offer.state == OfferState.PUBLISHED,
            Pairing.score >= WORTH_A_LOOK, Pairing.state != PairingState.DECLINED,
        )
        .order_by(Pairing.score.desc(), Pairing.id)
    )  # fmt: skip
    may_lead = {one.id: rules_of(one.call).owner_may_lead for one in projects}
    found: dict[int, Fit] = {}
    for project_id, title, score, is_own in uow.session.execute(query):
        if may_lead[project_id] or not is_own:
            found.setdefault(project_id, Fit(title, score))
    return found


def partners(uow: UnitOfWork, matcher: Matcher, bid: Bid, project: Project, limit: int = 6) -> list[Partner]:
    """Return results of other organisations for the indicators that a bid does not cover; empty when it covers all."""
    missing = [row.demand for row in commitments.rows(bid, project) if row.commitment is None or row.is_weaker]
    if not missing:
        return []
    inside = {m.organisation_id for m in bid.members if m.state in STANDING}
    text = "\n".join([project.title, *(f"{one.name} {one.text}" for one in missing)])
    found = [
        Partner(offer, score, _answers(missing, offer))
        for offer, score in _found(uow, matcher, text)
        if offer.organisation_id not in inside
    ]
    # A result that states the missing quantity comes before one that only sounds alike.
    worth = [one for one in found if one.answers or one.score >= WORTH_A_LOOK]
    return sorted(worth, key=lambda one: (-len(one.answers), -one.score))[:limit]


def _answers(missing: Sequence[ProjectIndicator], offer: Offer) -> list[tuple[str, str]]:
    found = []
    for demand in missing:
        for claim in offer.indicator_rows:
            if name_similarity(demand.name, claim.name) < SAME_NAME:
                continue
            if compare(_engine(demand), _engine(claim)).verdict in {"met", "nearly"}:
                found.append((demand.name, format_indicator(claim.row())))
                break
    return found


def _engine(one: IndicatorColumns) -> Indicator:
    row = one.row()
    return Indicator(row.name, row.comparator, row.value, row.value_high, row.unit, row.text)
