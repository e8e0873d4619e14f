"""Reads the two texts of a pair together, with any cross-encoder of sentence-transformers: slow, for the best pairs only."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from matcher.engine.items import EngineError, Hit
from matcher.engine.ranking import Ranking


class CrossEncoderFailed(EngineError):
    """Report a cross-encoder that is not there or gives no usable figures."""


class PairModel(Protocol):
    """Read two texts together and give a logit, as sentence-transformers' CrossEncoder does."""

    def predict(self, sentences: list[tuple[str, str]], *, show_progress_bar: bool | None = None) -> Any:
        """Return one figure a pair."""


def load_cross_encoder(name: str) -> PairModel:
    """Return the cross-encoder of that hub id or folder, its logits as they are; raises CrossEncoderFailed."""
    import torch
    from sentence_transformers import CrossEncoder
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # transformers leaves it untyped
    transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]  # as above
    try:
        model: PairModel = CrossEncoder(name, activation_fn=torch.nn.Identity())
    except Exception as error:  # no such model, no network, another kind of model: one thing to the caller
        raise CrossEncoderFailed(
            f"no cross-encoder {name!r}: neither a folder with one nor to be had from the hub ({error}); "
            "correct MATCHER_CROSS_ENCODER or leave it empty"
        ) from error
    return model


class CrossReader:
    """Hold a cross-encoder by name, loaded at first use; safe to share among threads."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._model: PairModel | None = None
        self._lock = threading.Lock()

    def again(self, ranking: Ranking, hits: Sequence[Hit], pairs: Sequence[tuple[str, str]]) -> list[Hit]:
        """Return hits, best first, in their order with the first `depth` of the ranking read again.

        `pairs` has the texts of need and offer of each hit. Raises CrossEncoderFailed.
        """
        head = list(hits[: ranking.depth])
        return ranking.read_again(head, self.logits(pairs[: len(head)])) + list(hits[len(head) :])

    def logits(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Return the logit of each pair of texts, need first; raises CrossEncoderFailed."""
        if not pairs:
            return []
        with self._lock:
            if self._model is None:
                self._model = load_cross_encoder(self.name)
            try:
                figures = np.asarray(self._model.predict(list(pairs), show_progress_bar=False), np.float64)
            except Exception as error:  # whatever a model of any maker raises
                raise CrossEncoderFailed(f"the cross-encoder {self.name!r} failed: {error}") from error
        if figures.shape != (len(pairs),) or not np.isfinite(figures).all():
            raise CrossEncoderFailed(
                f"the cross-encoder {self.name!r} gave no finite figure for each pair: it needs one output, has it more?"
            )
        return [float(figure) for figure in figures]
