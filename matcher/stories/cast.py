"""Who plays in the stories of projects, and the time at which they act."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select

from matcher.accounts.model import Membership, Organisation, Person
from matcher.accounts.service import actor_by_email
from matcher.core.clock import SHANGHAI, local_date, utc_now
from matcher.core.people import Actor, Role
from matcher.core.unit_of_work import UnitOfWork
from matcher.projects.experts.conflicts import conflicts
from matcher.projects.experts.model import Expert
from matcher.projects.setup.model import Project

#: How many experts sit on each panel of a story.
SEATS = 3


class Calendar:
    """Tell the time of the step that is being written."""

    def __init__(self) -> None:
        self.now = self.moment = utc_now()

    def __call__(self) -> datetime:
        """Return the moment at which the story stands."""
        return self.moment

    def back(self, days: float) -> datetime:
        """Go to `days` before today, and return that moment."""
        self.moment = self.now - timedelta(days=days)
        return self.moment

    def at(self, days: int, hour: int = 10, minute: int = 0) -> datetime:
        """Go to a time of the day in China `days` before today, and return that moment."""
        self.moment = datetime.combine(self.day(days), time(hour, minute), SHANGHAI).astimezone(self.now.tzinfo)
        return self.moment

    def day(self, days: int) -> date:
        """Return the day `days` before today."""
        return local_date(self.now) - timedelta(days=days)


class Cast:
    """Give the actors of the demo: organisations by the key of their seed, with one person who acts for each."""

    def __init__(self, uow: UnitOfWork, calendar: Calendar, office: str) -> None:
        self.uow, self.calendar = uow, calendar
        self.office = actor_by_email(uow, office)
        query = select(Organisation).where(Organisation.seed_key.is_not(None))
        self._organisations = {str(one.seed_key): one for one in uow.session.scalars(query)}

    def organisation(self, key: str) -> Organisation:
        """Return an organisation by the key of its seed."""
        return self._organisations[key]

    def knows(self, told: Mapping[str, Any]) -> bool:
        """Say whether the organisation of what is told is there."""
        return told["organisation"] in self._organisations

    def of(self, key: str) -> Actor:
        """Return who acts for an enterprise or an institute: the first of its people."""
        query = (
            select(Person)
            .join(Membership, Membership.person_id == Person.id)
            .where(
                Membership.organisation_id == self.organisation(key).id,
                Membership.role.in_((Role.ENTERPRISE, Role.UNIVERSITY)),
            )
            .order_by(Person.id)
        )
        found = self.uow.session.scalars(query).first()
        assert found is not None, f"nobody acts for {key}"
        return found.actor()

    def free_experts(self, project: Project, keys: Sequence[str]) -> list[Expert]:
        """Return the first of these experts who have no interest in a project."""
        found = self.uow.session.scalars(select(Expert).where(Expert.seed_key.in_(keys))).unique()
        known = sorted(found, key=lambda one: keys.index(str(one.seed_key)))
        barred = conflicts(self.uow, project, known)
        return [one for one in known if one.id not in barred][:SEATS]
