"""A cross-encoder of any maker reads the best pairs again; one that cannot says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from matcher.engine.cross_encoder import CrossEncoderFailed, CrossReader, load_cross_encoder
from matcher.engine.items import Hit
from matcher.engine.ranking import Ranking
from tests.tiny_models import tiny_cross_encoder

PAIRS = [("need one", "offer one"), ("热障涂层", "孔隙率"), ("a", ""), ("need one", "offer one")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_cross_encoder(tmp_path_factory.mktemp("cross") / "tiny")


def test_each_pair_gets_the_logit_of_the_model_whatever_is_read_beside_it(folder: Path) -> None:
    reader = CrossReader(str(folder))
    together = reader.logits(PAIRS)
    assert together == pytest.approx([reader.logits([pair])[0] for pair in PAIRS], abs=1e-5)
    assert together[0] == together[3]
    assert len(set(together)) == 3
    assert reader.logits([]) == []


def test_only_the_best_are_read_again(folder: Path) -> None:
    hits = [Hit(number, 0.5, {"rank": 9.0 - number}) for number in range(4)]
    again = CrossReader(str(folder)).again(Ranking(depth=3), hits, PAIRS)
    assert [hit.id for hit in again] == [0, 1, 2, 3]
    assert all("cross" in hit.parts for hit in again[:3])
    assert again[0].parts["rank"] == pytest.approx(9.0 + 0.5 * again[0].parts["cross"])
    assert again[3] == hits[3]


def test_what_is_no_cross_encoder_is_refused_by_its_name(tmp_path: Path) -> None:
    empty = tmp_path / "nothing-here"
    empty.mkdir()
    with pytest.raises(CrossEncoderFailed, match=r"nothing-here.*MATCHER_CROSS_ENCODER"):
        load_cross_encoder(str(empty))


def test_a_model_with_several_outputs_is_refused_on_use(tmp_path: Path) -> None:
    reader = CrossReader(str(tiny_cross_encoder(tmp_path / "three", outputs=3)))
    with pytest.raises(CrossEncoderFailed, match="one output"):
        reader.logits(PAIRS)
