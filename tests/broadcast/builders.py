"""Builders of broadcasts: residents who chose a genre, two handlers, an approved broadcast."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sandbox.line.ids import IdSpace
from tayori.broadcast import desk
from tayori.broadcast.courier import Pace
from tayori.broadcast.lease import worker_name
from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import BroadcastId, HandlerId, LineUserId, PersonNo
from tayori.office import Office
from tayori.vault import audit, roster
from tayori.vault.audit import Action
from tayori.vault.identity import seal_line_id
from tayori.vault.roster import Credential, NewHandler
from tayori.warehouse import people
from tayori.warehouse.engines import writing
from tayori.warehouse.people import Chosen

GENRE = 3
NOTHING = (None, None, None)
GENRE_NAME = "防災・防犯"
EVERYONE = {"everyone": True}
TEXT = [{"type": "text", "text": "明日9時から、区役所前の広場で防災訓練を行います。📣"}]
QUICK = Pace(
    block=4,
    ahead=12,
    threads=4,
    first_wait=0.01,
    longest_wait=0.05,
    too_fast_wait=0.05,
    pass_wait=0.05,
    quota_wait=0.05,
)
ME = worker_name()


@dataclass(frozen=True)
class Someone:
    """A resident as a test sees them."""

    number: int
    line_user_id: LineUserId


def residents(
    office: Office,
    count: int,
    *,
    seed: int = 1,
    genres: frozenset[int] = frozenset({GENRE}),
    chosen: Iterable[tuple[int | None, int | None, int | None]] = (),
) -> list[Someone]:
    """Add dummy residents, the sandbox's first `count` friends; `chosen` gives birth year, sex, area of the first."""
    return add_people(office, IdSpace(seed).ids(0, count), genres=genres, chosen=list(chosen))


def add_people(
    office: Office,
    ids: Sequence[str],
    *,
    genres: frozenset[int] = frozenset({GENRE}),
    chosen: Sequence[tuple[int | None, int | None, int | None]] = (),
    canaries: bool = False,
) -> list[Someone]:
    """Add people with these LINE ids."""
    with office.writing_people() as (warehouse, vault):
        numbers = people.reserve_numbers(warehouse, len(ids), canaries=canaries)
        keys = office.person_keys.create(vault, list(numbers))
        audit.record(
            warehouse,
            Evidence("test", Purpose.RECEPTION),
            Action.WRITE,
            "dummy residents",
            count=len(ids),
            now=office.now(),
        )
        rows = [
            (number, seal_line_id(key, PersonNo(number), LineUserId(one)), office.index.of_line_id(LineUserId(one)), 0)
            for number, key, one in zip(numbers, keys, ids, strict=True)
        ]
        people.add_people(warehouse, rows)
        people.put_settings(
            warehouse,
            [
                Chosen(number, "2026-11", office.now(), *(chosen[at] if at < len(chosen) else NOTHING), genres)
                for at, number in enumerate(numbers)
            ],
        )
    return [Someone(number, LineUserId(one)) for number, one in zip(numbers, ids, strict=True)]


def leave(office: Office, *leavers: Someone) -> None:
    """Let residents block the account."""
    with writing(office.warehouse) as connection:
        people.mark_left(connection, [(one.number, 1) for one in leavers], "unfollow", office.now())


def handler(office: Office, name: str, *roles: str) -> Credential:
    """Add a handler to the roster, and give their open credential."""
    new = NewHandler(HandlerId(name), f"試験 {name}", roles, "甲", office.today())
    with writing(office.warehouse) as connection:
        return roster.enrol(connection, office.handlers_folder, new, "correct horse battery", office.now())


@dataclass(frozen=True)
class Staff:
    """Two people, as two signatures need."""

    writer: Credential
    approver: Credential


def staff(office: Office) -> Staff:
    """Add a writer and an approver."""
    return Staff(handler(office, "suzuki", "writer"), handler(office, "tanaka", "approver"))


def some_writing(office: Office, segment: object = None, messages: object = None, hours: float = 24) -> desk.Writing:
    """Give what a writer hands in."""
    now = office.now()
    return desk.written(
        GENRE_NAME, segment or EVERYONE, messages or TEXT, now - timedelta(hours=1), now + timedelta(hours=hours)
    )


def a_submitted(
    office: Office, who: Staff, *, segment: object = None, reason: str | None = None, hours: float = 24
) -> BroadcastId:
    """Give a broadcast that waits for its approval."""
    broadcast_id = desk.draft(office, who.writer, some_writing(office, segment, hours=hours))
    desk.submit(office, who.writer, broadcast_id, desk.review(office, broadcast_id), small_reason=reason)
    return broadcast_id


def an_approved(
    office: Office, who: Staff | None = None, *, segment: object = None, reason: str | None = None, hours: float = 24
) -> BroadcastId:
    """Give a broadcast that two handlers signed."""
    who = who or staff(office)
    broadcast_id = a_submitted(office, who, segment=segment, reason=reason, hours=hours)
    desk.approve(office, who.approver, broadcast_id, desk.review(office, broadcast_id))
    return broadcast_id
