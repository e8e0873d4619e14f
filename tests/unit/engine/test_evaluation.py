import json
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from matcher.engine.beir import BadSet
from matcher.engine.evaluation import evaluate
from matcher.engine.items import Vectors

TOPICS = [
    "turbine blade coating",
    "memory for satellites",
    "soil improvement",
    "固态电池电解质",
    "高温合金叶片",
    "隧道衬砌渗漏",
]


class BagEncoder:
    """Encodes a text as the sum of fixed random vectors of its words: no model, and the same in every process."""

    name = "bag/1"
    dimension = 32
    window = 100

    def __init__(self) -> None:
        self.encoded = 0

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]

    def encode_needs(self, texts: Sequence[str]) -> Vectors:
        self.encoded += len(texts)
        rows = [sum((self._word(word) for word in text.split()), self._word("")) for text in texts]
        vectors = np.array(rows, np.float32).reshape(len(texts), self.dimension)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    encode_offers = encode_needs

    def _word(self, word: str) -> Vectors:
        return np.random.default_rng(zlib.crc32(word.encode())).normal(size=self.dimension).astype(np.float32)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    target = tmp_path / "demo"
    target.mkdir()
    corpus = [{"_id": f"d{n}", "title": topic, "text": f"paper {n} on {topic}"} for n, topic in enumerate(TOPICS * 3)]
    queries = [{"_id": f"q{n}", "text": f"we need {topic}"} for n, topic in enumerate(TOPICS)]
    queries.append({"_id": "unjudged", "text": "anything"})
    judged = [f"q{n}\td{n + 6 * m}\t1" for n in range(6) for m in range(3)]
    (target / "corpus.jsonl").write_text("\n".join(map(json.dumps, corpus)))
    (target / "queries.jsonl").write_text("\n".join(map(json.dumps, queries)))
    (target / "qrels.tsv").write_text("\n".join(["query-id\tcorpus-id\tscore", *judged]))
    return target


def test_every_stage_is_measured_through_the_catalogue(folder: Path) -> None:
    found = evaluate([folder], BagEncoder(), depth=5).to_json()
    rows = {row["stage"]: row for row in found["results"]}
    assert rows.keys() == {"bm25", "dense", "engine"}
    assert {row["n"] for row in rows.values()} == {6}
    assert rows["engine"]["ndcg@10"] > 0.95
    assert found["tasks"][0]["losses"]["relevant"] == 18


def test_the_run_is_as_deep_as_asked_and_in_order(folder: Path) -> None:
    lines = [line.split() for line in evaluate([folder], BagEncoder(), depth=5).run_lines()]
    assert len(lines) == 6 * 5
    scores = [float(line[4]) for line in lines if line[0] == "q1"]
    assert scores == sorted(scores, reverse=True)
    assert {line[5] for line in lines} == {"demo.queries"}


def test_texts_in_the_cache_are_not_encoded_again_and_give_the_same_figures(folder: Path, tmp_path: Path) -> None:
    first, second = BagEncoder(), BagEncoder()
    one = evaluate([folder], first, cache=tmp_path / "cache").to_json()
    other = evaluate([folder], second, cache=tmp_path / "cache").to_json()
    assert first.encoded > 0 == second.encoded
    assert one == other


def test_a_damaged_file_in_the_cache_is_made_anew(folder: Path, tmp_path: Path) -> None:
    evaluate([folder], BagEncoder(), cache=tmp_path / "cache")
    victim = next((tmp_path / "cache").rglob("*.record"))
    victim.write_bytes(b"broken")
    again = BagEncoder()
    evaluate([folder], again, cache=tmp_path / "cache")
    assert again.encoded > 0
    assert victim.read_bytes() != b"broken"


def test_a_bad_folder_is_refused_before_anything_is_encoded(folder: Path, tmp_path: Path) -> None:
    encoder = BagEncoder()
    with pytest.raises(BadSet):
        evaluate([folder, tmp_path], encoder)
    assert encoder.encoded == 0
