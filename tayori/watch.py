"""The watch: what should have happened and did not, told in sentences and counts, never with a person in them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from tayori.domain.states import BroadcastState
from tayori.errors import Tampered
from tayori.ingest.submissions import BALLOT
from tayori.office import TOKYO, Office
from tayori.retention import logbook
from tayori.retention.copies import backups, escrow, ledger
from tayori.retention.copies.ends import ESCROW
from tayori.warehouse import broadcasts, emergencies, holds, inbox, quarantine, runs, settling
from tayori.warehouse.copies import CopyRow
from tayori.warehouse.engines import reading
from tayori.warehouse.quarantine import QuarantineRow
from tayori.warehouse.runs import Outcome, RunRow

RETENTION_WITHIN: Final = timedelta(hours=26)
BACKUP_WITHIN: Final = timedelta(hours=26)
INBOX_WITHIN: Final = timedelta(seconds=60)
QUARANTINE_NOTICE: Final = timedelta(hours=48)
STORY: Final = "watch"
NO_ESCROW: Final = (
    "鍵の預託が新しくなっていません。媒体を戻し、`tayori escrow write` を。それまで証明書は確定になりません。"
)


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that a person has to look at: its code, how many of it, and what to do, in a sentence for staff."""

    code: str
    count: int
    sentence: str


def look(office: Office) -> list[Alarm]:
    """Look at everything that can be late or stuck; an empty list is a good one."""
    found = [_retention(office), _inbox(office), *_broadcasts(office), _quarantine(office), _unreviewed(office)]
    found += [_overdue_certificates(office), _refused_certificates(office)]
    found += [_forked(office), _held(office)]
    return [alarm for alarm in found if alarm is not None] + _copies(office)


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
        waiting, oldest = inbox.waiting(connection, but=BALLOT)  # which wait for one another
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


def _copies(office: Office) -> list[Alarm]:
    """Look at copies: overdue ones, backups that are missing or late, an escrow that should have been replaced."""
    late = ledger.overdue(office)
    found = [_overdue(late)] if late else []
    if not late and office.settings.escrow_folder is not None and not escrow.stands(office):
        found.append(Alarm("escrow_late", 1, NO_ESCROW))
    if troubles := backups.look_after(office, whole=False):
        listed = "、".join(one.copy_id for one in troubles)
        sentence = f"台帳のとおりでないバックアップ: {listed}。`tayori backup check` で確かめてください。"
        found.append(Alarm("backup_changed", len(troubles), sentence))
    newest = backups.newest(office)
    if newest is not None and office.now() - newest.made_at > BACKUP_WITHIN:
        hours = int((office.now() - newest.made_at).total_seconds() // 3600)
        sentence = f"最も新しいバックアップは {hours} 時間前（26 時間以内）。`tayori backup make` を実行してください。"
        found.append(Alarm("backup_late", hours, sentence))
    return found


def _overdue(late: list[CopyRow]) -> Alarm:
    listed = "期限を過ぎた複製: " + "、".join(row.copy_id for row in late) + "。"
    if any(row.kind == ESCROW for row in late):
        return Alarm("escrow_late", len(late), NO_ESCROW + listed)
    return Alarm("copies_overdue", len(late), f"{listed}`tayori copies show` で確かめ、終わらせてください。")


def _overdue_certificates(office: Office) -> Alarm | None:
    with reading(office.warehouse) as connection:
        late = settling.overdue(connection, office.today())
    if not late:
        return None
    listed = "、".join(row.certificate_no for row in late)
    sentence = (
        f"確定予定日を過ぎた暫定の消去証明書: {listed}。`tayori certificate show` で残っているものを確かめてください。"
    )
    return Alarm("certificate_overdue", len(late), sentence)


def _refused_certificates(office: Office) -> Alarm | None:
    with reading(office.warehouse) as connection:
        refused = [row for row in settling.waiting(connection) if row.refused]
    if not refused:
        return None
    listed = "、".join(row.certificate_no for row in refused)
    sentence = f"確定を見合わせた消去証明書: {listed}。写し・鍵の場所を `tayori certificate show` で確かめてください。"
    return Alarm("certificate_refused", len(refused), sentence)


def _forked(office: Office) -> Alarm | None:
    with reading(office.warehouse) as connection:
        try:
            logbook.heads_held(office, connection, logbook.heads_out(office))
        except Tampered:
            sentence = (
                "発行記録簿が、渡した根の続きではありません。発行を止め、控えと突き合わせて原因を調べてください。"
            )
            return Alarm("certificate_log_forked", 1, sentence)
    return None


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
