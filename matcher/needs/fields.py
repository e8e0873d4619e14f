"""The fields of a need (需求申报表), declared once for model, form, workbook, API and export."""

from matcher.core.fields import Field, Kind
from matcher.core.labels import Label
from matcher.core.vocabularies import (
    DISCLOSURE,
    EMERGING,
    INDUSTRY,
    IP_OWNERSHIP,
    LONG_COOPERATION,
    NEED_SOURCE,
    SHORT_COOPERATION,
    TECH_FIELD,
    TRL,
)

NEED_FIELDS: tuple[Field, ...] = (
    Field("ref", Label("自编号", "Own number"), Kind.TEXT, max_length=40, public=False, group="what",
          help=Label("您单位内部的编号；再次导入同一编号即更新该需求。", "Your own number; importing it again updates the need.")),
    Field("title", Label("需求名称", "Title"), Kind.TEXT, required=True, max_length=80, group="what",
          help=Label("一句话说清要解决什么问题。", "One line: which problem is to be solved."), redacted=True),
    Field("source", Label("需求来源", "Source"), Kind.CODE, required=True, vocabulary=NEED_SOURCE, group="what"),
    Field("tech_fields", Label("技术领域", "Technology fields"), Kind.CODES, required=True, vocabulary=TECH_FIELD, group="what"),
    Field("industry", Label("所属行业", "Industry"), Kind.CODE, vocabulary=INDUSTRY, group="what"),
    Field("emerging", Label("战略性新兴产业", "Strategic emerging industries"), Kind.CODES, vocabulary=EMERGING, group="what"),
    Field("keywords", Label("关键词", "Keywords"), Kind.TAGS, group="what", redacted=True,
          help=Label("用分号隔开。", "Separate with semicolons.")),
    Field("background", Label("背景与现状", "Background"), Kind.LONG_TEXT, max_length=4000, group="problem", redacted=True),
    Field("difficulties", Label("主要技术难点", "Main difficulties"), Kind.LONG_TEXT, required=True, max_length=1000,
          group="problem", help=Label("现在卡在哪里，试过什么。", "Where you are stuck, what you have tried."), redacted=True),
    Field("indicators", Label("主要技术指标", "Technical indicators"), Kind.INDICATORS, group="problem", redacted=True,
          help=Label("每行一个，如：孔隙率 ≤ 0.5 %", "One a line, such as: porosity ≤ 0.5 %")),
    Field("content", Label("主要研究内容", "Work to be done"), Kind.LONG_TEXT, max_length=1000, group="problem", redacted=True),
    Field("foundation", Label("已有基础", "What exists already"), Kind.LONG_TEXT, max_length=2000, group="problem", redacted=True),
    Field("expected_trl", Label("期望成熟度", "Readiness asked for"), Kind.CODE, vocabulary=TRL, group="problem"),
    Field("short_cooperation", Label("短期合作方式", "Short-term cooperation"), Kind.CODES, vocabulary=SHORT_COOPERATION, group="terms"),
    Field("long_cooperation", Label("长期合作方式", "Long-term cooperation"), Kind.CODES, vocabulary=LONG_COOPERATION, group="terms"),
    Field("preferred_partners", Label("意向合作专家或单位", "Preferred partners"), Kind.TEXT, max_length=200, group="terms", public=False, redacted=True),
    Field("budget", Label("预期投入", "Budget"), Kind.MONEY, group="terms", help=Label("万元；0 表示面议。", "In 10,000 yuan; 0: to be agreed.")),
    Field("payment", Label("付款方式", "Payment"), Kind.TEXT, max_length=200, group="terms", public=False, redacted=True),
    Field("deadline", Label("期望完成时限", "Wanted by"), Kind.DATE, group="terms"),
    Field("ip_ownership", Label("知识产权归属意愿", "Ownership of IP"), Kind.CODE, vocabulary=IP_OWNERSHIP, group="terms"),
    Field("disclosure", Label("公开方式", "Disclosure"), Kind.CODE, required=True, vocabulary=DISCLOSURE, group="terms",
          help=Label("脱敏公开：只显示行业、地区和规模。", "Redacted: only industry, region and size are shown.")),
    Field("targets", Label("定向公开对象", "Organisations it is shown to"), Kind.NAMES, group="terms", public=False, redacted=True,
          help=Label("选择定向公开时填写：平台上已登记机构的全称，每行一个，或用分号隔开。",
                     "When shown to chosen organisations: their full names as registered here, one a line or with semicolons between.")),
    Field("valid_until", Label("有效期至", "Valid until"), Kind.DATE, group="terms"),
)  # fmt: skip

GROUPS = {
    "what": Label("需要什么", "What is needed"),
    "problem": Label("问题与指标", "Problem and indicators"),
    "terms": Label("合作与公开", "Terms and disclosure"),
}
