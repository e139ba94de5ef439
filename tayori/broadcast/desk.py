"""The desk: staff write a broadcast, one hands it in, another one approves exactly that. None of this sends."""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection

from tayori.broadcast import signatures
from tayori.broadcast.signatures import APPROVE, ROLE_FOR, SUBMIT
from tayori.domain.approval import SMALLEST_AUDIENCE, Proposal, drifted
from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import BroadcastId, HandlerId
from tayori.domain.messages import content_hash, message_bytes, read_messages
from tayori.domain.segments import Everyone, Segment, canonical_segment, read_segment
from tayori.domain.states import BroadcastState, step
from tayori.domain.ward import ward
from tayori.errors import BadInput, Refused
from tayori.office import Office
from tayori.vault import audit, roster
from tayori.vault.audit import Action
from tayori.vault.roster import Credential
from tayori.warehouse import audience, batches, broadcasts, segments
from tayori.warehouse.broadcasts import BroadcastRow
from tayori.warehouse.engines import reading, writing

LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class Writing:
    """What a writer hands in: the segment as its canonical text, and the window in which it may go out."""

    genre: int
    segment: str
    messages: bytes
    not_before: datetime
    not_after: datetime


class Addressed(Protocol):
    """What goes to those who chose a genre, narrowed by a segment."""

    @property
    def genre(self) -> int: ...  # noqa: D102 - fields of the rows
    @property
    def segment(self) -> str: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Review:
    """What a handler has before their eyes when they sign: the proposal, the text, and how many it would reach."""

    proposal: Proposal
    messages: bytes
    count: int
    state: BroadcastState


def written(genre: str, segment: object, messages: object, not_before: datetime, not_after: datetime) -> Writing:
    """Read what a writer hands in: the genre's name or number, a segment and messages as written, and the window.

    Raises:
        BadInput: one of them is not understood; the sentence names the place.

    """
    code = ward().genre_code(genre)
    if code is None:
        raise BadInput(f"The ward has no such genre; choose from {'、'.join(ward().genres.values())}.")
    if not_before.tzinfo is None or not_after.tzinfo is None or not_before >= not_after:
        raise BadInput("The window needs two moments with their time zone, the first before the last.")
    text = canonical_segment(read_segment(segment))
    return Writing(code, text, message_bytes(read_messages(messages)), not_before, not_after)


def genre_name(code: int) -> str:
    """Give the ward's term for a genre."""
    return ward().genres[code]


def read_stored(canonical: str) -> Segment:
    """Give the segment that a canonical text stands for."""
    return read_segment(json.loads(canonical))


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
        return audience.count_audience(connection, genre, read_stored(canonical))


def draft(office: Office, writer: Credential, new: Writing) -> BroadcastId:
    """Keep a draft; give its opaque id.

    Raises:
        Refused: the handler is no writer today, or the window is over.

    """
    row = blank(office, writer.handler_id, new)
    with writing(office.warehouse) as connection:
        roster.require_role(connection, writer.handler_id, ROLE_FOR[SUBMIT], office.today())
        _refuse_past(new.not_after, office)
        broadcasts.add(connection, row)
        _decided(connection, office, writer, f"broadcast {row.broadcast_id} drafted", 0)
    return row.broadcast_id


def blank(office: Office, drafted_by: HandlerId, new: Writing) -> BroadcastRow:
    """Give the row of a new draft, under a fresh id and a fresh unit of LINE's statistics."""
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
        drafted_by=drafted_by,
        created_at=office.now(),
    )


def alter(office: Office, writer: Credential, broadcast_id: BroadcastId, new: Writing) -> None:
    """Write a broadcast anew that was not started: it is a draft again, and every signature is void."""
    with writing(office.warehouse) as connection:
        row = broadcasts.find(connection, broadcast_id, lock=True)
        roster.require_role(connection, writer.handler_id, ROLE_FOR[SUBMIT], office.today())
        signatures.refuse_bound(connection, broadcast_id)
        if row.state is not BroadcastState.DRAFT:
            broadcasts.move(connection, row, BroadcastState.DRAFT)
        broadcasts.void_signatures(connection, broadcast_id)
        batches.unfreeze(connection, broadcast_id)
        broadcasts.change(
            connection,
            broadcast_id,
            **{name: getattr(new, name) for name in Writing.__slots__},
            content_hash=content_hash(new.messages),
            small_audience_reason=None,
            approved_count=None,
            frozen_count=None,
            all_frozen=False,
        )
        _decided(connection, office, writer, f"broadcast {broadcast_id} altered, signatures void", 0)


def review(office: Office, broadcast_id: BroadcastId) -> Review:
    """Show a broadcast as it would be signed now, with the number of people it would reach."""
    with reading(office.warehouse) as connection:
        row = broadcasts.find(connection, broadcast_id)
        return Review(row.proposal, row.messages, count_now(connection, row), row.state)


def count_now(connection: Connection, row: Addressed) -> int:
    """How many people a stored broadcast would reach now."""
    return audience.count_audience(connection, row.genre, read_stored(row.segment))


def submit(
    office: Office, writer: Credential, broadcast_id: BroadcastId, seen: Review, *, small_reason: str | None = None
) -> int:
    """Hand a draft in under the writer's signature; give how many people it would reach.

    Raises:
        Refused: the audience is empty, is everybody without saying so, or is small without a reason; the draft
            changed since it was seen; the handler is no writer today.

    """
    with writing(office.warehouse) as connection:
        row = broadcasts.find(connection, broadcast_id, lock=True)
        roster.require_role(connection, writer.handler_id, ROLE_FOR[SUBMIT], office.today())
        step(row.state, BroadcastState.SUBMITTED)
        _refuse_unseen(row, seen)
        _refuse_past(row.not_after, office)
        refuse_audience(connection, row, seen.count, small_reason)
        reason = small_reason if seen.count < SMALLEST_AUDIENCE else None
        proposal = replace(row.proposal, small_audience_reason=reason)
        signatures.sign(connection, writer, proposal, SUBMIT, seen.count, office.now())
        broadcasts.move(connection, row, BroadcastState.SUBMITTED)
        broadcasts.change(connection, broadcast_id, small_audience_reason=reason)
        _decided(connection, office, writer, f"broadcast {broadcast_id} submitted", seen.count)
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
        batches.unfreeze(connection, broadcast_id)
        signatures.sign(connection, approver, row.proposal, APPROVE, seen.count, office.now())
        broadcasts.move(connection, row, BroadcastState.APPROVED)
        broadcasts.change(connection, broadcast_id, approved_count=seen.count, frozen_count=None, all_frozen=False)
        signatures.verify(connection, broadcasts.find(connection, broadcast_id))
        _schedule(connection, office, broadcast_id)
        _decided(connection, office, approver, f"broadcast {broadcast_id} approved", seen.count)
    return seen.count


def _schedule(connection: Connection, office: Office, broadcast_id: BroadcastId) -> None:
    """Let a broadcast that is due later wait for its moment: then the dispatch starts it by itself."""
    row = broadcasts.find(connection, broadcast_id)
    if row.not_before > office.now():
        broadcasts.move(connection, row, BroadcastState.SCHEDULED)


def _refuse_unseen(row: BroadcastRow, seen: Review) -> None:
    if seen.proposal != row.proposal:
        raise Refused("The broadcast changed since it was shown; look at it again, then sign.")


def _refuse_past(not_after: datetime, office: Office) -> None:
    if not_after <= office.now():
        raise Refused("The window of the broadcast is over; give it a new one.")


def refuse_audience(connection: Connection, row: Addressed, seen: int, reason: str | None) -> None:
    """Refuse an audience that is empty, moved since it was shown, is everybody by chance, or small without a reason."""
    segment = read_stored(row.segment)
    count = audience.count_audience(connection, row.genre, segment)
    if count == 0 or seen == 0:
        raise Refused("The segment matches nobody who chose the genre; nothing can be sent to it.")
    if drifted(seen, count):
        raise Refused("The audience changed since the broadcast was shown; look at it again, then sign.")
    if not isinstance(segment, Everyone) and count == audience.count_audience(connection, row.genre, Everyone()):
        raise Refused("The segment matches everybody who chose the genre; write `everyone: true` if that is meant.")
    if min(count, seen) < SMALLEST_AUDIENCE and not (reason and reason.strip()):
        raise Refused(f"Fewer than {SMALLEST_AUDIENCE} people would get it; say why so few, then submit it again.")
    if reason and len(reason) > LONGEST_REASON:
        raise BadInput(f"The reason is longer than {LONGEST_REASON} letters.")


def _decided(connection: Connection, office: Office, who: Credential, what: str, count: int) -> None:
    evidence = Evidence(who.handler_id, Purpose.DELIVERY)
    audit.record(connection, evidence, Action.DECIDE, what, count=count, now=office.now())
