"""What happens to projects by the clock alone: bids are taken from the opening on, and no longer after the deadline."""

import random
import secrets
from datetime import timedelta

from sqlalchemy import select

from matcher.core.labels import Label
from matcher.core.people import SYSTEM
from matcher.core.unit_of_work import UnitOfWork
from matcher.messages.kinds import MessageKind
from matcher.messages.service import Text, notify
from matcher.projects.bids import queries
from matcher.projects.lifecycle import BID_LIFECYCLE, BidState, ProjectState
from matcher.projects.setup import service as setup
from matcher.projects.setup.letters import office_people
from matcher.projects.setup.model import Project
from matcher.projects.setup.rules import rules_of

#: A bid that arrived in the last second may still wait for the database's lock: evaluation begins when none can any more.
GRACE = timedelta(seconds=60)
TOO_FEW = Text(
    Label("揭榜份数不足", "Too few bids"),
    Label("揭榜已截止，有效揭榜不足榜单规定的份数。请到项目的揭榜页面决定是否流标。", "Bidding is closed with fewer bids than the list asks for. Decide on the project's page of bids whether it has failed."),
)  # fmt: skip


def tend(uow: UnitOfWork) -> int:
    """Open and close the bidding of every project that is due; returns how many moved on."""
    now = uow.clock()
    opening = select(Project).where(Project.state == ProjectState.PUBLISHED, Project.opens_at <= now)
    closing = select(Project).where(Project.state == ProjectState.BIDDING, Project.closes_at <= now - GRACE)
    opened = list(uow.session.scalars(opening))
    for project in opened:
        setup.move(uow, SYSTEM, project, "open")
    closed = list(uow.session.scalars(closing))
    for project in closed:
        _close(uow, project)
    return len(opened) + len(closed)


def _close(uow: UnitOfWork, project: Project) -> None:
    for bid in queries.of_project(uow, project.id, (BidState.DRAFT,)):
        BID_LIFECYCLE.apply(uow, SYSTEM, bid, "void")
    handed_in = queries.of_project(uow, project.id, (BidState.SUBMITTED,))
    # Drawn anew, so that neither the order of arrival nor of numbers tells experts who is who.
    random.Random(secrets.randbits(64)).shuffle(handed_in)
    for place, bid in enumerate(handed_in):
        bid.code = f"方案{_letters(place)}"
    uow.session.flush()
    setup.move(uow, SYSTEM, project, "close_bidding")
    if len(handed_in) < rules_of(project.call).least_bids:
        key = f"project:{project.id}:too-few:{project.closes_at:%Y%m%d%H%M}"
        link = f"/bids/project/{project.id}"
        notify(uow, office_people(uow, project), MessageKind.PROJECT, TOO_FEW, key=key, link=link)


def _letters(place: int) -> str:
    """Return the letters of a place: A to Z, then AA, AB and so on."""
    found = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        found = chr(ord("A") + rest) + found
    return found
