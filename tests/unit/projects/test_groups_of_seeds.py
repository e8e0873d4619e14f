"""Grouping with the real encoder: the near-duplicates that the authors of the seeds wrote on purpose, and nothing else in a field."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pytest

from matcher.engine.catalogue import Catalogue
from matcher.engine.encoder import TextEncoder
from matcher.engine.reference import fit_reference
from matcher.projects.grouping import group
from matcher.projects.likeness import Collection, collect
from tests.judged_seeds import embedded_seeds, judged_seeds

pytestmark = pytest.mark.model
SEEDS = judged_seeds()
BEST, LEAST = 10, 0.05  # pairings that matching would propose


@pytest.fixture(scope="module")
def needs(encoder: TextEncoder) -> Iterator[Collection]:
    asked, given = embedded_seeds(encoder)
    offers = Catalogue(fit_reference(list(given.values()), list(asked.values()), encoder.dimension))
    offers.upsert(given.values())
    records = list(asked.values())
    scores = {
        record.item.id: {hit.id: hit.score for hit in hits if hit.score >= LEAST}
        for record, hits in zip(records, offers.search(records, BEST), strict=True)
    }
    reference = fit_reference(records, list(given.values()), encoder.dimension)
    rows = [reference.correct_items(one.vectors[:1], one.item.profile.language)[0] for one in records]
    yield collect(records, np.stack(rows), scores)
    offers.close()


def pairs(needs: Collection) -> set[frozenset[int]]:
    return {frozenset(pair) for members in group(needs, {}, set()) for pair in combinations(members, 2)}


def test_known_near_duplicates_are_grouped(needs: Collection) -> None:
    found, known = pairs(needs), SEEDS.near_duplicates
    assert 2 * len(found & known) / (len(found) + len(known)) >= 0.9


def test_two_needs_of_one_organisation_for_two_things_are_not_grouped(needs: Collection) -> None:
    owner = {item.id: item.profile.owner for item in SEEDS.needs}
    assert [pair for pair in pairs(needs) if len({owner[need] for need in pair}) == 1] == []
