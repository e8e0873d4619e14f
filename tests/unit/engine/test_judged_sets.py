"""A floor under the figures of docs/quality.md, where the judged sets lie beside the project."""

from __future__ import annotations

from pathlib import Path

import pytest

from matcher.engine.encoder import TextEncoder
from matcher.engine.evaluation import evaluate

ROOT = Path(__file__).resolve().parents[3]
MINI = ROOT.parent / "shared" / "data" / "chinaxiv-mini"
FLOORS = {"queries_background": 0.97, "queries_problem": 0.92, "queries_english": 0.84}


@pytest.mark.skipif(not MINI.is_dir(), reason=f"the judged sets are not beside the project: no {MINI}")
def test_the_small_judged_set_is_answered_as_well_as_the_document_says(encoder: TextEncoder) -> None:
    report = evaluate([MINI], encoder)
    figures = {outcome.task.name: outcome.figures("engine")["ndcg@10"] for outcome in report.outcomes}
    assert figures.keys() == FLOORS.keys()
    for name, floor in FLOORS.items():
        assert figures[name] >= floor, figures
