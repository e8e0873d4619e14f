"""Why a pair fits: the engine's evidence, as it is stored with the pairing."""

from functools import lru_cache
from typing import Any

from matcher.engine.catalogue import Catalogue
from matcher.engine.demands import claims_of, demands_of
from matcher.engine.evidence import Party, explain
from matcher.engine.items import Record, Vectors


def _party(record: Record, rows: Vectors) -> Party:
    """Return a side of a pair: its passages with the corrected vectors that ranking sees, or the whole text of a short one."""
    start = 1 if len(record.passages) > 1 else 0
    readings = demands_of(record.item) if record.item.profile.side == "need" else claims_of(record.item)
    return Party(record.item, record.passages[start:], rows[start:], record.tokens, readings)


class Explainer:
    """Explain pairs by the catalogue of offers, whose statistics scored them."""

    def __init__(self, offers: Catalogue) -> None:
        self._offers = offers
        # An item is on one side of many pairs, and reading its indicators takes milliseconds.
        self._side = lru_cache(maxsize=512)(self._prepare)
        self._records: dict[tuple[str, int], Record] = {}

    def _prepare(self, side: str, item_id: int, text_hash: str) -> Party:
        record = self._records[side, item_id]
        correct = self._offers.reference.correct_queries if side == "need" else self._offers.reference.correct_items
        return _party(record, correct(record.vectors, record.item.profile.language))

    def _known(self, record: Record) -> Party:
        side = record.item.profile.side
        self._records[side, record.item.id] = record
        party = self._side(side, record.item.id, record.text_hash)
        del self._records[side, record.item.id]
        # The profile may have changed where the text did not.
        return Party(record.item, party.sentences, party.vectors, party.tokens, party.readings)

    def explain(self, need: Record, offer: Record) -> dict[str, Any]:
        """Return the explanation of a pair as JSON values."""
        found = explain(self._known(need), self._known(offer), lambda *_: self._offers.contributions(need, offer))
        return found.to_dict()
