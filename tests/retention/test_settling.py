"""確定 when, and only when, nothing is left of what the certificate said remains; a crash never makes it more."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyrage  # type: ignore[import-untyped]  # pyrage has no types
import pytest

from tayori import watch
from tayori.certificates.bundle import checked
from tayori.certificates.document import KeyEpoch
from tayori.certificates.tokens import unproven
from tayori.certificates.verifier import Verdict
from tayori.errors import Tampered
from tayori.office import Office
from tayori.retention import issuing, last_probe, run, settling, standing
from tayori.retention.remainders import REMAINDERS, Deed, Remainder, Seen
from tayori.retention.run import retain
from tayori.retention.settling import Rules, settle_all
from tayori.retention.standing import Standing
from tayori.vault.keyfile import write_secret
from tayori.warehouse import certificates, journal
from tayori.warehouse import settling as rows
from tayori.warehouse.engines import is_sqlite, reading, writing
from tests.support.builders import TestClock, a_line_id
from tests.support.people import follow, leave

NUMBER = "L-2026-0001"


def a_certified_night(office: Office) -> issuing.Filed:
    """Three of ten people left and were forgotten."""
    numbers = list(follow(office, [a_line_id(one) for one in range(1, 11)]))
    leave(office, numbers[:3])
    _, filed, _ = retain(office)
    assert filed is not None
    return filed


def a_fortnight_later(office: Office, clock: TestClock, days: int = 15) -> None:
    """Let the journal reach its end and the boxes' keys go, as the nights between do."""
    clock.forward(days=days)
    run.expire(office)
    for _ in range(2):
        run.renew_box_keys(office)


def stands(office: Office) -> Standing:
    return standing.of(office, NUMBER)


def proven(office: Office) -> Verdict:
    folder = office.settings.home / "certificates"
    return checked(folder / f"{NUMBER}.json", [folder / "issuer.pub.pem"])


def key_file(office: Office) -> Path:
    return next(iter(office.keys_folder.glob("commitment-*.key")), office.keys_folder / "none")


def test_a_certificate_becomes_final_when_nothing_remains(office: Office, clock: TestClock) -> None:
    """A second signed statement names the first one's hash and settles each remainder; the commitments' key is gone."""
    a_certified_night(office)
    assert settle_all(office, {}).waiting.keys() == {NUMBER}
    assert key_file(office).exists()
    a_fortnight_later(office, clock)
    done = settle_all(office, {})
    assert (done.settled, done.waiting, done.refused) == ([NUMBER], {}, {})
    verdict = proven(office)
    assert (verdict.state, set(verdict.statements)) == ("確定", {"files", "final"})
    assert (stands(office).state, stands(office).waits_for) == ("確定", None)
    assert not key_file(office).exists()


def test_what_is_final_is_not_settled_again(sqlite_office: Office, clock: TestClock) -> None:
    """The next night says nothing more, and the bundle keeps its bytes."""
    a_certified_night(sqlite_office)
    a_fortnight_later(sqlite_office, clock)
    settle_all(sqlite_office, {})
    before = (sqlite_office.settings.home / "certificates" / f"{NUMBER}.json").read_bytes()
    assert settle_all(sqlite_office, {}).settled == []
    assert (sqlite_office.settings.home / "certificates" / f"{NUMBER}.json").read_bytes() == before


@pytest.mark.parametrize("left", [row.id for row in REMAINDERS if row.id not in {"postgresql", "disposal-items"}])
def test_one_remainder_keeps_it_provisional(sqlite_office: Office, clock: TestClock, left: str) -> None:
    """Each source alone can hold 確定 back; what it says is shown, and the key of the commitments stays."""
    a_certified_night(sqlite_office)
    a_fortnight_later(sqlite_office, clock)
    there = Seen(gone=False, sentence="まだあります。")
    table = [replace(row, look=lambda *_: there) if row.id == left else row for row in REMAINDERS]
    done = settle_all(sqlite_office, {}, Rules(remainders=table))
    assert done.waiting == {NUMBER: {left: "まだあります。"}}
    assert stands(sqlite_office).waits_for == {left: "まだあります。"}
    assert key_file(sqlite_office).exists()
    assert proven(sqlite_office).state == "暫定"


def test_a_remainder_without_a_source_is_not_gone(sqlite_office: Office, clock: TestClock) -> None:
    """What nobody can look at is not settled by its date."""
    a_certified_night(sqlite_office)
    a_fortnight_later(sqlite_office, clock, days=400)
    table = [row for row in REMAINDERS if row.id != "backups"]
    assert set(settle_all(sqlite_office, {}, Rules(remainders=table)).waiting[NUMBER]) == {"backups"}


def _journal_row(office: Office) -> None:
    with reading(office.warehouse) as warehouse:
        run_id = certificates.find(warehouse, NUMBER).run_id
    with writing(office.warehouse) as warehouse:
        gone = type("Gone", (), {"person_no": 99, "cause": "unfollow", "left_at": office.now()})
        journal.write_journal(warehouse, run_id, [gone], [bytes(32)], office.now())  # type: ignore[list-item]


def _box_key(office: Office) -> None:
    write_secret(office.keys_folder / "inbox-1.key", bytes(32).hex().encode())


def _old_epoch(office: Office) -> None:
    keys = json.loads(office.kek_path.read_bytes())
    write_secret(office.kek_path, json.dumps(keys | {"person/1": "00" * 32}).encode())


LEFT: list[tuple[Callable[[Office], None], str]] = [
    (_journal_row, "journal"),
    (_box_key, "box-keys"),
    (_old_epoch, "key-epochs"),
]


@pytest.mark.parametrize(("leave_it", "named"), LEFT)
def test_the_sources_look_at_the_stores_as_they_are(
    sqlite_office: Office, clock: TestClock, leave_it: Callable[[Office], None], named: str
) -> None:
    """A row of the journal, a box key, a key epoch that came back: long past every date, still not gone."""
    a_certified_night(sqlite_office)
    a_fortnight_later(sqlite_office, clock, days=100)
    leave_it(sqlite_office)
    assert set(settle_all(sqlite_office, {}).waiting[NUMBER]) == {named}


def test_postgresql_is_written_anew_before_it_is_said(office: Office, clock: TestClock) -> None:
    """Freed space and the log of PostgreSQL are gone when the tables lie in other files; nothing else is believed."""
    if is_sqlite(office.warehouse):
        pytest.skip("SQLite overwrites at once")
    a_certified_night(office)
    a_fortnight_later(office, clock)
    asked = next(row for row in REMAINDERS if row.id == "postgresql")
    with reading(office.warehouse) as warehouse:
        row = rows.every(warehouse)[NUMBER]
    _, deed = settling.opened(office, row)
    assert not asked.look(office, deed).gone
    assert settle_all(office, {}).settled == [NUMBER]
    assert asked.look(office, deed).gone


def a_copy(office: Office, to: Path) -> None:
    """Somebody's own backup of the warehouse, from before the erasure."""
    home = office.settings.home
    to.parent.mkdir(parents=True, exist_ok=True)
    with sqlite3.connect(home / "warehouse.db") as live, sqlite3.connect(to) as copy:
        live.backup(copy)


def test_a_copy_kept_by_mistake_is_found(sqlite_office: Office, clock: TestClock, tmp_path: Path) -> None:
    """A database copy of before the erasure, a compressed one, an old key file: 確定 is refused, named and alarmed."""
    home = sqlite_office.settings.home
    follow(sqlite_office, [a_line_id(99)])
    a_copy(sqlite_office, tmp_path / "usb" / "mine.db")
    old_keys = sqlite_office.kek_path.read_bytes()
    clock.forward(hours=1)
    a_certified_night(sqlite_office)
    a_fortnight_later(sqlite_office, clock)
    for place, kept in ((home / "old.db", (tmp_path / "usb" / "mine.db").read_bytes()), (home / "kek.bak", old_keys)):
        place.write_bytes(kept)
        done = settle_all(sqlite_office, {})
        assert place.name in done.refused[NUMBER]
        assert place.name in str(stands(sqlite_office).refused)
        assert "certificate_refused" in [alarm.code for alarm in watch.look(sqlite_office)]
        assert key_file(sqlite_office).exists()
        place.unlink()
    assert "mine.db" in settle_all(sqlite_office, {"USB": tmp_path / "usb"}).refused[NUMBER]
    shutil.rmtree(tmp_path / "usb")
    assert settle_all(sqlite_office, {}).settled == [NUMBER]
    assert "certificate_refused" not in [alarm.code for alarm in watch.look(sqlite_office)]


def test_a_copy_of_after_the_erasure_is_no_hindrance(sqlite_office: Office, clock: TestClock) -> None:
    """What was copied when they were gone holds none of them."""
    a_certified_night(sqlite_office)
    clock.forward(hours=1)
    follow(sqlite_office, [a_line_id(50)])
    a_copy(sqlite_office, sqlite_office.settings.home / "young.db")
    a_fortnight_later(sqlite_office, clock)
    assert settle_all(sqlite_office, {}).settled == [NUMBER]


def crash(*_: object, **__: object) -> None:
    raise InterruptedError


@pytest.mark.parametrize(
    "step",
    [
        (last_probe, "last_probe"),
        (settling, "_delete"),
        (settling, "final"),
        (certificates, "add_leaf"),
        (certificates, "put_bundle"),
        (rows, "settled"),
        (certificates, "put_state"),
    ],
    ids=lambda step: step[1],
)
def test_a_crash_leaves_it_provisional_and_the_next_look_goes_on(
    sqlite_office: Office, clock: TestClock, monkeypatch: pytest.MonkeyPatch, step: tuple[object, str]
) -> None:
    """Stopped anywhere before the commit it is 暫定, with a log that holds; the next night ends in 確定, said once."""
    a_certified_night(sqlite_office)
    a_fortnight_later(sqlite_office, clock)
    with monkeypatch.context() as broken:
        broken.setattr(*step, crash)
        with pytest.raises(InterruptedError):
            settle_all(sqlite_office, {})
    assert (stands(sqlite_office).state, proven(sqlite_office).state) == ("暫定", "暫定")
    assert settle_all(sqlite_office, {}).settled == [NUMBER]
    assert proven(sqlite_office).state == "確定"
    assert not key_file(sqlite_office).exists()


def test_a_bundle_that_a_crash_left_old_is_written_again(
    sqlite_office: Office, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped after the commit: 確定 is filed, and the next look hands out what is filed."""
    a_certified_night(sqlite_office)
    a_fortnight_later(sqlite_office, clock)
    with monkeypatch.context() as broken:
        broken.setattr(settling, "write_whole", crash)
        with pytest.raises(InterruptedError):
            settle_all(sqlite_office, {})
    assert (stands(sqlite_office).state, proven(sqlite_office).state) == ("確定", "暫定")
    settle_all(sqlite_office, {})
    assert proven(sqlite_office).state == "確定"


def test_the_key_can_go_to_the_ward(sqlite_office: Office, clock: TestClock, tmp_path: Path) -> None:
    """With 甲's age recipient set, the key of the commitments is handed over sealed; we keep none and say so."""
    identity = pyrage.x25519.Identity.generate()
    filed = a_certified_night(sqlite_office)
    key = bytes.fromhex(key_file(sqlite_office).read_text("ascii"))
    a_fortnight_later(sqlite_office, clock)
    wards = Office(sqlite_office.settings.model_copy(update={"commitment_recipient": str(identity.to_public())}), clock)
    assert settle_all(wards, {}).settled == [NUMBER]
    handed = next(filed.bundle.parent.glob("commitment-key-*.age"))
    assert bytes.fromhex(pyrage.decrypt(handed.read_bytes(), [identity]).decode()) == key
    assert not key_file(wards).exists()
    assert handed.name in [path.name for path in standing.hand_over(wards, NUMBER, tmp_path / "out")]
    assert "甲に引渡し" in json.dumps(statement_of(filed), ensure_ascii=False)
    wards.close()


def statement_of(filed: issuing.Filed) -> dict[str, object]:
    token = json.loads(filed.bundle.read_bytes())["entries"][-1]["jws"]
    return unproven(token, 1, "statement")


def test_a_recipient_that_is_none_keeps_the_key(sqlite_office: Office, clock: TestClock) -> None:
    """A mistyped recipient loses nothing: 暫定 stays, with the sentence."""
    a_certified_night(sqlite_office)
    a_fortnight_later(sqlite_office, clock)
    wrong = Office(sqlite_office.settings.model_copy(update={"commitment_recipient": "age1nobody"}), clock)
    assert "no age recipient" in settle_all(wrong, {}).refused[NUMBER]
    assert key_file(wrong).exists()
    wrong.close()


@pytest.mark.pdf
@pytest.mark.filterwarnings(  # WeasyPrint leaves its colour profile open
    "ignore:Exception ignored in.*sRGB2014:pytest.PytestUnraisableExceptionWarning"
)
def test_the_paper_of_either_state_is_bound(sqlite_office: Office, clock: TestClock) -> None:
    """暫定 and 確定 each have a sealed PDF whose hash is in the leaf: one changed byte, and nothing is proven."""
    leave(sqlite_office, follow(sqlite_office, [a_line_id(1), a_line_id(2)])[:1])
    retain(sqlite_office, pdf=True)
    a_fortnight_later(sqlite_office, clock)
    assert settle_all(sqlite_office, {}, pdf=True).settled == [NUMBER]
    folder = sqlite_office.settings.home / "certificates"
    assert not (folder / f"{NUMBER}.html").exists()
    assert proven(sqlite_office).log_size == 2
    for name in (f"{NUMBER}.pdf", f"{NUMBER}.final.pdf"):
        whole = (folder / name).read_bytes()
        assert proven(sqlite_office).files[name] == "一致"
        (folder / name).write_bytes(whole[:-1] + b"x")
        with pytest.raises(Tampered, match="not the one"):
            proven(sqlite_office)
        (folder / name).write_bytes(whole)


def test_overdue_is_shown_and_alarmed(sqlite_office: Office, clock: TestClock) -> None:
    """Past its day and still 暫定: the list says so, and the watch tells the desk, until it is 確定."""
    a_certified_night(sqlite_office)
    assert not stands(sqlite_office).overdue
    clock.forward(days=17)
    assert stands(sqlite_office).overdue
    assert "certificate_overdue" in [alarm.code for alarm in watch.look(sqlite_office)]
    a_fortnight_later(sqlite_office, clock, days=1)
    settle_all(sqlite_office, {})
    assert not stands(sqlite_office).overdue
    assert "certificate_overdue" not in [alarm.code for alarm in watch.look(sqlite_office)]


def test_a_night_settles_the_nights_before(sqlite_office: Office, clock: TestClock) -> None:
    """The nightly run itself does it, whether anybody left that night or not."""
    a_certified_night(sqlite_office)
    clock.forward(days=8)
    retain(sqlite_office)
    clock.forward(days=8)
    retain(sqlite_office)
    assert stands(sqlite_office).state == "確定"


def test_the_epochs_of_any_key_space_are_looked_at(sqlite_office: Office) -> None:
    """A certificate of O names epochs of cases: gone when their key is, in the vault's record and in the key file."""
    epoch = KeyEpoch(space="案件", epoch=1, algorithm="AES-256-GCM", destroyed_at=None)
    deed = Deed("O-2026-0001", "end", sqlite_office.now(), [epoch], {})
    source = next(row for row in REMAINDERS if row.id == "key-epochs")
    assert "案件 1" in source.look(sqlite_office, deed).sentence
    sqlite_office.case_keys.rotate(sqlite_office.vault, sqlite_office.now())
    assert source.look(sqlite_office, deed).gone
    assert not source.look(sqlite_office, replace(deed, key_epochs=[])).gone


def test_every_remainder_has_words_and_a_day() -> None:
    """A row of the table can stand on a certificate."""
    assert all(isinstance(row, Remainder) and row.what and row.days > 0 for row in REMAINDERS)
    assert len({row.id for row in REMAINDERS}) == len(REMAINDERS)
