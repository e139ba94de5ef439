"""The floor of ingest: one plain script that reads a CSV of letters, seals and inserts the same rows, and does no more.

No gate, no Prefect, no check of what is there already, no access log, no counts: a reader, AES-GCM, `executemany`.
It stands by itself and uses nothing of Tayori's.
"""

import csv
import hashlib
import hmac
import os
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MANAGED: Final = ("媒体", "宛先", "回答希望", "主管部", "種別")
SEALED: Final = ("氏名", "郵便番号", "住所", "電話番号", "メールアドレス", "FAX番号", "意見等の内容")
CASE: Final = (
    "INSERT INTO opinion_case (case_no, receipt_no, source, source_key, received_on, channel, addressee, "
    "answer_wanted, department, kind, name, postal_code, address, telephone, email, fax, opinion, state, content_mark) "
    "VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,'received',?)"
)
ARRIVAL: Final = "INSERT INTO case_arrival (case_no, text_mark, doubtful) VALUES (?,?,0)"
KEY: Final = "INSERT INTO case_key (number, epoch, wrapped) VALUES (?,1,?)"
BATCH: Final = 5_000
SECRET: Final = bytes(32)


def insert_letters(path: Path, warehouse: Path, vault: Path, *, sealed: bool) -> int:
    """Read, seal (or not) and insert the letters of a file; give how many."""
    stores = [sqlite3.connect(store) for store in (warehouse, vault)]
    for store in stores:
        for pragma in ("journal_mode=WAL", "secure_delete=ON", "foreign_keys=ON", "synchronous=NORMAL"):
            store.execute(f"PRAGMA {pragma}")
    wrap, number = AESGCM(SECRET), 0
    with path.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines)
        while block := list(islice(rows, BATCH)):
            _insert(stores, wrap, number, block, sealed=sealed)
            number += len(block)
    for store in stores:
        store.close()
    return number


def _insert(
    stores: list[sqlite3.Connection], wrap: AESGCM, number: int, block: list[dict[str, str]], *, sealed: bool
) -> None:
    keys = [os.urandom(32) for _ in block]
    made = [_case(number + at, keys[at - 1], row, sealed=sealed) for at, row in enumerate(block, 1)]
    stores[0].executemany(CASE, made)
    stores[0].executemany(ARRIVAL, ((case[0], _mark("text", case[-2]) if not sealed else case[-1]) for case in made))
    stores[0].commit()
    if sealed:
        stores[1].executemany(KEY, _wrapped(wrap, number, keys))
        stores[1].commit()


def _case(number: int, key: bytes, row: dict[str, str], *, sealed: bool) -> Sequence[object]:
    received = datetime.strptime(row["受付日"], "%Y/%m/%d").date().isoformat()  # noqa: DTZ007 - a calendar day
    items = [row[name] or None for name in SEALED]
    held: list[object] = [_seal(key, number, name, row[name]) for name in SEALED] if sealed else list(items)
    managed = [row[name] for name in MANAGED]
    mark = _mark("content", "|".join(row.values()))
    return [number, f"F-{number}", "floor", _mark("key", row["受付番号"]), received, *managed, *held, mark]


def _seal(key: bytes, number: int, name: str, value: str) -> bytes | None:
    if not value:
        return None
    nonce = os.urandom(12)
    return nonce + AESGCM(key).encrypt(nonce, value.encode(), f"{name}|{number}".encode())


def _wrapped(wrap: AESGCM, number: int, keys: list[bytes]) -> Iterator[tuple[int, bytes]]:
    for at, key in enumerate(keys, 1):
        nonce = os.urandom(12)
        yield number + at, nonce + wrap.encrypt(nonce, key, f"{number + at}".encode())


def _mark(kind: str, text: object) -> bytes:
    return hmac.digest(SECRET, f"{kind}|{text}".encode(), hashlib.sha256)
