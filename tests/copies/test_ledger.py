"""The ledger: a closed list of kinds, an approval for what leaves, an end with its proof for every copy (P6, P9)."""

import shutil
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from tayori.domain.copies import NewCopy, Proof, copy_kinds, proof_terms
from tayori.domain.identifiers import HandlerId
from tayori.errors import BadInput, Refused, Tampered
from tayori.office import Office
from tayori.retention.copies import ledger
from tayori.retention.run import retain
from tayori.settings import Mode
from tayori.vault.roster import Credential, unlock
from tayori.warehouse import copies
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.schema.copies import copy_approval
from tests.copies.builders import CHIEF, PASSPHRASE, changed, handlers
from tests.support.builders import TestClock, a_line_id, an_office
from tests.support.people import follow, leave

UNTIL = date(2026, 12, 31)


def a_copy(office: Office, kind: str = "contractor", **more: object) -> NewCopy:
    said = {"recipient": "ab12", "approval": "8新総第1号", "expires_at": office.now() + timedelta(days=10)} | more
    return NewCopy(kind=kind, purpose="データベースの移行", sha256="0" * 64, **said)  # type: ignore[arg-type]


def of_contractor(office: Office) -> Credential:
    with reading(office.warehouse) as warehouse:
        return unlock(warehouse, office.handlers_folder, HandlerId(CHIEF), PASSPHRASE, office.today())


def test_every_kind_says_what_ends_it() -> None:
    """P9: the list is data; each kind has a longest life, and a proof that the ledger can name."""
    for kind in copy_kinds().values():
        assert kind.longest_days > 0
        assert kind.ended_by in proof_terms()
        assert not kind.leaves or (kind.recipient and kind.personal)
    assert set(proof_terms()) == set(Proof)


@pytest.mark.parametrize(
    ("kind", "more", "told"),
    [
        ("usb-stick", {}, "list is closed"),
        ("contractor", {"recipient": None}, "recipient's key"),
        ("contractor", {"approval": None}, "approval of 甲"),
        ("contractor", {"approval": "8新総第2号"}, "on file"),
        ("handover", {}, "on file"),
        ("contractor", {"days": 400}, "366 days at most"),
        ("backup", {"days": 15}, "14 days at most"),
        ("contractor", {"days": -1}, "future"),
    ],
)
def test_what_the_list_does_not_allow_is_refused(
    sqlite_office: Office, kind: str, more: dict[str, object], told: str
) -> None:
    """P6, P9: another kind, no recipient, no approval on file for this kind, too long a life: nothing is entered."""
    ledger.approve(sqlite_office, handlers(sqlite_office), "8新総第1号", "contractor", UNTIL)
    changes = dict(more)
    if "days" in changes:
        changes = {"expires_at": sqlite_office.now() + timedelta(days=int(str(changes.pop("days"))))}
    with pytest.raises((Refused, BadInput), match=told):
        ledger.enter(sqlite_office, "chief", a_copy(sqlite_office, kind, **changes), {})
    assert ledger.listed(sqlite_office) == []


def test_only_a_ward_handler_files_what_the_ward_approved(office: Office, clock: TestClock) -> None:
    """P6: 乙 cannot approve for itself, an approval is filed once, holds until its day, and cannot be rewritten."""
    ward = handlers(office)
    with pytest.raises(Refused, match="not a handler of 甲"):
        ledger.approve(office, of_contractor(office), "8新総第1号", "contractor", UNTIL)
    with pytest.raises(Refused, match="never leaves"):
        ledger.approve(office, ward, "8新総第1号", "backup", UNTIL)
    ledger.approve(office, ward, "8新総第1号", "contractor", UNTIL)
    with pytest.raises(Refused, match="on file already"):
        ledger.approve(office, ward, "8新総第1号", "handover", UNTIL)
    ledger.enter(office, "chief", a_copy(office), {})
    with writing(office.warehouse) as warehouse:
        warehouse.execute(copy_approval.update().values(ends_on=date(2030, 1, 1)))
    with pytest.raises(Tampered):
        ledger.enter(office, "chief", a_copy(office), {})
    clock.forward(days=1)


def test_what_is_overdue_comes_first(office: Office, clock: TestClock) -> None:
    """A copy that should have ended stands before those that stand, and those before the ended ones."""
    ward = handlers(office)
    ledger.approve(office, ward, "8新総第1号", "handover", UNTIL)
    soon = ledger.enter(office, "chief", a_copy(office, "handover", expires_at=office.now() + timedelta(days=1)), {})
    clock.forward(minutes=1)
    later = ledger.enter(office, "chief", a_copy(office, "handover"), {})
    clock.forward(minutes=1)
    ended = ledger.enter(office, "chief", a_copy(office, "handover"), {})
    ledger.end(office, ward, ended.copy_id, "受領書 8新総第9号")
    clock.forward(days=2)
    assert [row.copy_id for row in ledger.listed(office)] == [soon.copy_id, later.copy_id, ended.copy_id]
    assert [row.copy_id for row in ledger.overdue(office)] == [soon.copy_id]
    with pytest.raises(Refused, match="ended already"):
        ledger.end(office, ward, ended.copy_id, "受領書 8新総第10号")


def test_what_ends_by_a_check_cannot_be_ended_by_a_word(sqlite_office: Office) -> None:
    """A backup ends with its key, a contractor's copy with the certificate: nobody can simply say so."""
    ward = handlers(sqlite_office)
    ledger.approve(sqlite_office, ward, "8新総第1号", "contractor", UNTIL)
    row = ledger.enter(sqlite_office, "chief", a_copy(sqlite_office), {})
    with pytest.raises(Refused, match="file-certificate"):
        ledger.end(sqlite_office, ward, row.copy_id, "消しました")


def a_received_certificate(folder: Path, made_at: datetime) -> tuple[Path, Path]:
    """Let a contractor, another installation, certify an erasure; give bundle and public key as they are sent."""
    theirs = an_office(folder / "contractor", TestClock(made_at))
    leave(theirs, follow(theirs, [a_line_id(one) for one in range(1, 4)]))
    _, filed, _ = retain(theirs)
    theirs.close()
    assert filed is not None
    sent = folder / "sent"
    shutil.copytree(filed.bundle.parent, sent)
    return sent / filed.bundle.name, sent / "issuer.pub.pem"


def test_a_received_certificate_is_checked_before_it_is_filed(
    sqlite_office: Office, clock: TestClock, tmp_path: Path
) -> None:
    """O8: only what its verifier proves is filed; one that is 暫定 is kept beside a copy that has not ended yet."""
    ward = handlers(sqlite_office)
    ledger.approve(sqlite_office, ward, "8新総第1号", "contractor", UNTIL)
    row = ledger.enter(sqlite_office, "chief", a_copy(sqlite_office), {})
    bundle, key = a_received_certificate(tmp_path, clock() + timedelta(hours=1))
    stranger = sqlite_office.public_key_file
    with pytest.raises(Tampered):
        ledger.file_certificate(sqlite_office, ward, row.copy_id, bundle, [stranger])
    filed = ledger.file_certificate(sqlite_office, ward, row.copy_id, bundle, [key])
    assert (filed.state, filed.ended) == ("暫定", False)
    with reading(sqlite_office.warehouse) as warehouse:
        held = copies.find(warehouse, row.copy_id)
    assert (held.certificate, held.ended_at) == (bundle.read_text("utf-8"), None)
    live = changed(sqlite_office, mode=Mode.LIVE)
    with pytest.raises(Refused, match="rehearsal"):
        ledger.file_certificate(live, ward, row.copy_id, bundle, [key])
    live.close()
    bundle.write_text(bundle.read_text("utf-8").replace("0", "1", 1), "utf-8")
    with pytest.raises(Tampered):
        ledger.file_certificate(sqlite_office, ward, row.copy_id, bundle, [key])


def test_a_certificate_from_before_the_copy_is_not_about_it(
    sqlite_office: Office, clock: TestClock, tmp_path: Path
) -> None:
    """An old certificate handed in again ends nothing."""
    ward = handlers(sqlite_office)
    bundle, key = a_received_certificate(tmp_path, clock())
    clock.forward(days=1)
    ledger.approve(sqlite_office, ward, "8新総第1号", "contractor", UNTIL)
    row = ledger.enter(sqlite_office, "chief", a_copy(sqlite_office), {})
    with pytest.raises(Refused, match="before the copy was made"):
        ledger.file_certificate(sqlite_office, ward, row.copy_id, bundle, [key])
