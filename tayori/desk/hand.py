"""A case in one handler's hand: every change goes through here, with its line in the trail and in the access log."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

from sqlalchemy import Connection

from tayori.desk.rights import require_desk, require_not_barred, require_part
from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import Contract
from tayori.domain.states import DONE, CaseState, case_step
from tayori.errors import BadInput, Unavailable
from tayori.office import Office
from tayori.vault.audit import Action, record
from tayori.vault.cases import place_of
from tayori.vault.envelope import seal
from tayori.vault.roster import Credential
from tayori.warehouse import closing, desk
from tayori.warehouse.desk import CaseFile
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.schema.desk import case_trail

LONGEST_WORDS = 20_000


@dataclass
class Hand:
    """One case, one handler, one transaction. `file` is the case as it stands, changes of this hand included."""

    office: Office
    people: Connection
    by: Credential
    file: CaseFile

    @cached_property
    def key(self) -> bytes:
        """The case's own key.

        Raises:
            Unavailable: it is not in the vault.

        """
        return case_key(self.office, self.file.case_no)

    @property
    def evidence(self) -> Evidence:
        """Who acts, and that it is for the answer."""
        return Evidence(self.by.handler_id, Purpose.ANSWER)

    def sealed(self, table: str, column: str, value: str, **row: object) -> bytes:
        """Seal a value to its place in a row of this case."""
        place = place_of(table, column, {"case_no": self.file.case_no, **row})
        return seal(self.key, value.encode(), place)

    def note(self, what: str, target: str | None = None, words: str | None = None) -> None:
        """Write one line of the trail, what was said sealed, and one of the access log."""
        if words is not None and not 0 < len(words.strip()) <= LONGEST_WORDS:
            raise BadInput(f"Write something, and at most {LONGEST_WORDS:,} characters. Nothing was done.")
        seq = desk.next_seq(self.people, case_trail, self.file.case_no)
        row: dict[str, Any] = {
            "case_no": self.file.case_no,
            "seq": seq,
            "at": self.office.now(),
            "by": self.by.handler_id,
            "what": what,
            "target": target,
            "words": self.sealed("case_trail", "words", words, seq=seq) if words is not None else None,
        }
        desk.add(self.people, case_trail, [row])
        told = f"case {self.file.case_no}: {what}"
        record(self.people, self.evidence, Action.DECIDE, told, count=1, now=self.office.now())

    def move(self, after: CaseState, words: str | None = None, done_on: date | None = None) -> None:
        """Move the case to another state.

        Raises:
            Refused: no step leads there; the sentence names those that are open.

        """
        before = self.file.state
        case_step(before, after)
        values: dict[str, Any] = {"state": after}
        if after in DONE and before not in DONE:
            values["done_on"] = done_on or self.office.today()
        desk.alter_letter(self.people, self.file.case_no, **values)
        self.file = replace(self.file, **values)
        self.note("moved", f"{before} > {after}", words)

    def keep(self, **values: object) -> None:
        """Change what the desk's file says."""
        desk.alter(self.people, self.file.case_no, **values)
        self.file = replace(self.file, **values)  # type: ignore[arg-type]


@contextmanager
def in_hand(office: Office, by: Credential, receipt_no: str, *, desk_only: bool = False) -> Iterator[Hand]:
    """Take a case in hand for one piece of work: all of it is written, or nothing.

    Raises:
        NotFound: there is no such case for this handler.
        Refused: the handler has no part in it, or the contract has ended.

    """
    with writing(office.warehouse) as people:
        closing.require_open(people, Contract.OPINIONS)
        file = desk.find(people, receipt_no)
        if desk_only:
            require_desk(people, office, by.handler_id)
            require_not_barred(people, by.handler_id, file)
        else:
            require_part(people, office, by.handler_id, file)
        yield Hand(office, people, by, file)


def case_key(office: Office, case_no: int) -> bytes:
    """Give the key of a case.

    Raises:
        Unavailable: it is not in the vault.

    """
    with reading(office.vault) as vault:
        key = office.case_keys.open(vault, [case_no]).get(case_no)
    if key is None:
        raise Unavailable("The case has no key in the vault; restore it. Nothing was done.")
    return key
