"""The ways out of the house: a mail server, a folder, a group robot."""

import json
import smtplib
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from matcher.messages.letters import House, as_bytes, as_mail, robot_payload, signed_address
from matcher.messages.model import Delivery

TIMEOUT = 20.0  # seconds
#: What 企业微信 and 钉钉 answer to a robot that speaks more than twenty times a minute: everything else waits too.
TOO_OFTEN = frozenset({45009, 130101})


class Away(Exception):
    """The other end cannot be reached: nothing was handed over, everybody waits."""


class Refused(Exception):
    """The other end does not take this one; `for_good` when it never will."""

    def __init__(self, text: str, *, for_good: bool) -> None:
        super().__init__(text)
        self.for_good = for_good


class Unclear(Exception):
    """The line broke while it was handed over: it may have arrived."""


class Sender(Protocol):
    """Send one delivery; call `handing_over` right before the first byte that could make it arrive."""

    def send(self, delivery: Delivery, handing_over: Callable[[], None]) -> None:
        """Send; raises Away, Refused or Unclear."""

    def close(self) -> None:
        """End the connection, if there is one."""


class FolderSender:
    """Write mails as .eml files, one a delivery: writing one again changes nothing."""

    def __init__(self, house: House, folder: Path) -> None:
        self._house = house
        self._folder = folder

    def send(self, delivery: Delivery, handing_over: Callable[[], None]) -> None:
        """Write the file under the delivery's own name."""
        handing_over()
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = self._folder / f"{delivery.uid}.part"
        part.write_bytes(as_bytes(as_mail(self._house, delivery)))
        part.replace(self._folder / f"{delivery.created_at:%Y%m%d-%H%M%S}-{delivery.uid}.eml")

    def close(self) -> None:
        """Do nothing: there is no connection."""


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Say where the mail server is and how to speak to it."""

    host: str
    port: int
    security: Literal["none", "starttls", "tls"]
    user: str = ""
    password: str = ""
    authorities: str = ""  # a file of certificates that are trusted besides those of the system


class SmtpSender:
    """Send mails over one connection to a mail server, opened when first needed."""

    def __init__(self, house: House, server: SmtpServer) -> None:
        self._house = house
        self._server = server
        self._line: smtplib.SMTP | None = None

    def send(self, delivery: Delivery, handing_over: Callable[[], None]) -> None:
        """Hand one mail over."""
        line = self._open()
        try:
            self._address(line, delivery)
        except smtplib.SMTPResponseException as error:
            self._reset()
            raise _refused(error) from error
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise Away(_words(error)) from error
        handing_over()
        try:
            code, answer = line.data(as_bytes(as_mail(self._house, delivery)))
        except smtplib.SMTPResponseException as error:
            self._reset()
            raise _refused(error) from error
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise Unclear(_words(error)) from error
        if code != 250:
            self._reset()
            raise _refused(smtplib.SMTPResponseException(code, answer))

    def _address(self, line: smtplib.SMTP, delivery: Delivery) -> None:
        for code, answer in (line.mail(self._house.sender), line.rcpt(delivery.address)):
            if code not in (250, 251):
                raise smtplib.SMTPResponseException(code, answer)

    def _open(self) -> smtplib.SMTP:
        if self._line is not None:
            return self._line
        try:
            self._line = self._connect()
        except (OSError, smtplib.SMTPException) as error:
            raise Away(_words(error)) from error
        return self._line

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        if server.security == "tls":
            line: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT, context=self._trust())
        else:
            line = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT)
        try:
            line.ehlo()
            if server.security == "starttls":
                line.starttls(context=self._trust())
                line.ehlo()
            if server.user:
                line.login(server.user, server.password)
        except BaseException:
            line.close()
            raise
        return line

    def _trust(self) -> ssl.SSLContext:
        """Return what checks the server's certificate and name."""
        context = ssl.create_default_context()
        if self._server.authorities:
            context.load_verify_locations(self._server.authorities)
        return context

    def _reset(self) -> None:
        try:
            if self._line is not None:
                self._line.rset()
        except (OSError, smtplib.SMTPException):
            self.close()

    def close(self) -> None:
        """Say goodbye to the mail server."""
        line, self._line = self._line, None
        if line is None:
            return
        try:
            line.quit()
        except (OSError, smtplib.SMTPException):
            line.close()


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def _refused(error: smtplib.SMTPResponseException) -> Refused:
    answer = error.smtp_error
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer)
    return Refused(f"{error.smtp_code} {text}", for_good=500 <= error.smtp_code < 600)


class RobotSender:
    """Call the webhook of a group robot (企业微信, 钉钉)."""

    def __init__(self, house: House, url: str, style: str, secret: str = "") -> None:
        self._house = house
        self._url = url
        self._style = style
        self._secret = secret

    def send(self, delivery: Delivery, handing_over: Callable[[], None]) -> None:
        """Post the message; both robots answer 200 and say in `errcode` whether they took it."""
        url = signed_address(self._url, self._secret, int(time.time() * 1000)) if self._secret else self._url
        body = json.dumps(robot_payload(self._house, delivery, self._style), ensure_ascii=False).encode()
        request = urllib.request.Request(url, body, {"Content-Type": "application/json; charset=utf-8"})
        handing_over()
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
                said = json.loads(answer.read(100_000) or b"{}")
        except urllib.error.HTTPError as error:
            with error:
                raise Refused(f"HTTP {error.code}", for_good=400 <= error.code < 500 and error.code != 429) from error
        except urllib.error.URLError as error:
            if isinstance(error.reason, ConnectionRefusedError):
                raise Away(_words(error.reason)) from error
            raise Unclear(_words(error)) from error
        except (OSError, ValueError) as error:
            raise Unclear(_words(error)) from error
        code = said.get("errcode", 0) if isinstance(said, dict) else None
        if code in TOO_OFTEN:
            raise Away(str(said)[:200])
        if code != 0:
            # Most refusals are mended in the robot's settings (signature, keyword, address): worth another try later.
            raise Refused(str(said)[:200], for_good=False)

    def close(self) -> None:
        """Do nothing: there is no connection."""
