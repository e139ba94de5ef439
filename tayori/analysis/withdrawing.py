"""An edition that was wrong is withdrawn (撤回), on two signatures; it stays in the memory, for readers hold it.

Nothing is changed or taken away: signatures and the withdrawal are rows of their own. Afterwards the edition is written
with its mark on it only, and the next report of the same months says that it corrects it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection

from tayori.domain.canonical import canonical_bytes
from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import Contract, HandlerId
from tayori.domain.withdrawals import REASONS
from tayori.errors import BadInput, NotFound, Refused, Tampered
from tayori.office import TOKYO, Office
from tayori.vault import roster
from tayori.vault.audit import Action, record
from tayori.vault.roster import Credential
from tayori.warehouse import closing, editions
from tayori.warehouse.editions import EditionRow, SignatureRow, WithdrawalRow
from tayori.warehouse.engines import reading, writing

SIGNS: Final = ("desk", "responsible")
"""The two roles that sign, each once: the desk that makes the reports, and the responsible handler."""
WARD: Final = "甲"
FORM: Final = "tayori edition withdrawal 1"


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Where a withdrawal stands: for which reason, who signed, and whether it holds."""

    edition: int
    reason: str
    signed_by: tuple[str, ...]
    withdrawn: bool

    def plain(self) -> dict[str, Any]:
        """Give it as plain values."""
        return {name: getattr(self, name) for name in self.__slots__} | {"signed_by": list(self.signed_by)}


def withdraw(office: Office, by: Credential, number: int, reason: str) -> Withdrawal:
    """Sign that an edition is to be withdrawn; the second signature, in the other role, withdraws it for ever.

    Raises:
        BadInput: no such reason.
        NotFound: there is no such edition.
        Refused: a trial; an edition that is withdrawn already; the handler signed for this reason already or has no
            role for it; neither signer is of 甲, whose report it is; the contract has ended.

    """
    if reason not in REASONS:
        raise BadInput(f"A reason is one of: {', '.join(REASONS)}. Nothing was written.")
    if number == 0:
        raise Refused("A trial is no edition: it was given to nobody, and its copies are simply destroyed.")
    with writing(office.warehouse) as people:
        closing.require_open(people, Contract.OPINIONS)
        what = f"withdrawal of edition {number} signed: {reason}"
        record(people, Evidence(by.handler_id, Purpose.ANALYSIS), Action.DECIDE, what, count=0, now=office.now())
        row = _standing(people, number)
        signed = [one for one in editions.signatures(people, number) if one.reason == reason]
        mine = _signed(office, by, row, reason, _open_role(office, people, by, signed))
        if signed:
            _require_ward(people, [*signed, mine])
        editions.sign(people, mine)
        if signed:
            editions.withdraw(people, WithdrawalRow(number, reason, office.now()))
    return Withdrawal(number, reason, tuple(one.handler_id for one in [*signed, mine]), bool(signed))


def listed(office: Office) -> list[dict[str, Any]]:
    """Every edition, oldest first: for whom, which months, whether it stands, and who signed that it should not.

    `state` is standing, signed (a signature is there, and no two for one reason) or withdrawn; `reasons` are those that
    were signed for.

    Raises:
        Tampered: a withdrawal is not what was signed.

    """
    with reading(office.warehouse) as people:
        rows, gone = editions.listed(people), editions.withdrawals(people)
        signed = editions.signatures(people)
        days = {number: withdrawn_on(people, row) for number, row in gone.items()}
    return [_shown(row, gone.get(row.edition_no), days.get(row.edition_no), signed) for row in rows]


def _shown(
    row: EditionRow, gone: WithdrawalRow | None, day: date | None, signed: Sequence[SignatureRow]
) -> dict[str, Any]:
    names = ("edition_no", "made_at", "is_public", "first_month", "last_month", "threshold", "replaces")
    mine = [one for one in signed if one.edition_no == row.edition_no]
    reasons = [gone.reason] if gone else list(dict.fromkeys(one.reason for one in mine))
    return {name: getattr(row, name) for name in names} | {
        "state": "withdrawn" if gone else "signed" if mine else "standing",
        "withdrawn_on": day,
        "reasons": reasons,
        "signed_by": [one.handler_id for one in mine if one.reason in reasons],
    }


def withdrawn_on(people: Connection, row: WithdrawalRow) -> date:
    """The day on which an edition was withdrawn, once both signatures are found to be over exactly that.

    Raises:
        Tampered: one is missing, or is over another edition or reason.

    """
    edition = editions.find(people, row.edition_no)
    signed = {one.role: one for one in editions.signatures(people, row.edition_no) if one.reason == row.reason}
    if edition is None or frozenset(signed) != frozenset(SIGNS):
        raise Tampered(f"The withdrawal of edition {row.edition_no} lacks a signature; look at the access log.")
    for role, one in signed.items():
        if one.statement != _statement(edition, row.reason, role):
            raise Tampered(f"The signature of {one.handler_id} is over another edition; look at the access log.")
        roster.verify_signature(people, HandlerId(one.handler_id), one.statement, one.signature)
    return row.withdrawn_at.astimezone(TOKYO).date()


def _standing(people: Connection, number: int) -> EditionRow:
    row = editions.find(people, number)
    if row is None:
        raise NotFound(f"There is no edition {number}; see `tayori opinions editions`. Nothing was written.")
    before = editions.withdrawals(people).get(number)
    if before is not None:
        day = before.withdrawn_at.astimezone(TOKYO).date()
        raise Refused(f"Edition {number} was withdrawn on {day} already ({before.reason}). Nothing was written.")
    return row


def _open_role(office: Office, people: Connection, by: Credential, signed: Sequence[SignatureRow]) -> str:
    if any(one.handler_id == by.handler_id or one.key_id == by.key_id for one in signed):
        raise Refused("Who signed this withdrawal once cannot sign it again; another handler has to.")
    held = roster.require_any(people, by.handler_id, SIGNS, office.today()).roles.split(",")
    free = [role for role in SIGNS if role in held and role not in {one.role for one in signed}]
    if not free:
        raise Refused(
            "The withdrawal is signed in that role already; it needs one signature of the desk and one of the "
            "responsible handler."
        )
    return free[0]


def _require_ward(people: Connection, signed: Sequence[SignatureRow]) -> None:
    if WARD not in {roster.side_of(people, one.handler_id) for one in signed}:
        raise Refused("The report is the ward's: at least one of the two who sign stands in the roster for 甲.")


def _signed(office: Office, by: Credential, row: EditionRow, reason: str, role: str) -> SignatureRow:
    said = _statement(row, reason, role)
    return SignatureRow(row.edition_no, reason, role, by.handler_id, by.key_id, said, by.sign(said), office.now())


def _statement(row: EditionRow, reason: str, role: str) -> bytes:
    """What a handler signs: this edition, what it printed, the reason, in this role."""
    return canonical_bytes(
        {"form": FORM, "edition": row.edition_no, "digest": row.digest, "reason": reason, "role": role}
    )
