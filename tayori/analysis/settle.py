"""Decides about each masked letter, once: which month counts it, which text it repeats, its field, its topic.

The month is that of its receipt while this is open, the field that of the dictionary unless it left it open.
What is decided stays, so that a count that was published is counted the same next year. Everything is opened in blocks
and read in the order of months, whatever number of workers masked it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tayori.analysis.closed_months import brought_in, carried_over
from tayori.analysis.mart import opened
from tayori.domain.evidence import Evidence
from tayori.domain.identifiers import Contract
from tayori.office import Office
from tayori.opinions.alike import REMEMBERED, Linker
from tayori.opinions.disclosure.suppression import EXTERNAL_K
from tayori.opinions.field_model import MOST, FieldModel, learn
from tayori.opinions.period import months_back
from tayori.opinions.sentences import speaking
from tayori.opinions.themes import theme_rules
from tayori.opinions.topics import NONE, FoundTopic, assigned, discover, matched
from tayori.vault import audit
from tayori.warehouse import analysis, closing
from tayori.warehouse.analysis import NO_TOPIC, SealedRow, Settled, TopicRow
from tayori.warehouse.engines import reading, writing

BLOCK: Final = 2_000
WINDOW: Final = 12  # months that topics are found in
SAMPLE: Final = 20_000
_EXAMPLES: Final = 200


@dataclass(slots=True)
class SettleCounts:
    """How many letters were settled, carried over to an open month, repeat a text, got a field or topic; new topics."""

    letters: int = 0
    carried_over: int = 0
    repeats: int = 0
    fields: int = 0
    with_topic: int = 0
    new_topics: int = 0

    def plain(self) -> dict[str, int]:
        """Give the counts by name."""
        return {
            "settled_letters": self.letters,
            "carried_over": self.carried_over,
            "repeated_texts": self.repeats,
            "fields_added": self.fields,
            "with_topic": self.with_topic,
            "new_topics": self.new_topics,
        }


def settle(office: Office) -> SettleCounts:
    """Settle every letter of the mart that is not settled yet; a crash loses no more than one block."""
    counts = SettleCounts()
    run, last = None, None
    while rows := _waiting(office, last):
        last = (rows[-1].month, rows[-1].case_no)
        run = run or _begun(office)
        _settle_block(office, rows, run, counts)
    _give_topics(office, counts)
    return counts


def example(office: Office, topic_no: int, evidence: Evidence) -> str:
    """The masked sentence that speaks most for a topic, for staff to read; empty where no letter is left."""
    with reading(office.warehouse) as people:
        topic = analysis.topics(people).get(topic_no)
        rows = analysis.of_topic(people, topic_no, _EXAMPLES)
    if topic is None or not rows:
        return ""
    held = opened(office, rows, "masked letters of a topic, to show one sentence", evidence)
    weights = [(sum(topic.words.get(word, 0.0) for word in words), text) for _, text, words in held]
    return speaking(max(weights, key=lambda pair: pair[0])[1], topic.words) if weights else ""


def _waiting(office: Office, after: tuple[str, int] | None) -> list[SealedRow]:
    with reading(office.warehouse) as people:
        return [] if closing.is_frozen(people, Contract.OPINIONS) else analysis.unsettled(people, BLOCK, after)


def _linker(office: Office) -> Linker:
    """The linker as the last run left it."""
    linker = Linker()
    with reading(office.warehouse) as people:
        rows = analysis.first_texts(people, REMEMBERED)
    for start in range(0, len(rows), BLOCK):
        for row, text, _ in opened(office, rows[start : start + BLOCK], "masked letters to compare new ones with"):
            linker.remember(row.mart_key, text)
    return linker


def _field_model(office: Office) -> FieldModel | None:
    rules = theme_rules()
    with reading(office.warehouse) as people:
        rows = analysis.decided(people, [rules.undecided, rules.withheld], MOST)
    if not rows:
        return None
    held = opened(office, rows, "masked letters to learn fields from")
    return learn([text for _, text, _ in held], [row.theme for row, _, _ in held])


@dataclass(frozen=True, slots=True)
class _Run:
    """What a run decides by: texts seen before, the model of fields, closed months that keep their waiting letters."""

    linker: Linker
    model: FieldModel | None
    kept: frozenset[str]

    def fields(self, texts: Mapping[int, str]) -> dict[int, str]:
        """The field of each letter, by case number, of which the model is sure enough."""
        if self.model is None:
            return {}
        given = self.model.fields(list(texts.values()))
        return {case_no: name for case_no, name in zip(texts, given, strict=True) if name is not None}


def _begun(office: Office) -> _Run:
    with reading(office.warehouse) as people:
        kept = brought_in(people)
    return _Run(_linker(office), _field_model(office), kept)


def _settle_block(office: Office, rows: Sequence[SealedRow], run: _Run, counts: SettleCounts) -> None:
    held = opened(office, rows, "masked letters to settle")
    texts = {row.case_no: text for row, text, _ in held}
    linked = {row.case_no: run.linker.place(row.mart_key, texts.get(row.case_no, "")) for row in rows}
    left_open = [row.case_no for row in rows if row.theme == theme_rules().undecided and row.case_no in texts]
    fields = run.fields({case_no: texts[case_no] for case_no in left_open})
    with writing(office.warehouse) as people:
        audit.reserve(people)  # who else settles, or gives an edition out, waits; what they settled is left out
        mine = analysis.still_unsettled(people, list(linked))
        settled = [Settled(case_no, one.text_key, one.alike_key) for case_no, one in linked.items() if case_no in mine]
        analysis.add_settled(people, settled)
        analysis.set_themes(people, {case_no: name for case_no, name in fields.items() if case_no in mine})
        later = carried_over(people, [row for row in rows if row.case_no in mine], run.kept)
        analysis.set_months(people, later)
    counts.letters += len(mine)
    counts.carried_over += len(later)
    counts.repeats += sum(one.repeats for case_no, one in linked.items() if case_no in mine)
    counts.fields += len(fields.keys() & mine)


def _give_topics(office: Office, counts: SettleCounts) -> None:
    """Find the topics of the last months, go on with those that are known, and give each waiting letter its own."""
    with reading(office.warehouse) as people:
        waiting = analysis.months_without_topic(people)
        if not waiting or closing.is_frozen(people, Contract.OPINIONS):
            return
        last = waiting[-1][0]
        numbers_there = analysis.first_numbers(people, months_back(last, WINDOW - 1), last, SAMPLE)
    sample = _words(office, numbers_there, "words of masked letters to find topics in")
    found = discover([words for _, words in sample], k=EXTERNAL_K)
    numbers, new = _keep(office, found.topics, last)
    counts.new_topics += new
    mine = {
        case_no: NO_TOPIC if at == NONE else numbers[at]
        for (case_no, _), at in zip(sample, found.of_letters, strict=True)
    }
    for month, _ in waiting:
        counts.with_topic += _give_month(office, month, mine, [topic.words for topic in found.topics], numbers)


def _give_month(office: Office, month: str, mine: dict[int, int], topics: Sequence[Any], numbers: Sequence[int]) -> int:
    """Give the waiting letters of a month their topic: that of the fit, or the one whose words they share most."""
    given, last = 0, None
    while True:
        with reading(office.warehouse) as people:
            rows = analysis.without_topic(people, month, BLOCK, last)
        if not rows:
            return given
        last = rows[-1].case_no
        later = [row for row in rows if row.case_no not in mine]
        held = opened(office, later, "words of masked letters to give them a topic")
        places = assigned([words for _, _, words in held], topics)
        theirs = {
            row.case_no: NO_TOPIC if at == NONE else numbers[at] for (row, _, _), at in zip(held, places, strict=True)
        }
        by_topic: dict[int, list[int]] = defaultdict(list)
        for row in rows:
            by_topic[mine.get(row.case_no, theirs.get(row.case_no, NO_TOPIC))].append(row.case_no)
        with writing(office.warehouse) as people:
            audit.reserve(people)  # whoever else gives topics waits here; who was given one keeps it
            theirs_now = {number: analysis.set_topics(people, number, cases) for number, cases in by_topic.items()}
        given += sum(count for number, count in theirs_now.items() if number != NO_TOPIC)


def _keep(office: Office, found: Sequence[FoundTopic], month: str) -> tuple[list[int], int]:
    """Write the topics down: those that go on with their words of today, new ones under the next numbers.

    Give each one's number, and how many are new. Whoever else finds topics waits here, and goes on what this run wrote:
    no number is drawn twice, and the same topic found twice is one.
    """
    with writing(office.warehouse) as people:
        audit.reserve(people)
        known = {number: row.words for number, row in analysis.topics(people).items()}
        numbers, following = matched(found, known), max(known, default=0)
        new: list[TopicRow] = []
        for at, (topic, number) in enumerate(zip(found, numbers, strict=True)):
            if number:
                analysis.renew_topic(people, number, topic.words, topic.label)
                continue
            following += 1
            numbers[at] = following
            new.append(TopicRow(following, topic.label, None, topic.words, month, office.now()))
        analysis.add_topics(people, new)
    return numbers, len(new)


def _words(office: Office, numbers: Sequence[int], why: str) -> list[tuple[int, tuple[str, ...]]]:
    """Case numbers with the words of their letters, opened block by block: the texts are not kept."""
    held = []
    for start in range(0, len(numbers), BLOCK):
        with reading(office.warehouse) as people:
            rows = analysis.by_number(people, numbers[start : start + BLOCK])
        held += [(row.case_no, words) for row, _, words in opened(office, rows, why)]
    return held
