"""The old opinion system, filled with dummy cases and worked on while it is migrated, on SQLite or PostgreSQL."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from itertools import islice
from random import Random
from typing import Any, Final

import sqlalchemy as sa

from sandbox.letters.letters import Letter, Mailbag
from sandbox.old_system.tables import BUSHO, HONBUN, KAITOU, METADATA, RENRAKU, TEISHUTSUSHA, TENPU, UKETSUKE

BEGAN: Final = datetime(2009, 4, 1, 8, 30)  # noqa: DTZ001 - the old system keeps the ward's wall clock
LINE: Final = 200
POOL: Final = 400
BATCH: Final = 2_000
MARKS: Final = ("髙﨑𠮷", "～－∥", "①㈱㎡", "😀", "葛󠄀", "ｶﾞｰﾄﾞ", "\u3000 ", "é", "〜―", "")
CHANNELS: Final = {"letter": "01", "postcard": "02", "email": "03", "web_form": "04", "department_inquiry": "05"}
ADDRESSEES: Final = {"mayor": "1", "department": "2", "unknown": "9"}
WANTED: Final = {"yes": "1", "no": "0", "unknown": "9"}
KINDS: Final = {"opinion": "01", "request": "02", "complaint": "03", "inquiry": "04", "thanks": "05"}
STATES: Final = ("10", "30", "30", "30", "30", "40", "50", "60")
_CONTACTS: Final = (("1", "telephone"), ("2", "fax"), ("3", "email"), ("4", "address"))


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows that one case has, by table."""

    by_table: Mapping[str, list[dict[str, Any]]]


def create(engine: sa.Engine, cases: int, seed: int) -> None:
    """Make the tables and fill them; one case in fifty was deleted by its flag, one in a hundred has a picture."""
    METADATA.drop_all(engine)
    METADATA.create_all(engine)
    with engine.begin() as connection:
        connection.execute(
            BUSHO.insert(), [{"BUSHO_CD": code, "BUSHO_MEI": name} for name, code in departments().items()]
        )
    append(engine, 1, cases, seed)


def append(engine: sa.Engine, first: int, cases: int, seed: int) -> None:
    """Add cases numbered from `first` on."""
    made = (_case(number, seed) for number in range(first, first + cases))
    while batch := list(islice(made, BATCH)):
        with engine.begin() as connection:
            for table in METADATA.sorted_tables:
                rows = [row for case in batch for row in case.by_table.get(table.name, [])]
                if rows:
                    connection.execute(table.insert(), rows)


def key_of(number: int) -> str:
    """Give the old system's number of the n-th case."""
    return f"K{number:08d}"


def change(engine: sa.Engine, number: int, moment: datetime, words: str = "追記。") -> None:
    """Change a case as a clerk does: a line of text is added, and the time of change moves (the ward's wall clock)."""
    mine = UKETSUKE.c["UKETSUKE_NO"] == key_of(number)
    with engine.begin() as connection:
        last = connection.execute(
            sa.select(sa.func.max(HONBUN.c.GYOU_NO)).where(HONBUN.c["UKETSUKE_NO"] == key_of(number))
        )
        row = {"UKETSUKE_NO": key_of(number), "GYOU_NO": (last.scalar() or 0) + 1, "HONBUN": words}
        connection.execute(HONBUN.insert().values(row))
        connection.execute(UKETSUKE.update().where(mine).values(KOUSHIN_NICHIJI=moment))


def remove(engine: sa.Engine, number: int, moment: datetime) -> None:
    """Delete a case as the old system does: by its flag."""
    mine = UKETSUKE.c["UKETSUKE_NO"] == key_of(number)
    with engine.begin() as connection:
        connection.execute(UKETSUKE.update().where(mine).values(SAKUJO_FLG="1", KOUSHIN_NICHIJI=moment))


def wareki(day: date) -> str:
    """Write a day as the old system does: R8.11.2."""
    era, first = ("R", 2018) if day >= date(2019, 5, 1) else ("H", 1988)
    return f"{era}{day.year - first}.{day.month}.{day.day}"


@cache
def departments() -> dict[str, str]:
    """Give the departments' codes by their names."""
    names = sorted({letter.department for letter in _pool(1)})
    return {name: f"D{number:03d}" for number, name in enumerate(names, 1)}


@cache
def _pool(seed: int) -> tuple[Letter, ...]:
    return tuple(Mailbag(POOL, seed=seed).letters())


def _case(number: int, seed: int) -> Rows:
    dice = Random(f"{seed}:{number}")
    letter, key = dice.choice(_pool(1)), key_of(number)
    received = BEGAN + timedelta(hours=number * 140_000 // 100_000)
    state = dice.choice(STATES)
    done = (received + timedelta(days=dice.randint(1, 40))).date()
    text = f"{letter.opinion}\n{dice.choice(MARKS)}（{number}）"
    answer = f"{letter.name or '区民'}様\nご意見をいただきました。{dice.choice(MARKS)}{number}" * dice.randint(1, 8)
    main = {
        "UKETSUKE_NO": key,
        "UKETSUKE_BI": wareki(received.date()),
        "BAITAI_CD": CHANNELS[letter.channel],
        "ATESAKI_KBN": ADDRESSEES[letter.addressee],
        "KAITOU_KBN": WANTED[letter.answer_wanted],
        "SHUBETSU_CD": KINDS[letter.kind] if letter.kind else None,
        "SHUKAN_CD": departments()[letter.department],
        "JOUTAI_CD": state,
        "KANRYOU_BI": wareki(done) if state != "10" else None,
        "SAKUJO_FLG": "1" if number % 50 == 0 else "0",
        "KOUSHIN_NICHIJI": received + timedelta(minutes=dice.randint(0, 60)),
    }
    held = {UKETSUKE.name: [main], HONBUN.name: list(_lines(key, "GYOU_NO", "HONBUN", text))}
    if letter.name or letter.postal_code:
        person = {"UKETSUKE_NO": key, "SHIMEI": letter.name or None, "YUUBIN": letter.postal_code or None}
        held[TEISHUTSUSHA.name] = [person]
    held[RENRAKU.name] = _contacts(number, key, letter)
    if state == "30":
        held[KAITOU.name] = list(_lines(key, "RENBAN", "KAITOU_BUN", answer))
    if number % 100 == 7:  # noqa: PLR2004 - a share
        held[TENPU.name] = [_file(number, place, key, dice) for place in range(dice.randint(1, 3))]
    return Rows(held)


def _lines(key: str, number: str, column: str, text: str) -> Iterator[dict[str, Any]]:
    for place, start in enumerate(range(0, len(text), LINE), 1):
        yield {"UKETSUKE_NO": key, number: place, column: text[start : start + LINE]}


def _contacts(number: int, key: str, letter: Letter) -> list[dict[str, Any]]:
    told = [(code, getattr(letter, item)) for code, item in _CONTACTS]
    return [
        {"RENRAKU_NO": number * 10 + place, "UKETSUKE_NO": key, "SHUBETSU": code, "NAIYOU": text}
        for place, (code, text) in enumerate(told)
        if text
    ]


def _file(number: int, place: int, key: str, dice: Random) -> dict[str, Any]:
    content = b"\x89PNG\r\n\x1a\n" + dice.randbytes(200)
    return {"TENPU_NO": number * 10 + place, "UKETSUKE_NO": key, "FILE_MEI": f"写真{place}.png", "JITTAI": content}
