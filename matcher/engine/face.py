"""What whoever searches may expect of a catalogue, wherever its items are held."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from matcher.engine.bm25 import TermStatistics
from matcher.engine.items import Hit, Record
from matcher.engine.ranking import Ranking
from matcher.engine.reference import Reference


class AnyCatalogue(Protocol):
    """Search the items of one side; `Catalogue` in memory and `MilvusCatalogue` on a server are both of this kind."""

    reference: Reference
    ranking: Ranking

    def search(self, queries: Sequence[Record], k: int, allowed: Collection[int] | None = None) -> list[list[Hit]]:
        """Return for each query its k best items, best first, among the allowed ids where there are any given."""

    def contributions(self, query: Record, item: Record) -> dict[str, float]:
        """Return what each term that the two share adds to their lexical score."""

    def statistics(self, language: str) -> TermStatistics:
        """Return the term statistics of a language."""
