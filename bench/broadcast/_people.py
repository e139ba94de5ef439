"""Millions of dummy residents, quickly: two processes fill warehouse and vault, and the finished folder is kept.

The folder that TAYORI_BENCH_TEMPLATES names keeps what was built, by number and schema, so that measuring again does
not build again; without it everything goes into the part's own folder. SQLite only, its safety off while it is filled.
"""

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import numpy as np
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy.schema import CreateTable

from sandbox.line.ids import IdSpace
from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import LineUserId, PersonNo
from tayori.office import Office, open_office, set_up, utc_now
from tayori.settings import Settings
from tayori.vault import audit
from tayori.vault.envelope import KEY_BYTES, NONCE
from tayori.vault.identity import seal_line_id
from tayori.vault.keyfile import Space
from tayori.warehouse import people, wrapped_keys
from tayori.warehouse.engines import writing
from tayori.warehouse.schema.columns import vault, warehouse

GENRE, GENRE_NAME = 3, "防災・防犯"
CHUNK: Final = 20_000
EPOCH: Final = 1
SEED: Final = 1
SET_BY: Final = 0.95
CACHE_KIB: Final = 2_500_000
IN_HASTE: Final = ("journal_mode=OFF", "synchronous=OFF", "foreign_keys=OFF", f"cache_size=-{CACHE_KIB}")


def settings_of(home: Path, **changes: object) -> Settings:
    """Give the settings of a rehearsal in this folder, whatever the environment says."""
    return Settings(_env_file=None, home=home, **changes)  # type: ignore[arg-type]


def populated(folder: Path, count: int) -> Path:
    """Give a home with `count` dummy residents, the sandbox's first friends, all of whom chose one genre."""
    home, kept = folder / "home", os.environ.get("TAYORI_BENCH_TEMPLATES")
    template = Path(kept) / f"{count}-{_schema()}" if kept else home
    if not template.exists():
        unfinished = template.with_name(f"{template.name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        _fill(unfinished, count)
        unfinished.rename(template)
    if template != home:
        shutil.copytree(template, home)
    return home


def _schema() -> str:
    tables = [str(CreateTable(table)) for schema in (warehouse, vault) for table in schema.sorted_tables]
    return hashlib.sha256("".join(tables).encode()).hexdigest()[:8]


def _fill(home: Path, count: int) -> None:
    settings = settings_of(home)
    set_up(settings, utc_now())
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        for half in [pool.submit(step, home, count) for step in (_fill_warehouse, _fill_vault)]:
            half.result()
    with open_office(settings) as office, writing(office.warehouse) as connection:
        people.reserve_numbers(connection, count)
        evidence = Evidence("bench", Purpose.RECEPTION)
        audit.record(connection, evidence, audit.Action.WRITE, "dummy residents", count=count, now=office.now())


def _chunks(count: int) -> Iterator[tuple[range, list[bytes], np.random.Generator]]:
    """Give numbers, their keys and further chance, chunk by chunk: the same in both processes."""
    for start in range(0, count, CHUNK):
        numbers = range(start + 1, min(start + CHUNK, count) + 1)
        chance = np.random.default_rng((SEED, start))
        drawn = chance.bytes(KEY_BYTES * len(numbers))
        yield numbers, [drawn[at : at + KEY_BYTES] for at in range(0, len(drawn), KEY_BYTES)], chance


def _fill_warehouse(home: Path, count: int) -> None:
    office, space = Office(settings_of(home)), IdSpace(SEED)
    store = _in_haste(office.settings.warehouse_address)
    for numbers, keys, chance in _chunks(count):
        ids = space.ids(numbers.start - 1, numbers.stop - 1)
        sealed = [
            seal_line_id(key, PersonNo(no), LineUserId(one)) for no, key, one in zip(numbers, keys, ids, strict=True)
        ]
        rows = zip(numbers, sealed, office.index.of_line_ids(ids), [0] * len(numbers), strict=True)
        store.executemany(_insert("person", people.PERSON), rows)
        store.executemany(_insert("genre_choice", people.CHOICE), _choices(numbers, chance))
    _finish(store)


def _choices(numbers: range, chance: np.random.Generator) -> Iterator[tuple[int | None, ...]]:
    """Give a row a person: years, sexes and areas evenly, "not set" among them."""
    size = len(numbers)
    years, sexes, areas = (
        [value or None for value in (chance.integers(least, most, size) * (chance.random(size) < SET_BY)).tolist()]
        for least, most in ((1940, 2008), (1, 3), (1, 12))
    )
    yield from zip([GENRE] * size, numbers, years, sexes, areas, strict=True)


def _fill_vault(home: Path, count: int) -> None:
    office = Office(settings_of(home))
    store = _in_haste(office.settings.vault_address)
    wrap = AESGCM(office.key_provider.key(Space.PERSON, EPOCH))
    for numbers, keys, chance in _chunks(count):
        nonces = chance.bytes(NONCE * len(numbers))
        rows = []
        for at, (no, key) in enumerate(zip(numbers, keys, strict=True)):
            nonce = nonces[at * NONCE : (at + 1) * NONCE]
            rows.append((no, EPOCH, nonce + wrap.encrypt(nonce, key, f"person_key|{no}|{EPOCH}".encode())))
        store.executemany(_insert("person_key", wrapped_keys.COLUMNS), rows)
    _finish(store)


def _in_haste(address: str) -> sqlite3.Connection:
    store = sqlite3.connect(address.removeprefix("sqlite:///"), isolation_level=None)
    for pragma in IN_HASTE:
        store.execute(f"PRAGMA {pragma}")
    store.execute("BEGIN")
    return store


def _insert(table: str, names: Sequence[str]) -> str:
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608 - our names


def _finish(store: sqlite3.Connection) -> None:
    store.execute("COMMIT")
    store.execute("PRAGMA journal_mode=WAL")
    store.close()
