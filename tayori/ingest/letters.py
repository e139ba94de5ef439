"""Letters of the opinion screen come in: sealed by the door, taken out of the inbox, a case each (O1, O2).

They go the way of every other letter (`tayori.ingest.intake`): the same gate, the same keys, the same target date.
Beside the case stands what the writer may ask for by their receipt number, and the mail that confirms the receipt.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Connection

from tayori.domain.letters import CHANNEL_OF, CONTACT
from tayori.domain.receipts import reference_of
from tayori.ingest.intake import Intake, OpinionCounts
from tayori.ingest.sent import Sent
from tayori.ingest.sources.frame import opinion_frame
from tayori.ingest.verdict import Gate
from tayori.office import Office
from tayori.vault.envelope import place, seal
from tayori.warehouse import letters as rows
from tayori.warehouse import opinions
from tayori.warehouse.letters import Confirmation, Receipt

SOURCE: Final = "opinion-screen"
Stores = tuple[Connection, Connection]


def apply(office: Office, stores: Stores, gate: Gate, sent: Sequence[tuple[int, Sent]]) -> OpinionCounts:
    """Record letters (row number, letter) in the caller's transactions; running it twice changes nothing."""
    if not sent:
        return OpinionCounts()
    frame = opinion_frame([str(number) for number, _ in sent], _items([one for _, one in sent]))
    intake = Intake(office, SOURCE, gate)
    intake.take(stores, frame)
    _add_receipts(office, stores, [one for _, one in sent])
    return intake.counts


def _items(letters: Sequence[Sent]) -> dict[str, list[str | None]]:
    return {
        "source_key": [one.letter_id for one in letters],
        "received_on": [one.received_on.isoformat() for one in letters],
        "channel": [CHANNEL_OF[one.letter.addressee] for one in letters],
        "addressee": [one.letter.addressee for one in letters],
        "answer_wanted": [one.letter.answer for one in letters],
        **{name: [one.letter.plain()[name] or None for one in letters] for name in ("opinion", *CONTACT)},
    }


def _add_receipts(office: Office, stores: Stores, letters: Sequence[Sent]) -> None:
    """Write beside each case what its writer may ask for, once. A number that was given already is nobody else's.

    The screen draws 80 bits; whoever may write into the inbox can seal any number, and stops no letter by it.
    """
    people, vault = stores
    by_index = {
        office.index.of_source_key(SOURCE, one.letter_id): one for one in reversed(letters)
    }  # the first is the one recorded
    cases = opinions.cases_of(people, list(by_index))
    new = rows.without_receipt(people, list(cases.values()))
    fresh = _first_of_each(
        office, people, {number: by_index[index] for index, number in cases.items() if number in new}
    )
    if not fresh:
        return
    keys = office.case_keys.open(vault, list(fresh))
    rows.add(
        people,
        [_receipt(office, number, one) for number, one in fresh.items()],
        [_confirmation(keys[number], number, one, office) for number, one in fresh.items() if one.letter.email],
    )


def _first_of_each(office: Office, people: Connection, fresh: Mapping[int, Sent]) -> dict[int, Sent]:
    """Give those letters, in the order of their cases, whose receipt number no other letter has."""
    indexes = {number: office.index.of_receipt(one.receipt) for number, one in fresh.items()}
    first = {indexes[number]: number for number in sorted(fresh, reverse=True)}
    given = rows.receipts_given(people, list(first))
    return {number: fresh[number] for index, number in first.items() if index not in given}


def _receipt(office: Office, number: int, one: Sent) -> Receipt:
    return Receipt(
        case_no=number,
        receipt_index=office.index.of_receipt(one.receipt),
        reference=reference_of(one.receipt),
        state=rows.RECEIVED,
        answer_by=one.letter.answer_by or None,
        summary=one.letter.summary or "yes",
        notice=one.notice,
    )


def _confirmation(key: bytes, number: int, one: Sent, office: Office) -> Confirmation:
    told = {"receipt": one.receipt, "email": one.letter.email}
    sealed = {item: seal(key, text.encode(), place("letter_confirmation", item, number)) for item, text in told.items()}
    return Confirmation(case_no=number, tries=0, due_at=office.now(), **sealed)
