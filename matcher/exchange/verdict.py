"""What a list would do, row by row: shown before anything is saved, kept as JSON in between."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any, Self

from matcher.core.labels import Label


class Action(StrEnum):
    """Name what becomes of a row."""

    NEW = "new"
    UPDATE = "update"
    UNCHANGED = "unchanged"
    WRONG = "wrong"


ACTION_LABELS = {
    Action.NEW: Label("新增", "New"),
    Action.UPDATE: Label("更新", "Update"),
    Action.UNCHANGED: Label("未变", "Unchanged"),
    Action.WRONG: Label("有误", "Wrong"),
}
WHOLE_ROW = Label("整行", "the row")
CHECKED = Label(
    "共 {total} 行：将新增 {new}，将更新 {update}，没有变化 {unchanged}，有误 {wrong}。",
    "{total} rows: {new} new, {update} to be updated, {unchanged} unchanged, {wrong} wrong.",
)
SAVED = Label(
    "共 {total} 行：新增 {new}，更新 {update}，没有变化 {unchanged}，有误未保存 {wrong}。",
    "{total} rows: {new} added, {update} updated, {unchanged} unchanged, {wrong} wrong and left out.",
)


@dataclass(frozen=True, slots=True)
class CellProblem:
    """Say what is wrong, or worth knowing, in one column of a row."""

    column: Label
    message: Label


@dataclass(frozen=True, slots=True)
class RowVerdict:
    """Say what becomes of one row; `number` is that of the file, `given` the answers to be saved.

    `owner_id` is the organisation's id, `new_owner` the place in `ListVerdict.new_owners` of one that is not known yet;
    `item_id` is the need or result that the row was found to mean.
    """

    number: int
    action: Action
    title: str
    owner: str
    problems: tuple[CellProblem, ...] = ()
    warnings: tuple[CellProblem, ...] = ()
    item_id: int | None = None
    owner_id: int | None = None
    new_owner: int | None = None
    given: dict[str, Any] = field(default_factory=dict)

    def refuse(self, *problems: CellProblem) -> "RowVerdict":
        """Return the row as one that is not saved."""
        return replace(self, action=Action.WRONG, problems=(*self.problems, *problems), given={})


@dataclass(frozen=True, slots=True)
class ListVerdict:
    """Hold the verdict on a list: `what` it is of, its rows, and what is to be told of the file as a whole."""

    what: str
    filename: str
    sheet: str
    rows: tuple[RowVerdict, ...]
    warnings: tuple[Label, ...] = ()
    new_owners: tuple[dict[str, Any], ...] = ()

    def count(self, action: Action) -> int:
        """Return how many rows end so."""
        return self.counts[action]

    @property
    def counts(self) -> Counter[Action]:
        """Return the number of rows by action."""
        return Counter(row.action for row in self.rows)

    @property
    def has_problems(self) -> bool:
        """Say whether any row is left out."""
        return any(row.problems for row in self.rows)

    @property
    def to_save(self) -> int:
        """Return how many rows would change something."""
        return self.count(Action.NEW) + self.count(Action.UPDATE)

    def summary(self, *, saved: bool) -> Label:
        """Return one sentence with the counts: what would happen, or (of what `save_list` returns) what did."""
        counts = {action.value: self.counts[action] for action in Action}
        return (SAVED if saved else CHECKED).format(total=len(self.rows), **counts)

    def to_json(self) -> dict[str, Any]:
        """Return the verdict as plain values for `json.dumps`."""
        return asdict(self)

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Self:
        """Return the verdict that `to_json` described."""
        return cls(
            plain["what"],
            plain["filename"],
            plain["sheet"],
            tuple(_row(row) for row in plain["rows"]),
            tuple(Label(**label) for label in plain["warnings"]),
            tuple(plain["new_owners"]),
        )


def _row(plain: Mapping[str, Any]) -> RowVerdict:
    return RowVerdict(
        **{
            **plain,
            "action": Action(plain["action"]),
            "problems": _problems(plain["problems"]),
            "warnings": _problems(plain["warnings"]),
        }
    )


def _problems(plain: Sequence[Mapping[str, Any]]) -> tuple[CellProblem, ...]:
    return tuple(CellProblem(Label(**problem["column"]), Label(**problem["message"])) for problem in plain)
