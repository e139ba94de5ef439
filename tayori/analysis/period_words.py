"""What the words of some months say, letter by letter into counts: no letter is held longer than its block."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd

from tayori.analysis.mart import opened
from tayori.office import Office
from tayori.opinions.new_words import Usage
from tayori.opinions.themes import theme_rules
from tayori.opinions.topics import NONE, assigned
from tayori.warehouse import analysis
from tayori.warehouse.analysis import SealedRow, TopicRow
from tayori.warehouse.engines import reading

BLOCK: Final = 2_000
Part = Sequence[str]
"""Months whose words are counted together."""


class Held:
    """The letters that a report counts, and the field that each has in its facts: its words are of these alone."""

    def __init__(self, facts: pd.DataFrame) -> None:
        """Take the letters of the facts, by case number."""
        numbers = facts["case_no"].to_numpy()
        order = np.argsort(numbers)
        self._numbers = numbers[order]
        self._fields = [*map(str, facts["theme"].cat.categories), theme_rules().undecided]  # the last one: code -1
        self._codes = facts["theme"].cat.codes.to_numpy()[order]

    def fields_of(self, numbers: Sequence[int]) -> dict[int, str]:
        """The fields of those of these letters that the facts hold, by case number."""
        wanted = np.asarray(numbers, dtype=self._numbers.dtype)
        places = np.searchsorted(self._numbers, wanted)
        there = places < len(self._numbers)
        there[there] = self._numbers[places[there]] == wanted[there]
        return {
            int(number): self._fields[self._codes[at]] for number, at in zip(wanted[there], places[there], strict=True)
        }


@dataclass(slots=True)
class PeriodWords:
    """What the letters of some months say: words by field, and by all fields, of the parts; topics of all months.

    A word is counted `by_field` where k letters of the field say it in a part, `counted` letters in all parts.
    """

    k: int
    by_field: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    usage: Usage = field(default_factory=Usage)
    by_topic: Counter[str] = field(default_factory=Counter)
    letters: int = 0

    @property
    def by_word(self) -> Counter[str]:
        """Letters by word, over the fields in which k letters say it."""
        whole: Counter[str] = Counter()
        for counted in self.by_field.values():
            whole.update(counted)
        return whole

    def add_part(self, letters: int, said: Mapping[str, Counter[str]]) -> None:
        """Add what the letters of a part say, by field; what fewer than k say is not kept."""
        whole: Counter[str] = Counter()
        for theme, counted in said.items():
            whole.update(counted)
            self.by_field[theme].update({word: count for word, count in counted.items() if count >= self.k})
        self.usage.add_part(letters, whole, self.k)


@dataclass(frozen=True, slots=True)
class Counting:
    """What is to be counted: the months, the parts of them whose words count, topics by code, and the threshold."""

    months: Sequence[str]
    parts: Sequence[Part]
    topics: Mapping[str, TopicRow]
    k: int


def words_of_period(office: Office, held: Held, wanted: Counting) -> PeriodWords:
    """Count the words and topics of the letters that a report holds, opened block by block, part by part."""
    counts = PeriodWords(wanted.k)
    for part in wanted.parts:
        before = counts.letters
        said = _said(office, held, part, wanted.topics, counts)
        counts.add_part(counts.letters - before, said)
    rest = set(wanted.months).difference(*wanted.parts)
    _said(office, held, sorted(rest), wanted.topics, counts)
    return counts


def _said(
    office: Office, held: Held, months: Iterable[str], topics: Mapping[str, TopicRow], counts: PeriodWords
) -> Mapping[str, Counter[str]]:
    """Letters by word within each field; topics and letters are counted beside."""
    said: dict[str, Counter[str]] = defaultdict(Counter)
    codes = sorted(topics)
    shapes, known = [topics[code].words for code in codes], dict[str, str]()
    for rows in _blocks(office, months):
        fields = held.fields_of([row.case_no for row in rows])
        mine = [row for row in rows if row.case_no in fields]
        block = [(fields[row.case_no], words) for row, _, words in opened(office, mine, "words of masked letters")]
        for theme, words in block:
            said[theme].update(known.setdefault(word, word) for word in words)
        places = assigned((words for _, words in block), shapes)
        counts.by_topic.update(codes[at] for at in places if at != NONE)
        counts.letters += len(block)
    return said


def _blocks(office: Office, months: Iterable[str]) -> Iterator[list[SealedRow]]:
    for month in months:
        last = None
        while True:
            with reading(office.warehouse) as people:
                rows = analysis.in_month(people, month, BLOCK, last)
            if not rows:
                break
            yield rows
            last = rows[-1].case_no
