"""Fields of needs, offers and organisations: declared once, read alike from form, workbook and API.

A `Field` says what an answer is; `read_answers` turns what people give (text from forms and cells, typed values from JSON)
into values for the model, with a problem for each answer that cannot be read. Nothing is guessed silently.
"""

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from matcher.core.errors import Problem
from matcher.core.labels import Label
from matcher.core.vocabularies import Vocabulary


class Kind(StrEnum):
    """Name the kind of answer that a field takes."""

    TEXT = "text"  # one line
    LONG_TEXT = "long_text"
    TAGS = "tags"  # several short texts
    NAMES = "names"  # several full names, which may contain commas
    INTEGER = "integer"
    MONEY = "money"  # Decimal yuan; people write and read 万元
    DATE = "date"
    CODE = "code"
    CODES = "codes"
    EMAIL = "email"
    PHONE = "phone"
    USCC = "uscc"  # 统一社会信用代码, GB 32100
    INDICATORS = "indicators"  # rows
    IP_ROWS = "ip_rows"


@dataclass(frozen=True, slots=True)
class Field:
    """Declare one field: its name in code, labels, kind, limits and who sees it."""

    name: str
    label: Label
    kind: Kind
    required: bool = False
    vocabulary: Vocabulary | None = None
    max_length: int = 200
    minimum: int | None = None
    maximum: int | None = None
    help: Label | None = None
    public: bool = True  # shown to everyone once published; the page marks it where it is typed
    group: str = ""
    redacted: bool = False  # kept out of the redacted form of a need


@dataclass(frozen=True, slots=True)
class Answers:
    """Hold the values that could be read, by field name, and the problems of the rest."""

    values: dict[str, Any]
    problems: list[Problem]


REQUIRED = Label("请填写“{label}”。", "Fill in “{label}”.")
TOO_LONG = Label(
    "“{label}”最多 {limit} 字，现在是 {count} 字，请删减。",
    "“{label}” takes {limit} characters at most; it has {count}. Shorten it.",
)
NOT_INTEGER = Label("“{label}”应为整数，不能读懂“{given}”。", "“{label}” takes a whole number; “{given}” is not one.")
NOT_MONEY = Label(
    "“{label}”应为以万元计的数字（如 120 或 80.5），不能读懂“{given}”。",
    "“{label}” takes a number in 10,000 yuan (such as 120 or 80.5); “{given}” is not one.",
)
TOO_FINE = Label("“{label}”最多精确到分，请修改“{given}”。", "“{label}” is exact to the fen at most; change “{given}”.")
OUT_OF_RANGE = Label(
    "“{label}”应在 {low} 到 {high} 之间，现在是 {given}。",
    "“{label}” must lie between {low} and {high}; it is {given}.",
)
NOT_DATE = Label(
    "“{label}”应为日期，如 2027-06-30，不能读懂“{given}”。",
    "“{label}” takes a date such as 2027-06-30; “{given}” is not one.",
)
NOT_OPTION = Label(
    "“{label}”没有“{given}”这一选项，请从列表中选择（例如“{example}”）。",
    "“{label}” has no option “{given}”; choose one of the list (“{example}”, for example).",
)
NOT_EMAIL = Label("“{label}”不是有效的邮箱地址：“{given}”。", "“{label}” is not an e-mail address: “{given}”.")
NOT_PHONE = Label("“{label}”不是有效的电话号码：“{given}”。", "“{label}” is not a telephone number: “{given}”.")
NOT_USCC = Label(
    "“{given}”不是有效的统一社会信用代码（18 位，含校验位），请核对营业执照。",
    "“{given}” is not a valid unified social credit code (18 characters with a check digit); compare it with the licence.",
)

MAX_YUAN = Decimal(10) ** 13
_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff\ufff9-\ufffb]"
)
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_EMAIL = re.compile(r"[^@\s<>\"']{1,64}@[^@\s<>\"']{1,190}\.[^@\s<>\"'.]{2,}")
_PHONE = re.compile(r"\+?[\d][\d\s()\-转x*#]{4,28}")
_GROUPED = re.compile(r"[+\-]?(\d+|\d{1,3}(,\d{3})+)?(\.\d*)?([eE][+\-]?\d+)?")
MOST_NAMES = 50
_FINEST_WAN = -6  # a fen is 0.000001 万元
_STRONG_SEPARATORS = re.compile(r"[;；\n|]+")
SEPARATORS = re.compile(r"[;；、\n|]+|(?<=[^\d\s])[,，]\s*|[,，](?=\D)")


def clean_text(value: object) -> str:
    """Return one answer as text: no control or invisible characters, unix line ends, no outer white space."""
    text = _SURROGATE.sub("", str(value)).replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub("", text).strip()


def shorten(text: str, limit: int = 40) -> str:
    """Quote a wrong answer in a message without flooding the page."""
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


class Unreadable(ValueError):
    """An answer that cannot be read; `message` says why."""

    def __init__(self, message: Label) -> None:
        super().__init__(message.en)
        self.message = message


def _is_empty(value: object) -> bool:
    if value is None:
        return True
    if isinstance(value, str):
        return not clean_text(value)
    return isinstance(value, list | tuple) and not any(not _is_empty(v) for v in value)


def _read_text(field: Field, value: object) -> str:
    text = clean_text(value)
    if field.kind is Kind.TEXT:
        text = " ".join(text.split())
    if len(text) > field.max_length:
        raise Unreadable(TOO_LONG.format(label=field.label, limit=field.max_length, count=len(text)))
    return text


def plain_number(text: str) -> str | None:
    """Return a number as people write it ("1,200", "−3", full width) in plain digits, or None.

    A comma must separate thousands: "80,5" may be eighty and a half, and is not taken for 805.
    """
    plain = unicodedata.normalize("NFKC", text).replace("−", "-").replace(" ", "")
    return plain.replace(",", "") if _GROUPED.fullmatch(plain) else None


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(plain_number(text) or "")
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _read_integer(field: Field, value: object) -> int:
    number = _number(clean_text(value))
    if number is None or number != number.to_integral_value():
        raise Unreadable(NOT_INTEGER.format(label=field.label, given=shorten(clean_text(value))))
    low, high = field.minimum or 0, field.maximum if field.maximum is not None else 2_000_000_000
    if not low <= number <= high:
        raise Unreadable(OUT_OF_RANGE.format(label=field.label, low=low, high=high, given=shorten(str(number))))
    return int(number)


def _read_money(field: Field, value: object) -> Decimal:
    text = clean_text(value).removesuffix("万元").removesuffix("万").strip()
    if text in {"面议", "negotiable"}:
        return Decimal(0)
    number = _number(text)
    if number is None:
        raise Unreadable(NOT_MONEY.format(label=field.label, given=shorten(clean_text(value))))
    if not 0 <= number <= MAX_YUAN / 10_000:
        raise Unreadable(
            OUT_OF_RANGE.format(label=field.label, low=0, high=int(MAX_YUAN / 10_000), given=shorten(str(number)))
        )
    # By digits, not by arithmetic, which would round a very long number before it could be told.
    _, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int), "finite"
    written = "".join(map(str, digits))
    if number and exponent + len(written) - len(written.rstrip("0")) < _FINEST_WAN:
        raise Unreadable(TOO_FINE.format(label=field.label, given=shorten(clean_text(value))))
    return abs(number * 10_000)


def _read_date(field: Field, value: object) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = unicodedata.normalize("NFKC", clean_text(value)).split(" ")[0].split("T")[0]
    parts = [p for p in re.split(r"[-/.年月日]", text) if p]
    try:
        year, month, day = (int(p) for p in parts)
        return date(year, month, day)
    except (ValueError, OverflowError):
        raise Unreadable(NOT_DATE.format(label=field.label, given=shorten(clean_text(value)))) from None


def _read_code(field: Field, value: object) -> str:
    assert field.vocabulary is not None, f"{field.name} has no vocabulary"
    text = clean_text(value)
    code = field.vocabulary.read(text)
    if code is None:
        example = field.vocabulary.label(next(iter(field.vocabulary)))
        raise Unreadable(NOT_OPTION.format(label=field.label, given=shorten(text), example=example))
    return code


def json_list(text: str, kind: type) -> list[Any] | None:
    """Return the entries of a cell that is a JSON list of `kind`: so are lists exported that separators would tear apart."""
    if not text.startswith("["):
        return None
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return entries if isinstance(entries, list) and all(isinstance(entry, kind) for entry in entries) else None


def split_list(value: object) -> list[str]:
    """Split what people write into one cell ("高分子；复合材料") or give as a list."""
    listed = value if isinstance(value, list | tuple) else json_list(clean_text(value), str)
    if listed is not None:
        return [clean_text(v) for v in listed if clean_text(v)]
    return [part.strip() for part in SEPARATORS.split(clean_text(value)) if part.strip()]


def _read_codes(field: Field, value: object) -> list[str]:
    assert field.vocabulary is not None, f"{field.name} has no vocabulary"
    # A label may itself contain a separator ("农、林、牧、渔业"): each part is tried whole before it is split further.
    parts = _STRONG_SEPARATORS.split(clean_text(value)) if isinstance(value, str) else split_list(value)
    found: list[str] = []
    for part in parts:
        whole = field.vocabulary.read(part)
        found += [whole] if whole else [_read_code(field, smaller) for smaller in split_list(part)]
    return list(dict.fromkeys(found))


def _read_tags(field: Field, value: object) -> list[str]:
    tags = list(dict.fromkeys(split_list(value)))
    longest = max(tags, key=len, default="")
    if len(longest) > 60:
        raise Unreadable(TOO_LONG.format(label=field.label, limit=60, count=len(longest)))
    if len(tags) > 30:
        raise Unreadable(OUT_OF_RANGE.format(label=field.label, low=0, high=30, given=len(tags)))
    return tags


def _read_names(field: Field, value: object) -> list[str]:
    """Read full names, which may contain commas: only semicolons, bars and line ends stand between them."""
    given = value if isinstance(value, list | tuple) else json_list(clean_text(value), str)
    parts = given if given is not None else _STRONG_SEPARATORS.split(clean_text(value))
    names = list(dict.fromkeys(" ".join(clean_text(part).split()) for part in parts if clean_text(part)))
    longest = max(names, key=len, default="")
    if len(longest) > field.max_length:
        raise Unreadable(TOO_LONG.format(label=field.label, limit=field.max_length, count=len(longest)))
    if len(names) > MOST_NAMES:
        raise Unreadable(OUT_OF_RANGE.format(label=field.label, low=0, high=MOST_NAMES, given=len(names)))
    return names


def _read_email(field: Field, value: object) -> str:
    text = clean_text(value)
    if len(text) > 254 or not _EMAIL.fullmatch(text):
        raise Unreadable(NOT_EMAIL.format(label=field.label, given=shorten(text)))
    return text


def _read_phone(field: Field, value: object) -> str:
    text = unicodedata.normalize("NFKC", clean_text(value))
    if not _PHONE.fullmatch(text):
        raise Unreadable(NOT_PHONE.format(label=field.label, given=shorten(text)))
    return text


def _read_uscc(field: Field, value: object) -> str:
    from stdnum.cn import uscc
    from stdnum.exceptions import ValidationError

    text = unicodedata.normalize("NFKC", clean_text(value)).upper()
    try:
        return str(uscc.validate(text))
    except ValidationError:
        raise Unreadable(NOT_USCC.format(given=shorten(text))) from None


def _read_rows(field: Field, value: object) -> list[Any]:
    # Rows have a grammar of their own.
    from matcher.core import rows

    reader = rows.read_indicators if field.kind is Kind.INDICATORS else rows.read_ip_rows
    return list(reader(value))


_READERS: dict[Kind, Any] = {
    Kind.TEXT: _read_text,
    Kind.LONG_TEXT: _read_text,
    Kind.TAGS: _read_tags,
    Kind.NAMES: _read_names,
    Kind.INTEGER: _read_integer,
    Kind.MONEY: _read_money,
    Kind.DATE: _read_date,
    Kind.CODE: _read_code,
    Kind.CODES: _read_codes,
    Kind.EMAIL: _read_email,
    Kind.PHONE: _read_phone,
    Kind.USCC: _read_uscc,
    Kind.INDICATORS: _read_rows,
    Kind.IP_ROWS: _read_rows,
}

_LISTS = (Kind.TAGS, Kind.NAMES, Kind.CODES, Kind.INDICATORS, Kind.IP_ROWS)
_TEXTS = (Kind.TEXT, Kind.LONG_TEXT, Kind.EMAIL, Kind.PHONE)


def empty_value(field: Field) -> Any:
    """Return the value that stands for "not answered"."""
    if field.kind in _LISTS:
        return []
    return "" if field.kind in _TEXTS else None


def changed_fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return the names of the answers that differ, in the order of the fields."""
    return [name for name, value in after.items() if before.get(name) != value]


def read_answers(fields: Sequence[Field], given: Mapping[str, Any], *, complete: bool = True) -> Answers:
    """Read what people gave for `fields`.

    With `complete`, required fields must be answered; a draft may leave them empty. Keys of `given` that are no field are
    passed over: a caller that must refuse them (the API) checks itself.
    """
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for field in fields:
        value = given.get(field.name)
        if _is_empty(value):
            values[field.name] = empty_value(field)
            if complete and field.required:
                problems.append(Problem(field.name, REQUIRED.format(label=field.label)))
            continue
        try:
            values[field.name] = _READERS[field.kind](field, value)
        except Unreadable as error:
            values[field.name] = empty_value(field)
            problems.append(Problem(field.name, error.message))
    return Answers(values, problems)
