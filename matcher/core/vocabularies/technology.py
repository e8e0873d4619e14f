"""Technology fields, strategic emerging industries, technology readiness."""

from matcher.core.labels import Label
from matcher.core.vocabularies.base import Vocabulary

TECH_FIELD = Vocabulary(
    "tech_field",
    {
        "aerospace": Label("航空航天", "Aerospace"),
        "low_altitude": Label("低空经济", "Low-altitude economy"),
        "electronics": Label("电子信息与集成电路", "Electronics and integrated circuits"),
        "software_ai": Label("软件与人工智能", "Software and AI"),
        "quantum": Label("量子信息", "Quantum information"),
        "bci": Label("脑机接口", "Brain–computer interfaces"),
        "biomedicine": Label("生物医药", "Biomedicine"),
        "medical_devices": Label("医疗器械", "Medical devices"),
        "new_materials": Label("新材料", "New materials"),
        "manufacturing": Label("先进制造与装备", "Advanced manufacturing"),
        "rail": Label("轨道交通", "Rail transport"),
        "automotive": Label("汽车与智能网联", "Vehicles and connected driving"),
        "energy": Label("新能源与储能", "New energy and storage"),
        "environment": Label("环境保护与资源利用", "Environment and resources"),
        "agriculture": Label("现代农业", "Agriculture"),
        "food": Label("食品与轻工", "Food and light industry"),
        "construction": Label("城市建设与防灾", "Construction and disaster prevention"),
        "nuclear": Label("核技术应用", "Nuclear technology"),
        "optics": Label("光电与显示", "Photonics and displays"),
        "safety": Label("公共安全与应急", "Public safety and emergency"),
    },
    aliases={
        "电子信息": "electronics",
        "集成电路": "electronics",
        "人工智能": "software_ai",
        "软件": "software_ai",
        "新能源": "energy",
        "储能": "energy",
        "环境保护": "environment",
        "节能环保": "environment",
        "农业": "agriculture",
        "先进制造": "manufacturing",
        "智能制造": "manufacturing",
        "生物医药和医疗器械": "biomedicine",
        "新材料及其应用": "new_materials",
        "现代交通": "rail",
        "智能网联汽车": "automotive",
        "核应用": "nuclear",
        "食品": "food",
        "光电": "optics",
        "公共安全": "safety",
    },
)

# National Bureau of Statistics, 战略性新兴产业分类 (2018), first level.
EMERGING = Vocabulary(
    "emerging",
    {
        "1": Label("新一代信息技术产业", "Next-generation information technology"),
        "2": Label("高端装备制造产业", "High-end equipment"),
        "3": Label("新材料产业", "New materials"),
        "4": Label("生物产业", "Biotechnology"),
        "5": Label("新能源汽车产业", "New-energy vehicles"),
        "6": Label("新能源产业", "New energy"),
        "7": Label("节能环保产业", "Energy saving and environment"),
        "8": Label("数字创意产业", "Digital creative"),
        "9": Label("相关服务业", "Related services"),
    },
)

# GB/T 22900: nine levels; the words in brackets are what people say.
TRL = Vocabulary(
    "trl",
    {
        "1": Label("1 级 · 发现基本原理", "TRL 1 · basic principles observed"),
        "2": Label("2 级 · 形成技术方案", "TRL 2 · concept formulated"),
        "3": Label("3 级 · 关键功能验证", "TRL 3 · proof of concept"),
        "4": Label("4 级 · 实验室样品", "TRL 4 · laboratory sample"),
        "5": Label("5 级 · 相关环境验证（小试）", "TRL 5 · validated in relevant environment"),
        "6": Label("6 级 · 相关环境样机（小试完成）", "TRL 6 · prototype in relevant environment"),
        "7": Label("7 级 · 使用环境样机（中试）", "TRL 7 · prototype in operation (pilot)"),
        "8": Label("8 级 · 定型试用（中试完成）", "TRL 8 · complete and qualified"),
        "9": Label("9 级 · 批量生产应用", "TRL 9 · in series production"),
    },
    aliases={
        f"{before}{level}{after}": str(level) for level in range(1, 10) for before, after in (("TRL", ""), ("", "级"))
    },
)
