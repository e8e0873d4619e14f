"""The runtimes that turn token numbers into vectors: OpenVINO on CPUs where installed, PyTorch otherwise.

Neither runtime is imported with this module. An OpenVINO model is converted once, with PyTorch's vectors of some probe
texts beside it; every later start encodes the probes and compares, and so needs no PyTorch at all.
"""

from __future__ import annotations

import json
import logging
import os
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from matcher.engine.aside import locked, written_aside
from matcher.engine.items import EngineError, Vectors

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_log = logging.getLogger(__name__)

TokenIds: TypeAlias = list[int]
Batch: TypeAlias = npt.NDArray[np.int64]

AGREEMENT = 1e-3
_PROBES = (
    "",
    "航空发动机叶片激光增材制造的孔隙率控制技术，孔隙率不超过 0.5 %。",
    "Non-destructive testing of composite wings with terahertz imaging",
    "Verfahren zur Herstellung poröser Titanlegierungen",
    "脊椎インプラント用多孔質チタン合金の製造方法",
    "The coating survives 1,000 h of salt spray at 35 °C and can be repaired in the field. " * 12,
)


class RuntimeDisagrees(EngineError):
    """Report an OpenVINO model whose vectors are not PyTorch's; PyTorch serves instead."""


@dataclass(frozen=True, slots=True)
class ModelCard:
    """Hold what must be known of a model to encode: `positions` counts the markers in; prompts come before the texts."""

    dimension: int
    positions: int
    pad: int
    need_prompt: str
    offer_prompt: str


class Backend(Protocol):
    """Turn texts into token numbers, cut to the model's positions, and these into vectors of any length."""

    card: ModelCard
    runtime: str
    budget: int  # padded tokens of one batch

    def tokenise(self, texts: Sequence[str]) -> list[TokenIds]:
        """Return the token numbers of each text with markers, at most `card.positions` of them."""

    def embed(self, batches: Iterable[tuple[Batch, Batch]]) -> Iterator[Vectors]:
        """Yield float32 (n, d) for each (ids, mask) of shape (n, length), in order."""


class TorchBackend:
    """Runs the model in PyTorch, on a GPU when there is one."""

    def __init__(self, folder: Path, device: str | None = None) -> None:
        self._model = load_torch(folder, device)
        self.card = _card(self._model, folder)
        self.runtime = f"PyTorch {version('torch')} on {self._model.device}"
        self.budget = 2048 if self._model.device.type == "cpu" else 32768

    @property
    def model(self) -> SentenceTransformer:
        """Give the sentence-transformers model itself, for conversion."""
        return self._model

    def tokenise(self, texts: Sequence[str]) -> list[TokenIds]:
        """Return the token numbers of each text with markers, at most `card.positions` of them."""
        encoded = self._model.tokenizer(list(texts), truncation=True, max_length=self.card.positions)
        return list(encoded["input_ids"])

    def embed(self, batches: Iterable[tuple[Batch, Batch]]) -> Iterator[Vectors]:
        """Yield float32 (n, d) for each (ids, mask) of shape (n, length), in order."""
        import torch

        for ids, mask in batches:
            features = {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask)}
            with torch.inference_mode():
                moved = {name: value.to(self._model.device) for name, value in features.items()}
                yield self._model(moved)["sentence_embedding"].float().cpu().numpy()


class OpenVinoBackend:
    """Runs a converted model on the CPU: one stream a core, in bfloat16 where the processor computes in it."""

    budget = 512  # no slower than 2048 on one core, and the streams end together: a handful of texts takes a third of the time

    def __init__(self, folder: Path, threads: int | None = None) -> None:
        import openvino
        from tokenizers import Tokenizer

        self.card = ModelCard(**json.loads((folder / "card.json").read_text("utf-8")))
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(self.card.positions)
        self._tokenizer.no_padding()
        core = openvino.Core()
        native = "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        precision = "bf16" if native else "f32"
        self._streams = threads or _cores()
        options = {
            "INFERENCE_PRECISION_HINT": precision,
            "INFERENCE_NUM_THREADS": self._streams,
            "NUM_STREAMS": self._streams,
        }
        self._compiled = core.compile_model(str(folder / "model.xml"), "CPU", options)
        self.runtime = f"OpenVINO {version('openvino')} on CPU in {precision}"
        self._verify(np.load(folder / "probes.npy"))

    def _verify(self, expected: Vectors) -> None:
        worst = float(np.min(_cosines(probe_vectors(self), expected)))
        if not worst >= 1 - AGREEMENT:
            raise RuntimeDisagrees(f"OpenVINO's vectors differ from PyTorch's: cosine {worst:.5f} on a probe text")

    def tokenise(self, texts: Sequence[str]) -> list[TokenIds]:
        """Return the token numbers of each text with markers, at most `card.positions` of them."""
        return [encoding.ids for encoding in self._tokenizer.encode_batch_fast(list(texts))]

    def embed(self, batches: Iterable[tuple[Batch, Batch]]) -> Iterator[Vectors]:
        """Yield float32 (n, d) for each (ids, mask) of shape (n, length), in order; one batch runs on each stream."""
        running: list[Any] = []
        idle = []
        for ids, mask in batches:
            if len(running) == self._streams:
                idle.append(running.pop(0))
                yield _result(idle[-1])
            request = idle.pop() if idle else self._compiled.create_infer_request()
            request.start_async([ids, mask], share_inputs=False)
            running.append(request)
        for request in running:
            yield _result(request)


def _result(request: Any) -> Vectors:
    request.wait()
    return np.array(request.get_output_tensor(0).data, dtype=np.float32)


def probe_vectors(backend: Backend) -> Vectors:
    """Return the vectors of the probe texts, each encoded as need and as offer, scaled to unit length."""
    texts = [prompt + probe for prompt in (backend.card.need_prompt, backend.card.offer_prompt) for probe in _PROBES]
    singles = (pad([tokens], backend.card.pad) for tokens in backend.tokenise(texts))
    return np.vstack(list(backend.embed(singles)))


def pad(tokens: Sequence[TokenIds], filler: int) -> tuple[Batch, Batch]:
    """Return ids and mask (n, length), the length rounded up to 16.

    Shapes of a fixed raster keep the order of summation, so that the vector of a text is the same, to the last bit, in
    whatever batch it is encoded; odd lengths cost up to 5e-6 of cosine in bfloat16.
    """
    longest = max(map(len, tokens))
    shape = (len(tokens), -(-longest // 16) * 16)
    ids, mask = np.full(shape, filler, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    for row, numbers in enumerate(tokens):
        ids[row, : len(numbers)] = numbers
        mask[row, : len(numbers)] = 1
    return ids, mask


def open_backend(folder: Path, cache: Path, *, device: str = "auto", threads: int | None = None) -> Backend:
    """Return the fastest backend whose vectors can be trusted.

    `folder` is a sentence-transformers folder, `cache` the folder for its converted form; `device` is auto, openvino
    or a device of PyTorch. Raises RuntimeDisagrees only where openvino was asked for by name.
    """
    if device not in ("auto", "openvino"):
        return TorchBackend(folder, device)
    if device == "auto" and (_gpu_present() or not _installed("openvino")):
        return TorchBackend(folder)
    try:
        _convert_once(folder, cache)
        return OpenVinoBackend(cache, threads)
    except Exception as error:  # whatever the converter or the runtime cannot do, PyTorch can
        if device == "openvino":
            raise
        _log.warning("OpenVINO is not used for %s, PyTorch serves instead: %s", folder.name, error)
        return TorchBackend(folder, "cpu")


def load_torch(folder: Path, device: str | None) -> SentenceTransformer:
    """Return the sentence-transformers model in `folder`, without progress bars."""
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # transformers leaves it untyped
    transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]  # nor of a loss that nobody trains with
    return SentenceTransformer(str(folder), device=device).eval()


def _card(model: SentenceTransformer, folder: Path) -> ModelCard:
    prompts = {name: text or "" for name, text in model.prompts.items()}
    need, offer = prompts.get("query", ""), prompts.get("document") or prompts.get("passage", "")
    if not need and not offer and "e5" in folder.name.lower().split("-"):
        need, offer = "query: ", "passage: "  # the e5 family was trained with them; its older folders do not say so
    tokenizer = model.tokenizer
    positions = model.max_seq_length or min(int(tokenizer.model_max_length), 512)
    dimension = model.get_embedding_dimension()
    if dimension is None:
        raise EngineError(f"{folder.name} does not say how many dimensions its vectors have")
    return ModelCard(dimension, positions, tokenizer.pad_token_id or 0, need, offer)


def _convert_once(folder: Path, cache: Path) -> None:
    if (cache / "card.json").exists():
        return
    with locked(cache):
        if not (cache / "card.json").exists():
            with written_aside(cache) as aside:
                _convert(TorchBackend(folder, "cpu"), aside)


def _convert(torch_backend: TorchBackend, target: Path) -> None:
    """Write the whole pipeline, pooling and all, as an OpenVINO model with its tokenizer, card and probes."""
    import openvino
    import torch

    class Pipeline(torch.nn.Module):
        def __init__(self, model: SentenceTransformer) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            return self.model({"input_ids": input_ids, "attention_mask": attention_mask})["sentence_embedding"]

    ids, mask = pad(torch_backend.tokenise(["short", "a somewhat longer text"]), torch_backend.card.pad)
    example = {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask)}
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # the tracer warns of branches on shapes; the probes judge the outcome
        converted = openvino.convert_model(Pipeline(torch_backend.model), example_input=example)
    openvino.save_model(converted, target / "model.xml", compress_to_fp16=True)
    torch_backend.model.tokenizer.backend_tokenizer.save(str(target / "tokenizer.json"))
    np.save(target / "probes.npy", probe_vectors(torch_backend))
    (target / "card.json").write_text(json.dumps(asdict(torch_backend.card), indent=2) + "\n", "utf-8")


def _cosines(a: Vectors, b: Vectors) -> Vectors:
    products: Vectors = (a * b).sum(axis=1) / (np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1))
    return products


def _cores() -> int:
    """Return the cores this process may use; not every system can tell its own from the machine's."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _installed(package: str) -> bool:
    try:
        return bool(version(package))
    except PackageNotFoundError:
        return False


def _gpu_present() -> bool:
    """Tell whether PyTorch could find a GPU, without the seconds that importing it takes where there is none."""
    if not any(Path(device).exists() for device in ("/dev/nvidiactl", "/dev/kfd")):
        return False
    import torch

    return torch.cuda.is_available()
