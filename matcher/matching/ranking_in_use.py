"""The ranking that every process serves: the formula, or the adopted version with its memory."""

import base64
import json
import logging
from typing import Any

import numpy as np
from sqlalchemy import select

from matcher.core.unit_of_work import UnitOfWork
from matcher.engine.calibration import Calibration
from matcher.engine.learning import Learned, LinearModel
from matcher.engine.precedents import Precedents
from matcher.engine.ranking import LearnedRanker, Ranking
from matcher.engine.reference import Reference
from matcher.matching.ranker_model import Ranker, RankerState

log = logging.getLogger(__name__)

_PREFIX = "learned-"


def in_use(uow: UnitOfWork) -> int | None:
    """Return the version in use, None for the formula."""
    return uow.session.scalar(
        select(Ranker.id).where(Ranker.state == RankerState.ADOPTED).order_by(Ranker.id.desc()).limit(1)
    )


def version_of(ranking: Ranking) -> float:
    """Return the version of a ranking as it is remembered among a pair's scores, 0 for the formula."""
    name = ranking.ranker.name
    return float(name.removeprefix(_PREFIX)) if name.startswith(_PREFIX) else 0.0


def pack(model: LinearModel, calibration: Calibration, memory: Precedents) -> bytes:
    """Return a model with its memory as JSON; vectors are halves in base64."""
    return json.dumps(
        {
            "model": json.loads(model.to_json()),
            "calibration": [calibration.slope, calibration.intercept],
            "memory": {
                "need_ids": memory.need_ids.tolist(),
                "need_languages": list(memory.need_languages),
                "offer_languages": list(memory.offer_languages),
                "residuals": memory.residuals.tolist(),
                "needs": _text(memory.needs),
                "offers": _text(memory.offers),
            },
        }
    ).encode()


def unpack(data: bytes) -> tuple[LinearModel, Calibration, Precedents]:
    """Read what `pack` gave; raises ValueError for anything else."""
    try:
        stored = json.loads(data)
        memory = stored["memory"]
        count = len(memory["need_ids"])
        return (
            LinearModel.from_json(json.dumps(stored["model"])),
            Calibration(*(float(value) for value in stored["calibration"])),
            Precedents(
                np.array(memory["need_ids"], np.int64),
                _rows(memory["needs"], count),
                _rows(memory["offers"], count),
                memory["need_languages"],
                memory["offer_languages"],
                np.array(memory["residuals"], np.float64),
            ),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"this is not a stored ranker: {error}") from error


def _text(rows: Any) -> str:
    return base64.b64encode(np.ascontiguousarray(rows, "<f2").tobytes()).decode("ascii")


def _rows(text: str, count: int) -> Any:
    values = np.frombuffer(base64.b64decode(text, validate=True), "<f2").astype(np.float32)
    return values.reshape(count, len(values) // count if count else 0)


def learned_of(row: Ranker, reference: Reference, encoder: str) -> tuple[Learned, Calibration]:
    """Return a version as the given reference compares vectors; without memory for another encoder. Raises ValueError."""
    model, calibration, memory = unpack(row.model)
    if row.encoder != encoder or memory.needs.shape[1] != reference.dimension:
        memory = forgotten(reference.dimension)
    return Learned(model, memory.corrected(reference)), calibration


def forgotten(dimension: int) -> Precedents:
    """Return a memory of nothing."""
    none = np.zeros((0, dimension), np.float32)
    return Precedents(np.zeros(0, np.int64), none, none, [], [], np.zeros(0))


def ranking_of(uow: UnitOfWork, version: int | None, reference: Reference, encoder: str) -> Ranking:
    """Return the ranking of a version; the formula where it is None or cannot be read, which the log tells."""
    row = uow.session.get(Ranker, version) if version else None
    if row is None:
        return Ranking()
    try:
        learned, calibration = learned_of(row, reference, encoder)
    except ValueError as error:
        log.error("version %s of the ranking cannot be read, the formula serves instead: %s", version, error)
        return Ranking()
    return Ranking(
        ranker=LearnedRanker(learned.model, f"{_PREFIX}{row.id}"), calibration=calibration, recall=learned.recall
    )
