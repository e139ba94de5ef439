"""The escrow: who can open it, what replaces it, a medium that is away, and how far the escrows have ended (P8, P9)."""

import io
import shutil
from pathlib import Path

import pytest
from pyrage.x25519 import Identity  # type: ignore[import-untyped]

from tayori.certificates.jws import Signer
from tayori.errors import BadInput, NotFound, Refused, Tampered
from tayori.office import Office
from tayori.retention.copies import backups, escrow, ledger, package
from tayori.retention.copies.ends import escrow_ended_through
from tayori.retention.run import retain
from tayori.vault.age import read_custodians, read_identities
from tayori.vault.keyfile import Space
from tayori.warehouse import copies
from tayori.warehouse.engines import reading
from tests.copies.builders import changed, with_escrow
from tests.copies.test_backups import Killed, killed
from tests.support.builders import TestClock, a_line_id, an_office
from tests.support.people import follow, leave


def medium(office: Office) -> Path:
    folder = office.settings.escrow_folder
    assert folder is not None
    return folder


def on_medium(office: Office) -> list[str]:
    return sorted(path.name for path in medium(office).iterdir() if path.name != package.LOCK)


def keys_in(office: Office, identity: Path) -> dict[str, dict[str, bytes]]:
    manifest = escrow.listed(medium(office))[-1]
    held = io.BytesIO()
    package.open_part(manifest, "keys", held, read_identities(identity))
    return escrow.keys_of(held.getvalue())


def test_any_one_custodian_opens_it_and_nobody_else(kept_sqlite: Office, tmp_path: Path) -> None:
    """Sealed to n posts: one identity is enough, a stranger's opens nothing; every key is in it."""
    backups.make(kept_sqlite, "flow:backup")
    escrow.write(kept_sqlite, "flow:retention")
    for post in range(2):
        found = keys_in(kept_sqlite, tmp_path / f"custodian-{post}.txt")
        assert set(found["epochs"]) == {"box/1", *(f"{space}/1" for space in Space)}
        assert {"index", "signing", "inbox-1.key"} <= set(found["secret"])
    other = tmp_path / "other"
    other.mkdir()
    with_escrow(kept_sqlite, other).close()
    with pytest.raises(NotFound, match="None of the keys"):
        keys_in(kept_sqlite, other / "custodian-0.txt")


def test_each_night_replaces_the_one_before(kept: Office, clock: TestClock) -> None:
    """After the night only the new escrow lies there, without the epoch that ended; the ledger says what came."""
    numbers = follow(kept, [a_line_id(one) for one in range(1, 6)])
    first = escrow.write(kept, "flow:retention").copy_id
    leave(kept, numbers[:1])
    clock.forward(hours=20)
    retain(kept)
    (newest,) = on_medium(kept)
    with reading(kept.warehouse) as warehouse:
        rows = {row.copy_id: row for row in copies.of_kind(warehouse, "escrow")}
    ended = rows[str(first)]
    assert (ended.proof_kind, ended.ended_by) == ("replaced", "flow:retention")
    assert rows[newest].ended_at is None
    assert rows[newest].holds["keys"]["person"] == [2]
    found = escrow_ended_through(kept)
    assert (found.past(Space.PERSON, 1), found.past(Space.PERSON, 2)) == (True, False)
    assert found.moment == rows[newest].made_at
    assert escrow.check(kept)[0].copy_id == newest


def test_a_medium_that_is_away_holds_nothing_up_and_ends_nothing(kept: Office, clock: TestClock) -> None:
    """The night goes on; the old escrow stands on the ledger, and its epoch is not past until it was replaced."""
    numbers = follow(kept, [a_line_id(one) for one in range(1, 6)])
    first = escrow.write(kept, "flow:retention").copy_id
    away = medium(kept).with_name("away")
    medium(kept).rename(away)
    leave(kept, numbers[:1])
    clock.forward(hours=20)
    _, filed, _ = retain(kept)
    assert filed is not None
    assert "medium" in escrow.keep(kept).sentence
    assert not escrow_ended_through(kept).past(Space.PERSON, 1)
    assert not escrow.stands(kept)
    clock.forward(hours=12)
    assert [row.copy_id for row in ledger.overdue(kept)] == [first]
    away.rename(medium(kept))
    assert escrow.keep(kept).replaced == 1
    assert escrow_ended_through(kept).past(Space.PERSON, 1)


@pytest.mark.parametrize(
    "step",
    [(package.Making, "add"), (package.Making, "finish"), (package, "check_parts"), (copies, "add")],
    ids=lambda step: step[1] + getattr(step[0], "__name__", ""),
)
def test_killed_anywhere_no_epoch_counts_as_past(
    kept_sqlite: Office, clock: TestClock, monkeypatch: pytest.MonkeyPatch, step: tuple[object, str]
) -> None:
    """What a killed run left on the medium may hold any key: nothing is past until the next run swept it."""
    with monkeypatch.context() as broken:
        broken.setattr(*step, killed)
        with pytest.raises(Killed):
            escrow.write(kept_sqlite, "flow:retention")
    kept_sqlite.person_keys.rotate(kept_sqlite.vault, clock())
    assert not escrow_ended_through(kept_sqlite).past(Space.PERSON, 1)
    clock.forward(hours=1)
    newest = escrow.write(kept_sqlite, "flow:retention").copy_id
    assert on_medium(kept_sqlite) == [newest]
    assert escrow_ended_through(kept_sqlite).past(Space.PERSON, 1)


def test_killed_before_the_ledger_said_so_the_old_one_still_stands(
    kept_sqlite: Office, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old escrow is off the medium and not yet ended: its epochs are not past until the ledger says so."""
    escrow.write(kept_sqlite, "flow:retention")
    kept_sqlite.person_keys.rotate(kept_sqlite.vault, clock())
    clock.forward(hours=1)
    with monkeypatch.context() as broken:
        broken.setattr(copies, "end", killed)
        with pytest.raises(Killed):
            escrow.write(kept_sqlite, "flow:retention")
    assert not escrow_ended_through(kept_sqlite).past(Space.PERSON, 1)
    clock.forward(hours=1)
    assert escrow.write(kept_sqlite, "flow:retention").replaced == 2
    assert escrow_ended_through(kept_sqlite).past(Space.PERSON, 1)


def test_the_check_tells_an_escrow_that_would_not_help(kept_sqlite: Office, clock: TestClock, tmp_path: Path) -> None:
    """Changed, gone, of an earlier epoch, or sealed to custodians of before: each is told with what to do."""
    with pytest.raises(NotFound, match="No escrow"):
        escrow.check(kept_sqlite)
    copy_id = str(escrow.write(kept_sqlite, "flow:retention").copy_id)
    part = medium(kept_sqlite) / copy_id / "vault.age"
    held = part.read_bytes()
    part.write_bytes(held[:-1])
    with pytest.raises(Tampered, match="changed or cut"):
        escrow.check(kept_sqlite)
    part.write_bytes(held)
    escrow.check(kept_sqlite)
    kept_sqlite.person_keys.rotate(kept_sqlite.vault, clock())
    with pytest.raises(Refused, match="present keys of: person"):
        escrow.check(kept_sqlite)
    clock.forward(hours=1)
    escrow.write(kept_sqlite, "flow:retention")
    file = tmp_path / "custodians.txt"
    file.write_text(file.read_text("utf-8").splitlines()[0], "utf-8")
    with pytest.raises(Refused, match="other custodians"):
        escrow.check(kept_sqlite)
    shutil.rmtree(medium(kept_sqlite))


def test_the_manifest_is_signed(kept_sqlite: Office, tmp_path: Path) -> None:
    """Whoever has the custodians' public keys can make a file that opens; only this installation's key signs it."""
    escrow.write(kept_sqlite, "flow:retention")
    folder = medium(kept_sqlite) / on_medium(kept_sqlite)[0]
    assert package.read(folder, Signer(kept_sqlite.signing_key).public_pem).said["kind"] == "escrow"
    other = an_office(tmp_path / "other")
    with pytest.raises(Tampered):
        package.read(folder, Signer(other.signing_key).public_pem)
    other.close()


def test_two_installations_never_end_each_others_copies(kept_sqlite: Office, tmp_path: Path) -> None:
    """A rehearsal that was given live's folders by mistake is refused: its sweep would end live's copies."""
    backup = backups.make(kept_sqlite, "flow:backup").copy_id
    copy_id = escrow.write(kept_sqlite, "flow:retention").copy_id
    folders = {name: getattr(kept_sqlite.settings, name) for name in ("escrow_folder", "escrow_recipients_file")}
    other = an_office(tmp_path / "other", backup_folder=kept_sqlite.settings.backups, **folders)
    for write in (escrow.write, backups.make):
        with pytest.raises(Refused, match="another installation"):
            write(other, "flow:retention")
    other.close()
    assert on_medium(kept_sqlite) == [copy_id]
    assert backups.look_after(kept_sqlite) == []
    assert (kept_sqlite.settings.backups / backup).is_dir()


@pytest.mark.parametrize(
    ("lines", "told"),
    [("age1nonsense 課長\n", "age1"), ("{key}\n", "post"), ("{key} 課長\n{key} 部長\n", "twice")],
)
def test_a_wrong_file_of_custodians_is_told(tmp_path: Path, lines: str, told: str) -> None:
    """A key that is none, a key without a post, a key twice: the line and the rule are named."""
    file = tmp_path / "custodians.txt"
    file.write_text(lines.format(key=Identity.generate().to_public()), "utf-8")
    with pytest.raises(BadInput, match=told):
        read_custodians(file)


def test_without_an_escrow_nothing_holds_an_epoch(sqlite_office: Office) -> None:
    """Where none was ever made, every epoch that is destroyed is past, and the night says why there is none."""
    assert "TAYORI_ESCROW_FOLDER" in escrow.keep(sqlite_office).sentence
    assert escrow_ended_through(sqlite_office).past(Space.PERSON, 1)
    assert changed(sqlite_office, escrow_folder=None).settings.escrow_folder is None
