"""What two profiles say of a pair: agreement on structured facts, each in −1…1 and only where both sides state it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matcher.engine.comparison import indicator_conflict, indicator_coverage, match_indicators
from matcher.engine.items import Indicator, Profile, Reading

_PROVINCE, _CITY = 2, 4  # leading digits of GB/T 2260


@dataclass(frozen=True, slots=True)
class Facts:
    """Hold what of an item is compared beside its vectors and words: `indicators` from its rows and its text, and how many
    terms that text has.
    """

    profile: Profile
    indicators: tuple[Indicator, ...] = ()
    terms: int = 0


def agreements(query: Facts, item: Facts) -> dict[str, float]:
    """Return the agreement on every fact that both state, by name: 1 fits, 0 says nothing, −1 speaks against.

    Indicators give two: the shares (0…1) of the demands that are met, `coverage`, and contradicted, `conflict`.
    Which of the two is the need follows from `side`; between two of one side no facts are compared.
    """
    if query.profile.side == item.profile.side:
        return {}
    need, offer = (query, item) if query.profile.side == "need" else (item, query)
    asked, given = need.profile, offer.profile
    found = {
        "fields": _overlap(asked.fields, given.fields),
        "industries": _nested(asked.industries, given.industries),
        "emerging": _overlap(asked.emerging, given.emerging),
        "ipc": _overlap(_subclasses(asked.ipc), _subclasses(given.ipc)),
        "cooperation": _overlap(_families(asked.cooperation), _families(given.cooperation)),
        "trl": _maturity(asked.trl, given.trl),
        "price": _affordability(asked, given),
        "region": _nearness(asked.region, given.region),
        **_indicators(need.indicators, offer.indicators),
    }
    return {name: value for name, value in found.items() if value is not None}


def comparable_facts(query: Facts) -> frozenset[str]:
    """Return the names of the agreements that `agreements` can find for a query: what it states itself."""
    stated = query.profile
    has_amount = stated.amount_low is not None or stated.amount_high is not None
    present = {
        "fields": bool(stated.fields),
        "industries": bool(stated.industries),
        "emerging": bool(stated.emerging),
        "ipc": bool(stated.ipc),
        "cooperation": bool(stated.cooperation),
        "trl": stated.trl is not None,
        "price": has_amount,
        "region": bool(stated.region),
        "coverage": bool(query.indicators),
        "conflict": bool(query.indicators),
    }
    return frozenset(name for name, is_stated in present.items() if is_stated)


def sizes(query: Facts, item: Facts) -> dict[str, float]:
    """Return the logarithm of the number of terms of either side, by side."""
    need, offer = (item, query) if query.profile.side == "offer" else (query, item)
    return {"need_length": math.log1p(need.terms), "offer_length": math.log1p(offer.terms)}


def _overlap(left: frozenset[str], right: frozenset[str]) -> float | None:
    """Return the overlap coefficient stretched to −1…1."""
    if not left or not right:
        return None
    return 2 * len(left & right) / min(len(left), len(right)) - 1


def _nested(left: frozenset[str], right: frozenset[str]) -> float | None:
    """Return 1 for a shared code and a half for a shared section; another industry says nothing against a result."""
    if not left or not right:
        return None
    if left & right:
        return 1.0
    return 0.5 if {code[:1] for code in left} & {code[:1] for code in right} else 0.0


def _subclasses(codes: frozenset[str]) -> frozenset[str]:
    return frozenset(code[:4] for code in codes)


def _families(codes: frozenset[str]) -> frozenset[str]:
    """Return the forms of cooperation with all licences as one: the kind of licence is negotiated."""
    return frozenset("licence" if code.endswith("licence") else code for code in codes)


def _maturity(expected: int | None, offered: int | None) -> float | None:
    """Return 1 where the offer is mature enough, a third less for each level (TRL) that is missing."""
    if expected is None or offered is None:
        return None
    return max(-1.0, 1 - 2 * max(expected - offered, 0) / 3)


def _affordability(asked: Profile, given: Profile) -> float | None:
    """Return 1 where the lowest price is within the highest budget, −1 from four times the budget on."""
    budget = asked.amount_high if asked.amount_high is not None else asked.amount_low
    price = given.amount_low if given.amount_low is not None else given.amount_high
    if not budget or price is None or budget < 0:
        return None
    return 1.0 if price <= budget else max(-1.0, 1 - math.log2(price / budget))


def _nearness(left: str, right: str) -> float | None:
    """Return 1 for the same city, a half for the same province or foreign country, 0 elsewhere."""
    if not left or not right:
        return None
    domestic = left.isdigit() and right.isdigit()
    if domestic and left[:_CITY] == right[:_CITY]:
        return 1.0
    same = left[:_PROVINCE] == right[:_PROVINCE] if domestic else left == right
    return 0.5 if same else 0.0


def _indicators(demands: Sequence[Indicator], claims: Sequence[Indicator]) -> dict[str, float]:
    """Return the shares of the demands that are met and contradicted; nothing where no demand could be compared."""
    if not demands or not claims:
        return {}
    matches = match_indicators(_readings(demands), _readings(claims))
    if all(match.outcome.verdict == "unknown" for match in matches):
        return {}
    return {"coverage": indicator_coverage(matches), "conflict": indicator_conflict(matches)}


def _readings(stated: Sequence[Indicator]) -> list[Reading]:
    return [Reading(indicator, "", 0, 0) for indicator in stated]
