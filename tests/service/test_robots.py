"""Group robots of 企业微信 and 钉钉: the form and length of what they take, the signature, and what becomes of a refusal."""

import base64
import hashlib
import hmac
import json
import time
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from structlog.testing import capture_logs

from matcher.core.labels import Label
from matcher.core.unit_of_work import UnitOfWork
from matcher.messages import post
from matcher.messages.kinds import MessageKind
from matcher.messages.letters import robot_payload
from matcher.messages.model import Channel, Delivery
from matcher.messages.senders import RobotSender
from matcher.messages.service import Text, call_robot
from tests.service.test_post import HOUSE, TEXT, robot

LINK = "http://platform.test/introductions/1"


def call(subject, body, link="/introductions/1"):
    return Delivery(channel=Channel.WEBHOOK, subject=subject, body=body + (f"\n\n{{site}}{link}" if link else ""))


def text_of(payload):
    (told,) = (payload[key] for key in payload if key != "msgtype")
    return told.get("content") or told.get("text")


def test_wecom_takes_markdown_under_content():
    assert robot_payload(HOUSE, call("引荐无人答复", "请电话联系。"), "wecom") == {
        "msgtype": "markdown",
        "markdown": {"content": f"**引荐无人答复**\n\n请电话联系。\n\n{LINK}"},
    }


def test_dingtalk_takes_markdown_with_a_title_and_breaks_lines_as_markdown_does():
    assert robot_payload(HOUSE, call("引荐无人答复", "第一行\n第二行"), "dingtalk") == {
        "msgtype": "markdown",
        "markdown": {"title": "引荐无人答复", "text": f"**引荐无人答复**\n\n第一行  \n第二行\n\n{LINK}"},
    }


@pytest.mark.parametrize(("style", "most"), [("wecom", 4096), ("dingtalk", 20000)])
@given(body=st.text(max_size=40).map(lambda text: text * 400), link=st.sampled_from(["", "/introductions/1"]))
def test_no_text_is_longer_than_the_robot_takes_and_the_link_is_kept(style, most, body, link):
    payload = robot_payload(HOUSE, call("引荐" * 60, body, link), style)
    size = len(json.dumps(payload, ensure_ascii=False).encode()) if style == "dingtalk" else 0
    text = text_of(payload)
    assert len(text.encode()) <= most
    assert size <= 2 * most, "escapes of control characters apart"
    assert text.endswith(LINK) or not link


def test_what_people_typed_calls_nobody_and_hides_no_address():
    text = text_of(robot_payload(HOUSE, call("<@all> 孔隙率", "[点这里](http://elsewhere.test)"), "wecom"))
    assert "<@" not in text
    assert "](" not in text


@pytest.fixture
def send(uow, platform, clock):
    """Return what writes calls and lets a robot make those that are due."""

    def run(url, style="wecom", secret="", keys=("x",)):
        with uow:
            for key in keys:
                call_robot(uow, MessageKind.DESK, TEXT, key=key, link="/introductions/1")
        way = RobotSender(HOUSE, url, style, secret)
        run = post.deliver(lambda: UnitOfWork(platform.sessions, clock=clock), {Channel.WEBHOOK: way})
        uow.session.expire_all()
        return run

    return run


def deliveries(uow):
    return list(uow.session.scalars(select(Delivery).order_by(Delivery.id)))


def test_a_call_to_dingtalk_is_signed_over_its_moment(send):
    before = time.time() * 1000
    with robot({"errcode": 0, "errmsg": "ok"}) as (url, sent):
        assert send(url, "dingtalk", "SEC only for tests").sent == 1
    asked = parse_qs(urlsplit(sent[0][0]).query)
    moment, sign = asked["timestamp"][0], asked["sign"][0]
    assert before - 1 <= int(moment) <= time.time() * 1000, "in milliseconds, now"
    right = hmac.digest(b"SEC only for tests", f"{moment}\nSEC only for tests".encode(), hashlib.sha256)
    assert base64.b64decode(sign) == right
    assert asked["key"] == ["1"], "what the address had stays in it"


@pytest.mark.parametrize(
    ("style", "answer"),
    [
        ("wecom", {"errcode": 93000, "errmsg": "invalid webhook url"}),
        ("dingtalk", {"errcode": 310000, "errmsg": "sign not match"}),
    ],
)
def test_what_is_set_up_wrongly_is_told_in_the_log_and_tried_again(send, uow, clock, style, answer):
    with capture_logs() as logs, robot(answer) as (url, _):
        assert send(url, style).waiting == 1
    (waits,) = deliveries(uow)
    assert answer["errmsg"] in waits.error
    (line,) = [one for one in logs if one["event"] == "post.waits"]
    assert (line["log_level"], line["delivery"]) == ("warning", waits.id)
    assert answer["errmsg"] in line["error"]
    clock.move(minutes=2)
    with robot({"errcode": 0}) as (url, sent):
        assert send(url, style, keys=()).sent == 1
    assert len(sent) == 1


@pytest.mark.parametrize(("style", "code"), [("wecom", 45009), ("dingtalk", 130101)])
def test_a_robot_that_spoke_too_often_is_left_alone_until_the_next_run(send, uow, style, code):
    with robot({"errcode": code, "errmsg": "too often"}) as (url, sent):
        send(url, style, keys=("x", "y", "z"))
    assert len(sent) == 1
    assert [one.state for one in deliveries(uow)] == ["pending"] * 3


def test_a_long_call_arrives_as_a_whole_request(send, uow):
    with uow:
        call_robot(uow, MessageKind.DESK, Text(Label("题", "T"), Label("长" * 5000, "long")), key="long", link="/desk/")
    with robot({"errcode": 0}) as (url, sent):
        assert send(url, keys=()).sent == 1
    assert sent[0][1]["markdown"]["content"].endswith("…\n\nhttp://platform.test/desk/")
