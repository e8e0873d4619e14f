"""What a row of the record was about and what it says beside the action, in words; codes and ids become names in one query a kind.

The administrator reads numbers of needs and pairings, never titles: what is confidential stays so in the record.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import select

from matcher.accounts.model import Organisation, Person
from matcher.core.audit import AuditRow
from matcher.core.labels import Label
from matcher.core.numbers import LETTERS, number_of
from matcher.core.unit_of_work import UnitOfWork
from matcher.core.vocabularies import DECLINE_REASON, DISCLOSURE
from matcher.events.outcomes import OUTCOME
from matcher.matching.model import Pairing
from matcher.messages.kinds import KINDS, RHYTHM_LABELS, MessageKind, Rhythm
from matcher.needs.fields import NEED_FIELDS
from matcher.offers.fields import OFFER_FIELDS
from matcher.web.language import t

YES, NO, NOBODY = Label("是", "yes"), Label("否", "no"), Label("无人", "nobody")
PARTIES = {
    "need": Label("需求方", "asking side"), "offer": Label("成果方", "offering side"),
    "office": Label("主管部门", "office"), "owner": Label("需求方", "asking side"), "team": Label("团队", "team"),
}  # fmt: skip
#: What each detail is called. Where it names a thing, `OF_KIND` says of which kind.
KEYS: dict[str, Label] = {
    "adopted": Label("已采用", "Adopted"), "after": Label("改为", "After"), "amount": Label("金额（元）", "Amount (yuan)"),
    "arrived": Label("收到", "Arrived"), "before": Label("原来", "Before"), "bid": Label("揭榜申请", "Bid"),
    "call": Label("榜单", "List"), "change": Label("变更申请", "Change request"), "changed": Label("有变化", "Changed"),
    "coming": Label("参加", "Comes"), "comment": Label("意见", "Comment"), "count": Label("数量", "Count"),
    "disclosure": Label("公开方式", "Disclosure"), "due": Label("到期", "Due"), "due_on": Label("到期", "Due"),
    "expert": Label("专家", "Expert"), "fields": Label("改了", "Changed"), "file": Label("文件", "File"),
    "files": Label("文件数", "Files"), "for_desk": Label("只给撮合人员", "For the desk only"),
    "for_sides": Label("双方可见", "Shown to both sides"), "former": Label("原申请", "Former bid"),
    "grade": Label("等级", "Grade"), "interested": Label("有意向", "Interested"), "into": Label("并入", "Into"),
    "invited": Label("邀请家数", "Invited"), "kind": Label("种类", "Kind"), "kinds": Label("邮件种类", "Kinds of mail"),
    "left": Label("未改动", "Left as they were"), "milestone": Label("里程碑", "Milestone"), "name": Label("名称", "Name"),
    "need": Label("需求", "Need"), "needs": Label("需求", "Needs"), "new": Label("新增", "New"),
    "new_account": Label("新开账号", "New account"), "note": Label("说明", "Note"), "notice": Label("公示", "Notice"),
    "of": Label("接自", "From"), "offer": Label("成果", "Result"), "on": Label("日期", "Day"),
    "organisation": Label("机构", "Organisation"), "outcome": Label("结果", "Outcome"), "outcomes": Label("结果", "Outcomes"),
    "pairing": Label("匹配", "Pairing"), "party": Label("一方", "Side"), "payment": Label("拨款", "Payment"),
    "people": Label("人数", "People"), "plan": Label("时间表", "Timetable"), "project": Label("课题", "Project"),
    "projects": Label("课题", "Projects"), "reason": Label("原因", "Reason"), "report": Label("报告", "Report"),
    "rules": Label("规则", "Rules"), "seat": Label("席位", "Seat"), "share": Label("拨款比例", "Share"),
    "sheet": Label("评分表", "Score sheet"), "stage": Label("阶段", "Stage"), "teams": Label("团队数", "Teams"),
    "to": Label("交给", "To"), "topic": Label("共性需求", "Common problem"), "topics": Label("共性需求数", "Common problems"),
    "unchanged": Label("未变", "Unchanged"), "update": Label("更新", "Updated"), "upheld": Label("成立", "Upheld"),
    "weights": Label("权重", "Weights"), "why": Label("原因", "Why"), "wrong": Label("有误", "Wrong"),
} | {kind.value: about.label for kind, about in KINDS.items()}  # fmt: skip
OF_KIND = {
    "bid": "bid", "call": "call", "former": "bid", "need": "need", "needs": "need", "offer": "offer", "organisation": "organisation",
    "pairing": "pairing", "project": "project", "projects": "project", "topic": "topic", "of": "person",
}  # fmt: skip
BOXES = {
    "need": {one.name: one.label for one in NEED_FIELDS}, "offer": {one.name: one.label for one in OFFER_FIELDS}
}  # fmt: skip
CODES: dict[str, Callable[[str], Label]] = {
    "reason": lambda code: DECLINE_REASON.label(code) if code in DECLINE_REASON else Label(code, code),
    "disclosure": lambda code: DISCLOSURE.label(code) if code in DISCLOSURE else Label(code, code),
    "outcome": lambda code: OUTCOME.label(code) if code in OUTCOME else Label(code, code),
    "party": lambda code: PARTIES.get(code, Label(code, code)),
    "kinds": lambda code: KINDS[MessageKind(code)].label if code in set(MessageKind) else Label(code, code),
}


class Names:
    """Hold what the things of some rows are called, read in one query a kind."""

    def __init__(self, uow: UnitOfWork, rows: Iterable[AuditRow]) -> None:
        wanted: dict[str, set[int]] = {"person": set(), "organisation": set(), "pairing": set()}
        for row in rows:
            for kind, number in _mentioned(row):
                wanted.get(kind, set()).add(number)
        self._found: dict[tuple[str, int], str] = {}
        for kind, model in (("person", Person), ("organisation", Organisation)):
            query = select(model.id, model.name).where(model.id.in_(wanted[kind]))
            self._found |= {(kind, key): name for key, name in uow.session.execute(query)} if wanted[kind] else {}
        pairs = select(Pairing.id, Pairing.need_id, Pairing.offer_id).where(Pairing.id.in_(wanted["pairing"]))
        for key, need, offer in uow.session.execute(pairs) if wanted["pairing"] else ():
            self._found["pairing", key] = f"{number_of('need', need)} ↔ {number_of('offer', offer)}"

    def of(self, kind: str, number: int) -> str:
        """Return what a thing is called: its name or number; its bare id where it has neither."""
        kind = "need" if kind == "scenario" else kind  # a scenario is a need of that source
        if kind in LETTERS:
            return number_of(kind, number)
        return self._found.get((kind, number), str(number))


def _kind_of(row: AuditRow, key: str) -> str | None:
    """Return of which kind the thing is that a detail names."""
    if key == "to":
        return "organisation" if row.action == "need.disclose" else "person"
    if key == "needs" and not isinstance(row.detail[key], list):
        return None  # a count
    return "topic" if key == "into" else OF_KIND.get(key)


def _mentioned(row: AuditRow) -> Iterable[tuple[str, int]]:
    if row.entity_id is not None:
        yield row.entity, row.entity_id
    for key, value in row.detail.items():
        kind = _kind_of(row, key)
        if kind and isinstance(value, int):
            yield kind, value


def thing(row: AuditRow, names: Names) -> str:
    """Return what a row was about."""
    return names.of(row.entity, row.entity_id) if row.entity_id is not None else ""


def details(row: AuditRow, names: Names) -> list[tuple[str, str]]:
    """Return what else a row says, as word and value; what is empty is left out."""
    known: Mapping[str, Any] = row.detail
    return [
        (t(KEYS[key]) if key in KEYS else key, _value(row, names, key, value))
        for key, value in known.items()
        if value not in (None, "", [], {}) or (key == "to" and row.action.endswith(".assign"))
    ]


def _value(row: AuditRow, names: Names, key: str, value: Any) -> str:
    kind = _kind_of(row, key)
    if isinstance(value, bool):
        return t(YES if value else NO)
    if value is None:
        return t(NOBODY)
    if key == "invited" and isinstance(value, list):
        return str(len(value))
    if isinstance(value, list):
        return t(Label("、", ", ")).join(_value(row, names, key, one) for one in value)
    if isinstance(value, dict):
        return t(Label("，", ", ")).join(f"{name} {one}" for name, one in value.items())
    if kind and isinstance(value, int):
        return names.of(kind, value)
    if key == "fields" and str(value) in (boxes := BOXES.get(row.entity, {})):
        return t(boxes[str(value)])
    if key in CODES:
        return t(CODES[key](str(value)))
    return t(RHYTHM_LABELS[Rhythm(value)]) if key in set(MessageKind) and value in set(Rhythm) else str(value)
