"""A contract ends: planned without a trace, signed by both sides, frozen, returned, received, and only then erased."""

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pyrage import DecryptError, decrypt  # type: ignore[import-untyped]  # pyrage has no types
from pyrage.x25519 import Identity  # type: ignore[import-untyped]  # as above
from sqlalchemy import update

from tayori.certificates.jws import Signer
from tayori.desk.cases import close_cases
from tayori.domain.identifiers import CaseNo, Contract
from tayori.domain.record_classes import AtEnd, record_classes
from tayori.domain.states import BroadcastState, CaseState
from tayori.errors import BadInput, NotFound, Refused, Tampered
from tayori.office import Office
from tayori.retention import closing, disposal, ending, returning
from tayori.retention.closing import Order
from tayori.retention.disposal import Stop
from tayori.vault.audit import verify_lines
from tayori.warehouse import audit, inbox
from tayori.warehouse import closing as stored
from tayori.warehouse.closing import ClosingState
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.schema.broadcasts import broadcast
from tayori.warehouse.schema.endings import contract_closing
from tayori.warehouse.setup import STORES
from tests.closing.conftest import ORDER, Ward, lines
from tests.support.builders import TestClock, a_line_id
from tests.support.frozen import a_batch
from tests.support.handlers import a_handler
from tests.support.letters import ALetter, receive
from tests.support.people import leave
from tests.support.traces import rows_of
from tests.surveys.builders import published

L, O = Contract.LINE, Contract.OPINIONS  # noqa: E741 - the contracts' own letters


def everything(office: Office) -> list[tuple[str, dict[str, object]]]:
    return sorted(rows_of(office), key=repr)


def state(ward: Ward, contract: Contract) -> ClosingState | None:
    with reading(ward.office.warehouse) as warehouse:
        row = stored.last(warehouse, contract)
    return row.state if row is not None else None


@pytest.mark.parametrize("contract", Contract)
def test_a_plan_writes_nothing_and_tells_every_class_once(ward: Ward, contract: Contract) -> None:
    """The rehearsal mode: per class what would be returned and erased; no row of any store changes."""
    before = everything(ward.office)
    plan = closing.plan(ward.office, contract)
    assert everything(ward.office) == before
    assert [one.name for one in plan.classes] == [one.name for one in record_classes().of_contract(contract)]
    told = {one.name: one for one in plan.classes}
    if contract is L:
        assert told["reception"].rows == {"person": 5, "reception_settings": 4, "genre_choice": 8}
        assert "letters" not in told
    else:
        assert told["letters"].rows == {"opinion_case": 3}
        assert (told["letters"].returned, told["letters"].erased, told["letters"].receipt_needed) == (True, True, True)
    assert (told["access_log"].returned, told["access_log"].erased) == (True, False)


def test_both_sides_sign_and_only_then_is_it_frozen(ward: Ward) -> None:
    """Two credentials, one of 甲 and one of 乙, each of a responsible handler; one signature changes nothing."""
    closing.sign(ward.office, ward.ours, L, ORDER)
    with reading(ward.office.warehouse) as warehouse:
        stored.require_open(warehouse, L)
    with pytest.raises(Refused, match="other side"):
        closing.sign(ward.office, a_handler(ward.office, "second"), L, None)
    with pytest.raises(Refused, match="responsible"):
        closing.sign(ward.office, a_handler(ward.office, "writer", "writer", side="甲"), L, None)
    closing.sign(ward.office, ward.theirs, L, None)
    with reading(ward.office.warehouse) as warehouse:
        with pytest.raises(Refused, match="Contract L"):
            stored.require_open(warehouse, L)
        stored.require_open(warehouse, O)


def test_the_first_signature_names_the_document_that_ends_the_contract(ward: Ward) -> None:
    """Nobody ends a contract without 甲's document."""
    with pytest.raises(BadInput, match="document"):
        closing.sign(ward.office, ward.ours, L, None)
    with pytest.raises(BadInput, match="document"):
        closing.sign(ward.office, ward.ours, L, Order(" "))


def obstruct(ward: Ward, what: str) -> Contract:
    office = ward.office
    match what:
        case "broadcast":
            a_batch(office, ward.people[:2])
        case "undecided":
            with writing(office.warehouse) as warehouse:
                warehouse.execute(update(broadcast).values(state=BroadcastState.NEEDS_DECISION))
            broadcast_id = a_batch(office, ward.people[:2])
            with writing(office.warehouse) as warehouse:
                mine = broadcast.c.broadcast_id == broadcast_id
                warehouse.execute(update(broadcast).where(mine).values(state=BroadcastState.NEEDS_DECISION))
        case "leaver":
            leave(office, ward.people[:1])
        case "inbox":
            box = office.sealer.seal("events", b"[]")
            with writing(office.inbox) as connection:
                inbox.put(connection, "events", box.epoch, box.box, office.now())
        case "survey":
            published(office)
        case "letter":
            receive(office, ALetter(done_on=None), source="late letters")
            return O
    return L


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("broadcast", "broadcasts are approved"),
        ("undecided", "undecided"),
        ("leaver", "people who left"),
        ("inbox", "wait in the inbox"),
        ("survey", "surveys are not closed"),
        ("letter", "letters are undecided"),
    ],
)
def test_what_is_unfinished_keeps_a_contract_from_ending(ward: Ward, what: str, told: str) -> None:
    """Each obstacle is told with what to do; the other contract may end all the same."""
    contract = obstruct(ward, what)
    with pytest.raises(Refused, match=told):
        ward.sign(contract)
    assert any(told in sentence for sentence in closing.plan(ward.office, contract).obstacles)
    other = O if contract is L else L
    assert closing.plan(ward.office, other).obstacles == ()


def test_a_door_that_still_answers_keeps_line_from_ending(ward: Ward) -> None:
    """The webhook has to be turned off first; the sentence says how. Letters do not come by that door."""
    with pytest.raises(Refused, match="turn the webhook off"):
        closing.sign(ward.office, ward.ours, L, ORDER, lambda: True)
    closing.sign(ward.office, ward.ours, O, ORDER, lambda: True)


def test_nothing_is_returned_or_erased_before_both_signed(ward: Ward) -> None:
    """An unsigned end, and one with one signature, lets nothing leave and nothing go."""
    with pytest.raises(NotFound):
        ward.hand_over(L)
    closing.sign(ward.office, ward.ours, L, ORDER)
    with pytest.raises(Refused, match="proposed"):
        ward.hand_over(L)
    with pytest.raises(Refused, match="proposed"):
        ward.erase(L)


def test_the_archive_opens_with_the_wards_key_and_holds_exactly_the_rows(ward: Ward) -> None:
    """Every row of every class that is returned, opened, with its manifest; nobody else opens it."""
    ward.sign(L)
    returned = ward.hand_over(L)
    with pytest.raises(DecryptError):
        decrypt(returned.archive.read_bytes(), [Identity.generate()])
    files = ward.opened(returned.archive)
    people = {row["person_no"]: row for row in lines(files, "person")}
    assert {no: row["line_user_id"] for no, row in people.items()} == {
        no: a_line_id(place) for place, no in enumerate(ward.people, 1)
    }
    assert "line_index" not in people[ward.people[0]]
    settings = lines(files, "reception_settings")
    assert {(row["person_no"], row["birth_year"], row["sex"], row["area"]) for row in settings} == {
        (no, 1980, 1, 3) for no in ward.people[:4]
    }
    assert len(lines(files, "genre_choice")) == 8
    assert len(lines(files, "handler")) == 2
    assert not any("opinion" in name or "_key" in name for name in files)
    with reading(ward.office.warehouse) as warehouse:
        assert "letters" not in json.loads(files["manifest.json"])["classes"]
        assert verify_lines(audit.lines(warehouse))


def test_letters_are_returned_whole_and_the_manifest_adds_up(ward: Ward) -> None:
    """O4's items as text, the masked text beside them; every part has the hash and rows that the manifest says."""
    ward.sign(O)
    files = ward.opened(ward.hand_over(O).archive)
    cases = {row["case_no"]: row for row in lines(files, "opinion_case")}
    assert {no: row["name"] for no, row in cases.items()} == {no: f"模擬 {no}" for no in ward.letters}
    assert cases[ward.letters[0]]["opinion"] == cases[ward.letters[0]]["answer"] == "目印の意見 一"
    assert {row["masked_text"] for row in lines(files, "masked_opinion")} == {"目印の意見 一", "目印の意見 二"}
    manifest = json.loads(files["manifest.json"])
    import hashlib  # noqa: PLC0415 - used here alone

    listed = manifest["files"]
    assert set(listed) == set(files) - {"manifest.json"}
    for name, told in listed.items():
        assert told["sha256"] == hashlib.sha256(files[name]).hexdigest()
        assert told.get("rows", files[name].count(b"\n")) == files[name].count(b"\n") or name in {
            "README.txt",
            "schema.json",
        }
    assert manifest["classes"]["letters"] == {"opinion_case": 3}
    assert set(json.loads(files["schema.json"])) == {
        table
        for one in record_classes().of_contract(O)
        if one.at_end in {AtEnd.RETURN, AtEnd.COPY}
        for table in one.tables
    }


def wrong_receipts(ward: Ward, clock: TestClock) -> dict[str, tuple[str, type[Exception]]]:
    today = clock().date()
    stranger = replace(ward, signer=Signer(Ed25519PrivateKey.generate()))
    good = ward.receipt(L)
    return {
        "another contract": (ward.receipt(L, contract="O"), Refused),
        "another end": (ward.receipt(L, closing="end-L-000000000000"), Refused),
        "another archive": (ward.receipt(L, archive_sha256="0" * 64), Refused),
        "a class less": (ward.receipt(L, classes=["reception"]), Refused),
        "older than the archive": (ward.receipt(L, dated=(today - timedelta(days=1)).isoformat()), Refused),
        "of tomorrow": (ward.receipt(L, dated=(today + timedelta(days=2)).isoformat()), Refused),
        "another key": (stranger.receipt(L), Tampered),
        "a changed letter": (good[:-6] + ("A" if good[-6] != "A" else "B") + good[-5:], Tampered),
        "another form": (ward.receipt(L, form="tayori contract receipt 0"), Tampered),
        "a field more": (ward.receipt(L, remark="x"), BadInput),
        "another kind of statement": (ward.signer.sign({"form": "x"}, "other+jws"), Tampered),
    }


def test_no_wrong_receipt_is_recorded(ward: Ward, clock: TestClock) -> None:
    """甲's own key, this contract, this archive, these classes, a day between archive and today; else nothing."""
    ward.sign(L)
    ward.hand_over(L)
    for what, (token, error) in wrong_receipts(ward, clock).items():
        with pytest.raises(error):
            returning.receive_receipt(ward.office, ward.ours, L, token)
        assert state(ward, L) is ClosingState.RETURNED, what
        with pytest.raises(Refused, match="no receipt"):
            ward.erase(L)


def test_a_receipt_for_the_archive_before_is_not_valid(ward: Ward) -> None:
    """What was returned anew needs a receipt of its own."""
    ward.sign(L)
    ward.hand_over(L)
    old = ward.receipt(L)
    ward.hand_over(L)
    with pytest.raises(Refused, match="another archive"):
        returning.receive_receipt(ward.office, ward.ours, L, old)


def test_a_receipt_put_into_the_table_by_hand_does_not_erase(ward: Ward) -> None:
    """The erasure checks the receipt anew; a state that somebody wrote is not enough."""
    ward.sign(L)
    ward.hand_over(L)
    forged = replace(ward, signer=Signer(Ed25519PrivateKey.generate())).receipt(L)
    with writing(ward.office.warehouse) as warehouse:
        warehouse.execute(update(contract_closing).values(state="received", receipt=forged))
    with pytest.raises(Tampered):
        ward.erase(L)
    assert closing.plan(ward.office, L).classes[0].rows["person"] == 5


def test_another_key_of_the_ward_than_was_signed_for_is_refused(ward: Ward) -> None:
    """Whoever swaps 甲's key file after the signatures gets nothing returned and nothing erased."""
    ward.sign(L)
    path = ward.office.settings.ward_recipient_file
    assert path is not None
    path.write_text(str(Identity.generate().to_public()))
    with pytest.raises(Tampered, match="keys of 甲"):
        ward.hand_over(L)


def test_a_cancelled_end_lets_the_work_go_on(ward: Ward) -> None:
    """Until the erasure begins it can be taken back; its receipt is worth nothing for the next one."""
    ward.sign(L)
    ward.hand_over(L)
    old = ward.receipt(L)
    closing.cancel(ward.office, ward.theirs, L)
    with reading(ward.office.warehouse) as warehouse:
        stored.require_open(warehouse, L)
    ward.sign(L)
    ward.hand_over(L)
    with pytest.raises(Refused, match="another"):
        returning.receive_receipt(ward.office, ward.ours, L, old)


def test_a_class_without_a_receipt_is_not_erased(ward: Ward) -> None:
    """A class whose period has not ended goes only with 甲's receipt: returned alone is not received."""
    ward.sign(O)
    ward.hand_over(O)
    with pytest.raises(Refused, match="意見等及び回答"):
        ward.erase(O)
    assert closing.plan(ward.office, O).classes[0].rows == {"opinion_case": 3}


def test_the_ward_may_instruct_to_erase_a_class_without_its_return(ward: Ward) -> None:
    """甲's signed instruction with its document; what it names is not returned, everything else needs a receipt."""
    ward.sign(L, ward.instruct(L, erase_without_return=["reception"]))
    files = ward.opened(ward.hand_over(L).archive)
    assert not any(name.startswith("data/person") for name in files)
    with pytest.raises(Refused, match="no receipt"):
        ward.erase(L)
    returning.receive_receipt(ward.office, ward.ours, L, ward.receipt(L))
    ward.erase(L)
    assert state(ward, L) is ClosingState.CLOSED


def test_official_records_within_their_period_are_never_erased_without_return(ward: Ward) -> None:
    """公文書 are the ward's: not even an instruction lets them be destroyed here before their period is over."""
    with pytest.raises(Refused, match="公文書"):
        ward.sign(O, ward.instruct(O, erase_without_return=["letters"]))
    disposal.hold(ward.office, a_handler(ward.office, "third"), Stop("lawsuit", "令8訴第1号"))
    with pytest.raises(Refused, match="hold"):
        ward.sign(O, ward.instruct(O, erase_without_return=["letters"]))


@pytest.mark.parametrize(
    ("told", "error"),
    [
        ({"erase_without_return": ["letters"]}, BadInput),
        ({"erase_without_return": ["access_log"]}, BadInput),
        ({}, BadInput),
        ({"document_no": "another", "erase_without_return": ["reception"]}, Refused),
        ({"contract": "O", "erase_without_return": ["reception"]}, Refused),
        ({"dated": "2030-01-01", "keep_until": "2031-01-01"}, Refused),
        ({"keep_until": "soon"}, BadInput),
    ],
)
def test_a_wrong_instruction_is_refused(ward: Ward, told: dict[str, Any], error: type[Exception]) -> None:
    """An instruction names classes of this contract that are returned, this document, and no day to come."""
    with pytest.raises(error):
        ward.sign(L, ward.instruct(L, **told))
    assert state(ward, L) is None


def test_what_the_ward_wants_kept_is_kept_until_the_day(ward: Ward, clock: TestClock) -> None:
    """甲 may want everything kept until a day: before it not even the receipt lets it be erased."""
    until = date(2026, 12, 1)
    ward.sign(L, ward.instruct(L, keep_until=until.isoformat()))
    ward.hand_over(L)
    returning.receive_receipt(ward.office, ward.ours, L, ward.receipt(L))
    with pytest.raises(Refused, match="2026-12-01"):
        ward.erase(L)
    clock.forward(days=(until - clock().date()).days)
    ward.erase(L)
    assert state(ward, L) is ClosingState.CLOSED


def test_the_words_are_typed_and_a_ward_handler_is_present(ward: Ward) -> None:
    """L7: the verification has a witness of 甲, who is not the one who erases; the phrase is exact."""
    ward.received(L)
    office, right = ward.office, ending.phrase(L)
    with pytest.raises(BadInput, match="type exactly"):
        ending.erase(office, ward.ours, ward.theirs, L, ending.phrase(O))
    with pytest.raises(Refused, match="甲"):
        ending.erase(office, ward.ours, a_handler(office, "third"), L, right)
    with pytest.raises(Refused, match="甲"):
        ending.erase(office, ward.theirs, ward.theirs, L, right)
    assert closing.plan(office, L).classes[0].rows["person"] == 5


def test_a_frozen_desk_changes_nothing_any_more(ward: Ward) -> None:
    """After both signed for O, no case is closed or listed for disposal; L's side goes on."""
    ward.sign(O)
    desk = a_handler(ward.office, "desk-1", "desk", side="甲")
    with pytest.raises(Refused, match="Contract O"):
        close_cases(ward.office, desk, [CaseNo(ward.letters[0])], CaseState.ANSWERED, date(2026, 10, 1))
    with pytest.raises(Refused, match="Contract O"):
        disposal.propose(ward.office, desk)


def test_every_table_is_planned_for(ward: Ward) -> None:
    """No table of any store is left out of the plans of both contracts together."""
    told = {table for contract in Contract for one in closing.plan(ward.office, contract).classes for table in one.rows}
    assert told == {table.name for schema in STORES.values() for table in schema.sorted_tables}
