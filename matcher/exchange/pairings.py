"""The list of pairings, for reports and for work outside the platform; it is only written, never read."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.permissions import View
from matcher.core.unit_of_work import UnitOfWork
from matcher.core.vocabularies import DECLINE_REASON
from matcher.exchange.owners import chunks
from matcher.exchange.writing import Cell, Line, Sheet, local_time
from matcher.matching.lifecycle import PAIRING_LIFECYCLE
from matcher.matching.model import Decision, Pairing, Verdict
from matcher.needs import service as needs
from matcher.offers import service as offers

PAIRINGS = "pairings"
TITLE = Label("匹配清单", "Pairings")
VERDICT_LABELS = {
    Verdict.ACCEPT: Label("采纳", "Accepted"),
    Verdict.DECLINE: Label("不合适", "Declined"),
    Verdict.DEFER: Label("稍后再看", "Deferred"),
    Verdict.REOPEN: Label("重新评审", "Reopened"),
}


@dataclass(frozen=True, slots=True)
class _Row:
    """A pairing, and what of its need the person may see."""

    pairing: Pairing
    need_title: str
    need_owner: str
    offer_title: str
    offer_owner: str

    @property
    def decision(self) -> Decision | None:
        decisions = self.pairing.decisions
        return decisions[-1] if decisions else None


@dataclass(frozen=True, slots=True)
class _PairingColumn:
    key: str
    header: Label
    width: int
    value: Callable[[_Row], Any]
    label: Callable[[Any], Label] | None = None


_COLUMNS = (
    _PairingColumn("need", Label("需求编号", "Need"), 12, lambda r: r.pairing.need.number),
    _PairingColumn("need_title", Label("需求名称", "Title of the need"), 40, lambda r: r.need_title),
    _PairingColumn("need_owner", Label("需求方", "Asking side"), 30, lambda r: r.need_owner),
    _PairingColumn("offer", Label("成果编号", "Result"), 12, lambda r: r.pairing.offer.number),
    _PairingColumn("offer_title", Label("成果名称", "Title of the result"), 40, lambda r: r.offer_title),
    _PairingColumn("offer_owner", Label("成果方", "Offering side"), 30, lambda r: r.offer_owner),
    _PairingColumn("score", Label("匹配分", "Score"), 10, lambda r: Decimal(f"{r.pairing.score:.4f}")),
    _PairingColumn(
        "state", Label("状态", "State"), 12, lambda r: r.pairing.state, PAIRING_LIFECYCLE.labels.__getitem__
    ),
    _PairingColumn(
        "decision",
        Label("评审意见", "Decision"),
        12,
        lambda r: r.decision and r.decision.verdict,
        VERDICT_LABELS.__getitem__,
    ),
    _PairingColumn(
        "reason", Label("原因", "Reason"), 18, lambda r: r.decision and r.decision.reason, DECLINE_REASON.label
    ),
    _PairingColumn("note", Label("备注", "Note"), 40, lambda r: r.decision and r.decision.note),
    _PairingColumn("decided_at", Label("评审时间", "Decided"), 18, lambda r: r.decision and r.decision.at),
    _PairingColumn("defer_until", Label("延后至", "Deferred until"), 14, lambda r: r.pairing.defer_until),
    _PairingColumn("created_at", Label("推荐时间", "Proposed"), 18, lambda r: r.pairing.created_at),
    _PairingColumn("changed_at", Label("更新时间", "Changed"), 18, lambda r: r.pairing.changed_at),
)


def pairing_sheet(language: str) -> Sheet:
    """Return what the list of pairings looks like."""
    headers = [column.header.text(language) for column in _COLUMNS]
    return Sheet(TITLE.text(language), headers, [column.width for column in _COLUMNS])


def pairing_lines(uow: UnitOfWork, actor: Actor, language: str) -> Iterator[Line]:
    """Yield the pairings, the most promising first; those whose need or result is hidden from the actor are left out."""
    order = (Pairing.score.desc(), Pairing.id)
    for chunk in chunks(uow.session.scalars(select(Pairing.id).order_by(*order))):
        query = select(Pairing).where(Pairing.id.in_(chunk)).order_by(*order)
        loaded = (joinedload(Pairing.need), joinedload(Pairing.offer), selectinload(Pairing.decisions))
        for pairing in uow.session.scalars(query.options(*loaded)).unique():
            row = _row(uow, actor, pairing)
            if row is not None:
                yield _line(row, language)


def _row(uow: UnitOfWork, actor: Actor, pairing: Pairing) -> _Row | None:
    seen = needs.seen(uow, actor, pairing.need)
    if seen is None or not offers.visible(actor, pairing.offer):
        return None
    owner = pairing.need.organisation.name if seen.view is View.FULL else ""
    offer = pairing.offer
    return _Row(pairing, str(seen.answers.get("title", "")), owner, offer.title, offer.organisation.name)


def _line(row: _Row, language: str) -> Line:
    return Line(
        lambda: [_cell(column, column.value(row), language) for column in _COLUMNS],
        lambda: {column.key: _plain(column.value(row)) for column in _COLUMNS},
    )


def _cell(column: _PairingColumn, value: Any, language: str) -> Cell:
    if value is None:
        return ""
    if column.label is not None:
        return column.label(value).text(language)
    if isinstance(value, datetime):
        return local_time(value)
    return value if isinstance(value, Decimal | date) else str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date) else value
