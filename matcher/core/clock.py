"""Time: UTC inside, Asia/Shanghai on the page."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)


def local_date(moment: datetime) -> date:
    """Return the calendar day in China on which a moment falls."""
    return moment.astimezone(SHANGHAI).date()


def local_second(moment: datetime | None) -> str:
    """Write a moment in China's time to the second, as it is typed and told; nothing where there is none."""
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}" if moment else ""
