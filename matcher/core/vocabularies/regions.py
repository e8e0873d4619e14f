"""Regions: GB/T 2260 codes of provinces, cities and counties (from python-stdnum's copy), and countries abroad.

A region of China is six digits (province 510000, city 510100, county 510107); abroad it is an ISO 3166 alpha-2 code.
"""

import re
from importlib import resources

from matcher.core.labels import Label
from matcher.core.vocabularies.base import Vocabulary

ENGLISH = {
    "110000": "Beijing", "120000": "Tianjin", "130000": "Hebei", "140000": "Shanxi", "150000": "Inner Mongolia",
    "210000": "Liaoning", "220000": "Jilin", "230000": "Heilongjiang", "310000": "Shanghai", "320000": "Jiangsu",
    "330000": "Zhejiang", "340000": "Anhui", "350000": "Fujian", "360000": "Jiangxi", "370000": "Shandong",
    "410000": "Henan", "420000": "Hubei", "430000": "Hunan", "440000": "Guangdong", "450000": "Guangxi",
    "460000": "Hainan", "500000": "Chongqing", "510000": "Sichuan", "520000": "Guizhou", "530000": "Yunnan",
    "540000": "Tibet", "610000": "Shaanxi", "620000": "Gansu", "630000": "Qinghai", "640000": "Ningxia",
    "650000": "Xinjiang", "710000": "Taiwan", "810000": "Hong Kong", "820000": "Macao",
    "510100": "Chengdu", "510300": "Zigong", "510400": "Panzhihua", "510500": "Luzhou", "510600": "Deyang",
    "510700": "Mianyang", "510800": "Guangyuan", "510900": "Suining", "511000": "Neijiang", "511100": "Leshan",
    "511300": "Nanchong", "511400": "Meishan", "511500": "Yibin", "511600": "Guang'an", "511700": "Dazhou",
    "511800": "Ya'an", "511900": "Bazhong", "512000": "Ziyang",
}  # fmt: skip

ABROAD = {
    "US": Label("美国", "United States"),
    "GB": Label("英国", "United Kingdom"),
    "DE": Label("德国", "Germany"),
    "FR": Label("法国", "France"),
    "IT": Label("意大利", "Italy"),
    "NL": Label("荷兰", "Netherlands"),
    "CH": Label("瑞士", "Switzerland"),
    "SE": Label("瑞典", "Sweden"),
    "IL": Label("以色列", "Israel"),
    "JP": Label("日本", "Japan"),
    "KR": Label("韩国", "South Korea"),
    "SG": Label("新加坡", "Singapore"),
    "AU": Label("澳大利亚", "Australia"),
    "CA": Label("加拿大", "Canada"),
    "RU": Label("俄罗斯", "Russia"),
    "BY": Label("白俄罗斯", "Belarus"),
    "IN": Label("印度", "India"),
    "ZZ": Label("其他国家或地区", "Other country"),
}

_LINE = re.compile(r'^(?P<indent> *)(?P<code>\d+) (?:province|county)="(?P<name>[^"]+)"')
_FORMER = re.compile(r"^\[\d*-(?P<until>\d+)\]")  # "[-2010]崇文区" was abolished in 2010
_STILL_WRITTEN = 2020  # names abolished since are still written in lists
_FORMAL = ("市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划")


def _long_gone(name: str) -> bool:
    former = _FORMER.match(name)
    return former is not None and int(former["until"]) < _STILL_WRITTEN


def _read() -> tuple[dict[str, Label], dict[str, str]]:
    labels: dict[str, Label] = {}
    parents: dict[str, str] = {}
    province = ""
    text = resources.files("stdnum.cn").joinpath("loc.dat").read_text("utf-8")
    for line in text.splitlines():
        found = _LINE.match(line)
        if not found:
            continue
        name = found["name"]
        if not found["indent"]:
            province = found["code"]
            labels[f"{province}0000"] = Label(name, ENGLISH.get(f"{province}0000", name))
            continue
        code = province + found["code"]
        # Several names of one code are separated by commas, each with its years; the one still valid counts.
        names = [n for n in re.split(r"[,，]", name) if not _long_gone(n)]
        if code.endswith("0000") or not names:
            continue
        current = re.sub(r"^\[\d*-\d*\]", "", names[-1])
        if current in _FORMAL:
            continue
        labels[code] = Label(current, ENGLISH.get(code, current))
    for code in labels:
        for parent in (code[:4] + "00", code[:2] + "0000"):
            if parent != code and parent in labels:
                parents[code] = parent
                break
    return labels, parents


def _build() -> Vocabulary:
    labels, parents = _read()
    # "成都" and "四川" are written as often as "成都市" and "四川省".
    aliases = {
        label.zh.removesuffix("市").removesuffix("省"): code for code, label in labels.items() if code.endswith("00")
    }
    return Vocabulary("region", labels | ABROAD, aliases=aliases, parents=parents)


REGION = _build()


def city_of(code: str) -> str:
    """Return the city of a region code (municipalities: the municipality; abroad: the country)."""
    if not code[:1].isdigit():
        return code
    city = code[:4] + "00"
    return city if city in REGION else code[:2] + "0000"
