"""Two signatures by two people over exactly what is stored: without both, nothing is sent (I10)."""

from datetime import datetime

from sqlalchemy import Connection

from tayori.domain.approval import Proposal
from tayori.errors import Refused, Tampered
from tayori.office import TOKYO
from tayori.vault import roster
from tayori.vault.roster import Credential
from tayori.warehouse import broadcasts
from tayori.warehouse.broadcasts import BroadcastRow, SignatureRow

SUBMIT, APPROVE = "submit", "approve"
ROLE_FOR = {SUBMIT: "writer", APPROVE: "approver"}


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


def refuse_same_hand(connection: Connection, credential: Credential, broadcast: BroadcastRow) -> None:
    """Refuse an approver who submitted the broadcast themself, under this id or with this key.

    Raises:
        Refused: one handler, or one key, in two roles.

    """
    submitted = broadcasts.signatures(connection, broadcast.broadcast_id).get(SUBMIT)
    if submitted is None:
        raise Refused("The broadcast carries no submission; submit it again, then another handler can approve it.")
    if credential.handler_id == submitted.handler_id or credential.key_id == submitted.key_id:
        raise Refused("Who submits a broadcast cannot approve it too; another handler has to.")


def verify(connection: Connection, broadcast: BroadcastRow) -> None:
    """Check that two different handlers signed exactly what is stored now, each in a role they held at that time.

    Raises:
        Refused: a signature is missing.
        Tampered: what is stored is not what was signed, or not by whom.

    """
    signed = broadcasts.signatures(connection, broadcast.broadcast_id)
    if set(signed) != set(ROLE_FOR) or broadcast.approved_count is None:
        raise Refused("The broadcast is not approved by two handlers; nothing was sent.")
    submitted, approved = signed[SUBMIT], signed[APPROVE]
    if submitted.key_id == approved.key_id or submitted.handler_id == approved.handler_id:
        raise Tampered("Both signatures of the broadcast are by one hand; nothing was sent.")
    if approved.statement != broadcast.proposal.statement(APPROVE, broadcast.approved_count):
        raise Tampered("The broadcast is not what was approved: it was changed afterwards. Nothing was sent.")
    if submitted.statement != broadcast.proposal.statement(SUBMIT, Proposal.count_in(submitted.statement)):
        raise Tampered("The broadcast is not what was submitted: it was changed afterwards. Nothing was sent.")
    for one in (submitted, approved):
        _verify_one(connection, one)


def _verify_one(connection: Connection, one: SignatureRow) -> None:
    roster.verify_signature(connection, one.handler_id, one.statement, one.signature)
    roster.require_role(connection, one.handler_id, ROLE_FOR[one.role], one.signed_at.astimezone(TOKYO).date())
