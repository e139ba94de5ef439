"""What is due at the desk, and for whom: a list per department, reminders by mail, and the share answered in time (O2).

A target is a target: what passed it is 目安超過. Waiting for the writer is shown, and stops no clock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from tayori import mail
from tayori.desk.taking_up import ward_calendar
from tayori.domain.calendar import CountedDay, WardCalendar, explain, open_days_taken, open_days_until
from tayori.domain.organisation import Division, organisation
from tayori.domain.reply_clock import reply_clocks
from tayori.domain.states import CASE_TERMS
from tayori.errors import BadInput, Unavailable
from tayori.office import Office
from tayori.warehouse import desk
from tayori.warehouse.desk import CaseFile
from tayori.warehouse.engines import reading

SUBJECT: Final = "【便り】回答の目安が近い意見等"
UNASSIGNED: Final = "（回付前）"
FOLLOW_UP: Final = "再確認"


@dataclass(frozen=True, slots=True)
class Due:
    """One case on the list: its section, state, target, open days left (negative: beyond it), and what it waits for."""

    receipt_no: str
    department: str
    in_charge: str | None
    state: str
    target_on: date
    left: int
    note: str

    @property
    def told(self) -> str:
        """The case as a line of a mail: numbers, days and states alone."""
        return f"・{self.receipt_no}　{self.department}　{self.state}　目安 {self.target_on}　{self.note}"


@dataclass(frozen=True, slots=True)
class Explained:
    """How a target came about: day by day, by which calendar, and whether the calendar has changed since."""

    days: Sequence[CountedDay]
    term: str
    authority: str
    version: str
    changed: bool


@dataclass(frozen=True, slots=True)
class Share:
    """Answers of a span: how many, how many within their target's days, unpaused; and the share to publish."""

    answered: int
    in_time: int

    @property
    def percent(self) -> float | None:
        """The share in percent, one decimal; None where nothing was answered."""
        return round(100 * self.in_time / self.answered, 1) if self.answered else None


def due(office: Office, *, everything: bool = False) -> list[Due]:
    """List the open cases whose target is near or passed, and the answers to be followed up; opens nothing.

    `everything`: each open case with a target, however far.
    """
    calendar, today = ward_calendar(office), office.today()
    with reading(office.warehouse) as people:
        files = [(file, file.target_on) for file in desk.open_files(people) if file.target_on is not None]
        back = desk.coming_back(people, today)
        sections = desk.responsible(people, [file.case_no for file in (*(file for file, _ in files), *back)])
        waiting = desk.waiting(people)
    near = reply_clocks().remind_from
    listed = [
        _due(file, target, open_days_until(today, target, calendar), sections, waits=file.case_no in waiting)
        for file, target in files
    ]
    chosen = [one for one in listed if everything or one.left <= near]
    return chosen + [_back(file, file.follow_up_on or today, sections) for file in back]


def _due(file: CaseFile, target: date, left: int, sections: Mapping[int, str], *, waits: bool) -> Due:
    note = f"目安超過 {-left} 開庁日" if left < 0 else ("本日" if left == 0 else f"あと {left} 開庁日")
    return Due(
        receipt_no=file.receipt_no,
        department=sections.get(file.case_no, UNASSIGNED),
        in_charge=file.in_charge,
        state=CASE_TERMS[file.state],
        target_on=target,
        left=left,
        note=note + ("、差出人の返事待ち" if waits else ""),
    )


def _back(file: CaseFile, follow_up_on: date, sections: Mapping[int, str]) -> Due:
    return Due(
        receipt_no=file.receipt_no,
        department=sections.get(file.case_no, UNASSIGNED),
        in_charge=file.in_charge,
        state=CASE_TERMS[file.state],
        target_on=follow_up_on,
        left=0,
        note=f"{FOLLOW_UP}（検討と回答）",
    )


def by_division(listed: Sequence[Due]) -> dict[Division | None, list[Due]]:
    """Sort a list by division; what is not assigned yet stands under None and is the desk's."""
    found: dict[Division | None, list[Due]] = {}
    for one in listed:
        division = None if one.department == UNASSIGNED else organisation().division_of(one.department)
        found.setdefault(division, []).append(one)
    return found


def remind(office: Office) -> int:
    """Mail the whole list to the desk and each division's part to its own address, on open days; give how many mails.

    Raises:
        Unavailable: the mail server refused or cannot be reached, for the desk or for a division.

    """
    listed = due(office)
    if not listed or not ward_calendar(office).is_open(office.today()):
        return 0
    sent = int(mail.send(office.settings, SUBJECT, _text(listed)))
    return sent + remind_divisions(office, by_division(listed)) if sent else 0


def remind_divisions(office: Office, parts: Mapping[Division | None, Sequence[Due]]) -> int:
    """Mail each division its part, where it has an address; give how many mails.

    Raises:
        Unavailable: a division's mail did not go out. It keeps back no other, and is named at the end.

    """
    sent, unsent = 0, []
    for division, part in parts.items():
        if division is not None and division.mail:
            try:
                sent += mail.send(office.settings, SUBJECT, _text(part), to=division.mail)
            except Unavailable:
                unsent.append(division.name)
    if unsent:
        raise Unavailable(
            f"The list did not go out to {'、'.join(unsent)}; to {sent} other divisions it did. Check the address in "
            "organisation.yaml, and tell them by telephone."
        )
    return sent


def _text(listed: Sequence[Due]) -> str:
    lines = "\n".join(one.told for one in listed)
    return f"回答の目安が近い、または過ぎた意見等です（{len(listed)} 件）。内容は便りで開いてください。\n\n{lines}\n"


def explained(office: Office, receipt_no: str) -> Explained:
    """Tell day by day how a case's target comes about.

    Raises:
        NotFound: there is no such case.
        BadInput: the case has no target: anonymous, or no answer is wanted.

    """
    with reading(office.warehouse) as people:
        file = desk.find(people, receipt_no)
    if file.clock is None or file.calendar_version is None:
        raise BadInput(f"The case {receipt_no} has no target: it is anonymous, or wants no answer.")
    calendar, clock = ward_calendar(office), reply_clocks().named(file.clock)
    days = explain(file.arrived_on, calendar, clock.open_days)
    return Explained(days, clock.term, clock.authority, file.calendar_version, days[-1].day != file.target_on)


def share_in_time(office: Office, first: date, last: date) -> Share:
    """Count the answers of these days and those within their target's days; time that waited for writers counts too."""
    calendar = ward_calendar(office)
    with reading(office.warehouse) as people:
        files = desk.answered_between(people, first, last)
    in_time = sum(_took(file, calendar) <= reply_clocks().named(str(file.clock)).open_days for file in files)
    return Share(len(files), in_time)


def _took(file: CaseFile, calendar: WardCalendar) -> int:
    return open_days_taken(file.arrived_on, max(file.done_on or file.arrived_on, file.arrived_on), calendar)
