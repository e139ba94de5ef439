"""1,000,000 wrapped keys go over to a new epoch, beside a bare loop that re-wraps the same keys on SQLite."""

import os
import sqlite3
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bench.broadcast._people import settings_of
from bench.broadcast._scale import scaled
from tayori.office import Office, open_office, set_up, utc_now
from tayori.vault.envelope import NONCE
from tayori.vault.keyfile import Space
from tayori.warehouse.engines import PRAGMAS, driver_cursor, reading, writing
from tayori.warehouse.wrapped_keys import current_epoch

KEYS: Final = 1_000_000
BLOCK: Final = 20_000
TURNS: Final = 3


def measure(folder: Path) -> Mapping[str, float]:
    """Give `rotation_ratio`, time of ours over time of the bare loop, each the best of three turns, taken in turns.

    The floor reads, opens, wraps and inserts in blocks of the same size, on the same disk with the same safety, and
    leaves it at that: nobody else works, nothing is switched, freed or overwritten, and no key file is written.
    """
    count = scaled(KEYS)
    settings = settings_of(folder / "home")
    set_up(settings, utc_now())
    with open_office(settings) as office:
        _fill(office, count)
        turns = [(_floor(office, folder / "floor.db"), _ours(office, count)) for _ in range(TURNS)]
    floor, ours = (min(spent) for spent in zip(*turns, strict=True))
    return {
        "rotation_keys": count,
        "rotation_floor_seconds": round(floor, 2),
        "rotation_seconds": round(ours, 2),
        "rotation_ratio": round(ours / floor, 3),
    }


def _fill(office: Office, count: int) -> None:
    for start in range(1, count + 1, BLOCK):
        with writing(office.vault) as vault:
            office.person_keys.create(vault, range(start, min(start + BLOCK, count + 1)))


def _ours(office: Office, count: int) -> float:
    began = time.perf_counter()
    survivors = office.person_keys.rotate(office.vault, office.now()).survivors
    spent = time.perf_counter() - began
    assert survivors == count  # noqa: S101 - a rotation that lost keys measures nothing
    return spent


def _floor(office: Office, path: Path) -> float:
    with reading(office.vault) as vault:
        epoch = current_epoch(vault, Space.PERSON)
    old, new = AESGCM(office.key_provider.key(Space.PERSON, epoch)), AESGCM(os.urandom(32))
    began = time.perf_counter()
    store = sqlite3.connect(path, isolation_level=None)
    for pragma in PRAGMAS:
        store.execute(f"PRAGMA {pragma}")
    store.execute("CREATE TABLE turned (number INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, wrapped BLOB NOT NULL)")
    with reading(office.vault) as vault:
        cursor = driver_cursor(vault)
        cursor.execute("SELECT number, epoch, wrapped FROM person_key ORDER BY number")
        while block := cursor.fetchmany(BLOCK):
            rows = []
            for number, was, wrapped in block:
                key = old.decrypt(wrapped[:NONCE], wrapped[NONCE:], f"person_key|{number}|{was}".encode())
                nonce = os.urandom(NONCE)
                rows.append((number, 2, nonce + new.encrypt(nonce, key, f"person_key|{number}|2".encode())))
            store.execute("BEGIN IMMEDIATE")
            store.executemany("INSERT INTO turned VALUES (?, ?, ?)", rows)
            store.execute("COMMIT")
    store.close()
    path.unlink()
    return time.perf_counter() - began
