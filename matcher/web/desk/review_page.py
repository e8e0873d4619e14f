"""What the two pages of a pairing show: both texts marked, the reasons, the decision as it was typed."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from matcher.core.clock import local_date
from matcher.core.errors import Problem
from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.rows import format_indicator
from matcher.core.unit_of_work import UnitOfWork
from matcher.matching.claims import Holder, held_by_other
from matcher.matching.explained import Reasons, reasons
from matcher.matching.queries import OpenedPairing, SaidDecision, look
from matcher.needs.fields import NEED_FIELDS
from matcher.needs.model import Need
from matcher.offers.fields import OFFER_FIELDS
from matcher.offers.model import Offer
from matcher.web.desk.forms import GivenDecision
from matcher.web.desk.mail_text import mail_text
from matcher.web.desk.marking import Piece, Quote, mark

NEED_TEXTS = ("difficulties", "content", "background", "foundation")
OFFER_TEXTS = ("summary", "innovation", "application")
_LABELS = {f"need.{f.name}": f.label for f in NEED_FIELDS} | {f"offer.{f.name}": f.label for f in OFFER_FIELDS}
_LATER = ((Label("明天", "Tomorrow"), 1), (Label("一周后", "In a week"), 7), (Label("一个月后", "In a month"), 30))


@dataclass(frozen=True, slots=True)
class MarkedText:
    """Hold one text of a side with the sentences that answer the other side's."""

    label: Label
    paragraphs: list[list[Piece]]


@dataclass(frozen=True, slots=True)
class Later:
    """Hold a quick choice of a date."""

    label: Label
    day: date


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """Hold all that the page of one pairing needs."""

    opened: OpenedPairing
    reasons: Reasons
    need_texts: list[MarkedText]
    offer_texts: list[MarkedText]
    later: list[Later]
    given: GivenDecision = field(default_factory=GivenDecision)
    problems: Sequence[Problem] = ()
    refusal: Label | None = None
    holder: Holder | None = None  # the colleague who has it open for review

    def errors(self, name: str) -> list[Label]:
        """Return what is wrong with one part of the decision."""
        return [problem.message for problem in self.problems if problem.field == name]

    @property
    def mail_text(self) -> str:
        """Return the pairing as text for a mail."""
        return mail_text(self.opened, self.reasons)

    @property
    def linked(self) -> frozenset[int]:
        """Return the numbers of the sentences that are marked on both sides, so that each can lead to the other."""
        return _numbers(self.need_texts) & _numbers(self.offer_texts)

    @property
    def faster(self) -> SaidDecision | None:
        """Return what a colleague decided while this page was open, when that is why the decision was refused."""
        last = self.opened.last
        return last if self.refusal and last and last.id > self.given.seen_decision else None


def _numbers(texts: Sequence[MarkedText]) -> frozenset[int]:
    pieces = (piece for text in texts for paragraph in text.paragraphs for piece in paragraph)
    return frozenset(piece.number for piece in pieces if piece.number is not None)


def _marked(side: str, thing: Need | Offer, names: Sequence[str], quotes: Sequence[Quote]) -> list[MarkedText]:
    texts = {name: getattr(thing, name) for name in names}
    texts["indicators"] = "；".join(format_indicator(row.row()) for row in thing.indicator_rows)
    marked = [MarkedText(_LABELS[f"{side}.{name}"], mark(text, quotes)) for name, text in texts.items() if text]
    return _opened_once(marked)


def _opened_once(texts: list[MarkedText]) -> list[MarkedText]:
    """Let a quote open in the first of the texts only: that is where the other side's number leads."""
    opened: set[int | None] = set()
    for text in texts:
        for paragraph in text.paragraphs:
            for place, piece in enumerate(paragraph):
                if piece.opens and piece.number in opened:
                    paragraph[place] = replace(piece, opens=False)
                elif piece.opens:
                    opened.add(piece.number)
    return texts


def review_page(
    uow: UnitOfWork,
    actor: Actor,
    pairing_id: int,
    given: GivenDecision | None = None,
    problems: Sequence[Problem] = (),
    refusal: Label | None = None,
) -> ReviewPage:
    """Load a pairing for the desk; the look is written down, so the caller commits."""
    opened = look(uow, actor, pairing_id)
    why = reasons(opened.pairing)
    pairs = list(enumerate(why.explanation.sentences, 1))
    today = local_date(uow.clock())
    return ReviewPage(
        opened=opened,
        reasons=why,
        need_texts=_marked("need", opened.need, NEED_TEXTS, [Quote(number, pair.need) for number, pair in pairs]),
        offer_texts=_marked("offer", opened.offer, OFFER_TEXTS, [Quote(number, pair.offer) for number, pair in pairs]),
        later=[Later(label, today + timedelta(days=days)) for label, days in _LATER],
        given=given or GivenDecision(),
        problems=problems,
        refusal=refusal,
        holder=held_by_other(uow, actor, pairing_id),
    )
