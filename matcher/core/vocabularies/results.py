"""What a result is: kind, origin, form, level, maturity, rights."""

from matcher.core.labels import Label
from matcher.core.vocabularies.base import Vocabulary

OFFER_KIND = Vocabulary(
    "offer_kind",
    {
        "result": Label("科技成果", "Result"),
        "team": Label("科研团队", "Team"),
        "pilot_platform": Label("中试平台", "Pilot-scale platform"),
        "poc_centre": Label("概念验证中心", "Proof-of-concept centre"),
        "equipment": Label("仪器设备", "Equipment"),
        "fund": Label("基金", "Fund"),
        "loan_product": Label("科技贷款产品", "Technology loan"),
        "service": Label("科技服务", "Service"),
    },
)

LANGUAGE = Vocabulary(
    "language",
    {
        "zh": Label("中文", "Chinese"),
        "en": Label("英文", "English"),
        "de": Label("德文", "German"),
        "ja": Label("日文", "Japanese"),
    },
)

ORIGIN = Vocabulary(
    "origin",
    {
        "original": Label("原始创新", "Original"),
        "re_innovation": Label("引进消化吸收再创新", "Built on imported technology"),
        "secondary": Label("国内技术二次开发", "Built on domestic technology"),
    },
)

FORM = Vocabulary(
    "form",
    {
        "technology": Label("新技术", "Technology"),
        "process": Label("新工艺", "Process"),
        "product": Label("新产品", "Product"),
        "material": Label("新材料", "Material"),
        "equipment": Label("新装备", "Equipment"),
        "software": Label("软件", "Software"),
        "standard": Label("标准", "Standard"),
    },
)

LEVEL = Vocabulary(
    "level",
    {
        "intl_leading": Label("国际领先", "World leading"),
        "intl_advanced": Label("国际先进", "World class"),
        "domestic_leading": Label("国内领先", "Leading in China"),
        "domestic_advanced": Label("国内先进", "Advanced in China"),
        "unrated": Label("未评价", "Not rated"),
    },
)

MATURITY = Vocabulary(
    "maturity",
    {
        "researching": Label("正在研发", "In research"),
        "prototype": Label("已有样品", "Sample exists"),
        "lab_scale": Label("通过小试", "Lab scale passed"),
        "pilot_scale": Label("通过中试", "Pilot scale passed"),
        "mass_production": Label("可以量产", "Ready for series production"),
    },
    aliases={"已有样机": "prototype", "小试": "lab_scale", "中试": "pilot_scale", "量产": "mass_production"},
)

IP_KIND = Vocabulary(
    "ip_kind",
    {
        "invention": Label("发明专利", "Invention patent"),
        "utility": Label("实用新型", "Utility model"),
        "design": Label("外观设计", "Design"),
        "software": Label("软件著作权", "Software copyright"),
        "standard": Label("标准", "Standard"),
        "pct": Label("PCT 专利", "PCT patent"),
        "new_variety": Label("植物新品种", "Plant variety"),
    },
)

IP_STATUS = Vocabulary(
    "ip_status",
    {
        "granted": Label("已授权", "Granted"),
        "pending": Label("审查中", "Pending"),
        "transferred": Label("已转让", "Transferred"),
        "lapsed": Label("已失效", "Lapsed"),
        "registered": Label("已登记", "Registered"),
    },
)
