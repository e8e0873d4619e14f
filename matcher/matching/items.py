"""What the engine is told of a need and of an offer."""

from matcher.core.rows import IndicatorRow
from matcher.engine.items import Indicator, Item, Profile
from matcher.engine.language import detect
from matcher.needs.model import Need
from matcher.offers.model import Offer


def _body(*parts: str) -> str:
    return "\n".join(part for part in parts if part)


def _indicators(rows: list[IndicatorRow]) -> tuple[Indicator, ...]:
    return tuple(Indicator(r.name, r.comparator, r.value, r.value_high, r.unit, r.text) for r in rows)


def need_item(need: Need) -> Item:
    """Return a need as the engine sees it; a budget of 0 means "to be agreed" and counts as unknown."""
    # The problem first: the engine gives the lead of a text more weight than its end.
    body = _body(need.difficulties, need.content, need.background, need.foundation)
    return Item(
        id=need.id,
        title=need.title,
        body=body,
        keywords=tuple(need.keywords),
        indicators=_indicators([row.row() for row in need.indicator_rows]),
        profile=Profile(
            side="need",
            owner=need.organisation_id,
            fields=frozenset(need.tech_fields),
            industries=frozenset([need.industry] if need.industry else []),
            emerging=frozenset(need.emerging),
            cooperation=frozenset(need.long_cooperation),
            trl=int(need.expected_trl) if need.expected_trl else None,
            amount_high=float(need.budget) if need.budget else None,
            region=need.organisation.region,
            language=detect(f"{need.title}\n{body}"),
        ),
    )


# What an owner is ready to do, in the words of the need's long-term cooperation.
_AS_NEED_WORDS = {
    "exclusive_licence": "licence",
    "sole_licence": "licence",
    "ordinary_licence": "licence",
    "transfer": "transfer",
    "joint_development": "joint_development",
    "service": "commissioned",
    "equity": "equity",
}


def offer_item(offer: Offer) -> Item:
    """Return an offer as the engine sees it; a price that is not given counts as unknown."""
    body = _body(offer.summary, offer.innovation, offer.application)
    return Item(
        id=offer.id,
        title=offer.title,
        body=body,
        keywords=tuple(offer.keywords),
        indicators=_indicators([row.row() for row in offer.indicator_rows]),
        profile=Profile(
            side="offer",
            owner=offer.organisation_id,
            fields=frozenset(offer.tech_fields),
            industries=frozenset(offer.industries),
            ipc=frozenset(offer.ipc),
            emerging=frozenset(offer.emerging),
            cooperation=frozenset(_AS_NEED_WORDS[code] for code in offer.cooperation if code in _AS_NEED_WORDS),
            trl=int(offer.trl) if offer.trl else None,
            amount_low=float(offer.price_low) if offer.price_low is not None else None,
            amount_high=float(offer.price_high) if offer.price_high is not None else None,
            region=offer.organisation.region,
            # What is written counts, not what was ticked.
            language=detect(f"{offer.title}\n{body}") or offer.language,
        ),
    )
