"""Where needs come from, how they are shown, and how two sides work together."""

from matcher.core.labels import Label
from matcher.core.vocabularies.base import Vocabulary

NEED_SOURCE = Vocabulary(
    "need_source",
    {
        "enterprise": Label("企业需求", "Enterprise"),
        "planning": Label("政府规划需求", "Government planning"),
        "livelihood": Label("社会民生需求", "Public and livelihood"),
        "scenario": Label("场景机会", "Scenario opportunity"),
    },
    aliases={"企业": "enterprise", "规划": "planning", "民生": "livelihood", "场景": "scenario"},
)

SHORT_COOPERATION = Vocabulary(
    "short_cooperation",
    {
        "diagnosis": Label("技术诊断", "Technical diagnosis"),
        "training": Label("专题培训", "Training"),
        "consulting": Label("技术咨询", "Consulting"),
        "testing": Label("检验检测", "Testing"),
        "other_short": Label("其他短期方式", "Other, short term"),
    },
)

LONG_COOPERATION = Vocabulary(
    "long_cooperation",
    {
        "joint_development": Label("联合开发", "Joint development"),
        "commissioned": Label("委托研发", "Commissioned research"),
        "transfer": Label("技术转让", "Technology transfer"),
        "licence": Label("技术许可", "Licence"),
        "joint_platform": Label("共建平台", "Joint platform"),
        "equity": Label("作价入股", "Equity"),
    },
)

IP_OWNERSHIP = Vocabulary(
    "ip_ownership",
    {
        "owner": Label("归需求方", "With the asking side"),
        "solver": Label("归研发方", "With the solving side"),
        "shared": Label("双方共有", "Shared"),
        "negotiable": Label("协商确定", "To be agreed"),
    },
)

DISCLOSURE = Vocabulary(
    "disclosure",
    {
        "open": Label("公开", "Open"),
        "redacted": Label("脱敏公开", "Redacted"),
        "targeted": Label("定向公开", "Chosen organisations"),
        "closed": Label("不公开", "Not shown"),
    },
    aliases={"定向": "targeted", "脱敏": "redacted"},
)

OFFER_COOPERATION = Vocabulary(
    "offer_cooperation",
    {
        "exclusive_licence": Label("独占许可", "Exclusive licence"),
        "sole_licence": Label("独家许可", "Sole licence"),
        "ordinary_licence": Label("普通许可", "Ordinary licence"),
        "transfer": Label("所有权转让", "Transfer of ownership"),
        "joint_development": Label("合作开发", "Joint development"),
        "service": Label("技术服务", "Technical service"),
        "consulting": Label("技术咨询", "Consulting"),
        "equity": Label("作价入股", "Equity"),
    },
    aliases={"联合开发": "joint_development", "技术转让": "transfer", "技术许可": "ordinary_licence"},
)
