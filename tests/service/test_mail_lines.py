"""The line to the mail server: encrypted from the start or after asking, with a certificate that is checked, and with sign-in."""

import shutil
import ssl
import subprocess
from contextlib import contextmanager

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from sqlalchemy import select

from matcher.app import Platform
from matcher.core.unit_of_work import UnitOfWork
from matcher.messages import post
from matcher.messages.kinds import MessageKind
from matcher.messages.model import Channel, Delivery
from matcher.messages.senders import SmtpSender
from matcher.messages.service import notify
from matcher.settings import Settings
from tests.service.test_post import TEXT, Mailbox, free_port

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
USER, PASSWORD = "platform@house.test", "only for tests"


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    """Return what makes a certificate of a house's own authority for a name: the files of authority, certificate and key."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl here to make a certificate with")
    folder = tmp_path_factory.mktemp("certificates")

    def openssl(*words):
        subprocess.run(("openssl", *words), check=True, capture_output=True, cwd=folder)

    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-keyout", "house.key", "-out", "house.pem", "-subj", "/CN=House authority",
            "-addext", "keyUsage=critical,keyCertSign")  # fmt: skip

    def make(name):
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")  # fmt: skip
        (folder / "names").write_text(f"subjectAltName=DNS:{name}\n")
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "house.pem", "-CAkey", "house.key", "-days", "2",
                "-out", f"{name}.pem", "-extfile", "names")  # fmt: skip
        return str(folder / "house.pem"), folder / f"{name}.pem", folder / f"{name}.key"

    return make


def check_password(server, session, envelope, mechanism, data):
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=False)


class AfterAsking(Controller):
    """A server that speaks plainly until it is asked for encryption."""

    def __init__(self, *given, line, **more):
        self.line = line
        super().__init__(*given, **more)

    def factory(self):
        return SMTP(
            self.handler, tls_context=self.line, require_starttls=True, auth_required=True, authenticator=check_password
        )


@contextmanager
def mail_server(security, certificate, key, mailbox, port):
    line = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    line.load_cert_chain(certificate, key)
    where = {"hostname": "localhost", "port": port}
    if security == "tls":
        # The library does not know that the line is encrypted from the start.
        controller = Controller(
            mailbox, ssl_context=line, auth_required=True, auth_require_tls=False, authenticator=check_password, **where
        )
    else:
        controller = AfterAsking(mailbox, line=line, **where)
    controller.start()
    try:
        yield
    finally:
        controller.stop()


@pytest.fixture
def send(uow, actors, platform, clock, tmp_path):
    """Return what writes a mail and sends it through the ways out that some settings open."""

    def run(**given):
        with uow:
            notify(uow, [actors.enterprise.person_id], MessageKind.INTRODUCTION, TEXT, key="one")
        settings = Settings(data=tmp_path, smtp_host="localhost", mail_sender="no-reply@house.test", **given)
        way = Platform(settings).senders()[Channel.EMAIL]
        assert isinstance(way, SmtpSender)
        post.deliver(lambda: UnitOfWork(platform.sessions, clock=clock), {Channel.EMAIL: way})
        uow.session.expire_all()
        return uow.session.scalars(select(Delivery)).one()

    return run


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_mail_goes_out_on_an_encrypted_line_after_signing_in(certificates, send, security):
    authority, certificate, key = certificates("localhost")
    mailbox, port = Mailbox(), free_port()
    with mail_server(security, certificate, key, mailbox, port):
        sent = send(
            smtp_port=port, smtp_security=security, smtp_user=USER, smtp_password=PASSWORD, smtp_authorities=authority
        )
    assert (sent.state, sent.error) == ("sent", "")
    (mail,) = mailbox.read()
    assert mail["Subject"] == TEXT.title.zh


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize(
    ("name", "trusts", "said"),
    [("localhost", False, "certificate verify failed"), ("elsewhere.test", True, "certificate is not valid for")],
)
def test_a_server_with_a_strange_certificate_gets_neither_password_nor_mail(
    certificates, send, security, name, trusts, said
):
    authority, certificate, key = certificates(name)
    mailbox, port = Mailbox(), free_port()
    with mail_server(security, certificate, key, mailbox, port):
        waits = send(
            smtp_port=port, smtp_security=security, smtp_user=USER, smtp_password=PASSWORD,
            smtp_authorities=authority if trusts else "",
        )  # fmt: skip
    assert (waits.state, mailbox.mails) == ("pending", [])
    assert said in waits.error


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_wrong_password_is_told_and_the_mail_waits(certificates, send, security):
    authority, certificate, key = certificates("localhost")
    mailbox, port = Mailbox(), free_port()
    with mail_server(security, certificate, key, mailbox, port):
        waits = send(
            smtp_port=port, smtp_security=security, smtp_user=USER, smtp_password="wrong", smtp_authorities=authority
        )
    assert (waits.state, mailbox.mails) == ("pending", [])
    assert "535" in waits.error
    assert "wrong" not in waits.error


def test_a_server_that_cannot_encrypt_is_not_spoken_to_in_the_clear(send):
    mailbox, port = Mailbox(), free_port()
    controller = Controller(mailbox, hostname="localhost", port=port)
    controller.start()
    try:
        waits = send(smtp_port=port, smtp_security="starttls", smtp_user=USER, smtp_password=PASSWORD)
    finally:
        controller.stop()
    assert (waits.state, mailbox.mails) == ("pending", [])
    assert "STARTTLS" in waits.error
