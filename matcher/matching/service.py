"""The matcher of one process: reads what changed, proposes pairings, answers free texts."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from matcher.core.errors import Conflict
from matcher.core.labels import Label
from matcher.core.unit_of_work import UnitOfWork
from matcher.engine.catalogue import embed
from matcher.engine.cross_encoder import CrossReader
from matcher.engine.items import Encoder, Hit, Item, Profile, Side, Unavailable
from matcher.engine.language import detect
from matcher.engine.ranking import Ranking
from matcher.engine.text import full_text
from matcher.matching import propose, suggestions, sync
from matcher.matching.encoders import Encoders
from matcher.matching.explain import Explainer
from matcher.matching.index import LiveIndex, served
from matcher.matching.model import Pairing
from matcher.matching.serving import serve, wish_for_missing
from matcher.matching.shared_index import Server, SharedIndex
from matcher.matching.sync import Advance, load_items, no_progress

log = logging.getLogger(__name__)

NOT_READY = Label("检索正在准备中，请稍后再试。", "Search is being prepared; try again in a moment.")
NOT_READ_YET = Label(
    "这条需求或成果刚刚发布，系统还没有读完，请过一分钟再配对。",
    "This need or result is new and not read yet; pair the two in a minute.",
)
AWAY = Label(
    "检索服务器暂时无法访问，恢复后将自动继续。",
    "The search server cannot be reached; matching goes on by itself when it is back.",
)
#: A pair that is less likely than this is not worth a broker's look.
LEAST_LIKELY = 0.1


@dataclass(frozen=True, slots=True)
class MatchingOptions:
    """Hold what the matcher is built from; the settings of the same names describe each."""

    data: Path
    encoder: str = "bundled"
    encoder_backend: str = "auto"
    cross_encoder: str = ""
    pairings_per_item: int = 10
    exploration: float = 0.1
    milvus_url: str = ""
    milvus_token: str = ""


class Matcher:
    """Read, propose and search; nothing is loaded before it is needed, the model least of all."""

    def __init__(self, options: MatchingOptions, open_uow: Callable[[], UnitOfWork]) -> None:
        self._options = options
        self._open_uow = open_uow
        self._encoders = Encoders(options.encoder, options.encoder_backend, options.data / "models")
        self.reader = CrossReader(options.cross_encoder) if options.cross_encoder else None
        self.index: LiveIndex | SharedIndex = LiveIndex(options.data / "index", open_uow)
        if options.milvus_url:
            self.index = SharedIndex(Server(options.milvus_url, options.milvus_token), open_uow)

    @property
    def is_encoder_loaded(self) -> bool:
        """Say whether the model is in memory."""
        return self._encoders.is_loaded

    def encoder(self) -> Encoder:
        """Return the encoder that the settings name, loaded at first use."""
        return self._encoders.current()

    def sync(self, advance: Advance = no_progress) -> int:
        """Read what changed; with another encoder than the one served, read everything and switch when all is read.

        Raises Conflict when another process is at it.
        """
        if self._is_other_encoder():
            self._in_uow(lambda uow: wish_for_missing(uow, self.encoder().name))
        count = sync.sync(self._open_uow, self.encoder, advance)
        if count:
            encoder = self.encoder()
            self._in_uow(lambda uow: serve(uow, encoder.name, encoder.dimension))
        try:
            self.index.bring_up()
        except Unavailable as error:  # what was read is stored, and written there when the server is back
            log.warning("the index is not up to date: %s", error)
        return count

    def _is_other_encoder(self) -> bool:
        """Say whether the settings name another encoder than the one served; looks at the name before it loads a model."""
        uow = self._open_uow()
        try:
            row = served(uow)
            now = row.encoder if row else None
        finally:
            uow.close()
        if now is None:
            return False
        bundled = self._options.encoder == "bundled"
        return self.encoder().name != now if not bundled or not now.startswith("multilingual-e5-small") else False

    def match(self, advance: Advance = no_progress, *, everything: bool = False) -> int:
        """Propose pairings for what changed, or for everything; returns how many items were matched.

        Raises Conflict when another process is at it, or while the search server is away: what waits goes on waiting.
        """
        if everything:
            self._in_uow(propose.wish_for_all)
        try:
            proposer = self._proposer()
            return propose.match(self._open_uow, proposer, advance) if proposer else 0
        except Unavailable as error:
            log.warning("matching waits: %s", error)
            raise Conflict(AWAY) from error

    def pair(self, uow: UnitOfWork, need_id: int, offer_id: int) -> Pairing:
        """Score, explain and write a pair that a person chose.

        Raises Conflict while one of the two is not read yet, or the search server is away.
        """
        try:
            proposer = self._proposer()
            found = proposer.pair(uow, need_id, offer_id) if proposer else None
        except Unavailable as error:
            log.warning("a pair was not scored: %s", error)
            raise Conflict(AWAY) from error
        if proposer is None or found is None:
            raise Conflict(NOT_READ_YET)
        return suggestions.write_by_hand(uow, found, proposer.encoder)

    def _proposer(self) -> propose.Proposer | None:
        self.index.bring_up()
        needs, offers = self.index.catalogue("need"), self.index.catalogue("offer")
        if needs is None or offers is None or self.index.encoder is None:
            return None
        return propose.Proposer(
            needs,
            offers,
            self.index.encoder,
            Explainer(offers),
            self._options.pairings_per_item,
            LEAST_LIKELY,
            self.reader,
            self._options.exploration,
        )

    def rebuild(self) -> None:
        """Read whatever has no record, take the statistics anew, and build the index from the database."""
        encoder = self.encoder()
        self._in_uow(lambda uow: wish_for_missing(uow, encoder.name))
        sync.sync(self._open_uow, self.encoder)
        self._in_uow(lambda uow: serve(uow, encoder.name, encoder.dimension, anew=True))
        self.index.forget()

    def find(self, side: Side, text: str, k: int) -> list[Hit]:
        """Return the offers (or needs) that fit a free text, best first.

        Raises Conflict while there is no index, or its server is away.
        """
        try:
            return self._find(side, text, k)
        except Unavailable as error:
            log.warning("a search was not answered: %s", error)
            raise Conflict(AWAY) from error

    def _find(self, side: Side, text: str, k: int) -> list[Hit]:
        catalogue = self.index.catalogue(side)
        served = self.index.encoder
        encoder = self._encoders.of(served) if served else None
        if catalogue is None or encoder is None:
            raise Conflict(NOT_READY)
        asks: Side = "need" if side == "offer" else "offer"
        item = Item(0, "", text, Profile(side=asks, language=detect(text)))
        hits = catalogue.search(embed([item], encoder), k)[0]
        return hits if self.reader is None else self._read_again(self.reader, catalogue.ranking, side, item, hits)

    def _read_again(self, reader: CrossReader, ranking: Ranking, side: Side, asked: Item, hits: list[Hit]) -> list[Hit]:
        """Return the hits in the order that the cross-encoder gives; one whose item is gone keeps its score."""
        uow = self._open_uow()
        try:
            items = load_items(uow, side, [hit.id for hit in hits[: ranking.depth]])
        finally:
            uow.close()
        known = [hit for hit in hits if hit.id in items]
        texts = [(full_text(asked), full_text(items[hit.id])) for hit in known]
        read = {hit.id: hit for hit in reader.again(ranking, known, [t if side == "offer" else t[::-1] for t in texts])}
        return sorted((read.get(hit.id, hit) for hit in hits), key=lambda hit: (-hit.parts["rank"], hit.id))

    def _in_uow(self, action: Callable[[UnitOfWork], object]) -> None:
        uow = self._open_uow()
        try:
            with uow:
                action(uow)
        finally:
            uow.close()
