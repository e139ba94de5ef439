"""Steps of the letters' stories: take in, mask, tabulate, report. Counts out, never a letter."""

from pathlib import Path
from typing import Any

from prefect import task

from expectations.gate import gate
from tasks.support import desk, sentence_only
from tayori.analysis.mart import mask_done_cases
from tayori.analysis.report import ReportWanted, make_report
from tayori.ingest.opinions import ingest_call_centre, ingest_opinion_file
from tayori.ingest.sources.database_mapping import read_database_mapping
from tayori.ingest.sources.mapping import read_file_mapping


@task(name="読込み（ファイル）", retries=0, persist_result=False)
@sentence_only
def take_in_file(path: Path, mapping: Path) -> dict[str, Any]:
    """Take in a file of letters by its mapping."""
    with desk() as office:
        return ingest_opinion_file(office, path, read_file_mapping(mapping), gate).plain()


@task(name="読込み（コールセンター）", retries=0, persist_result=False)
@sentence_only
def take_in_call_centre() -> dict[str, Any] | None:
    """Take in the call centre's inquiries in scope; None where no call centre is set."""
    with desk() as office:
        url, mapping = office.settings.call_centre_url, office.settings.call_centre_mapping
        if url is None or mapping is None:
            return None
        return ingest_call_centre(office, url.get_secret_value(), read_database_mapping(mapping), gate).plain()


@task(name="マスキング", retries=0, persist_result=False)
@sentence_only
def mask_done() -> dict[str, Any]:
    """Mask the cases that are done."""
    with desk() as office:
        return mask_done_cases(office).plain()


@task(name="集計と報告書", retries=0, persist_result=False)
@sentence_only
def write_report(wanted: ReportWanted) -> dict[str, Any]:
    """Tabulate, hide what is too small, let the auditor try, write the report."""
    with desk() as office:
        return make_report(office, wanted).plain()
