"""A task book (任务书) as a Word document in the usual form: cover, parties, goals, indicators, milestones, money, signatures."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from docx.enum.text import WD_BREAK

from matcher.core.clock import SHANGHAI
from matcher.core.labels import Label
from matcher.core.rows import IndicatorRow, format_indicator
from matcher.exchange import word
from matcher.projects.delivery.books import PARTY_LABELS, Dossier, Party, content_of
from matcher.projects.delivery.lifecycle import PaymentState
from matcher.projects.delivery.model import Milestone, Payment
from matcher.projects.delivery.payments import OCCASION_LABELS, SOURCE_LABELS, Occasion, Source
from matcher.projects.lifecycle import MODE_LABELS

TITLE = Label("项目任务书", "Task book")
W = {
    "number": Label("任务书编号", "Number"),
    "project": Label("项目名称", "Project"),
    "mode": Label("组织方式", "Mode"),
    "term": Label("执行期限", "Term"),
    "leader": Label("项目负责人", "Leader"),
    "amount": Label("合同金额（元）", "Amount (yuan)"),
    "parties": Label("一、签约各方", "1. Parties"),
    "goals": Label("二、研究目标与内容", "2. Goals and content"),
    "indicators": Label("三、考核指标", "3. Indicators"),
    "milestones": Label("四、进度安排", "4. Milestones"),
    "money": Label("五、经费与拨付", "5. Funds and payments"),
    "duties": Label("六、各方责任", "6. Responsibilities"),
    "signatures": Label("七、签署", "7. Signatures"),
    "no": Label("序号", "No."),
    "demand": Label("考核要求", "Demand"),
    "commitment": Label("承诺值", "Commitment"),
    "milestone": Label("里程碑", "Milestone"),
    "due": Label("完成日期", "Due"),
    "deliverable": Label("交付物", "Deliverable"),
    "source": Label("来源", "Source"),
    "occasion": Label("拨付条件", "Paid at"),
    "planned": Label("计划日期", "Planned"),
    "yuan": Label("金额（元）", "Yuan"),
    "member": Label("单位", "Organisation"),
    "task": Label("分工", "Task"),
    "share": Label("经费比例", "Share"),
    "sign": Label(
        "{name}（盖章）：\n\n签署人：{person}\n\n日期：{day}", "{name} (seal):\n\nSigned by: {person}\n\nDate: {day}"
    ),
}
DUTIES = (
    Label("立项单位按本任务书安排资金，组织检查与验收，协调解决实施中的问题。", "The office provides the funds, reviews and accepts, and helps with difficulties."),
    Label("牵头单位按期完成任务和考核指标，专款专用，按时报告进展与经费使用，重大变更事先报批。", "The lead fulfils tasks and indicators in time, spends the funds as agreed, reports, and asks before it changes anything of weight."),
    Label("需求单位提供试验与应用条件，按约定投入资金，参与检查与验收。", "The owner of the need provides conditions for trials, pays its part and takes part in reviews."),
)  # fmt: skip


def task_book_document(
    found: Dossier,
    milestones: Sequence[Milestone],
    payments: Sequence[Payment],
    signers: Mapping[Party, str],
    language: str,
) -> bytes:
    """Return a task book as a .docx file; `signers` names who signed for each party, once they have."""
    document, content = word.new_document(), content_of(found)
    _cover(document, found, content, bool(payments), language)
    _heading(document, "parties", language)
    _parties(document, found, content, language)
    _heading(document, "goals", language)
    word.paragraphs(document, "\n".join(str(content[name]) for name in ("goals", "approach", "plan") if content[name]))
    _heading(document, "indicators", language)
    _indicators(document, content, language)
    _heading(document, "milestones", language)
    rows = [(str(n), m.title, m.due_on.isoformat(), m.deliverable) for n, m in enumerate(milestones, 1)]
    word.grid(document, _heads(language, "no", "milestone", "due", "deliverable"), rows, (1.4, 4.4, 2.8, 7.2))
    if payments:  # the desk reads no money
        _heading(document, "money", language)
        _money(document, payments, {m.id: m.title for m in milestones}, language)
    _heading(document, "duties", language)
    for number, duty in enumerate(DUTIES, 1):
        word.paragraphs(document, f"{number}. {duty.text(language)}")
    _heading(document, "signatures", language)
    _signatures(document, found, content, signers, language)
    return word.as_bytes(document)


def _heading(document: Any, name: str, language: str) -> None:
    document.add_heading(W[name].text(language), 1)


def _heads(language: str, *names: str) -> list[str]:
    return [W[name].text(language) for name in names]


def _cover(document: Any, found: Dossier, content: Mapping[str, Any], with_money: bool, language: str) -> None:
    for _ in range(4):
        document.add_paragraph()
    word.title(document, TITLE.text(language), str(content["title"]))
    for _ in range(3):
        document.add_paragraph()
    book = found.book
    word.facts(document, [
        (W["number"].text(language), book.number),
        (W["project"].text(language), f"{found.project.number} {content['title']}"),
        (W["mode"].text(language), MODE_LABELS[found.project.mode].text(language)),
        (PARTY_LABELS[Party.OFFICE].text(language), str(content["office"])),
        (PARTY_LABELS[Party.LEAD].text(language), str(content["lead"])),
        (PARTY_LABELS[Party.OWNER].text(language), str(content["owner"])),
        (W["leader"].text(language), str(content["leader"])),
        (W["term"].text(language), f"{book.starts_on.isoformat()} – {book.ends_on.isoformat()}"),
        (W["amount"].text(language), _yuan(book.amount) if with_money else ""),
    ])  # fmt: skip
    document.add_paragraph().add_run().add_break(WD_BREAK.PAGE)


def _parties(document: Any, found: Dossier, content: Mapping[str, Any], language: str) -> None:
    names = {Party.OFFICE: content["office"], Party.LEAD: content["lead"], Party.OWNER: content["owner"]}
    word.facts(document, [(PARTY_LABELS[party].text(language), str(name)) for party, name in names.items()])
    document.add_paragraph()
    rows = [(m["name"], m["task"], f"{m['share']}%") for m in content["members"]]
    word.grid(document, _heads(language, "member", "task", "share"), rows, (6.4, 7, 2.4))


def _indicators(document: Any, content: Mapping[str, Any], language: str) -> None:
    rows = [
        (str(n), _line(one["demand"]), _line(one["commitment"]) if one["commitment"] else "—")
        for n, one in enumerate(content["indicators"], 1)
    ]
    word.grid(document, _heads(language, "no", "demand", "commitment"), rows, (1.4, 7.2, 7.2))


def _line(row: Mapping[str, Any]) -> str:
    return format_indicator(IndicatorRow(**row))


def _money(document: Any, payments: Sequence[Payment], titles: Mapping[int, str], language: str) -> None:
    rows = []
    for number, one in enumerate((p for p in payments if p.state is not PaymentState.CANCELLED), 1):
        occasion = OCCASION_LABELS[Occasion(one.occasion)].text(language)
        if one.milestone_id is not None and one.milestone_id in titles:
            occasion += f"：{titles[one.milestone_id]}"
        day = one.planned_on.isoformat() if one.planned_on else ""
        rows.append((str(number), SOURCE_LABELS[Source(one.source)].text(language), occasion, day, _yuan(one.amount)))
    word.grid(
        document, _heads(language, "no", "source", "occasion", "planned", "yuan"), rows, (1.4, 2.8, 5.4, 2.8, 3.4)
    )


def _signatures(
    document: Any, found: Dossier, content: Mapping[str, Any], signers: Mapping[Party, str], language: str
) -> None:
    for party, name in (
        (Party.OFFICE, content["office"]),
        (Party.LEAD, content["lead"]),
        (Party.OWNER, content["owner"]),
    ):
        if not name:
            continue
        moment = getattr(found.book, f"{party}_signed_at")
        day = moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M") if moment else "        "
        text = W["sign"].format(name=name, person=signers.get(party, ""), day=day).text(language)
        word.facts(document, [(PARTY_LABELS[party].text(language), text)])
        document.add_paragraph()


def _yuan(amount: Decimal) -> str:
    return f"{amount:,.2f}"
