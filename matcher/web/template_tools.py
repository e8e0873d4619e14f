"""What templates may call: labels, amounts, dates, addresses."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask import Flask, request, url_for
from flask_babel import format_date, format_datetime, format_decimal, gettext
from werkzeug.local import LocalProxy

from matcher.accounts.fields import size_class
from matcher.core import vocabularies
from matcher.core.clock import local_date
from matcher.core.fields import Field, Kind
from matcher.core.permissions import allowed
from matcher.core.rows import IndicatorRow
from matcher.core.vocabularies import COMPARATOR, Vocabulary
from matcher.core.vocabularies.regions import city_of
from matcher.projects.topics.answers import IndicatorRange
from matcher.web.context import current_actor
from matcher.web.language import LANGUAGES, language, t
from matcher.web.navigation import home_endpoint, navigation
from matcher.web.options import option_groups, place
from matcher.web.projects.tabs import TABS


def configure_templates(app: Flask) -> None:
    """Give templates their filters and globals."""
    env = app.jinja_env
    env.trim_blocks = env.lstrip_blocks = True
    env.add_extension("jinja2.ext.do")
    env.filters.update(
        t=t,
        wan=wan,
        day=day,
        moment=moment,
        second=second,
        names=names,
        indicator=indicator,
        demand_range=demand_range,
        place=place_name,
        tags=tags,
        is_date=is_date,
    )
    env.globals.update(
        project_tab_row=TABS,
        known_endpoints=app.view_functions,
        actor=LocalProxy(current_actor),
        language=language,
        languages=LANGUAGES,
        same_page=same_page,
        option_groups=option_groups,
        city_of=city_of,
        size_class=size_class,
        navigation=navigation,
        home_endpoint=home_endpoint,
        may=may,
        V=vocabularies,
        Kind=Kind,
    )


def may(action: str, owner: int | None = None) -> bool:
    """Say whether the actor may do something; services check it again."""
    return allowed(current_actor(), action, owner=owner)


def wan(amount: Decimal | None) -> str:
    """Write an amount of yuan in 万元, in English in millions; none and zero are open to talks."""
    if not amount:
        return str(gettext("面议"))
    unit = 10_000 if language() == "zh" else 1_000_000
    return str(gettext("%(amount)s 万元", amount=format_decimal(amount / unit, format="#,##0.######")))


def day(value: date | datetime | None) -> str:
    """Write a day as 2027-06-30 in Chinese, 30 Jun 2027 in English."""
    if value is None:
        return ""
    plain = local_date(value) if isinstance(value, datetime) else value
    return str(format_date(plain, "yyyy-MM-dd" if language() == "zh" else "d MMM yyyy"))


def moment(value: datetime | None) -> str:
    """Write a moment in China's time, to the minute."""
    if value is None:
        return ""
    return str(format_datetime(value, "yyyy-MM-dd HH:mm" if language() == "zh" else "d MMM yyyy, HH:mm"))


def second(value: datetime | None) -> str:
    """Write a moment in China's time, to the second: deadlines are."""
    if value is None:
        return ""
    return str(format_datetime(value, "yyyy-MM-dd HH:mm:ss" if language() == "zh" else "d MMM yyyy, HH:mm:ss"))


def is_date(text: str) -> bool:
    """Say whether a date box of the browser can show what was typed."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == len("2027-06-30")


def place_name(code: str) -> str:
    """Name a region with its city."""
    return t(place(code))


def names(codes: str | Iterable[str] | None, vocabulary: Vocabulary) -> str:
    """Write the labels of one code or several."""
    if not codes:
        return ""
    found = [codes] if isinstance(codes, str) else list(codes)
    return ("、" if language() == "zh" else ", ").join(t(vocabulary.label(code)) for code in found)


def tags(words: Iterable[str] | str) -> str:
    """Write what a box of several short texts holds."""
    return words if isinstance(words, str) else "；".join(words)


def indicator(row: IndicatorRow) -> str:
    """Write the demand or claim of an indicator without its name: ≤ 0.5 %."""
    unit = f" {row.unit}" if row.unit else ""
    match row.comparator:
        case "text":
            return row.text
        case "range":
            return f"{_number(row.value)} – {_number(row.value_high)}{unit}"
        case "pm":
            return f"{_number(row.value)} ± {_number(row.value_high)}{unit}"
    return f"{COMPARATOR.label(row.comparator).zh} {_number(row.value)}{unit}"


def demand_range(one: IndicatorRange) -> str:
    """Write what several needs demand of one quantity: ≤ 0.3 – 0.5 %."""
    values = _number(one.low) if one.low == one.high else f"{_number(one.low)} – {_number(one.high)}"
    sign = {"range": "", "pm": "± "}.get(one.comparator, f"{COMPARATOR.label(one.comparator).zh} ")
    return f"{sign}{values}{f' {one.unit}' if one.unit else ''}"


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.10g}" if 1e-4 <= abs(value) < 1e12 or value == 0 else f"{value:g}"


def same_page(**changes: Any) -> str:
    """Return the address of this page with other arguments; None leaves one out."""
    arguments: dict[str, Any] = request.args.to_dict(flat=False) | (request.view_args or {})
    for name, value in changes.items():
        arguments[name] = value
    return url_for(request.endpoint or "public.home", **{k: v for k, v in arguments.items() if v is not None})


def field_value(field: Field, value: Any) -> str:
    """Write the answer to a field as one text, for lists of facts."""
    if value in (None, "", []):
        return ""
    match field.kind:
        case Kind.MONEY:
            return wan(value)
        case Kind.DATE:
            return day(value)
        case Kind.CODE | Kind.CODES if field.vocabulary is vocabularies.REGION:
            return t(place(value))
        case Kind.CODE | Kind.CODES:
            assert field.vocabulary is not None
            return names(value, field.vocabulary)
        case Kind.TAGS | Kind.NAMES:
            return tags(value)
    return str(value)
