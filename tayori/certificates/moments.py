"""Moments on paper: stored and signed in UTC, shown in Japan's time."""

from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from tayori.errors import BadInput

JAPAN = ZoneInfo("Asia/Tokyo")
_WEEKDAYS = "月火水木金土日"
_BEGINS: Final = (("令和", date(2019, 5, 1)), ("平成", date(1989, 1, 8)), ("昭和", date(1926, 12, 25)))
"""The first day of each era, the latest first: a letter of an old system may be of an earlier one."""


def utc_text(moment: datetime) -> str:
    """Moment as `2026-11-22T15:04:05Z`, whole seconds. Raises BadInput for a time without a zone."""
    if moment.tzinfo is None:
        raise BadInput("A time without a zone cannot be signed; hand in an aware one.")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def japan_text(signed: str) -> str:
    """Signed moment (ISO 8601 with its zone) as `令和8年11月23日（月）0時04分05秒`."""
    moment = datetime.fromisoformat(signed).astimezone(JAPAN)
    return f"{japan_date(moment.date())}（{_WEEKDAYS[moment.weekday()]}）{moment.hour}時{moment:%M}分{moment:%S}秒"


def japan_date(day: date) -> str:
    """Day as `令和8年11月23日` or `平成31年4月30日`; an era's first year is 元年. Raises BadInput before 昭和."""
    found = next(((name, first) for name, first in _BEGINS if day >= first), None)
    if found is None:
        raise BadInput("A day before the era 昭和 cannot stand on a document.")
    year = day.year - found[1].year + 1
    return f"{found[0]}{'元' if year == 1 else year}年{day.month}月{day.day}日"
