"""What the words of some months say, letter by letter into counts: no letter is held longer than its block."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from tayori.analysis.mart import opened
from tayori.office import Office
from tayori.opinions.themes import theme_rules
from tayori.opinions.topics import NONE, assigned
from tayori.warehouse import analysis
from tayori.warehouse.analysis import SealedRow, TopicRow
from tayori.warehouse.engines import reading

BLOCK: Final = 2_000


@dataclass(slots=True)
class PeriodWords:
    """Letters by word within each field, and letters by the number of the topic that today's words give them."""

    by_field: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    by_topic: Counter[str] = field(default_factory=Counter)
    letters: int = 0

    @property
    def by_word(self) -> Counter[str]:
        """Letters by word, over all fields."""
        whole: Counter[str] = Counter()
        for counted in self.by_field.values():
            whole.update(counted)
        return whole


def words_of_period(office: Office, months: Sequence[str], topics: Mapping[str, TopicRow]) -> PeriodWords:
    """Count the words of the letters of some months, opened block by block."""
    counts, codes = PeriodWords(), sorted(topics)
    undecided = theme_rules().undecided
    shapes, known = [topics[code].words for code in codes], dict[str, str]()
    for rows in _blocks(office, months):
        held = [(row.theme or undecided, words) for row, _, words in opened(office, rows, "words of masked letters")]
        for theme, words in held:
            counts.by_field[theme].update(known.setdefault(word, word) for word in words)
        places = assigned((words for _, words in held), shapes)
        counts.by_topic.update(codes[at] for at in places if at != NONE)
        counts.letters += len(held)
    return counts


def _blocks(office: Office, months: Sequence[str]) -> Iterator[list[SealedRow]]:
    for month in months:
        last = None
        while True:
            with reading(office.warehouse) as people:
                rows = analysis.in_month(people, month, BLOCK, last)
            if not rows:
                break
            yield rows
            last = rows[-1].case_no
