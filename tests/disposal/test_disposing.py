"""Letters end on a list that two signed, never under a hold, and the register and the certificate tell it."""

import json
from datetime import date

import pytest
from sqlalchemy import select, update

from tayori.certificates.certificate import opened_certificate
from tayori.certificates.erasure import commitment
from tayori.certificates.jws import Signer
from tayori.domain.states import CaseState
from tayori.errors import BadInput, NotFound, Refused, Tampered
from tayori.office import Office
from tayori.retention import disposal, disposing
from tayori.retention import run as night
from tayori.retention.copies.aftermath import match_people_and_cases
from tayori.retention.disposal import Stop
from tayori.retention.disposing import Around
from tayori.retention.run import commitment_key
from tayori.warehouse import certificates, opinions, wrapped_keys
from tayori.warehouse import disposal as stored
from tayori.warehouse.disposal import ListState
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.schema.desk import disclosure
from tayori.warehouse.schema.endings import disposal_item, disposal_list, disposal_signature, disposed_letter
from tayori.warehouse.schema.opinions import masked_opinion, opinion_case
from tests.disposal.conftest import Desk
from tests.support.builders import TestClock, a_line_id
from tests.support.handlers import a_handler
from tests.support.letters import ALetter, receipt, receive
from tests.support.people import follow, leave
from tests.support.traces import tables_with_bytes

DUE = ALetter(done_on=date(2020, 5, 7))
RECENT = ALetter(done_on=date(2021, 4, 1))
QUIET = Around()
INQUIRY = ALetter(done_on=date(2022, 6, 1), addressee="department")


def cases_of(office: Office) -> set[int]:
    with reading(office.warehouse) as warehouse:
        return set(warehouse.execute(select(opinion_case.c.case_no)).scalars())


def masked_of(office: Office) -> set[int]:
    with reading(office.warehouse) as warehouse:
        return set(warehouse.execute(select(masked_opinion.c.case_no)).scalars())


def keys_of(office: Office) -> set[int]:
    with reading(office.vault) as vault:
        return set(wrapped_keys.numbers(vault, office.case_keys.space))


def test_what_is_due_is_told_by_series_with_receipt_numbers_and_nothing_of_the_content(office: Office) -> None:
    """廃棄予定一覧: counts, series and receipt numbers; nothing is written."""
    numbers = receive(office, DUE, RECENT, INQUIRY, ALetter(done_on=None))
    told = {one.series: one for one in disposal.due(office)}
    assert told["mayor"].receipts == (receipt(numbers[0]),)
    assert told["department"].receipts == (receipt(numbers[2]),)
    assert "模擬の意見" not in repr(told)
    with reading(office.warehouse) as warehouse:
        assert stored.lists(warehouse) == []


def test_a_letter_becomes_due_on_the_first_of_april(office: Office, clock: TestClock, desk: Desk) -> None:
    """On 31 March nothing is due, on 1 April in Tokyo it is."""
    receive(office, ALetter(done_on=date(2021, 7, 1)))
    clock.forward(days=(date(2027, 3, 31) - date(2026, 11, 2)).days)
    with pytest.raises(Refused, match="Nothing is due"):
        disposal.propose(office, desk.sakura)
    clock.forward(days=1)
    assert disposal.propose(office, desk.sakura).cases == 1


def test_an_approved_list_disposes_of_exactly_what_it_names(office: Office, desk: Desk) -> None:
    """Rows, masked rows and keys of what is listed go; every other letter stays whole, the epoch changes."""
    gone = receive(office, DUE, DUE, INQUIRY)
    stays = receive(office, RECENT, ALetter(done_on=None))
    done = disposing.run(office, desk.runner, desk.approved(office), QUIET)
    with reading(office.warehouse) as warehouse:
        assert not warehouse.execute(select(disclosure)).first()  # of the canaries nothing stays, nor is handed over
    assert (done.disposed, done.withheld) == (3, 0)
    assert cases_of(office) == set(stays)
    assert masked_of(office) == {stays[0]}
    assert keys_of(office) == set(stays)
    with reading(office.vault) as vault:
        assert [state for _, state, *_ in wrapped_keys.epochs(vault, "case")] == ["destroyed", "current"]
        assert office.case_keys.open(vault, stays).keys() == set(stays)
    assert not tables_with_bytes(office, *(receipt(no).encode() for no in gone)) - {"disposal_item"}


def test_the_certificate_is_of_its_kind_and_commits_to_receipt_numbers(office: Office, desk: Desk) -> None:
    """期間満了, contract O, its own paper's clause; who wrote is told only to who holds the key."""
    numbers = receive(office, DUE, INQUIRY)
    done = disposing.run(office, desk.runner, desk.approved(office), QUIET)
    assert done.filed is not None
    with reading(office.warehouse) as warehouse:
        row = certificates.find(warehouse, done.filed.certificate_no)
    token = json.loads(row.bundle)["entries"][0]["jws"]
    stated = opened_certificate(token, Signer(office.signing_key).public_pem).certificate
    assert (stated.kind, stated.contract.value, stated.subjects) == ("expiry", "O", 2)
    assert [one.cited for one in stated.basis] == ["特記事項 第10項"]
    assert {(one.table, one.rows) for one in stated.records} == {
        ("意見等の添付", 0),
        ("意見等の案件", 2),
        ("マスキング済みの意見等", 2),
    }
    key = commitment_key(office, done.run_id)
    listed = (office.settings.home / "certificates" / f"{stated.number}.commitments.txt").read_text().split()
    assert listed == sorted(commitment(key, receipt(number)) for number in numbers)


def test_the_register_keeps_what_was_disposed_of_by_whom_and_which_proof(office: Office, desk: Desk) -> None:
    """廃棄簿: series, period, authority, counts, who approved, the certificate's number; no receipt number."""
    receive(office, DUE, DUE, INQUIRY)
    done = disposing.run(office, desk.runner, desk.approved(office), QUIET)
    with reading(office.warehouse) as warehouse:
        lines = {one.series: one for one in stored.register(warehouse)}
    assert (lines["mayor"].disposed, lines["department"].disposed) == (2, 1)
    assert done.filed is not None
    assert {one.certificate_no for one in lines.values()} == {done.filed.certificate_no}
    assert lines["mayor"].approved_by == "sakura（desk）、chief（responsible）"
    assert (lines["mayor"].fiscal_years, lines["department"].fiscal_years) == (5, 3)


def test_one_credential_never_signs_twice(office: Office, desk: Desk) -> None:
    """I10: who holds both roles still gives one signature; a list with one is not run."""
    both = a_handler(office, "both", "desk", "responsible", side="甲")
    receive(office, DUE)
    list_id = disposal.propose(office, desk.sakura).list_id
    disposal.approve(office, both, list_id)
    with pytest.raises(Refused, match="cannot sign it again"):
        disposal.approve(office, both, list_id)
    with pytest.raises(Refused, match="only an approved list"):
        disposing.run(office, desk.runner, list_id, QUIET)


def test_the_same_role_twice_is_no_approval(office: Office, desk: Desk) -> None:
    """Two of the desk do not stand for the desk and the responsible handler."""
    other = a_handler(office, "other", "desk", side="甲")
    receive(office, DUE)
    list_id = disposal.propose(office, desk.sakura).list_id
    disposal.approve(office, desk.sakura, list_id)
    with pytest.raises(Refused, match="signed in that role"):
        disposal.approve(office, other, list_id)


def test_the_contractor_alone_approves_nothing(office: Office, desk: Desk) -> None:
    """The records are the ward's: one of the two who sign is of 甲."""
    ours = a_handler(office, "ours", "desk")
    receive(office, DUE)
    list_id = disposal.propose(office, desk.sakura).list_id
    disposal.approve(office, ours, list_id)
    with pytest.raises(Refused, match="甲"):
        disposal.approve(office, desk.chief, list_id)


@pytest.mark.parametrize("change", ["another letter", "a letter less", "another digest", "a forged signature"])
def test_a_list_that_changed_after_it_was_signed_is_refused(office: Office, desk: Desk, change: str) -> None:
    """What runs is what two signed: any row of the list that changed stops it, and nothing is disposed of."""
    numbers = receive(office, DUE, DUE)
    spared = receive(office, RECENT)
    list_id = desk.approved(office)
    with writing(office.warehouse) as warehouse:
        first = disposal_item.c.case_no == numbers[0]
        match change:
            case "another letter":
                warehouse.execute(update(disposal_item).where(first).values(case_no=spared[0]))
            case "a letter less":
                warehouse.execute(disposal_item.delete().where(first))
            case "another digest":
                warehouse.execute(update(disposal_list).values(digest="0" * 64))
            case _:
                warehouse.execute(update(disposal_signature).values(signature=bytes(64)))
    with pytest.raises(Tampered):
        disposing.run(office, desk.runner, list_id, QUIET)
    assert cases_of(office) == {*numbers, *spared}


@pytest.mark.parametrize("over", ["one letter", "a series", "everything"])
def test_a_hold_keeps_letters_until_it_is_lifted(office: Office, desk: Desk, over: str) -> None:
    """廃棄の停止: what is held is not listed; placed after the approval, it is withheld and stays whole."""
    held, free = receive(office, DUE), receive(office, INQUIRY)
    list_id = desk.approved(office)
    stops = {
        "one letter": Stop("lawsuit", "令8訴第1号", receipt_no=receipt(held[0])),
        "a series": Stop("disclosure", "令8情第9号", series="mayor"),
        "everything": Stop("audit", "令8監第3号"),
    }
    placed = disposal.hold(office, desk.chief, stops[over])
    kept = {*held, *free} if over == "everything" else set(held)
    assert sum(one.withheld for one in disposing.plan(office, list_id)) == len(kept)
    done = disposing.run(office, desk.runner, list_id, QUIET)
    assert (done.disposed, done.withheld) == (2 - len(kept), len(kept))
    assert (done.filed is None) == (over == "everything")
    assert cases_of(office) == masked_of(office) == keys_of(office) == kept
    assert sum(one.held for one in disposal.due(office)) == len(kept)
    other = a_handler(office, "other")
    with pytest.raises(Refused, match="another responsible"):
        disposal.lift(office, desk.chief, placed.hold_id, "令8訴第2号")
    disposal.lift(office, other, placed.hold_id, "令8訴第2号")
    disposing.run(office, desk.runner, desk.approved(office), QUIET)
    assert cases_of(office) == set()


@pytest.mark.parametrize(
    ("stop", "error"),
    [
        (Stop("because", "第1号"), BadInput),
        (Stop("lawsuit", " "), BadInput),
        (Stop("lawsuit", "第1号", series="none"), BadInput),
        (Stop("lawsuit", "第1号", series="mayor", receipt_no="R2020-0000001"), BadInput),
        (Stop("lawsuit", "第1号", receipt_no="R2020-0000999"), NotFound),
    ],
)
def test_a_hold_names_a_reason_a_document_and_something_that_exists(
    office: Office, desk: Desk, stop: Stop, error: type[Exception]
) -> None:
    """A hold without an authority, or over nothing, is refused."""
    with pytest.raises(error):
        disposal.hold(office, desk.chief, stop)


POINTS = [
    "plant",
    "dispose",
    "rows",
    "block",
    "rotate",
    "rotation planned",
    "clean",
    "probe",
    "certify",
    "enter",
    "end",
]


class Killed(Exception):
    """The run was stopped at a point."""


def killed_at(name: str) -> Around:
    def stop(point: str) -> None:
        if point == name:
            raise Killed

    return Around(between=stop)


@pytest.mark.parametrize("point", POINTS)
def test_a_run_that_was_stopped_goes_on_to_the_same_end(office: Office, desk: Desk, point: str) -> None:
    """Stopped between any two steps and run again: everything listed goes once, one certificate, one line a series."""
    gone = receive(office, DUE, DUE, INQUIRY)
    stays = receive(office, RECENT)
    list_id = desk.approved(office)
    with pytest.raises(Killed):
        disposing.run(office, desk.runner, list_id, killed_at(point))
    if point == "end":
        with pytest.raises(Refused, match="done"):
            disposing.run(office, desk.runner, list_id, QUIET)
    else:
        disposing.run(office, desk.runner, list_id, QUIET)
    assert cases_of(office) == masked_of(office) == keys_of(office) == set(stays)
    with reading(office.warehouse) as warehouse:
        (row,) = certificates.every(warehouse)
        assert sum(one.disposed for one in stored.register(warehouse)) == len(gone)
        assert stored.find_list(warehouse, list_id).state is ListState.DONE
    token = json.loads(row.bundle)["entries"][0]["jws"]
    assert opened_certificate(token, Signer(office.signing_key).public_pem).certificate.subjects == len(gone)
    with reading(office.vault) as vault:
        assert [state for _, state, *_ in wrapped_keys.epochs(vault, "case")] == ["destroyed", "current"]


def test_a_hold_lifted_while_a_run_was_stopped_lets_another_epoch_end(office: Office, desk: Desk) -> None:
    """What a stopped run disposes of later had its key in a later epoch; that one ends too, and both are stated."""
    held = receive(office, DUE)
    receive(office, INQUIRY)
    list_id = desk.approved(office)
    placed = disposal.hold(office, desk.chief, Stop("lawsuit", "令8訴第1号", receipt_no=receipt(held[0])))
    with pytest.raises(Killed):
        disposing.run(office, desk.runner, list_id, killed_at("clean"))
    disposal.lift(office, a_handler(office, "other"), placed.hold_id, "令8訴第2号")
    done = disposing.run(office, desk.runner, list_id, QUIET)
    assert (done.disposed, done.withheld) == (2, 0)
    with reading(office.vault) as vault:
        states = [state for _, state, *_ in wrapped_keys.epochs(vault, "case")]
    assert states == ["destroyed", "destroyed", "current"]


def test_a_trace_of_a_canary_stops_the_certificate(office: Office, desk: Desk) -> None:
    """Whatever is found of what was disposed of keeps certificate and register back; the run goes on afterwards."""
    receive(office, DUE)
    list_id = desk.approved(office)
    from tayori.retention import case_canaries  # noqa: PLC0415 - used here alone

    with pytest.raises(Killed):
        disposing.run(office, desk.runner, list_id, killed_at("dispose"))
    with reading(office.warehouse) as warehouse:
        run_id = stored.find_list(warehouse, list_id).run_id
    assert run_id is not None
    (mark, *_) = case_canaries.marks(office, run_id)  # type: ignore[arg-type]
    left = office.settings.home / "left.txt"
    left.write_text(mark.sealed, "utf-8")
    with pytest.raises(Refused, match="probe found"):
        disposing.run(office, desk.runner, list_id, QUIET)
    with reading(office.warehouse) as warehouse:
        assert certificates.every(warehouse) == []
    left.unlink()
    assert disposing.run(office, desk.runner, list_id, QUIET).filed is not None


def test_leaving_line_touches_no_letter(office: Office) -> None:
    """公文書: a night that erases leavers leaves every letter, masked row and case key as they were."""
    numbers = receive(office, DUE, RECENT)
    leave(office, follow(office, [a_line_id(1), a_line_id(2)]))
    night.retain(office)
    assert cases_of(office) == masked_of(office) == keys_of(office) == set(numbers)


def test_a_letter_that_was_disposed_of_does_not_come_in_again(office: Office, desk: Desk) -> None:
    """Its source read anew finds the keyed digest of what was there; the canaries leave none."""
    (number,) = receive(office, DUE)
    digest = office.index.of_source_key("dummy letters", str(number))
    disposing.run(office, desk.runner, desk.approved(office), QUIET)
    with reading(office.warehouse) as warehouse:
        assert opinions.marks_of_cases(warehouse, [digest]) == {digest: None}
        assert warehouse.execute(select(disposed_letter)).all().__len__() == 1


def test_a_list_names_its_letters_until_the_backups_are_gone(office: Office, clock: TestClock, desk: Desk) -> None:
    """Numbers and receipt numbers stay 14 days, for a restore; then the night ends them, and the register stays."""
    receive(office, DUE)
    list_id = desk.approved(office)
    disposing.run(office, desk.runner, list_id, QUIET)
    clock.forward(days=13)
    night.expire(office)
    with reading(office.warehouse) as warehouse:
        assert len(stored.items(warehouse, list_id)) == 1
    clock.forward(days=2)
    night.expire(office)
    with reading(office.warehouse) as warehouse:
        assert stored.items(warehouse, list_id) == []
        assert len(stored.register(warehouse)) == 1


def test_a_restored_letter_is_disposed_of_again(office: Office, desk: Desk) -> None:
    """What a backup brings back has no key in the vault, and goes again before anything serves; nothing else does."""
    gone, stays = receive(office, DUE), receive(office, RECENT)
    with reading(office.warehouse) as warehouse:
        backed_up = [
            (table, dict(warehouse.execute(select(table).where(table.c.case_no == gone[0])).mappings().one()))
            for table in (opinion_case, masked_opinion)
        ]
    disposing.run(office, desk.runner, desk.approved(office), QUIET)
    with writing(office.warehouse) as warehouse:
        for table, row in backed_up:
            warehouse.execute(table.insert().values(row))
    assert match_people_and_cases(office)["cases_disposed"] == len(gone)
    assert cases_of(office) == masked_of(office) == keys_of(office) == set(stays)


def test_a_cancelled_list_gives_its_letters_back(office: Office, desk: Desk) -> None:
    """What is on an open list is on no other; once that is cancelled it may be listed again."""
    receive(office, DUE)
    list_id = desk.approved(office)
    with pytest.raises(Refused, match="Nothing is due"):
        disposal.propose(office, desk.sakura)
    disposal.cancel(office, desk.sakura, list_id)
    with pytest.raises(Refused):
        disposing.run(office, desk.runner, list_id, QUIET)
    assert disposal.propose(office, desk.sakura).cases == 1


def test_an_open_case_is_never_due(office: Office) -> None:
    """Only a case that is done has a period, however old it is."""
    receive(office, ALetter(done_on=None, state=CaseState.RECEIVED))
    assert sum(one.due + one.held for one in disposal.due(office)) == 0


def test_the_certificate_of_a_disposal_becomes_final(office: Office, desk: Desk, clock: TestClock) -> None:
    """Everything that it names as remaining has a source that sees it go: after the fortnight it is 確定."""
    receive(office, DUE)
    done = disposing.run(office, desk.runner, desk.approved(office), QUIET)
    assert done.filed is not None
    states = []
    for days in (1, 15, 1):
        clock.forward(days=days)
        night.retain(office)
        with reading(office.warehouse) as warehouse:
            states.append(certificates.find(warehouse, done.filed.certificate_no).state)
    assert (states[0], states[-1]) == ("暫定", "確定")
