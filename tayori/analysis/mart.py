"""Cases that are done become masked facts, sealed under the key of their case: what ends the case ends the fact."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import Contract
from tayori.office import Office
from tayori.opinions.facts import Analyst, Fact, Letter
from tayori.vault import audit
from tayori.vault.audit import Action, record
from tayori.vault.envelope import place, seal, unseal
from tayori.warehouse import closing, opinions
from tayori.warehouse.analysis import SealedRow
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.opinions import DoneCase, MaskedRow

EVIDENCE: Final = Evidence("flow:opinion_analysis", Purpose.ANALYSIS)
BLOCK: Final = 2_000
PARTITION: Final = 10_000

Span = tuple[int, int]
"""The first and the last case number of a partition."""

EVERY: Final[Span] = (-(2**31), 2**31 - 1)
"""All case numbers that a store can hold."""

Opened = list[tuple[SealedRow, str, tuple[str, ...]]]
"""Rows of the mart with their masked text and its words."""


@dataclass(slots=True)
class MartCounts:
    """How many letters were masked, spans by kind, letters by level of prohibited matter (0 to 3)."""

    letters: int = 0
    spans: Counter[str] = field(default_factory=Counter)
    levels: Counter[int] = field(default_factory=Counter)

    def plain(self) -> dict[str, Any]:
        """Give the counts as plain numbers."""
        return {
            "masked_letters": self.letters,
            "masked_spans": sum(self.spans.values()),
            "spans": dict(sorted(self.spans.items())),
            "levels": {str(level): count for level, count in sorted(self.levels.items())},
        }

    def add(self, facts: Sequence[Fact]) -> None:
        """Count one block of facts."""
        self.letters += len(facts)
        for fact in facts:
            self.spans.update(fact.masked_spans)
            self.levels[fact.level] += 1


def mask_done_cases(
    office: Office, on_progress: Callable[[int], None] | None = None, within: Span = EVERY
) -> MartCounts:
    """Mask every case that is done and not in the mart yet, block by block; a crash loses no more than one block.

    `within` keeps to a span of case numbers, so that several workers can mask at once. A block of which nothing is left
    to mask (another worker did, or its keys are gone) is passed by: what lies behind it is masked all the same.
    """
    counts = MartCounts()
    analyst = Analyst()
    first, last = within
    while (block := mask_block(office, analyst, (first, last))) is not None:
        first = block.last + 1
        counts.add(block.facts)
        if on_progress is not None:
            on_progress(len(block.facts))
    return counts


def partitions(office: Office, size: int = PARTITION) -> list[Span]:
    """The spans of case numbers that wait to be masked, for workers that mask at once."""
    with reading(office.warehouse) as people:
        return opinions.unmasked_partitions(people, size)


@dataclass(frozen=True, slots=True, repr=False)
class Masked:
    """A block that was masked: the facts that went into the mart, and the last case number that was looked at."""

    facts: list[Fact]
    last: int


def mask_block(office: Office, analyst: Analyst, within: Span = EVERY) -> Masked | None:
    """Mask the first block of done cases of a span and write it into the mart; None where none is left, or it ended."""
    with writing(office.warehouse) as people:
        if closing.is_frozen(people, Contract.OPINIONS):
            return None
        done = opinions.done_and_unmasked(people, BLOCK, within)
        if not done:
            return None
        record(people, EVIDENCE, Action.OPEN, "cases for the masked mart", count=len(done), now=office.now())
    with reading(office.vault) as vault:
        keys = office.case_keys.open(vault, [case.case_no for case in done])
    facts = list(analyst.facts(_letters(done, keys)))
    states = {case.case_no: case.state for case in done}
    with writing(office.warehouse) as people:
        audit.reserve(people)  # whoever else masks waits here; what they masked, or what ended meanwhile, is left out
        mine = opinions.still_unmasked(people, list(states))
        facts = [fact for fact in facts if fact.case_no in mine]
        opinions.add_masked(people, (_row(office, fact, states[fact.case_no], keys[fact.case_no]) for fact in facts))
    return Masked(facts, done[-1].case_no)


def opened(office: Office, rows: Sequence[SealedRow], why: str, evidence: Evidence = EVIDENCE) -> Opened:
    """Open rows of the mart, one line of evidence for all; those whose key is gone are left out."""
    if not rows:
        return []
    with writing(office.warehouse) as people:
        record(people, evidence, Action.OPEN, why, count=len(rows), now=office.now())
    with reading(office.vault) as vault:
        keys = office.case_keys.open(vault, [row.case_no for row in rows])
    return [
        (row, *sealed_words(keys[row.case_no], row.case_no, row.masked_text)) for row in rows if row.case_no in keys
    ]


def sealed_words(key: bytes, case_no: int, sealed: bytes) -> tuple[str, tuple[str, ...]]:
    """Open a row of the mart: masked text and its words."""
    held = json.loads(unseal(key, sealed, copy_place(case_no)))
    return held["text"], tuple(held["terms"])


def _letters(done: Sequence[DoneCase], keys: dict[int, bytes]) -> Iterator[Letter]:
    for case in done:
        key = keys.get(case.case_no)
        if key is not None:
            text = unseal(key, case.opinion, place("opinion_case", "opinion", case.case_no)).decode()
            yield Letter(case.case_no, case.received_on, case.channel, case.department, case.kind, text)


def _row(office: Office, fact: Fact, state: str, key: bytes) -> MaskedRow:
    held = json.dumps({"text": fact.masked_text, "terms": fact.terms}, ensure_ascii=False).encode()
    return MaskedRow(
        mart_key=f"{office.rng.getrandbits(128):032x}",
        case_no=fact.case_no,
        month=fact.month,
        channel=fact.channel,
        department=fact.department,
        kind=fact.kind,
        theme=fact.theme,
        state=state,
        masked_spans=sum(fact.masked_spans.values()),
        level=fact.level,
        masked_text=seal(key, held, copy_place(fact.case_no)),
    )


def copy_place(case_no: int) -> bytes:
    """Name the place that the masked copy of a case is bound to."""
    return place("masked_opinion", "masked_text", case_no)
