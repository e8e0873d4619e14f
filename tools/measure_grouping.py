"""Measure how needs are grouped: quality on the demo's known near-duplicates, time on many synthetic needs.

`python -m tools.measure_grouping quality` reads the demo of MATCHER_DATA; `… time [COUNT]` fills a database of its own with
COUNT needs (10,000 unless said otherwise), made of stored records whose vectors lie around those of made-up subjects.
"""

import sys
import tempfile
import tomllib
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from time import perf_counter

import numpy as np
from alembic import command
from alembic.config import Config
from sqlalchemy import insert, select

from matcher.accounts.model import Organisation
from matcher.app import open_platform
from matcher.core.clock import utc_now
from matcher.core.unit_of_work import UnitOfWork
from matcher.engine.items import Record
from matcher.engine.reference import Reference, unit
from matcher.engine.text import text_hash
from matcher.matching.index import served
from matcher.matching.items import need_item
from matcher.matching.model import Pairing, ServedIndex, StoredRecord
from matcher.needs.model import Need, NeedField, NeedIndicator
from matcher.offers.model import Offer
from matcher.projects.topics.grouping import SAME, group
from matcher.projects.topics.refresh import gather, refresh
from matcher.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
DIMENSION, OFFERS, OWNERS = 384, 2000, 1500
Pairs = set[frozenset[str]]


def known_pairs() -> dict[str, Pairs]:
    """Return the near-duplicates of each part of the seeds."""
    found = {}
    for path in sorted((ROOT / "seeds" / "judged").glob("*.toml")):
        found[path.stem] = {frozenset(pair) for pair in tomllib.loads(path.read_text("utf-8"))["near_duplicates"]}
    return found


def f1(found: Pairs, known: Pairs) -> float:
    """Return the pairwise F1."""
    return 2 * len(found & known) / (len(found) + len(known)) if found or known else 1.0


def quality() -> None:
    """Print pairwise F1 by threshold, and by part."""
    platform = open_platform(Settings())
    uow = platform.quiet_uow()
    row = served(uow)
    assert row is not None, "run `python -m matcher demo` first"
    refs = {id_: ref or "" for id_, ref in uow.session.execute(select(Need.id, Need.ref))}
    needs, parts = gather(uow, row), known_pairs()
    known = set().union(*parts.values())

    def found(same: float) -> Pairs:
        groups = group(needs, {}, set(), same)
        return {frozenset((refs[a], refs[b])) for members in groups for a, b in combinations(members, 2)}

    print(f"{len(needs)} needs, {len(known)} known pairs")  # noqa: T201 -- a report
    for same in np.arange(0.7, 1.101, 0.05):
        pairs = found(float(same))
        surplus = sorted("/".join(sorted(pair)) for pair in pairs - known)
        print(f"{same:.2f}  F1 {f1(pairs, known):.3f}  beside the known: {', '.join(surplus)}")  # noqa: T201 -- as above
    mine = found(SAME)
    for name, of_part in parts.items():
        inside = {pair for pair in mine if all(ref.startswith(f"{name.upper()}-") for ref in pair)}
        print(f"part {name} at {SAME}: F1 {f1(inside, of_part):.3f}")  # noqa: T201 -- as above
    platform.engine.dispose()


def _records(needs: list[Need], chance: np.random.Generator) -> Iterator[tuple[int, Record]]:
    """Yield records as long as real ones: a subject's needs share half of their words and lie near its centre."""
    centres = unit(chance.standard_normal((len(needs) // 3 + 1, DIMENSION)).astype(np.float32))
    for number, need in enumerate(needs):
        subject = number // 3 if number % 2 else number % len(centres)
        rows = unit(centres[subject] * 0.8 + unit(chance.standard_normal((8, DIMENSION)).astype(np.float32)))
        own = chance.zipf(1.3, 200) % 20_000
        shared = np.random.default_rng(subject).zipf(1.3, 200) % 20_000
        item = need_item(need)
        words = tuple(f"w{word}" for word in (*own, *shared))
        yield subject, Record(item, text_hash(item), rows, tuple(["句子" * 20] * 8), words)


def _fill(uow: UnitOfWork, count: int) -> None:
    now, session = utc_now(), uow.session
    session.execute(insert(Organisation), [
        {"id": i, "name": f"机构{i}", "kind": "enterprise", "region": "510107", "created_at": now, "honours": []}
        for i in range(1, OWNERS + 1)
    ])  # fmt: skip
    session.execute(insert(Offer), [
        {"id": i, "organisation_id": 1, "kind": "result", "state": "published", "title": f"成果{i}", "summary": "摘要",
         "language": "zh", "created_at": now, "changed_at": now} for i in range(1, OFFERS + 1)
    ])  # fmt: skip
    session.execute(insert(Need), [
        {"id": i, "organisation_id": 1 + i % OWNERS, "state": "published", "title": f"需求{i}", "difficulties": "难点。" * 60,
         "content": "内容。" * 40, "industry": "C37", "created_at": now, "changed_at": now, "published_at": now,
         "version": 1} for i in range(1, count + 1)
    ])  # fmt: skip
    session.execute(
        insert(NeedField), [{"need_id": i, "code": "new_materials", "position": 0} for i in range(1, count + 1)]
    )
    names = ("孔隙率", "抗拉强度", "功耗", "响应时间", "重量")
    session.execute(insert(NeedIndicator), [
        {"need_id": i, "position": at, "name": name, "comparator": "le", "value": float(i % 9), "unit": "%", "text": ""}
        for i in range(1, count + 1) for at, name in enumerate(names)
    ])  # fmt: skip


def _read(uow: UnitOfWork, count: int) -> None:
    now, chance, session = utc_now(), np.random.default_rng(7), uow.session
    neutral = Reference.neutral(DIMENSION).to_bytes()
    session.add(
        ServedIndex(
            generation=1, encoder="made-up", needs=count, offers=OFFERS, need_reference=neutral,
            offer_reference=neutral, built_at=now,
        )
    )  # fmt: skip
    needs = list(session.scalars(select(Need).order_by(Need.id)))
    stored, pairs = [], []
    for subject, record in _records(needs, chance):
        stored.append({
            "side": "need", "item_id": record.item.id, "encoder": "made-up", "text_hash": record.text_hash,
            "content": record.to_bytes(), "is_open": True, "sequence": record.item.id, "changed_at": now,
        })  # fmt: skip
        answers = set(np.random.default_rng(subject).integers(1, OFFERS, 7)) | set(chance.integers(1, OFFERS, 3))
        pairs += [
            {"need_id": record.item.id, "offer_id": int(offer), "score": float(chance.uniform(0.05, 1)), "scores": {},
             "explanation": {}, "state": "suggested", "created_at": now, "scored_at": now, "changed_at": now}
            for offer in answers
        ]  # fmt: skip
    session.execute(insert(StoredRecord), stored)
    session.execute(insert(Pairing), pairs)
    uow.commit()


def time(count: int) -> None:
    """Print how long grouping takes, from the database to the database, the first time and again."""
    with tempfile.TemporaryDirectory() as folder:
        platform = open_platform(Settings(data=Path(folder), DATABASE_URL=f"sqlite:///{folder}/matcher.sqlite"))
        config = Config(ROOT / "alembic.ini")
        with platform.engine.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
        uow = platform.quiet_uow()
        _fill(uow, count)
        _read(uow, count)
        uow.close()
        for run in ("first", "second"):
            started = perf_counter()
            found = refresh(platform.quiet_uow)
            print(f"{run} run: {perf_counter() - started:.1f} s, {found}")  # noqa: T201 -- a report
        platform.engine.dispose()


if __name__ == "__main__":
    if sys.argv[1:2] == ["time"]:
        time(int(sys.argv[2]) if len(sys.argv) > 2 else 10_000)
    else:
        quality()
