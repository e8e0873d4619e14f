"""Life of the demo: introductions in several states, told as stories in seeds/, acted through the services that people use.

Idempotent: a pairing that was introduced before, or that somebody has decided on, is left as it is. Refused in production.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from matcher.accounts.model import Person
from matcher.app import Platform
from matcher.core.clock import local_date, utc_now
from matcher.core.errors import NotAllowed
from matcher.core.people import Actor, Role
from matcher.core.unit_of_work import UnitOfWork
from matcher.deals.service import conclude
from matcher.matching import answering, introductions, meeting_notes, progress
from matcher.matching.introduction_model import Party
from matcher.matching.model import Pairing, PairingState
from matcher.needs.model import Need
from matcher.offers.model import Offer
from matcher.seeding import DEMO_PEOPLE, IN_PRODUCTION, read_seeds

Step = Mapping[str, Any]


class _Telling:
    """Act one story after the other, each at the moments that it names."""

    def __init__(self, platform: Platform) -> None:
        self.moment = utc_now()
        self.uow = UnitOfWork(platform.sessions, clock=self._now, wake=platform.wake)
        emails = [person.email for person in DEMO_PEOPLE]
        people = [person.actor() for person in self.uow.session.scalars(select(Person).where(Person.email.in_(emails)))]
        self._by_organisation = {one.organisation_id: one for one in people}
        self._desk = next(one for one in people if Role.DESK in one.roles)

    def _now(self) -> datetime:
        return self.moment

    def tell(self, story: Mapping[str, Any]) -> bool:
        """Act a story in one transaction; returns whether there was anything to do."""
        pairing = self._pairing(story)
        is_new = pairing is not None and pairing.state is PairingState.SUGGESTED
        if pairing is None or not is_new or introductions.latest(self.uow, pairing.id):
            return False
        with self.uow:
            for step in story["steps"]:
                self.moment = utc_now() - timedelta(days=step["days"])
                self._act(pairing, step, story.get("words", ""))
        return True

    def _pairing(self, story: Mapping[str, Any]) -> Pairing | None:
        query = (
            select(Pairing)
            .join(Need, Need.id == Pairing.need_id)
            .join(Offer, Offer.id == Pairing.offer_id)
            .where(Need.ref == story["need"], Offer.ref == story["offer"])
        )
        return self.uow.session.scalars(query).one_or_none()

    def _act(self, pairing: Pairing, step: Step, words: str) -> None:
        uow, act = self.uow, step["act"]
        if act == "introduce":
            progress.move(uow, self._desk, pairing.id, "accept")
            progress.move(uow, self._desk, pairing.id, "introduce", note=words)
        elif act in ("yes", "no"):
            self._answer(pairing, step)
        elif act == "note":
            today = local_date(uow.clock())
            meeting_notes.write(uow, self._actor(pairing, step), pairing.id, {**step, "on": today})
        elif act == "contract":
            conclude(uow, self._desk, pairing.id, {**step, "signed_on": local_date(uow.clock())})
        else:
            progress.move(uow, self._actor(pairing, step), pairing.id, act)

    def _answer(self, pairing: Pairing, step: Step) -> None:
        found = introductions.open_introduction(self.uow, pairing.id)
        assert found is not None, "the story opens it first"
        actor = self._actor(pairing, step)
        given = {**step, "interested": step["act"], "heard": "电话得知" if actor is self._desk else ""}
        answering.answer(self.uow, actor, found.id, given, party=Party(step["by"]))

    def _actor(self, pairing: Pairing, step: Step) -> Actor:
        """Return who acts: somebody of the side, or the desk for a side without an account."""
        if step["by"] == "desk":
            return self._desk
        owner = introductions.both(self.uow, pairing).item(Party(step["by"])).organisation_id
        return self._by_organisation.get(owner, self._desk)


def seed_introductions(platform: Platform) -> int:
    """Act the stories whose pairings were found and not touched yet; returns how many. Raises NotAllowed in production."""
    if platform.settings.is_production:
        raise NotAllowed(IN_PRODUCTION)
    telling = _Telling(platform)
    try:
        return sum(telling.tell(story) for story in read_seeds("introductions", "story"))
    finally:
        telling.uow.close()
