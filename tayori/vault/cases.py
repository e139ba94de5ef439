"""The single door into what was sealed of letters: a case's items and its masked text (I5)."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection

from tayori.errors import Unavailable
from tayori.vault.audit import Recorded
from tayori.vault.envelope import place, unseal
from tayori.vault.keyring import Keyring
from tayori.warehouse.schema.opinions import SEALED_ITEMS

SEALED: Final[Mapping[str, tuple[str, ...]]] = {
    "opinion_case": SEALED_ITEMS,
    "masked_opinion": ("masked_text",),
    "letter_confirmation": ("receipt", "email"),
}
"""Which columns of which table are sealed under a case's key."""


def open_cases(
    vault: Connection, keyring: Keyring, table: str, rows: Sequence[Mapping[str, Any]], recorded: Recorded
) -> list[dict[str, Any]]:
    """Give rows of letters, each with its number in `case_no`, with everything that was sealed in them opened.

    Raises:
        Unavailable: a case's key is not here; nothing is given.
        Tampered: a sealed item does not belong to its case.

    """
    _evidenced(recorded)
    keys = keyring.open(vault, [row["case_no"] for row in rows])
    if len(keys) < len(rows):
        raise Unavailable(f"{len(rows) - len(keys)} letters have no key in the vault; restore it. Nothing was opened.")
    return [_opened(keys[row["case_no"]], table, row) for row in rows]


def _evidenced(recorded: object) -> None:
    if not isinstance(recorded, Recorded):
        message = "an opening needs its line in the access log"
        raise TypeError(message)


def _opened(key: bytes, table: str, row: Mapping[str, Any]) -> dict[str, Any]:
    opened = dict(row)
    for column in SEALED[table]:
        if opened[column] is not None:
            where = place(table, column, row["case_no"])
            opened[column] = unseal(key, bytes(opened[column]), where).decode()
    if table == "masked_opinion":
        opened["masked_text"] = json.loads(opened["masked_text"])["text"]
    return opened
