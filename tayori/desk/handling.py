"""What the desk and the departments do with a case until its answer: assign, comment, wait, pass on, end, hand over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from tayori.desk.hand import Hand, in_hand
from tayori.desk.rights import require_desk
from tayori.desk.taking_up import ward_calendar
from tayori.domain.answering import NotOurs, Response
from tayori.domain.calendar import WardCalendar
from tayori.domain.decision_routes import WARD_WIDE, decision_routes
from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import Contract, HandlerId
from tayori.domain.organisation import organisation
from tayori.domain.reply_clock import reply_clocks
from tayori.domain.states import OPEN_CASES, WITHOUT_ANSWER, CaseState
from tayori.domain.ward import ward
from tayori.errors import BadInput, Refused
from tayori.office import Office
from tayori.vault import roster
from tayori.vault.audit import Action, record
from tayori.vault.roster import Credential
from tayori.warehouse import closing, desk, posts, replies
from tayori.warehouse.desk import CaseFile
from tayori.warehouse.engines import writing
from tayori.warehouse.posts import PostRow
from tayori.warehouse.schema.desk import case_wait

BEFORE_DECISION: Final = frozenset({CaseState.RECEIVED, CaseState.ASSIGNED, CaseState.DRAFTED})


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who is responsible for a case (主管課), who has part in it (関係課), and who is in charge of it by name."""

    responsible: str
    related: Sequence[str] = ()
    in_charge: str | None = None


def assign(office: Office, by: Credential, receipt_no: str, to: Assignment, reason: str | None = None) -> None:
    """Assign a case to a section; a further time needs a reason, which is kept sealed.

    Raises:
        BadInput: the ward has no such section, or a reason is missing.
        Refused: the answer is being decided or the case is done; who is to be in charge is not in the roster.

    """
    for section in (to.responsible, *to.related):
        _require_section(section)
    if to.responsible in to.related:
        raise BadInput("The responsible section is not a related one as well.")
    with in_hand(office, by, receipt_no, desk_only=True) as hand:
        _require_before_decision(hand)
        again = hand.file.state is not CaseState.RECEIVED
        if again and not (reason or "").strip():
            raise BadInput("A case that is assigned anew needs a reason. Nothing was done.")
        if to.in_charge is not None:
            roster.require_serving(hand.people, HandlerId(to.in_charge), office.today())
        desk.set_departments(hand.people, hand.file.case_no, to.responsible, to.related)
        division = organisation().division_of(to.responsible).name
        desk.alter_letter(hand.people, hand.file.case_no, department=division)
        hand.keep(in_charge=to.in_charge)
        if not again:
            hand.move(CaseState.ASSIGNED)
        hand.note("reassigned" if again else "assigned", to.responsible, reason)


def _require_section(name: str) -> None:
    division = organisation().division_of(name)
    if name not in division.sections:
        raise BadInput(f"{name} is a division; name one of its sections: {'、'.join(division.sections)}.")


def _require_before_decision(hand: Hand) -> None:
    if hand.file.state not in BEFORE_DECISION:
        raise Refused(f"The case {hand.file.receipt_no} is {hand.file.state}; this is done before its decision.")


def give_back(office: Office, by: Credential, receipt_no: str, reason: str) -> None:
    """Give a case that is another department's back to the desk, with the reason."""
    with in_hand(office, by, receipt_no) as hand:
        hand.move(CaseState.RECEIVED, reason)


def comment(office: Office, by: Credential, receipt_no: str, words: str) -> None:
    """Add a comment to a case's trail, sealed under its key."""
    with in_hand(office, by, receipt_no) as hand:
        hand.note("comment", words=words)


def classify(office: Office, by: Credential, receipt_no: str, matters: Sequence[Mapping[str, Any]]) -> None:
    """Say what a letter (通) is about: one or more matters (件), each with kind and, if another's, its section.

    The first matter's kind is the letter's; an inquiry has a shorter clock, so that the target may move with it.

    Raises:
        BadInput: no matter, a kind that the ward does not have, or a section that it does not have.
        Refused: the answer is being decided, or the case is done.

    """
    if not matters or any(one.get("kind") not in ward().kinds for one in matters):
        raise BadInput(f"Give at least one matter, each with one of the kinds {', '.join(ward().kinds)}.")
    rows = [_matter(one) for one in matters]
    with in_hand(office, by, receipt_no) as hand:
        _require_before_decision(hand)
        desk.set_matters(hand.people, hand.file.case_no, rows)
        desk.alter_letter(hand.people, hand.file.case_no, kind=rows[0]["kind"])
        if hand.file.clock is not None:
            _count_anew(hand, rows[0]["kind"], hand.file.arrived_on)
        hand.note("classified", f"{len(rows)} 件")


def _matter(said: Mapping[str, Any]) -> dict[str, Any]:
    section = said.get("department")
    if section is not None:
        organisation().division_of(section)
    return {"kind": said["kind"], "department": section, "response": None}


def correct_arrival(office: Office, by: Credential, receipt_no: str, arrived_on: date, reason: str) -> None:
    """Count from the letter's first arrival anywhere in the ward, where the desk received it later.

    Raises:
        BadInput: the day lies after the receipt at the desk.

    """
    with in_hand(office, by, receipt_no, desk_only=True) as hand:
        _require_before_decision(hand)
        if arrived_on > hand.file.received_on:
            raise BadInput("A letter does not reach the ward after the desk has it; give an earlier day.")
        hand.keep(arrived_on=arrived_on)
        if hand.file.clock is not None:
            _count_anew(hand, hand.file.kind, arrived_on)
        hand.note("arrival corrected", str(arrived_on), reason)


def _count_anew(hand: Hand, kind: str | None, arrived_on: date) -> None:
    calendar = ward_calendar(hand.office)
    clock = reply_clocks().of(hand.file.addressee, kind)
    desk.set_targets(hand.people, {hand.file.case_no: clock.target(arrived_on, calendar)}, calendar.version)
    hand.keep(clock=clock.name)


@dataclass(frozen=True, slots=True)
class Moved:
    """A case whose target is another by today's calendar."""

    receipt_no: str
    before: date | None
    after: date


def count_all_anew(office: Office, by: Credential, *, rehearse: bool = True) -> list[Moved]:
    """Count the targets of open cases by today's closing days; give those that move, and move them unless rehearsed.

    Raises:
        Refused: the handler does not serve at the desk today, or the contract has ended.
        BadInput: the file of closing days is not what it should be.

    """
    calendar = ward_calendar(office)
    with writing(office.warehouse) as people:
        closing.require_open(people, Contract.OPINIONS)
        require_desk(people, office, by.handler_id)
        barred = desk.barred_from(people, by.handler_id)
        files = [file for file in desk.open_files(people) if _target(file, calendar) != file.target_on]
        if not rehearse:  # each is held before the first line is written: one answered meanwhile keeps its target
            held = [desk.find(people, file.receipt_no) for file in files]
            files = [file for file in held if file.state in OPEN_CASES]
        moved = [
            (file, target)
            for file in files
            if file.case_no not in barred and (target := _target(file, calendar)) not in {None, file.target_on}
        ]
        for file, target in [] if rehearse else moved:
            desk.set_targets(people, {file.case_no: target}, calendar.version)
            Hand(office, people, by, file).note("counted anew", f"{file.target_on} > {target}")
    return [Moved(file.receipt_no, file.target_on, target) for file, target in moved if target is not None]


def _target(file: CaseFile, calendar: WardCalendar) -> date | None:
    return reply_clocks().named(file.clock).target(file.arrived_on, calendar) if file.clock is not None else None


def wait_for_resident(office: Office, by: Credential, receipt_no: str, words: str) -> None:
    """Note that the writer was asked something; it is shown, and the target stays where it is.

    Raises:
        Refused: the case is done, or waits already.

    """
    with in_hand(office, by, receipt_no) as hand:
        waits = desk.waits(hand.people, hand.file.case_no)
        if hand.file.state not in OPEN_CASES or (waits and waits[-1][1] is None):
            raise Refused(f"The case {receipt_no} is done, or waits for its writer already.")
        row = {"case_no": hand.file.case_no, "seq": len(waits) + 1, "since": office.today(), "until": None}
        desk.add(hand.people, case_wait, [row])
        hand.note("asked", words=words)


def resume(office: Office, by: Credential, receipt_no: str) -> None:
    """Note that the writer replied.

    Raises:
        Refused: the case does not wait.

    """
    with in_hand(office, by, receipt_no) as hand:
        if not desk.end_wait(hand.people, hand.file.case_no, office.today()):
            raise Refused(f"The case {receipt_no} does not wait for its writer.")
        hand.note("replied")


def end_without_answer(office: Office, by: Credential, receipt_no: str, state: CaseState, reason: str) -> None:
    """End a case without an answer of ours (供覧, 回答不要, 匿名, 取下げ), with the reason.

    Raises:
        BadInput: the state is not such an end; 所管外 has a way of its own.
        Refused: no step leads there from where the case stands, or a mail with its answer may have gone out.

    """
    if state not in WITHOUT_ANSWER - {CaseState.NOT_OURS}:
        raise BadInput(f"{state} is not an end without an answer; 所管外 is `tayori case not-ours`.")
    with in_hand(office, by, receipt_no, desk_only=True) as hand:
        out = replies.issued(hand.people, hand.file.case_no)
        if out is not None and out.sent_by is not None:
            raise Refused("The mail of this answer may have gone out; look for it, then `tayori case settle`.")
        _stop_waiting(hand)
        hand.move(state, reason)


def not_ours(
    office: Office, by: Credential, receipt_no: str, way: NotOurs, words: str, consent_on: date | None = None
) -> None:
    """Deal with a letter on a matter of another office (所管外); `words` names the office, or how consent was given.

    `told`: the resident will be told the right office by an answer, drafted and decided as any other. `passed`: the
    content goes there without personal items. `forwarded`: the letter itself does, which needs the writer's consent.

    Raises:
        Refused: forwarded without a day of consent, or with one that has not come.

    """
    if way is NotOurs.FORWARDED and (consent_on is None or consent_on > office.today()):
        raise Refused("A letter is forwarded only with its writer's consent: give the day on which they consented.")
    with in_hand(office, by, receipt_no, desk_only=True) as hand:
        _require_before_decision(hand)
        hand.keep(not_ours=way)
        hand.note(f"not ours: {way}", str(consent_on) if consent_on is not None else None, words)
        if way is not NotOurs.TOLD:
            _stop_waiting(hand)
            hand.move(CaseState.NOT_OURS)


def _stop_waiting(hand: Hand) -> None:
    desk.end_wait(hand.people, hand.file.case_no, hand.office.today())


def follow_up(office: Office, by: Credential, receipt_no: str, response: Response, words: str) -> date | None:
    """Say what became of what an answer said is considered (検討); give when it comes back again, None if it does not.

    Raises:
        Refused: the case is not answered.

    """
    with in_hand(office, by, receipt_no) as hand:
        if hand.file.state is not CaseState.ANSWERED:
            raise Refused(f"The case {receipt_no} is {hand.file.state}; only an answer is followed up.")
        again = reply_clocks().follow_up(office.today()) if response is Response.CONSIDERED else None
        hand.keep(response=response, follow_up_on=again)
        hand.note("followed up", response, words)
    return again


def close(office: Office, by: Credential, receipt_no: str) -> None:
    """Close an answered case (完結).

    Raises:
        Refused: its answer says that something is considered, and that was not followed up.

    """
    with in_hand(office, by, receipt_no, desk_only=True) as hand:
        if hand.file.follow_up_on is not None:
            raise Refused(f"The case {receipt_no} comes back on {hand.file.follow_up_on}: follow it up first.")
        hand.move(CaseState.CLOSED)


def appoint(office: Office, by: Credential, row: PostRow) -> None:
    """Write down who holds a post, by the responsible handler.

    Raises:
        BadInput: there is no such post, or no such office.
        Refused: the one who appoints is not the responsible handler, or the other does not stand in the roster.

    """
    post = decision_routes().posts.get(row.post)
    if post is None:
        raise BadInput(f"There is no post {row.post}; take one of {', '.join(decision_routes().posts)}.")
    if post.of == "section":
        _require_section(row.department)
    elif row.department != (WARD_WIDE if post.of == "ward" else organisation().division_of(row.department).name):
        raise BadInput(f"A {row.post} belongs to {'the ward (区)' if post.of == 'ward' else 'a division'}.")
    with writing(office.warehouse) as people:
        roster.require_role(people, by.handler_id, "responsible", office.today())
        roster.require_any(people, HandlerId(row.handler_id), ("section", "desk"), office.today())
        posts.add(people, row)
        evidence = Evidence(by.handler_id, Purpose.ROSTER)
        record(people, evidence, Action.DECIDE, f"post {row.post} of {row.handler_id}", count=0, now=office.now())


def hand_over(office: Office, by: Credential, leaving: str, to: str) -> list[CaseFile]:
    """Hand every open case of a handler over to another (人事異動); give the cases, and end the posts.

    A case that is about the one who does this stays where it is, and is not told.

    Raises:
        Refused: not the desk; the one who takes over does not stand in the roster, or a case is about them.

    """
    with writing(office.warehouse) as people:
        require_desk(people, office, by.handler_id)
        roster.require_any(people, HandlerId(to), ("section", "desk"), office.today())
        unseen, not_for = (desk.barred_from(people, one) for one in (by.handler_id, to))
        mine = [file for file in desk.in_charge(people, leaving) if file.case_no not in unseen]
        files = [desk.find(people, file.receipt_no) for file in mine]  # all are held before the first line is written
        for file in files:
            hand = Hand(office, people, by, file)
            if file.case_no in not_for:
                raise Refused(f"{to} cannot take {file.receipt_no} over; assign it to somebody else first.")
            hand.keep(in_charge=to)
            hand.note("handed over", to)
        posts.end(people, leaving, office.today())
    return files
