"""The only wiring point: settings → database → engine → pages and API."""

from dataclasses import dataclass

from flask import Flask
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from matcher.core.db import make_engine, make_session_factory
from matcher.core.unit_of_work import UnitOfWork
from matcher.settings import Settings


@dataclass(frozen=True)
class Platform:
    """Hold what every entrance (pages, API, command line, worker) is built from."""

    settings: Settings
    engine: Engine
    sessions: sessionmaker[Session]

    def uow(self) -> UnitOfWork:
        """Open a unit of work."""
        return UnitOfWork(self.sessions)


def open_platform(settings: Settings | None = None) -> Platform:
    """Open the database that the settings name; nothing heavy is loaded."""
    settings = settings or Settings()
    settings.data.mkdir(parents=True, exist_ok=True)
    engine = make_engine(settings.url)
    return Platform(settings, engine, make_session_factory(engine))


def create_app(settings: Settings | None = None) -> Flask:
    """Build the web application."""
    from matcher.web import configure_web

    platform = open_platform(settings)
    app = Flask("matcher", static_folder=None)
    configure_web(app, platform)
    return app
