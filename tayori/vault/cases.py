"""The single door into what was sealed of letters: a case's items and its masked text (I5)."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection

from tayori.errors import Tampered, Unavailable
from tayori.vault.audit import Recorded
from tayori.vault.envelope import place, unseal
from tayori.vault.keyring import Keyring
from tayori.warehouse.schema.opinions import SEALED_ITEMS

SEALED: Final[Mapping[str, tuple[str, ...]]] = {
    "opinion_case": SEALED_ITEMS,
    "masked_opinion": ("masked_text",),
    "case_trail": ("words",),
    "case_reply": ("words",),
    "disclosure_case": ("black_outs",),
    "letter_file": ("title", "content"),
    "letter_confirmation": ("receipt", "email"),
}
"""Which columns of which table are sealed under a case's key."""
_WITHIN: Final[Mapping[str, str]] = {
    "case_trail": "seq",
    "case_reply": "seq",
    "disclosure_case": "disclosure_id",
    "letter_file": "file_no",
}
"""What tells the rows of one case apart: a sealed value is bound to it too, so that they cannot be swapped."""


def open_cases(
    vault: Connection, keyring: Keyring, table: str, rows: Sequence[Mapping[str, Any]], recorded: Recorded
) -> list[dict[str, Any]]:
    """Give rows of letters, each with its number in `case_no`, with everything that was sealed in them opened.

    Raises:
        Unavailable: a case's key is not here; nothing is given.
        Tampered: a sealed item does not belong to its case.

    """
    _evidenced(recorded)
    numbers = list(dict.fromkeys(row["case_no"] for row in rows))
    keys = keyring.open(vault, numbers)
    if len(keys) < len(numbers):
        lost = len(numbers) - len(keys)
        raise Unavailable(f"{lost} letters have no key in the vault; restore it. Nothing was opened.")
    return [_opened(keys[row["case_no"]], table, row) for row in rows]


def open_whole(
    vault: Connection, keyring: Keyring, table: str, rows: Sequence[Mapping[str, Any]], recorded: Recorded
) -> list[dict[str, Any] | None]:
    """Give rows as `open_cases` does, None in the place of each that does not open, for whoever looks for damage."""
    _evidenced(recorded)
    keys = keys_that_open(vault, keyring, list(dict.fromkeys(row["case_no"] for row in rows)))
    return [_opened_whole(keys.get(row["case_no"]), table, row) for row in rows]


def _opened_whole(key: bytes | None, table: str, row: Mapping[str, Any]) -> dict[str, Any] | None:
    if key is None:
        return None
    try:
        return _opened(key, table, row)
    except (Tampered, TypeError, ValueError):  # not sealed at all, or no text
        return None


def keys_that_open(vault: Connection, keyring: Keyring, numbers: Sequence[int]) -> dict[int, bytes]:
    """Give the keys of cases; one that does not belong to its case is as good as gone, and keeps back no other."""
    try:
        return keyring.open(vault, numbers)
    except Tampered:
        middle = len(numbers) // 2
        halves = (numbers[:middle], numbers[middle:]) if middle else ()
        return {number: key for half in halves for number, key in keys_that_open(vault, keyring, half).items()}


def place_of(table: str, column: str, row: Mapping[str, Any]) -> bytes:
    """Name the place of a value that is sealed under a case's key; `row` needs the row's key alone."""
    within = _WITHIN.get(table)
    return place(table, f"{column}#{row[within]}" if within else column, row["case_no"])


def _evidenced(recorded: object) -> None:
    if not isinstance(recorded, Recorded):
        message = "an opening needs its line in the access log"
        raise TypeError(message)


def _opened(key: bytes, table: str, row: Mapping[str, Any]) -> dict[str, Any]:
    opened = dict(row)
    for column in SEALED[table]:
        if opened[column] is not None:
            opened[column] = unseal(key, bytes(memoryview(opened[column])), place_of(table, column, row)).decode()
    if table == "masked_opinion":
        opened["masked_text"] = json.loads(opened["masked_text"])["text"]
    return opened
