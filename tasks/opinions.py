"""Steps of the letters' stories: take in, mask, tabulate, report. Counts out, never a letter."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from prefect import task
from prefect.cache_policies import NO_CACHE

from expectations.gate import gate
from tasks.partitions import added, mask_in_partitions
from tasks.support import desk, sentence_only, settings_here
from tayori.analysis.mart import mask_done_cases, partitions
from tayori.analysis.report import ReportWanted, make_report
from tayori.analysis.second_pass import read_again, second_reader
from tayori.analysis.settle import settle
from tayori.domain.identifiers import RunId
from tayori.ingest.intake import OpinionCounts
from tayori.ingest.mail import ingest_mail
from tayori.ingest.opinions import ingest_call_centre, ingest_opinion_file
from tayori.ingest.sources.database_mapping import read_database_mapping
from tayori.ingest.sources.mail.mapping import read_mail_mapping
from tayori.ingest.sources.mapping import read_file_mapping
from tayori.office import Office
from tayori.warehouse import runs
from tayori.warehouse.engines import writing
from tayori.warehouse.runs import Outcome

STORY: Final = "opinion-analysis"
INTAKE: Final = "ingest-opinions"
FEWEST_PARTITIONS: Final = 2  # one partition is masked here: a cluster costs seconds to start


@task(name="開始", persist_result=False, cache_policy=NO_CACHE)
@sentence_only
def begin_analysis() -> RunId:
    """Write down that an analysis began."""
    with desk() as office, writing(office.warehouse) as warehouse:
        return runs.begin(warehouse, STORY, office.now(), office.rng)


@task(name="終了", persist_result=False, cache_policy=NO_CACHE)
@sentence_only
def end_analysis(run_id: RunId, masked: dict[str, Any], report: dict[str, Any]) -> None:
    """Write down what an analysis counted."""
    with desk() as office, writing(office.warehouse) as warehouse:
        counted = {name: masked[name] for name in ("masked_letters", "masked_spans")}
        counted |= {name: report[name] for name in ("letters", "tables", "suppressed_cells", "changes")}
        runs.end(warehouse, run_id, Outcome.DONE, counted, office.now())


@task(name="読込み（ファイル）", persist_result=False, cache_policy=NO_CACHE)
@sentence_only
def take_in_file(path: Path, mapping: Path) -> dict[str, Any]:
    """Take in a file of letters by its mapping."""
    with desk() as office:
        return ingest_opinion_file(office, path, read_file_mapping(mapping), gate).plain()


@task(name="読込み（コールセンター）", persist_result=False, cache_policy=NO_CACHE)
@sentence_only
def take_in_call_centre() -> dict[str, Any] | None:
    """Take in the call centre's inquiries in scope; None where no call centre is set."""
    with desk() as office:
        url, mapping = office.settings.call_centre_url, office.settings.call_centre_mapping
        if url is None or mapping is None:
            return None
        mapped = read_database_mapping(mapping)
        return _noted(office, lambda: ingest_call_centre(office, url.get_secret_value(), mapped, gate))


@task(name="読込み（メール）", persist_result=False, cache_policy=NO_CACHE)
@sentence_only
def take_in_mails() -> dict[str, Any] | None:
    """Take in the mails that wait in the ward's box; None where no box is set."""
    with desk() as office:
        url, mapping = office.settings.mail_url, office.settings.mail_mapping
        if url is None or mapping is None:
            return None
        mapped = read_mail_mapping(mapping)
        return _noted(office, lambda: ingest_mail(office, url.get_secret_value(), mapped, gate))


def _noted(office: Office, reading: Callable[[], OpinionCounts]) -> dict[str, Any]:
    """Write a reading of a source down as a run, with its counts."""
    with writing(office.warehouse) as warehouse:
        run_id = runs.begin(warehouse, INTAKE, office.now(), office.rng)
    counts = reading().plain()
    with writing(office.warehouse) as warehouse:
        numbers = {name: count for name, count in counts.items() if isinstance(count, int)}
        runs.end(warehouse, run_id, Outcome.DONE, numbers, office.now())
    return counts


@task(name="マスキング", persist_result=False, cache_policy=NO_CACHE)
@sentence_only
def mask_done() -> dict[str, Any]:
    """Mask the cases that are done: here, or in partitions by the workers that the settings name."""
    with desk() as office:
        spans, settings = partitions(office), office.settings
    if len(spans) < FEWEST_PARTITIONS or (settings.analysis_workers == 1 and not settings.dask_address):
        with desk() as office:
            return mask_done_cases(office).plain()
    return added([dict(one) for one in mask_in_partitions(spans, settings)])


@task(name="文面・分野・話題", persist_result=False, cache_policy=NO_CACHE)
@sentence_only
def settle_masked() -> dict[str, Any]:
    """Link letters of one text, give open fields and topics."""
    with desk() as office:
        return settle(office).plain()


@task(name="集計と報告書", persist_result=False, cache_policy=NO_CACHE)
@sentence_only
def write_report(wanted: ReportWanted) -> dict[str, Any]:
    """Tabulate, hide what is too small, let the auditor try, write the report."""
    with desk() as office:
        return make_report(office, wanted).plain()


def has_second_reader() -> bool:
    """Whether the settings of this worker name a second reader."""
    return settings_here().ginza_python is not None


@task(name="二度目の読み", persist_result=False, cache_policy=NO_CACHE)
@sentence_only
def read_a_second_time() -> dict[str, Any]:
    """Let the second reader look for names that are still in masked letters; people decide about them later."""
    with desk() as office, second_reader(office.settings) as reader:
        return read_again(office, reader).plain()
