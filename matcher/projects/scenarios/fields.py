"""What is asked of a scenario opportunity and of who applies to try in it; declared once for form and workbook."""

from matcher.core.fields import Field, Kind
from matcher.core.labels import Label

#: `redacted`: not shown where the need behind the scenario is shown in its redacted form.
SCENARIO_FIELDS: tuple[Field, ...] = (
    Field(
        "tryable", Label("可以试什么", "What can be tried"), Kind.LONG_TEXT, required=True, max_length=1500, redacted=True,
        help=Label("写清要验证的产品或技术，以及做到什么程度算通过。", "Name the product or technology to be proved, and what counts as passed."),
    ),
    Field(
        "place", Label("试验地点", "Where"), Kind.TEXT, max_length=200, redacted=True,
        help=Label("产线、园区、路段、医院等。", "A line, a park, a stretch of road, a hospital."),
    ),
    Field("data_offered", Label("提供的数据", "Data offered"), Kind.LONG_TEXT, max_length=1500, redacted=True),
    Field(
        "conditions", Label("申请条件", "Conditions"), Kind.LONG_TEXT, max_length=1500, redacted=True,
        help=Label("对团队、成熟度、保密和安全的要求。", "What is asked of teams, readiness, confidentiality and safety."),
    ),
    Field(
        "support", Label("支持与配套", "Support"), Kind.LONG_TEXT, max_length=1500, redacted=True,
        help=Label("经费、设备、人员，以及试验通过后的采购意向。", "Money, equipment, people, and whether it is bought when it works."),
    ),
    Field(
        "apply_until", Label("申请截止", "Apply until"), Kind.DATE,
        help=Label("当天仍可申请；不填为长期有效。", "That day included; empty: no end."),
    ),
    Field(
        "most_trials", Label("最多接纳几个试验", "Trials at most"), Kind.INTEGER, minimum=1, maximum=500,
        help=Label("不填为不限。", "Empty: no limit."),
    ),
)  # fmt: skip

TRIAL_FIELDS: tuple[Field, ...] = (
    Field(
        "plan", Label("试验方案", "Plan"), Kind.LONG_TEXT, required=True, max_length=4000, public=False,
        help=Label("做什么、分几步、多长时间、用什么指标说明有效。", "What is done in which steps, how long it takes, and which figures will show that it works."),
    ),
    Field(
        "asks", Label("希望场景方提供", "What you ask for"), Kind.LONG_TEXT, max_length=1500, public=False,
        help=Label("场地、数据、人员、时间安排等。", "Room, data, people, times."),
    ),
)  # fmt: skip
