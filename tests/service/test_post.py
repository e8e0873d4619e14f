"""Mails and calls go out once, whatever breaks: a real mail server that is away, refuses, hangs up; workers that die."""

import email
import email.policy
import json
import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select, update

from matcher.core.labels import Label
from matcher.core.unit_of_work import UnitOfWork
from matcher.messages import post, preferences
from matcher.messages.digests import write_digests
from matcher.messages.kinds import MessageKind, Rhythm
from matcher.messages.letters import House
from matcher.messages.model import Channel, Delivery, DeliveryState, Message
from matcher.messages.senders import FolderSender, RobotSender, SmtpSender, SmtpServer
from matcher.messages.service import Text, call_robot, mark_read, notify

HOUSE = House("http://platform.test", "no-reply@platform.test", "only for tests")
TEXT = Text(Label("有一项新成果：孔隙率", "A new result: porosity"), Label("理由写在页面上。", "The page says why."))


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Mailbox:
    """Take mails; `answer` is what the server says to one."""

    def __init__(self):
        self.mails = []
        self.answer = "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 -- the name of aiosmtpd
        if self.answer.startswith("250"):
            self.mails.append(envelope)
        if self.answer == "250 then away":
            server.transport.abort()
        return self.answer

    def read(self):
        return [email.message_from_bytes(one.content, policy=email.policy.default) for one in self.mails]


@contextmanager
def mail_server(port, mailbox):
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield
    finally:
        controller.stop()


@pytest.fixture
def port():
    return free_port()


@pytest.fixture
def mailbox():
    return Mailbox()


@pytest.fixture
def send(platform, clock, port):
    """Return what sends everything that is due by the mail server at `port`."""

    def run(channel=Channel.EMAIL, sender=None):
        chosen = sender or SmtpSender(HOUSE, SmtpServer("127.0.0.1", port, "none"))
        return post.deliver(lambda: UnitOfWork(platform.sessions, clock=clock), {channel: chosen})

    return run


@pytest.fixture
def told(uow, actors):
    """Tell the enterprise something; returns the delivery."""
    with uow:
        notify(uow, [actors.enterprise.person_id], MessageKind.INTRODUCTION, TEXT, key="one", link="/introductions/1")
    return uow.session.scalars(select(Delivery)).one()


def states(uow):
    uow.session.expire_all()
    return [one.state for one in uow.session.scalars(select(Delivery).order_by(Delivery.id))]


def test_a_mail_says_what_and_where_and_how_to_end_it(uow, actors, told, send, port, mailbox):
    with mail_server(port, mailbox):
        assert send().sent == 1
    (mail,) = mailbox.read()
    assert b"List-Unsubscribe: <http://platform.test/inbox/unsubscribe/" in mailbox.mails[0].content, (
        "not encoded, not torn"
    )
    assert b"\n" not in mailbox.mails[0].content.replace(b"\r\n", b"")
    assert mail["Subject"] == "有一项新成果：孔隙率"
    body = mail.get_content()
    assert actors.enterprise.name in body
    assert "http://platform.test/introductions/1" in body
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    token = mail["List-Unsubscribe"].strip("<>").rsplit("/", 1)[1]
    person, kinds = preferences.read_token(uow, HOUSE.secret, token)
    assert (person.id, kinds) == (actors.enterprise.person_id, [MessageKind.INTRODUCTION])
    assert states(uow) == ["sent"]


def test_while_the_mail_server_is_away_mails_wait_and_then_go_out_once(uow, actors, told, send, port, mailbox, clock):
    with uow:
        notify(uow, [actors.university.person_id], MessageKind.INTRODUCTION, TEXT, key="two")
    for _ in range(4):
        assert send().sent == 0
        clock.move(minutes=10)
    assert states(uow) == ["pending", "pending"]
    assert "refused" in uow.session.get_one(Delivery, told.id).error
    clock.move(hours=2)
    with mail_server(port, mailbox):
        assert send().sent == 2
        clock.move(days=1)
        assert send().sent == 0
    assert len({mail["Message-ID"] for mail in mailbox.read()}) == len(mailbox.mails) == 2
    assert states(uow) == ["sent", "sent"]


def test_a_server_that_is_away_is_asked_once_a_run(uow, actors, send, clock, monkeypatch):
    with uow:
        for number in range(5):
            notify(uow, [actors.enterprise.person_id], MessageKind.INTRODUCTION, TEXT, key=str(number))
    asked = []
    connect = SmtpSender._connect
    monkeypatch.setattr(SmtpSender, "_connect", lambda self: asked.append(1) or connect(self))
    send()
    assert len(asked) == 1


@pytest.mark.parametrize(("answer", "state"), [("451 later", "pending"), ("554 never", "failed")])
def test_what_the_server_refuses_waits_or_ends(uow, told, send, port, mailbox, clock, answer, state):
    mailbox.answer = answer
    with mail_server(port, mailbox):
        send()
        assert states(uow) == [state]
        mailbox.answer = "250 OK"
        clock.move(hours=2)
        send()
    assert states(uow) == ["sent" if state == "pending" else "failed"]
    assert len(mailbox.mails) == (state == "pending")


def test_a_line_that_breaks_while_a_mail_is_handed_over_does_not_double_it(uow, told, send, port, mailbox, clock):
    mailbox.answer = "250 then away"
    with mail_server(port, mailbox):
        assert send().unclear == 1
        clock.move(days=2)
        mailbox.answer = "250 OK"
        assert send().sent == 0
    assert len(mailbox.mails) == 1
    assert states(uow) == ["unclear"]


def test_an_unclear_mail_is_sent_again_by_hand_with_the_same_message_id(uow, told, send, port, mailbox, clock):
    mailbox.answer = "250 then away"
    with mail_server(port, mailbox):
        send()
        with uow:
            assert post.send_again(uow, told.id)
        mailbox.answer = "250 OK"
        assert send().sent == 1
        with uow:
            assert not post.send_again(uow, told.id)
    assert len({mail["Message-ID"] for mail in mailbox.read()}) == 1


class Killed(BaseException):
    """Stand for the end of a process in the middle."""


class Dying:
    """A sender whose process dies before, while or after it hands over."""

    def __init__(self, when, real):
        self.when, self.real = when, real

    def send(self, delivery, handing_over):
        if self.when == "before":
            raise Killed
        if self.when == "while":
            handing_over()
            raise Killed
        self.real.send(delivery, handing_over)
        raise Killed

    def close(self):
        self.real.close()


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
@pytest.mark.parametrize(("when", "arrive"), [("before", 1), ("while", 0), ("after", 1)])
def test_a_worker_that_dies_never_doubles_a_mail(uow, told, send, port, mailbox, clock, when, arrive):
    real = SmtpSender(HOUSE, SmtpServer("127.0.0.1", port, "none"))
    with mail_server(port, mailbox):
        with pytest.raises(Killed):
            send(sender=Dying(when, real))
        assert send().sent == 0, "its claim still holds"
        for _ in range(3):
            clock.move(minutes=11)
            send()
    assert len(mailbox.mails) == arrive
    assert states(uow) == ["sent" if when == "before" else "unclear"]


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_two_workers_share_the_post(platform, uow, actors, port, mailbox):
    with uow:
        for number in range(12):
            notify(uow, [actors.enterprise.person_id], MessageKind.INTRODUCTION, TEXT, key=str(number))
    barrier = threading.Barrier(2)

    def work():
        barrier.wait()
        sender = SmtpSender(HOUSE, SmtpServer("127.0.0.1", port, "none"))
        post.deliver(lambda: UnitOfWork(platform.sessions, clock=uow.clock), {Channel.EMAIL: sender})

    with mail_server(port, mailbox):
        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
        work_left = UnitOfWork(platform.sessions, clock=uow.clock)
        post.deliver(lambda: work_left, {Channel.EMAIL: SmtpSender(HOUSE, SmtpServer("127.0.0.1", port, "none"))})
    assert len({mail["Message-ID"] for mail in mailbox.read()}) == len(mailbox.mails) == 12


def test_without_a_mail_server_mails_are_files(uow, told, send, tmp_path):
    folder = tmp_path / "mail"
    for _ in range(2):
        send(sender=FolderSender(HOUSE, folder))
    (file,) = folder.iterdir()
    assert file.suffix == ".eml"
    assert email.message_from_bytes(file.read_bytes(), policy=email.policy.default)["To"] == told.address


def test_the_same_thing_is_told_once(uow, actors, told):
    with uow:
        assert notify(uow, [actors.enterprise.person_id], MessageKind.INTRODUCTION, TEXT, key="one") == 0
    assert len(uow.session.scalars(select(Message)).all()) == len(uow.session.scalars(select(Delivery)).all()) == 1


def test_what_a_commit_that_fails_wanted_to_tell_is_never_told(uow, actors):
    def fail():
        with uow:
            notify(uow, [actors.enterprise.person_id], MessageKind.INTRODUCTION, TEXT, key="one")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not uow.session.scalars(select(Message)).all()
    assert not uow.session.scalars(select(Delivery)).all()


@pytest.mark.parametrize(("rhythm", "days"), [("daily", 1), ("weekly", 7)])
def test_a_digest_lists_once_what_was_not_read(uow, actors, clock, rhythm, days):
    actor = actors.enterprise
    with uow:
        preferences.choose(uow, actor, {"introduction": rhythm})
        for number in range(3):
            notify(uow, [actor.person_id], MessageKind.INTRODUCTION, TEXT, key=str(number))
        mark_read(uow, actor, uow.session.scalars(select(Message.id)).first())
    written = []
    for _ in range(2 * days * 24):
        clock.move(hours=1)
        with uow:
            written.append(write_digests(uow))
    assert sum(written) == 1
    delivery = uow.session.scalars(select(Delivery)).one()
    assert "2 条新消息" in delivery.subject
    assert delivery.body.count("孔隙率") == 2


def test_never_means_never_and_the_inbox_has_it_all_the_same(uow, actors, clock):
    actor = actors.enterprise
    with uow:
        preferences.choose(uow, actor, {"introduction": "never"})
        notify(uow, [actor.person_id], MessageKind.INTRODUCTION, TEXT, key="a", rhythm=Rhythm.AT_ONCE)
        notify(uow, [actor.person_id], MessageKind.INTRODUCTION, TEXT, key="b")
    clock.move(days=9)
    with uow:
        assert write_digests(uow) == 0
    assert not uow.session.scalars(select(Delivery)).all()
    assert len(uow.session.scalars(select(Message)).all()) == 2


@contextmanager
def robot(answer, status=200):
    """Run a group robot; yields its address and what it was sent."""
    sent = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            sent.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook?key=1", sent
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(("style", "part"), [("wecom", "content"), ("dingtalk", "text")])
def test_the_group_robot_is_called_once(uow, send, clock, style, part):
    with uow:
        for _ in range(2):
            call_robot(uow, MessageKind.DESK, TEXT, key="x", link="/introductions/1")
    with robot({"errcode": 0}) as (url, sent):
        for _ in range(2):
            send(Channel.WEBHOOK, RobotSender(HOUSE, url, style, "secret" if style == "dingtalk" else ""))
    ((path, said),) = sent
    assert "http://platform.test/introductions/1" in said["markdown"][part]
    assert ("sign=" in path) is (style == "dingtalk")
    assert states(uow) == ["sent"]


@pytest.mark.parametrize(
    ("answer", "status", "state"), [({"errcode": 45009}, 200, "pending"), ({}, 404, "failed"), ({}, 500, "pending")]
)
def test_what_a_robot_refuses_waits_or_ends(uow, send, answer, status, state):
    with uow:
        call_robot(uow, MessageKind.DESK, TEXT, key="x")
    with robot(answer, status) as (url, _):
        send(Channel.WEBHOOK, RobotSender(HOUSE, url, "wecom"))
    assert states(uow) == [state]


def test_without_a_robot_its_calls_do_not_pile_up(uow, send, told):
    with uow:
        call_robot(uow, MessageKind.DESK, TEXT, key="x")
    send()
    assert states(uow)[-1] == DeliveryState.FAILED


def test_what_cannot_be_delivered_for_days_is_given_up(uow, told, send, clock):
    clock.move(days=6)
    send()
    assert states(uow) == ["failed"]
    assert [one.id for one in post.troubled(uow)] == [told.id]
    assert post.counts(uow)[DeliveryState.FAILED] == 1


def test_a_claim_that_ran_out_is_free_again(uow, told, send, port, mailbox, clock):
    uow.session.execute(update(Delivery).values(state="claimed", claimed_until=clock() - post.CLAIM))
    uow.commit()
    with mail_server(port, mailbox):
        assert send().sent == 1
