"""From letters to masked facts: normalise, read once, mask, judge matters, classify, keep the words."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Final

from tayori.opinions.masking import mask_spans, masked_copy, personal_spans
from tayori.opinions.prohibited import Level, matters
from tayori.opinions.spans import merged
from tayori.opinions.text import normalise
from tayori.opinions.themes import Classifier, theme_rules
from tayori.opinions.tokens import Tokeniser, Tokens, dictionary_versions
from tayori.opinions.words import terms_of

_IN_A_ROW: Final = 32


@dataclass(frozen=True, slots=True, repr=False)
class Letter:
    """What analysis is given of a case: its number, day, way and desk, and the text. It does not print."""

    case_no: int
    received: date
    channel: str
    department: str | None
    kind: str | None
    text: str


@dataclass(frozen=True, slots=True, repr=False)
class Fact:
    """A letter as analysis may keep it: still personal information (マスキング済み), so it does not print.

    `level` 3 has no text, no words and the field 分析対象外, and is counted like every other.
    """

    case_no: int
    month: str
    channel: str
    department: str | None
    kind: str | None
    theme: str
    level: int
    lists: tuple[str, ...]
    masked_spans: Mapping[str, int]
    masked_text: str
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Analysis:
    """Masked facts, and counts for the log: spans per kind and letters per level, never a value."""

    facts: tuple[Fact, ...]
    masked: Mapping[str, int]
    levels: Mapping[int, int]


def analyse(letters: Iterable[Letter]) -> Analysis:
    """Turn letters into masked facts, one for each, in the order given."""
    facts = tuple(Analyst().facts(letters))
    masked: Counter[str] = Counter()
    for fact in facts:
        masked.update(fact.masked_spans)
    return Analysis(facts, dict(sorted(masked.items())), dict(sorted(Counter(fact.level for fact in facts).items())))


class Analyst:
    """Reads letters one after the other. Not shared between threads; loads the dictionary when made."""

    def __init__(self) -> None:
        self._tokeniser = Tokeniser()
        self._classifier = Classifier(self._tokeniser)

    def facts(self, letters: Iterable[Letter]) -> Iterator[Fact]:
        """The masked fact of each letter, in order; some are read in a row, which keeps the dictionary at hand."""
        waiting = iter(letters)
        while some := tuple(islice(waiting, _IN_A_ROW)):
            read = [self._tokeniser.read(normalise(letter.text)) for letter in some]
            yield from map(self._judged, some, read)

    def fact(self, letter: Letter) -> Fact:
        """The masked fact of one letter. The text is read by the tokeniser exactly once."""
        return next(self.facts([letter]))

    def _judged(self, letter: Letter, tokens: Tokens) -> Fact:
        personal = personal_spans(tokens)
        found = matters(tokens, (span for span in personal if span.kind == "name"), self._tokeniser)
        spans = merged([*personal, *found.spans]) if found.spans else personal
        copy = masked_copy(tokens.text, spans)
        withheld = found.level == Level.THIRD_PARTY
        hidden = [*spans, *mask_spans(tokens.text)]
        return Fact(
            case_no=letter.case_no,
            month=f"{letter.received:%Y-%m}",
            channel=letter.channel,
            department=letter.department,
            kind=letter.kind,
            theme=self._classifier.rules.withheld if withheld else self._classifier.field(tokens),
            level=int(found.level),
            lists=tuple(sorted(found.lists)),
            masked_spans=copy.counts,
            masked_text="" if withheld else copy.text,
            terms=() if withheld else terms_of(tokens, hidden),
        )

    def level(self, text: str) -> Level:
        """How sensitive the matters of a text are."""
        tokens = self._tokeniser.read(normalise(text))
        names = (span for span in personal_spans(tokens) if span.kind == "name")
        return Level(matters(tokens, names, self._tokeniser).level)


def rule_versions() -> dict[str, str]:
    """Versions of everything that decides a fact, for the footer of a report."""
    return {**dictionary_versions(), "分野辞書": theme_rules().version}
