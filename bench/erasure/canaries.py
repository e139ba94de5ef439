"""2,000 marked people among others leave; then an attacker with everything but what was destroyed looks for them.

The attacker holds every file of the installation, copies of all stores in the open that were taken before the erasure,
every key that is current, the key of the look-up values and the true LINE ids. With each mark they try to find it in a
file in any form or by its look-up value, to link it to a commitment, to open what was sealed for the person with every
key that is left, and to open what the door sealed. Until the copies, the box keys and the key of the commitments have
ended, exactly these may tell something, for the certificate names them; a person's own seal never opens again.
"""

import contextlib
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final

from bench.broadcast._people import settings_of
from tayori.certificates.erasure import commitment
from tayori.domain.identifiers import DUMMY_PREFIX, LineUserId, PersonNo
from tayori.domain.ward import ward
from tayori.errors import TayoriError
from tayori.ingest.inbox import EVENTS
from tayori.office import Office, open_office, set_up, utc_now
from tayori.retention import run
from tayori.vault.envelope import place, unseal
from tayori.vault.identity import COLUMN, TABLE
from tayori.vault.keyfile import Space
from tayori.vault.keyring import Keyring
from tayori.vault.residue import count_in, probe
from tayori.vault.residue_forms import Needles
from tayori.vault.sealed_box import Sealed
from tayori.warehouse.people import Chosen
from tests.ingest.builders import an_event, deliver
from tests.support.people import choose, follow, leave

CANARIES: Final = 2_000
OTHERS: Final = 500
SEALED_BY_DOOR: Final = 200
NIGHTS: Final = 18  # until every copy, box key and remembered leaving has ended, with the night after
STORES: Final = ("warehouse", "vault", "inbox")
NAMED: Final = frozenset({"copies", "boxes", "commitments"})  # the certificate's 残存: backups, box-keys, journal


@dataclass
class _Clock:
    moment: datetime

    def __call__(self) -> datetime:
        """Give the moment."""
        return self.moment


def measure(folder: Path) -> Mapping[str, float]:
    """Give `canaries`, `canary_hits` once everything has ended, and what was found before that."""
    clock = _Clock(utc_now())
    settings = settings_of(folder / "home")
    set_up(settings, clock())
    with open_office(settings, clock, Random(4)) as office:  # noqa: S311 - replayable on purpose
        ids = [LineUserId(f"{DUMMY_PREFIX}{number:024x}") for number in range(1, CANARIES + OTHERS + 1)]
        numbers = list(follow(office, ids))
        choose(office, [_chosen(office, number) for number in numbers])
        deliver(office, *(an_event("follow", number) for number in range(1, SEALED_BY_DOOR + 1)))
        copies = _copies(office, folder / "copies")
        _empty_inbox(office)
        leave(office, numbers[:CANARIES])
        run.retain(office)
        before = _attack(office, ids[:CANARIES], copies)
        shutil.rmtree(copies)
        for _ in range(NIGHTS):
            clock.moment += timedelta(days=1)
            run.retain(office)
        final = _attack(office, ids[:CANARIES], None)
    return {
        "canaries": CANARIES,
        "canary_hits": sum(final.values()),
        "decrypted_before_final": before["opened"],
        "unnamed_before_final": sum(hits for way, hits in before.items() if way not in NAMED),
        **{f"{way}_before_final": before[way] for way in sorted(NAMED)},
    }


def _chosen(office: Office, number: int) -> Chosen:
    genres = frozenset(ward().genres)
    return Chosen(number, ward().current_purpose, office.now(), birth_year=1990, sex=1, area=1, genres=genres)


def _copies(office: Office, folder: Path) -> Path:
    """Copy every store as a backup in the open would hold it: the worst that could have been taken."""
    folder.mkdir()
    for store in STORES:
        with contextlib.closing(sqlite3.connect(office.settings.home / f"{store}.db")) as opened:
            opened.execute("VACUUM INTO ?", (str(folder / f"{store}.db"),))
    return folder


def _empty_inbox(office: Office) -> None:
    """Take the delivery out, as if it had been applied: the copy alone holds it."""
    with office.inbox.begin() as connection:
        connection.exec_driver_sql("DELETE FROM inbox")


def _attack(office: Office, ids: list[LineUserId], copies: Path | None) -> dict[str, int]:
    """Give what each way of attack found."""
    sought = Needles.of(ids).and_values(office.index.of_line_ids(ids))
    folders = [office.settings.home] + ([copies] if copies is not None else [])
    return {
        "files": probe({"home": office.settings.home}, sought).hits,
        "copies": probe({"copies": copies}, sought).hits if copies is not None else 0,
        "commitments": _committed(office, ids),
        "opened": sum(_opened(office, keys, rows, set(ids)) for keys in folders for rows in folders),
        "boxes": sum(_boxes(office, folder, sought) for folder in folders),
    }


def _committed(office: Office, ids: list[LineUserId]) -> int:
    """Link ids to the commitments beside the certificates by whatever key of a run is left."""
    listed = {
        line
        for path in (office.settings.home / "certificates").glob("*.commitments.txt")
        for line in path.read_text("ascii").split()
    }
    keys = [bytes.fromhex(path.read_text("ascii")) for path in office.keys_folder.glob("commitment-*.key")]
    indexes = office.index.of_line_ids(ids)
    return sum(commitment(key, index.hex()) in listed for key in keys for index in indexes)


def _opened(office: Office, keys: Path, rows: Path, wanted: set[LineUserId]) -> int:
    """Open the seals of one folder with the wrapped keys of another and the epochs' keys that are kept now."""
    with contextlib.closing(sqlite3.connect(rows / "warehouse.db")) as store:
        sealed = dict(store.execute("SELECT person_no, line_user_id FROM person"))
    return sum(_opens(key, no, sealed[no], wanted) for no, key in _keys(office, keys) if no in sealed)


def _keys(office: Office, folder: Path) -> Iterator[tuple[int, bytes]]:
    ring = Keyring(Space.PERSON, office.key_provider)
    with contextlib.closing(sqlite3.connect(folder / "vault.db")) as store:
        rows = [*store.execute("SELECT * FROM person_key"), *store.execute("SELECT * FROM person_key_next")]
    for row in rows:
        with contextlib.suppress(TayoriError):
            yield from list(ring.unwrapped([row]))


def _opens(key: bytes, number: int, sealed: bytes, wanted: set[LineUserId]) -> bool:
    with contextlib.suppress(TayoriError):
        return LineUserId(unseal(key, sealed, place(TABLE, COLUMN, PersonNo(number))).decode("ascii")) in wanted
    return False


def _boxes(office: Office, folder: Path, sought: Needles) -> int:
    """Open what the door sealed with the box keys that are kept now, and count marks inside."""
    with contextlib.closing(sqlite3.connect(folder / "inbox.db")) as store:
        rows = store.execute("SELECT epoch, sealed FROM inbox").fetchall()
    hits = 0
    for epoch, box in rows:
        with contextlib.suppress(TayoriError):
            hits += count_in(office.box_keys.open(EVENTS, Sealed(epoch, box)), sought)
    return hits
