"""The demo's desk: two brokers with decisions, notes, tasks and a saved filter on the pairings that matching has proposed.

Idempotent: written once, and only where nobody has written a task yet. Refused in production.
"""

from datetime import timedelta

from sqlalchemy import func, select

from matcher.accounts.model import Person
from matcher.app import Platform
from matcher.core.clock import local_date, utc_now
from matcher.core.errors import NotAllowed
from matcher.core.people import Actor
from matcher.core.unit_of_work import UnitOfWork
from matcher.desk import filters, notes, tasks
from matcher.desk.model import Task
from matcher.matching import assignments, review
from matcher.matching.model import Pairing, PairingState, Verdict
from matcher.matching.queue import both_open, joined
from matcher.seeding import IN_PRODUCTION

FIRST, SECOND = "cuohe@demo.example", "cuohe2@demo.example"
#: Who says what of the most promising pairings, each of another need.
SAID: tuple[tuple[str, Verdict, str | None, str], ...] = (
    (FIRST, Verdict.ACCEPT, None, "指标对得上，价格需要再谈。"),
    (SECOND, Verdict.ACCEPT, None, ""),
    (FIRST, Verdict.DEFER, None, "等需求方补充测试方法。"),
    (SECOND, Verdict.ACCEPT, None, "院所愿意先做样件。"),
    (FIRST, Verdict.DECLINE, "too_early", "成果还在实验室阶段，一年后再看。"),
    (FIRST, Verdict.ACCEPT, None, ""),
    (SECOND, Verdict.DECLINE, "price", ""),
)
NOTES = (
    (FIRST, 0, "企业总工下周在成都，愿意当面谈；希望先看样件的检测报告。", False),
    (SECOND, 1, "两边都希望先签保密协议，再交换图纸。", True),
)
TASKS = (
    (FIRST, 0, "电话约双方时间，先谈样件和保密协议", 1),
    (FIRST, 0, "请院所补充孔隙率的检测报告", 3),
    (SECOND, 1, "把会谈议程发给双方", 2),
    (FIRST, None, "整理本月评审情况，周会上讲", 5),
)


def seed_desk(platform: Platform) -> dict[str, int]:
    """Write what is missing of the demo's desk; returns how much was written of each. Raises NotAllowed in production."""
    if platform.settings.is_production:
        raise NotAllowed(IN_PRODUCTION)
    moment = utc_now() - timedelta(days=1)
    uow = UnitOfWork(platform.sessions, clock=lambda: moment)
    try:
        with uow:
            return _write(uow)
    finally:
        uow.close()


def _write(uow: UnitOfWork) -> dict[str, int]:
    written = {"decisions": 0, "notes": 0, "tasks": 0, "filters": 0}
    people = uow.session.scalars(select(Person).where(Person.email.in_((FIRST, SECOND))))
    brokers = {person.email: person.actor() for person in people}
    has_begun = uow.session.scalar(select(func.count()).select_from(Task))
    pairings = _best(uow, len(SAID))
    if has_begun or len(brokers) < 2 or len(pairings) < len(SAID):
        return written
    _decide(uow, brokers, pairings)
    for email, place, text, for_sides in NOTES:
        notes.add(uow, brokers[email], pairings[place].id, text, for_sides=for_sides)
    today = local_date(utc_now())
    for email, where, title, days in TASKS:
        pairing_id = None if where is None else pairings[where].id
        tasks.create(uow, brokers[email], title, today + timedelta(days=days), pairing_id=pairing_id)
    filters.save(uow, brokers[FIRST], "新材料，最近一周", {"field": "new_materials", "age": 7})
    return {"decisions": len(SAID), "notes": len(NOTES), "tasks": len(TASKS), "filters": 1}


def _best(uow: UnitOfWork, count: int) -> list[Pairing]:
    """Return the best pairing of each of the most promising needs."""
    query = joined(Pairing).where(Pairing.state == PairingState.SUGGESTED, both_open())
    found: dict[int, Pairing] = {}
    for pairing in uow.session.scalars(query.order_by(Pairing.score.desc(), Pairing.id)):
        found.setdefault(pairing.need_id, pairing)
        if len(found) == count:
            break
    return list(found.values())


def _decide(uow: UnitOfWork, brokers: dict[str, Actor], pairings: list[Pairing]) -> None:
    until = local_date(utc_now()) + timedelta(days=10)
    for (email, verdict, reason, note), pairing in zip(SAID, pairings, strict=True):
        review.decide(uow, brokers[email], pairing.id, verdict, reason=reason, note=note, defer_until=until)
    second = brokers[SECOND]
    assignments.assign(uow, second, second.person_id, need_id=pairings[3].need_id)
