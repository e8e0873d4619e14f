"""What is asked of an organisation (企业概况 of the need form)."""

from matcher.core.fields import Field, Kind
from matcher.core.labels import Label
from matcher.core.vocabularies import HONOUR, INDUSTRY, NATURE, ORGANISATION_KIND, REGION

ORGANISATION_FIELDS: tuple[Field, ...] = (
    Field("name", Label("机构名称", "Name"), Kind.TEXT, required=True, max_length=120),
    Field("name_en", Label("英文名称", "English name"), Kind.TEXT, max_length=200),
    Field("kind", Label("机构类型", "Kind"), Kind.CODE, required=True, vocabulary=ORGANISATION_KIND),
    Field(
        "uscc",
        Label("统一社会信用代码", "Unified social credit code"),
        Kind.USCC,
        help=Label("18 位；境外机构不填。", "18 characters; leave empty abroad."),
    ),
    Field("region", Label("行政区划", "Region"), Kind.CODE, required=True, vocabulary=REGION),
    Field("address", Label("地址", "Address"), Kind.TEXT),
    Field("industry", Label("所属行业", "Industry"), Kind.CODE, vocabulary=INDUSTRY),
    Field("nature", Label("企业性质", "Ownership"), Kind.CODE, vocabulary=NATURE),
    Field("founded", Label("成立年份", "Founded in"), Kind.INTEGER, minimum=1000, maximum=2100),
    Field("registered_capital", Label("注册资本", "Registered capital"), Kind.MONEY),
    Field("staff", Label("人员规模", "Staff"), Kind.INTEGER, minimum=0, maximum=5_000_000),
    Field("revenue", Label("上年度营业收入", "Revenue of last year"), Kind.MONEY, public=False),
    Field("honours", Label("资质荣誉", "Honours"), Kind.CODES, vocabulary=HONOUR),
    Field("products", Label("主要产品或服务", "Products or services"), Kind.LONG_TEXT, max_length=2000),
    Field("contact_name", Label("联系人", "Contact"), Kind.TEXT, max_length=60, public=False),
    Field("contact_title", Label("职务", "Position"), Kind.TEXT, max_length=60, public=False),
    Field("contact_phone", Label("电话", "Telephone"), Kind.PHONE, public=False),
    Field("contact_email", Label("邮箱", "E-mail"), Kind.EMAIL, public=False),
)

#: Staff from which an enterprise belongs to a size class (国家统计局 2017, industry), largest first.
SIZE_CLASSES = (
    (1000, Label("大型企业（1000 人以上）", "Large enterprise (1,000 people or more)")),
    (300, Label("中型企业（300–999 人）", "Medium-sized enterprise (300–999 people)")),
    (20, Label("小型企业（20–299 人）", "Small enterprise (20–299 people)")),
    (0, Label("微型企业（不足 20 人）", "Micro-enterprise (fewer than 20 people)")),
)


def size_class(staff: int) -> Label:
    """Return the size class of an enterprise: told where its name and exact numbers are not."""
    return next(label for least, label in SIZE_CLASSES if staff >= least)
