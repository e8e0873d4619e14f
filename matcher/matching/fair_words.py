"""What an owner reads of a “no”: a declared reason becomes fair words for each side, without names and without blame."""

from matcher.core.labels import Label
from matcher.matching.introduction_model import Party

#: Reason → (to the owner of the need, to the owner of the result).
FAIR_WORDS: dict[str, tuple[Label, Label]] = {
    "too_early": (
        Label(
            "这项成果目前的成熟度离您的要求还有距离。",
            "The result is not yet as mature as you need it.",
        ),
        Label(
            "对方需要更成熟的技术。有了中试或应用数据，欢迎更新成果，系统会重新匹配。",
            "They need something more mature. Once you have pilot or field data, update your result: it is matched again.",
        ),
    ),
    "benefit_unclear": (
        Label(
            "从现有材料还看不出能带来多少效益。写明现在的成本和损失，会更容易判断。",
            "The material does not show yet what it would bring. Saying what the problem costs today makes it easier to tell.",
        ),
        Label(
            "对方还看不清能带来多少效益。补充应用案例和前后对比数据会很有帮助。",
            "They could not see the benefit yet. Cases of use, with figures before and after, would help.",
        ),
    ),
    "indicators_not_met": (
        Label(
            "这项成果目前达不到您的技术指标。",
            "The result does not reach your figures at present.",
        ),
        Label(
            "对方的技术指标目前还达不到。如果已有更好的实测数据，请更新成果。",
            "Their figures are not reached at present. If you have measured better ones, please update your result.",
        ),
    ),
    "price": (
        Label("双方在预算与价格上还有差距。", "Budget and price are too far apart."),
        Label("双方在预算与价格上还有差距。", "Budget and price are too far apart."),
    ),
    "ip": (
        Label("双方对知识产权或独占条件的想法不同。", "The two sides see IP or exclusivity differently."),
        Label("双方对知识产权或独占条件的想法不同。", "The two sides see IP or exclusivity differently."),
    ),
    "already_solved": (
        Label("这项需求已经有了解决办法。", "The need has found its solution."),
        Label(
            "对方的问题已经有了解决办法，与成果的好坏无关。",
            "They have found a solution already; it says nothing about your result.",
        ),
    ),
    "description_unclear": (
        Label(
            "材料还不够清楚，难以判断。补充主要指标和现状后，系统会重新匹配。",
            "The description is not clear enough to tell. Add figures and the present state: it is matched again.",
        ),
        Label(
            "材料还不够清楚，难以判断。补充性能指标和应用场景后，系统会重新匹配。",
            "The description is not clear enough to tell. Add figures and uses: it is matched again.",
        ),
    ),
    "out_of_field": (
        Label("看起来相近，实际属于不同的技术方向。", "They look alike, but belong to different fields."),
        Label("看起来相近，实际属于不同的技术方向。", "They look alike, but belong to different fields."),
    ),
    "no_capacity": (
        Label("对方团队近期没有精力承接，与您的需求无关。", "The team has no capacity at present; it says nothing about your need."),
        Label("对方近期没有精力推进，与成果的好坏无关。", "They have no capacity at present; it says nothing about your result."),
    ),
    "other": (
        Label("对方有其他考虑。想了解更多，可以联系撮合人员。", "There were other reasons. The desk can tell you more."),
        Label("对方有其他考虑。想了解更多，可以联系撮合人员。", "There were other reasons. The desk can tell you more."),
    ),
}  # fmt: skip


def fair_words(reason: str | None, audience: Party) -> Label:
    """Return what the owner of one side reads of a reason; an unknown one reads like “other”."""
    words = FAIR_WORDS.get(reason or "other", FAIR_WORDS["other"])
    return words[0] if audience is Party.NEED else words[1]
