"""Lists in: a verdict on every row first, with nothing saved; then the good rows, a batch a commit.

Saving can be killed at any moment and run again: every row is looked up anew in the transaction that writes it, so that
what an earlier run has saved is found, and neither lost nor doubled.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from matcher.accounts.naming import named_organisations
from matcher.core import audit
from matcher.core.errors import Conflict, DomainError, InvalidInput, Problem
from matcher.core.fields import read_answers, shorten
from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.permissions import require
from matcher.core.unit_of_work import UnitOfWork
from matcher.exchange.cells import as_given, prepare
from matcher.exchange.columns import NUMBER, Headers, columns_of
from matcher.exchange.matching_rows import Duplicates, Stored, load, text_of
from matcher.exchange.owners import Owners, own_organisation, write_planned
from matcher.exchange.reading import SourceRow, read_table
from matcher.exchange.sides import Item, Side, side_of
from matcher.exchange.verdict import WHOLE_ROW, Action, CellProblem, ListVerdict, RowVerdict

BATCH = 100
ATTEMPTS = 3
Advance = Callable[[int, int], None]

CLOSED = Label("“{state}”的条目不能再修改。", "In the state “{state}” it cannot be changed any more.")

RENEWED = Label(
    "这一条目前“{state}”，保存后将重新提交。", "It is {state} at present and will be handed in again when saved."
)


def check_list(
    uow: UnitOfWork, actor: Actor, what: str, filename: str, content: bytes, *, max_rows: int
) -> ListVerdict:
    """Say what a list of "needs" or "offers" would do; nothing is saved.

    Raises NotAllowed without the permission, InvalidInput when the file cannot be read as such a list at all.
    """
    side = side_of(what)
    require(actor, f"{side.entity}.import")
    own = own_organisation(uow, actor, side)
    headers = headers_for(side, is_own=own is not None)
    table = read_table(filename, content, headers, max_rows=max_rows)
    owners = Owners(uow, actor, side, headers, table.rows)
    rows = [_first_look(side, headers, owners, row) for row in table.rows]
    rows = _judged(uow, side, headers, rows, lenient=side.leniency if own is None else {})
    return ListVerdict(what, filename, table.sheet, tuple(rows), tuple(table.warnings), tuple(owners.planned))


def headers_for(side: Side, *, is_own: bool) -> Headers:
    """Return the headers of a list; in the list of one's own organisation nothing need be said of it."""
    columns = columns_of(side)
    return Headers([replace(c, required=False) if c.is_owner else c for c in columns] if is_own else columns)


def _first_look(side: Side, headers: Headers, owners: Owners, row: SourceRow) -> RowVerdict:
    """Read a row's owner and cells; what it does is judged when all rows are known."""
    owner = owners.of(row)
    given = {
        key: prepare(column.field, row.cells[key])
        for key, column in headers.columns.items()
        if not column.is_owner and key in row.cells
    }
    given[NUMBER] = str(row.cells.get(NUMBER) or "")
    problems = (*row.problems, *owner.problems)
    return RowVerdict(
        row.number,
        Action.WRONG if problems else Action.NEW,
        shorten(text_of(given, "title"), 80),
        shorten(owner.name, 80),
        problems,
        (*row.warnings, *owner.warnings),
        owner_id=owner.id,
        new_owner=owner.planned,
        given=given,
    )


def _judged(
    uow: UnitOfWork, side: Side, headers: Headers, rows: Sequence[RowVerdict], *, lenient: Mapping[str, bool]
) -> list[RowVerdict]:
    stored = Stored(uow, side, {row.owner_id for row in rows if row.owner_id is not None})
    found = [stored.find(row.owner_id, row.given) for row in rows]
    items = load(uow, side, {one.item_id for one in found if one.item_id is not None})
    duplicates = Duplicates(headers)
    judged = []
    for row, one in zip(rows, found, strict=True):
        item = items.get(one.item_id) if one.item_id is not None else None
        action, problems = judge(uow, side, headers, item, row.given, lenient)
        told = _strangers(uow, headers, row.given) if lenient else ()
        warnings = (*row.warnings, *one.warnings, *told, *(_renewal(side, item) if action is Action.UPDATE else ()))
        row = replace(row, item_id=one.item_id, warnings=warnings)
        # Of a row without owner nothing can be said to be its double.
        doubled = duplicates.of(row, one.item_id) if (row.owner_id, row.new_owner) != (None, None) else ()
        problems = (*one.problems, *doubled, *problems)
        judged.append(row.refuse(*problems) if problems or row.problems else replace(row, action=action))
    return judged


def judge(
    uow: UnitOfWork,
    side: Side,
    headers: Headers,
    item: Item | None,
    given: Mapping[str, Any],
    lenient: Mapping[str, bool],
) -> tuple[Action, tuple[CellProblem, ...]]:
    """Say what the answers `given` do to `item` (None: there is none yet), and what is wrong with them."""
    if item is None:
        return Action.NEW, _told(headers, side.read(uow, given, **lenient).problems)
    stored = side.answers_of(item)
    merged = merge(side, item, given)
    answers = read_answers(side.fields, merged, complete=False)
    values = {name: side.defaults.get(name) if value is None else value for name, value in answers.values.items()}
    # Before the dates are checked: what was exported and has expired since is still unchanged.
    if not answers.problems and values == stored:
        return Action.UNCHANGED, ()
    problems = _told(headers, side.read(uow, merged, **lenient).problems)
    if item.state not in side.editable:
        problems = (CellProblem(WHOLE_ROW, CLOSED.format(state=side.lifecycle.labels[item.state])), *problems)
    return Action.UPDATE, problems


def _strangers(uow: UnitOfWork, headers: Headers, given: Mapping[str, Any]) -> tuple[CellProblem, ...]:
    """Warn of organisations that a need is to be shown to and that are not registered."""
    targets = headers.columns["targets"].field
    names = read_answers([targets], given, complete=False).values["targets"]
    return tuple(CellProblem(targets.label, told) for told in named_organisations(uow, names).problems) if names else ()


def _renewal(side: Side, item: Item | None) -> tuple[CellProblem, ...]:
    """Warn that a change brings back what somebody has taken off the list."""
    if item is None or not side.is_renewable(item.state):
        return ()
    return (CellProblem(WHOLE_ROW, RENEWED.format(state=side.lifecycle.labels[item.state])),)


def merge(side: Side, item: Item, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item's answers with those of a row put over them; columns that the list lacks leave them as they are."""
    said = {f.name: given[f.name] for f in side.fields if f.name in given}
    if not text_of(said, "ref"):
        said.pop("ref", None)  # an empty cell takes no number away
    return as_given(side.fields, side.answers_of(item)) | said


def _told(headers: Headers, problems: Sequence[Problem]) -> tuple[CellProblem, ...]:
    known = headers.columns
    return tuple(CellProblem(known[p.field].header if p.field in known else WHOLE_ROW, p.message) for p in problems)


def save_list(
    open_uow: Callable[[], UnitOfWork], actor: Actor, verdict: ListVerdict, advance: Advance | None = None
) -> ListVerdict:
    """Save the good rows of a verdict in batches, and return what became of each row.

    `advance` is called with (rows done, rows to save). Rows that can no longer be saved come back as wrong, with the
    reason. Raises NotAllowed, and Conflict when other writers leave no room.
    """
    side = side_of(verdict.what)
    require(actor, f"{side.entity}.import")
    places = [p for p, row in enumerate(verdict.rows) if row.action in (Action.NEW, Action.UPDATE)]
    rows = list(verdict.rows)
    for start in range(0, len(places), BATCH):
        if advance:
            advance(start, len(places))
        batch = places[start : start + BATCH]
        for place, row in zip(batch, _saved(open_uow, actor, side, verdict, [rows[p] for p in batch]), strict=True):
            rows[place] = row
    saved = replace(verdict, rows=tuple(rows))
    with _opened(open_uow) as uow:
        counts = {action.value: saved.counts[action] for action in Action}
        audit.record(uow, actor, f"{side.entity}.import", side.entity, None, file=verdict.filename[:200], **counts)
    if advance:
        advance(len(places), len(places))
    return saved


@contextmanager
def _opened(open_uow: Callable[[], UnitOfWork]) -> Iterator[UnitOfWork]:
    uow = open_uow()
    try:
        with uow:
            yield uow
    finally:
        uow.close()


def _saved(
    open_uow: Callable[[], UnitOfWork], actor: Actor, side: Side, verdict: ListVerdict, batch: Sequence[RowVerdict]
) -> list[RowVerdict]:
    """Save one batch whole; when another writer was faster, look everything up again."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with _opened(open_uow) as uow:
                return _write(uow, actor, side, verdict, batch)
        except Conflict:
            if attempt == ATTEMPTS:
                raise
    raise AssertionError("the last attempt returns or raises")


def _write(
    uow: UnitOfWork, actor: Actor, side: Side, verdict: ListVerdict, batch: Sequence[RowVerdict]
) -> list[RowVerdict]:
    own = own_organisation(uow, actor, side)
    headers = headers_for(side, is_own=own is not None)
    lenient = side.leniency if own is None else {}
    owners = {
        place: write_planned(uow, actor, verdict.new_owners[place]).id
        for place in sorted({row.new_owner for row in batch if row.new_owner is not None})
    }
    batch = [row if row.new_owner is None else replace(row, owner_id=owners[row.new_owner]) for row in batch]
    stored = Stored(uow, side, {row.owner_id for row in batch if row.owner_id is not None})
    found = [stored.find(row.owner_id, row.given) for row in batch]
    items = load(uow, side, {one.item_id for one in found if one.item_id is not None})
    written: dict[int, RowVerdict] = {}
    fresh: list[int] = []
    for place, (row, one) in enumerate(zip(batch, found, strict=True)):
        if one.problems:
            written[place] = row.refuse(*one.problems)
        elif one.item_id is None:
            fresh.append(place)
        else:
            written[place] = _change(uow, actor, side, headers, items[one.item_id], row, lenient)
    made = _create(uow, actor, side, headers, [batch[place] for place in fresh], lenient)
    return [row for _, row in sorted((written | dict(zip(fresh, made, strict=True))).items())]


def _create(
    uow: UnitOfWork,
    actor: Actor,
    side: Side,
    headers: Headers,
    rows: Sequence[RowVerdict],
    lenient: Mapping[str, bool],
) -> list[RowVerdict]:
    """Create the items of rows through their service, which asks permission and publishes for the desk."""
    made = side.create_many(uow, actor, [(row.given, row.owner_id) for row in rows], submit=True, **lenient)
    return [
        _refused(headers, row, one) if isinstance(one, DomainError) else replace(row, action=Action.NEW, item_id=one.id)
        for row, one in zip(rows, made, strict=True)
    ]


def _change(
    uow: UnitOfWork,
    actor: Actor,
    side: Side,
    headers: Headers,
    item: Item,
    row: RowVerdict,
    lenient: Mapping[str, bool],
) -> RowVerdict:
    """Change the item of a row through its service, unless it says all that already."""
    action, problems = judge(uow, side, headers, item, row.given, lenient)
    if problems:
        return row.refuse(*problems)
    if action is Action.UPDATE:
        try:
            side.edit(uow, actor, item.id, merge(side, item, row.given), submit=True, **lenient)
        except Conflict:
            raise
        except DomainError as error:
            return _refused(headers, row, error)
    return replace(row, action=action, item_id=item.id)


def _refused(headers: Headers, row: RowVerdict, error: DomainError) -> RowVerdict:
    if isinstance(error, InvalidInput):
        return row.refuse(*_told(headers, error.problems))
    return row.refuse(CellProblem(WHOLE_ROW, error.message))
