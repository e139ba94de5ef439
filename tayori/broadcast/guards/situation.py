"""What guards look at: the broadcast as it is stored now, the audience of this moment, and the ward's figures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

from sqlalchemy import Connection

from tayori.broadcast import signatures
from tayori.broadcast.audiences import Audience, Reached, count_now, narrowing, read_audience
from tayori.broadcast.guards.quota import Room
from tayori.domain.segments import Everyone, Segment
from tayori.domain.sending_policy import GenrePolicy, SendingPolicy, sending_policy
from tayori.warehouse import audience, earlier, emergencies
from tayori.warehouse.broadcasts import BroadcastRow
from tayori.warehouse.earlier import Earlier


class Unscanned(Exception):
    """A guard wants to know what was not counted beforehand: the earlier sends changed meanwhile."""


class Scans:
    """What guards want counted over all people, by its question: counted before the start's transaction, used in it.

    A question names everything that its answer depends on but the people themselves, who may change their settings at
    any moment; so an answer that was counted a moment ago is as good as one that is counted now.
    """

    def __init__(self) -> None:
        self._answers: dict[tuple[object, ...], int] = {}
        self._closed = False

    def close(self) -> None:
        """Let nothing more be counted."""
        self._closed = True

    def open(self) -> None:
        """Let what is not known be counted."""
        self._closed = False

    def of(self, question: tuple[object, ...], count: Callable[[], int]) -> int:
        """Give the answer to a question; count it if nobody has.

        Raises:
            Unscanned: it was not counted beforehand.

        """
        if question not in self._answers:
            if self._closed:
                raise Unscanned
            self._answers[question] = count()
        return self._answers[question]


@dataclass(frozen=True)
class Situation:
    """One broadcast at one moment. What costs a scan is asked once, and only if a guard wants to know it.

    `room` and `faults` are LINE's answers, asked for before the transaction; None where LINE was not asked. `folder` is
    where the door has its pictures.
    """

    connection: Connection
    row: BroadcastRow
    now: datetime
    policy: SendingPolicy = field(default_factory=sending_policy)
    room: Room | None = None
    folder: Path | None = None
    faults: Sequence[str] | None = None
    scans: Scans = field(default_factory=Scans)

    @property
    def figures(self) -> GenrePolicy:
        """The ward's figures for the genre."""
        return self.policy.of(self.row.genre)

    @property
    def content_at(self) -> datetime:
        """The content's own time; broadcasts from before it was asked for have the moment of their writing."""
        return self.row.content_at or self.row.created_at

    @cached_property
    def audience(self) -> Audience:
        """Whom the broadcast goes to: a segment, or exactly those whom another one reached."""
        return read_audience(self.row.segment)

    @cached_property
    def segment(self) -> Segment:
        """Whom the broadcast is narrowed to."""
        return narrowing(self.audience)

    @cached_property
    def count(self) -> int:
        """How many people it would reach now."""
        if isinstance(self.audience, Reached):
            return count_now(self.connection, self.row)
        return self._counted(self.segment)

    @cached_property
    def chosen(self) -> int:
        """How many people chose the genre."""
        return self._counted(Everyone())

    def _counted(self, segment: Segment) -> int:
        genre = self.row.genre
        return self.scans.of(
            ("count", genre, segment), lambda: audience.count_audience(self.connection, genre, segment)
        )

    @cached_property
    def margin(self) -> float:
        """How far the count may be from the approved one: the genre's share, a plan's own, none in an emergency."""
        return signatures.margin(self.connection, self.row, self.figures.drift)

    @cached_property
    def is_urgent(self) -> bool:
        """Whether it came by the emergency lane."""
        return emergencies.find(self.connection, self.row.broadcast_id) is not None

    @property
    def started_lately(self) -> int:
        """How many other broadcasts started within the span of the burst breaker."""
        since = self.now - timedelta(minutes=self.policy.burst.minutes)
        return earlier.starts_since(self.connection, since, besides=self.row.broadcast_id)

    def sends_of(self, days: int) -> list[Earlier]:
        """The other broadcasts of the last days that went out, in all genres."""
        return earlier.sends_since(self.connection, self.now - timedelta(days=days), besides=self.row.broadcast_id)
