"""An answer is drafted, goes its route and is decided (決裁); each stamp is a signature over exactly its text (I10)."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from sqlalchemy import Connection

from tayori.certificates.page import unprintable
from tayori.desk.hand import Hand, case_key, in_hand
from tayori.desk.rights import DESK
from tayori.domain.answering import WAY_NEEDS, WISHED, Form, Response, Way, tells_of_others
from tayori.domain.canonical import canonical_bytes
from tayori.domain.decision_routes import Stamp, Step, decision_routes
from tayori.domain.identifiers import HandlerId
from tayori.domain.plain_japanese import warnings_of
from tayori.domain.states import CaseState
from tayori.errors import BadInput, Refused, Tampered
from tayori.office import TOKYO, Office
from tayori.vault import roster
from tayori.vault.audit import Action, record
from tayori.vault.cases import open_cases
from tayori.vault.roster import Credential, verify_signature
from tayori.warehouse import desk, letters, opinions, posts, replies
from tayori.warehouse.desk import CaseFile
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.replies import ReplyRow, SharedRow, StampRow
from tayori.warehouse.schema.desk import case_reply

TEMPLATE: Final = "reply-1"
LONGEST: Final = 8_000
SHORTEST_MARK: Final = 8
ANOTHER_WAY: Final = "差出人が希望した回答の方法と違います。"


@dataclass(frozen=True, slots=True)
class NewReply:
    """What is drafted: the text, what the ward does about the matter, form and way, the shared text it rests on.

    Without a way it goes out as the writer wished, or as a letter where they wished nothing. `of_matters`: what the
    ward does about each matter of the letter, in order, where they differ.
    """

    words: str = field(repr=False)
    response: Response
    form: Form = Form.USUAL
    way: Way | None = None
    shared: str | None = None
    of_matters: tuple[Response, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """A draft as it stands: its row, its text, the steps of its route, the stamps under it, who is next."""

    reply: ReplyRow
    words: str = field(repr=False)
    steps: tuple[Step, ...]
    stamps: tuple[StampRow, ...]

    @property
    def next(self) -> Step | None:
        """The step that is next; None once it is decided."""
        return self.steps[len(self.stamps)] if len(self.stamps) < len(self.steps) else None


def share(office: Office, by: Credential, name: str, words: str) -> int:
    """Write a text for letters of the same kind (同趣旨), or its next version; give the version.

    Raises:
        Refused: not the desk, or the text tells how many others wrote.

    """
    _require_sayable(words)
    with writing(office.warehouse) as people:
        roster.require_role(people, HandlerId(by.handler_id), DESK, office.today())
        version = replies.next_version(people, name)
        replies.add_shared(people, SharedRow(name, version, words, by.handler_id, office.now()))
    return version


def draft(office: Office, by: Credential, receipt_no: str, new: NewReply) -> list[str]:
    """Draft an answer, or its next version; give what a writer should look at again (advice, nothing is refused for).

    Raises:
        BadInput: nothing is said, too much is, or in letters that cannot be printed; or the letter has another number
            of matters.
        Refused: the case is not assigned or is being decided; the letter gives nowhere to send it; its writer wished
            to be called and no way was chosen; the text tells how many others wrote.

    """
    _require_sayable(new.words)
    with in_hand(office, by, receipt_no) as hand:
        if hand.file.state not in {CaseState.ASSIGNED, CaseState.DRAFTED}:
            raise Refused(f"The case {receipt_no} is {hand.file.state}; an answer is drafted once it is assigned.")
        wished = letters.answer_by(hand.people, hand.file.case_no)
        way = new.way or _wished_way(wished)
        _require_place(hand, way)
        base = replies.find_shared(hand.people, new.shared) if new.shared is not None else None
        seq = desk.next_seq(hand.people, case_reply, hand.file.case_no)
        row = ReplyRow(
            case_no=hand.file.case_no,
            seq=seq,
            route=decision_routes().of(hand.file.addressee, hand.file.kind).name,
            form=new.form,
            way=way,
            template=TEMPLATE,
            shared=base.shared if base is not None else None,
            shared_version=base.version if base is not None else None,
            changed=base is None or base.words != new.words,
            drafted_by=by.handler_id,
            drafted_at=office.now(),
            mark=mark_of(hand.key, new.words),
            words=hand.sealed("case_reply", "words", new.words, seq=seq),
        )
        replies.add_reply(hand.people, row)
        _keep_responses(hand, new)
        if hand.file.state is CaseState.ASSIGNED:
            hand.move(CaseState.DRAFTED)
        hand.note("drafted", f"version {seq}")
    advice = list(warnings_of(new.words)) if new.form is Form.PLAIN else []
    return advice + ([ANOTHER_WAY] if wished is not None and WISHED[wished] is not way else [])


def _keep_responses(hand: Hand, new: NewReply) -> None:
    matters = desk.matters(hand.people, hand.file.case_no)
    if new.of_matters and len(new.of_matters) != len(matters):
        raise BadInput(
            f"The letter has {len(matters)} matters; give one response for all, or one for each. Nothing was written."
        )
    desk.set_responses(hand.people, hand.file.case_no, new.of_matters or [None] * len(matters))
    hand.keep(response=new.response)


def _wished_way(wished: str | None) -> Way:
    way = WISHED[wished] if wished is not None else Way.LETTER
    if way is None:
        raise Refused(
            "The writer wishes to be called. Call, then end the case with `tayori case close --outcome answered`; "
            "or choose a way in writing with --way."
        )
    return way


def _require_sayable(words: str) -> None:
    if not 0 < len(words.strip()) <= LONGEST:
        raise BadInput(f"An answer has 1 to {LONGEST:,} characters. Nothing was written.")
    if missing := unprintable(words):
        codes = ", ".join(f"U+{code:04X}" for code in missing)
        raise BadInput(f"The font has no glyph for {codes}; write it with letters that can be printed.")
    if tells_of_others(words):
        raise Refused("The answer tells how many others wrote the like; it never does. Leave that out.")


def _require_place(hand: Hand, way: Way) -> None:
    (letter,) = opinions.sealed_letters(hand.people, [hand.file.case_no])
    if letter[WAY_NEEDS[way]] is None:
        raise Refused(f"The letter gives no {WAY_NEEDS[way]}; choose another way, or end the case as anonymous.")


def mark_of(key: bytes, words: str) -> bytes:
    """Give the keyed digest by which a text is signed; it means nothing once the case's key is gone."""
    return hmac.digest(key, b"tayori|answer|" + words.encode(), "sha256")


def standing(office: Office, by: Credential, receipt_no: str) -> Standing:
    """Open the newest draft to be read before it is stamped.

    Raises:
        NotFound: there is no such case for this handler, or no draft.
        Refused: the handler has no part in it.

    """
    with in_hand(office, by, receipt_no) as hand:
        row = replies.require_latest(hand.people, hand.file.case_no, receipt_no)
        recorded = record(
            hand.people, hand.evidence, Action.OPEN, f"case {hand.file.case_no}: draft", count=1, now=office.now()
        )
        steps, stamps = _steps(hand.people, hand.file, row), tuple(replies.stamps(hand.people, row.case_no, row.seq))
    with reading(office.vault) as vault:
        named = {name: getattr(row, name) for name in ("case_no", "seq", "words")}
        (opened,) = open_cases(vault, office.case_keys, "case_reply", [named], recorded)
    return Standing(row, opened["words"], steps, stamps)


def _steps(people: Connection, file: CaseFile, row: ReplyRow) -> tuple[Step, ...]:
    parts = desk.departments(people, file.case_no)
    if not parts[desk.RESPONSIBLE]:
        raise Refused(f"The case {file.receipt_no} has no responsible section; assign it first.")
    return decision_routes().named(row.route).steps(parts[desk.RESPONSIBLE][0], parts[desk.RELATED])


def submit(office: Office, by: Credential, receipt_no: str) -> Step:
    """Send the newest draft on its route; give the step that is first.

    Raises:
        Refused: the case is not drafted, this very version was sent back, or the letter was classified anew since and
            another route decides it.

    """
    with in_hand(office, by, receipt_no) as hand:
        row = replies.require_latest(hand.people, hand.file.case_no, receipt_no)
        sent_back = {line.target for line in desk.trail(hand.people, row.case_no) if line.what == "returned"}
        if f"version {row.seq}" in sent_back:
            raise Refused("This version was sent back; draft the next one. Nothing was submitted.")
        route = decision_routes().of(hand.file.addressee, hand.file.kind)
        if row.route != route.name:
            raise Refused(f"The letter is of another kind since it was drafted: {route.term}. Draft the answer anew.")
        steps = _steps(hand.people, hand.file, row)
        hand.move(CaseState.IN_DECISION)
        hand.note("submitted", f"version {row.seq}")
    return steps[0]


def stamp(office: Office, by: Credential, receipt_no: str, seen: str) -> Stamp:
    """Put the next stamp under a draft, signed; give which it was. With the last one the answer is decided.

    `seen`: the beginning of the draft's mark (hexadecimal, at least 8), as it was shown with the text.

    Raises:
        Refused: the draft is another than the one seen; the handler holds neither the post that is next nor one that
            stands in for it; they stamped before; or they would decide what they drafted.
        Tampered: an earlier stamp does not hold any more.

    """
    with in_hand(office, by, receipt_no) as hand:
        if hand.file.state is not CaseState.IN_DECISION:
            raise Refused(f"The case {receipt_no} is {hand.file.state}; there is nothing to stamp.")
        row = replies.require_latest(hand.people, hand.file.case_no, receipt_no)
        if len(seen) < SHORTEST_MARK or not row.mark.hex().startswith(seen.lower()):
            raise Refused("The draft is not the one that you saw; read it again with `tayori case draft-show`.")
        steps, stamps = _steps(hand.people, hand.file, row), replies.stamps(hand.people, row.case_no, row.seq)
        _require_stamps(hand, row, steps, stamps)
        put = _allowed(hand, row, steps[len(stamps)], stamps)
        step = steps[len(stamps)]
        statement = _statement(row, len(stamps), step, put, by)
        replies.sign(
            hand.people,
            StampRow(
                row.case_no, row.seq, len(stamps), step.post, step.department, put, by.handler_id, office.now(),
                statement, by.sign(statement),
            ),
        )  # fmt: skip
        hand.note(put, step.post)
        if step.last:
            hand.move(CaseState.DECIDED)
    return put


def _allowed(hand: Hand, row: ReplyRow, step: Step, stamps: list[StampRow]) -> Stamp:
    who = hand.by.handler_id
    put = step.stamp_of(posts.held(hand.people, who, hand.office.today()))
    if put is None:
        term = decision_routes().posts[step.post].term
        raise Refused(f"Next is the {term} ({step.post}) of {step.department}; {who} neither is that nor deputises.")
    if any(one.by == who for one in stamps):
        raise Refused(f"{who} has stamped this draft already; another hand is next.")
    if step.last and row.drafted_by == who:
        raise Refused(f"{who} drafted this answer and cannot decide it too; another hand is needed.")
    return put


def send_back(office: Office, by: Credential, receipt_no: str, reason: str) -> None:
    """Send a draft back to who wrote it (差戻し), or take it back before it left; the reason is kept sealed.

    Raises:
        Refused: the case is neither being decided nor decided and unsent.

    """
    with in_hand(office, by, receipt_no) as hand:
        row = replies.require_latest(hand.people, hand.file.case_no, receipt_no)
        if hand.file.state not in {CaseState.IN_DECISION, CaseState.DECIDED}:
            raise Refused(f"The case {receipt_no} is {hand.file.state}; there is nothing to send back.")
        out = replies.issued(hand.people, hand.file.case_no)
        if out is not None and out.sent_by is not None:
            raise Refused("The answer is on its way; it cannot be taken back any more.")
        hand.note("returned", f"version {row.seq}", reason)
        hand.move(CaseState.DRAFTED)


def require_decided(hand: Hand, row: ReplyRow) -> date:
    """Give the day on which a version was decided, if every stamp of its route is there and holds.

    Raises:
        Refused: a stamp is missing.
        Tampered: one does not match the text, the route, or its signature.

    """
    steps, stamps = _steps(hand.people, hand.file, row), replies.stamps(hand.people, row.case_no, row.seq)
    if len(stamps) < len(steps):
        raise Refused(f"The answer of {hand.file.receipt_no} lacks {len(steps) - len(stamps)} stamps of its route.")
    _require_stamps(hand, row, steps, stamps)
    return stamps[-1].at.astimezone(TOKYO).date()


def _require_stamps(hand: Hand, row: ReplyRow, steps: tuple[Step, ...], stamps: list[StampRow]) -> None:
    if len(stamps) > len(steps):
        raise Tampered(f"The answer of {hand.file.receipt_no} has more stamps than its route has steps.")
    for at, one in enumerate(stamps):
        stated = _stated(row, at, steps[at], one.stamp, one.by)
        placed = (one.step, one.post, one.department) == (at, steps[at].post, steps[at].department)
        if not placed or canonical_bytes(stated) != bytes(one.statement):
            raise Tampered(f"A stamp under the answer of {hand.file.receipt_no} is not for this text and route.")
        verify_signature(hand.people, HandlerId(one.by), bytes(one.statement), bytes(one.signature))


def _statement(row: ReplyRow, at: int, step: Step, put: Stamp, by: Credential) -> bytes:
    return canonical_bytes(_stated(row, at, step, put, by.handler_id))


def _stated(row: ReplyRow, at: int, step: Step, put: str, by: str) -> Mapping[str, object]:
    return {
        "form": "tayori answer stamp 1",
        "case": row.case_no,
        "version": row.seq,
        "mark": bytes(row.mark).hex(),
        "route": row.route,
        "reply": [row.form, row.way, row.template],
        "step": at,
        "post": step.post,
        "department": step.department,
        "stamp": str(put),
        "by": by,
    }


def opened_words(office: Office, hand: Hand, row: ReplyRow) -> str:
    """Open a version's text and hold it against what was signed.

    Raises:
        Tampered: it is another text.

    """
    recorded = record(hand.people, hand.evidence, Action.OPEN, f"case {row.case_no}: answer", count=1, now=office.now())
    with reading(office.vault) as vault:
        named = {name: getattr(row, name) for name in ("case_no", "seq", "words")}
        (opened,) = open_cases(vault, office.case_keys, "case_reply", [named], recorded)
    words: str = opened["words"]
    if not hmac.compare_digest(mark_of(case_key(office, row.case_no), words), bytes(row.mark)):
        raise Tampered("The text of an answer is not the one that was decided. Nothing goes out.")
    return words
