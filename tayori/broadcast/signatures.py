"""Two signatures by two people over exactly what is stored: without both, nothing is sent (I10).

Three lanes lead to a send. An ordinary broadcast carries both signatures itself. A broadcast that a plan made carries
none: the plan's two cover it, if it is exactly what the plan says for its day. An emergency broadcast carries the duty
officer's own, over a template that two handlers signed beforehand, filled in from its closed lists.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from math import inf
from typing import Final, Protocol

from sqlalchemy import Connection

from tayori.domain.approval import Proposal
from tayori.domain.emergency import FRESH_FOR, fill, stored_choices
from tayori.domain.identifiers import BroadcastId, HandlerId
from tayori.domain.recurrence import occurrences
from tayori.domain.standing import COVERS, Kind, stored_plan
from tayori.errors import Refused, Tampered, TayoriError
from tayori.office import TOKYO
from tayori.vault import roster
from tayori.vault.roster import Credential
from tayori.warehouse import broadcasts, emergencies, standing
from tayori.warehouse.broadcasts import BroadcastRow, SignatureRow
from tayori.warehouse.emergencies import EmergencyRow
from tayori.warehouse.standing import Occurrence, StandingRow, StandingSignature

SUBMIT, APPROVE, DUTY = "submit", "approve", "duty"
ROLE_FOR = {SUBMIT: "writer", APPROVE: "approver", DUTY: "duty"}
BOTH: Final = frozenset({SUBMIT, APPROVE})


class Signed(Protocol):
    """A signature as it is kept, whatever it stands under."""

    @property
    def role(self) -> str: ...  # noqa: D102 - fields of the rows
    @property
    def handler_id(self) -> str: ...  # noqa: D102
    @property
    def key_id(self) -> str: ...  # noqa: D102
    @property
    def statement(self) -> bytes: ...  # noqa: D102
    @property
    def signature(self) -> bytes: ...  # noqa: D102
    @property
    def signed_at(self) -> datetime: ...  # noqa: D102


def sign(
    connection: Connection, credential: Credential, proposal: Proposal, role: str, count: int, now: datetime
) -> None:
    """Sign a proposal with the count that the handler saw, and keep the signature."""
    statement = proposal.statement(role, count)
    broadcasts.sign(
        connection,
        SignatureRow(
            proposal.broadcast_id,
            role,
            credential.handler_id,
            credential.key_id,
            statement,
            credential.sign(statement),
            now,
        ),
    )


def sign_standing(
    connection: Connection, credential: Credential, row: StandingRow, role: str, count: int, now: datetime
) -> None:
    """Sign a standing approval with the count that the handler saw, and keep the signature."""
    statement = row.terms.statement(role, count)
    signature = credential.sign(statement)
    held = (row.standing_id, role, credential.handler_id, credential.key_id, statement, signature, now)
    standing.sign(connection, StandingSignature(*held))


def refuse_same_hand(connection: Connection, credential: Credential, broadcast: BroadcastRow) -> None:
    """Refuse an approver who submitted the broadcast themself, under this id or with this key.

    Raises:
        Refused: one handler, or one key, in two roles.

    """
    refuse_hand_of(credential, submission_of(connection, broadcast.broadcast_id), "broadcast")


def submission_of(connection: Connection, broadcast_id: BroadcastId) -> Signed | None:
    """Give the signature under which a broadcast was handed in: its own, or that of the plan that made it."""
    made = standing.occurrence_of(connection, broadcast_id)
    if made is not None:
        return standing.signatures(connection, made.standing_id).get(SUBMIT)
    return broadcasts.signatures(connection, broadcast_id).get(SUBMIT)


def refuse_hand_of(credential: Credential, submitted: Signed | None, what: str) -> None:
    """Refuse an approver whose hand the submission is by, whatever was submitted; see `refuse_same_hand`."""
    if submitted is None:
        raise Refused(f"The {what} carries no submission; submit it again, then another handler can approve it.")
    if credential.handler_id == submitted.handler_id or credential.key_id == submitted.key_id:
        raise Refused(f"Who submits a {what} cannot approve it too; another handler has to.")


def refuse_bound(connection: Connection, broadcast_id: BroadcastId) -> None:
    """Refuse to write a broadcast anew that was made of a plan or template: it is what those say, or it is nothing.

    Raises:
        Refused: it was; it can be cancelled, and another one written.

    """
    made = standing.occurrence_of(connection, broadcast_id)
    if made is not None or emergencies.find(connection, broadcast_id) is not None:
        raise Refused("The broadcast was made of a plan or template; cancel it, and write another one.")


def margin(connection: Connection, broadcast: BroadcastRow, usual: float) -> float:
    """How far the audience of a broadcast may be from its approved count, as a share.

    A plan states its own. In an emergency nobody is kept waiting because others came: the duty officer saw the count
    within the half hour.
    """
    made = standing.occurrence_of(connection, broadcast.broadcast_id)
    if made is not None:
        return stored_plan(standing.find(connection, made.standing_id, Kind.PLAN).particulars).margin
    return usual if emergencies.find(connection, broadcast.broadcast_id) is None else inf


def verify(connection: Connection, broadcast: BroadcastRow) -> None:
    """Check that what is stored now is what was signed, on the lane that it came, each hand in a role of that time.

    Raises:
        Refused: a signature is missing, or the plan or template no longer covers it.
        Tampered: what is stored is not what was signed, or not by whom.

    """
    made = standing.occurrence_of(connection, broadcast.broadcast_id)
    urgent = emergencies.find(connection, broadcast.broadcast_id)
    if made is not None:
        _verify_planned(connection, broadcast, made)
    elif urgent is not None:
        _verify_urgent(connection, broadcast, urgent)
    else:
        signed = broadcasts.signatures(connection, broadcast.broadcast_id)
        _verify_both(connection, signed, broadcast.proposal.statement, broadcast.approved_count, "broadcast")


def verify_standing(connection: Connection, row: StandingRow) -> None:
    """Check that two different handlers signed exactly the plan or template that is stored now.

    Raises:
        Refused: a signature is missing.
        Tampered: what is stored is not what was signed, or not by whom.

    """
    signed = standing.signatures(connection, row.standing_id)
    _verify_both(connection, signed, row.terms.statement, row.approved_count, row.kind)


def _verify_both(
    connection: Connection,
    signed: Mapping[str, Signed],
    statement: Callable[[str, int], bytes],
    approved_count: int | None,
    what: str,
) -> None:
    if set(signed) != BOTH or approved_count is None:
        raise Refused(f"The {what} is not approved by two handlers; nothing was sent.")
    submitted, approved = signed[SUBMIT], signed[APPROVE]
    if submitted.key_id == approved.key_id or submitted.handler_id == approved.handler_id:
        raise Tampered(f"Both signatures of the {what} are by one hand; nothing was sent.")
    if approved.statement != statement(APPROVE, approved_count):
        raise Tampered(f"The {what} is not what was approved: it was changed afterwards. Nothing was sent.")
    if submitted.statement != statement(SUBMIT, Proposal.count_in(submitted.statement)):
        raise Tampered(f"The {what} is not what was submitted: it was changed afterwards. Nothing was sent.")
    for one in (submitted, approved):
        _verify_one(connection, one)


def _verify_planned(connection: Connection, broadcast: BroadcastRow, made: Occurrence) -> None:
    plan = standing.find(connection, made.standing_id, Kind.PLAN)
    verify_standing(connection, plan)
    terms = stored_plan(plan.particulars)
    if made.day not in occurrences(terms.rule) or _sent(broadcast) != (*_sent(plan), *terms.window(made.day)):
        raise Tampered("The broadcast is not what its plan says for that day. Nothing was sent.")
    _verify_count(connection, broadcast, plan)
    _refuse_uncovered(broadcast, plan)


def _verify_count(connection: Connection, broadcast: BroadcastRow, plan: StandingRow) -> None:
    """Check whose count a broadcast of a plan goes by: the plan's, or one that was approved anew for this day.

    A day that was held because others came is approved again like any broadcast, and then carries that one signature.
    """
    signed = broadcasts.signatures(connection, broadcast.broadcast_id)
    if not signed and broadcast.approved_count == plan.approved_count:
        return
    again, count = signed.get(APPROVE), broadcast.approved_count
    if set(signed) != {APPROVE} or again is None or count is None:
        raise Tampered("The broadcast is not what its plan says for that day. Nothing was sent.")
    submitted = standing.signatures(connection, plan.standing_id)[SUBMIT]
    if submitted.key_id == again.key_id or submitted.handler_id == again.handler_id:
        raise Tampered("Both signatures of the broadcast are by one hand; nothing was sent.")
    if again.statement != broadcast.proposal.statement(APPROVE, count):
        raise Tampered("The broadcast is not what was approved again: it was changed afterwards. Nothing was sent.")
    _verify_one(connection, again)


def _verify_urgent(connection: Connection, broadcast: BroadcastRow, urgent: EmergencyRow) -> None:
    template = standing.find(connection, urgent.standing_id, Kind.TEMPLATE)
    verify_standing(connection, template)
    signed = broadcasts.signatures(connection, broadcast.broadcast_id)
    if set(signed) != {DUTY} or broadcast.approved_count is None:
        raise Refused("The emergency broadcast is not signed by the duty officer alone; nothing was sent.")
    duty = signed[DUTY]
    if duty.statement != broadcast.proposal.statement(DUTY, broadcast.approved_count):
        raise Tampered("The emergency broadcast is not what the duty officer signed. Nothing was sent.")
    if not _follows(broadcast, template, urgent, duty):
        raise Tampered("The emergency broadcast is not its template, filled in from its lists. Nothing was sent.")
    _verify_one(connection, duty)
    _refuse_uncovered(broadcast, template)


def _follows(broadcast: BroadcastRow, template: StandingRow, urgent: EmergencyRow, duty: Signed) -> bool:
    """Whether filling the template in again, at the moment of the signature, gives this broadcast and no other."""
    choices = stored_choices(template.particulars)
    try:
        filled = fill(template.messages, choices, json.loads(urgent.filled_in), duty.signed_at)
    except TayoriError:
        return False
    window = (filled.as_of, filled.as_of + FRESH_FOR)
    same = (broadcast.genre, broadcast.segment, broadcast.small_audience_reason) == (
        template.genre,
        template.segment,
        template.small_audience_reason,
    )
    in_time = duty.signed_at.astimezone(TOKYO).date() <= template.ends_on
    return same and in_time and broadcast.messages == filled.messages and _window(broadcast) == window


def _sent(row: BroadcastRow | StandingRow) -> tuple[object, ...]:
    """Everything of a broadcast that its plan says but the count, the window last."""
    said = (row.genre, row.segment, row.messages, row.small_audience_reason)
    return (*said, *_window(row)) if isinstance(row, BroadcastRow) else said


def _window(broadcast: BroadcastRow) -> tuple[datetime, datetime]:
    return broadcast.not_before, broadcast.not_after


def _refuse_uncovered(broadcast: BroadcastRow, row: StandingRow) -> None:
    if broadcast.started_at is None and row.state not in COVERS:
        raise Refused(f"The {row.kind} of the broadcast is {row.state}; nothing was sent.")


def _verify_one(connection: Connection, one: Signed) -> None:
    roster.verify_signature(connection, HandlerId(one.handler_id), one.statement, one.signature)
    roster.require_role(
        connection, HandlerId(one.handler_id), ROLE_FOR[one.role], one.signed_at.astimezone(TOKYO).date()
    )
