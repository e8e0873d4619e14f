"""Choices of a vocabulary as a form offers them: grouped, in the order of declaration."""

from dataclasses import dataclass
from functools import lru_cache

from matcher.core.labels import Label
from matcher.core.vocabularies import INDUSTRY, REGION, Vocabulary
from matcher.core.vocabularies.regions import ABROAD, city_of

CHENGDU, CHONGQING, SICHUAN = "510100", "500000", "510000"
OUTSIDE = Label("境外", "Abroad")


@dataclass(frozen=True, slots=True)
class OptionGroup:
    """Hold choices that belong together; `label` is None when there is one group only."""

    label: Label | None
    codes: tuple[str, ...]


@lru_cache
def option_groups(vocabulary: Vocabulary) -> tuple[OptionGroup, ...]:
    """Return the choices of a vocabulary in groups."""
    if vocabulary is REGION:
        return _region_groups()
    if vocabulary is INDUSTRY:
        return tuple(OptionGroup(INDUSTRY.label(root), (root, *INDUSTRY.children(root))) for root in INDUSTRY.roots())
    return (OptionGroup(None, tuple(vocabulary)),)


def _region_groups() -> tuple[OptionGroup, ...]:
    """Offer every county of Sichuan and Chongqing, nearest first, then cities of other provinces and countries."""
    cities = [code for code in REGION.children(SICHUAN) if code != CHENGDU]
    groups = [OptionGroup(REGION.label(city), (city, *REGION.children(city))) for city in (CHENGDU, *cities)]
    below = [c for c in REGION if c.startswith(CHONGQING[:2]) and c != CHONGQING and not c.endswith("00")]
    groups.insert(1, OptionGroup(REGION.label(CHONGQING), (CHONGQING, *below)))
    for province in REGION.roots():
        if province in (SICHUAN, CHONGQING) or province in ABROAD:
            continue
        groups.append(OptionGroup(REGION.label(province), (province, *REGION.children(province))))
    groups.append(OptionGroup(OUTSIDE, tuple(ABROAD)))
    return tuple(groups)


@lru_cache(maxsize=8192)
def place(code: str) -> Label:
    """Name a region with its city: 成都市武侯区; abroad the country."""
    city = city_of(code)
    if city == code or city not in REGION:
        return REGION.label(code)
    city_label, label = REGION.label(city), REGION.label(code)
    english = city_label.en if label.en == label.zh else f"{label.en}, {city_label.en}"
    return Label(city_label.zh + label.zh, english)
