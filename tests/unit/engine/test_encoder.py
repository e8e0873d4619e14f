"""Texts to vectors: the same whatever the runtime and the company, and never NaN."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matcher.engine import backends
from matcher.engine.backends import OpenVinoBackend, RuntimeDisagrees, TorchBackend
from matcher.engine.encoder import EncoderFailed, TextEncoder, load_encoder
from matcher.engine.items import Encoder

pytestmark = pytest.mark.model

TEXTS = ["高温合金叶片", "孔隙率不超过 0.5 %", "a coating that can be repaired in the field", "长" * 300, "x"]
BAD = {
    "empty": "",
    "whitespace": " \t\n\u3000",
    "one character": "铝",
    "a million characters": "热障涂层 coating " * 70_000,
    "a million spaces": " " * 1_000_000,
    "one endless word": "a" * 1_000_000,
    "binary": bytes(range(256)).decode("latin-1") * 40,
    "null characters": "\x00" * 500,
    "half a character": "broken \ud83d pair",
    "unassigned characters": "\U0003ffff" * 600,
    "mixed scripts": "Ωμέγα деталь 金属 メタル 금속 معدن धातु 🛠️",
}


@pytest.fixture(scope="module")
def torch_encoder(model_folder: Path) -> TextEncoder:
    return TextEncoder("torch", TorchBackend(model_folder, "cpu"))


def test_the_encoder_keeps_its_protocol(encoder: TextEncoder) -> None:
    assert isinstance(encoder, Encoder)
    assert (encoder.dimension, encoder.window) == (384, 507)
    assert encoder.name == "multilingual-e5-small@1571fc982750"


def test_openvino_gives_the_vectors_of_pytorch(encoder: TextEncoder, torch_encoder: TextEncoder) -> None:
    pytest.importorskip("openvino")
    assert encoder.runtime.startswith("OpenVINO")
    for name in ("encode_needs", "encode_offers"):
        cosines = (getattr(encoder, name)(TEXTS) * getattr(torch_encoder, name)(TEXTS)).sum(axis=1)
        assert cosines.min() >= 1 - backends.AGREEMENT


def test_pytorch_gives_the_vectors_of_sentence_transformers(torch_encoder: TextEncoder, model_folder: Path) -> None:
    plain = backends.load_torch(model_folder, "cpu").encode(TEXTS, prompt="query: ")
    np.testing.assert_allclose(torch_encoder.encode_needs(TEXTS), plain, atol=1e-5)


def test_needs_and_offers_get_prefixes_of_their_own(encoder: TextEncoder) -> None:
    assert not np.allclose(encoder.encode_needs(["涂层"]), encoder.encode_offers(["涂层"]), atol=1e-2)


def test_a_vector_does_not_depend_on_the_texts_beside_it(encoder: TextEncoder) -> None:
    together = encoder.encode_offers([*TEXTS, "padding " * 200, "增材制造"])
    alone = np.vstack([encoder.encode_offers([text]) for text in TEXTS])
    np.testing.assert_allclose(together[: len(TEXTS)], alone, atol=1e-6)  # rounding, on some processors


def test_duplicates_are_encoded_once_and_put_in_their_places(encoder: TextEncoder, monkeypatch) -> None:
    seen: list[str] = []
    tokenise = encoder._backend.tokenise
    monkeypatch.setattr(encoder._backend, "tokenise", lambda texts: seen.extend(texts) or tokenise(texts))
    vectors = encoder.encode_offers(["b", "a", "b", "b", "a"])
    assert sorted(seen) == ["passage: a", "passage: b"]
    np.testing.assert_array_equal(vectors[[0, 1, 0, 0, 1]], vectors)


@pytest.mark.parametrize("text", BAD.values(), ids=BAD.keys())
def test_bad_texts_get_finite_vectors_of_unit_length(encoder: TextEncoder, text: str) -> None:
    vectors = encoder.encode_needs([text])
    assert vectors.shape == (1, encoder.dimension)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors[0]) == pytest.approx(1, abs=1e-5)
    assert 0 <= encoder.count_tokens([text])[0] <= 510


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(st.characters(), max_size=60), max_size=6))
def test_any_texts_get_finite_vectors(encoder: TextEncoder, texts: list[str]) -> None:
    vectors = encoder.encode_offers(texts)
    assert vectors.shape == (len(texts), encoder.dimension)
    assert np.isfinite(vectors).all()


def test_encoding_imports_no_pytorch_once_the_model_is_converted(encoder: TextEncoder, models: Path) -> None:
    pytest.importorskip("openvino")
    code = (
        "import sys; from pathlib import Path; from matcher.engine.encoder import load_encoder\n"
        f"print(load_encoder('bundled', Path({str(models)!r})).encode_needs(['涂层']).shape)\n"
        "sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=120, check=False).returncode == 0


def test_importing_the_engine_is_light() -> None:
    code = (
        "import sys, matcher.engine.encoder, matcher.engine.items\n"
        "sys.exit(bool({'torch', 'openvino', 'tokenizers', 'sentence_transformers', 'faiss'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0


def test_a_converted_model_that_disagrees_is_not_used(
    encoder: TextEncoder, models: Path, model_folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    pytest.importorskip("openvino")
    (converted,) = (card.parent for card in models.glob("*/card.json"))
    wrong = tmp_path / "converted"
    wrong.mkdir()
    for path in converted.iterdir():
        (wrong / path.name).symlink_to(path)
    (wrong / "probes.npy").unlink()
    np.save(wrong / "probes.npy", np.roll(np.load(converted / "probes.npy"), 1, axis=0))
    with pytest.raises(RuntimeDisagrees, match="differ from PyTorch"):
        OpenVinoBackend(wrong)
    assert isinstance(backends.open_backend(model_folder, wrong), TorchBackend)
    assert "PyTorch serves instead" in caplog.text


def test_any_sentence_transformers_folder_can_serve(model_folder: Path, tmp_path: Path, models: Path) -> None:
    other = tmp_path / "some-model"
    other.mkdir()
    for path in model_folder.iterdir():
        (other / path.name).symlink_to(path)
    (other / "config_sentence_transformers.json").unlink()
    (other / "config_sentence_transformers.json").write_text("{}", "utf-8")
    plain = load_encoder(str(other), tmp_path, device="cpu")
    assert plain.name.startswith("some-model@")
    np.testing.assert_array_equal(plain.encode_needs(TEXTS), plain.encode_offers(TEXTS))  # it names no prompts


def test_a_model_that_is_nowhere_is_named_in_the_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(EncoderFailed, match="no-such-model"):
        load_encoder("no-such-model", tmp_path)
