"""How an indicator relates to its value."""

from matcher.core.labels import Label
from matcher.core.vocabularies.base import Vocabulary

COMPARATOR = Vocabulary(
    "comparator",
    {
        "ge": Label("≥", "≥"),
        "gt": Label(">", ">"),
        "le": Label("≤", "≤"),
        "lt": Label("<", "<"),
        "eq": Label("=", "="),
        "range": Label("范围", "range"),
        "pm": Label("±", "±"),
        "text": Label("文字说明", "in words"),
    },
    aliases={
        "不低于": "ge",
        "不少于": "ge",
        "不小于": "ge",
        "至少": "ge",
        "大于等于": "ge",
        ">=": "ge",
        "大于": "gt",
        "高于": "gt",
        "不高于": "le",
        "不超过": "le",
        "不大于": "le",
        "至多": "le",
        "小于等于": "le",
        "<=": "le",
        "小于": "lt",
        "低于": "lt",
        "等于": "eq",
        "~": "range",
        "–": "range",
        "至": "range",
        "between": "range",
        "文字": "text",
    },
)
