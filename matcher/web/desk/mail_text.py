"""A pairing as plain text for a mail: what is asked, what is offered, why the two fit, and what is still open."""

from matcher.core.labels import Label
from matcher.matching.explain_labels import VERDICT_LABELS
from matcher.matching.explained import Reasons
from matcher.matching.queries import OpenedPairing
from matcher.web.language import t

#: What is not for everybody is left out of a text that leaves the platform.
KEPT_BACK = Label("（该需求不公开，请勿转发详情）", "(this need is not public; do not pass on its details)")
HEADS = {
    "need": Label("需求 {number}：{title}（{owner}）", "Need {number}: {title} ({owner})"),
    "offer": Label("成果 {number}：{title}（{owner}）", "Result {number}: {title} ({owner})"),
    "promise": Label("判断：{promise}", "Promise: {promise}"),
    "indicators": Label("指标对照：", "Indicators:"),
    "indicator": Label(
        "- {name}：要求 {demand}；给出 {claim}；{verdict}", "- {name}: asked {demand}; offered {claim}; {verdict}"
    ),
    "sentences": Label("对应的说法：", "Passages that answer each other:"),
    "questions_need": Label("想请需求方补充：", "To ask of the need's side:"),
    "questions_offer": Label("想请成果方补充：", "To ask of the result's side:"),
}
NOTHING_SAID = Label("没有提到", "nothing said")
SENTENCES = 3


def mail_text(opened: OpenedPairing, reasons: Reasons) -> str:
    """Write a pairing in the language of the page; a need that is not open to all is told by its number alone."""
    need, offer = opened.need, opened.offer
    is_open = need.disclosure == "open"
    explanation = reasons.explanation
    parts = [t(HEADS["need"].format(number=need.number, title=need.title, owner=need.organisation.name))]
    if not is_open:
        parts = [f"{need.number} {t(KEPT_BACK)}"]
    parts.append(t(HEADS["offer"].format(number=offer.number, title=offer.title, owner=offer.organisation.name)))
    parts.append(t(HEADS["promise"].format(promise=reasons.promise)))
    if is_open and explanation.indicators:
        parts += ["", t(HEADS["indicators"]), *(_indicators(reasons))]
    if is_open and explanation.sentences:
        quoted = (f"- {pair.need.strip()} ↔ {pair.offer.strip()}" for pair in explanation.sentences[:SENTENCES])
        parts += ["", t(HEADS["sentences"]), *quoted]
    for whom in ("need", "offer"):
        asked = [f"- {t(one.text)}" for one in reasons.questions if one.whom == whom]
        # What is asked of the result's side quotes the demands of the need.
        if asked and (is_open or whom == "need"):
            parts += ["", t(HEADS[f"questions_{whom}"]), *asked]
    return "\n".join(parts)


def _indicators(reasons: Reasons) -> list[str]:
    return [
        t(
            HEADS["indicator"].format(
                name=row.name,
                demand=row.demand.removeprefix(row.name).strip(),
                claim=row.claim.removeprefix(row.name).strip() or NOTHING_SAID,
                verdict=VERDICT_LABELS[row.verdict],
            )
        )
        for row in reasons.explanation.indicators
    ]
