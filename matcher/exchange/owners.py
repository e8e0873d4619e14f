"""Whose a row is: organisations found by code, then by exact name, else planned from the row's own columns."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from matcher.accounts.fields import ORGANISATION_FIELDS
from matcher.accounts.model import Organisation
from matcher.accounts.service import USCC_NEEDED, add_organisation, find_organisation
from matcher.core import audit
from matcher.core.errors import InvalidInput, Problem
from matcher.core.fields import Answers, read_answers
from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.permissions import allowed
from matcher.core.unit_of_work import UnitOfWork
from matcher.exchange.cells import prepare
from matcher.exchange.columns import OWNER, Headers
from matcher.exchange.grids import refuse
from matcher.exchange.reading import SourceRow
from matcher.exchange.sides import Side, owner_answers
from matcher.exchange.verdict import CellProblem

CHUNK = 500

NO_OWN = Label(
    "您的账号没有所属机构，不能导入清单。", "Your account belongs to no organisation, so it cannot import a list."
)
NOT_NAMED = Label(
    "请填写机构名称或统一社会信用代码。", "Fill in the organisation's name or its unified social credit code."
)
NOT_OWN = Label(
    "您只能为本机构“{own}”导入，这一行写的是“{given}”。",
    "You can import for your own organisation “{own}” only; this row says “{given}”.",
)
NOT_KNOWN = Label(
    "平台上没有机构“{given}”；要同时新建它，请把它的必填列填写完整。",
    "The organisation “{given}” is not known; to have it created, fill in all its required columns.",
)
AMBIGUOUS = Label(
    "有多个机构名为“{given}”，请填写统一社会信用代码。",
    "Several organisations are named “{given}”; give the unified social credit code.",
)
OTHER_NAME = Label(
    "该信用代码属于“{known}”，这一行写的是“{given}”；按信用代码归属。",
    "This code belongs to “{known}”, while the row says “{given}”; the code counts.",
)
NOT_CHANGED = Label(
    "平台上该机构的信息不同（{columns}），导入不会修改机构信息。",
    "The organisation's data differ ({columns}); an import does not change them.",
)


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a row is: a known organisation's id, or the place of a planned one; neither when there are problems."""

    name: str
    id: int | None = None
    planned: int | None = None
    problems: tuple[CellProblem, ...] = ()
    warnings: tuple[CellProblem, ...] = ()

    @property
    def key(self) -> tuple[int | None, int | None]:
        """Return what tells one owner from another within a list."""
        return (self.id, self.planned)


def chunks(values: Iterable[Any]) -> Iterator[list[Any]]:
    """Yield values in lists that one query can name."""
    listed = list(values)
    for start in range(0, len(listed), CHUNK):
        yield listed[start : start + CHUNK]


class Owners:
    """Find the owners of the rows of one list."""

    def __init__(self, uow: UnitOfWork, actor: Actor, side: Side, headers: Headers, rows: Sequence[SourceRow]) -> None:
        self._headers = headers
        self.planned: list[dict[str, Any]] = []
        self._own = own_organisation(uow, actor, side)
        self._by_uscc: dict[str, Organisation] = {}
        self._by_name: dict[str, list[Organisation]] = defaultdict(list)
        self._planned_by_uscc: dict[str, int] = {}
        self._planned_by_name: dict[str, list[int]] = defaultdict(list)
        if self._own is None:
            given = [self._given(row) for row in rows]
            self._load(uow, given)
            for one in given:
                self._plan(one)

    def _given(self, row: SourceRow) -> dict[str, Any]:
        """Return what a row says of its owner, by field name; only what is filled in."""
        given = {
            column.field.name: prepare(column.field, row.cells[key])
            for key, column in self._headers.columns.items()
            if column.is_owner and key in row.cells
        }
        return {name: value for name, value in given.items() if value not in ("", [], {})}

    def _load(self, uow: UnitOfWork, given: Sequence[Mapping[str, Any]]) -> None:
        identities = [_identity(one) for one in given]
        for column, place in ((Organisation.uscc, 0), (Organisation.name, 1)):
            wanted = {identity[place] for identity in identities if identity[place]}
            for chunk in chunks(sorted(wanted)):
                for organisation in uow.session.scalars(select(Organisation).where(column.in_(chunk))):
                    self._know(organisation)

    def _know(self, organisation: Organisation) -> None:
        if organisation.uscc:
            self._by_uscc[organisation.uscc] = organisation
        if organisation not in self._by_name[organisation.name]:
            self._by_name[organisation.name].append(organisation)

    def _known(self, uscc: str, name: str) -> list[Organisation]:
        """Return the organisations that code and name may mean: one name with two codes is two organisations."""
        if uscc in self._by_uscc:
            return [self._by_uscc[uscc]]
        return [o for o in self._by_name.get(name, ()) if not (uscc and o.uscc)]

    def _plan(self, given: Mapping[str, Any]) -> None:
        uscc, name = _identity(given)
        if self._known(uscc, name) or uscc in self._planned_by_uscc or _complete(given).problems:
            return
        if not uscc and self._planned_by_name.get(name):
            return
        if uscc:
            self._planned_by_uscc[uscc] = len(self.planned)
        self._planned_by_name[name].append(len(self.planned))
        self.planned.append(dict(given))

    def of(self, row: SourceRow) -> Owner:
        """Return whose a row is."""
        given = self._given(row)
        uscc, name = _identity(given)
        said = name or uscc or str(given.get("uscc", ""))
        unreadable = self._told(read_answers(_USCC, given, complete=False))
        if self._own is not None:
            return self._of_own(self._own, given, said, unreadable)
        if unreadable or not said:
            return Owner(said, problems=unreadable or (self._problem("name", NOT_NAMED),))
        known = self._known(uscc, name)
        if len(known) > 1:
            return Owner(said, problems=(self._problem("name", AMBIGUOUS.format(given=said)),))
        if known:
            return Owner(known[0].name, known[0].id, warnings=self._differences(known[0], given))
        return self._of_planned(given, uscc, name, said)

    def _of_planned(self, given: Mapping[str, Any], uscc: str, name: str, said: str) -> Owner:
        places = [self._planned_by_uscc[uscc]] if uscc in self._planned_by_uscc else []
        places = places or ([] if uscc else self._planned_by_name.get(name, []))
        if len(places) > 1:
            return Owner(said, problems=(self._problem("name", AMBIGUOUS.format(given=said)),))
        if places:
            return Owner(str(self.planned[places[0]]["name"]), planned=places[0])
        unknown = self._problem("name", NOT_KNOWN.format(given=said))
        return Owner(said, problems=(unknown, *self._told(_complete(given))))

    def _of_own(
        self, own: Organisation, given: Mapping[str, Any], said: str, unreadable: tuple[CellProblem, ...]
    ) -> Owner:
        uscc, name = _identity(given)
        is_other_code = bool(uscc and own.uscc and uscc != own.uscc)
        is_other_name = bool(name and name not in (own.name, own.name_en))
        if is_other_code or is_other_name:
            column = "name" if is_other_name else "uscc"
            told = NOT_OWN.format(own=own.name, given=name if is_other_name else uscc)
            return Owner(said, problems=(self._problem(column, told),))
        return Owner(own.name, own.id, problems=unreadable, warnings=self._differences(own, given))

    def _differences(self, known: Organisation, given: Mapping[str, Any]) -> tuple[CellProblem, ...]:
        """Return what a row says of a known organisation that is not so: told, and left as it is."""
        found = []
        answers = read_answers(ORGANISATION_FIELDS, given, complete=False)
        stored = owner_answers(known, ORGANISATION_FIELDS)
        unreadable = {problem.field for problem in answers.problems}
        names = [n for n in given if n in unreadable or answers.values[n] != stored[n]]
        if "name" in names:
            names.remove("name")
            found.append(self._problem("name", OTHER_NAME.format(known=known.name, given=str(given["name"]))))
        if names:
            labels = [self._headers.label(OWNER + name) for name in names]
            columns = Label("、".join(label.zh for label in labels), ", ".join(label.en for label in labels))
            found.append(self._problem("name", NOT_CHANGED.format(columns=columns)))
        return tuple(found)

    def _problem(self, name: str, message: Label) -> CellProblem:
        return CellProblem(self._headers.label(OWNER + name), message)

    def _told(self, answers: Answers) -> tuple[CellProblem, ...]:
        return tuple(self._problem(problem.field, problem.message) for problem in answers.problems)


_USCC = tuple(field for field in ORGANISATION_FIELDS if field.name == "uscc")


def own_organisation(uow: UnitOfWork, actor: Actor, side: Side) -> Organisation | None:
    """Return the only organisation that the actor may import for, or None when they may for all; raises InvalidInput."""
    if allowed(actor, f"{side.entity}.review"):
        return None
    own = uow.session.get(Organisation, actor.organisation_id) if actor.organisation_id is not None else None
    if own is None:
        raise refuse(NO_OWN)
    return own


def _identity(given: Mapping[str, Any]) -> tuple[str, str]:
    """Return code and name, empty where not given or not readable."""
    uscc = read_answers(_USCC, given, complete=False).values["uscc"] or ""
    return uscc, " ".join(str(given.get("name", "")).split())


def _complete(given: Mapping[str, Any]) -> Answers:
    """Read what is needed to create an organisation."""
    answers = read_answers(ORGANISATION_FIELDS, given)
    if not answers.problems and answers.values["region"][:1].isdigit() and not answers.values["uscc"]:
        answers.problems.append(Problem("uscc", USCC_NEEDED))
    return answers


def write_planned(uow: UnitOfWork, actor: Actor, given: Mapping[str, Any]) -> Organisation:
    """Return the organisation that a list planned, created when it is still not there; raises InvalidInput."""
    answers = _complete(given)
    if answers.problems:
        raise InvalidInput(answers.problems)
    found = find_organisation(uow, uscc=answers.values["uscc"], name=answers.values["name"])
    if found is None:
        found = add_organisation(uow, answers.values)
        audit.record(uow, actor, "organisation.create", "organisation", found.id)
    return found
