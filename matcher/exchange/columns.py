"""The columns of lists, derived from the declared fields, and how the headers that people write are understood."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from matcher.accounts.fields import ORGANISATION_FIELDS
from matcher.core.fields import Field, Kind
from matcher.core.labels import Label
from matcher.exchange.sides import Side

OWNER = "organisation."
IN_WAN = Label("{label}（万元）", "{label} (10,000 yuan)")
OWNER_PREFIX = Label("机构{label}", "Organisation: {label}")

#: Spellings that lists use beside the labels, by key of the column.
SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "organisation.name": ("单位名称", "企业名称", "需求单位", "完成单位", "所属单位", "所属机构", "单位", "机构", "Organisation", "Organization", "Company"),
    "organisation.kind": ("单位类型", "Organisation type"),
    "organisation.uscc": ("信用代码", "社会信用代码", "统一信用代码", "USCC"),
    "organisation.region": ("地区", "所在地", "所在地区", "所属区域", "区域"),
    "organisation.address": ("企业地址", "单位地址", "通讯地址"),
    "organisation.nature": ("单位性质", "Nature"),
    "organisation.founded": ("成立时间", "成立日期", "Founded"),
    "organisation.staff": ("员工人数", "职工人数", "Employees"),
    "organisation.revenue": ("营业收入", "上年营业收入", "Revenue"),
    "organisation.honours": ("企业资质", "荣誉资质"),
    "organisation.products": ("主营产品", "主营业务"),
    "organisation.contact_name": ("联系人姓名", "Contact name"),
    "organisation.contact_title": ("联系人职务", "Contact position"),
    "organisation.contact_phone": ("联系电话", "手机", "联系方式", "Phone", "Contact telephone"),
    "organisation.contact_email": ("电子邮箱", "电子邮件", "联系邮箱", "Email", "Contact e-mail"),
    "ref": ("编号", "序列号", "内部编号", "Ref", "Reference"),
    "title": ("名称", "题目", "标题", "技术需求名称", "需求题目", "项目名称", "成果题目", "科技成果名称", "Name of the need", "Name of the result"),
    "tech_fields": ("领域", "所属领域", "所属技术领域", "Fields"),
    "background": ("背景", "需求背景"),
    "difficulties": ("技术难点", "难点", "技术难题", "Difficulties"),
    "indicators": ("技术指标", "指标", "主要指标", "Indicators"),
    "content": ("研究内容", "需求内容"),
    "foundation": ("现有基础", "已有工作基础"),
    "expected_trl": ("期望技术成熟度", "期望TRL", "Expected TRL"),
    "preferred_partners": ("意向合作单位", "意向专家"),
    "budget": ("预算", "投入预算", "拟投入资金", "投入金额"),
    "deadline": ("完成时限", "期望完成时间", "截止时间", "Deadline"),
    "ip_ownership": ("知识产权归属",),
    "disclosure": ("公开形式", "是否公开"),
    "targets": ("定向公开单位", "公开对象"),
    "valid_until": ("有效期", "有效期限", "Valid to"),
    "year": ("年份", "完成年份"),
    "team": ("完成人", "团队", "成果完成人", "研发团队"),
    "industries": ("行业", "应用领域", "Industries"),
    "ipc": ("IPC", "IPC分类"),
    "summary": ("简介", "技术简介", "成果介绍", "项目简介"),
    "innovation": ("创新性", "技术创新点", "Innovation"),
    "application": ("应用", "应用前景", "应用领域及场景", "Application"),
    "form": ("成果形式",),
    "trl": ("TRL", "成熟度", "成熟度等级", "技术成熟度等级"),
    "reports": ("检测报告",),
    "ip": ("知识产权情况", "专利", "专利情况", "IP", "Patents"),
    "cooperation": ("合作意向", "转化方式", "拟转化方式"),
    "price_low": ("最低价格", "Price low"),
    "price_high": ("最高价格", "Price high"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `key` is the field's name, behind "organisation." for what is said of the owner."""

    key: str
    field: Field
    header: Label
    required: bool

    @property
    def is_owner(self) -> bool:
        """Say whether the column tells of the organisation, not of the item."""
        return self.key.startswith(OWNER)


#: Columns that exports add and imports pass over, but for the number, by which an item without own number is found again.
NUMBER, STATE, PUBLISHED = "number", "state", "published_at"
INFORMATION: Mapping[str, Label] = {
    NUMBER: Label("平台编号", "Number"),
    STATE: Label("状态", "State"),
    PUBLISHED: Label("发布时间", "Published"),
}
_FIRST_OWNER_FIELDS = ("name", "uscc")


def columns_of(side: Side, *, owner: bool = True) -> list[Column]:
    """Return the columns of a list, in their order; without `owner` those of one's own organisation's list."""
    labels = {field.label for field in side.fields}
    item = [Column(f.name, f, _header(f, f.label), f.required) for f in side.fields]
    if not owner:
        return item
    about = [
        Column(
            OWNER + f.name,
            f,
            _header(f, OWNER_PREFIX.format(label=f.label) if f.label in labels or f.name == "name_en" else f.label),
            f.name == "name",
        )
        for f in ORGANISATION_FIELDS
    ]
    first = [c for c in about if c.field.name in _FIRST_OWNER_FIELDS]
    return [*first, *item, *(c for c in about if c not in first)]


def _header(field: Field, label: Label) -> Label:
    return IN_WAN.format(label=label) if field.kind is Kind.MONEY else label


_BRACKETS = re.compile(r"\(([^()]*)\)$")
_OTHER_MONEY = re.compile(r"元|圆|亿|千|百|yuan|rmb|cny|usd|eur|[$€£¥]|million|thousand|^k", re.IGNORECASE)
_WAN = re.compile(r"万元?|10,?000yuan|人民币万元|万元人民币", re.IGNORECASE)


def fold(header: str) -> str:
    """Return a header without case, width, white space, and the marks of required fields."""
    text = unicodedata.normalize("NFKC", header).casefold()
    return re.sub(r"[\s*:_\-‐–/]+", "", text)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a row of headers means: key by place, and what is not understood."""

    keys: dict[int, str]
    unknown: dict[int, str]
    twice: list[str]
    wrong_unit: list[str]


class Headers:
    """Understand headers of one kind of list."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = {column.key: column for column in columns}
        self._spellings: dict[str, str] = {}
        # Labels first: a spelling of one column never takes the label of another.
        for spelling, key in self._labels():
            self._spellings.setdefault(fold(spelling), key)
        for key in self.columns:
            for spelling in SPELLINGS.get(key, ()):
                self._spellings.setdefault(fold(spelling), key)

    def _labels(self) -> Iterable[tuple[str, str]]:
        # What is asked of the item wins where the owner's label is the same ("所属行业").
        for key, column in sorted(self.columns.items(), key=lambda pair: pair[1].is_owner):
            yield from ((text, key) for label in (column.header, column.field.label) for text in (label.zh, label.en))
            yield key, key
        yield from ((text, key) for key, label in INFORMATION.items() for text in (label.zh, label.en, key))

    def key(self, header: str) -> str | None:
        """Return the key of the column that a header means, or None."""
        folded = fold(header)
        found = self._spellings.get(folded) or self._spellings.get(_BRACKETS.sub("", folded))
        return None if found and self.has_wrong_unit(header) else found

    def has_wrong_unit(self, header: str) -> bool:
        """Say whether a header names an amount of money in another unit than 万元: ten thousand times off, if taken."""
        folded = fold(header)
        unit = _BRACKETS.search(folded)
        column = self.columns.get(self._spellings.get(_BRACKETS.sub("", folded), ""))
        is_money = column is not None and column.field.kind is Kind.MONEY
        return bool(is_money and unit and not _WAN.fullmatch(unit[1]) and _OTHER_MONEY.search(unit[1]))

    def read(self, cells: Sequence[Any]) -> Reading:
        """Understand one row of cells as headers."""
        reading = Reading({}, {}, [], [])
        for place, cell in enumerate(cells):
            header = " ".join(str(cell).split()) if cell is not None else ""
            if not header:
                continue
            key = self.key(header)
            if key is None:
                if self.has_wrong_unit(header):
                    reading.wrong_unit.append(header)
                else:
                    reading.unknown[place] = header
            elif key in reading.keys.values():
                reading.twice.append(header)
            else:
                reading.keys[place] = key
        return reading

    def nearest(self, header: str, language: str) -> str | None:
        """Return the header that somebody may have meant, or None."""
        close = get_close_matches(fold(header), self._spellings, n=1, cutoff=0.6)
        key = self._spellings[close[0]] if close else ""
        return self.columns[key].header.text(language) if key in self.columns else None

    def label(self, key: str) -> Label:
        """Return the header of a column by its key."""
        return self.columns[key].header if key in self.columns else INFORMATION[key]
