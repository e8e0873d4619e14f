"""What is asked of an event: the fields of its form, and how hours, breaks and rooms are read."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import time
from typing import Any

from matcher.core.errors import Problem
from matcher.core.fields import Answers, Field, Kind, read_answers
from matcher.core.labels import Label
from matcher.core.vocabularies import TECH_FIELD, Vocabulary

YES_NO = Vocabulary("yes_no", {"no": Label("否", "No"), "yes": Label("是", "Yes")})
MAX_TABLES, MAX_SLOTS = 60, 120

EVENT_FIELDS: tuple[Field, ...] = (
    Field("title", Label("名称", "Title"), Kind.TEXT, required=True, max_length=80),
    Field("place", Label("地点", "Place"), Kind.TEXT, required=True, max_length=120),
    Field("description", Label("说明", "Description"), Kind.LONG_TEXT, max_length=800),
    Field(
        "tech_fields", Label("主题领域", "Fields"), Kind.CODES, vocabulary=TECH_FIELD,
        help=Label("只从这些领域的需求中推荐会谈；不选则不限。", "Meetings are proposed for needs of these fields; none means all."),
    ),
    Field("first_day", Label("第一天", "First day"), Kind.DATE, required=True, group="time"),
    Field("days", Label("连续天数", "Days in a row"), Kind.INTEGER, required=True, minimum=1, maximum=5, group="time"),
    Field("opens", Label("每天开始", "Starts at"), Kind.TEXT, required=True, max_length=5, help=Label("如 09:00", "such as 09:00"), group="time"),
    Field("closes", Label("每天结束", "Ends at"), Kind.TEXT, required=True, max_length=5, help=Label("如 17:00", "such as 17:00"), group="time"),
    Field("slot_minutes", Label("每场会谈（分钟）", "Minutes of a meeting"), Kind.INTEGER, required=True, minimum=10, maximum=60,
          help=Label("通常 20 到 30 分钟。", "Commonly 20 to 30 minutes."), group="time"),
    Field("gap_minutes", Label("两场之间（分钟）", "Minutes between meetings"), Kind.INTEGER, minimum=0, maximum=30, group="time"),
    Field("breaks", Label("休息", "Breaks"), Kind.LONG_TEXT, max_length=400, group="time",
          help=Label("每行一段，如：12:00-13:30 午餐", "One a line, such as: 12:00-13:30 Lunch")),
    Field("rooms", Label("会议室和桌位", "Rooms and tables"), Kind.LONG_TEXT, required=True, max_length=600, group="rooms",
          help=Label("每行一间：名称，桌数，每桌座位数。如：一号厅，10，4", "One a line: name, tables, seats of a table. Such as: Hall 1, 10, 4")),
    Field("least", Label("每个参会方至少几场", "Least meetings of each"), Kind.INTEGER, minimum=1, maximum=20, group="rooms",
          help=Label("排会时尽量满足。", "A goal of the timetable.")),
    Field("most", Label("每个参会方最多几场", "Most meetings of each"), Kind.INTEGER, required=True, minimum=1, maximum=40, group="rooms"),
    Field("self_scheduling", Label("参会方可以自己约空闲时段", "Participants may book free slots"), Kind.CODE, vocabulary=YES_NO, group="rooms"),
)  # fmt: skip
GROUPS = {"": Label("基本信息", "What and where"), "time": Label("时间", "Time"), "rooms": Label("场地和场次", "Rooms and meetings")}  # fmt: skip
DEFAULTS = {"days": 1, "opens": "09:00", "closes": "17:00", "slot_minutes": 25, "gap_minutes": 5, "least": 1, "most": 8}

NOT_TIME = Label("“{label}”应为时间，如 09:00，不能读懂“{given}”。", "“{label}” takes a time such as 09:00; “{given}” is not one.")  # fmt: skip
NOT_BREAK = Label("休息第 {line} 行不能读懂：“{given}”。请写成“12:00-13:30 午餐”。", "Line {line} of the breaks cannot be read: “{given}”. Write “12:00-13:30 Lunch”.")  # fmt: skip
NOT_ROOM = Label("会议室第 {line} 行不能读懂：“{given}”。请写成“名称，桌数，座位数”，如“一号厅，10，4”，每桌至少 2 座。", "Line {line} of the rooms cannot be read: “{given}”. Write name, tables, seats, such as “Hall 1, 10, 4”; a table has 2 seats at least.")  # fmt: skip
CLOSES_EARLY = Label("结束时间要晚于开始时间。", "It must end after it starts.")
TOO_MANY_TABLES = Label("桌位一共最多 {limit} 张，现在是 {count} 张。", "{limit} tables at most in all; there are {count}.")  # fmt: skip
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_BREAK = re.compile(r"\s*([\d:]{4,5})\s*(?:-|–|—|~|至|到)\s*([\d:]{4,5})\s*(.{0,20})")


def read_event(given: Mapping[str, Any]) -> Answers:
    """Read the form of an event; hours become "09:00", breaks and rooms rows."""
    answers = read_answers(EVENT_FIELDS, given)
    values, problems = answers.values, answers.problems
    for name, default in DEFAULTS.items():
        if values[name] in (None, ""):
            values[name] = default
    by_name = {one.name: one for one in EVENT_FIELDS}
    for name in ("opens", "closes"):
        found = _read_time(values[name])
        if found is None:
            problems.append(Problem(name, NOT_TIME.format(label=by_name[name].label, given=values[name])))
        values[name] = found or DEFAULTS[name]
    if not problems and values["closes"] <= values["opens"]:
        problems.append(Problem("closes", CLOSES_EARLY))
    values["breaks"] = _read_breaks(values["breaks"], problems)
    values["rooms"] = _read_rooms(values["rooms"], problems)
    values["least"] = min(values["least"], values["most"])
    values["self_scheduling"] = values["self_scheduling"] == "yes"
    return answers


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _read_time(text: str) -> str | None:
    found = _TIME.fullmatch(_plain(text).strip())
    return time(int(found[1]), int(found[2])).strftime("%H:%M") if found else None


def _read_breaks(text: str, problems: list[Problem]) -> list[list[str]]:
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        found = _BREAK.fullmatch(_plain(line))
        start, end = (_read_time(found[1]), _read_time(found[2])) if found else (None, None)
        if found and start and end and start < end:
            rows.append([start, end, found[3].strip()])
        elif line.strip():
            problems.append(Problem("breaks", NOT_BREAK.format(line=number, given=line.strip())))
    return sorted(rows)


def _read_rooms(text: str, problems: list[Problem]) -> list[list[Any]]:
    rows: list[list[Any]] = []
    for number, line in enumerate(text.splitlines(), 1):
        parts = [part.strip() for part in re.split(r"[,、\t]", _plain(line))]
        counts = [int(part) for part in parts[1:] if part.isdigit() and len(part) < 4]
        if len(parts) == 3 and parts[0] and len(counts) == 2 and counts[0] > 0 and counts[1] > 1:
            rows.append([parts[0][:40], *counts])
        elif line.strip():
            problems.append(Problem("rooms", NOT_ROOM.format(line=number, given=line.strip())))
    tables = sum(row[1] for row in rows)
    if tables > MAX_TABLES:
        problems.append(Problem("rooms", TOO_MANY_TABLES.format(limit=MAX_TABLES, count=tables)))
    return rows


def typed(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return stored values as people type them into the form."""
    given: dict[str, Any] = {one.name: values[one.name] for one in EVENT_FIELDS}
    given["breaks"] = "\n".join(f"{start}-{end} {name}".strip() for start, end, name in values["breaks"])
    given["rooms"] = "\n".join(f"{name}，{tables}，{seats}" for name, tables, seats in values["rooms"])
    given["self_scheduling"] = "yes" if values["self_scheduling"] else "no"
    given["first_day"] = values["first_day"].isoformat() if values["first_day"] else ""
    return {name: value if isinstance(value, str | list) else str(value or 0) for name, value in given.items()}
