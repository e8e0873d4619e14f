"""What all tests share: a platform on a fresh migrated database, people of every role, a clock that can be moved."""

import os
import shutil
import smtplib
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from matcher.app import Platform, open_platform
from matcher.core.clock import SHANGHAI, local_date, utc_now
from matcher.core.people import VISITOR, Actor, Role
from matcher.core.unit_of_work import UnitOfWork
from matcher.settings import Settings
from tests import factories
from tests.databases import PostgresqlDatabases, SqliteDatabases

LOOPBACK = ("127.", "::1", "localhost")


@pytest.fixture(scope="session", autouse=True)
def _nothing_leaves_this_machine() -> Iterator[None]:
    """Refuse every connection and every mail server but those of this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and not str(address[0]).startswith(LOOPBACK):
            raise RuntimeError(f"a test tried to reach {address}")
        connect(self, address)

    to_server = smtplib.SMTP.connect

    def guarded_mail(self: smtplib.SMTP, host: str = "localhost", *args: Any, **kwargs: Any) -> Any:
        if not host.startswith(LOOPBACK):
            raise RuntimeError(f"a test tried to send mail by {host}")
        return to_server(self, host, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        patch.setattr(smtplib.SMTP, "connect", guarded_mail)
        yield


@pytest.fixture(scope="session", autouse=True)
def _no_settings_from_outside() -> Iterator[None]:
    """Forget the settings of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith("MATCHER_") or name == "DATABASE_URL":
                patch.delenv(name)
        yield


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return the folder in which the bundled model is laid out once per run, at first use."""
    folder = tmp_path_factory.mktemp("models")
    yield folder
    shutil.rmtree(folder)  # half a gigabyte


@pytest.fixture(scope="session")
def sqlite_databases(tmp_path_factory: pytest.TempPathFactory) -> SqliteDatabases:
    return SqliteDatabases(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgresql_databases() -> Iterator[PostgresqlDatabases]:
    try:
        databases = PostgresqlDatabases()
    except Exception as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"PostgreSQL does not start here: {error}")
    yield databases
    databases.close()


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the address of a fresh database; parametrise it (indirectly) with "postgresql" for the other kind."""
    if getattr(request, "param", "sqlite") == "postgresql":
        postgresql: PostgresqlDatabases = request.getfixturevalue("postgresql_databases")
        return postgresql.new()
    sqlite: SqliteDatabases = request.getfixturevalue("sqlite_databases")
    return sqlite.new(tmp_path)


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    return Settings(_env_file=None, data=tmp_path, DATABASE_URL=database_url, secret_key="only for tests")


@pytest.fixture
def platform(settings: Settings) -> Iterator[Platform]:
    opened = open_platform(settings)
    yield opened
    opened.engine.dispose()


class MovableClock:
    """Tell a time that stands still until it is moved; it starts at noon of the present day in China."""

    def __init__(self) -> None:
        self.moment = datetime.combine(local_date(utc_now()), time(12), SHANGHAI)

    @classmethod
    def of_pages(cls) -> "MovableClock":
        """Return one that begins with the real time while it is morning in China: pages tell that, and nothing may lie ahead of it."""
        made = cls()
        made.moment = min(made.moment, utc_now())
        return made

    def __call__(self) -> datetime:
        return self.moment

    def move(self, **by: float) -> None:
        """Let time pass: `move(days=3)`."""
        self.moment += timedelta(**by)


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def uow(platform: Platform, clock: MovableClock) -> Iterator[UnitOfWork]:
    """Open a unit of work by the movable clock; what the factories make is written through it."""
    opened = UnitOfWork(platform.sessions, clock=clock)
    with factories.written_to(opened):
        yield opened
    opened.close()


@dataclass(frozen=True, slots=True)
class Actors:
    """One person of every role, and strangers of the roles that own things."""

    enterprise: Actor
    other_enterprise: Actor
    university: Actor
    other_university: Actor
    government: Actor
    desk: Actor
    colleague: Actor  # a second person at the desk
    admin: Actor
    expert: Actor
    visitor: Actor = VISITOR


@pytest.fixture
def actors(uow: UnitOfWork) -> Actors:
    def actor(role: Role, kind: str, organisation: Any = None) -> Actor:
        organisation = organisation or factories.OrganisationFactory(kind=kind)
        person: Actor = factories.PersonFactory(organisation=organisation, role=role).actor()
        return person

    agency = factories.OrganisationFactory(kind="transfer_agency")
    made = Actors(
        enterprise=actor(Role.ENTERPRISE, "enterprise"),
        other_enterprise=actor(Role.ENTERPRISE, "enterprise"),
        university=actor(Role.UNIVERSITY, "university"),
        other_university=actor(Role.UNIVERSITY, "institute"),
        government=actor(Role.GOVERNMENT, "government"),
        desk=actor(Role.DESK, "transfer_agency", agency),
        colleague=actor(Role.DESK, "transfer_agency", agency),
        admin=actor(Role.ADMIN, "platform_operator"),
        expert=actor(Role.EXPERT, "institute"),
    )
    uow.commit()
    return made
