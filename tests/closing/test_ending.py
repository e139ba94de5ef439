"""The contractor's copy goes whole, may stop anywhere, is verified before 甲, and the other contract is untouched."""

import json
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from expectations.gate import gate
from tayori.analysis.mart import mask_done_cases
from tayori.broadcast import freeze
from tayori.certificates.certificate import opened_certificate
from tayori.certificates.document import ErasureCertificate
from tayori.certificates.jws import Signer
from tayori.domain.identifiers import BroadcastId, Contract, RunId
from tayori.domain.record_classes import record_classes
from tayori.errors import NotFound, Refused, TayoriError
from tayori.ingest.event_file import ingest_event_file
from tayori.ingest.inbox import ingest_inbox
from tayori.office import Office, set_up
from tayori.retention import canaries, closing, returning
from tayori.retention import run as night
from tayori.retention.certify import EVIDENCE
from tayori.retention.reconcile import reconcile
from tayori.vault import audit
from tayori.vault.cases import open_cases
from tayori.vault.keyfile import KeyFile
from tayori.vault.roster import verify_signature
from tayori.warehouse import audit as log
from tayori.warehouse import certificates, inbox, wrapped_keys
from tayori.warehouse import closing as stored
from tayori.warehouse.closing import ClosingState
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.schema.opinions import opinion_case
from tayori.warehouse.setup import STORES
from tests.closing.conftest import SomeBackups, Ward
from tests.support.builders import TestClock, a_line_id
from tests.support.frozen import a_batch
from tests.support.people import follow
from tests.support.traces import tables_with_bytes

L, O = Contract.LINE, Contract.OPINIONS  # noqa: E741 - the contracts' own letters
SHARED = {"backup", "box"}  # of no contract alone


def rows_by_table(office: Office) -> dict[str, int]:
    counted = {}
    for store, schema in STORES.items():
        with reading(getattr(office, store)) as connection:
            for table in schema.sorted_tables:
                counted[table.name] = len(connection.execute(select(table)).all())
    return counted


def tables_of(contract: Contract) -> set[str]:
    return {table.name for store in STORES for table, _ in stored.tables_to_erase(contract, store)}


def state(office: Office, contract: Contract) -> ClosingState:
    with reading(office.warehouse) as warehouse:
        return closing.standing(warehouse, contract).state


def the_certificate(office: Office) -> ErasureCertificate:
    with reading(office.warehouse) as warehouse:
        (row,) = certificates.every(warehouse)
    token = json.loads(row.bundle)["entries"][0]["jws"]
    return opened_certificate(token, Signer(office.signing_key).public_pem).certificate


def letters_open(ward: Ward) -> set[str]:
    office = ward.office
    with writing(office.warehouse) as warehouse:
        line = audit.record(warehouse, EVIDENCE, audit.Action.OPEN, "all", count=3, now=office.now())
    with reading(office.warehouse) as warehouse, reading(office.vault) as vault:
        rows = [dict(row) for row in warehouse.execute(select(opinion_case)).mappings()]
        return {row["opinion"] for row in open_cases(vault, office.case_keys, "opinion_case", rows, line)}


@pytest.mark.parametrize("contract", Contract)
def test_everything_of_the_contract_goes_and_nothing_of_the_other(ward: Ward, contract: Contract) -> None:
    """Every table of the contract is empty, every table of the other as it was, every key of the spaces gone."""
    before = rows_by_table(ward.office)
    ward.received(contract)
    ward.office.survey_keys.make("library")  # as a crash leaves it, and no night follows
    done = ward.erase(contract)
    assert ward.office.survey_keys.standing() == ([] if contract is L else ["library"])
    after = rows_by_table(ward.office)
    mine, other = tables_of(contract), tables_of(O if contract is L else L) - tables_of(contract)
    assert {name for name in mine if after[name]} == set()
    assert after["disclosure"] == before["disclosure"]  # kept as proof, and of the canaries nothing stays in it
    assert {name: after[name] for name in other} == {name: before[name] for name in other}
    assert state(ward.office, contract) is ClosingState.CLOSED
    assert done.rows["person" if contract is L else "opinion_case"] == (5 if contract is L else 3)
    keys = json.loads(ward.office.kek_path.read_bytes())
    assert {name.split("/")[0] for name in keys} == ({"case"} if contract is L else {"person", "list"}) | SHARED
    if contract is L:
        assert letters_open(ward) == {"目印の意見 一", "目印の意見 二", "目印の意見 三"}
        assert not tables_with_bytes(ward.office, *(a_line_id(one).encode() for one in range(1, 6)))


def test_the_certificate_states_what_was_erased_and_who_saw_it(ward: Ward) -> None:
    """契約終了一括: persons, tables, epochs, and 甲's witness as who verified; cited by its own paper's numbers."""
    ward.received(L)
    ward.erase(L, backups=SomeBackups())
    stated = the_certificate(ward.office)
    assert (stated.kind, stated.contract, stated.subjects) == ("contract_end", L, 5)
    assert "特記事項 第12項" in [one.cited for one in stated.basis]
    assert (stated.performed_by.handler, stated.verified_by.handler) == ("chief", "sakura")
    rows = {one.table: one.rows for one in stated.records}
    assert rows["利用者の登録及び受信設定（person）"] == 5
    assert rows["利用者の鍵（person_key）"] == 5
    assert {(one.space, one.destroyed_at is None) for one in stated.key_epochs} == {
        ("利用者", False),
        ("宛先の束", False),
    }
    assert any(one.store == "バックアップ" and one.settings["件数"] == "2" for one in stated.methods)
    assert not any("opinion" in name or "案件" in name for name in rows)


def test_letters_end_by_their_own_papers_numbers(ward: Ward) -> None:
    """No document of O prints a number of L's paper."""
    ward.received(O)
    ward.erase(O)
    stated = the_certificate(ward.office)
    assert (stated.contract, stated.subjects) == (O, 3)
    assert {one.cited for one in stated.basis} == {"特記事項 第10項", "委託にあたり区が行う情報保護対策 2"}
    assert [one.space for one in stated.key_epochs] == ["案件"]


def test_the_witness_signed_what_was_verified(ward: Ward) -> None:
    """L7: 甲's signature stands over the places searched and the backups tried."""
    ward.received(L)
    done = ward.erase(L, backups=SomeBackups())
    with reading(ward.office.warehouse) as warehouse:
        one = stored.signatures(warehouse, done.closing_id)["witness"]
        verify_signature(warehouse, ward.theirs.handler_id, one.statement, one.signature)
    assert json.loads(one.statement)["backups_tried"] == 2


def test_every_backup_is_ended_tried_and_one_of_what_goes_on_is_made(ward: Ward) -> None:
    """A restore of each backup fails afterwards; the other contract has a fresh one."""
    ward.received(L)
    backups = SomeBackups()
    assert ward.erase(L, backups=backups).backups == 2
    assert backups.ids == ["b-new-1"]


def test_a_backup_that_still_opens_stops_the_certificate(ward: Ward) -> None:
    """Verification is an attempt, not a belief: what opens is named, nothing is certified; then it goes on."""
    ward.received(L)
    backups = SomeBackups(stubborn=frozenset({"b-2"}))
    with pytest.raises(Refused, match="backup b-2"):
        ward.erase(L, backups=backups)
    with reading(ward.office.warehouse) as warehouse:
        assert certificates.every(warehouse) == []
    assert state(ward.office, L) is ClosingState.ERASING
    backups.stubborn = frozenset()
    assert ward.erase(L, backups=backups).filed is not None


def test_a_trace_that_is_left_stops_the_certificate(ward: Ward) -> None:
    """A canary found in any file of this place is named; once it is erased the same erasure goes on."""
    returned = ward.received(L)
    left = ward.office.settings.home / "left.log"
    (mark, *_) = canaries.markers(ward.office, returned.closing_id)  # type: ignore[arg-type]
    left.write_text(mark)
    with pytest.raises(Refused, match=r"left\.log"):
        ward.erase(L)
    left.unlink()
    assert ward.erase(L).filed is not None


def test_a_class_that_was_forgotten_stops_the_certificate(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table that the erasure passes by is found by the verification, by name."""
    ward.received(L)
    erase = stored.erase

    def forgetful(connection, table, contract):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        return 0 if table.name == "genre_choice" else erase(connection, table, contract)

    with monkeypatch.context() as broken:
        broken.setattr(stored, "erase", forgetful)
        with pytest.raises(Refused, match="genre_choice"):
            ward.erase(L)
    assert ward.erase(L).filed is not None


def test_a_key_that_is_still_in_the_file_stops_the_certificate(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key file is read anew: an epoch of the contract in it is named."""
    ward.received(O)
    with monkeypatch.context() as broken:
        broken.setattr(KeyFile, "destroy", lambda *_: None)
        with pytest.raises(Refused, match="key case/1"):
            ward.erase(O)


class Killed(Exception):
    """The erasure was stopped at a point."""


POINTS = [
    "count",
    "plant",
    "rows",
    "table person",
    "table genre_choice",
    "table person_key",
    "table inbox",
    "keys",
    "files",
    "backups",
    "runs",
    "clean",
    "verify",
    "certify",
    "index",
    "close",
    "renew",
    "end",
]


@pytest.mark.parametrize("point", POINTS)
def test_an_erasure_that_was_stopped_goes_on_to_the_same_end(ward: Ward, point: str) -> None:
    """Stopped between any two steps and run again: one certificate for all, all tables empty, the rest whole."""
    ward.received(L)
    backups = SomeBackups()

    def stop(name: str) -> None:
        if name == point:
            raise Killed

    with pytest.raises(Killed):
        ward.erase(L, between=stop, backups=backups)
    with pytest.raises(Refused):
        closing.cancel(ward.office, ward.theirs, L)
    if point in {"renew", "end"}:
        with pytest.raises(Refused, match="closed"):
            ward.erase(L, backups=backups)
    else:
        ward.erase(L, backups=backups)
    after = rows_by_table(ward.office)
    assert not {name for name in tables_of(L) if after[name]}
    assert the_certificate(ward.office).subjects == 5
    assert backups.ids == (["b-new-1"] if point != "renew" else [])
    assert len(letters_open(ward)) == 3
    with reading(ward.office.warehouse) as warehouse:
        audit.verify_lines(log.lines(warehouse))


def events_in(path: Path) -> Path:
    event = {
        "type": "follow",
        "mode": "active",
        "timestamp": 1_790_000_000_000,
        "webhookEventId": "01HZZZZZZZZZZZZZZZZZZZZZZZ",
        "deliveryContext": {"isRedelivery": False},
        "source": {"type": "user", "userId": a_line_id(99)},
        "replyToken": "0" * 32,
        "follow": {"isUnblocked": False},
    }
    path.write_text(json.dumps(event) + "\n")
    return path


def test_nothing_of_line_comes_in_or_goes_out_any_more(ward: Ward, tmp_path: Path) -> None:
    """After L is closed no event, no setting, no scan and no send is taken up, and no key is made for anybody."""
    ward.received(L)
    ward.erase(L)
    office = ward.office
    with pytest.raises(Refused, match="Contract L"):
        ingest_event_file(office, events_in(tmp_path / "events.jsonl"), gate)
    box = office.sealer.seal("events", b"[]")
    with writing(office.inbox) as connection:
        inbox.put(connection, "events", box.epoch, box.box, office.now())
    with pytest.raises(Refused, match="Contract L"):
        ingest_inbox(office, gate)
    with pytest.raises(Refused, match="Contract L"):
        reconcile(office, SimpleNamespace(), RunId("scan-1"))
    with pytest.raises(TayoriError):
        follow(office, [a_line_id(77)])
    assert rows_by_table(office)["person"] == 0


def test_a_broadcast_that_appears_afterwards_is_not_started(ward: Ward) -> None:
    """From the second signature on no broadcast starts, whatever its row says."""
    broadcast_id: BroadcastId = BroadcastId("b-00000000")
    ward.sign(L)
    broadcast_id = a_batch(ward.office, ward.people[:1])
    with pytest.raises(Refused, match="Contract L"):
        freeze.start(ward.office, broadcast_id, "worker-1")


def test_letters_go_on_after_line_has_ended(ward: Ward) -> None:
    """The night still ends what has its age and signs the log; letters are still masked; their keys still rotate."""
    ward.received(L)
    ward.erase(L)
    _, filed, counts = night.retain(ward.office)
    assert (filed, counts["erased"], counts["survivors"]) == (None, 0, 0)
    assert mask_done_cases(ward.office).letters == 1
    assert len(letters_open(ward)) == 3
    set_up(ward.office.settings, ward.office.now())
    with reading(ward.office.vault) as vault:
        assert wrapped_keys.epoch_in_state(vault, "person", "current") is None


def test_line_goes_on_after_the_letters_have_ended(ward: Ward) -> None:
    """Residents still come and leave, and a night still forgets them with its certificate."""
    ward.received(O)
    ward.erase(O)
    (number,) = follow(ward.office, [a_line_id(50)])
    assert number > 0
    assert mask_done_cases(ward.office).letters == 0


def test_when_both_have_ended_no_key_that_opens_anything_is_left(ward: Ward) -> None:
    """Key file, box keys and index key hold nothing any more; proof and signing key stay; the night says it is over."""
    for contract in (O, L):
        ward.received(contract)
        ward.erase(contract)
    office = ward.office
    assert json.loads(office.kek_path.read_bytes()) == {}
    assert not office.index_path.exists()
    assert office.box_keys.epochs() == []
    assert not office.inbox_public_file.exists()
    with pytest.raises(Refused, match="Both contracts"):
        night.begin(office)
    kept = {name for name, rows in rows_by_table(office).items() if rows}
    assert all(record_classes().of_table(name).at_end.value in {"copy", "keep"} for name in kept)


def test_our_own_copy_of_the_archive_and_the_pictures_go(ward: Ward) -> None:
    """What was handed over does not stay here, sealed as it is; nor do the files that the door served."""
    ward.office.media_folder.mkdir()
    (ward.office.media_folder / "p.jpg").write_bytes(b"x")
    returned = ward.received(L)
    ward.erase(L)
    assert not returned.archive.exists()
    assert list(ward.office.media_folder.iterdir()) == []


def test_an_archive_on_a_medium_of_the_ward_is_not_ours_to_delete(ward: Ward, tmp_path: Path) -> None:
    """Written outside of this installation, it stops the erasure until it is gone from there; nothing deletes it."""
    ward.sign(L)
    returned = returning.hand_over(ward.office, ward.ours, L, tmp_path / "medium")
    returning.receive_receipt(ward.office, ward.ours, L, ward.receipt(L))
    with pytest.raises(Refused, match="medium"):
        ward.erase(L)
    assert returned.archive.exists()
    returned.archive.rename(tmp_path / "handed over")
    assert ward.erase(L).filed is not None


def test_the_certificate_is_provisional_while_something_could_bring_it_back(ward: Ward, clock: TestClock) -> None:
    """Where no backup is known to have ended, or a server keeps freed space, it says what remains until when."""
    ward.received(L)
    ward.erase(L)
    stated = the_certificate(ward.office)
    assert "backups" in {one.id for one in stated.remaining}
    assert stated.final_due is not None
    assert date.fromisoformat(stated.final_due) > clock().date()


def test_an_end_that_nobody_signed_is_not_found(ward: Ward) -> None:
    """Nothing can be erased that was not signed."""
    with pytest.raises(NotFound):
        ward.erase(L)
