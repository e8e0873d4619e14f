"""What an organisation is."""

from matcher.core.labels import Label
from matcher.core.vocabularies.base import Vocabulary

ORGANISATION_KIND = Vocabulary(
    "organisation_kind",
    {
        "enterprise": Label("企业", "Enterprise"),
        "university": Label("高等院校", "University"),
        "institute": Label("科研院所", "Research institute"),
        "government": Label("政府部门", "Government body"),
        "transfer_agency": Label("技术转移机构", "Technology-transfer agency"),
        "platform_operator": Label("平台运营方", "Platform operator"),
        "fund": Label("基金与金融机构", "Fund or bank"),
    },
)

NATURE = Vocabulary(
    "nature",
    {
        "state": Label("国有企业", "State-owned"),
        "private": Label("民营企业", "Private"),
        "foreign": Label("外商投资企业", "Foreign-invested"),
        "joint_venture": Label("中外合资企业", "Joint venture"),
        "collective": Label("集体企业", "Collective"),
        "other": Label("其他", "Other"),
    },
)

HONOUR = Vocabulary(
    "honour",
    {
        "high_tech": Label("高新技术企业", "High-tech enterprise"),
        "specialised": Label("专精特新企业", "Specialised and new"),
        "little_giant": Label("专精特新“小巨人”", "Little giant"),
        "chain_leader": Label("链主企业", "Chain leader"),
        "tech_sme": Label("科技型中小企业", "Technology SME"),
        "unicorn": Label("独角兽或瞪羚企业", "Unicorn or gazelle"),
        "listed": Label("上市公司", "Listed company"),
    },
    aliases={"专精特新": "specialised", "小巨人": "little_giant", "链主": "chain_leader"},
)
