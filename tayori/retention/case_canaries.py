"""Canaries among the cases: marked dummy letters that are disposed of, or handed over and erased, within one run.

Their marks follow from the run's id and a key of this installation. Negative numbers keep them out of every count.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection

from tayori.domain.identifiers import RunId
from tayori.domain.record_classes import done_before
from tayori.domain.states import CaseState
from tayori.office import Office
from tayori.vault.cases import place_of
from tayori.vault.envelope import place, seal
from tayori.vault.residue_forms import Needles
from tayori.warehouse import arrivals, desk, disclosures, letters, opinions
from tayori.warehouse.arrivals import FileRow
from tayori.warehouse.disclosures import OF_CANARIES
from tayori.warehouse.letters import Confirmation, Receipt
from tayori.warehouse.opinions import MaskedRow
from tayori.warehouse.people import reserve
from tayori.warehouse.schema.desk import case_look_up, case_reply, case_trail
from tayori.warehouse.schema.opinions import SEALED_ITEMS

CANARIES: Final = 3
KIND: Final = "o-canary"
LONG_AGO: Final = 30  # fiscal years
NEVER: Final = datetime(9999, 1, 1, tzinfo=UTC)  # when a canary's confirmation is due: nobody is written to
SAID, RECEIPT, MART = "目印の意見等", "CANARY", "canary"  # one beginning each: a probe seeks all of a kind at once


@dataclass(frozen=True, slots=True, repr=False)
class CaseCanary:
    """The marks of one canary: in its sealed items, in its plain columns, and its look-up value."""

    sealed: str
    receipt_no: str
    mart_key: str
    source_key: bytes


def marks(office: Office, run_id: RunId, count: int = CANARIES) -> list[CaseCanary]:
    """Give the marks of a run's canaries; no letter has them, and no other run."""
    digests = [office.index.of_source_key("canary case", f"{run_id}|{place_no}") for place_no in range(count)]
    return [
        CaseCanary(f"{SAID}{one.hex()[:40]}", f"{RECEIPT}{one.hex()[:14]}", f"{MART}{one.hex()[32:58]}", one)
        for one in digests
    ]


def texts(office: Office, run_id: RunId) -> Needles:
    """Give the marks that only ever stood sealed: they are nowhere to be read, not even in freed space."""
    return Needles.of([one.sealed for one in marks(office, run_id)])


def needles(office: Office, run_id: RunId) -> Needles:
    """Give all marks as a probe seeks them."""
    found = marks(office, run_id)
    plain = [one.receipt_no.encode() for one in found] + [one.mart_key.encode() for one in found]
    return texts(office, run_id).and_values(plain + [one.source_key for one in found])


def plant(office: Office, stores: tuple[Connection, Connection], run_id: RunId) -> list[int]:
    """Add the run's canaries and all that may belong to a case, in the caller's transactions; give their numbers.

    Those that are there already stay as they are.
    """
    warehouse, vault = stores
    wanted = marks(office, run_id)
    there = opinions.by_receipt(warehouse, [one.receipt_no for one in wanted])
    fresh = [one for one in wanted if one.receipt_no not in there]
    below = reserve(warehouse, KIND, len(fresh)) if fresh else range(0)
    numbers = [-number for number in below]
    keys = office.case_keys.create(vault, numbers) if fresh else []
    planted = list(zip(numbers, keys, fresh, strict=True))
    opinions.add_cases(warehouse, [_case(office, *one) for one in planted])
    opinions.add_masked(warehouse, [_masked(*one) for one in planted])
    for one in planted:
        _add_beside(office, warehouse, *one)
    return sorted([*numbers, *(number for number, _ in there.values())])


def _case(office: Office, number: int, key: bytes, one: CaseCanary) -> dict[str, object]:
    done_on = done_before(office.today(), LONG_AGO)
    sealed = {item: seal(key, one.sealed.encode(), place("opinion_case", item, number)) for item in SEALED_ITEMS}
    return sealed | {
        "case_no": number,
        "receipt_no": one.receipt_no,
        "source": "canary",
        "source_key": one.source_key,
        "channel": "letter",
        "addressee": "mayor",
        "answer_wanted": "unknown",
        "received_on": done_on,
        "target_on": None,
        "calendar_version": None,
        "department": None,
        "kind": None,
        "theme": None,
        "state": CaseState.CIRCULATED,
        "done_on": done_on,
        "content_mark": None,
    }


def _masked(number: int, key: bytes, one: CaseCanary) -> MaskedRow:
    return MaskedRow(
        mart_key=one.mart_key,
        case_no=number,
        month="0001-01",
        channel="letter",
        department=None,
        kind=None,
        theme=None,
        state=CaseState.CIRCULATED,
        masked_spans=0,
        level=0,
        masked_text=seal(key, one.sealed.encode(), place("masked_opinion", "masked_text", number)),
    )


def _add_beside(office: Office, warehouse: Connection, number: int, key: bytes, one: CaseCanary) -> None:
    """Mark what else belongs to a case: all that is sealed or looked up, so that a probe knows of each."""
    row, said, now = {"case_no": number, "seq": 1}, one.sealed.encode(), office.now()
    file = {"case_no": number, "file_no": number}
    title, content = (seal(key, said, place_of("letter_file", name, file)) for name in ("title", "content"))
    trail, reply = (seal(key, said, place_of(table, "words", row)) for table in ("case_trail", "case_reply"))
    arrivals.add_arrivals(warehouse, [(number, one.source_key, 0)])
    arrivals.add_files(warehouse, [FileRow(number, number, "attachment", "text/plain", title, content)])
    receipt = Receipt(number, one.source_key, one.source_key.hex()[:9], letters.DONE, None, "no", "")
    to, told = (seal(key, said, place_of("letter_confirmation", item, row)) for item in ("email", "receipt"))
    letters.add(warehouse, [receipt], [Confirmation(number, told, to, 0, NEVER)])
    asked = {"case_no": number, "disclosure_id": OF_CANARIES}
    black_outs = seal(key, said, place_of("disclosure_case", "black_outs", asked))
    disclosures.add_canaries(warehouse, {number: black_outs})
    desk.add(warehouse, case_look_up, [{"case_no": number, "found_by": KIND, "look_up": one.source_key}])
    desk.add(warehouse, case_trail, [row | {"at": now, "by": KIND, "what": KIND, "target": None, "words": trail}])
    drafted = {"mark": one.source_key, "drafted_by": KIND, "drafted_at": now, "words": reply}
    form = {"route": KIND, "form": "plain", "way": "letter", "template": KIND, "shared": None, "shared_version": None}
    desk.add(warehouse, case_reply, [row | form | drafted | {"changed": False}])


def gone(office: Office, warehouse: Connection, run_id: RunId) -> bool:
    """Whether no row of the run's canaries is left."""
    receipts = [one.receipt_no for one in marks(office, run_id)]
    return not opinions.by_receipt(warehouse, receipts)
