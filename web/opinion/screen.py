"""What the opinion screen needs: who writes, whether the form is ours, and a way into the inbox (O6).

It holds a public key and may INSERT, and no more: what was sent is out of its reach at once. A letter that is being
written is nowhere but on the writer's own page.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

import orjson
from fastapi import Request

from tayori.domain.letters import ITEMS, LONGEST, Letter
from tayori.domain.receipts import receipt_number
from tayori.domain.ward import ward
from tayori.ingest.sent import LETTER, Sent
from tayori.vault.sealed_box import Sealer
from tayori.warehouse.inbox import DoorStore
from web.forms import Fields, Size, one
from web.pages import TOKYO, Pages, visit_of
from web.route import Refusal
from web.tokens import FIELD, GOOD_FOR, moment_of, number_of

PACKAGE: Final = "web.opinion"
UNDER: Final = "/opinion"
VISIT: Final = "__Host-tayori-opinion"
WRITE, SEND = "write", "send"
WRITING_FOR: Final = timedelta(hours=12)  # nothing comes of this token but a page: who writes slowly loses nothing
TRAP: Final = "homepage"
EASY: Final = "easy"
WORDS: Final = "words"
KNOWN: Final = frozenset({*ITEMS, WORDS, TRAP, FIELD})
SIZE: Final = Size(largest=96 << 10, most_fields=20, longest=300, long={"opinion": 2 * LONGEST["opinion"]})
MOST_SENT: Final = 100_000


@dataclass(frozen=True, slots=True)
class Given:
    """A form that came from our own page: the writer's browser, and what it says."""

    visit: str = field(repr=False)
    fields: Fields = field(repr=False)

    @property
    def easy(self) -> bool:
        """Whether the page was the one in plain words."""
        return one(self.fields, WORDS) == EASY

    @property
    def token(self) -> str:
        """The token that it holds."""
        return one(self.fields, FIELD)

    def written(self) -> Mapping[str, str]:
        """Give what was written, by item."""
        return {name: one(self.fields, name) for name in ITEMS}


@dataclass(kw_only=True)
class Screen(Pages):
    """One process of opinion screens."""

    store: DoorStore
    sealer: Sealer
    states_at: str
    sent: dict[str, datetime] = field(default_factory=dict, repr=False)

    async def given(self, request: Request) -> Given:
        """Read a form that came by the regular route.

        A browser that lost its cookie meanwhile gets a fresh one: no token counts under it, and no text is lost.

        Raises:
            TurnedAway: it did not, or is none that the page could send.

        """
        fields = await self.read(request, KNOWN, SIZE)
        visit = visit_of(request, VISIT)
        self.limit("session", "ask", visit)
        return Given(visit, fields)

    def token_refusal(self, given: Given, form: str) -> Refusal | None:
        """Say why a form's token does not count; None if it does."""
        good_for = WRITING_FOR if form == WRITE else GOOD_FOR
        return self.tokens.refusal(given.token, given.visit, form, self.clock(), good_for)

    def sent_under(self, given: Given, letter: Letter) -> Sent:
        """Give a letter as it is sent: the same text from the same form of the same browser is the same letter.

        Letter and receipt number are drawn from the browser's own secret, so that they are the same after a restart.
        """
        named = f"{LETTER}|{number_of(given.token)}|{form_of(letter)}"
        drawn = hmac.digest(given.visit.encode(), named.encode(), "sha256")
        day = moment_of(given.token).astimezone(TOKYO).date()
        received = self.clock().astimezone(TOKYO).date()
        return Sent(drawn[:16].hex(), receipt_number(day, drawn[16:]), received, ward().current_notice, letter)

    def put(self, sent: Sent) -> None:
        """Seal a letter into the inbox.

        Raises:
            Unavailable: the inbox or its public key cannot be reached; nothing was kept.

        """
        box = self.sealer.seal(LETTER, sent.packed())
        self.store.put(LETTER, box.epoch, box.box, self.clock())

    def is_ready(self) -> bool:
        """Whether a letter could be kept now.

        Raises:
            Unavailable: it could not, and why.

        """
        self.sealer.seal(LETTER, b"")
        return self.store.answers()

    def is_sent(self, sent: Sent) -> bool:
        """Whether this letter was kept already, as far as this process remembers; the worker tells in any case."""
        return sent.letter_id in self.sent

    def remember(self, sent: Sent) -> None:
        """Remember that this letter was kept, for as long as its form could come again."""
        now = self.clock()
        if len(self.sent) >= MOST_SENT:
            self.sent = {one: at for one, at in self.sent.items() if now - at <= GOOD_FOR}
        self.sent[sent.letter_id] = now


def form_of(letter: Letter) -> str:
    """Give the form that sends exactly this letter: its token fits no other text."""
    return f"{SEND}|{sha256(orjson.dumps(letter.plain())).hexdigest()}"
