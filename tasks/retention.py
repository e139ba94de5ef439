"""Steps of the nights' stories: forget who left, prove it, find who left without telling. Ids in, counts out."""

from pathlib import Path
from typing import Final

from prefect import task

from tasks.places import elsewhere, searched
from tasks.support import desk, sentence_only
from tayori.broadcast import control
from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import RunId
from tayori.errors import TayoriError
from tayori.office import Office
from tayori.retention import run
from tayori.retention.reconcile import Reconciled, reconcile
from tayori.warehouse import runs
from tayori.warehouse.engines import writing
from tayori.warehouse.runs import Outcome

OUT: Final = Path("out")


@task(name="消去の開始", persist_result=False)
@sentence_only
def begin_night() -> RunId:
    """Take up the night that did not get to its end, or begin a new one; lists nobody decided on in time end first."""
    with desk() as office:
        control.close_overdue(office, Evidence("flow:retention", Purpose.DELIVERY))
        return run.begin(office)


@task(name="やめた人の消去", persist_result=False)
@sentence_only
def erase_leavers(run_id: RunId) -> run.Counts:
    """Erase everyone who left."""
    with desk() as office:
        return run.erase_leavers(office, run_id)


@task(name="鍵の世代交代", persist_result=False)
@sentence_only
def rotate_keys(run_id: RunId) -> run.Counts:
    """Change the epoch of persons' keys, and the key of the boxes."""
    with desk() as office:
        return run.rotate_keys(office, run_id) | run.renew_box_keys(office)


@task(name="期限と後始末", persist_result=False)
@sentence_only
def clean_up(run_id: RunId) -> run.Counts:
    """End what reached its age, then overwrite what deleted rows left."""
    with desk() as office:
        return run.expire(office) | run.clean_stores(office, run_id)


@task(name="残存の検査", persist_result=False)
@sentence_only
def probe_residue(run_id: RunId) -> run.Counts:
    """Look for residue in every store, in Prefect's folder and in what was written out."""
    with desk() as office:
        return run.probe_residue(office, run_id, searched(OUT), elsewhere())


@task(name="証明書の発行", persist_result=False)
@sentence_only
def issue_certificate(run_id: RunId) -> str | None:
    """File the certificate, as a PDF too where Pango is; give its number, or None when nobody had left."""
    with desk() as office:
        filed = run.issue_certificate(office, run_id, pdf=True)
        return filed.certificate_no if filed is not None else None


@task(name="証明書の確定", persist_result=False)
@sentence_only
def settle_certificates() -> run.Counts:
    """Let certificates become 確定 of which nothing remains; refused ones are told by the watch."""
    with desk() as office:
        return run.settle_certificates(office, searched(OUT), pdf=True)


@task(name="消去の終了", persist_result=False)
@sentence_only
def end_night(run_id: RunId) -> run.Counts:
    """Sign the access log's end and write down what the night counted."""
    with desk() as office:
        run.sign_log(office)
        return run.finish(office, run_id)


@task(name="友だち一覧との照合", persist_result=False)
@sentence_only
def scan_followers() -> Reconciled:
    """Hold LINE's follower list against the people we know."""
    from tayori.line.client import LineClient  # noqa: PLC0415 - the LINE SDK takes two seconds to load

    with desk() as office:
        scan = _begin_scan(office)
        try:
            found = reconcile(office, LineClient.from_settings(office.settings), scan)
        except TayoriError:
            _end_scan(office, scan, Outcome.REFUSED, {})
            raise
        counts = {name: int(getattr(found, name)) for name in Reconciled.__slots__}
        _end_scan(office, scan, Outcome.DONE, counts)
        return found


def _begin_scan(office: Office) -> RunId:
    with writing(office.warehouse) as warehouse:
        return runs.begin(warehouse, "reconcile", office.now(), office.rng)


def _end_scan(office: Office, scan: RunId, outcome: Outcome, counts: dict[str, int]) -> None:
    with writing(office.warehouse) as warehouse:
        runs.end(warehouse, scan, outcome, counts, office.now())
