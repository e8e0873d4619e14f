"""Whatever is added, changed and removed in whatever order: a catalogue answers as one made of what is left."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from matcher.engine.bm25 import TermStatistics
from matcher.engine.items import Record
from matcher.engine.lexicon import Lexicon
from matcher.engine.ranking import Ranking, score_records
from tests.contract.conftest import Make
from tests.contract.records import record, reference

NUMBERS = st.integers(0, 7)
SEEDS = st.integers(0, 3)
LANGUAGES = st.sampled_from(["zh", "de", ""])


class Changes(RuleBasedStateMachine):
    """Change a catalogue and a plain dictionary alike, and compare what is found with the scores of plain records."""

    catalogue: Any

    def __init__(self) -> None:
        super().__init__()
        self.reference = reference()
        self.kept: dict[int, Record] = {}
        self.catalogue.delete(range(8))

    @rule(numbers=st.lists(NUMBERS, max_size=4), seed=SEEDS, language=LANGUAGES)
    def add(self, numbers: list[int], seed: int, language: str) -> None:
        records = [record(number, seed=10 * number + seed, language=language) for number in numbers]
        self.catalogue.upsert(records)
        self.kept |= {item.item.id: item for item in records}

    @rule(numbers=st.sets(NUMBERS, max_size=3))
    def remove(self, numbers: set[int]) -> None:
        assert self.catalogue.delete(numbers) == len(numbers & self.kept.keys())
        self.kept = {number: item for number, item in self.kept.items() if number not in numbers}

    @rule(number=NUMBERS, language=LANGUAGES)
    def ask(self, number: int, language: str) -> None:
        query = record(number, "need", language=language)
        expected = score_records(query, list(self.kept.values()), self.reference, self._statistics(), Ranking())
        (hits,) = self.catalogue.search([query], 8)
        ranks = {hit.id: hit.parts["rank"] for hit in hits}
        assert ranks == pytest.approx({hit.id: hit.parts["rank"] for hit in expected}, abs=0.02)

    @invariant()
    def holds_what_was_kept(self) -> None:
        assert len(self.catalogue) == len(self.kept)
        assert not self.catalogue.verify({number: item.text_hash for number, item in self.kept.items()})

    def _statistics(self) -> dict[str, TermStatistics]:
        lexicon = Lexicon()
        items = list(self.kept.values())
        languages = [item.item.profile.language for item in items]
        lexicon.upsert([item.item.id for item in items], languages, [item.tokens for item in items])
        return {language: lexicon.statistics(language) for language in languages}


def test_a_catalogue_answers_as_one_made_of_what_is_left(make: Make) -> None:
    shared = make(reference())
    effort = settings(
        max_examples=12, stateful_step_count=8, deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )

    class OnThis(Changes):
        catalogue = shared

    run_state_machine_as_test(OnThis, settings=effort)
