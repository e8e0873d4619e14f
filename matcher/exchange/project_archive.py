"""A project that came to its end as one ZIP: from the needs to the acceptance, each reader with what they may read.

Everybody gets what was public: needs that are open to them, notices, the list, the award, the outcome. Whoever may read
more of a part (bids, task books with their money, gates, the experts' argument) finds it in their copy too.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from io import BytesIO
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile

from openpyxl import Workbook
from sqlalchemy import select

from matcher.core import audit
from matcher.core.errors import NotFound
from matcher.core.filestore import FileStore
from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.permissions import allowed, require
from matcher.core.unit_of_work import UnitOfWork
from matcher.exchange.call_document import call_document
from matcher.exchange.call_workbook import call_workbook
from matcher.exchange.task_book_document import task_book_document
from matcher.exchange.writing import header_cell
from matcher.needs import service as needs
from matcher.needs.model import Need
from matcher.projects import files
from matcher.projects.bids import queries as bid_queries
from matcher.projects.bids import service as bids
from matcher.projects.bids.model import Bid
from matcher.projects.delivery import books, gate_plan, gates, view
from matcher.projects.delivery.view import SeenBook
from matcher.projects.lifecycle import BID_LIFECYCLE, MODE_LABELS, PROJECT_LIFECYCLE, MemberState
from matcher.projects.setup import argument, objections, public
from matcher.projects.setup.deciding import content_of
from matcher.projects.setup.public import ENDED, ShownProject

NOT_ENDED = Label("项目结束后才有档案。", "A project has an archive once it has come to its end.")
PARTS = {
    "needs": Label("需求", "Needs"),
    "project": Label("项目", "Project"),
    "argument": Label("专家论证", "Argument of the experts"),
    "notices": Label("公示与异议", "Notices and objections"),
    "list": Label("榜单", "List"),
    "bids": Label("揭榜申请", "Bids"),
    "award": Label("揭榜结果", "Award"),
    "task_books": Label("任务书、实施与验收", "Task books, work and acceptance"),
    "gates": Label("赛马考核", "Gates of the race"),
}
HEADS = (Label("部分", "Part"), Label("文件", "File"), Label("字节", "Bytes"), Label("SHA-256", "SHA-256"))


@dataclass(slots=True)
class _Packer:
    """Put files into the ZIP one after another, and remember them for the index."""

    zip: ZipFile
    rows: list[tuple[str, str, int, str]] = field(default_factory=list)

    def put(self, part: str, name: str, content: bytes) -> None:
        path = f"{list(PARTS).index(part) + 1:02d}-{part}/{name}"
        self.zip.writestr(path, content)
        self.rows.append((part, path, len(content), sha256(content).hexdigest()))

    def put_json(self, part: str, name: str, content: object) -> None:
        self.put(part, name, _json(content))


def _json(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False, indent=2, default=str).encode()


def is_ready(project_state: str) -> bool:
    """Say whether a project in this state has an archive."""
    return project_state in ENDED


def ended_project(uow: UnitOfWork, actor: Actor, project_id: int) -> ShownProject:
    """Return a project that has an archive; raises NotFound for what is not public or has not come to its end."""
    require(actor, "archive.read")
    shown = public.project(uow, actor, project_id)
    if not is_ready(shown.project.state):
        raise NotFound(NOT_ENDED)
    return shown


def write_archive(
    uow: UnitOfWork, actor: Actor, shown: ShownProject, store: FileStore, language: str, target: IO[bytes]
) -> None:
    """Write the archive of a project that `ended_project` returned into `target`, as far as the actor may read it."""
    with ZipFile(target, "w", ZIP_DEFLATED) as opened:
        packer = _Packer(opened)
        _needs(uow, actor, shown, packer)
        packer.put_json("project", "project.json", _facts(shown))
        if allowed(actor, "archive.full"):
            _argument(uow, shown, packer)
        _notices(uow, actor, shown, packer)
        if shown.project.call_id is not None and shown.project.published_at is not None:
            listed = public.call(uow, shown.project.call_id)
            packer.put("list", f"{listed.call.number}.docx", call_document(listed, language))
            packer.put("list", f"{listed.call.number}.xlsx", call_workbook(listed, language))
        _bids(uow, actor, shown, store, packer)
        packer.put_json("award", "teams.json", [asdict(one) for one in shown.teams])
        _task_books(uow, actor, shown, store, language, packer)
        if allowed(actor, "archive.full"):
            _gates(uow, shown, store, packer)
        opened.writestr("index.json", _json(_index(uow, shown, packer)))
        opened.writestr("index.xlsx", _index_workbook(packer, language))
    audit.record(uow, actor, "project.archive", "project", shown.project.id, files=len(packer.rows))


def _facts(shown: ShownProject) -> dict[str, Any]:
    project = shown.project
    return {
        "number": project.number, "office": project.organisation.name, "state": project.state.value,
        "published_at": project.published_at, "opens_at": project.opens_at, "closes_at": project.closes_at,
        "ended_at": project.ended_at, "outcome": project.outcome, "demand_index": project.demand_index,
    } | content_of(project)  # fmt: skip


def _needs(uow: UnitOfWork, actor: Actor, shown: ShownProject, packer: _Packer) -> None:
    """Put in the needs as this reader sees them; those that are hidden are counted, not named."""
    wanted = [one.need_id for one in shown.project.need_rows]
    rows = uow.session.scalars(select(Need).where(Need.id.in_(wanted)).order_by(Need.id)).unique()
    seen = [one for need in rows if (one := needs.seen(uow, actor, need)) is not None]
    for one in seen:
        needs.write_look(uow, actor, one)
    told = [{"number": one.need.number, "view": one.view.value} | one.answers for one in seen]
    packer.put_json("needs", "needs.json", {"needs": told, "not_shown": len(wanted) - len(told)})


def _argument(uow: UnitOfWork, shown: ShownProject, packer: _Packer) -> None:
    found = argument.argument_of(uow, shown.project)
    if found is not None and found.result is not None:
        kept = {"total": found.result.total, "by_criterion": found.result.by_criterion, "sheets": found.sheets}
        packer.put_json("argument", "argument.json", kept | {"comments": found.result.comments})


def _notices(uow: UnitOfWork, actor: Actor, shown: ShownProject, packer: _Packer) -> None:
    told = [
        {"id": one.id, "kind": one.kind, "opens_at": one.opens_at, "closes_at": one.closes_at, "content": one.content}
        for one in shown.notices
    ]
    packer.put_json("notices", "notices.json", told)
    if allowed(actor, "objection.answer"):
        rows = [one for one, _ in objections.of_project(uow, actor, shown.project.id)]
        names = ("id", "notice_id", "state", "name", "organisation", "text", "filed_at", "answer", "answered_at")
        packer.put_json("notices", "objections.json", [_columns(one, names) for one in rows])


def _columns(row: object, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


BID = ("number", "state", "leader", "approach", "reasons", "plan", "strengths", "months", "price", "own_funds", "milestones", "budget", "submitted_at")  # fmt: skip


def _bids(uow: UnitOfWork, actor: Actor, shown: ShownProject, store: FileStore, packer: _Packer) -> None:
    """Put in the bids that this reader may read with their names; the winners are named to everybody in the award."""
    for bid in bid_queries.of_project(uow, shown.project.id):
        if not bids.may_read(uow, actor, bid):
            continue
        kept = _columns(bid, BID) | {
            "lead": bid.organisation.name,
            "state_name": BID_LIFECYCLE.labels[bid.state].zh,
            "members": _members(bid),
            "commitments": [one.row().to_json() for one in bid.commitments],
        }
        packer.put_json("bids", f"{bid.number}.json", kept)
        _attached(uow, "bid", [bid.id], store, packer, "bids", bid.number)


def _members(bid: Bid) -> list[dict[str, Any]]:
    agreed = (one for one in bid.members if one.state is MemberState.AGREED)
    return [{"name": one.organisation.name, "task": one.task, "share": one.share} for one in agreed]


def _task_books(
    uow: UnitOfWork, actor: Actor, shown: ShownProject, store: FileStore, language: str, packer: _Packer
) -> None:
    for book in books.of_project(uow, shown.project.id):
        if not books.may_see(uow, actor, books.get(uow, book.id)):
            continue
        seen = view.book(uow, actor, book.id)
        document = task_book_document(seen.found, seen.milestones, seen.payments, seen.signers, language)
        packer.put("task_books", f"{book.number}.docx", document)
        packer.put_json("task_books", f"{book.number}.json", _work(seen))
        for entity, of_entity in seen.files.items():
            _attached(uow, entity, list(of_entity), store, packer, "task_books", book.number)


def _work(seen: SeenBook) -> dict[str, Any]:
    """Return what became of a task book; money only where the reader sees it."""
    accepted = seen.acceptance
    money = ("source", "occasion", "amount", "state", "planned_on", "paid_on", "reference")
    return {
        "content": books.content_of(seen.found),
        "state": seen.found.book.state.value,
        "milestones": [_columns(one, ("title", "due_on", "state", "deliverable", "report", "reported_at", "answer")) for one in seen.milestones],
        "payments": [_columns(one, money) for one in seen.payments],
        "reports": [_columns(one, ("kind", "at", "text")) for one in seen.reports],
        "changes": [_columns(one, ("kind", "state", "text", "asked_at", "answer", "answered_at")) for one in seen.changes],
        "acceptance": _columns(accepted, ("summary", "applied_at", "verdict", "grade", "comment", "decided_at")) if accepted else None,
        "indicators": [asdict(one) for one in seen.compared],
        "results": [{"number": one.number, "title": one.title} for one in seen.results],
    }  # fmt: skip


def _gates(uow: UnitOfWork, shown: ShownProject, store: FileStore, packer: _Packer) -> None:
    told = []
    for gate in gate_plan.of_project(uow, shown.project.id):
        entries = gates.entries(uow, gate.id)
        names = ("bid_id", "evidence", "handed_in_at", "reported", "score", "outcome", "into_bid_id", "reason")
        kept = _columns(gate, ("title", "due_on", "state", "share", "criteria", "evidence", "decided_at"))
        told.append(kept | {"teams": [_columns(one, names) for one in entries.values()]})
        _attached(uow, "gate_entry", [one.id for one in entries.values()], store, packer, "gates", f"gate-{gate.id}")
    if told:
        packer.put_json("gates", "gates.json", told)


def _attached(
    uow: UnitOfWork, entity: str, ids: Sequence[int], store: FileStore, packer: _Packer, part: str, folder: str
) -> None:
    for of_one in files.of_many(uow, entity, ids).values():
        for one in of_one:
            path = store.path(one.content_hash)
            if path.is_file():
                packer.put(part, f"{folder}/{entity}-{one.id}-{one.name}", path.read_bytes())


def _index(uow: UnitOfWork, shown: ShownProject, packer: _Packer) -> Mapping[str, Any]:
    project = shown.project
    return {
        "project": project.number,
        "title": project.title,
        "mode": MODE_LABELS[project.mode].zh,
        "state": PROJECT_LIFECYCLE.labels[project.state].zh,
        "made_at": uow.clock(),
        "files": [dict(zip(("part", "path", "bytes", "sha256"), row, strict=True)) for row in packer.rows],
    }


def _index_workbook(packer: _Packer, language: str) -> bytes:
    book = Workbook(write_only=True)
    page = book.create_sheet("index")
    for letter, width in zip("ABCD", (24, 60, 12, 70), strict=True):
        page.column_dimensions[letter].width = width
    page.append([header_cell(page, head.text(language)) for head in HEADS])
    for part, path, size, digest in packer.rows:
        page.append([PARTS[part].text(language), path, size, digest])
    content = BytesIO()
    book.save(content)
    return content.getvalue()
