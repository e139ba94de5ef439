"""Overrides: a second handler lets exactly one guard of exactly this broadcast pass, under their signature (I10)."""

from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from tayori.broadcast import signatures
from tayori.broadcast.guards.situation import Situation
from tayori.broadcast.guards.table import Guard, guard_named
from tayori.broadcast.moves import move
from tayori.broadcast.signatures import DUTY
from tayori.domain.approval import Proposal
from tayori.domain.canonical import canonical_bytes
from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import BroadcastId
from tayori.domain.states import FRESH, BroadcastState
from tayori.errors import BadInput, Refused, Tampered
from tayori.office import TOKYO, Office
from tayori.vault import audit, roster
from tayori.vault.audit import Action
from tayori.vault.roster import Credential
from tayori.warehouse import broadcasts, overrides
from tayori.warehouse import roster as rows
from tayori.warehouse.broadcasts import BroadcastRow
from tayori.warehouse.engines import writing
from tayori.warehouse.overrides import OverrideRow

ROLE: Final = "approver"
FORM: Final = "tayori guard override 1"
LONGEST_REASON: Final = 200


def override(office: Office, approver: Credential, broadcast_id: BroadcastId, name: str, reason: str) -> None:
    """Let one guard of one broadcast pass; a broadcast that it holds is approved again.

    Raises:
        BadInput: no guard has this name, or the reason is missing or too long.
        Refused: nobody may override this guard; the handler drafted or submitted the broadcast, or is no approver
            today; this guard does not hold the broadcast; the window is over.
        Tampered: the broadcast is not what was approved.

    """
    guard, reason = guard_named(name), _reason(reason)
    evidence = Evidence(approver.handler_id, Purpose.DELIVERY)
    with writing(office.warehouse) as connection:
        row = broadcasts.find(connection, broadcast_id, lock=True)
        roster.require_role(connection, approver.handler_id, ROLE, office.today())
        here = Situation(connection, row, office.now())
        _refuse_forbidden(guard, here)
        _refuse_first_hands(connection, row, approver)
        signatures.verify(connection, row)
        _refuse_needless(guard, here)
        overrides.put(connection, _signed(approver, row, guard, reason, office.now()))
        if row.state is BroadcastState.HELD:
            move(connection, office, evidence, row, BroadcastState.APPROVED)
        what = f"broadcast {broadcast_id}: {name} overridden"
        audit.record(connection, evidence, Action.DECIDE, what, count=row.approved_count or 0, now=office.now())


def is_overridden(here: Situation, guard: Guard) -> bool:
    """Whether a second handler let this guard pass for exactly what is stored now.

    Raises:
        Tampered: an override is stored that nobody who may gave for this broadcast, this content and this guard.
        Refused: its signer was no approver on the day of the signature.

    """
    one = overrides.find(here.connection, here.row.broadcast_id, guard.name)
    if one is None or not guard.may_be_overridden(here.policy):
        return False
    if one.statement != _statement(here.row.proposal, guard.name, one.reason):
        raise Tampered(f"The override of {guard.name} was not given for this broadcast as it is. Nothing was sent.")
    if _is_first_hand(here.connection, here.row, one.handler_id, one.key_id):
        raise Tampered(f"The override of {guard.name} is by the hand that wrote the broadcast. Nothing was sent.")
    roster.verify_signature(here.connection, one.handler_id, one.statement, one.signature)
    roster.require_role(here.connection, one.handler_id, ROLE, one.signed_at.astimezone(TOKYO).date())
    return True


def _statement(proposal: Proposal, name: str, reason: str) -> bytes:
    """The bytes that are signed: the guard, the reason, and the whole proposal; the approved count binds nothing."""
    whole = proposal.statement("override", 0).decode("utf-8")
    return canonical_bytes({"form": FORM, "guard": name, "reason": reason, "proposal": whole})


def _signed(approver: Credential, row: BroadcastRow, guard: Guard, reason: str, now: datetime) -> OverrideRow:
    statement = _statement(row.proposal, guard.name, reason)
    return OverrideRow(
        row.broadcast_id,
        guard.name,
        reason,
        approver.handler_id,
        approver.key_id,
        statement,
        approver.sign(statement),
        now,
    )


def _reason(written: str) -> str:
    reason = written.strip()
    if not reason:
        raise BadInput("An override needs its reason; say why the guard may be passed this time.")
    if len(reason) > LONGEST_REASON:
        raise BadInput(f"The reason is longer than {LONGEST_REASON} letters.")
    return reason


def _refuse_forbidden(guard: Guard, here: Situation) -> None:
    if not guard.may_be_overridden(here.policy):
        instead = guard.instead or "What it says has to be put right."
        raise Refused(f"Nobody may override {guard.name}. {instead}")


def _refuse_first_hands(connection: Connection, row: BroadcastRow, approver: Credential) -> None:
    if _is_first_hand(connection, row, approver.handler_id, approver.key_id):
        raise Refused("Who drafts or submits a broadcast cannot override its guards; another handler has to.")


def _is_first_hand(connection: Connection, row: BroadcastRow, handler_id: str, key_id: str) -> bool:
    """Whether a hand wrote the broadcast, handed it in, or signed it on duty: by its name or by its key."""
    own = broadcasts.signatures(connection, row.broadcast_id)
    drafter = rows.find(connection, row.drafted_by)
    hands = {row.drafted_by, drafter.public_key.hex() if drafter else ""}
    for signed in (signatures.submission_of(connection, row.broadcast_id), own.get(DUTY)):
        hands |= {signed.handler_id, signed.key_id} if signed else set()
    return not hands.isdisjoint({handler_id, key_id})


def _refuse_needless(guard: Guard, here: Situation) -> None:
    row = here.row
    if row.not_after <= here.now:
        raise Refused("The window of the broadcast is over; give it a new one.")
    if row.state is BroadcastState.HELD and row.held_by == guard.name:
        return
    if row.state not in FRESH or guard.rule(here) is None:
        by = f" by {row.held_by}" if row.held_by else ""
        raise Refused(f"The broadcast is {row.state}{by}; {guard.name} does not stand in its way.")
