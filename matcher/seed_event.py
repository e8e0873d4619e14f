"""The demo's meeting day: invitations answered in several ways, and a timetable in force. Needs pairings, so it comes last."""

from datetime import timedelta

from sqlalchemy import select

from matcher.accounts.model import Organisation
from matcher.accounts.service import actor_by_email
from matcher.app import Platform
from matcher.core.clock import local_date
from matcher.core.errors import NotAllowed
from matcher.core.people import SYSTEM, Actor
from matcher.core.unit_of_work import UnitOfWork
from matcher.events import grid, planning, service, views
from matcher.events.model import Event, Participant, Side
from matcher.events.service import Answer, Invitation
from matcher.seeding import DEMO_PEOPLE, IN_PRODUCTION

KEY = "demo-day"
ORGANISER = "cuohe@demo.example"
ASKERS, OFFERERS = 10, 16
FORM = {
    "title": "校企双进·成渝先进制造专场对接会",
    "place": "成都科创生态岛会议中心",
    "description": "企业出题、院所应答，每场 25 分钟。请带上指标数据和样品照片。",
    "days": "1", "opens": "09:00", "closes": "16:30", "slot_minutes": "25", "gap_minutes": "5",
    "breaks": "10:30-10:45 茶歇\n12:00-13:30 午餐",
    "rooms": "一号厅，4，6\n二号厅，2，8",
    "least": "2", "most": "6", "self_scheduling": "yes",
}  # fmt: skip


def seed_event(platform: Platform) -> int:
    """Write the example event unless it is there; returns how many were written. Raises NotAllowed in production."""
    if platform.settings.is_production:
        raise NotAllowed(IN_PRODUCTION)
    uow = platform.uow()
    try:
        with uow:
            if uow.session.scalar(select(Event.id).where(Event.seed_key == KEY)):
                return 0
            return _write(uow, actor_by_email(uow, ORGANISER))
    finally:
        uow.close()


def _write(uow: UnitOfWork, organiser: Actor) -> int:
    day = local_date(uow.clock()) + timedelta(days=16)
    event = service.create(uow, organiser, FORM | {"first_day": day.isoformat()})
    event.seed_key = KEY
    chosen = _chosen(uow, organiser, event)
    if len({one.side for one in chosen}) < 2:
        uow.rollback()
        return 0
    for place, one in enumerate(service.invite(uow, organiser, event.id, chosen)):
        _answer(uow, event, one, place)
    planning.deploy(uow, organiser, planning.propose(uow, organiser, event.id).id)
    return 1


def _chosen(uow: UnitOfWork, organiser: Actor, event: Event) -> list[Invitation]:
    """Return the most promising of each side, and the organisations of the people to sign in as."""
    keys = {one.organisation for one in DEMO_PEOPLE}
    known = set(uow.session.scalars(select(Organisation.id).where(Organisation.seed_key.in_(keys))))
    found = views.candidates(uow, organiser, event.id)
    chosen = []
    for side, count in ((Side.DEMAND, ASKERS), (Side.SUPPLY, OFFERERS)):
        of_side = [one for one in found if one.side is side]
        of_side.sort(key=lambda one: one.organisation_id not in known)
        chosen += [Invitation(one.organisation_id, side, one.team) for one in of_side[:count]]
    return chosen


def _answer(uow: UnitOfWork, event: Event, one: Participant, place: int) -> None:
    """Let one in seven wait, one in nine decline, one in four be away for a while."""
    if place % 7 == 6:
        return
    slots = len(grid.slots(event))
    away = frozenset(range(place % slots, min(slots, place % slots + 3))) if place % 4 == 1 else frozenset[int]()
    people = one.organisation.contact_name or "项目负责人"
    coming = place % 9 != 8
    service.answer(uow, SYSTEM, one.id, Answer(coming=coming, people=people, unavailable=away))
