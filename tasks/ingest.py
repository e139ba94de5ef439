"""Steps of the ingest story: one run at a time, block by block, handed over to the next run without a gap."""

import contextlib
import time
import uuid
from collections import Counter
from typing import Any, Final

from prefect import task
from prefect.cache_policies import NO_CACHE

from expectations.gate import gate, load
from tasks.support import desk, sentence_only
from tayori.domain.identifiers import RunId
from tayori.domain.talk import fixed_texts
from tayori.errors import Refused, Unavailable
from tayori.ingest import returning
from tayori.ingest.answering import Answering, Outcome, Reply
from tayori.ingest.counts import Counts
from tayori.ingest.inbox import Hear, InboxCounts, ingest_inbox
from tayori.office import Office
from tayori.warehouse import leases, runs
from tayori.warehouse.engines import Conflict, writing
from tayori.warehouse.runs import Outcome as RunOutcome

STORY: Final = "ingest"
LEASE, NEXT = "ingest", "ingest:next"
NUMBERS: Final = ("received", "applied", "ignored", "duplicate", "quarantined")
POLL_SECONDS: Final = 1.0
PATIENCE_SECONDS: Final = 900.0
GRACE_SECONDS: Final = 300.0
TROUBLE_SECONDS: Final = 60.0  # how long a store may be locked or away before the run gives up; nothing is lost by it
ASK_SECONDS: Final = 60.0
LAST_WORDS_SECONDS: Final = 3.0  # for answers that are under way when the next run waits to take over
PATIENT_SECONDS: Final = 15.0  # the same where no run waits
BLOCK_ROWS: Final = 1_000  # deliveries of some hundred events each: a block ends long before the lease is stale


@task(name="引継ぎ", persist_result=False, cache_policy=NO_CACHE)
@sentence_only
def take_over() -> RunId | None:
    """Ask the run before to end, and take its place; None when it goes on for longer than a successor may wait.

    The gate is loaded first: what comes during the change of runs waits for no program to start.
    """
    load()
    name = uuid.uuid4().hex
    until = time.monotonic() + PATIENCE_SECONDS
    with desk() as office:
        while time.monotonic() < until:
            with writing(office.warehouse) as warehouse:
                now = office.now()
                if leases.take(warehouse, LEASE, name, now):
                    leases.release(warehouse, NEXT, name, now)
                    run_id = runs.begin(warehouse, STORY, now, office.rng)
                    leases.release(warehouse, LEASE, name, now)
                    leases.take(warehouse, LEASE, run_id, now)
                    return run_id
                if not leases.take(warehouse, NEXT, name, now):
                    return None
            time.sleep(POLL_SECONDS)
    return None


@task(name="取込み", persist_result=False, cache_policy=NO_CACHE)
@sentence_only
def take_in(run_id: RunId, seconds: float) -> dict[str, int]:
    """Take in what lies in the inbox and what comes, for so many seconds and until the next run asks.

    A store that is locked or away for a moment costs nothing but that moment: rows wait in the inbox.
    """
    with desk() as office:
        answering = _answering(office)
        answers: Counter[Outcome] = Counter()
        try:
            total = _until_over(office, run_id, seconds, answering.hear if answering else None)
        finally:
            if answering:
                answers = answering.end(LAST_WORDS_SECONDS if seconds else PATIENT_SECONDS)
    told = _numbers(total.events) | {"answered": answers[Outcome.ANSWERED]}
    told["unanswered"] = answers.total() - told["answered"]
    for kind, counted in (("settings", total.receptions), ("wishes", total.wishes)):
        told |= {f"{kind}_{name}": count for name, count in _numbers(counted).items()}
    letters = total.letters.plain()
    return told | {f"letters_{name}": int(letters[name]) for name in ("read", "recorded", "duplicate", "quarantined")}


def _until_over(office: Office, run_id: RunId, seconds: float, hear: Hear | None) -> InboxCounts:
    total = InboxCounts()
    began = failing_since = time.monotonic()
    asked_at = began - ASK_SECONDS
    while True:
        try:
            counts = ingest_inbox(office, gate, BLOCK_ROWS, run_id, hear)
        except (Unavailable, Conflict):
            if time.monotonic() - failing_since > TROUBLE_SECONDS:
                raise
            time.sleep(POLL_SECONDS)
            continue
        failing_since = time.monotonic()
        total.add(counts)
        asked_at = _ask_about_returns(office, asked_at)
        if _is_over(office, run_id, seconds, time.monotonic() - began, idle=not counts.rows):
            return total
        if not counts.rows:
            time.sleep(POLL_SECONDS)


def _answering(office: Office) -> Answering | None:
    """Give what greets and answers, or None where no LINE is set: then nobody is answered, and all is taken in."""
    settings = office.settings
    if not settings.line_base or settings.line_access_token is None:
        return None

    def connect() -> Reply:
        from tayori.line.client import LineClient  # noqa: PLC0415 - the LINE SDK takes two seconds to load

        return LineClient.from_settings(settings).reply

    return Answering(fixed_texts(settings.web_base_url, settings.opinion_base_url), connect, office.now)


def _ask_about_returns(office: Office, asked_at: float) -> float:
    """Take in follows that came late and for which LINE shows a profile; give when LINE was asked last.

    Where LINE cannot be asked they wait: the next time is in a minute, and in the end the scan of followers asks.
    """
    if time.monotonic() - asked_at < ASK_SECONDS or not returning.anybody_waits(office):
        return asked_at
    from tayori.line.client import LineClient  # noqa: PLC0415 - the LINE SDK takes two seconds to load

    with contextlib.suppress(Unavailable, Refused, Conflict):
        returning.confirm_follows(office, LineClient.from_settings(office.settings), gate)
    return time.monotonic()


def _is_over(office: Office, run_id: RunId, seconds: float, spent: float, *, idle: bool) -> bool:
    """Beat the lease, and say whether this run ends: its time is over, and the inbox is empty or the next run asks."""
    with writing(office.warehouse) as warehouse:
        now = office.now()
        if not leases.take(warehouse, LEASE, run_id, now):
            return True
        asked = leases.is_held(warehouse, NEXT, now)
    if seconds == 0:
        return idle
    return spent >= seconds and (asked or spent >= seconds + GRACE_SECONDS)


@task(name="終了", persist_result=False, cache_policy=NO_CACHE)
@sentence_only
def end(run_id: RunId, counts: dict[str, int]) -> None:
    """Write down what the run counted, and let the next one in."""
    with desk() as office, writing(office.warehouse) as warehouse:
        runs.end(warehouse, run_id, RunOutcome.DONE, counts, office.now())
        leases.release(warehouse, LEASE, run_id, office.now())


def _numbers(counts: Counts) -> dict[str, int]:
    plain: dict[str, Any] = counts.plain()
    return {name: int(plain[name]) for name in NUMBERS}
