"""What may go wrong in a migration, done on purpose to cases that came over whole; a verifier has to find each."""

import base64
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Any, Final

from sqlalchemy import Connection, Table, delete, insert, select, update

from tayori.migration.cases import SEALED
from tayori.office import Office
from tayori.vault.cases import place_of
from tayori.vault.envelope import place, seal, unseal
from tayori.warehouse.engines import writing
from tayori.warehouse.schema.arrivals import case_arrival, letter_file
from tayori.warehouse.schema.opinions import opinion_case
from tayori.warehouse.schema.stores import case_key

Row = Mapping[str, Any]
Change = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Hand:
    """A hand in the stores: opens and seals as only a program could, and writes as anybody with the database can."""

    office: Office
    people: Connection
    vault: Connection

    def cases(self) -> list[dict[str, Any]]:
        """Give every case with its sealed items opened, a missing one as None."""
        rows = [
            dict(row) for row in self.people.execute(select(opinion_case).order_by(opinion_case.c.case_no)).mappings()
        ]
        keys = self.office.case_keys.open(self.vault, [row["case_no"] for row in rows])
        for row in rows:
            number = row["case_no"]
            for item in SEALED:
                if row[item] is not None:
                    where = place("opinion_case", item, number)
                    row[item] = unseal(keys[number], bytes(row[item]), where).decode()
        return rows

    def put(self, case_no: int, item: str, value: str | None) -> None:
        """Write a sealed item anew, under the case's own key and in its place."""
        key = self.office.case_keys.open(self.vault, [case_no])[case_no]
        sealed = None if value is None else seal(key, value.encode(), place("opinion_case", item, case_no))
        self.set(case_no, **{item: sealed})

    def set(self, case_no: int, **values: object) -> None:
        """Write columns of a case."""
        self.people.execute(update(opinion_case).where(opinion_case.c.case_no == case_no).values(**values))

    def first(self, item: str, holds: Callable[[str], bool] = bool) -> Row:
        """Give the first case whose item is given and holds."""
        return next(row for row in self.cases() if row[item] and holds(row[item]))

    def file(self, place_in: int = 0) -> Row:
        """Give a file of a letter."""
        found = self.people.execute(select(letter_file).order_by(letter_file.c.file_no)).mappings()
        return [dict(row) for row in found][place_in]


def apply(office: Office, damage: Callable[[Hand], None]) -> None:
    """Do one damage."""
    with writing(office.warehouse) as people, writing(office.vault) as vault:
        damage(Hand(office, people, vault))


def _text(item: str, change: Change) -> Callable[[Hand], None]:
    """Change a sealed text in the first case where the change does something."""

    def done(hand: Hand) -> None:
        row = hand.first(item, lambda text: change(text) != text)
        hand.put(row["case_no"], item, change(row[item]))

    return done


def _column(name: str, change: Callable[[Any], Any]) -> Callable[[Hand], None]:
    def done(hand: Hand) -> None:
        row = next(row for row in hand.cases() if row[name] is not None and change(row[name]) != row[name])
        hand.set(row["case_no"], **{name: change(row[name])})

    return done


def _swapped(item: str) -> Callable[[Hand], None]:
    def done(hand: Hand) -> None:
        one = hand.first(item)
        other = hand.first(item, lambda text: text != one[item])
        hand.put(one["case_no"], item, other[item])
        hand.put(other["case_no"], item, one[item])

    return done


def _emptied(item: str, value: str | None) -> Callable[[Hand], None]:
    def done(hand: Hand) -> None:
        hand.put(hand.first(item)["case_no"], item, value)

    return done


def _given_where_none_was(hand: Hand) -> None:
    row = next(row for row in hand.cases() if row["fax"] is None)
    hand.put(row["case_no"], "fax", "")


def _dropped(hand: Hand) -> None:
    number = hand.cases()[3]["case_no"]
    for table in (letter_file, case_arrival, opinion_case):
        hand.people.execute(delete(table).where(table.c.case_no == number))


def _doubled(hand: Hand) -> None:
    row = hand.cases()[3]
    number = 900_001
    key = hand.office.case_keys.create(hand.vault, [number])[0]
    sealed = {
        item: None if row[item] is None else seal(key, row[item].encode(), place("opinion_case", item, number))
        for item in SEALED
    }
    told = {"case_no": number, "receipt_no": "K-doubled", "source_key": b"doubled"}
    hand.people.execute(insert(opinion_case).values(**{**row, **sealed, **told}))
    hand.people.execute(insert(case_arrival).values(case_no=number, text_mark=None, doubtful=0))


def _other_source_key(hand: Hand) -> None:
    hand.set(hand.cases()[3]["case_no"], source_key=b"another")


def _key_gone(hand: Hand) -> None:
    hand.office.case_keys.destroy(hand.vault, [hand.cases()[3]["case_no"]])


def _keys_swapped(hand: Hand) -> None:
    one, other = (row["case_no"] for row in hand.cases()[3:5])
    held = {row.number: row for row in hand.vault.execute(select(case_key))}
    columns = [column.name for column in case_key.columns if column.name != "number"]
    for to, source in ((one, held[other]), (other, held[one])):
        values = {name: getattr(source, name) for name in columns}
        hand.vault.execute(update(case_key).where(case_key.c.number == to).values(**values))


def _bit_flipped(hand: Hand) -> None:
    number = hand.cases()[3]["case_no"]
    sealed = hand.people.execute(select(opinion_case.c.opinion).where(opinion_case.c.case_no == number)).scalar_one()
    hand.set(number, opinion=bytes(sealed[:-1]) + bytes((sealed[-1] ^ 1,)))


def _sealed_moved(hand: Hand) -> None:
    one, other = (row["case_no"] for row in hand.cases()[3:5])
    sealed = hand.people.execute(select(opinion_case.c.opinion).where(opinion_case.c.case_no == one)).scalar_one()
    hand.set(other, opinion=sealed)


def _unsealed(value: str) -> Callable[[Hand], None]:
    """Write what nobody sealed, a text or a number, past every type: SQLite takes either."""

    def done(hand: Hand) -> None:
        number = hand.first("name")["case_no"]
        hand.people.exec_driver_sql(f"UPDATE opinion_case SET name = {value} WHERE case_no = {number}")  # noqa: S608 - ours

    return done


def _file_dropped(hand: Hand) -> None:
    hand.people.execute(delete(letter_file).where(letter_file.c.file_no == hand.file()["file_no"]))


def _file_put(hand: Hand, row: Row, case_no: int, file_no: int, content: bytes, title: str) -> None:
    key = hand.office.case_keys.open(hand.vault, [case_no])[case_no]
    named = {"file_no": file_no, "case_no": case_no}
    values = named | {
        "title": seal(key, title.encode(), place_of("letter_file", "title", named)),
        "content": seal(key, base64.b64encode(content), place_of("letter_file", "content", named)),
    }
    hand.people.execute(delete(letter_file).where(letter_file.c.file_no == file_no))
    hand.people.execute(insert(letter_file).values(**{**row, **values}))


def _file_opened(hand: Hand, row: Row) -> tuple[str, bytes]:
    key = hand.office.case_keys.open(hand.vault, [row["case_no"]])[row["case_no"]]
    title = unseal(key, bytes(row["title"]), place_of("letter_file", "title", row)).decode()
    content = unseal(key, bytes(row["content"]), place_of("letter_file", "content", row))
    return title, base64.b64decode(content)


def _file_changed(hand: Hand) -> None:
    row = hand.file()
    title, content = _file_opened(hand, row)
    _file_put(hand, row, row["case_no"], row["file_no"], content[:-1], title)


def _file_renamed(hand: Hand) -> None:
    row = hand.file()
    _, content = _file_opened(hand, row)
    _file_put(hand, row, row["case_no"], row["file_no"], content, "image.png")


def _file_moved(hand: Hand) -> None:
    row = hand.file()
    title, content = _file_opened(hand, row)
    other = next(case["case_no"] for case in hand.cases() if case["case_no"] != row["case_no"])
    _file_put(hand, row, other, row["file_no"], content, title)


def _file_doubled(hand: Hand) -> None:
    row = hand.file()
    title, content = _file_opened(hand, row)
    _file_put(hand, row, row["case_no"], 900_002, content, title)


def _files_out_of_order(hand: Hand) -> None:
    found = hand.people.execute(select(letter_file).order_by(letter_file.c.file_no)).mappings()
    rows = [dict(row) for row in found]
    one, other = next((a, b) for a, b in pairwise(rows) if a["case_no"] == b["case_no"])
    held = [_file_opened(hand, row) for row in (one, other)]
    for row, (title, content) in ((one, held[1]), (other, held[0])):
        _file_put(hand, row, row["case_no"], row["file_no"], content, title)


def _file_flipped(hand: Hand) -> None:
    row = hand.file()
    changed = bytes(row["content"][:-1]) + bytes((row["content"][-1] ^ 1,))
    hand.people.execute(update(letter_file).where(letter_file.c.file_no == row["file_no"]).values(content=changed))


def _arrival_gone(hand: Hand) -> None:
    _gone(hand, case_arrival)


def _gone(hand: Hand, table: Table) -> None:
    hand.people.execute(delete(table).where(table.c.case_no == hand.cases()[3]["case_no"]))


def _pieces_out_of_order(text: str) -> str:
    pieces = [text[start : start + 200] for start in range(0, len(text), 200)]
    return "".join([*pieces[1::-1], *pieces[2:]]) if len(pieces) > 1 else text


def _mojibake(text: str) -> str:
    return text.encode("utf-8").decode("cp932", "replace")


def _through(charset: str) -> Change:
    return lambda text: text.encode(charset, "replace").decode(charset)


DAMAGES: Final[Mapping[str, Callable[[Hand], None]]] = {
    "case dropped": _dropped,
    "case doubled": _doubled,
    "case under another number at the source": _other_source_key,
    "key destroyed": _key_gone,
    "keys of two cases swapped": _keys_swapped,
    "sealed text with a bit flipped": _bit_flipped,
    "sealed text moved to another case": _sealed_moved,
    "plain text where a sealed one was": _unsealed("'模擬 花子'"),
    "a number where a sealed text was": _unsealed("99999999999999"),
    "text: one sign changed": _text("opinion", lambda text: "あ" + text[1:]),
    "text: cut at the end": _text("opinion", lambda text: text[:-1]),
    "text: cut at 200 signs": _text("opinion", lambda text: text[:200]),
    "text: a piece lost": _text("opinion", lambda text: text[:200] + text[400:]),
    "text: a piece doubled": _text("opinion", lambda text: text[:200] + text),
    "text: pieces out of order": _text("opinion", _pieces_out_of_order),
    "text: blanks squeezed": _text("opinion", lambda text: text.replace("\u3000 ", "\u3000")),
    "text: line ends changed": _text("opinion", lambda text: text.replace("\n", "\r\n")),
    "text: line ends lost": _text("opinion", lambda text: text.replace("\n", "")),
    "text: UTF-8 read as CP932": _text("opinion", _mojibake),
    "text: signs that CP932 lacks replaced": _text("opinion", _through("cp932")),
    "text: signs that JIS lacks replaced": _text("answer", _through("iso-2022-jp")),
    "text: emoji lost": _text("opinion", lambda text: text.replace("😀", "")),
    "text: wave dash changed": _text("opinion", lambda text: text.replace("～", "〜")),
    "text: minus changed": _text("opinion", lambda text: text.replace("－", "−")),
    "text: NFKC": _text("opinion", lambda text: unicodedata.normalize("NFKC", text)),
    "text: NFD": _text("opinion", lambda text: unicodedata.normalize("NFD", text)),
    "text: variation selectors lost": _text("opinion", lambda text: text.replace("\U000e0100", "")),
    "text: old form of a name's sign": _text("opinion", lambda text: text.replace("髙", "高")),
    "text: half-width kana widened": _text("opinion", lambda text: text.replace("ｶﾞ", "ガ")),
    "answer emptied": _emptied("answer", None),
    "answer of another case": _swapped("answer"),
    "name of another case": _swapped("name"),
    "name: blank between its halves lost": _text("name", lambda text: text.replace(" ", "").replace("\u3000", "")),
    "address of another case": _swapped("address"),
    "address lost": _emptied("address", None),
    "postal code without its dash": _text("postal_code", lambda text: text.replace("-", "")),
    "telephone: leading zero lost": _text("telephone", lambda text: text.removeprefix("0")),
    "e-mail: capital letters": _text("email", str.upper),
    "nothing became an empty text": _given_where_none_was,
    "day of receipt a day later": _column("received_on", lambda day: day + timedelta(days=1)),
    "day of receipt: day and month swapped": _column(
        "received_on", lambda day: day.replace(month=day.day, day=day.month) if day.day <= 12 else day
    ),
    "day of receipt: an era's year off": _column("received_on", lambda day: day.replace(year=day.year + 30)),
    "day of its end lost": _column("done_on", lambda _: None),
    "state changed": _column("state", lambda state: "circulated" if state == "answered" else "answered"),
    "channel changed": _column("channel", lambda channel: "postcard" if channel == "letter" else "letter"),
    "addressee changed": _column("addressee", lambda one: "mayor" if one == "department" else "department"),
    "answer wanted changed": _column("answer_wanted", lambda one: "yes" if one == "no" else "no"),
    "kind changed": _column("kind", lambda kind: "thanks" if kind != "thanks" else "opinion"),
    "department changed": _column("department", lambda name: f"{name}課"),
    "receipt number changed": _column("receipt_no", lambda number: f"{number}X"),
    "file dropped": _file_dropped,
    "file cut": _file_changed,
    "file renamed": _file_renamed,
    "file moved to another case": _file_moved,
    "file doubled": _file_doubled,
    "files out of order": _files_out_of_order,
    "file with a bit flipped": _file_flipped,
    "arrival lost": _arrival_gone,
}
