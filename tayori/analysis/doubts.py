"""A handler of the desk looks at a doubt in its sentence and says whether it is a name; what is one is masked (P5).

It is asked once. A name that was decided on stays masked; that something is no name can be put right later.
"""

import json
from dataclasses import dataclass, field

from sqlalchemy import Connection

from tayori.analysis.mart import copy_place, sealed_words
from tayori.desk.cases import ROLE
from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import Contract, HandlerId
from tayori.errors import NotFound, Refused, Unavailable
from tayori.office import Office
from tayori.opinions.doubts import around, named
from tayori.opinions.tokens import Tokeniser
from tayori.vault import audit, roster
from tayori.vault.audit import Action, pseudonym, record
from tayori.vault.envelope import seal
from tayori.vault.roster import Credential
from tayori.warehouse import analysis, closing, desk
from tayori.warehouse import doubts as queue
from tayori.warehouse.doubts import Decision, Doubt
from tayori.warehouse.engines import reading, writing


@dataclass(frozen=True, slots=True)
class Shown:
    """A doubt in its masked sentence: what stands before the place, at it, and after it."""

    doubt: Doubt
    before: str = field(repr=False)
    word: str = field(repr=False)
    after: str = field(repr=False)


def show(office: Office, by: Credential, doubt_no: int) -> Shown:
    """Open the masked sentence of a doubt for a handler of the desk; the access log holds it.

    Raises:
        NotFound: there is no such doubt, or not for this handler.
        Refused: the handler does not serve at the desk today.
        Unavailable: the key of its case is not here.

    """
    with writing(office.warehouse) as people:
        doubt = _find(office, people, by, doubt_no)
        _, copy, _ = _open(office, people, by, doubt)
    return Shown(doubt, *around(copy, (doubt.begins, doubt.ends)))


def decide(office: Office, by: Credential, doubt_no: int, decision: Decision) -> None:
    """Say of a doubt that it is none, or a name: then it is masked in the copy for analysis, and its words are gone.

    Raises:
        NotFound: there is no such doubt, or not for this handler.
        Refused: it was decided, the handler does not serve at the desk today, or the contract has ended.
        Unavailable: the key of its case is not here.

    """
    with writing(office.warehouse) as people:
        closing.require_open(people, Contract.OPINIONS)
        audit.reserve(people)  # who decides first in a letter moves the places of whoever comes second
        doubt = _find(office, people, by, doubt_no)
        if doubt.decision in {Decision.NAME, decision}:
            raise Refused(f"Doubt {doubt_no} was decided already; what is masked stays masked. Nothing was changed.")
        if decision is Decision.NAME:
            _mask(office, people, by, doubt)
        queue.decide(people, doubt, decision, office.today(), by.handler_id)
        evidence = Evidence(by.handler_id, Purpose.ANALYSIS)
        record(people, evidence, Action.DECIDE, f"doubt {doubt_no}: {decision}", count=1, now=office.now())


def _find(office: Office, people: Connection, by: Credential, doubt_no: int) -> Doubt:
    roster.require_role(people, HandlerId(by.handler_id), ROLE, office.today())
    doubt = queue.find(people, doubt_no)
    if doubt is None or doubt.case_no in desk.barred_from(people, by.handler_id):
        raise NotFound(f"There is no doubt {doubt_no}; see `tayori opinions doubts`. Nothing was changed.")
    return doubt


def _open(office: Office, people: Connection, by: Credential, doubt: Doubt) -> tuple[bytes, str, tuple[str, ...]]:
    """Give the key, the masked copy and the words of a doubt's letter, with their line in the access log."""
    with reading(office.vault) as vault:
        key = office.case_keys.open(vault, [doubt.case_no]).get(doubt.case_no)
    if key is None:
        raise Unavailable("The letter has no key in the vault; restore it. Nothing was opened.")
    evidence, what = Evidence(by.handler_id, Purpose.ANALYSIS), f"doubt {doubt.doubt_no}: masked sentence"
    record(people, evidence, Action.OPEN, what, count=1, now=office.now(), subject=pseudonym(key))
    (row,) = analysis.by_number(people, [doubt.case_no])
    return key, *sealed_words(key, doubt.case_no, row.masked_text)


def _mask(office: Office, people: Connection, by: Credential, doubt: Doubt) -> None:
    key, copy, words = _open(office, people, by, doubt)
    masked, kept = named(copy, words, (doubt.begins, doubt.ends), Tokeniser())
    held = json.dumps({"text": masked, "terms": kept}, ensure_ascii=False).encode()
    queue.put_copy(people, doubt, seal(key, held, copy_place(doubt.case_no)), len(masked) - len(copy))
