"""The watch: what should have happened and did not, told in sentences and counts, never with a person in them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from tayori.domain.states import BroadcastState
from tayori.office import TOKYO, Office
from tayori.warehouse import broadcasts, emergencies, holds, inbox, quarantine, runs
from tayori.warehouse.engines import reading
from tayori.warehouse.quarantine import QuarantineRow
from tayori.warehouse.runs import Outcome, RunRow

RETENTION_WITHIN: Final = timedelta(hours=26)
INBOX_WITHIN: Final = timedelta(seconds=60)
QUARANTINE_NOTICE: Final = timedelta(hours=48)
STORY: Final = "watch"


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that a person has to look at: its code, how many of it, and what to do, in a sentence for staff."""

    code: str
    count: int
    sentence: str


def look(office: Office) -> list[Alarm]:
    """Look at everything that can be late or stuck; an empty list is a good one."""
    found = [_retention(office), _inbox(office), *_broadcasts(office), _quarantine(office), _unreviewed(office)]
    found.append(_held(office))
    return [alarm for alarm in found if alarm is not None]


def is_news(office: Office, alarms: list[Alarm], last: RunRow | None) -> bool:
    """Whether the desk has to be told: something is wrong that was not before, or it is the first watch of the day."""
    if not alarms:
        return False
    if last is None or last.started_at.astimezone(TOKYO).date() != office.today():
        return True
    return any(alarm.code not in last.counts for alarm in alarms)


def counts(alarms: list[Alarm]) -> Mapping[str, int]:
    """Give the alarms as a run keeps them: how many by code."""
    return {alarm.code: alarm.count for alarm in alarms}


def _retention(office: Office) -> Alarm | None:
    with reading(office.warehouse) as connection:
        done = runs.latest(connection, "retention", Outcome.DONE)
        first = runs.first(connection)
    begun = first.started_at if first is not None else None
    since = done.ended_at if done is not None else begun
    if since is None or office.now() - since <= RETENTION_WITHIN:
        return None
    hours = int((office.now() - since).total_seconds() // 3600)
    return Alarm(
        "retention_late",
        hours,
        f"消去が {hours} 時間終わっていません（26 時間以内）。`tayori retention run` を実行してください。",
    )


def _inbox(office: Office) -> Alarm | None:
    with reading(office.inbox) as connection:
        waiting, oldest = inbox.waiting(connection)
    if oldest is None or office.now() - oldest <= INBOX_WITHIN:
        return None
    minutes = int((office.now() - oldest).total_seconds() // 60)
    return Alarm(
        "inbox_lag",
        waiting,
        f"受付箱に {waiting} 件、最も古いものは {minutes} 分前。取込み (ingest) が動いているか確かめてください。",
    )


def _broadcasts(office: Office) -> list[Alarm]:
    with reading(office.warehouse) as connection:
        held = broadcasts.in_states(connection, BroadcastState.HELD)
        unknown = broadcasts.in_states(connection, BroadcastState.NEEDS_DECISION)
    found = []
    if held:
        found.append(
            Alarm(
                "broadcast_held",
                len(held),
                f"保留中の配信: {'、'.join(held)}。確かめて承認し直すか、取りやめてください。",
            )
        )
    if unknown:
        sentence = f"届いたか分からない束のある配信: {'、'.join(unknown)}。72 時間以内に `tayori broadcast decide` を。"
        found.append(Alarm("batches_unknown", len(unknown), sentence))
    return found


def _quarantine(office: Office) -> Alarm | None:
    with reading(office.warehouse) as connection:
        ending = [row for row in quarantine.waiting(connection) if row.expires_at - office.now() <= _notice(row)]
    if not ending:
        return None
    return Alarm(
        "quarantine_ending",
        len(ending),
        f"隔離された {len(ending)} 行が 48 時間以内に消えます。`tayori quarantine list` で確かめてください。",
    )


def _unreviewed(office: Office) -> Alarm | None:
    with reading(office.warehouse) as connection:
        overdue = [row for row in emergencies.unreviewed(connection) if row.review_by <= office.now()]
    if not overdue:
        return None
    listed = "、".join(row.broadcast_id for row in overdue)
    sentence = f"24 時間以内に確認されていない緊急配信: {listed}。当番以外の人が `tayori broadcast review` を。"
    return Alarm("emergency_unreviewed", len(overdue), sentence)


def _held(office: Office) -> Alarm | None:
    with reading(office.warehouse) as connection:
        held = [row for row in holds.every(connection) if row.state == "open"]
    if not held:
        return None
    listed = "、".join(f"{row.hold_id}（{row.people} 人）" for row in held)
    sentence = f"離脱が多すぎるため保留: {listed}。原因を調べ、本当なら二人が `tayori retention hold allow` を。"
    return Alarm("leavers_held", len(held), sentence)


def _notice(row: QuarantineRow) -> timedelta:
    """Give how long before its end a row is told of: two days, or half of a shorter life."""
    return min(QUARANTINE_NOTICE, (row.expires_at - row.received_at) / 2)
