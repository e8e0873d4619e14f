"""The needs and results of seeds/ as the engine sees them, with the pairs that were judged by reading."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from matcher.engine.catalogue import embed
from matcher.engine.encoder import TextEncoder
from matcher.engine.items import Indicator, Item, Profile, Record, Side
from matcher.engine.language import detect

SEEDS = Path(__file__).resolve().parents[1] / "seeds"
_TEXTS = {
    "need": ("difficulties", "content", "background", "foundation"),
    "offer": ("summary", "innovation", "application"),
}
_YUAN = 10_000


@dataclass(frozen=True)
class JudgedSeeds:
    """Hold items by number, the grades of the judged pairs {need: {offer: 1 or 2}}, and pairs of needs that ask for the same."""

    needs: tuple[Item, ...]
    offers: tuple[Item, ...]
    grades: Mapping[int, Mapping[int, int]]
    near_duplicates: frozenset[frozenset[int]]


@cache
def embedded_seeds(encoder: TextEncoder) -> tuple[dict[int, Record], dict[int, Record]]:
    """Return the records of needs and of offers by number, computed once a run."""
    seeds = judged_seeds()
    return tuple({one.item.id: one for one in embed(side, encoder)} for side in (seeds.needs, seeds.offers))


def judged_seeds() -> JudgedSeeds:
    regions = {entry["key"]: entry.get("region", "") for entry in _entries("organisations", "organisation")}
    needs, offers = list(_entries("needs", "need")), list(_entries("offers", "offer"))
    numbers = {entry["ref"]: at for side in (needs, offers) for at, entry in enumerate(side, 1)}
    grades: dict[int, dict[int, int]] = {}
    for path in sorted((SEEDS / "judged").glob("*.tsv")):
        for row in csv.DictReader(path.read_text("utf-8").splitlines(), delimiter="\t"):
            grades.setdefault(numbers[row["need"]], {})[numbers[row["offer"]]] = int(row["grade"])
    parts = [tomllib.loads(path.read_text("utf-8")) for path in (SEEDS / "judged").glob("*.toml")]
    alike = frozenset(frozenset(numbers[ref] for ref in pair) for part in parts for pair in part["near_duplicates"])
    return JudgedSeeds(
        tuple(_item(at, entry, "need", regions) for at, entry in enumerate(needs, 1)),
        tuple(_item(at, entry, "offer", regions) for at, entry in enumerate(offers, 1)),
        grades,
        alike,
    )


def _entries(folder: str, table: str) -> Iterator[dict[str, Any]]:
    for path in sorted((SEEDS / folder).glob("*.toml")):
        yield from tomllib.loads(path.read_text("utf-8"))[table]


def _item(number: int, entry: dict[str, Any], side: Side, regions: Mapping[str, str]) -> Item:
    body = "\n".join(entry[name] for name in _TEXTS[side] if entry.get(name))
    profile = Profile(
        side,
        owner=list(regions).index(entry["organisation"]),
        fields=frozenset(entry.get("tech_fields", ())),
        industries=frozenset([entry["industry"]] if entry.get("industry") else entry.get("industries", ())),
        ipc=frozenset(entry.get("ipc", ())),
        emerging=frozenset(entry.get("emerging", ())),
        cooperation=frozenset((*entry.get("long_cooperation", ()), *entry.get("cooperation", ()))),
        trl=entry.get("expected_trl") or entry.get("trl"),
        amount_low=entry["price_low"] * _YUAN if entry.get("price_low") else None,
        amount_high=(entry.get("budget") or entry.get("price_high") or 0) * _YUAN or None,
        region=regions.get(entry.get("organisation", ""), ""),
        language=detect(f"{entry['title']}\n{body}"),
    )
    indicators = tuple(
        Indicator(
            row["name"],
            row["comparator"],
            row.get("value"),
            row.get("value_high"),
            row.get("unit", ""),
            row.get("text", ""),
        )
        for row in entry.get("indicator", ())
    )
    return Item(number, entry["title"], body, profile, tuple(entry.get("keywords", ())), indicators)
