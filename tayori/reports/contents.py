"""All that a report is made of, past disclosure control: kept with its edition, so that it is the same years later."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Final

from tayori.errors import Tampered
from tayori.opinions.answer_times import Taken
from tayori.opinions.disclosure.tables import TOTAL_LABEL, SuppressedTable
from tayori.opinions.new_words import NewWord
from tayori.opinions.period import Period, Span
from tayori.opinions.report_tables import NO_TOPIC, OTHER
from tayori.opinions.signals import Change
from tayori.opinions.words import ThemeWords

if TYPE_CHECKING:
    from pydantic import TypeAdapter

WITHDRAWN: Final = "撤回"
TOPICS, TOPIC_TERM = "topic", "話題"
TITLES: Final = {
    Span.MONTH: "区民の声　月次報告",
    Span.QUARTER: "区民の声　四半期報告",
    Span.FISCAL_YEAR: "区民の声　年次報告",
    Span.OTHER: "区民の声　集計・分析報告",
}


@dataclass(frozen=True, slots=True)
class ToldChange:
    """A change as it is told: what it counts, its label, how it changed, the counts now and, if printed, before."""

    term: str
    label: str
    change: Change
    now: int
    before: int | None


@dataclass(frozen=True, slots=True)
class Gist:
    """A gist of opinions and the ward's answer in words that a person wrote, and who approved them when."""

    theme: str
    gist: str
    answer: str
    approved_by: str
    approved_on: date


@dataclass(frozen=True, slots=True)
class LineGenre:
    """A genre: broadcasts, and people who chose it now, rounded to k and hidden under k."""

    genre: str
    broadcasts: int
    people: int | None


@dataclass(frozen=True, slots=True)
class LineMonth:
    """A month of the account: broadcasts, blocks a day over all, and on the days of a broadcast and the day after."""

    month: str
    broadcasts: int
    blocks_a_day: float | None
    blocks_after: float | None


@dataclass(frozen=True, slots=True)
class LineSide:
    """The LINE account beside the letters: friends by LINE's count, people with settings (rounded), genres, months."""

    followers: int | None
    followers_on: date | None
    with_settings: int | None
    genres: tuple[LineGenre, ...] = ()
    months: tuple[LineMonth, ...] = ()


@dataclass(frozen=True, slots=True)
class Replaced:
    """The withdrawn edition that one corrects: its number, when and why it was withdrawn."""

    edition: int
    on: date
    reason: str

    @property
    def said(self) -> str:
        """What readers of the correction are told first."""
        return (
            f"この版は、{_day(self.on)}に撤回した第{self.edition}版の訂正版です（撤回の理由：{self.reason}）。"
            f"第{self.edition}版は使わないでください。"
        )


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """That an edition was withdrawn: when, why, and which one corrects it, if any does."""

    on: date
    reason: str
    corrected_by: int | None = None

    @property
    def said(self) -> str:
        """What whoever opens a copy has to know."""
        instead = "訂正版はまだありません" if self.corrected_by is None else f"訂正版は第{self.corrected_by}版です"
        return f"この版は{_day(self.on)}に撤回しました（理由：{self.reason}）。使わないでください。{instead}"


@dataclass(frozen=True, slots=True)
class Contents:
    """An edition of a report: every number in it is printed, every hidden one is gone.

    `words` and `new_words` were counted over `word_months`; the repeated ones stand in earlier editions (`told_in`)
    already. `withdrawn` is no part of what is kept: a copy that is made afterwards carries it.
    """

    tables: tuple[SuppressedTable, ...]
    start: date
    end: date
    made_on: date
    versions: Mapping[str, str]
    edition: int = 0
    public: bool = True
    rehearsal: bool = True
    trial: bool = False
    words: tuple[ThemeWords, ...] = ()
    new_words: tuple[NewWord, ...] = ()
    changes: tuple[ToldChange, ...] = ()
    compared_years: int = 0
    times: tuple[Taken, ...] = ()
    gists: tuple[Gist, ...] = ()
    line: LineSide | None = None
    word_months: tuple[str, ...] = ()
    repeated_words: tuple[ThemeWords, ...] = ()
    repeated_new: tuple[str, ...] = ()
    told_in: tuple[int, ...] = ()
    replaces: Replaced | None = None
    withdrawn: Withdrawn | None = None

    @property
    def period(self) -> Period:
        """The months that it covers."""
        return Period(self.start, self.end)

    @property
    def k(self) -> int:
        """How many letters have to stand behind a printed count."""
        return self.tables[0].k

    @property
    def marks(self) -> tuple[tuple[str, str], ...]:
        """What has to be seen on every page before anything else: a word, and the sentence that explains it."""
        withdrawn = self.withdrawn
        told = {
            WITHDRAWN: (withdrawn.said if withdrawn else "", withdrawn is not None),
            "稽古用": ("稽古のための報告であり、実際の意見等の集計として公表するものではありません", self.rehearsal),
            "試算": (
                "庁内で確かめるための試算であり、版として残していません。配布も公表もしないでください",
                self.trial,
            ),
        }
        return tuple((word, sentence) for word, (sentence, holds) in told.items() if holds)

    @property
    def title(self) -> str:
        """What such a report is called; the name of a withdrawn one says so."""
        return f"{self.stamp}{TITLES[self.period.span]}"

    @property
    def stamp(self) -> str:
        """What stands before every title of a withdrawn edition; nothing for one that stands."""
        return f"【{WITHDRAWN}】" if self.withdrawn else ""

    @property
    def edition_name(self) -> str:
        """The edition as readers name it, with what became of it and what it corrects; nothing for a trial."""
        if not self.edition:
            return ""
        corrects = f"第{self.replaces.edition}版の訂正版" if self.replaces else ""
        said = "、".join(filter(None, (WITHDRAWN if self.withdrawn else "", corrects)))
        return f"第{self.edition}版" + (f"（{said}）" if said else "")

    @property
    def hidden_cells(self) -> int:
        """How many counts are hidden."""
        return sum(table.hidden for table in self.tables)

    def table(self, name: str) -> SuppressedTable | None:
        """The table of a name, None where this report has none."""
        return next((table for table in self.tables if table.name == name), None)

    def written(self) -> str:
        """The document that is kept; `read` gives the same contents back, of one that stands."""
        if self.withdrawn is not None:
            message = "a document is kept as it was given out"
            raise TypeError(message)
        return _adapter().dump_json(self).decode()


def read(document: str) -> Contents:
    """Read the document of an edition.

    Raises:
        Tampered: it is not what `written` gave.

    """
    try:
        return _adapter().validate_json(document)
    except ValueError:
        raise Tampered("The kept document of the edition cannot be read; it was changed since.") from None


def without_words(contents: Contents) -> Contents:
    """The contents without anything that was written or said by somebody: words, topics and gists."""
    return replace(
        contents,
        tables=tuple(table for table in contents.tables if table.name != TOPICS),
        changes=tuple(one for one in contents.changes if one.term != TOPIC_TERM),
        words=(),
        new_words=(),
        repeated_words=(),
        repeated_new=(),
        gists=(),
    )


def with_topic_labels(tables: Sequence[SuppressedTable], labels: Mapping[str, str]) -> tuple[SuppressedTable, ...]:
    """The tables, topics named by their labels instead of their numbers."""
    known = {**labels, NO_TOPIC: "特定の話題のないもの", OTHER: OTHER, TOTAL_LABEL: TOTAL_LABEL}
    return tuple(
        replace(table, rows=tuple(known.get(code, f"話題{code}") for code in table.rows))
        if table.name == TOPICS
        else table
        for table in tables
    )


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


@cache
def _adapter() -> "TypeAdapter[Contents]":
    from pydantic import TypeAdapter  # noqa: PLC0415 start-up time

    return TypeAdapter(Contents)
