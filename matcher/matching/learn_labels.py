"""Words for learning: outcomes of a training, what each feature is, and how strongly it moved the order."""

from collections.abc import Mapping
from dataclasses import dataclass

from matcher.core.labels import Label
from matcher.engine.ranking import FEATURES
from matcher.engine.trial import Verdict
from matcher.matching.explain_labels import score_label
from matcher.matching.learn import Readiness, Training

MORE, LESS = Label("更看重", "counts for more"), Label("看得更轻", "counts for less")
#: Effects below this move no pair past another that people would notice.
LEAST_EFFECT = 0.02


@dataclass(frozen=True, slots=True)
class Effect:
    """Hold how much a feature counts beyond the formula; `share` (0…1) is its size against the strongest."""

    label: Label
    raised: bool
    share: float

    @property
    def word(self) -> Label:
        """Return whether it counts for more or less."""
        return MORE if self.raised else LESS


def effects_of(stored: Mapping[str, float]) -> list[Effect]:
    """Return what a version has learned, the strongest first; what hardly moves anything is left out."""
    known = {name: value for name, value in stored.items() if name in FEATURES and abs(value) >= LEAST_EFFECT}
    strongest = max(map(abs, known.values()), default=1.0)
    ranked = sorted(known.items(), key=lambda effect: -abs(effect[1]))
    return [Effect(score_label(name), value > 0, abs(value) / strongest) for name, value in ranked]


VERDICT_LABELS = {
    Verdict.BETTER: Label("明显更好，已采用", "Clearly better, adopted"),
    Verdict.NOT_BETTER: Label("没有明显更好，未采用", "Not clearly better, not adopted"),
    Verdict.TOO_FEW: Label("决定太少，未试算", "Too few decisions to try"),
}


def missing_words(ready: Readiness) -> Label | None:
    """Say what is missing before anything can be learned; None where nothing is."""
    if ready.missing:
        return Label(
            "可用于学习的决定有 {have} 条，至少还需要 {missing} 条。",
            "There are {have} decisions to learn from; at least {missing} more are needed.",
        ).format(have=ready.decisions, missing=ready.missing)
    if ready.missing_accepted or ready.missing_declined:
        return Label(
            "还需要至少 {yes} 条“合适”和 {no} 条“不合适”的决定。",
            "At least {yes} more “fits” and {no} more “does not fit” are needed.",
        ).format(yes=ready.missing_accepted, no=ready.missing_declined)
    return None


def outcome_words(done: Training) -> Label:
    """Say in one or two sentences what came of a training."""
    trial = done.trial
    if trial.verdict is Verdict.TOO_FEW:
        return missing_words(done.readiness) or Label(
            "决定够多了，但既有“合适”又有“不合适”的需求太少（{have} 条），还不能比较。请对同一需求的多个匹配对都作出决定。",
            "There are decisions enough, but too few needs ({have}) with both a “fits” and a “does not fit” to compare. "
            "Decide on several pairings of one need.",
        ).format(have=trial.needs)
    figures = {
        "before": f"{trial.ndcg_before:.3f}",
        "after": f"{trial.ndcg_after:.3f}",
        "version": done.version,
        "decisions": trial.decisions,
        "needs": trial.needs,
    }
    if trial.verdict is Verdict.BETTER:
        return Label(
            "第 {version} 版已采用：用 {decisions} 条决定训练，在训练时留出的 {needs} 条需求上排序质量由 {before} 变为 {after}，明显更符合这些决定。",
            "Version {version} is adopted: trained on {decisions} decisions; on {needs} needs kept out of training nDCG@10 goes from {before} to "
            "{after}, and it agrees clearly better with the decisions.",
        ).format(**figures)
    return Label(
        "第 {version} 版没有明显更好，未采用：在训练时留出的 {needs} 条需求上排序质量为 {after}，现用排序为 {before}。原来的排序继续使用。",
        "Version {version} is not clearly better and is not adopted: on {needs} needs kept out of training nDCG@10 is {after}, that of the ranking in "
        "use {before}. The ranking in use stays.",
    ).format(**figures)
