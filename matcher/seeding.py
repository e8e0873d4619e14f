"""The demo: organisations, people, needs and results from seeds/, written through the same services that people use.

Idempotent: what is there is left as it is. Refused in production.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from matcher.accounts.fields import ORGANISATION_FIELDS
from matcher.accounts.model import Organisation, Person, PersonState
from matcher.accounts.service import add_organisation, add_person
from matcher.app import Platform
from matcher.core.clock import local_date, utc_now
from matcher.core.errors import InvalidInput, NotAllowed
from matcher.core.fields import read_answers
from matcher.core.labels import Label
from matcher.core.people import SYSTEM, Actor, Role
from matcher.core.unit_of_work import UnitOfWork
from matcher.needs import service as needs
from matcher.needs.model import Need
from matcher.offers import service as offers
from matcher.offers.model import Offer
from matcher.projects.experts import service as experts
from matcher.projects.experts.fields import DEFAULTS, EXPERT_FIELDS
from matcher.projects.experts.model import Expert

SEEDS = Path(__file__).resolve().parents[1] / "seeds"
#: The day as of which the dates in seeds/ are written; later they move along, so that the demo never expires.
WRITTEN_ON = date(2026, 11, 23)
DEMO_PASSWORD = "demo-2026-chengdu"  # known on purpose: the demo is refused in production
BATCH = 25
IN_PRODUCTION = Label("正式环境不能写入演示数据。", "Demo data is refused in production.")


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody to sign in as."""

    email: str
    name: str
    organisation: str
    role: Role
    says: str


DEMO_PEOPLE = (
    DemoPerson("qiye@demo.example", "陈雪", "rongcheng-aero", Role.ENTERPRISE, "enterprise 企业"),
    DemoPerson("gaoxiao@demo.example", "李明远", "scitech-west", Role.UNIVERSITY, "university 高校院所"),
    DemoPerson("keji@demo.example", "王海燕", "cd-scitech", Role.GOVERNMENT, "government 科技部门"),
    DemoPerson("cuohe@demo.example", "赵晴", "cd-transfer", Role.DESK, "desk 撮合服务"),
    DemoPerson("cuohe2@demo.example", "孙磊", "cd-transfer", Role.DESK, "desk, a colleague 撮合同事"),
    DemoPerson("zhuanjia@demo.example", "刘正阳", "tianfu-inst-tech", Role.EXPERT, "expert 评审专家"),
    DemoPerson("admin@demo.example", "周平", "platform", Role.ADMIN, "administrator 管理员"),
)
WAITING = DemoPerson("xinren@demo.example", "何静", "yuzhou-univ", Role.UNIVERSITY, "")


def read_seeds(folder: str, table: str) -> Iterator[dict[str, Any]]:
    """Yield the entries of one kind from every file of a folder below seeds/, in the order of file names."""
    for path in sorted((SEEDS / folder).glob("*.toml")):
        yield from tomllib.loads(path.read_text("utf-8")).get(table, [])


def as_given(entry: dict[str, Any], moved: timedelta) -> dict[str, Any]:
    """Return a seed entry as answers for a service: rows under their field names, dates moved along."""
    given = {key: value for key, value in entry.items() if key not in {"organisation", "kind", "indicator", "ip"}}
    given["indicators"] = entry.get("indicator", [])
    given["ip"] = entry.get("ip", [])
    return {key: value + moved if isinstance(value, date) else value for key, value in given.items()}


def _organisations(uow: UnitOfWork) -> dict[str, int]:
    rows = uow.session.execute(select(Organisation.seed_key, Organisation.id))
    return {key: id_ for key, id_ in rows if key}


def _seed_organisations(platform: Platform) -> int:
    written = 0
    with platform.uow() as uow:
        known = _organisations(uow)
        for entry in read_seeds("organisations", "organisation"):
            if entry["key"] in known:
                continue
            answers = read_answers(ORGANISATION_FIELDS, entry)
            if answers.problems:
                raise InvalidInput(answers.problems, Label(entry["key"], entry["key"]))
            add_organisation(uow, answers.values | {"is_example": True, "seed_key": entry["key"]})
            written += 1
    uow.close()
    return written


def _seed_people(platform: Platform) -> int:
    written = 0
    with platform.uow() as uow:
        known = set(uow.session.scalars(select(Person.email)))
        keys = _organisations(uow)
        for person in (*DEMO_PEOPLE, WAITING):
            if person.email in known:
                continue
            add_person(
                uow,
                organisation=uow.session.get_one(Organisation, keys[person.organisation]),
                email=person.email,
                name=person.name,
                password=DEMO_PASSWORD,
                roles=(person.role,),
                state=PersonState.PENDING if person is WAITING else PersonState.ACTIVE,
            )
            written += 1
    uow.close()
    return written


def _waiting_for_review() -> set[str]:
    """Return one vague need of each part: they wait for the desk, which then has something to send back."""
    parts = (tomllib.loads(path.read_text("utf-8")) for path in (SEEDS / "judged").glob("*.toml"))
    return {part["vague"][0] for part in parts if part["vague"]}


def _seed_items(platform: Platform, side: str) -> int:
    """Write the needs or the offers, a batch a commit, each as if handed in on a day of the last two months."""
    model: type[Need] | type[Offer] = Need if side == "need" else Offer
    moved = max(timedelta(0), local_date(utc_now()) - WRITTEN_ON)
    waiting = _waiting_for_review()
    moment = utc_now()
    uow = UnitOfWork(platform.sessions, clock=lambda: moment)
    keys = _organisations(uow)
    known = {(owner, ref) for owner, ref in uow.session.execute(select(model.organisation_id, model.ref))}
    entries = list(read_seeds(f"{side}s", side))
    written = 0
    for place, entry in enumerate(entries):
        owner = keys[entry["organisation"]]
        if (owner, entry["ref"]) in known:
            continue
        # A stride that is prime to the length mixes the fields over the days.
        moment = utc_now() - timedelta(days=60 * (place * 37 % len(entries)) / len(entries), minutes=place)
        actor = Actor(organisation_id=owner, roles=frozenset({Role.ENTERPRISE})) if entry["ref"] in waiting else SYSTEM
        create = needs.create if side == "need" else offers.create
        create(uow, actor, as_given(entry, moved), owner_id=owner, submit=True)
        written += 1
        if written % BATCH == 0:
            uow.commit()
    uow.commit()
    uow.close()
    return written


def _seed_experts(platform: Platform) -> int:
    """Put the experts on the register; who has no account yet gets one."""
    written = 0
    with platform.uow() as uow:
        keys = _organisations(uow)
        known = set(uow.session.scalars(select(Expert.seed_key)))
        for entry in read_seeds("experts", "expert"):
            if entry["key"] in known:
                continue
            answers = read_answers(EXPERT_FIELDS, DEFAULTS | entry)
            if answers.problems:
                raise InvalidInput(answers.problems, Label(entry["key"], entry["key"]))
            person = uow.session.scalar(select(Person).where(Person.email == entry["email"])) or add_person(
                uow,
                organisation=uow.session.get_one(Organisation, keys[entry["organisation"]]),
                email=entry["email"],
                name=entry["name"],
                password=DEMO_PASSWORD,
                roles=(Role.EXPERT,),
            )
            experts.add(uow, person, answers.values | {"seed_key": entry["key"]})
            written += 1
    uow.close()
    return written


def seed_demo(platform: Platform) -> dict[str, int]:
    """Write what is missing of the demo; returns how much was written of each. Raises NotAllowed in production."""
    known = seed_register(platform)
    return known | {"needs": _seed_items(platform, "need"), "results": _seed_items(platform, "offer")}


def seed_register(platform: Platform) -> dict[str, int]:
    """Write what is missing of organisations, people and experts; returns how many of each. Raises NotAllowed in production."""
    if platform.settings.is_production:
        raise NotAllowed(IN_PRODUCTION)
    return {
        "organisations": _seed_organisations(platform),
        "people": _seed_people(platform),
        "experts": _seed_experts(platform),
    }
