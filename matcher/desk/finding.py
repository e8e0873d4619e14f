"""Finding needs and results from the desk: by number, by words of the title, by meaning."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select

from matcher.accounts.model import Organisation
from matcher.core.listing import like
from matcher.core.numbers import LETTERS
from matcher.core.people import Actor
from matcher.core.permissions import require
from matcher.core.unit_of_work import UnitOfWork
from matcher.matching import search
from matcher.matching.items import need_item, offer_item
from matcher.matching.model import Pairing, PairingState
from matcher.matching.service import Matcher
from matcher.needs import model as need_model
from matcher.needs.model import Need
from matcher.offers import model as offer_model
from matcher.offers.model import Offer

SHOWN = 20
Item = Need | Offer


@dataclass(frozen=True, slots=True)
class Found:
    """Hold a need or a result (`side` "need" or "offer"); `score` is None where it was found by name."""

    side: str
    id: int
    number: str
    title: str
    owner: str
    region: str
    text: str
    tech_fields: tuple[str, ...]
    disclosure: str
    score: float | None = None


@dataclass(frozen=True, slots=True)
class KnownPairing:
    """Name the pairing that a chosen item and a found one are already."""

    id: int
    state: PairingState


def one(uow: UnitOfWork, actor: Actor, side: str, item_id: int | None) -> Found | None:
    """Return the open need or result that was chosen, None where there is none."""
    require(actor, "pairing.make")
    found = _load(uow, side, [item_id]) if item_id else {}
    return _found(side, found[item_id], None) if item_id in found else None


def find(
    uow: UnitOfWork, matcher: Matcher, actor: Actor, side: str, text: str, *, is_text: bool = False
) -> list[Found]:
    """Return open needs or results for a text: those it names first, then those that fit it, the best first.

    With `is_text`, the text is that of an item, and names nothing. Raises Conflict, Unsearchable.
    """
    require(actor, "pairing.make")
    named = [] if is_text else _named(uow, side, text)
    hits = (search.find_needs if side == "need" else search.find_offers)(uow, matcher, actor, text, SHOWN)
    scores: dict[int, float | None] = dict.fromkeys(named)
    for hit in hits:
        scores[hit.id] = hit.score
    items = _load(uow, side, list(scores))
    return [_found(side, items[item_id], score) for item_id, score in scores.items() if item_id in items][:SHOWN]


def known_pairings(uow: UnitOfWork, fixed: Found | None, found: Sequence[Found]) -> Mapping[int, KnownPairing]:
    """Return which of the found are a pairing with the chosen one already, by their id."""
    if fixed is None or not found:
        return {}
    mine, other = (Pairing.need_id, Pairing.offer_id) if fixed.side == "need" else (Pairing.offer_id, Pairing.need_id)
    query = select(other, Pairing.id, Pairing.state).where(mine == fixed.id, other.in_([one.id for one in found]))
    return {key: KnownPairing(pairing_id, state) for key, pairing_id, state in uow.session.execute(query)}


def _model(side: str) -> tuple[type[Any], tuple[Any, ...], str]:
    if side == "need":
        return Need, need_model.OPEN_STATES, LETTERS["need"]
    return Offer, offer_model.OPEN_STATES, LETTERS["offer"]


def _named(uow: UnitOfWork, side: str, text: str) -> list[int]:
    """Return the open items whose number the text is, or whose title or owner holds it."""
    if len(text) > 80:
        return []
    model, states, prefix = _model(side)
    digits = text.upper().removeprefix(prefix)
    ways = [model.title.like(like(text), escape="\\"), Organisation.name.like(like(text), escape="\\")]
    if digits.isascii() and digits.isdigit() and len(digits) < 10:
        ways.append(model.id == int(digits))
    query = select(model.id).join(Organisation, Organisation.id == model.organisation_id)
    query = query.where(model.state.in_(states), or_(*ways)).order_by(model.id.desc()).limit(SHOWN)
    return list(uow.session.scalars(query))


def _load(uow: UnitOfWork, side: str, ids: Sequence[int]) -> dict[int, Item]:
    model, states, _ = _model(side)
    query = select(model).where(model.id.in_(ids), model.state.in_(states))
    return {item.id: item for item in uow.session.scalars(query)}


def _found(side: str, item: Item, score: float | None) -> Found:
    told = need_item(item) if isinstance(item, Need) else offer_item(item)
    disclosure = item.disclosure if isinstance(item, Need) else "open"
    return Found(
        side, item.id, item.number, item.title, item.organisation.name, item.organisation.region,
        f"{told.title}\n{told.body}", tuple(item.tech_fields), disclosure, score,
    )  # fmt: skip
