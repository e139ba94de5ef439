"""甲 confirms, 乙 corrects and revokes; each under its own key, each in the log, none over the other's head."""

import json
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from tayori.certificates.bundle import checked, checked_log
from tayori.certificates.tokens import unproven
from tayori.certificates.verifier import Verdict
from tayori.domain.identifiers import HandlerId
from tayori.errors import BadInput, NotFound, Refused, Tampered, Unavailable
from tayori.office import Office
from tayori.retention import issuing, log_sheet, logbook, run, signing, standing, stating
from tayori.retention.run import retain
from tayori.retention.settling import settle_all
from tayori.vault import audit, roster
from tayori.vault.roster import Credential, NewHandler
from tayori.warehouse import audit as access
from tayori.warehouse import certificates
from tayori.warehouse.engines import reading, writing
from tests.support.builders import TestClock, a_line_id
from tests.support.people import follow, leave

pytestmark = pytest.mark.filterwarnings(  # WeasyPrint leaves its colour profile open
    "ignore:Exception ignored in.*sRGB2014:pytest.PytestUnraisableExceptionWarning"
)

FIRST, SECOND = "L-2026-0001", "L-2026-0002"


def a_handler(office: Office, name: str, side: str, *roles: str) -> Credential:
    new = NewHandler(HandlerId(name), "稽古の人", roles or ("responsible",), side, office.today())
    with writing(office.warehouse) as warehouse:
        return roster.enrol(warehouse, office.handlers_folder, new, "a long passphrase", office.now())


def nights(office: Office, clock: TestClock, count: int = 1) -> None:
    """Nights on which somebody left."""
    numbers = list(follow(office, [a_line_id(one) for one in range(1, 3 * count + 3)]))
    for night in range(count):
        leave(office, numbers[3 * night : 3 * night + 2])
        retain(office)
        clock.forward(hours=1)


def proven(office: Office, number: str = FIRST, ward: str = "", key: str = "issuer.pub.pem") -> Verdict:
    folder = office.settings.home / "certificates"
    wards = [folder / f"ward-{ward}.pub.pem"] if ward else []
    return checked(folder / f"{number}.json", [folder / key], wards)


def test_the_ward_confirms_under_its_own_key(office: Office, clock: TestClock) -> None:
    """甲's look is a leaf under the handler's key, proven by that public key alone; the access log names who looked."""
    nights(office, clock, 2)
    auditor = a_handler(office, "W-001", "甲", "auditor")
    assert stating.countersign(office, auditor, [FIRST, SECOND]) == ["暫定", "暫定"]
    assert proven(office).confirmed.startswith("署名あり")
    assert proven(office, ward="W-001").confirmed == "確認済"
    assert proven(office, SECOND, ward="W-001").confirmed == "確認済"
    assert standing.of(office, FIRST).confirmed == ("暫定",)
    with reading(office.warehouse) as warehouse:
        lines = list(access.lines(warehouse))
    assert ("W-001", f"certificate {FIRST} countersigned") in [(line.actor, line.object) for line in lines]


def test_the_ward_looks_again_at_what_became_final(sqlite_office: Office, clock: TestClock) -> None:
    """A look at 暫定 is not one at 確定; a second look at the same state is refused; a finding is shown."""
    nights(sqlite_office, clock)
    ward = a_handler(sqlite_office, "W-001", "甲")
    stating.countersign(sqlite_office, ward, [FIRST], "件数を照合した。", objected=True)
    assert proven(sqlite_office, ward="W-001").confirmed == "指摘事項あり"
    with pytest.raises(Refused, match="already"):
        stating.countersign(sqlite_office, ward, [FIRST])
    settled(sqlite_office, clock)
    assert proven(sqlite_office, ward="W-001").confirmed == "指摘事項あり(暫定の時点)"
    stating.countersign(sqlite_office, ward, [FIRST])
    assert proven(sqlite_office, ward="W-001").confirmed == "確認済"


def settled(office: Office, clock: TestClock) -> None:
    clock.forward(days=16)
    run.expire(office)
    for _ in range(2):
        run.renew_box_keys(office)
    assert FIRST in settle_all(office, {}).settled


def test_one_side_never_speaks_for_the_other(sqlite_office: Office, clock: TestClock) -> None:
    """乙 does not confirm, 甲 does not correct or revoke, the issuer's key is no handler's, roles hold."""
    nights(sqlite_office, clock)
    ward, contractor = a_handler(sqlite_office, "W-001", "甲"), a_handler(sqlite_office, "C-001", "乙")
    with pytest.raises(Refused, match="甲"):
        stating.countersign(sqlite_office, contractor, [FIRST])
    for refused in (stating.revoke, stating.correct):
        with pytest.raises(Refused, match="乙"):
            refused(sqlite_office, ward, FIRST, "誤り")
    with pytest.raises(Refused, match="roster as"):
        stating.countersign(sqlite_office, a_handler(sqlite_office, "W-002", "甲", "writer"), [FIRST])
    with pytest.raises(Refused, match="issuer's own key"):
        stating.countersign(sqlite_office, replace(ward, key=sqlite_office.signing_key), [FIRST])
    assert proven(sqlite_office).confirmed == "未確認"


def test_all_are_confirmed_or_none(sqlite_office: Office, clock: TestClock) -> None:
    """One number that does not exist, and nothing is said about the others."""
    nights(sqlite_office, clock)
    with pytest.raises(NotFound):
        stating.countersign(sqlite_office, a_handler(sqlite_office, "W-001", "甲"), [FIRST, "L-2026-0009"])
    assert standing.of(sqlite_office, FIRST).confirmed == ()


def test_words_that_promise_too_much_are_refused(sqlite_office: Office, clock: TestClock) -> None:
    """甲's finding stands on the record too."""
    nights(sqlite_office, clock)
    with pytest.raises(Refused, match="promise"):
        stating.countersign(sqlite_office, a_handler(sqlite_office, "W-001", "甲"), [FIRST], "完全消去を確認")


def test_a_correction_is_a_new_certificate(office: Office, clock: TestClock) -> None:
    """Under the letterhead of today, about the same erasure; the old one says by which it was corrected."""
    nights(office, clock)
    (office.settings.home / "letterhead.yaml").write_text(
        "addressee: 正しい宛名\nissuer: 乙\npost: 取扱責任者\nplace: 甲の庁舎\ncontact: 乙の窓口\n", "utf-8"
    )
    filed = stating.correct(office, a_handler(office, "C-001", "乙"), FIRST, "宛名の誤り")
    assert (filed.certificate_no, proven(office).state, proven(office, SECOND).state) == (SECOND, "訂正", "暫定")
    old, new = (content(office, number) for number in (FIRST, SECOND))
    assert new["corrects"] == {"number": FIRST, "reason": "宛名の誤り"}
    assert new["addressee"] == "正しい宛名"
    assert all(old[name] == new[name] for name in ("commitments", "records", "verification", "remaining"))
    assert standing.of(office, FIRST).state == "訂正"
    with pytest.raises(Refused, match="訂正"):
        stating.correct(office, roster_of(office, "C-001"), FIRST, "もう一度")
    settled_later(office, clock)


def settled_later(office: Office, clock: TestClock) -> None:
    """The new one becomes 確定 in its time; the corrected one waits for nothing."""
    clock.forward(days=16)
    run.expire(office)
    for _ in range(2):
        run.renew_box_keys(office)
    assert settle_all(office, {}).settled == [SECOND]


def roster_of(office: Office, handler: str) -> Credential:
    with reading(office.warehouse) as warehouse:
        return roster.unlock(warehouse, office.handlers_folder, HandlerId(handler), "a long passphrase", office.today())


def content(office: Office, number: str) -> dict[str, object]:
    with reading(office.warehouse) as warehouse:
        bundle = certificates.find(warehouse, number).bundle
    return unproven(json.loads(bundle)["entries"][0]["jws"], 1, "certificate")


def crash(*_: object, **__: object) -> None:
    raise InterruptedError


def test_a_correction_that_stopped_half_way_goes_on(
    sqlite_office: Office, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped between the new certificate and the word on the old one, it is not issued a second time."""
    nights(sqlite_office, clock)
    contractor = a_handler(sqlite_office, "C-001", "乙")
    with monkeypatch.context() as broken:
        broken.setattr(stating, "_state", crash)
        with pytest.raises(InterruptedError):
            stating.correct(sqlite_office, contractor, FIRST, "宛名の誤り")
    assert proven(sqlite_office).state == "暫定"
    assert stating.correct(sqlite_office, contractor, FIRST, "宛名の誤り").certificate_no == SECOND
    with reading(sqlite_office.warehouse) as warehouse:
        assert len(certificates.every(warehouse)) == 2
    assert proven(sqlite_office).state == "訂正"


def test_a_correction_needs_the_list_that_was_signed(sqlite_office: Office, clock: TestClock) -> None:
    """Without the commitments, or with others, nothing is certified anew."""
    nights(sqlite_office, clock)
    contractor = a_handler(sqlite_office, "C-001", "乙")
    listed = sqlite_office.settings.home / "certificates" / f"{FIRST}.commitments.txt"
    right = listed.read_bytes()
    listed.write_bytes(right[65:])
    with pytest.raises(Tampered):
        stating.correct(sqlite_office, contractor, FIRST, "誤り")
    listed.unlink()
    with pytest.raises(Unavailable):
        stating.correct(sqlite_office, contractor, FIRST, "誤り")


def test_what_was_revoked_is_over(sqlite_office: Office, clock: TestClock) -> None:
    """取消 is said with a reason; after it nothing more is said, and it is neither settled nor overdue."""
    nights(sqlite_office, clock)
    contractor = a_handler(sqlite_office, "C-001", "乙")
    with pytest.raises(BadInput):
        stating.revoke(sqlite_office, contractor, FIRST, " ")
    stating.revoke(sqlite_office, contractor, FIRST, "誤発行")
    assert proven(sqlite_office).state == "取消"
    with pytest.raises(Refused, match="取消"):
        stating.countersign(sqlite_office, a_handler(sqlite_office, "W-001", "甲"), [FIRST])
    clock.forward(days=40)
    assert not standing.of(sqlite_office, FIRST).overdue
    assert settle_all(sqlite_office, {}).waiting == {}


def test_the_log_is_proven_from_any_head_that_the_ward_holds(office: Office, clock: TestClock, tmp_path: Path) -> None:
    """A head on paper, nights later: the proof holds by the public key alone; so does a bundle that has it."""
    nights(office, clock)
    sheet = log_sheet.sheet_now(office)
    held = sheet.files["log-head-2.jws"].decode()
    assert sheet.head.root[:8].encode() in sheet.files["log-head-2.html"]
    stating.countersign(office, a_handler(office, "W-001", "甲"), [FIRST])
    with reading(office.warehouse) as warehouse:
        (tmp_path / "proof.json").write_bytes(logbook.proof_since(office, warehouse, [held], office.now()))
    (tmp_path / "head.jws").write_text(held)
    key = office.settings.home / "certificates" / "issuer.pub.pem"
    assert checked_log(tmp_path / "proof.json", [key], [tmp_path / "head.jws"]).size == 3
    standing.hand_over(office, FIRST, tmp_path / "out", (held,))
    handed = tmp_path / "out" / f"{FIRST}.json"
    assert checked(handed, [tmp_path / "out" / "issuer.pub.pem"], [], [tmp_path / "head.jws"]).log_size == 3
    with pytest.raises(Tampered, match="head that you hold"):
        checked(key.with_name(f"{FIRST}.json"), [key], [], [tmp_path / "head.jws"])


def test_a_fork_is_caught(sqlite_office: Office, clock: TestClock, tmp_path: Path) -> None:
    """Two logs under one key: whoever holds a head of the one is not satisfied by the other, here or there."""
    nights(sqlite_office, clock)
    home = sqlite_office.settings.home
    fork = (home / "warehouse.db").with_name("fork.db")
    with sqlite3.connect(home / "warehouse.db") as live, sqlite3.connect(fork) as copy:
        live.backup(copy)
    stating.countersign(sqlite_office, a_handler(sqlite_office, "W-001", "甲"), [FIRST])
    held = log_sheet.sheet_now(sqlite_office).head.token
    shutil.rmtree(home / logbook.HEADS)  # whoever forks hides the head that was handed out
    other = Office(sqlite_office.settings.model_copy(update={"database_url": f"sqlite:///{fork}"}), clock)
    stating.revoke(other, a_handler(other, "C-001", "乙"), FIRST, "別の記録")
    with pytest.raises(Tampered, match="two logs"):
        standing.hand_over(other, FIRST, tmp_path / "out", (held,))
    (tmp_path / "head.jws").write_text(held)
    standing.hand_over(other, FIRST, tmp_path / "out")
    with pytest.raises(Tampered, match="head that you hold"):
        checked(
            tmp_path / "out" / f"{FIRST}.json",
            [tmp_path / "out" / "issuer.pub.pem"],
            [],
            [tmp_path / "head.jws"],
        )
    other.close()


def test_a_new_signing_key_follows_the_old_one(office: Office, clock: TestClock) -> None:
    """Certificates of before and after, and the access log, hold; the first public key suffices for all."""
    nights(office, clock)
    contractor = a_handler(office, "C-001", "乙")
    kid = signing.renew_signing_key(office, contractor)
    clock.forward(hours=1)
    leave(office, [3])
    retain(office)
    assert (proven(office, key="issuer-1.pub.pem").state, proven(office, SECOND).state) == ("暫定", "暫定")
    assert proven(office, SECOND, key="issuer-1.pub.pem").number == SECOND
    stating.revoke(office, contractor, FIRST, "誤発行")
    assert proven(office, key="issuer-1.pub.pem").state == "取消"
    with reading(office.warehouse) as warehouse:
        assert audit.verify(warehouse, *office.verifying_keys(warehouse)) > 0
        assert len(office.verifying_keys(warehouse)) == 2
    assert signing.renew_signing_key(office, contractor) != kid
    stating.revoke(office, contractor, SECOND, "誤発行")
    assert proven(office, SECOND, key="issuer-1.pub.pem").state == "取消"


@pytest.mark.parametrize("step", [(signing, "_name_successor"), (certificates, "put_bundle"), (signing, "record")])
def test_a_renewal_that_stopped_changes_nothing(
    sqlite_office: Office, clock: TestClock, monkeypatch: pytest.MonkeyPatch, step: tuple[object, str]
) -> None:
    """Before the log holds the naming, the old key goes on; run again, it is renewed once."""
    nights(sqlite_office, clock)
    contractor = a_handler(sqlite_office, "C-001", "乙")
    with monkeypatch.context() as broken:
        broken.setattr(*step, crash)
        with pytest.raises(InterruptedError):
            signing.renew_signing_key(sqlite_office, contractor)
    stating.countersign(sqlite_office, a_handler(sqlite_office, "W-001", "甲"), [FIRST])
    signing.renew_signing_key(sqlite_office, contractor)
    with reading(sqlite_office.warehouse) as warehouse:
        assert len(sqlite_office.verifying_keys(warehouse)) == 2


def test_a_renewal_that_stopped_after_the_naming_is_finished(
    sqlite_office: Office, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In between nothing can be issued under the old key; run again, the new key is in its place."""
    nights(sqlite_office, clock)
    contractor = a_handler(sqlite_office, "C-001", "乙")
    with monkeypatch.context() as broken:
        broken.setattr(signing, "_put_in_place", crash)
        with pytest.raises(InterruptedError):
            signing.renew_signing_key(sqlite_office, contractor)
    with pytest.raises(Tampered, match="succeeded"):
        stating.revoke(sqlite_office, contractor, FIRST, "誤発行")
    signing.renew_signing_key(sqlite_office, contractor)
    stating.revoke(sqlite_office, contractor, FIRST, "誤発行")
    assert proven(sqlite_office, key="issuer-1.pub.pem").state == "取消"


def test_another_document_in_between_is_no_harm(
    sqlite_office: Office, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a certificate was drawn up another one was logged: it is drawn up anew for the next place."""
    nights(sqlite_office, clock)
    ward, drawn = a_handler(sqlite_office, "W-001", "甲"), issuing._drawn  # noqa: SLF001 - the moment between
    came: list[str] = []

    def interrupted(*args: object) -> object:
        found = drawn(*args)  # type: ignore[arg-type]
        if not came:
            came.extend(stating.countersign(sqlite_office, ward, [FIRST]))
        return found

    monkeypatch.setattr(issuing, "_drawn", interrupted)
    leave(sqlite_office, [3])
    retain(sqlite_office)
    assert came == ["暫定"]
    assert proven(sqlite_office, SECOND).state == "暫定"
