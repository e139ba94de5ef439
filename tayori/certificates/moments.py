"""Moments on paper: stored and signed in UTC, shown in Japan's time."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from tayori.errors import BadInput

JAPAN = ZoneInfo("Asia/Tokyo")
_WEEKDAYS = "月火水木金土日"
_REIWA_FIRST_YEAR = 2019


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
    """Day as `令和8年11月23日`; the first year is 元年."""
    year = day.year - _REIWA_FIRST_YEAR + 1
    if year < 1:
        raise BadInput("A day before the era 令和 cannot stand on a certificate.")
    return f"令和{'元' if year == 1 else year}年{day.month}月{day.day}日"
