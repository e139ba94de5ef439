"""Classes of record: whose, how long, by what authority, and how they end, as data (P11, L16).

The retention night, the disposal of letters and the end of a contract all read this one table; there is no other list.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from tayori.domain.identifiers import Contract
from tayori.errors import NotFound

APRIL = 4


class AtEnd(StrEnum):
    """What becomes of a class of record when its contract ends."""

    RETURN = "return"  # handed over to 甲, then erased here
    ERASE = "erase"  # nothing to hand over
    COPY = "copy"  # handed over, and kept here as proof
    KEEP = "keep"  # kept here


RETURNED = frozenset({AtEnd.RETURN, AtEnd.COPY})
ERASED = frozenset({AtEnd.RETURN, AtEnd.ERASE})


@dataclass(frozen=True, slots=True)
class Age:
    """Rows of a table that the retention night ends: `days` after the moment in `since`, once `once` holds."""

    table: str
    since: str
    days: int
    blanked: bool = False
    once: str | None = None


@dataclass(frozen=True, slots=True)
class RecordClass:
    """One class of record. `limits` are days by name, for what is decided when a row is written."""

    name: str
    term: str
    whose: str
    contracts: frozenset[Contract]
    until: str
    authority: str
    at_end: AtEnd
    tables: tuple[str, ...]
    ages: tuple[Age, ...] = ()
    limits: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_document(self) -> bool:
        """Whether its rows are official records (公文書) with a period of their own."""
        return self.until == "document"


@dataclass(frozen=True, slots=True)
class Series:
    """A series of letters (文書分類): whose addressees, and how many fiscal years it is kept by whose decision."""

    name: str
    term: str
    addressees: frozenset[str]
    fiscal_years: int
    authority: str


@dataclass(frozen=True, slots=True)
class RecordClasses:
    """The table in force."""

    version: str
    classes: tuple[RecordClass, ...]
    series: tuple[Series, ...]
    holds: Mapping[str, str]

    def of_contract(self, contract: Contract) -> tuple[RecordClass, ...]:
        """The classes that hold something of a contract, those shared with the other one included."""
        return tuple(one for one in self.classes if contract in one.contracts)

    def of_table(self, table: str) -> RecordClass:
        """The class in which a table stands.

        Raises:
            NotFound: it stands in none.

        """
        for one in self.classes:
            if table in one.tables:
                return one
        raise NotFound(f"The table {table} stands in no class of record; give it one in record_classes.yaml.")

    def named(self, name: str) -> RecordClass:
        """A class by its name.

        Raises:
            NotFound: there is none of this name.

        """
        for one in self.classes:
            if one.name == name:
                return one
        raise NotFound(f"There is no class of record {name}; see `tayori retention classes`.")

    def ages(self) -> tuple[Age, ...]:
        """Everything that the retention night ends by itself."""
        return tuple(age for one in self.classes for age in one.ages)

    def age_of(self, table: str) -> timedelta:
        """How long rows of a table are kept after their moment.

        Raises:
            NotFound: nothing ends them by age.

        """
        for age in self.ages():
            if age.table == table:
                return timedelta(days=age.days)
        raise NotFound(f"Rows of {table} do not end by age.")


@cache
def record_classes() -> RecordClasses:
    """The table that comes with the tree."""
    source = yaml.safe_load(files("tayori.domain").joinpath("record_classes.yaml").read_text("utf-8"))
    return RecordClasses(
        version=source["version"],
        classes=tuple(_class(**entry) for entry in source["classes"]),
        series=tuple(Series(**entry | {"addressees": frozenset(entry["addressees"])}) for entry in source["series"]),
        holds=source["holds"],
    )


def _class(**entry: Any) -> RecordClass:  # noqa: ANN401 - the fields of the file
    contracts = frozenset(Contract(letter) for letter in entry.pop("contract"))
    ages = tuple(Age(**age) for age in entry.pop("ages", ()))
    at_end, tables = AtEnd(entry.pop("at_end")), tuple(entry.pop("tables"))
    return RecordClass(contracts=contracts, ages=ages, at_end=at_end, tables=tables, **entry)


def fiscal_year(day: date) -> int:
    """The fiscal year (年度) of a day: from April to March, named by the year in which it begins."""
    return day.year if day.month >= APRIL else day.year - 1


def disposable_from(done_on: date, fiscal_years: int) -> date:
    """The first day on which a record may be disposed of.

    Its period of full fiscal years begins on 1 April after the fiscal year in which its case was done.
    """
    return date(fiscal_year(done_on) + 1 + fiscal_years, APRIL, 1)


def done_before(today: date, fiscal_years: int) -> date:
    """The day before which a case must have been done for its period to be over today; see `disposable_from`."""
    return date(fiscal_year(today) - fiscal_years, APRIL, 1)


def kept_whole_since(today: date) -> date:
    """The first day of which every letter that came in is still here, whatever its series."""
    return done_before(today, min(series.fiscal_years for series in record_classes().series))
