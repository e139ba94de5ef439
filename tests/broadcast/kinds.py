"""Builders of kinds: an approved plan, an approved template of the emergency lane."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from tayori.broadcast import desk, standing
from tayori.domain.standing import Kind
from tayori.office import TOKYO, Office
from tests.broadcast.builders import EVERYONE, GENRE_NAME, TEXT, Staff

URGENT = 11
DAILY = {"at": "10:00", "from": "2026-11-03", "until": "2027-01-31", "repeat": "daily"}
SHELTER = [{"type": "text", "text": "【避難所】{shelter}を{opened}に開設しました。"}]
VALUES: dict[str, object] = {"shelter": ["四谷小学校", "大久保小学校"], "opened": "time"}
END = date(2027, 3, 31)


def tokyo(written: str) -> datetime:
    """Give a moment of Tokyo's."""
    return datetime.fromisoformat(written).replace(tzinfo=TOKYO)


def some_news(office: Office, genre: str = GENRE_NAME, segment: object = None, messages: object = None) -> desk.Writing:
    """Give genre, segment and messages; the window is nobody's."""
    now = office.now()
    return desk.written(genre, segment or EVERYONE, messages or TEXT, now, now + timedelta(hours=1))


def a_draft_plan(office: Office, who: Staff, rule: Mapping[str, object] = DAILY, **own: object) -> str:
    """Give a plan that was written and not handed in."""
    return standing.draft_plan(office, who.writer, some_news(office), {"rule": rule, **own})


def a_plan(office: Office, who: Staff, rule: Mapping[str, object] = DAILY, **own: object) -> str:
    """Give a plan that two handlers signed."""
    plan = a_draft_plan(office, who, rule, **own)
    signed(office, who, plan, Kind.PLAN)
    return plan


def a_template(office: Office, who: Staff, name: str = "shelter-open", ends_on: date = END) -> str:
    """Give a template that two handlers signed."""
    news = some_news(office, "緊急", messages=SHELTER)
    standing.draft_template(office, who.writer, name, news, VALUES, ends_on)
    signed(office, who, name, Kind.TEMPLATE)
    return name


def signed(office: Office, who: Staff, standing_id: str, kind: Kind) -> None:
    """Let the writer submit and the approver approve."""
    standing.submit(office, who.writer, standing_id, standing.show(office, standing_id, kind))
    standing.approve(office, who.approver, standing_id, standing.show(office, standing_id, kind))
