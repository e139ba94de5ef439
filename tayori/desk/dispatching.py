"""A decided answer goes out: number, letter, envelope check by two, dispatch; the sent text is sealed with the case."""

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from tayori import mail
from tayori.desk.deciding import mark_of, opened_words, require_decided
from tayori.desk.hand import Hand, in_hand
from tayori.desk.letterhead import letterhead
from tayori.desk.taking_up import normal_form
from tayori.domain.answering import Form, NotOurs, Response, Way
from tayori.domain.decision_routes import decision_routes
from tayori.domain.record_classes import fiscal_year
from tayori.domain.reply_clock import reply_clocks
from tayori.domain.states import CaseState
from tayori.errors import BadInput, NotFound, Refused, Unavailable
from tayori.office import Office
from tayori.reports.answer_letter import Answer, Recipient, Sender, letter_pdf, letter_text, require_printable
from tayori.settings import Mode
from tayori.vault.audit import Action, record
from tayori.vault.cases import open_cases
from tayori.vault.roster import Credential
from tayori.warehouse import desk, opinions, replies
from tayori.warehouse.engines import reading
from tayori.warehouse.people import reserve
from tayori.warehouse.replies import DispatchRow, ReplyRow

CHECKED_BY_TWO: Final = frozenset({Way.LETTER, Way.FAX})
"""Where a person puts an address on something; a mail goes to the letter's own address by program."""
ISSUED: Final = "issued"
MARKED: Final = 16  # hexadecimal digits of a digest in the trail


@dataclass(frozen=True, slots=True)
class Issued:
    """An answer ready to go out: its number, its letter as PDF (none for a mail), and its text."""

    document_no: str
    way: Way
    pdf: bytes | None = field(repr=False)
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Paper:
    answer: Answer
    sender: Sender
    to: Recipient
    decided_on: date


def issue(office: Office, by: Credential, receipt_no: str, fax_numbers: tuple[str, str] | None = None) -> Issued:
    """Give a decided answer its document number and date, and print it; issued again, the number stays.

    `fax_numbers`: for a fax, the number as it was entered, twice.

    Raises:
        Refused: the answer is not decided, or is on its way.
        BadInput: the two entries of the fax number differ, or are not the letter's; a letter of the address or the text
            cannot be printed.
        Tampered: the text or a stamp is not what was decided.
        Unavailable: Pango is not installed; issue it again where it is.

    """
    with in_hand(office, by, receipt_no) as hand:
        row = _require_ready(hand)
        paper = _paper(office, hand, row, _number(office, hand))
        if paper.answer.way is Way.FAX:
            _require_fax(paper.to, fax_numbers)
        require_printable(paper.answer, paper.to)
        replies.issue(
            hand.people,
            DispatchRow(
                case_no=row.case_no,
                document_no=paper.answer.document_no,
                reply=row.seq,
                dated_on=office.today(),
                decided_on=paper.decided_on,
                issued_by=by.handler_id,
            ),
        )
        text = letter_text(paper.answer, paper.sender, paper.to)
        hand.note(ISSUED, _noted(hand, paper.answer.document_no, text))
    answer = paper.answer
    pdf = letter_pdf(answer, paper.sender, paper.to) if answer.way is not Way.EMAIL else None
    return Issued(answer.document_no, answer.way, pdf, text)


def _noted(hand: Hand, document_no: str, text: str) -> str:
    """Write down what was issued: its number, and the beginning of a digest of its text that the case's key makes."""
    return f"{document_no} {mark_of(hand.key, text).hex()[:MARKED]}"


def _require_ready(hand: Hand) -> ReplyRow:
    if hand.file.state is not CaseState.DECIDED:
        raise Refused(f"The case {hand.file.receipt_no} is {hand.file.state}; only a decided answer goes out.")
    out = replies.issued(hand.people, hand.file.case_no)
    if out is not None and out.sent_by is not None:
        raise Refused("The mail of this answer may have gone out; look for it, then say so with `tayori case settle`.")
    return replies.require_latest(hand.people, hand.file.case_no, hand.file.receipt_no)


def _number(office: Office, hand: Hand) -> str:
    out = replies.issued(hand.people, hand.file.case_no)
    if out is not None:
        return out.document_no
    (number,) = reserve(hand.people, f"d{fiscal_year(office.today())}", 1)
    return letterhead(office).document_no(office.today(), number)


def _paper(office: Office, hand: Hand, row: ReplyRow, document_no: str) -> _Paper:
    decided_on = require_decided(hand, row)
    words = opened_words(office, hand, row)
    route = decision_routes().named(row.route)
    section = desk.departments(hand.people, row.case_no)[desk.RESPONSIBLE][0]
    answer = Answer(
        document_no=document_no,
        dated_on=office.today(),
        received_on=hand.file.arrived_on,
        words=words,
        form=Form(row.form),
        way=Way(row.way),
        template=row.template,
        rehearsal=office.settings.mode is Mode.REHEARSAL,
    )
    return _Paper(answer, letterhead(office).sender(route, section), _recipient(office, hand), decided_on)


def _recipient(office: Office, hand: Hand) -> Recipient:
    what = f"case {hand.file.case_no}: address"
    recorded = record(hand.people, hand.evidence, Action.OPEN, what, count=1, now=office.now())
    rows = opinions.sealed_letters(hand.people, [hand.file.case_no])
    with reading(office.vault) as vault:
        (letter,) = open_cases(vault, office.case_keys, "opinion_case", rows, recorded)
    if letter["name"] is None:
        raise Refused("The letter gives no name; nobody can be addressed.")
    return Recipient(**{item: letter[item] for item in Recipient.__slots__})


def _require_fax(to: Recipient, entered: tuple[str, str] | None) -> None:
    if entered is None or len({normal_form("telephone", one) for one in (*entered, to.fax or "")}) != 1:
        raise BadInput("Enter the fax number twice, as the letter gives it; the entries differ. Nothing was issued.")


def check(office: Office, by: Credential, receipt_no: str) -> int:
    """Record that a person held envelope, address and letter against each other; give how many have (1 or 2).

    Raises:
        NotFound: nothing was issued, or an earlier version.
        Refused: it is not decided, the same person checked already, or two have.

    """
    with in_hand(office, by, receipt_no) as hand:
        out = _require_issued(hand)
        _require_ready(hand)
        if by.handler_id == out.first_check:
            raise Refused(f"{by.handler_id} has checked it already; the second check is another person's.")
        if out.second_check is not None:
            raise Refused("Two people have checked it already.")
        column = "first_check" if out.first_check is None else "second_check"
        replies.alter_dispatch(hand.people, hand.file.case_no, **{column: by.handler_id})
        hand.note("checked", out.document_no)
        return 1 if out.first_check is None else 2


def _require_issued(hand: Hand) -> DispatchRow:
    """Give what was issued, if it is the version that was decided: what was taken back is another sheet of paper."""
    out, row = replies.issued(hand.people, hand.file.case_no), replies.latest(hand.people, hand.file.case_no)
    if out is None or row is None or out.reply != row.seq:
        raise NotFound(f"No answer of {hand.file.receipt_no} was issued as it stands; run `tayori case issue` first.")
    return out


def dispatch(office: Office, by: Credential, receipt_no: str, sent_on: date | None = None) -> CaseState:
    """Record that an answer left, a mail being sent now; what was said is sealed with the case. Give its state.

    Raises:
        NotFound: nothing was issued, or an earlier version.
        Refused: it is not decided, lacks a check, is on its way already, or would not read as it was issued.
        BadInput: the day lies in the future, or before the decision.
        Tampered: the text or a stamp is not what was decided.
        Unavailable: the mail was not sent; the answer stays decided. Refused: the server takes none to this address.

    """
    with in_hand(office, by, receipt_no) as hand:
        row, out = _require_ready(hand), _require_issued(hand)
        if Way(row.way) in CHECKED_BY_TWO and out.second_check is None:
            raise Refused("Two people check the envelope before it leaves: `tayori case check`, each with their name.")
        paper = _dated(_paper(office, hand, row, out.document_no), out)
        _require_as_issued(hand, paper)
        left_on = sent_on or office.today()
        if not out.decided_on <= left_on <= office.today():
            raise BadInput("An answer leaves on a day from its decision up to today; check the day.")
        if paper.answer.way is not Way.EMAIL:
            return _left(hand, paper, left_on)
        replies.alter_dispatch(hand.people, row.case_no, sent_by=by.handler_id)
    return _mail(office, by, receipt_no, paper)


def _require_as_issued(hand: Hand, paper: _Paper) -> None:
    """Refuse to seal as sent what is not what was printed: the letterhead changed in between.

    What was issued by an older version has no digest in its line.
    """
    number, text = paper.answer.document_no, letter_text(paper.answer, paper.sender, paper.to)
    issued = [line.target for line in desk.trail(hand.people, hand.file.case_no) if line.what == ISSUED]
    if not issued or issued[-1] not in {_noted(hand, number, text), number}:
        raise Refused(
            "This answer reads otherwise than it was issued: the letterhead changed. If it left already, put "
            "answer_letterhead.yaml back as it was; otherwise issue it anew. Nothing was done."
        )


def _mail(office: Office, by: Credential, receipt_no: str, paper: _Paper) -> CaseState:
    """Send the mail between two transactions: the first says that it may have gone, the second that it has."""
    try:
        mail.deliver(office.settings, _message(paper, receipt_no))
    except mail.InDoubt:
        raise
    except (BadInput, Refused, Unavailable):
        with in_hand(office, by, receipt_no) as hand:
            replies.alter_dispatch(hand.people, hand.file.case_no, sent_by=None)
        raise
    return settle(office, by, receipt_no, went_out=True)


def settle(office: Office, by: Credential, receipt_no: str, *, went_out: bool) -> CaseState:
    """Say of a mail that may have gone out whether it has; if not, it can be sent again. Give the case's state.

    Raises:
        Refused: no mail of this case is in doubt, or one that went out would not read as it was issued.

    """
    with in_hand(office, by, receipt_no) as hand:
        out = _require_issued(hand)
        if out.sent_by is None or hand.file.state is not CaseState.DECIDED:
            raise Refused(f"No mail of {receipt_no} is in doubt.")
        if not went_out:
            replies.alter_dispatch(hand.people, hand.file.case_no, sent_by=None)
            hand.note("mail not sent", out.document_no)
            return hand.file.state
        row = replies.require_latest(hand.people, hand.file.case_no, receipt_no)
        paper = _dated(_paper(office, hand, row, out.document_no), out)
        _require_as_issued(hand, paper)
        return _left(hand, paper, office.today())


def _dated(paper: _Paper, out: DispatchRow) -> _Paper:
    return replace(paper, answer=replace(paper.answer, dated_on=out.dated_on))


def _message(paper: _Paper, receipt_no: str) -> mail.Mail:
    host = paper.sender.email.rpartition("@")[2]
    return mail.Mail(
        to=paper.to.email or "",
        sender=paper.sender.email,
        subject=f"{paper.sender.section}からのお知らせ（受付番号 {receipt_no}）",
        text=letter_text(paper.answer, paper.sender, paper.to),
        message_id=f"<{receipt_no}.{paper.answer.dated_on:%Y%m%d}@{host}>",
    )


def _left(hand: Hand, paper: _Paper, sent_on: date) -> CaseState:
    text = letter_text(paper.answer, paper.sender, paper.to)
    sealed = hand.sealed("opinion_case", "answer", text)
    what = f"case {hand.file.case_no}: answer {paper.answer.way}"
    record(hand.people, hand.evidence, Action.SEND, what, count=1, now=hand.office.now())
    desk.alter_letter(hand.people, hand.file.case_no, answer=sealed)
    desk.end_wait(hand.people, hand.file.case_no, sent_on)
    replies.alter_dispatch(hand.people, hand.file.case_no, sent_on=sent_on, sent_by=hand.by.handler_id)
    hand.keep(answered_as=hand.file.response)
    if hand.file.response == Response.CONSIDERED:
        hand.keep(follow_up_on=reply_clocks().follow_up(sent_on))
    after = CaseState.NOT_OURS if hand.file.not_ours == NotOurs.TOLD else CaseState.ANSWERED
    hand.move(after, done_on=sent_on)
    return after
