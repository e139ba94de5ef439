"""The desk: staff write a broadcast, one hands it in, another one approves exactly that. None of this sends."""

import json
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection

from tayori.broadcast import media, signatures
from tayori.broadcast.audiences import Addressed, count_now, narrowing, read_audience
from tayori.broadcast.guards import audience as guards
from tayori.broadcast.guards.objection import Objection
from tayori.broadcast.guards.validation import AskFaults, faulty
from tayori.broadcast.moves import move
from tayori.broadcast.signatures import APPROVE, ROLE_FOR, SUBMIT
from tayori.domain.approval import Proposal, drifted
from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import BroadcastId, HandlerId
from tayori.domain.material import NOTHING, Material
from tayori.domain.messages import content_hash, message_bytes, pictures_named, read_messages, source_bytes
from tayori.domain.pictures import Picture
from tayori.domain.segments import Everyone, canonical_segment, read_segment
from tayori.domain.sending_policy import sending_policy
from tayori.domain.states import BroadcastState, step
from tayori.domain.ward import ward
from tayori.errors import BadInput, Refused
from tayori.office import Office
from tayori.vault import audit, roster
from tayori.vault.audit import Action
from tayori.vault.roster import Credential
from tayori.warehouse import audience, batches, broadcasts, overrides, pictures, segments, texts
from tayori.warehouse.broadcasts import BroadcastRow
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.texts import TextVersion

LONGEST_REASON = 200
STORED = ("genre", "segment", "messages", "not_before", "not_after")


@dataclass(frozen=True, slots=True)
class Writing:
    """What a writer hands in: the segment as its canonical text, the window in which it may go out, its own time.

    `content_at` is of when the content is (a feed's entry, last year's text); None: of the moment of writing.
    """

    genre: int
    segment: str
    messages: bytes
    not_before: datetime
    not_after: datetime
    content_at: datetime | None = None
    source: bytes = field(default=b"", repr=False)  # as the writer wrote it, to be used again
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True, slots=True)
class Review:
    """What a handler has before their eyes when they sign: the proposal, the text, and how many it would reach."""

    proposal: Proposal
    messages: bytes
    count: int
    state: BroadcastState


def written(
    genre: str,
    segment: object,
    messages: object,
    not_before: datetime,
    not_after: datetime,
    material: Material = NOTHING,
    *,
    content_at: datetime | None = None,
) -> Writing:
    """Read what a writer hands in: the genre's name or number, a segment and messages as written, and the window.

    `material` is what the messages may use: links, placeholders, pictures; without it, plain texts only. `content_at`
    is the content's own time, where that is not the moment of writing.

    Raises:
        BadInput: one of them is not understood; the sentence names the place.

    """
    code = ward().genre_code(genre)
    if code is None:
        raise BadInput(f"The ward has no such genre; choose from {'、'.join(ward().genres.values())}.")
    if content_at is not None and content_at.tzinfo is None:
        raise BadInput("The content's own time needs its time zone.")
    new = worded(code, canonical_segment(read_segment(segment)), messages, (not_before, not_after), material)
    return replace(new, content_at=content_at)


def worded(
    genre: int, audience: str, messages: object, window: tuple[datetime, datetime], material: Material = NOTHING
) -> Writing:
    """Read messages for an audience that is settled, as its canonical text.

    Raises:
        BadInput: a message or the window is not understood; the sentence names the place.

    """
    not_before, not_after = window
    if not_before.tzinfo is None or not_after.tzinfo is None or not_before >= not_after:
        raise BadInput("The window needs two moments with their time zone, the first before the last.")
    sent = message_bytes(read_messages(messages, material))
    shown = tuple(material.pictures[name] for name in pictures_named(messages))
    source = source_bytes(messages, material)
    return Writing(genre, audience, sent, not_before, not_after, source=source, pictures=shown)


def genre_name(code: int) -> str:
    """Give the ward's term for a genre."""
    return ward().genres[code]


def plain_segment(canonical: str) -> object:
    """Give a stored segment as it is written in YAML."""
    written: object = json.loads(canonical)
    return written


def store_segment(office: Office, writer: Credential, name: str, segment: object) -> None:
    """Store a segment under a name, for broadcasts in any genre."""
    text = canonical_segment(read_segment(segment))
    with writing(office.warehouse) as connection:
        roster.require_role(connection, writer.handler_id, ROLE_FOR[SUBMIT], office.today())
        segments.add(connection, name, text, writer.handler_id, office.now())
        _decided(connection, office, writer, f"segment {name} stored", 0)


def segment_count(office: Office, genre: int, canonical: str) -> int:
    """How many of those who chose a genre a segment narrows to now."""
    with reading(office.warehouse) as connection:
        return audience.count_audience(connection, genre, narrowing(read_audience(canonical)))


def draft(office: Office, writer: Credential, new: Writing) -> BroadcastId:
    """Keep a draft; give its opaque id.

    Raises:
        Refused: the handler is no writer today, or the window is over.

    """
    row = new_row(office, writer.handler_id, new)
    with writing(office.warehouse) as connection:
        roster.require_role(connection, writer.handler_id, ROLE_FOR[SUBMIT], office.today())
        _refuse_past(new.not_after, office)
        broadcasts.add(connection, row)
        keep_version(connection, office, writer.handler_id, row.broadcast_id, new)
        _decided(connection, office, writer, f"broadcast {row.broadcast_id} drafted", 0)
    return row.broadcast_id


def new_row(office: Office, drafted_by: str, new: Writing) -> BroadcastRow:
    """Give the row of a new draft under a fresh opaque id and unit; nothing is written yet."""
    return BroadcastRow(
        broadcast_id=BroadcastId(f"b-{office.rng.getrandbits(64):016x}"),
        genre=new.genre,
        segment=new.segment,
        messages=new.messages,
        content_hash=content_hash(new.messages),
        not_before=new.not_before,
        not_after=new.not_after,
        state=BroadcastState.DRAFT,
        state_reason=None,
        small_audience_reason=None,
        approved_count=None,
        frozen_count=None,
        all_frozen=False,
        unit=f"r{office.today():%Y%m%d}{office.rng.getrandbits(48):012x}",
        drafted_by=HandlerId(drafted_by),
        created_at=office.now(),
        content_at=_content_time(office, new),
    )


def alter(office: Office, writer: Credential, broadcast_id: BroadcastId, new: Writing) -> None:
    """Write a broadcast anew that was not started: it is a draft again, and every signature is void."""
    with writing(office.warehouse) as connection:
        row = broadcasts.find(connection, broadcast_id, lock=True)
        roster.require_role(connection, writer.handler_id, ROLE_FOR[SUBMIT], office.today())
        if not batches.untouched(connection, broadcast_id):
            raise Refused("Part of the broadcast went out; cancel it, then send a correction or a new one.")
        signatures.refuse_bound(connection, broadcast_id)
        if row.state is not BroadcastState.DRAFT:
            move(connection, office, _evidence(writer), row, BroadcastState.DRAFT)
        _refuse_unowned(row)
        audit.reserve(connection)
        broadcasts.void_signatures(connection, broadcast_id)
        overrides.void(connection, broadcast_id)
        batches.unfreeze(connection, broadcast_id)
        broadcasts.change(
            connection,
            broadcast_id,
            **{name: getattr(new, name) for name in STORED},
            content_at=_content_time(office, new),
            drafted_by=writer.handler_id,
            content_hash=content_hash(new.messages),
            small_audience_reason=None,
            approved_count=None,
            frozen_count=None,
            all_frozen=False,
        )
        keep_version(connection, office, writer.handler_id, broadcast_id, new)
        _decided(connection, office, writer, f"broadcast {broadcast_id} altered, signatures void", 0)
    media.withdraw(office, row.proposal.image_hashes)


def keep_version(connection: Connection, office: Office, writer: str, broadcast_id: BroadcastId, new: Writing) -> None:
    """Keep what was written as the next version, with its pictures; earlier versions stay."""
    pictures.add(connection, new.pictures, office.now())
    version = texts.newest(connection, broadcast_id) + 1
    hashed, now = content_hash(new.messages), office.now()
    texts.add(
        connection,
        TextVersion(broadcast_id, version, new.genre, hashed, HandlerId(writer), now, new.source, new.messages),
    )


def review(office: Office, broadcast_id: BroadcastId) -> Review:
    """Show a broadcast as it would be signed now, with the number of people it would reach."""
    with reading(office.warehouse) as connection:
        row = broadcasts.find(connection, broadcast_id)
        return Review(row.proposal, row.messages, count_now(connection, row), row.state)


def submit(
    office: Office,
    writer: Credential,
    broadcast_id: BroadcastId,
    seen: Review,
    *,
    small_reason: str | None = None,
    faults: AskFaults | None = None,
) -> int:
    """Hand a draft in under the writer's signature; give how many people it would reach.

    `faults` lets LINE check the messages first.

    Raises:
        Refused: the audience is empty, is everybody without saying so, or is small without a reason; LINE would refuse
            the messages; the draft changed since it was seen; the handler is no writer today.
        Unavailable: LINE could not be asked.

    """
    _heed(faulty(faults(seen.messages)) if faults else None)
    with writing(office.warehouse) as connection:
        row = broadcasts.find(connection, broadcast_id, lock=True)
        roster.require_role(connection, writer.handler_id, ROLE_FOR[SUBMIT], office.today())
        step(row.state, BroadcastState.SUBMITTED)
        _refuse_unowned(row)
        _refuse_unseen(row, seen)
        _refuse_past(row.not_after, office)
        refuse_audience(connection, row, seen.count, small_reason)
        reason = small_reason if seen.count < sending_policy().of(row.genre).smallest_audience else None
        proposal = replace(row.proposal, small_audience_reason=reason)
        signatures.sign(connection, writer, proposal, SUBMIT, seen.count, office.now())
        move(connection, office, _evidence(writer), row, BroadcastState.SUBMITTED, count=seen.count)
        broadcasts.change(connection, broadcast_id, small_audience_reason=reason)
        media.publish(connection, office.media_folder, proposal.image_hashes)
    return seen.count


def approve(office: Office, approver: Credential, broadcast_id: BroadcastId, seen: Review) -> int:
    """Approve exactly what was seen, under another handler's signature; give the count that it binds.

    A broadcast that was held because its audience drifted is approved again in the same way, with today's count.

    Raises:
        Refused: the approver submitted it themself, is no approver today, or it changed since it was seen.
        Tampered: what is stored is not what was submitted.

    """
    with writing(office.warehouse) as connection:
        row = broadcasts.find(connection, broadcast_id, lock=True)
        roster.require_role(connection, approver.handler_id, ROLE_FOR[APPROVE], office.today())
        step(row.state, BroadcastState.APPROVED)
        signatures.refuse_same_hand(connection, approver, row)
        _refuse_unseen(row, seen)
        _refuse_past(row.not_after, office)
        refuse_audience(connection, row, seen.count, row.small_audience_reason)
        signatures.sign(connection, approver, row.proposal, APPROVE, seen.count, office.now())
        move(connection, office, _evidence(approver), row, BroadcastState.APPROVED, count=seen.count)
        broadcasts.change(connection, broadcast_id, approved_count=seen.count)
        if batches.untouched(connection, broadcast_id):  # else what is left of the frozen audience stays as it is
            batches.unfreeze(connection, broadcast_id)
            broadcasts.change(connection, broadcast_id, frozen_count=None, all_frozen=False)
        signatures.verify(connection, broadcasts.find(connection, broadcast_id))
        _schedule(connection, office, approver, broadcast_id)
    return seen.count


def _schedule(connection: Connection, office: Office, approver: Credential, broadcast_id: BroadcastId) -> None:
    """Let a broadcast that is due later wait for its moment: then the dispatch starts it by itself."""
    row = broadcasts.find(connection, broadcast_id)
    if row.not_before > office.now():
        move(connection, office, _evidence(approver), row, BroadcastState.SCHEDULED)


def _refuse_unowned(row: BroadcastRow) -> None:
    if ":" in row.drafted_by:  # no handler's id has one: it came from a feed or a record, which sign nothing (I7)
        raise Refused("No writer has taken this draft over; do so with `tayori broadcast take-over`, then submit it.")


def _refuse_unseen(row: BroadcastRow, seen: Review) -> None:
    if seen.proposal != row.proposal:
        raise Refused("The broadcast changed since it was shown; look at it again, then sign.")


def _refuse_past(not_after: datetime, office: Office) -> None:
    if not_after <= office.now():
        raise Refused("The window of the broadcast is over; give it a new one.")


def refuse_audience(connection: Connection, row: Addressed, seen: int, reason: str | None) -> None:
    """Refuse an audience that is empty, moved since it was shown, is everybody by chance, or small without a reason."""
    found, figures = read_audience(row.segment), sending_policy().of(row.genre)
    count = count_now(connection, row)
    if count == 0 or seen == 0:
        raise Refused("The segment matches nobody who chose the genre; nothing can be sent to it.")
    if drifted(seen, count, figures.drift):
        raise Refused("The audience changed since the broadcast was shown; look at it again, then sign.")
    _heed(guards.everybody(narrowing(found), count, audience.count_audience(connection, row.genre, Everyone())))
    if guards.too_few(min(count, seen), figures.smallest_audience, reason):
        raise Refused(
            f"Fewer than {figures.smallest_audience} people would get it; say why so few, then submit it again."
        )
    if reason and len(reason) > LONGEST_REASON:
        raise BadInput(f"The reason is longer than {LONGEST_REASON} letters.")


def _heed(objection: Objection | None) -> None:
    if objection is not None:
        raise objection.error(objection.sentence)


def _content_time(office: Office, new: Writing) -> datetime:
    """The content's own time: as stated, else the moment of writing.

    Raises:
        Refused: it lies in the future, where nothing would ever be old.

    """
    if new.content_at is not None and new.content_at > office.now():
        raise Refused("The content's own time lies in the future; give the moment at which it was written.")
    return new.content_at or office.now()


def _decided(connection: Connection, office: Office, who: Credential, what: str, count: int) -> None:
    audit.record(connection, _evidence(who), Action.DECIDE, what, count=count, now=office.now())


def _evidence(who: Credential) -> Evidence:
    return Evidence(who.handler_id, Purpose.DELIVERY)
