"""The flows, run here as a worker would run them: they read the settings from the environment and report to Prefect.

This is the only part of the rehearsal that loads Prefect.
"""

import os
import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from flows.broadcast import BroadcastOrder, broadcast
from flows.desk import desk, desk_reminders
from flows.ingest import IngestOrder, ingest
from flows.ingest_opinions import ingest_opinions
from flows.opinion_analysis import Period, opinion_analysis
from flows.reconcile import reconcile
from flows.retention import retention
from sandbox.demo.letters import Source
from tasks.opinions import take_in_file
from tasks.rate import provide
from tayori.broadcast import control
from tayori.domain.identifiers import BroadcastId
from tayori.office import Office
from tayori.warehouse import runs
from tayori.warehouse.engines import reading

Counts = dict[str, Any]


def run_ingest(office: Office) -> Counts:
    """Run flows/ingest until the inbox is empty; give what became of the events."""
    ingest(IngestOrder(seconds=0))
    counts = _counted(office, "ingest")
    return {name: counts[name] for name in ("received", "applied", "ignored", "duplicate", "quarantined")}


def run_broadcast(office: Office, broadcast_id: BroadcastId) -> int:
    """Run flows/broadcast; give the number of batches."""
    provide(office.settings.send_share)
    broadcast(BroadcastOrder(broadcast_id=broadcast_id))
    return sum(tally.batches for tally in control.status(office, broadcast_id).batches.values())


def run_reconcile(office: Office) -> None:
    """Run flows/reconcile once."""
    assert office.settings.line_base  # noqa: S101 - the sandbox's address
    reconcile()


def run_retention(office: Office) -> Counts:
    """Run flows/retention; give what the night counted."""
    retention()
    return _counted(office, "retention")


def run_intake(office: Office, sources: Sequence[Source], call_centre: str | None, mapping: Path) -> Counts:
    """Take in the letters, file by file, and the call centre's by its flow; give the sums."""
    counted = [take_in_file.fn(source.path, source.mapping) for source in sources]
    if call_centre is not None:
        os.environ |= {"TAYORI_CALL_CENTRE_URL": call_centre, "TAYORI_CALL_CENTRE_MAPPING": str(mapping)}
        ingest_opinions()
        counted.append(_counted(office, "ingest-opinions"))
    return {name: sum(counts[name] for counts in counted) for name in ("read", "accepted", "quarantined")}


def run_desk() -> None:
    """Run flows/desk: the letters that came in are taken up."""
    desk()


def show_due() -> None:
    """Run flows/desk's reminders: what is due stands as an artifact."""
    desk_reminders()


def run_analysis(office: Office, folder: Path, span: tuple[date, date] | None) -> Counts:
    """Run flows/opinion_analysis and take the report out; give what it counted."""
    opinion_analysis(Period(first=span[0], last=span[1]) if span else Period())
    made = max((office.settings.home / "reports").iterdir(), key=lambda path: path.stat().st_mtime)
    shutil.copytree(made, folder)
    return _counted(office, "opinion-analysis")


def _counted(office: Office, story: str) -> Counts:
    with reading(office.warehouse) as people:
        last = runs.latest(people, story)
    assert last is not None  # noqa: S101 - the flow wrote it down
    return dict(last.counts)
