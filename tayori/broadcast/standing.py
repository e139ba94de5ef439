"""Standing approvals at the desk: a plan or a template is written by one, approved by another, and stopped by either.

What was approved is never altered: it is ended, and another one is written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import Connection

from tayori.broadcast import desk, media, signatures
from tayori.broadcast.audiences import count_now
from tayori.broadcast.control import MAY_STOP
from tayori.broadcast.desk import refuse_audience
from tayori.broadcast.moves import move
from tayori.broadcast.signatures import APPROVE, ROLE_FOR, SUBMIT
from tayori.desk.taking_up import ward_calendar
from tayori.domain.emergency import GENRE, KEY, read_choices, refuse_unfit
from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import HandlerId
from tayori.domain.material import Material
from tayori.domain.pictures import Picture, image_hashes
from tayori.domain.sending_policy import sending_policy
from tayori.domain.standing import (
    LONGEST_APPROVAL,
    Kind,
    StandingState,
    Terms,
    plan_particulars,
    read_plan,
    standing_step,
)
from tayori.domain.states import BroadcastState
from tayori.errors import BadInput, Refused
from tayori.office import Office
from tayori.vault import audit, roster
from tayori.vault.audit import Action
from tayori.vault.roster import Credential
from tayori.warehouse import batches, broadcasts, pictures, standing
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.standing import StandingRow

CALLED_OFF = Evidence("flow:plan", Purpose.DELIVERY)
UNSTARTED = (BroadcastState.APPROVED, BroadcastState.SCHEDULED, BroadcastState.HELD)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a handler has before their eyes when they sign: the terms, the text, and how many it would reach now."""

    terms: Terms
    messages: bytes
    count: int
    state: StandingState


def draft_plan(office: Office, writer: Credential, new: desk.Writing, written: Mapping[str, object]) -> str:
    """Keep a draft of a plan: what it says and to whom as in a broadcast, when by its rule; give its opaque id.

    The window of `new` is not looked at: each occurrence has its own.

    Raises:
        BadInput: the rule, a bound of the plan or the file of closing days is not understood.
        Refused: the handler is no writer today, or the plan's end has passed.

    """
    terms = read_plan(written, ward_calendar(office).closing_days)
    row = _row(office, writer, Kind.PLAN, f"p-{office.rng.getrandbits(64):016x}", new)
    row = replace(row, particulars=plan_particulars(terms), ends_on=terms.rule.last)
    return _keep(office, writer, row, new.pictures)


def draft_template(
    office: Office, writer: Credential, name: str, new: desk.Writing, values: object, ends_on: date
) -> str:
    """Keep a draft of a template for the emergency lane under its name.

    Raises:
        BadInput: the name, a placeholder or a list of values is not understood.
        Refused: the handler is no writer today, the genre is another one, or the end is past or over a year away.

    """
    if not KEY.fullmatch(name.replace("-", "_")):
        raise BadInput("A template's name is made of up to 30 small letters and hyphens, as in shelter-open.")
    if desk.genre_name(new.genre) != GENRE:
        raise Refused(f"A template of the emergency lane is of the genre {GENRE}; write any other as a broadcast.")
    choices = read_choices(values, new.messages)
    hosts, base = frozenset(office.settings.link_hosts), office.settings.web_base_url
    refuse_unfit(new.messages, choices, Material(link_hosts=hosts, web_base=base))
    row = _row(office, writer, Kind.TEMPLATE, name, new)
    return _keep(office, writer, replace(row, particulars=choices.particulars, ends_on=ends_on), new.pictures)


def _row(office: Office, writer: Credential, kind: Kind, standing_id: str, new: desk.Writing) -> StandingRow:
    return StandingRow(
        standing_id=standing_id,
        kind=kind,
        genre=new.genre,
        segment=new.segment,
        messages=new.messages,
        particulars="",
        ends_on=office.today(),
        state=StandingState.DRAFT,
        state_reason=None,
        small_audience_reason=None,
        approved_count=None,
        approved_at=None,
        drafted_by=HandlerId(writer.handler_id),
        created_at=office.now(),
    )


def _keep(office: Office, writer: Credential, row: StandingRow, shown: Sequence[Picture]) -> str:
    with writing(office.warehouse) as connection:
        roster.require_role(connection, writer.handler_id, ROLE_FOR[SUBMIT], office.today())
        _refuse_end(row, office)
        standing.add(connection, row)
        pictures.add(connection, shown, office.now())
        _decided(connection, office, writer.handler_id, f"{row.kind} {row.standing_id} drafted")
    return row.standing_id


def show(office: Office, standing_id: str, kind: Kind) -> Shown:
    """Show a plan or template as it would be signed now, with the number of people it would reach."""
    with reading(office.warehouse) as connection:
        row = standing.find(connection, standing_id, kind)
        return Shown(row.terms, row.messages, count_now(connection, row), row.state)


def submit(
    office: Office, writer: Credential, standing_id: str, seen: Shown, *, small_reason: str | None = None
) -> int:
    """Hand a draft in under the writer's signature; give how many people it would reach.

    Raises:
        Refused: the audience is empty, everybody by chance, or small without a reason; it changed since it was seen;
            the handler is no writer today.

    """
    with writing(office.warehouse) as connection:
        row = standing.find(connection, standing_id, seen.terms.kind, lock=True)
        roster.require_role(connection, writer.handler_id, ROLE_FOR[SUBMIT], office.today())
        standing_step(row.state, StandingState.SUBMITTED)
        _refuse_unseen(row, seen)
        _refuse_end(row, office)
        refuse_audience(connection, row, seen.count, small_reason)
        reason = small_reason if seen.count < sending_policy().of(row.genre).smallest_audience else None
        signed = replace(row, small_audience_reason=reason)
        signatures.sign_standing(connection, writer, signed, SUBMIT, seen.count, office.now())
        standing.move(connection, row, StandingState.SUBMITTED)
        standing.change(connection, standing_id, small_audience_reason=reason)
        _decided(connection, office, writer.handler_id, f"{row.kind} {standing_id} submitted", seen.count)
        media.publish(connection, office.media_folder, image_hashes(row.messages))
    return seen.count


def approve(office: Office, approver: Credential, standing_id: str, seen: Shown) -> int:
    """Approve exactly what was seen, until its end, under another handler's signature; give the count that it binds.

    Raises:
        Refused: the approver submitted it themself, is no approver today, or it changed since it was seen.
        Tampered: what is stored is not what was submitted.

    """
    with writing(office.warehouse) as connection:
        row = standing.find(connection, standing_id, seen.terms.kind, lock=True)
        roster.require_role(connection, approver.handler_id, ROLE_FOR[APPROVE], office.today())
        if row.state is not StandingState.SUBMITTED:
            raise Refused(f"The {row.kind} is {row.state}; only one that was submitted can be approved.")
        signatures.refuse_hand_of(approver, standing.signatures(connection, standing_id).get(SUBMIT), row.kind)
        _refuse_unseen(row, seen)
        _refuse_end(row, office)
        refuse_audience(connection, row, seen.count, row.small_audience_reason)
        signatures.sign_standing(connection, approver, row, APPROVE, seen.count, office.now())
        standing.move(connection, row, StandingState.APPROVED)
        standing.change(connection, standing_id, approved_count=seen.count, approved_at=office.now())
        signatures.verify_standing(connection, standing.find(connection, standing_id))
        _decided(connection, office, approver.handler_id, f"{row.kind} {standing_id} approved", seen.count)
    return seen.count


def pause(office: Office, who: Credential, standing_id: str, reason: str) -> None:
    """Let nothing new be made; what was made and not started is called off. What is being sent is paused by itself."""
    _stop(office, who, standing_id, StandingState.PAUSED, reason)


def resume(office: Office, who: Credential, standing_id: str) -> None:
    """Let a paused plan or template go on; days that passed meanwhile are late by its own policy."""
    with writing(office.warehouse) as connection:
        row = _mine_to_stop(connection, office, who, standing_id)
        if row.state is not StandingState.PAUSED:
            raise Refused(f"The {row.kind} is {row.state}; only a paused one goes on.")
        _refuse_end(row, office)
        standing.move(connection, row, StandingState.APPROVED)
        _decided(connection, office, who.handler_id, f"{row.kind} {standing_id} resumed")


def end(office: Office, who: Credential, standing_id: str, reason: str) -> None:
    """End it before its day: nothing new is made; what was made already still goes out."""
    _stop(office, who, standing_id, StandingState.ENDED, reason)


def cancel(office: Office, who: Credential, standing_id: str, reason: str) -> None:
    """Call it off for good, with everything that was made of it and not started."""
    _stop(office, who, standing_id, StandingState.CANCELLED, reason)


def _stop(office: Office, who: Credential, standing_id: str, after: StandingState, reason: str) -> None:
    if len(reason) > desk.LONGEST_REASON:
        raise BadInput(f"The reason is longer than {desk.LONGEST_REASON} letters.")
    with writing(office.warehouse) as connection:
        row = _mine_to_stop(connection, office, who, standing_id)
        standing.move(connection, row, after, reason)
        called_off = 0 if after is StandingState.ENDED else call_off(connection, office, row)
        _decided(connection, office, who.handler_id, f"{row.kind} {standing_id} {after}", called_off)
    if after is not StandingState.PAUSED:
        media.withdraw(office, image_hashes(row.messages))


def call_off(connection: Connection, office: Office, row: StandingRow) -> int:
    """Cancel what was made of a plan and not started; give how many broadcasts that are."""
    made = broadcasts.lock_all(connection, standing.made_in(connection, row.standing_id, UNSTARTED))
    unstarted = [one for one in made if one.state in UNSTARTED and one.started_at is None]
    for one in unstarted:
        move(connection, office, CALLED_OFF, one, BroadcastState.CANCELLED, reason=f"its {row.kind} was stopped")
        broadcasts.change(connection, one.broadcast_id, ended_at=office.now())
        batches.destroy_lists(connection, one.broadcast_id, planned=True)
    return len(unstarted)


def _mine_to_stop(connection: Connection, office: Office, who: Credential, standing_id: str) -> StandingRow:
    roster.require_any(connection, who.handler_id, MAY_STOP, office.today())
    return standing.find(connection, standing_id, lock=True)


def _refuse_unseen(row: StandingRow, seen: Shown) -> None:
    if seen.terms != row.terms:
        raise Refused(f"The {row.kind} changed since it was shown; look at it again, then sign.")


def _refuse_end(row: StandingRow, office: Office) -> None:
    if not office.today() <= row.ends_on <= office.today() + LONGEST_APPROVAL:
        raise Refused(f"The {row.kind} needs an end that is not past, and at most {LONGEST_APPROVAL.days} days away.")


def _decided(connection: Connection, office: Office, actor: str, what: str, count: int = 0) -> None:
    audit.record(connection, Evidence(actor, Purpose.DELIVERY), Action.DECIDE, what, count=count, now=office.now())
