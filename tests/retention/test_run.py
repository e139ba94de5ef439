"""One night of forgetting: what it proves, what stops it, and that it may stop anywhere."""

import base64
import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from tayori.certificates.bundle import checked
from tayori.certificates.pdf import pdf_available
from tayori.certificates.verifier import Verdict
from tayori.domain.identifiers import RunId
from tayori.errors import BadInput, NotFound, Refused, Tampered, Unavailable
from tayori.office import Office
from tayori.retention import canaries, erase, issuing, probe, run
from tayori.retention.letterhead import letterhead
from tayori.retention.probe import BEYOND, SERVER_UNREAD, SERVER_VALUES
from tayori.retention.run import retain
from tayori.settings import Mode
from tayori.vault import audit
from tayori.vault.keyfile import Space
from tayori.warehouse import certificates, hygiene, journal, people, runs, wrapped_keys
from tayori.warehouse.audit import heads as audit_heads
from tayori.warehouse.engines import is_sqlite, reading, writing
from tests.support.builders import TestClock, a_line_id, an_office
from tests.support.people import follow, leave


def a_ward(office: Office, leavers: int = 3) -> list[int]:
    numbers = list(follow(office, [a_line_id(one) for one in range(1, 21)]))
    leave(office, numbers[:leavers])
    return numbers


def verdict(filed: issuing.Filed) -> Verdict:
    """Check a certificate as anyone would: the files alone."""
    return checked(filed.bundle, [filed.bundle.parent / "issuer.pub.pem"])


def statement(filed: issuing.Filed) -> str:
    return str(json.loads(filed.bundle.read_text("utf-8"))["entries"][0]["jws"])


def test_a_night_ends_in_a_certificate_that_anyone_can_check(office: Office) -> None:
    """Everyone who left is erased, the old epoch's key is gone, and the certificate holds by the public key alone."""
    a_ward(office)
    _, filed, counts = retain(office)
    assert filed is not None
    proven = verdict(filed)
    assert (proven.state, proven.subjects, proven.log_size) == ("暫定", 3, 2)
    assert proven.files == {f"{filed.certificate_no}.{ending}": "一致" for ending in ("html", "commitments.txt")}
    assert (counts["erased"], counts["canaries"], counts["survivors"], counts["residue_hits"]) == (3, 5, 17, 0)
    with pytest.raises(NotFound):
        office.key_provider.key(Space.PERSON, 1)


def test_the_verifier_lies_beside_the_certificate(sqlite_office: Office) -> None:
    """The certificate says 同梱の検証プログラム: the folder alone, in a bare Python's hands, proves it."""
    a_ward(sqlite_office)
    _, filed, _ = retain(sqlite_office)
    assert filed is not None
    words = [sys.executable, "-I", "verifier.py", filed.bundle.name, "--key", "issuer.pub.pem"]
    said = subprocess.run(words, cwd=filed.bundle.parent, capture_output=True, check=False, text=True, env={})
    assert (said.returncode, filed.certificate_no in said.stdout) == (0, True)


def test_a_certificate_that_was_touched_is_not_proven(sqlite_office: Office) -> None:
    """One byte of the bundle or of the commitments beside it: the verifier refuses."""
    a_ward(sqlite_office)
    _, filed, _ = retain(sqlite_office)
    assert filed is not None
    listed = filed.bundle.with_name(f"{filed.certificate_no}.commitments.txt")
    listed.write_bytes(listed.read_bytes()[65:])
    with pytest.raises(Tampered):
        verdict(filed)


@pytest.mark.pdf
@pytest.mark.filterwarnings(  # WeasyPrint leaves its colour profile open
    "ignore:Exception ignored in.*sRGB2014:pytest.PytestUnraisableExceptionWarning"
)
def test_the_certificate_is_printed_where_pango_is(sqlite_office: Office) -> None:
    """Asked for, the PDF lies beside the bundle, and the log names its hash."""
    if not pdf_available():
        pytest.skip("Pango is not installed")
    a_ward(sqlite_office)
    _, filed, _ = retain(sqlite_office, pdf=True)
    assert filed is not None
    assert verdict(filed).files[f"{filed.certificate_no}.pdf"] == "一致"


def test_a_night_without_leavers_issues_nothing(sqlite_office: Office) -> None:
    """Nobody left: the probe still runs with its canaries, and there is nothing to certify."""
    a_ward(sqlite_office, leavers=0)
    run_id, filed, counts = retain(sqlite_office)
    assert filed is None
    assert counts["canaries"] == 5
    with reading(sqlite_office.warehouse) as warehouse:
        last = runs.find(warehouse, run_id)
        assert last is not None
        assert last.outcome is runs.Outcome.DONE


def test_certificates_are_numbered_and_chained(sqlite_office: Office, clock: TestClock) -> None:
    """The second certificate has the next number, stands behind the first and its page in the log."""
    numbers = a_ward(sqlite_office)
    _, first, _ = retain(sqlite_office)
    clock.forward(days=1)
    leave(sqlite_office, numbers[3:5])
    _, second, _ = retain(sqlite_office)
    assert first is not None
    assert second is not None
    assert (first.certificate_no, second.certificate_no) == ("L-2026-0001", "L-2026-0002")
    assert verdict(second).log_size == 4
    with reading(sqlite_office.warehouse) as warehouse:
        assert [row.certificate_no for row in certificates.every(warehouse)] == ["L-2026-0001", "L-2026-0002"]


def crash(*_: object, **__: object) -> None:
    raise InterruptedError


@pytest.mark.parametrize(
    "step",
    [
        (people, "mark_left"),
        (run, "_finish"),
        (erase, "sweep_keys"),
        (wrapped_keys, "switch_tables"),
        (wrapped_keys, "count_keys"),
        (hygiene, "clean"),
        (probe, "probe_residue"),
        (certificates, "add"),
        (issuing, "file_certificate"),
        (certificates, "put_bundle"),
        (runs, "end"),
    ],
    ids=lambda step: step[1],
)
def test_a_night_that_stopped_goes_on_to_the_same_certificate(
    sqlite_office: Office,
    clock: TestClock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: tuple[object, str],
) -> None:
    """Interrupted anywhere and run again, the same run files the certificate of an undisturbed one."""
    undisturbed = an_office(tmp_path / "twin", clock)
    a_ward(undisturbed)
    _, expected, _ = retain(undisturbed)
    a_ward(sqlite_office)
    with monkeypatch.context() as broken:
        broken.setattr(*step, crash)
        with pytest.raises(InterruptedError):
            retain(sqlite_office)
    run_id, filed, _ = retain(sqlite_office)
    undisturbed.close()
    assert filed is not None
    assert expected is not None
    assert said(filed) == said(expected)
    with reading(sqlite_office.warehouse) as warehouse:
        assert len(certificates.every(warehouse)) == 1
        last = runs.latest(warehouse, "retention")
        assert last is not None
        assert last.run_id == run_id


def ended_epochs(filed: issuing.Filed) -> list[int]:
    """Give the key epochs that a certificate says have ended."""
    epochs = [one for one in json.loads(certify_payload(statement(filed)))["key_epochs"] if one["space"] == "利用者"]
    assert all(epoch["destroyed_at"] for epoch in epochs)
    return [epoch["epoch"] for epoch in epochs]


def test_an_epoch_that_ended_before_a_crash_is_not_ended_again(
    sqlite_office: Office,
) -> None:
    """Stopped right after the rotation: the new keys stay, and the certificate names the epoch that ended."""
    a_ward(sqlite_office)
    run_id = run.begin(sqlite_office)
    run.erase_leavers(sqlite_office, run_id)
    run.rotate_keys(sqlite_office, run_id)
    with writing(sqlite_office.warehouse) as warehouse:
        warehouse.exec_driver_sql("DELETE FROM retention_step WHERE step = 'rotate'")
    _, filed, _ = retain(sqlite_office)
    assert filed is not None
    assert ended_epochs(filed) == [1]
    with reading(sqlite_office.vault) as vault:
        assert wrapped_keys.current_epoch(vault, Space.PERSON) == 2


def test_who_leaves_while_a_run_is_stuck_is_forgotten_by_it(office: Office) -> None:
    """A run that a residue stopped takes the later leavers in: erased at once, under the epochs of both nights."""
    numbers = a_ward(office)
    run_id = run.begin(office)
    run.erase_leavers(office, run_id)
    run.rotate_keys(office, run_id)
    leave(office, numbers[3:5])
    _, filed, counts = retain(office)
    assert filed is not None
    assert (counts["erased"], verdict(filed).subjects, ended_epochs(filed)) == (5, 5, [1, 2])


def said(filed: issuing.Filed) -> dict[str, object]:
    """Give what a certificate says, without what differs between two installations, probes and commits."""
    content = json.loads(certify_payload(statement(filed)))
    for own in ("commitments", "verification", "tool"):
        del content[own]
    return dict(content)


def certify_payload(token: str) -> str:
    part = token.split(".")[1]
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode()


def test_a_planted_residue_stops_the_certificate(office: Office) -> None:
    """A log file with a canary's mark: no certificate, the run stays open; once it is gone the run goes on."""
    a_ward(office)
    run_id = run.begin(office)
    logs = office.settings.home / "logs"
    logs.mkdir()
    (logs / "web.log").write_text(f"GET /?u={canaries.markers(office, run_id)[2]}")
    with pytest.raises(Refused, match=r"logs: web\."):
        retain(office)
    with reading(office.warehouse) as warehouse:
        assert certificates.every(warehouse) == []
        last = runs.find(warehouse, run_id)
        assert last is not None
        assert last.outcome is runs.Outcome.REFUSED
    for path in logs.iterdir():  # the night has turned the log over
        path.unlink()
    again, filed, _ = retain(office)
    assert again == run_id
    assert filed is not None
    assert verdict(filed).subjects == 3


def test_a_look_up_value_that_stayed_in_a_file_is_found(sqlite_office: Office) -> None:
    """A copy of the database from before the erasure, left in HOME, holds the canaries' look-up values: refused."""
    a_ward(sqlite_office)
    run_id = run.begin(sqlite_office)
    canaries.plant(sqlite_office, run_id)
    with writing(sqlite_office.warehouse) as warehouse:
        journal.finish_step(warehouse, run_id, "canaries", {"planted": 5}, sqlite_office.now())
    home = sqlite_office.settings.home
    with sqlite3.connect(home / "warehouse.db") as live, sqlite3.connect(home / "copy.db") as copy:
        live.backup(copy)
    with pytest.raises(Refused, match=r"copy\.db"):
        retain(sqlite_office)


def test_a_residue_outside_the_stores_is_sought_where_told(sqlite_office: Office, tmp_path: Path) -> None:
    """Places that the caller names are searched too; one that is not there is told as not examined."""
    a_ward(sqlite_office)
    run_id = run.begin(sqlite_office)
    (tmp_path / "prefect").mkdir()
    (tmp_path / "prefect" / "prefect.db").write_text(canaries.markers(sqlite_office, run_id)[0])
    with pytest.raises(Refused, match="Prefect"):
        retain(sqlite_office, {"Prefect": tmp_path / "prefect", "帳票": tmp_path / "out"})
    (tmp_path / "prefect" / "prefect.db").unlink()
    _, filed, _ = retain(sqlite_office, {"Prefect": tmp_path / "prefect", "帳票": tmp_path / "out"})
    assert filed is not None
    content = json.loads(certify_payload(statement(filed)))["verification"]
    assert "Prefect" in [place["place"] for place in content["places"]]
    assert "帳票（なし）" in content["not_examined"]


def test_the_certificate_says_what_was_not_examined(office: Office) -> None:
    """What lies outside is named; on PostgreSQL also freed space and the log, which reading rows cannot show."""
    a_ward(office)
    _, filed, _ = retain(office)
    assert filed is not None
    content = json.loads(certify_payload(statement(filed)))
    unseen = content["verification"]["not_examined"]
    assert set(BEYOND) <= set(unseen)
    assert is_sqlite(office.warehouse) or {SERVER_UNREAD, SERVER_VALUES} & set(unseen)
    assert {"backups", "box-keys", "journal"} <= {item["id"] for item in content["remaining"]}
    assert content["final_due"] >= "2026-11-16"


def test_a_reader_that_holds_the_log_stops_the_run(sqlite_office: Office) -> None:
    """A checkpoint that says busy is not taken for done: the run stops with a sentence and goes on later."""
    a_ward(sqlite_office)
    run_id = run.begin(sqlite_office)
    waits: list[float] = []
    with sqlite3.connect(sqlite_office.settings.home / "warehouse.db") as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM person").fetchone()
        run.erase_leavers(sqlite_office, run_id)
        with pytest.raises(Unavailable, match="held open"):
            run.clean_stores(sqlite_office, run_id, pause=waits.append)
        reader.execute("ROLLBACK")
    assert len(waits) == hygiene.PATIENCE - 1
    assert run.clean_stores(sqlite_office, run_id) == {"stores_cleaned": 3}


def test_box_keys_are_renewed_and_end_once_drained(sqlite_office: Office, clock: TestClock) -> None:
    """Each night a new key; an old one ends when nothing is sealed to it and nothing can be arriving any more."""
    office, sealed = sqlite_office, sqlite_office.sealer.seal("event", b"x")
    add_to_inbox(office, sealed.epoch, sealed.box)
    for _ in range(5):
        run.renew_box_keys(office)
        clock.forward(days=1)
    assert office.box_keys.epochs() == [1, 3, 4, 5, 6]
    assert office.box_keys.open("event", sealed) == b"x"
    empty_inbox(office)
    assert run.renew_box_keys(office)["box_keys_destroyed"] == 2
    assert office.box_keys.epochs() == [4, 5, 6, 7]


def add_to_inbox(office: Office, epoch: int, box: bytes) -> None:
    with writing(office.inbox) as inbox:
        inbox.exec_driver_sql(
            "INSERT INTO inbox (kind, epoch, sealed, received_at) VALUES ('event', ?, ?, '2026-11-02 01:00:00.000000')",
            (epoch, box),
        )


def empty_inbox(office: Office) -> None:
    with writing(office.inbox) as inbox:
        inbox.exec_driver_sql("DELETE FROM inbox")


def test_the_head_of_the_access_log_is_signed_each_night(sqlite_office: Office) -> None:
    """After a night the log's end is signed for the day, and the whole chain holds."""
    a_ward(sqlite_office)
    retain(sqlite_office)
    with reading(sqlite_office.warehouse) as warehouse:
        assert [head.day for head in audit_heads(warehouse)] == [sqlite_office.today()]
        audit.verify(warehouse, sqlite_office.signing_key.public_key())


def test_a_live_certificate_needs_its_letterhead(sqlite_office: Office) -> None:
    """Live, nobody certifies under the rehearsal's letterhead; the file's fields are checked."""
    live = Office(sqlite_office.settings.model_copy(update={"mode": Mode.LIVE}))
    with pytest.raises(BadInput, match=r"letterhead\.yaml"):
        letterhead(live)
    path = sqlite_office.settings.home / "letterhead.yaml"
    path.write_text("addressee: 区長\n", "utf-8")
    with pytest.raises(BadInput, match="exactly the fields"):
        letterhead(live)
    path.write_text("addressee: 甲\nissuer: 乙\npost: 取扱責任者\nplace: 甲の庁舎\ncontact: 乙の窓口\n", "utf-8")
    assert letterhead(live).issuer.organisation == "乙"
    assert not letterhead(live).rehearsal


def test_two_runs_have_different_marks(sqlite_office: Office) -> None:
    """Marks follow from the run: one run's probe does not find what another left."""
    first, second = (canaries.markers(sqlite_office, RunId(one)) for one in ("r1", "r2"))
    assert not set(first) & set(second)
    assert all(one.startswith("Ucccccccc") for one in first + second)


def test_what_lies_behind_a_link_is_told_as_not_examined(sqlite_office: Office, tmp_path: Path) -> None:
    """A folder of the installation that is a link is not searched, and the certificate does not pass over it."""
    a_ward(sqlite_office)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (sqlite_office.settings.home / "reports").symlink_to(elsewhere)
    retain(sqlite_office)
    with reading(sqlite_office.warehouse) as warehouse:
        run_id = runs.latest(warehouse, "retention")
        assert run_id is not None
        found = journal.finished_steps(warehouse, run_id.run_id)["probe"].found
    assert "設置先・reports（シンボリックリンク）" in found["not_examined"]


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM log_leaf WHERE leaf_index = (SELECT max(leaf_index) FROM log_leaf)",
        "UPDATE log_leaf SET leaf_hash = (SELECT leaf_hash FROM log_leaf WHERE leaf_index = 1) WHERE leaf_index = 0",
        "DELETE FROM certificate",
    ],
)
def test_no_certificate_goes_into_a_log_that_was_cut(office: Office, clock: TestClock, statement: str) -> None:
    """The next night notices a leaf or a certificate that is gone or changed, and signs no head over it."""
    numbers = a_ward(office)
    retain(office)
    with writing(office.warehouse) as warehouse:
        warehouse.execute(text(statement))
    clock.forward(days=1)
    leave(office, numbers[5:7])
    with pytest.raises(Tampered):
        retain(office)


def test_the_log_goes_on_night_after_night(office: Office, clock: TestClock) -> None:
    """Two honest nights stand in one log."""
    numbers = a_ward(office)
    retain(office)
    clock.forward(days=1)
    leave(office, numbers[5:7])
    _, filed, _ = retain(office)
    assert filed is not None
    assert verdict(filed).log_size == 4
