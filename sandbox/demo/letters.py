"""The letters' part: a mailbag and a call centre of dummies, or a file of the caller's own; the desk ends the cases."""

from collections import defaultdict
from collections.abc import Container
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import create_engine

from sandbox.call_centre.database import create
from sandbox.letters.letters import Mailbag
from sandbox.letters.timeline import usual_surge
from sandbox.letters.writers import write_csv, write_excel, write_json_lines
from tayori.desk.cases import close_cases
from tayori.domain.identifiers import CaseNo
from tayori.domain.states import CaseState
from tayori.errors import NotFound
from tayori.office import Office
from tayori.opinions.period import Period
from tayori.vault.roster import Credential
from tayori.warehouse import opinions
from tayori.warehouse.engines import reading

EXAMPLES: Final = Path(__file__).resolve().parents[2] / "docs" / "examples"
DESK_LIST: Final = EXAMPLES / "desk_list.yaml"
CALL_CENTRE: Final = EXAMPLES / "call_centre.yaml"
LETTERS: Final = 900
INQUIRIES: Final = 600
IN_TIME, LATE, LATE_ONE_IN = 10, 33, 6  # days, days, cases
WAYS: Final = (
    CaseState.ANSWERED,
    CaseState.ANSWERED,
    CaseState.ANSWERED,
    CaseState.CIRCULATED,
    CaseState.NO_ANSWER_NEEDED,
)


@dataclass(frozen=True, slots=True)
class Source:
    """A file of letters and how it is read."""

    path: Path
    mapping: Path


def mailbag(folder: Path, until: date, seed: int) -> list[Source]:
    """Write the desk's lists of two years, each in another form: CSV of Excel's kind, workbook, JSON lines."""
    folder.mkdir(parents=True, exist_ok=True)
    surge = usual_surge(until)
    written = []
    for part, (name, write) in enumerate(
        (("letters.csv", _cp932), ("letters.xlsx", write_excel), ("letters.jsonl", write_json_lines))
    ):
        bag = Mailbag(LETTERS, seed + part, until, surge, campaign=20 * (part == 0), prefix=f"T{part}")
        write(bag.letters(), folder / name)
        written.append(Source(folder / name, DESK_LIST))
    return written


def own_file(path: Path, mapping: Path | None) -> list[Source]:
    """Take a file of the caller's own, with the mapping named, or the shipped one of the file's name.

    Raises:
        NotFound: there is no such file, or no mapping for it.

    """
    chosen = mapping or EXAMPLES / f"{path.stem}.yaml"
    for needed, what in ((path, "file of letters"), (chosen, "mapping")):
        if not needed.is_file():
            raise NotFound(f"There is no {what} {needed.name}; name one, see docs/examples.")
    return [Source(path, chosen)]


def call_centre(folder: Path, seed: int) -> str:
    """Build the call centre's database, of another vendor's shape; give its address."""
    folder.mkdir(parents=True, exist_ok=True)
    url = f"sqlite:///{folder / 'call_centre.db'}"
    engine = create_engine(url)
    create(engine, INQUIRIES, seed)
    engine.dispose()
    return url


def end_cases(office: Office, by: Credential, today: date, kept: Container[int] = ()) -> int:
    """Let the desk end the open cases but those that it keeps, each in one of the ways; give how many.

    Each ends on the Friday some days after it came, one in six late: a desk that ended all of them today would be
    reported as one that answers after half a year.
    """
    with reading(office.warehouse) as people:
        rows = [row for row in opinions.open_cases(people) if row.case_no not in kept]
    groups: dict[tuple[CaseState, date], list[CaseNo]] = defaultdict(list)
    for at, row in enumerate(rows):
        took = LATE if at % LATE_ONE_IN == 0 else IN_TIME
        ready = row.received_on + timedelta(days=took)
        friday = ready + timedelta(days=(4 - ready.weekday()) % 7)
        groups[WAYS[at % len(WAYS)], min(friday, today)].append(CaseNo(row.case_no))
    return sum(close_cases(office, by, numbers, state, day) for (state, day), numbers in groups.items())


def span(office: Office) -> tuple[date, date] | None:
    """Give the whole months in which letters came in, the one that still runs left out: what a report covers."""
    with reading(office.warehouse) as people:
        days = opinions.days_received(people)
    if days is None:
        return None
    months, last_full = Period(*days), office.today().replace(day=1) - timedelta(days=1)
    return months.first_day, max(months.first_day, min(months.last_day, last_full))


def _cp932(letters: object, path: Path) -> int:
    return write_csv(letters, path, "cp932")  # type: ignore[arg-type]
