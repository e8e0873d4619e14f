"""The fields of a result (成果), declared once for model, form, workbook, API and export."""

from matcher.core.fields import Field, Kind
from matcher.core.labels import Label
from matcher.core.vocabularies import (
    EMERGING,
    FORM,
    INDUSTRY,
    LANGUAGE,
    LEVEL,
    MATURITY,
    OFFER_COOPERATION,
    ORIGIN,
    TECH_FIELD,
    TRL,
)

OFFER_FIELDS: tuple[Field, ...] = (
    Field("ref", Label("自编号", "Own number"), Kind.TEXT, max_length=40, public=False, group="what",
          help=Label("您单位内部的编号；再次导入同一编号即更新该成果。", "Your own number; importing it again updates the result.")),
    Field("title", Label("成果名称", "Title"), Kind.TEXT, required=True, max_length=120, group="what"),
    Field("language", Label("填写语言", "Language"), Kind.CODE, vocabulary=LANGUAGE, group="what"),
    Field("year", Label("成果年份", "Year"), Kind.INTEGER, minimum=1950, maximum=2100, group="what"),
    Field("team", Label("完成人或团队", "Team"), Kind.TEXT, max_length=200, group="what"),
    Field("keywords", Label("关键词", "Keywords"), Kind.TAGS, group="what", help=Label("用分号隔开。", "Separate with semicolons.")),
    Field("tech_fields", Label("技术领域", "Technology fields"), Kind.CODES, required=True, vocabulary=TECH_FIELD, group="what"),
    Field("industries", Label("应用行业", "Industries of use"), Kind.CODES, vocabulary=INDUSTRY, group="what"),
    Field("emerging", Label("战略性新兴产业", "Strategic emerging industries"), Kind.CODES, vocabulary=EMERGING, group="what"),
    Field("ipc", Label("IPC 分类号", "IPC classes"), Kind.TAGS, group="what"),
    Field("summary", Label("成果简介", "Summary"), Kind.LONG_TEXT, required=True, max_length=4000, group="content"),
    Field("innovation", Label("创新点", "What is new"), Kind.LONG_TEXT, max_length=2000, group="content"),
    Field("application", Label("应用场景", "Where it is used"), Kind.LONG_TEXT, max_length=2000, group="content"),
    Field("indicators", Label("性能指标", "Performance indicators"), Kind.INDICATORS, group="content",
          help=Label("每行一个，如：孔隙率 ≤ 0.3 %", "One a line, such as: porosity ≤ 0.3 %")),
    Field("origin", Label("成果属性", "Origin"), Kind.CODE, vocabulary=ORIGIN, group="maturity"),
    Field("form", Label("体现形式", "Form"), Kind.CODES, vocabulary=FORM, group="maturity"),
    Field("level", Label("技术水平", "Level"), Kind.CODE, vocabulary=LEVEL, group="maturity"),
    Field("trl", Label("技术成熟度", "Technology readiness"), Kind.CODE, vocabulary=TRL, group="maturity"),
    Field("maturity", Label("成熟度描述", "Maturity in words"), Kind.CODE, vocabulary=MATURITY, group="maturity"),
    Field("reports", Label("检测或中试报告", "Test or pilot reports"), Kind.TEXT, max_length=400, group="maturity"),
    Field("ip", Label("知识产权", "Intellectual property"), Kind.IP_ROWS, group="maturity",
          help=Label("每行一项：类型 编号 状态", "One a line: kind, number, state")),
    Field("cooperation", Label("合作方式", "Cooperation"), Kind.CODES, vocabulary=OFFER_COOPERATION, group="terms"),
    Field("price_low", Label("价格下限", "Price from"), Kind.MONEY, group="terms",
          help=Label("万元；上下限都不填表示面议。", "In 10,000 yuan; leave both empty: to be agreed.")),
    Field("price_high", Label("价格上限", "Price to"), Kind.MONEY, group="terms"),
)  # fmt: skip

GROUPS = {
    "what": Label("成果概况", "The result"),
    "content": Label("内容与指标", "Content and indicators"),
    "maturity": Label("成熟度与知识产权", "Maturity and rights"),
    "terms": Label("合作与价格", "Terms"),
}

STATE_SECRETS = Label(
    "涉及国家秘密的成果不得在本平台填报。", "Results that touch state secrets must not be entered on this platform."
)
