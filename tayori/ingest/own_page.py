"""What a resident does on the page of their own: see what is held of them, set, clear, stop, ask to be erased (L1, L5).

The page opens exactly the one whom the verified token names, and each opening is a line of the access log. What it
takes in goes sealed through the inbox, so that a stolen page could change nothing and read no submission. It holds no
key of the vault: the line's pseudonym comes from the person's sealed LINE id, which is random and goes with their row.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import Engine

from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import Clock, LineUserId
from tayori.domain.reception import ReceptionSettings
from tayori.domain.surveys import Survey, survey_of
from tayori.errors import Unavailable
from tayori.ingest.submissions import (
    ANSWER,
    ERASE,
    LINK,
    RECEPTION,
    WISH,
    answer_of,
    ballot_of,
    new_submission_id,
    sealed_answer_of,
    submission_of,
    wish_of,
)
from tayori.vault.audit import Action, pseudonym, record
from tayori.vault.blind_index import BlindIndex
from tayori.vault.sealed_box import Sealer
from tayori.vault.survey_keys import seal_ballot
from tayori.warehouse import letters, own, own_rows, surveys
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.inbox import DoorStore
from tayori.warehouse.people import Chosen
from tayori.warehouse.surveys import Published

EVIDENCE: Final = Evidence(own_rows.ACTOR, Purpose.RECEPTION)
SHOWN: Final = "own settings, shown to the person"
TOKYO: Final = ZoneInfo("Asia/Tokyo")
MONTHS: Final = 3
COUNTED: Final = timedelta(days=30 * MONTHS)
NUMBERS_FOR: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Held:
    """What is held of the person: since when they follow or are to be erased, what they set, what waits.

    `answered` are the titles of the surveys to which their answer is kept; of anonymous ones nobody knows.
    """

    followed_at: datetime | None = None
    left_at: datetime | None = None
    chosen: Chosen | None = field(default=None, repr=False)
    linked_at: datetime | None = None
    waiting: int = 0
    answered: tuple[str, ...] = field(default=(), repr=False)


@dataclass
class OwnPage:
    """The stores and keys behind the page, as narrow as they can be.

    `bound` is whether PostgreSQL has to bind the page's role to one person's rows; a rehearsal may run as the owner.
    """

    warehouse: Engine
    inbox: DoorStore
    index: BlindIndex
    sealer: Sealer
    clock: Clock
    rng: Random
    bound: bool = False
    _sent: tuple[datetime, Counter[int]] | None = field(default=None, repr=False)

    def opened(self, who: LineUserId) -> Held:
        """Give what is held of one person; the opening is a line of the access log before anything is read.

        Raises:
            Unavailable: a store cannot be reached now, and nothing was opened.

        """
        index = self.index.of_line_id(who)
        with writing(self.warehouse) as connection:
            own_rows.name_person(connection, index, bound=self.bound)
            row = own.find_own(connection, index)
            waiting = own.waiting_of(connection, index)
            if row is None:
                return Held(waiting=waiting)
            name = pseudonym(row.sealed)
            record(connection, EVIDENCE, Action.OPEN, SHOWN, count=1, now=self.clock(), subject=name)
            chosen = own.settings_of(connection, row.person_no)
            linked = own.linked_at(connection, row.person_no)
            answered = tuple(survey_of(one).title for one in own.answered_by(connection, row.person_no))
        at = datetime.fromtimestamp(row.last_event_ms / 1000, UTC)
        return Held(at if row.left_at is None else None, row.left_at, chosen, linked, waiting, answered)

    def submit(self, chosen: ReceptionSettings) -> None:
        """Hand settings in, sealed; they stand in the warehouse as soon as the inbox is next emptied.

        Raises:
            Unavailable: the inbox or its public key cannot be reached; nothing was kept.

        """
        self._put(RECEPTION, submission_of(chosen, new_submission_id(self.rng)))

    def ask_to_be_erased(self, who: LineUserId) -> None:
        """Hand in the wish to be erased: out of every audience at the inbox's next emptying, erased that night.

        Raises:
            Unavailable: as above.

        """
        self._put(WISH, wish_of(ERASE, who, self.clock(), new_submission_id(self.rng)))

    def hand_in_staff_code(self, who: LineUserId, code: str) -> None:
        """Hand in the code that a member of staff was shown, to say which follower they are.

        Raises:
            Unavailable: as above.

        """
        self._put(WISH, wish_of(LINK, who, self.clock(), new_submission_id(self.rng), code))

    def open_surveys(self) -> list[Published]:
        """Give the surveys that may be answered today; about nobody."""
        today = self.clock().astimezone(TOKYO).date()
        with reading(self.warehouse) as connection:
            return surveys.open_on(connection, today)

    def answer(self, who: LineUserId, survey: Survey, answers: Mapping[str, str]) -> None:
        """Hand an answer to a survey in, sealed; an anonymous one to the survey's own key, inside the inbox's box.

        Raises:
            Unavailable: the inbox, its public key or that of the survey cannot be reached; nothing was kept.

        """
        if not survey.anonymous:
            self._put(ANSWER, answer_of(survey.name, who, answers))
            return
        with reading(self.warehouse) as connection:
            published = surveys.find(connection, survey.name)
        if published is None or published.ballot_key is None:
            raise Unavailable(f"The survey {survey.name} has no key to seal answers to; nothing was kept.")
        ballot = seal_ballot(published.ballot_key, survey.name, orjson.dumps(dict(answers)))
        self._put(ballot_of(survey.name), sealed_answer_of(survey.name, who, ballot))

    def state_of_letter(self, receipt: str) -> str | None:
        """Give what the writer of a letter is told of it, by its receipt number; None if it is nobody's."""
        index = self.index.of_receipt(receipt)
        with reading(self.warehouse) as connection:
            own_rows.name_receipt(connection, index, bound=self.bound)
            return letters.state_of(connection, index)

    def a_month(self) -> dict[int, float]:
        """Give how many broadcasts a month each genre had lately; about nobody, and looked up every ten minutes."""
        now = self.clock()
        if self._sent is None or now - self._sent[0] > NUMBERS_FOR:
            with reading(self.warehouse) as connection:
                self._sent = (now, own.sent_since(connection, now - COUNTED))
        return {genre: sent / MONTHS for genre, sent in self._sent[1].items()}

    def answers(self) -> bool:
        """Whether both stores and the public key are there.

        Raises:
            Unavailable: one is not, and why.

        """
        self.sealer.seal(RECEPTION, b"")
        with reading(self.warehouse) as connection:
            own_rows.name_person(connection, b"", bound=self.bound)
            own.find_own(connection, b"")
        return self.inbox.answers()

    def close(self) -> None:
        """Let the stores go."""
        self.warehouse.dispose()
        self.inbox.close()

    def _put(self, kind: str, written: dict[str, object]) -> None:
        box = self.sealer.seal(kind, orjson.dumps(written))
        self.inbox.put(kind, box.epoch, box.box, self.clock())
