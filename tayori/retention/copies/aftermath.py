"""What a restore does before anything serves: nobody erased since comes back, nothing goes out twice (L14, L16, I6).

The vault is the newest truth that there is: who has no key in it was erased after the backup, and who has a key and no
row came after it. Both go. Every step may run twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from tayori import staffing
from tayori.broadcast import lists
from tayori.broadcast.moves import move
from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.recurrence import occurrences
from tayori.domain.standing import Kind, StandingState, stored_plan
from tayori.domain.states import BROADCAST_STEPS, BroadcastState
from tayori.errors import Unavailable
from tayori.office import TOKYO, Office
from tayori.retention import logbook
from tayori.retention.erase import forget_tokens
from tayori.vault import audit
from tayori.vault.audit import Action, record
from tayori.vault.keyfile import Space
from tayori.warehouse import broadcasts, disposal, erasure, letters, orphans, restored, standing, wrapped_keys
from tayori.warehouse.broadcasts import BroadcastRow
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.standing import Occurrence

BLOCK: Final = 5_000
EVIDENCE: Final = Evidence("restore", Purpose.RECOVERY)
B = BroadcastState
MAYBE_SENT: Final = frozenset({B.APPROVED, B.SCHEDULED, B.SENDING, B.PAUSED, B.HELD})
COUNTS: Final = (
    "people",
    "erased_again",
    "newcomers_lost",
    "cases_disposed",
    "case_keys_lost",
    "broadcasts_stopped",
    "people_undecided",
    "plan_days_noted",
    "confirmations_dropped",
    "rows_unopenable",
)


@dataclass(frozen=True, slots=True)
class Checked:
    """What was verified of a restored installation: keys that open, lines of the access log, leaves of the log."""

    person_keys: int
    case_keys: int
    audit_lines: int
    log_leaves: int


def settle(office: Office, taken_at: datetime) -> dict[str, int]:
    """Bring a restored warehouse to the state in which it may serve; give what was done, in counts.

    `taken_at`: when the backup was taken.
    """
    counts = _stop_broadcasts(office, taken_at)
    counts["plan_days_noted"] = _note_plan_days(office, taken_at)
    counts |= match_people_and_cases(office)
    with writing(office.inbox) as inbox, writing(office.warehouse) as warehouse, reading(office.vault) as vault:
        counts["rows_unopenable"] = restored.drop_unopenable(warehouse, inbox, office.box_keys.epochs())
        restored.advance_counters(warehouse, vault)
        restored.free_leases(warehouse)
        counts["confirmations_dropped"] = letters.drop_confirmations(warehouse)
    lists.sweep(office)
    with reading(office.vault) as vault:
        counts["people"] = wrapped_keys.count_keys(vault, Space.PERSON)
    return {name: counts[name] for name in COUNTS}


def match_people_and_cases(office: Office) -> dict[str, int]:
    """Let nobody be here without a key, and no key without a row; what was destroyed since stays destroyed."""
    erased, lost = _erase_again(office), _destroy_person_keys(office)
    return {"erased_again": erased, "newcomers_lost": lost} | _match_cases(office)


def _stop_broadcasts(office: Office, taken_at: datetime) -> dict[str, int]:
    """Let nothing go out that may have gone out after the backup.

    What began, or whose window had begun by now, is called off: it may have been sent, and nothing here can tell.
    What could not have been sent yet is held for a new approval; what waited for its approval is a draft again.
    """
    stopped = 0
    with writing(office.warehouse) as warehouse:
        people = restored.end_open_batches(warehouse, office.now())
        for row in broadcasts.every(warehouse):
            after = _after(row, office.now())
            if after is not None and after in BROADCAST_STEPS[row.state]:
                reason = _reason(after, taken_at)
                move(warehouse, office, EVIDENCE, row, after, reason=reason)
                stopped += 1
            if after in {B.CANCELLED, B.SENT}:
                broadcasts.change(warehouse, row.broadcast_id, ended_at=office.now(), all_frozen=True)
    return {"broadcasts_stopped": stopped, "people_undecided": people}


def _after(row: BroadcastRow, now: datetime) -> BroadcastState | None:
    """Give the state that a broadcast goes to; None for one that has ended or was only a draft."""
    if row.state is B.NEEDS_DECISION:
        return B.SENT
    if row.state is B.SUBMITTED:
        return B.DRAFT
    if row.state in MAYBE_SENT:
        untouched = row.started_at is None and row.not_before > now
        return (B.HELD if row.state is not B.HELD else None) if untouched else B.CANCELLED
    return None


def _reason(after: BroadcastState, taken_at: datetime) -> str:
    since = f"restored from a backup of {taken_at.astimezone(TOKYO):%Y-%m-%d %H:%M}"
    match after:
        case B.CANCELLED | B.SENT:
            return f"{since}; what went out after it is not known, so nothing more goes out. See LINE's own record."
        case B.HELD:
            return f"{since}; its window has not begun, so it was not sent. Approve it anew."
        case _:
            return f"{since}; it may have been approved and sent after it. See LINE's own record before submitting."


def _note_plan_days(office: Office, taken_at: datetime) -> int:
    """Note the days of plans between the backup and now, so that none is made a second time."""
    noted = 0
    with writing(office.warehouse) as warehouse:
        for plan in standing.of_kind(warehouse, Kind.PLAN, StandingState.APPROVED, StandingState.PAUSED):
            rule, known = stored_plan(plan.particulars).rule, standing.noted_days(warehouse, plan.standing_id)
            for day in occurrences(rule):
                if day not in known and taken_at <= rule.moment(day) <= office.now():
                    standing.note(warehouse, Occurrence(plan.standing_id, day, "missed", None, office.now()))
                    noted += 1
        if noted:
            record(warehouse, EVIDENCE, Action.DECIDE, "plan days passed over", count=0, now=office.now())
    return noted


def _erase_again(office: Office) -> int:
    """Forget again who was erased after the backup: those in the journal, and those without a key."""
    with reading(office.warehouse) as warehouse, reading(office.vault) as vault:
        gone = orphans.people_without_key(warehouse, vault)
        journalled = restored.journalled_people(warehouse)
    numbers = sorted({*(int(one) for one in gone), *(int(one) for one in journalled)})
    for block in _blocks(numbers):
        with writing(office.warehouse) as warehouse:
            record(warehouse, EVIDENCE, Action.ERASE, "erased since the backup", count=len(block), now=office.now())
            leavers = restored.leavers_of(warehouse, block, office.now())
            erasure.forget(warehouse, leavers)
            forget_tokens(office, warehouse, leavers)
        with writing(office.vault) as vault:
            office.person_keys.destroy(vault, block)
    return len(numbers)


def _destroy_person_keys(office: Office) -> int:
    """Destroy the keys of people who came after the backup and are not here: nothing of them is left to open."""
    with reading(office.vault) as vault, reading(office.warehouse) as warehouse:
        lost = orphans.keys_without_person(warehouse, vault)
    for block in _blocks(lost):
        with writing(office.vault) as vault:
            office.person_keys.destroy(vault, block)
    return len(lost)


def _match_cases(office: Office) -> dict[str, int]:
    with reading(office.warehouse) as warehouse, reading(office.vault) as vault:
        disposed = [int(one) for one in orphans.cases_without_key(warehouse, vault)]
        lost = [int(one) for one in orphans.keys_without_case(warehouse, vault)]
    for block in _blocks(disposed):
        with writing(office.warehouse) as warehouse:
            record(warehouse, EVIDENCE, Action.ERASE, "cases disposed of since", count=len(block), now=office.now())
            disposal.delete_letters(warehouse, block)
    for block in _blocks(lost):
        with writing(office.vault) as vault:
            office.case_keys.destroy(vault, block)
    return {"cases_disposed": len(disposed), "case_keys_lost": len(lost)}


def _blocks(numbers: Sequence[int]) -> list[Sequence[int]]:
    return [numbers[start : start + BLOCK] for start in range(0, len(numbers), BLOCK)]


def verify(office: Office) -> Checked:
    """Check what was restored: every key opens, everybody has one, the access log and the certificates' log hold.

    Nobody's content is opened for it.

    Raises:
        Tampered: a key, a line or a leaf does not hold.
        Unavailable: somebody is here without a key.

    """
    opened = {space: _opened(office, space) for space in (Space.PERSON, Space.CASE)}
    with reading(office.warehouse) as warehouse, reading(office.vault) as vault:
        lost = (len(orphans.people_without_key(warehouse, vault)), len(orphans.cases_without_key(warehouse, vault)))
        lines = audit.verify(warehouse, office.signing_key.public_key())
        staffing.verify(warehouse)
        leaves = len(logbook.whole_log(office, warehouse))
    if any(lost):
        raise Unavailable("Somebody of the restored warehouse has no key in the vault; take another escrow or backup.")
    return Checked(opened[Space.PERSON], opened[Space.CASE], lines, leaves)


def _opened(office: Office, space: Space) -> int:
    keyring = office.person_keys if space is Space.PERSON else office.case_keys
    count, after = 0, wrapped_keys.FIRST_NUMBER
    with reading(office.vault) as vault:
        while block := wrapped_keys.next_keys(vault, space, after, BLOCK):
            count += sum(1 for _ in keyring.unwrapped(block))
            after = block[-1][0]
    return count


def record_restored(warehouse: Connection, office: Office, actor: str, what: str) -> None:
    """Write the line of the access log that says what this installation was restored from."""
    evidence = Evidence(actor, Purpose.RECOVERY)
    record(warehouse, evidence, Action.DECIDE, what, count=0, now=office.now())
