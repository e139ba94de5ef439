"""The emergency lane: a template that two approved beforehand, sent on the duty officer's signature alone (I10).

What it says is at most 30 minutes old; a second person reviews it within 24 hours.
"""

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import Connection

from tayori.broadcast import desk, signatures
from tayori.broadcast.audiences import count_now
from tayori.broadcast.desk import Writing
from tayori.broadcast.moves import move
from tayori.broadcast.signatures import DUTY, ROLE_FOR
from tayori.domain.canonical import canonical_bytes
from tayori.domain.emergency import FRESH_FOR, REVIEW_WITHIN, Filled, Verdict, fill, stored_choices
from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import BroadcastId
from tayori.domain.standing import Kind, StandingState
from tayori.domain.states import BroadcastState
from tayori.errors import NotFound, Refused
from tayori.office import TOKYO, Office
from tayori.vault import audit, roster
from tayori.vault.audit import Action
from tayori.vault.roster import Credential
from tayori.warehouse import broadcasts, emergencies, standing
from tayori.warehouse.emergencies import EmergencyRow
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.standing import StandingRow

REVIEWS = ("approver", "responsible")


def sign_off(office: Office, duty: Credential, template: str, values: Mapping[str, str]) -> BroadcastId:
    """Make a broadcast of a template on the duty officer's signature; it is scheduled for now.

    Raises:
        Refused: the handler is not on duty by the roster; the template is not approved or its end has passed; the
            content is older than 30 minutes; nobody would get it; the very same was signed within the half hour.
        BadInput: a value is missing or not on its list.
        Tampered: the template is not what two handlers approved.

    """
    with writing(office.warehouse) as connection:
        roster.require_role(connection, duty.handler_id, ROLE_FOR[DUTY], office.today())
        held = standing.find(connection, template, Kind.TEMPLATE, lock=True)
        _refuse_unusable(held, office)
        signatures.verify_standing(connection, held)
        filled = fill(held.messages, stored_choices(held.particulars), values, office.now())
        _refuse_repeated(connection, office, held, filled)
        broadcast_id, count = _make(connection, office, duty, held, filled)
        what = f"emergency broadcast {broadcast_id} of template {template} signed"
        _decided(connection, office, duty, what, count)
    return broadcast_id


def _make(
    connection: Connection, office: Office, duty: Credential, held: StandingRow, filled: Filled
) -> tuple[BroadcastId, int]:
    count = count_now(connection, held)
    if count == 0:
        raise Refused("The template's segment matches nobody now; nothing was sent.")
    ends = filled.as_of + FRESH_FOR
    new = Writing(held.genre, held.segment, filled.messages, filled.as_of, ends, content_at=filled.as_of)
    row = replace(
        desk.new_row(office, duty.handler_id, new),
        state=BroadcastState.APPROVED,
        approved_count=count,
        small_audience_reason=held.small_audience_reason,
    )
    broadcasts.add(connection, row)
    review_by = office.now() + REVIEW_WITHIN
    emergencies.add(
        connection, EmergencyRow(row.broadcast_id, held.standing_id, filled.values, filled.as_of, review_by)
    )
    signatures.sign(connection, duty, row.proposal, DUTY, count, office.now())
    signatures.verify(connection, row)
    move(connection, office, Evidence(duty.handler_id, Purpose.DELIVERY), row, BroadcastState.SCHEDULED, count=count)
    return row.broadcast_id, count


def _refuse_unusable(held: StandingRow, office: Office) -> None:
    if held.state is not StandingState.APPROVED:
        raise Refused(f"The template is {held.state}; only one that two handlers approved can be used.")
    if office.today() > held.ends_on:
        raise Refused(f"The template's approval ended on {held.ends_on}; two handlers have to approve a new one.")


def _refuse_repeated(connection: Connection, office: Office, held: StandingRow, filled: Filled) -> None:
    for one in emergencies.since(connection, held.standing_id, office.now() - FRESH_FOR):
        state = broadcasts.find(connection, one.broadcast_id).state
        if one.filled_in == filled.values and state is not BroadcastState.CANCELLED:
            raise Refused(f"The same was signed within the half hour as {one.broadcast_id}; see its status.")


def review(office: Office, reviewer: Credential, broadcast_id: BroadcastId, verdict: Verdict) -> None:
    """Review an emergency broadcast afterwards, under a second person's signature; late is recorded as late.

    Raises:
        NotFound: no broadcast of the emergency lane has this id.
        Refused: the reviewer signed it themself, may not review, or it was reviewed already.

    """
    with writing(office.warehouse) as connection:
        urgent = emergencies.find(connection, broadcast_id, lock=True)
        if urgent is None:
            raise NotFound("No broadcast of the emergency lane has this id.")
        roster.require_any(connection, reviewer.handler_id, REVIEWS, office.today())
        if urgent.reviewed_at is not None:
            raise Refused("The broadcast was reviewed already; a review stands as it was signed.")
        _refuse_own(connection, reviewer, broadcast_id)
        row = broadcasts.find(connection, broadcast_id)
        statement = review_statement(broadcast_id, row.content_hash, verdict)
        emergencies.reviewed(
            connection,
            broadcast_id,
            reviewed_at=office.now(),
            reviewer=reviewer.handler_id,
            verdict=verdict.value,
            statement=statement,
            signature=reviewer.sign(statement),
        )
        when = "late" if office.now() > urgent.review_by else "in time"
        _decided(connection, office, reviewer, f"emergency broadcast {broadcast_id} reviewed {when}: {verdict}", 0)


def review_statement(broadcast_id: BroadcastId, content_hash: str, verdict: Verdict) -> bytes:
    """The bytes that a reviewer signs."""
    said = {"form": "tayori emergency review 1", "broadcast": broadcast_id, "content_sha256": content_hash}
    return canonical_bytes({**said, "verdict": verdict.value})


def waiting(office: Office) -> list[EmergencyRow]:
    """Give the emergency broadcasts that wait for their review, the most urgent first."""
    with reading(office.warehouse) as connection:
        return emergencies.unreviewed(connection)


def _refuse_own(connection: Connection, reviewer: Credential, broadcast_id: BroadcastId) -> None:
    duty = broadcasts.signatures(connection, broadcast_id)[DUTY]
    if reviewer.handler_id == duty.handler_id or reviewer.key_id == duty.key_id:
        signed = f"{duty.signed_at.astimezone(TOKYO):%m-%d %H:%M}"
        raise Refused(f"Who signed an emergency broadcast ({signed}) cannot review it; a second person has to.")


def _decided(connection: Connection, office: Office, who: Credential, what: str, count: int) -> None:
    evidence = Evidence(who.handler_id, Purpose.DELIVERY)
    audit.record(connection, evidence, Action.DECIDE, what, count=count, now=office.now())
