"""Makers of organisations, people, needs, offers and pairings, through the real models.

`need_answers` and `offer_answers` are what a person types into a complete form; the factories write rows directly, in any state.
"""

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

import factory
from factory.alchemy import SQLAlchemyModelFactory
from sqlalchemy.orm import Session
from stdnum.cn import uscc

from matcher.accounts.model import Membership, Organisation, Person, PersonState
from matcher.accounts.passwords import hash_password
from matcher.core.clock import local_date
from matcher.core.people import Actor, Role
from matcher.core.rows import IndicatorRow, IpRow
from matcher.core.unit_of_work import UnitOfWork
from matcher.matching.model import Pairing, PairingState
from matcher.needs.model import Need, NeedField, NeedIndicator, NeedState
from matcher.offers.model import Offer, OfferField, OfferIndicator, OfferIp, OfferState

PASSWORD = "long enough 2026"
_written_to: list[UnitOfWork] = []


@contextmanager
def written_to(uow: UnitOfWork) -> Iterator[None]:
    """Let the factories write through `uow`; the caller commits."""
    _written_to.append(uow)
    yield
    _written_to.remove(uow)


def _session() -> Session:
    return _written_to[-1].session


def _now(_: Any = None) -> Any:
    return _written_to[-1].clock()


def day(ahead: int) -> Any:
    """Return the date `ahead` days from the day of the clock."""
    return local_date(_now()) + timedelta(days=ahead)


def organisation_of(actor: Actor) -> Organisation:
    """Return the organisation for which an actor speaks."""
    return _session().get_one(Organisation, actor.organisation_id)


@functools.cache
def _password_hash() -> str:
    return hash_password(PASSWORD)  # argon2 is slow on purpose: once is enough


def code(number: int) -> str:
    """Return the `number`th valid 统一社会信用代码."""
    body = f"91510100MA6{number:06d}"
    return body + uscc.calc_check_digit(body)


class _Factory(SQLAlchemyModelFactory):
    class Meta:
        abstract = True
        sqlalchemy_session_factory = _session
        sqlalchemy_session_persistence = "flush"


class OrganisationFactory(_Factory):
    class Meta:
        model = Organisation

    name = factory.Sequence(lambda n: f"蓉城机构{n:04d}")
    kind = "enterprise"
    uscc = factory.Sequence(code)
    region = "510107"
    created_at = factory.LazyFunction(_now)


class PersonFactory(_Factory):
    """A person of one `organisation` with one `role`; their password is PASSWORD."""

    class Meta:
        model = Person

    class Params:
        organisation = factory.SubFactory(OrganisationFactory)
        role = Role.ENTERPRISE

    email = factory.Sequence(lambda n: f"person{n:04d}@test.example")
    name = factory.Sequence(lambda n: f"测试人员{n:04d}")
    password_hash = factory.LazyFunction(_password_hash)
    state = PersonState.ACTIVE
    created_at = factory.LazyFunction(_now)
    memberships = factory.LazyAttribute(lambda o: [Membership(organisation=o.organisation, role=o.role)])


class NeedFactory(_Factory):
    """A need, published unless said otherwise; give `tech_fields` as codes and `indicators` as rows."""

    class Meta:
        model = Need

    class Params:
        tech_fields = ("new_materials",)
        indicators = (IndicatorRow("孔隙率", "le", 0.5, None, "%"),)

    organisation = factory.SubFactory(OrganisationFactory)
    ref = factory.Sequence(lambda n: f"N-{n:05d}")
    state = NeedState.PUBLISHED
    title = factory.Sequence(lambda n: f"叶片增材制造孔隙缺陷控制 {n:04d}")
    industry = "C37"
    difficulties = "单晶叶片增材修复后孔隙率居高不下，热处理后出现再结晶。"
    content = "研究激光工艺参数与孔隙形成的关系，给出可量产的工艺窗口。"
    budget = Decimal(3_000_000)
    created_at = factory.LazyFunction(_now)
    changed_at = factory.LazyFunction(_now)
    published_at = factory.LazyAttribute(
        lambda o: _now() if o.state in {"published", "matched", "solved", "expired"} else None
    )
    field_rows = factory.LazyAttribute(
        lambda o: [NeedField(code=code, position=place) for place, code in enumerate(o.tech_fields)]
    )
    indicator_rows = factory.LazyAttribute(
        lambda o: [NeedIndicator(position=place, **row.to_json()) for place, row in enumerate(o.indicators)]
    )


class OfferFactory(_Factory):
    """A result, published unless said otherwise; give `tech_fields` as codes, `indicators` and `ip` as rows."""

    class Meta:
        model = Offer

    class Params:
        tech_fields = ("new_materials",)
        indicators = (IndicatorRow("孔隙率", "le", 0.3, None, "%"),)
        ip = (IpRow("invention", "ZL202110000001.2", "granted"),)

    organisation = factory.SubFactory(OrganisationFactory, kind="university")
    ref = factory.Sequence(lambda n: f"O-{n:05d}")
    state = OfferState.PUBLISHED
    title = factory.Sequence(lambda n: f"激光定向能量沉积修复工艺 {n:04d}")
    summary = "以在线监测闭环控制熔池，修复层孔隙率低，已在两家工厂试用。"
    trl = "6"
    price_low = Decimal(800_000)
    price_high = Decimal(1_500_000)
    created_at = factory.LazyFunction(_now)
    changed_at = factory.LazyFunction(_now)
    published_at = factory.LazyAttribute(lambda o: _now() if o.state == "published" else None)
    field_rows = factory.LazyAttribute(
        lambda o: [OfferField(code=code, position=place) for place, code in enumerate(o.tech_fields)]
    )
    indicator_rows = factory.LazyAttribute(
        lambda o: [OfferIndicator(position=place, **row.to_json()) for place, row in enumerate(o.indicators)]
    )
    ip_rows = factory.LazyAttribute(
        lambda o: [
            OfferIp(position=place, kind=r.kind, number=r.number, status=r.status) for place, r in enumerate(o.ip)
        ]
    )


class PairingFactory(_Factory):
    """A suggested pairing of a published need and a published result."""

    class Meta:
        model = Pairing

    need = factory.SubFactory(NeedFactory)
    offer = factory.SubFactory(OfferFactory)
    state = PairingState.SUGGESTED
    score = 0.8
    scores = factory.LazyFunction(lambda: {"dense": 0.8, "lexical": 0.7})
    explanation = factory.LazyAttribute(
        lambda o: {"sentences": [{"need": o.need.difficulties, "offer": o.offer.summary}], "terms": ["孔隙率"]}
    )
    created_at = factory.LazyFunction(_now)
    scored_at = factory.LazyFunction(_now)
    changed_at = factory.LazyFunction(_now)


def need_answers(**changes: Any) -> dict[str, Any]:
    """Return a complete need as a person types it; name fields to change them, with None to leave them out."""
    given = {
        "ref": "XQ-2026-001",
        "title": "航空发动机叶片增材修复孔隙率控制",
        "source": "企业需求",
        "tech_fields": ["aerospace", "new_materials"],
        "industry": "C37",
        "emerging": ["2"],
        "keywords": "增材制造；孔隙率；单晶",
        "background": "公司为航空发动机叶片提供修复服务，年修复 6000 片。",
        "difficulties": "修复层孔隙率为 1.2 %，热处理后出现再结晶，良品率只有 71 %。",
        "indicators": "孔隙率 ≤ 0.5 %\n室温抗拉强度 ≥ 980 MPa",
        "content": "激光定向能量沉积的工艺窗口、在线监测与闭环控制。",
        "foundation": "自有两台设备，完成 300 余组工艺试验。",
        "expected_trl": "7",
        "short_cooperation": ["diagnosis"],
        "long_cooperation": ["joint_development"],
        "preferred_partners": "有单晶修复经验的团队",
        "budget": "300",
        "payment": "按节点支付",
        "deadline": day(400).isoformat(),
        "ip_ownership": "shared",
        "disclosure": "open",
        "targets": "",
        "valid_until": day(200).isoformat(),
    } | changes
    return {name: value for name, value in given.items() if value is not None}


def offer_answers(**changes: Any) -> dict[str, Any]:
    """Return a complete result as a person types it; name fields to change them, with None to leave them out."""
    given = {
        "ref": "CG-2026-001",
        "title": "激光定向能量沉积叶片修复工艺与装备",
        "language": "zh",
        "year": "2025",
        "team": "增材制造研究团队",
        "keywords": "增材制造；叶片修复",
        "tech_fields": ["aerospace", "new_materials"],
        "industries": ["C37"],
        "emerging": ["2"],
        "ipc": "B22F10/28",
        "summary": "熔池在线监测与闭环控制，修复层孔隙率低于 0.3 %。",
        "innovation": "以双波长测温实现毫秒级功率调节。",
        "application": "航空发动机与燃气轮机叶片修复。",
        "indicators": "孔隙率 ≤ 0.3 %",
        "origin": "original",
        "form": ["process", "equipment"],
        "level": "intl_advanced",
        "trl": "6",
        "maturity": "lab_scale",
        "reports": "第三方检测报告一份",
        "ip": "发明专利 ZL202110000001.2 已授权",
        "cooperation": ["ordinary_licence"],
        "price_low": "80",
        "price_high": "150",
    } | changes
    return {name: value for name, value in given.items() if value is not None}
