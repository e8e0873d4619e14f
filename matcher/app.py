"""The only wiring point: settings → database → matcher → pages, command line and worker."""

from functools import cached_property

from flask import Flask
from huey import SqliteHuey

from matcher import models
from matcher.core.db import make_engine, make_session_factory
from matcher.core.unit_of_work import UnitOfWork
from matcher.exchange.uploads import Uploads
from matcher.matching.service import Matcher, MatchingOptions
from matcher.messages.letters import House
from matcher.messages.model import Channel
from matcher.messages.senders import FolderSender, RobotSender, Sender, SmtpSender, SmtpServer
from matcher.settings import Settings
from matcher.worker import make_queue, register


class Platform:
    """Hold what every entrance (pages, command line, worker) is built from; nothing heavy is loaded before it is used."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.engine = make_engine(settings.url)
        self.sessions = make_session_factory(self.engine)
        self.tables = models.Base.metadata

    @cached_property
    def matcher(self) -> Matcher:
        """Return the matcher of this process."""
        options = MatchingOptions(
            data=self.settings.data,
            encoder=self.settings.encoder,
            encoder_backend=self.settings.encoder_backend,
            cross_encoder=self.settings.cross_encoder,
            pairings_per_item=self.settings.pairings_per_item,
            exploration=self.settings.exploration,
            milvus_url=self.settings.milvus_url,
            milvus_token=self.settings.milvus_token,
        )
        return Matcher(options, self.quiet_uow)

    @cached_property
    def queue(self) -> SqliteHuey:
        """Return the queue that wakes the worker, with the tasks declared on it."""
        queue = make_queue(self.settings)
        self._tasks = register(queue, self)
        return queue

    @cached_property
    def uploads(self) -> Uploads:
        """Return the lists that wait between verdict and saving."""
        return Uploads(self.settings.data / "uploads")

    def senders(self) -> dict[Channel, Sender]:
        """Return the ways out of the house: the mail server, or a folder where none is set; the robot, if one is set."""
        given = self.settings
        house = House(given.address, given.mail_sender, given.session_key)
        ways: dict[Channel, Sender] = {Channel.EMAIL: FolderSender(house, given.data / "mail")}
        if given.smtp_host:
            server = SmtpServer(
                given.smtp_host, given.smtp_port, given.smtp_security, given.smtp_user, given.smtp_password,
                given.smtp_authorities,
            )  # fmt: skip
            ways[Channel.EMAIL] = SmtpSender(house, server)
        if given.webhook_url:
            ways[Channel.WEBHOOK] = RobotSender(house, given.webhook_url, given.webhook_style, given.webhook_secret)
        return ways

    def uow(self) -> UnitOfWork:
        """Open a unit of work whose commit wakes the worker when it leaves something to do."""
        return UnitOfWork(self.sessions, wake=self.wake)

    def quiet_uow(self) -> UnitOfWork:
        """Open a unit of work for the matcher itself, which needs no waking."""
        return UnitOfWork(self.sessions)

    def wake(self) -> None:
        """Tell the worker that something waits."""
        self.queue.enqueue(self._tasks.catch_up.s())

    def save_later(self, token: str) -> None:
        """Let the worker save an uploaded list; the wish itself is kept with the upload."""
        self.queue.enqueue(self._tasks.save_upload.s(token))


def open_platform(settings: Settings | None = None) -> Platform:
    """Open the database that the settings name."""
    settings = settings or Settings()
    settings.data.mkdir(parents=True, exist_ok=True)
    return Platform(settings)


def create_app(settings: Settings | None = None) -> Flask:
    """Build the web application."""
    from matcher.web import configure_web

    platform = open_platform(settings)
    app = Flask("matcher", static_folder=None)
    configure_web(app, platform)
    return app
