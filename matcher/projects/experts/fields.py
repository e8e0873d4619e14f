"""What is asked of an expert, declared once for the office's form and the expert's own."""

from matcher.core.fields import Field, Kind
from matcher.core.labels import Label
from matcher.core.vocabularies import TECH_FIELD

EXPERT_FIELDS: tuple[Field, ...] = (
    Field("title", Label("职称或职务", "Title or post"), Kind.TEXT, required=True, max_length=60),
    Field("tech_fields", Label("技术领域", "Fields of technology"), Kind.CODES, required=True, vocabulary=TECH_FIELD),
    Field(
        "keywords",
        Label("研究方向", "Topics"),
        Kind.TAGS,
        help=Label("用分号隔开，如“增材制造；叶片修复”。", "Separated by semicolons: additive manufacturing; blades."),
    ),
    Field(
        "profile",
        Label("简介", "Profile"),
        Kind.LONG_TEXT,
        required=True,
        max_length=2000,
        help=Label(
            "写明做过什么、熟悉什么问题。系统按这段文字推荐专家，只有科技部门和本人可以看到。",
            "What was done and which problems are familiar. Experts are suggested by this text; only the office and the expert read it.",
        ),
        public=False,
    ),
    Field(
        "avoids",
        Label("需要回避的机构", "Organisations to stay clear of"),
        Kind.NAMES,
        max_length=120,
        help=Label(
            "每行一个机构全称：曾任职、持股、有亲属关系或有纠纷的单位。本单位不必填写。",
            "One full name a line: former employers, shareholdings, relatives, disputes. The own organisation goes without saying.",
        ),
        public=False,
    ),
    Field(
        "most_panels",
        Label("同时参加的评审最多几个", "Most reviews at a time"),
        Kind.INTEGER,
        required=True,
        minimum=1,
        maximum=20,
        public=False,
    ),
)
PERSON_FIELDS: tuple[Field, ...] = (
    Field(
        "email",
        Label("登录邮箱", "E-mail for sign-in"),
        Kind.EMAIL,
        required=True,
        help=Label(
            "已有账号的人只需填写邮箱，姓名和机构以账号为准。",
            "For somebody who has an account the e-mail is enough; name and organisation are those of the account.",
        ),
    ),
    Field("person_name", Label("姓名", "Name"), Kind.TEXT, max_length=60),
    Field("phone", Label("电话", "Telephone"), Kind.PHONE),
    Field("organisation", Label("所在机构", "Organisation"), Kind.TEXT, max_length=120),
)
DEFAULTS = {"most_panels": "5"}
