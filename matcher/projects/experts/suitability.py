"""How well an expert knows what a project asks: by what they say of themselves, and by fields of technology."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from sqlalchemy import select

from matcher.core.labels import Label
from matcher.core.unit_of_work import UnitOfWork
from matcher.engine.catalogue import embed
from matcher.engine.items import Encoder, EngineError, Item, Profile, Side, Vectors
from matcher.engine.language import detect
from matcher.engine.reference import Reference
from matcher.engine.text import text_hash
from matcher.matching.index import served
from matcher.matching.model import ServedIndex
from matcher.projects.experts.model import Expert, ExpertVector
from matcher.projects.setup.model import Project

log = logging.getLogger(__name__)

#: What the likeness of texts is worth beside common fields.
TEXT_SHARE = 0.6
#: Below this an expert is far from the field: the office may ask them, the machine does not propose them.
LEAST = 0.45
_WORDS = (
    (0.7, Label("领域相近", "Close to the field")),
    (LEAST, Label("部分相关", "Partly related")),
    (0.0, Label("领域较远", "Far from the field")),
)


@dataclass(frozen=True, slots=True)
class Fit:
    """Hold how suitable an expert is, 0 to 1: the likeness of the texts (None where they could not be read) and common fields."""

    score: float
    likeness: float | None
    fields: tuple[str, ...]

    @property
    def words(self) -> Label:
        """Return the score in words."""
        return next(label for least, label in _WORDS if self.score >= least)


def fits(
    uow: UnitOfWork, project: Project, experts: Sequence[Expert], encoder: Callable[[], Encoder]
) -> dict[int, Fit]:
    """Return how suitable each expert is for a project, by id.

    Vectors of profiles that have none of this encoder and text are computed and stored; the caller commits. Without a model
    that can be loaded, and before anything is indexed, fields of technology alone count.
    """
    likeness: dict[int, float] = {}
    if experts and (row := served(uow)) is not None:  # no model is loaded while there is nothing to compare with
        try:
            likeness = _likeness(uow, row, project, experts, encoder())
        except EngineError as error:
            log.warning("experts are compared by their fields alone: %s", error)
    return {expert.id: _fit(project, expert, likeness.get(expert.id)) for expert in experts}


def _fit(project: Project, expert: Expert, likeness: float | None) -> Fit:
    common = tuple(code for code in project.tech_fields if code in expert.tech_fields)
    share = len(common) / len(project.tech_fields) if project.tech_fields else 0.0
    score = share if likeness is None else TEXT_SHARE * likeness + (1 - TEXT_SHARE) * share
    return Fit(score, likeness, common)


def _item(side: Side, title: str, lines: Sequence[str], keywords: Sequence[str]) -> Item:
    body = "\n".join(line for line in lines if line)
    return Item(0, title, body, Profile(side=side, language=detect(f"{title}\n{body}")), tuple(keywords))


def item_of(expert: Expert) -> Item:
    """Return an expert as the engine reads one: on the side of those who can answer."""
    return _item("offer", expert.title, [expert.profile], expert.keywords)


def _likeness(
    uow: UnitOfWork, row: ServedIndex, project: Project, experts: Sequence[Expert], encoder: Encoder
) -> dict[int, float]:
    """Return where an expert's text stands among all results that the project's text could meet, 0 to 1."""
    if row.encoder != encoder.name:
        return {}  # without the statistics of the collection all texts look alike
    asked = _item("need", project.title, [project.background, project.goals], project.keywords)
    query = embed([asked], encoder)[0].vectors[:1]
    vectors = _vectors(uow, experts, encoder)
    reference = Reference.from_bytes(row.offer_reference)
    corrected = reference.correct_queries(query, asked.profile.language)[0]
    mean, deviation = reference.expected(corrected)
    curve = NormalDist(mean, deviation)
    return {
        expert.id: curve.cdf(
            float(reference.correct_items(vectors[expert.id][None, :], item_of(expert).profile.language)[0] @ corrected)
        )
        for expert in experts
    }


def _vectors(uow: UnitOfWork, experts: Sequence[Expert], encoder: Encoder) -> dict[int, Vectors]:
    """Return the vector (d,) of each expert's text, from the database where it is still that of the text."""
    items = {expert.id: item_of(expert) for expert in experts}
    hashes = {id_: text_hash(item) for id_, item in items.items()}
    query = select(ExpertVector).where(ExpertVector.encoder == encoder.name, ExpertVector.expert_id.in_(list(items)))
    stored = {one.expert_id: one for one in uow.session.scalars(query)}
    missing = [id_ for id_ in items if id_ not in stored or stored[id_].text_hash != hashes[id_]]
    for id_, record in zip(missing, embed([items[id_] for id_ in missing], encoder), strict=True):
        vector = np.ascontiguousarray(record.vectors[0], dtype=np.float32).tobytes()
        if id_ in stored:
            stored[id_].text_hash, stored[id_].vector = hashes[id_], vector
        else:
            stored[id_] = ExpertVector(expert_id=id_, encoder=encoder.name, text_hash=hashes[id_], vector=vector)
            uow.session.add(stored[id_])
    return {id_: np.frombuffer(stored[id_].vector, dtype=np.float32) for id_ in items}
