"""From a stored delivery to what travels: a mail with its unsubscribe link, or the payload of a robot."""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import quote

from matcher.core.labels import Label
from matcher.messages.model import Delivery
from matcher.messages.preferences import unsubscribe_token

#: What the two publish: 企业微信 takes 4096 bytes of markdown, 钉钉 a message of 20000, in which every line break takes three.
ROBOT_BYTES = {"wecom": 4096, "dingtalk": 16000}
NO_MARKUP = str.maketrans({"<": "＜", "[": "［", "]": "］"})
SENDER_NAME = "成渝技术供需撮合平台"
FOOTER = Label(
    "—\n这是平台自动发出的邮件，请勿直接回复。\n不想再收到这类邮件：{unsubscribe}\n修改接收频率：{settings}",
    "—\nThis mail was sent by the platform; please do not answer it.\n"
    "No more mails of this kind: {unsubscribe}\nChange how often: {settings}",
)


@dataclass(frozen=True, slots=True)
class House:
    """Hold what every letter needs to know of the house: its address, its sender's address, the key that signs links."""

    site: str
    sender: str
    secret: str


def full_text(house: House, delivery: Delivery) -> str:
    """Return the body with whole addresses in it."""
    return delivery.body.replace("{site}", house.site.rstrip("/"))


def as_mail(house: House, delivery: Delivery) -> EmailMessage:
    """Return a delivery as a mail; its Message-ID is the same at every try."""
    mail = EmailMessage()
    name, _, domain = house.sender.partition("@")
    mail["From"] = Address(SENDER_NAME, name, domain or "localhost")
    mail["To"] = delivery.address
    mail["Subject"] = delivery.subject.replace("\n", " ")
    mail["Date"] = format_datetime(delivery.created_at)
    mail["Message-ID"] = f"<{delivery.uid}@{domain or 'localhost'}>"
    mail["Auto-Submitted"] = "auto-generated"
    text = full_text(house, delivery)
    if delivery.person_id is not None:
        token = unsubscribe_token(house.secret, delivery.person_id, delivery.kinds)
        address = f"{house.site.rstrip('/')}/inbox/unsubscribe/{token}"
        mail["List-Unsubscribe"] = f"<{address}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
        settings = f"{house.site.rstrip('/')}/inbox/settings"
        text += "\n\n" + FOOTER.format(unsubscribe=address, settings=settings).text(delivery.language)
    mail.set_content(text + "\n", cte="base64")
    return mail


def as_bytes(mail: EmailMessage) -> bytes:
    """Return a mail as it travels: lines end with CR LF, and a long address in a header is not torn apart."""
    return mail.as_bytes(policy=SMTP.clone(max_line_length=900))


def robot_payload(house: House, delivery: Delivery, style: str) -> dict[str, object]:
    """Return the JSON that a group robot of 企业微信 (`wecom`) or 钉钉 (`dingtalk`) takes: markdown, in 钉钉 with a title.

    Both publish how long a text may be; a longer one is refused as a whole, so its middle is left out and its link kept.
    """
    title = _as_plain(delivery.subject)
    before, _, last = delivery.body.rpartition("\n\n")
    body, link = (before, last) if last.startswith("{site}") else (delivery.body, "")
    link = link.replace("{site}", house.site.rstrip("/"))
    room = ROBOT_BYTES[style] - len(f"**{title}**\n\n{link}\n\n…".encode())
    text = "\n\n".join(part for part in (f"**{title}**", _cut(_as_plain(body), room), link) if part)
    if style == "dingtalk":
        # 钉钉 reads a single line break as a space, as Markdown does.
        lines = re.sub(r"(?<!\n)\n(?!\n)", "  \n", text)
        return {"msgtype": "markdown", "markdown": {"title": title, "text": lines}}
    return {"msgtype": "markdown", "markdown": {"content": text}}


def _as_plain(text: str) -> str:
    """Keep what people typed from calling somebody (`<@all>`) or from hiding an address behind a word."""
    return text.translate(NO_MARKUP)


def _cut(text: str, room: int) -> str:
    """Return a text of at most `room` bytes; a cut one says so by its end."""
    raw = text.encode()
    return text if len(raw) <= room else raw[:room].decode(errors="ignore").rstrip() + "…"


def signed_address(url: str, secret: str, milliseconds: int) -> str:
    """Add the signature that 钉钉 asks for when a robot has a secret: HMAC-SHA256 over “time, line feed, secret”."""
    digest = hmac.new(secret.encode(), f"{milliseconds}\n{secret}".encode(), hashlib.sha256).digest()
    sign = quote(base64.b64encode(digest), safe="")
    return f"{url}{'&' if '?' in url else '?'}timestamp={milliseconds}&sign={sign}"
