"""Words that only the desk's pages say of codes; those of the domain are in `matching.explain_labels`."""

from matcher.core.labels import Label
from matcher.matching.explain_labels import FACT_LABELS, VERDICT_LABELS, score_label
from matcher.matching.model import Verdict
from matcher.matching.queries import Progress

__all__ = ["DECISIONS", "FACT_LABELS", "VERDICT_LABELS", "VERDICT_LOOK", "agreement", "progress_text", "score_label"]

DECISIONS = {
    Verdict.ACCEPT: Label("合适", "Fits"),
    Verdict.DECLINE: Label("不合适", "Does not fit"),
    Verdict.DEFER: Label("稍后再看", "Later"),
    Verdict.REOPEN: Label("重新评审", "Reopened"),
}
#: Colour and icon of an indicator's verdict.
VERDICT_LOOK = {
    "met": ("ok", "check"),
    "nearly": ("wait", "near"),
    "not_met": ("stop", "close"),
    "unknown": ("quiet", "question"),
}
_FITS, _PARTLY = Label("相合", "Agrees"), Label("部分相合", "Agrees in part")
_OPEN, _CLASHES = Label("一般", "Neutral"), Label("不合", "Disagrees")


def agreement(value: float, shared: bool) -> tuple[Label, str, str]:
    """Return word, colour and icon of an agreement of −1 … 1; `shared` says whether the two sides name anything alike."""
    if value >= 0.75:
        return _FITS, "ok", "check"
    if value > 0 or (value == 0 and shared):
        return _PARTLY, "wait", "near"
    return (_CLASHES, "stop", "close") if value < 0 else (_OPEN, "quiet", "minus")


def progress_text(progress: Progress) -> Label:
    """Say how much matching still has to do."""
    if not progress.is_under_way:
        return Label("匹配已完成，可以刷新查看。", "Matching is done; reload to see the outcome.")
    return Label(
        "正在匹配：还有 {count} 条需求和成果等待处理，新的匹配对会陆续出现。",
        "Matching is under way: {count} needs and results to go; new pairings keep coming in.",
    ).format(count=progress.to_index + progress.to_match)
