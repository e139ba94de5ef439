"""The call centre's database, filled and growing, on SQLite or PostgreSQL."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from sandbox.call_centre.inquiries import START, Inquiry, inquiries
from sandbox.call_centre.tables import BUSHO, DEPARTMENT_CODES, METADATA, RENRAKUSAKI, TOIAWASE

WARD_TIME: Final = ZoneInfo("Asia/Tokyo")
_BATCH: Final = 2000


def create(engine: sa.Engine, rows: int, seed: int, *, marker: str = "") -> tuple[str, ...]:
    """Make the tables and fill them; give the keys in scope, in order of their number."""
    METADATA.drop_all(engine)
    METADATA.create_all(engine)
    with engine.begin() as connection:
        listed = [{"BUSHO_CD": code, "BUSHO_MEI": name} for code, name in DEPARTMENT_CODES.items()]
        connection.execute(BUSHO.insert(), listed)
    return _insert(engine, inquiries(1, rows, seed, marker=marker))


def append(
    engine: sa.Engine, rows: int, seed: int, *, start: datetime | None = None, marker: str = ""
) -> tuple[str, ...]:
    """Add inquiries after the latest one (or from `start` on); give the keys in scope that came new."""
    with engine.connect() as connection:
        newest, count = connection.execute(
            sa.select(sa.func.max(TOIAWASE.c.KOUSHIN_NICHIJI), sa.func.count()).select_from(TOIAWASE)
        ).one()
    begin = start or (newest or START) + timedelta(minutes=1)
    return _insert(engine, inquiries(count + 1, rows, seed, begin, marker))


def touch(engine: sa.Engine, keys: tuple[str, ...], moment: datetime, addition: str = "（追記あり）") -> None:
    """Change inquiries as an operator does: a note is added and the time of change moves to a moment (aware)."""
    local = moment.astimezone(WARD_TIME).replace(tzinfo=None)
    with engine.begin() as connection:
        connection.execute(
            TOIAWASE.update()
            .where(TOIAWASE.c.TOIAWASE_NO.in_(keys))
            .values(NAIYOU=TOIAWASE.c.NAIYOU + addition, KOUSHIN_NICHIJI=local)
        )


def _insert(engine: sa.Engine, made: Iterator[Inquiry]) -> tuple[str, ...]:
    keys: list[str] = []
    while batch := list(islice(made, _BATCH)):
        keys += [inquiry.key for inquiry in batch if inquiry.in_scope]
        contacts = [inquiry.renrakusaki for inquiry in batch if inquiry.renrakusaki]
        with engine.begin() as connection:
            if contacts:
                connection.execute(RENRAKUSAKI.insert(), contacts)
            connection.execute(TOIAWASE.insert(), [inquiry.toiawase for inquiry in batch])
    return tuple(keys)
