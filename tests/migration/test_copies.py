"""The contractor's copy: sealed, in the ledger, ended by a certificate; masked it has the shape and nobody in it."""

import io
import json
import tarfile
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from pyrage.x25519 import Identity  # type: ignore[import-untyped]

from sandbox.old_system.database import MARKS
from tayori.domain.identifiers import HandlerId
from tayori.errors import BadInput, Refused
from tayori.ingest.sources.files import LetterFile
from tayori.migration.cases import ITEMS, SEALED, OldCase, case_of
from tayori.migration.copying import CopyWanted, make_copy
from tayori.migration.dump import opened_dump
from tayori.migration.scrambling import Scrambled
from tayori.office import Office
from tayori.retention.copies import ledger
from tayori.vault.age import open_stream
from tayori.vault.roster import Credential, NewHandler, enrol
from tayori.warehouse.engines import writing
from tests.migration.builders import an_old_system, read
from tests.support.builders import START

APPROVAL = "8新広聴第1号"


@pytest.fixture
def by(sqlite_office: Office) -> Credential:
    """Give a handler of 甲 who filed 甲's approval."""
    new = NewHandler(HandlerId("ward-1"), "模擬 花子", ("responsible",), "甲", date(2026, 4, 1))
    with writing(sqlite_office.warehouse) as people:
        who = enrol(people, sqlite_office.handlers_folder, new, "a dummy passphrase", sqlite_office.now())
    ledger.approve(sqlite_office, who, APPROVAL, "contractor", date(2027, 3, 31))
    return who


def wanted(identity: Identity, *, masked: bool = True, approval: str = APPROVAL) -> CopyWanted:
    return CopyWanted(str(identity.to_public()), START + timedelta(days=30), approval, "移行の試行", masked)


def unpacked(file: Path, identity: Identity, folder: Path) -> list[OldCase]:
    plain = io.BytesIO()
    with file.open("rb") as sealed:
        open_stream(sealed, plain, [identity])
    plain.seek(0)
    with tarfile.open(fileobj=plain) as held:
        held.extractall(folder, filter="data")
    opened_dump(folder)
    lines = [line for path in sorted(folder.glob("cases-*")) for line in path.read_bytes().splitlines()]
    return [case_of(json.loads(line)) for line in lines]


@pytest.mark.parametrize("masked", [True, False])
def test_a_copy_opens_to_its_recipient_and_stands_in_the_ledger(
    sqlite_office: Office,
    by: Credential,
    tmp_path: Path,
    masked: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """Kind, recipient, approval, end and hash are in the ledger; the file opens to one key and is a whole dump."""
    url, identity, file = f"sqlite:///{tmp_path / 'old.db'}", Identity.generate(), tmp_path / "copy.tar.age"
    with an_old_system(url), read(url) as old:
        row = make_copy(sqlite_office, by, old, wanted(identity, masked=masked), file)
        cases = [case for page in old.pages(None, START) for case in page.cases]
    assert (row.kind, row.approval, row.holds["cases"], row.holds["masked"]) == ("contractor", APPROVAL, 118, masked)
    copied = unpacked(file, identity, tmp_path / "unpacked")
    assert (copied == cases) is not masked
    assert [case.key for case in copied] == [case.key for case in cases]
    assert ledger.listed(sqlite_office)[0].ended_at is None
    with pytest.raises(Refused, match="certificate"):
        ledger.end(sqlite_office, by, row.copy_id, "消去しました")


def test_without_an_approval_there_is_no_copy(sqlite_office: Office, by: Credential, tmp_path: Path) -> None:
    """P6: no approval of this number on file, no file and no line; a copy is never written over another."""
    url, identity, file = f"sqlite:///{tmp_path / 'old.db'}", Identity.generate(), tmp_path / "copy.tar.age"
    with an_old_system(url, 5), read(url) as old:
        with pytest.raises(Refused, match="P6"):
            make_copy(sqlite_office, by, old, wanted(identity, approval="none"), file)
        assert list(tmp_path.glob("*.age*")) == []
        make_copy(sqlite_office, by, old, wanted(identity), file)
        with pytest.raises(BadInput, match="already"):
            make_copy(sqlite_office, by, old, wanted(identity), file)
    assert len(ledger.listed(sqlite_office)) == 1


def test_a_masked_case_keeps_its_shape_and_says_nothing() -> None:
    """Gaps, lengths in signs and in bytes, line ends, blanks and codes stay; no word of it does."""
    text = f"田中花子です。090-0000-0001\r\n{''.join(MARKS)} Okubo 2-12"
    given = {item: text if item in SEALED else "2026-11-02" for item in ITEMS if item != "fax"}
    case = OldCase(
        "K1", {item: given.get(item) for item in ITEMS}, (LetterFile("scan", "花子.png", "image/png", b"abc"),)
    )
    masked = Scrambled(seed=1)(case)
    assert masked.items["received_on"] == "2026-11-02"
    assert masked.items["fax"] is None
    said = masked.items["opinion"] or ""
    assert len(said) == len(text)
    assert [sign for sign in said if not sign.isalnum()] == [sign for sign in text if not sign.isalnum()]
    for word in ("田中", "花子", "0001", "Okubo"):
        assert word not in said
    assert len(said.encode()) == len(text.encode())
    assert said != masked.items["answer"]
    assert masked.files[0].title.endswith(".png")
    for title in ("2024.5.1 花子", "写真.花子", "花子.hanako", "花子.JPG"):
        (file,) = Scrambled(seed=1)(replace(case, files=(replace(case.files[0], title=title),))).files
        assert "花子" not in file.title
        assert "hanako" not in file.title
        assert len(file.title) == len(title)
    assert file.title.endswith(".JPG")
    assert masked.files[0].content != b"abc"
