"""Why a pairing is declined: the codes that go back to the owners and teach the ranking."""

from matcher.core.labels import Label
from matcher.core.vocabularies.base import Vocabulary

DECLINE_REASON = Vocabulary(
    "decline_reason",
    {
        "too_early": Label("成熟度不足", "Too early"),
        "benefit_unclear": Label("效益不明确", "Benefit unclear"),
        "indicators_not_met": Label("技术指标达不到", "Indicators not met"),
        "price": Label("价格或预算不合", "Price or budget"),
        "ip": Label("知识产权或排他性问题", "IP or exclusivity"),
        "already_solved": Label("需求已解决", "Already solved"),
        "description_unclear": Label("描述不清楚", "Description unclear"),
        "out_of_field": Label("领域不符", "Out of field"),
        "no_capacity": Label("对方暂无精力承接", "No capacity"),
        "other": Label("其他原因", "Other"),
    },
)
