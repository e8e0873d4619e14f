"""Why a pair fits: the engine's evidence, as it is stored with the pairing."""

from dataclasses import replace
from functools import lru_cache
from typing import Any

from matcher.engine.contributions import Party
from matcher.engine.evidence import explain
from matcher.engine.face import AnyCatalogue
from matcher.engine.items import Record


class Explainer:
    """Explain pairs by the catalogue of offers, whose statistics scored them."""

    def __init__(self, offers: AnyCatalogue) -> None:
        self._offers = offers
        # An item is on one side of many pairs.
        self._side = lru_cache(maxsize=512)(self._prepare)
        self._records: dict[tuple[str, int], Record] = {}

    def _prepare(self, side: str, item_id: int, text_hash: str) -> Party:
        return Party.of(self._records[side, item_id], self._offers.reference)

    def _known(self, record: Record) -> Party:
        side = record.item.profile.side
        self._records[side, record.item.id] = record
        party = self._side(side, record.item.id, record.text_hash)
        del self._records[side, record.item.id]
        # The profile may have changed where the text did not.
        return replace(party, item=record.item)

    def explain(self, need: Record, offer: Record) -> dict[str, Any]:
        """Return the explanation of a pair as JSON values."""
        return explain(self._known(need), self._known(offer), self._offers).to_dict()
