"""Certificates on their way to 確定, and the signing keys of before. Counts, days and sentences; never a person."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, insert, select, update

from tayori.warehouse.schema.certificates import certificate_settling, retired_key
from tayori.warehouse.schema.records import certificate

PROVISIONAL: Final = "暫定"


@dataclass(frozen=True, slots=True)
class SettlingRow:
    """A certificate that was issued as 暫定: when it is due, what the last look found, and when it became 確定."""

    certificate_no: str
    erased_at: datetime
    due_on: date
    stood: Mapping[str, Any]
    looked_at: datetime | None = None
    waits_for: Mapping[str, str] | None = None
    refused: str | None = None
    settled_at: datetime | None = None


def expect(
    connection: Connection, certificate_no: str, erased_at: datetime, due_on: date, stood: Mapping[str, Any]
) -> None:
    """Write down a certificate that waits for its 確定; `stood` is how the stores stood when it was issued."""
    written = json.dumps(stood, ensure_ascii=False, sort_keys=True)
    values = {"certificate_no": certificate_no, "erased_at": erased_at, "due_on": due_on, "stood": written}
    connection.execute(insert(certificate_settling).values(values))


def every(connection: Connection) -> dict[str, SettlingRow]:
    """Give all certificates that were issued as 暫定, by number."""
    rows = connection.execute(select(certificate_settling).order_by(certificate_settling.c.certificate_no)).mappings()
    return {row["certificate_no"]: _row(row) for row in rows}


def waiting(connection: Connection) -> list[SettlingRow]:
    """Give the certificates that are 暫定 still, oldest first; one that was corrected or revoked waits for nothing."""
    still = select(certificate.c.certificate_no).where(certificate.c.state == PROVISIONAL)
    open_ = select(certificate_settling).where(
        certificate_settling.c.settled_at.is_(None), certificate_settling.c.certificate_no.in_(still)
    )
    rows = connection.execute(open_.order_by(certificate_settling.c.certificate_no)).mappings()
    return [_row(row) for row in rows]


def overdue(connection: Connection, today: date) -> list[SettlingRow]:
    """Give the certificates whose day has passed and that are not 確定."""
    return [row for row in waiting(connection) if row.due_on < today]


def looked(
    connection: Connection, certificate_no: str, now: datetime, waits_for: Mapping[str, str], refused: str | None
) -> None:
    """Write down what a look at a waiting certificate found: what it waits for, and why 確定 was refused."""
    written = json.dumps(waits_for, ensure_ascii=False, sort_keys=True)
    _change(connection, certificate_no, looked_at=now, waits_for=written, refused=refused)


def settled(connection: Connection, certificate_no: str, now: datetime) -> None:
    """Write down that a certificate became 確定."""
    _change(connection, certificate_no, looked_at=now, waits_for=None, refused=None, settled_at=now)


def _change(connection: Connection, certificate_no: str, **values: object) -> None:
    mine = certificate_settling.c.certificate_no == certificate_no
    connection.execute(update(certificate_settling).where(mine).values(**values))


def _row(row: RowMapping) -> SettlingRow:
    waits = row["waits_for"]
    read = {"stood": json.loads(row["stood"]), "waits_for": json.loads(waits) if waits else None}
    return SettlingRow(**{**row, **read})


@dataclass(frozen=True, slots=True)
class RetiredKey:
    """A signing key of before: its public half (raw), the statement that named its successor, and its leaf."""

    kid: str
    public_key: bytes
    succession: str
    leaf_index: int
    retired_at: datetime


def retire(connection: Connection, key: RetiredKey) -> None:
    """Write down a key that was succeeded."""
    connection.execute(insert(retired_key).values({name: getattr(key, name) for name in RetiredKey.__slots__}))


def retired_keys(connection: Connection) -> Sequence[RetiredKey]:
    """Give the signing keys of before, oldest first."""
    return [
        RetiredKey(**row)
        for row in connection.execute(select(retired_key).order_by(retired_key.c.leaf_index)).mappings()
    ]
