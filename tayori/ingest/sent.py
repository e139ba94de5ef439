"""A letter as the opinion screen seals it: the contract between the door that writes and the worker that reads."""

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import orjson

from tayori.domain.letters import ITEMS, Letter, letter_of, problems
from tayori.domain.receipts import read_receipt
from tayori.domain.ward import ward
from tayori.line.webhook import Unparsed

LETTER: Final = "letter"
FIELDS: Final = frozenset({"letter_id", "receipt", "received_on", "notice", *ITEMS})
"""The contract of a sealed letter: these fields and no other."""
_ID: Final = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Sent:
    """A letter that was sent: its id makes a repeated one recognisable; `notice` is the wording's version (P4)."""

    letter_id: str
    receipt: str = field(repr=False)
    received_on: date
    notice: str
    letter: Letter

    def packed(self) -> bytes:
        """Give it as it goes into the box."""
        managed = {"letter_id": self.letter_id, "receipt": self.receipt, "notice": self.notice}
        return orjson.dumps(managed | {"received_on": self.received_on.isoformat()} | self.letter.plain())


def read_sent(content: bytes) -> Sent:
    """Read a letter out of its box.

    Raises:
        Unparsed: it is none that the screen writes; whoever may INSERT into the inbox can seal anything.

    """
    try:
        given: dict[str, Any] = orjson.loads(content)
        if given.keys() != FIELDS or not all(isinstance(value, str) for value in given.values()):
            raise Unparsed
        letter = letter_of(given)
        received = date.fromisoformat(given["received_on"])
        sent = Sent(given["letter_id"], given["receipt"], received, given["notice"], letter)
    except (orjson.JSONDecodeError, AttributeError, TypeError, ValueError):
        raise Unparsed from None
    as_written = letter.plain() == {name: given[name] for name in ITEMS} and not problems(letter)
    as_numbered = _ID.fullmatch(sent.letter_id) and read_receipt(sent.receipt) == sent.receipt
    if not (as_written and as_numbered and sent.notice in ward().notices):
        raise Unparsed
    return sent
