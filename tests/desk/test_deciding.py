"""An answer goes its route; every stamp is a signature of the right hand over exactly that text (I10)."""

import pytest
from sqlalchemy import update

from tayori.desk import deciding, flagging, handling
from tayori.desk.deciding import NewReply
from tayori.desk.dispatching import issue
from tayori.desk.finding import open_letter
from tayori.desk.flagging import NewFlag
from tayori.desk.hand import case_key
from tayori.desk.handling import Assignment
from tayori.desk.reviewing import awaiting_review, review_after
from tayori.domain.answering import Flag, Form, Response, Way, tells_of_others
from tayori.domain.decision_routes import Stamp, decision_routes
from tayori.domain.states import CaseState
from tayori.domain.ward import ward
from tayori.errors import BadInput, NotFound, Refused, Tampered
from tayori.office import Office
from tayori.vault.cases import place_of
from tayori.vault.envelope import seal
from tayori.warehouse import desk, letters, replies
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.letters import Receipt
from tayori.warehouse.schema.desk import case_reply, reply_stamp
from tests.desk.builders import (
    ON_THE_ROUTE,
    OTHER,
    SECTION,
    WORDS,
    Staff,
    a_letter,
    assigned,
    decided,
    drafted,
    stamped,
    state_of,
)

C = CaseState


def seen_by(office: Office, staff: Staff, name: str, receipt_no: str) -> str:
    return deciding.standing(office, staff[name], receipt_no).reply.mark.hex()


@pytest.mark.parametrize("addressee", ward().addressees)
@pytest.mark.parametrize("kind", [None, *ward().kinds])
def test_every_letter_has_a_route_that_ends_in_one_decision(addressee: str, kind: str | None) -> None:
    """Whatever the addressee and kind: the posts exist, the last step decides, and no other does."""
    steps = decision_routes().of(addressee, kind).steps(SECTION, [OTHER])
    assert [step.last for step in steps] == [False] * (len(steps) - 1) + [True]
    assert {step.post for step in steps} <= set(decision_routes().posts)
    assert [step.department for step in steps if step.stamp is Stamp.AGREED] == [OTHER]


def test_an_opinion_to_the_mayor_goes_up_to_the_mayor(office: Office, staff: Staff) -> None:
    """係長, 課長, the related section's 課長 in 合議, 部長, 区長: in this order, and then it is decided."""
    receipt_no = drafted(office, staff, assigned(office, staff, a_letter(office), OTHER))
    for name in ("kakari", "kacho", "other-kacho", "bucho"):
        stamped(office, staff, receipt_no, name)
        assert state_of(office, receipt_no) is C.IN_DECISION
    stamped(office, staff, receipt_no, "kucho")
    assert state_of(office, receipt_no) is C.DECIDED
    stamps = deciding.standing(office, staff["sakura"], receipt_no).stamps
    assert [one.stamp for one in stamps] == ["passed", "passed", "agreed", "passed", "decided"]


def test_thanks_are_decided_by_the_division_in_its_own_right(office: Office, staff: Staff) -> None:
    """専決: the route of the kind ends earlier, and the stamp says so."""
    receipt_no = drafted(office, staff, assigned(office, staff, a_letter(office, kind="thanks")))
    stamped(office, staff, receipt_no, "kakari", "kacho", "bucho")
    assert deciding.standing(office, staff["sakura"], receipt_no).stamps[-1].stamp == Stamp.DELEGATED


def test_a_draft_goes_the_route_of_what_the_letter_is_now(office: Office, staff: Staff) -> None:
    """Drafted as thanks and classified as a complaint afterwards, it would be decided without the mayor."""
    receipt_no = assigned(office, staff, a_letter(office, kind="complaint"))
    handling.classify(office, staff["clerk"], receipt_no, [{"kind": "thanks"}])
    deciding.draft(office, staff["clerk"], receipt_no, NewReply(WORDS, Response.PLANNED))
    handling.classify(office, staff["clerk"], receipt_no, [{"kind": "complaint"}])
    with pytest.raises(Refused, match="another kind"):
        deciding.submit(office, staff["clerk"], receipt_no)
    stamped(office, staff, drafted(office, staff, receipt_no), *ON_THE_ROUTE)
    assert state_of(office, receipt_no) is CaseState.DECIDED


def test_a_deputy_decides_where_the_table_lets_them_and_the_stamp_says_so(office: Office, staff: Staff) -> None:
    """代決: the deputy mayor for the mayor; the 係長 of another section for nobody here."""
    receipt_no = drafted(office, staff, assigned(office, staff, a_letter(office)))
    stamped(office, staff, receipt_no, "kakari", "kacho", "bucho", "fuku")
    assert state_of(office, receipt_no) is C.DECIDED
    assert deciding.standing(office, staff["sakura"], receipt_no).stamps[-1].stamp == Stamp.DEPUTISED


@pytest.mark.parametrize("name", ["kacho", "bucho", "kucho", "clerk", "sakura", "fuku"])
def test_nobody_stamps_out_of_turn(office: Office, staff: Staff, name: str) -> None:
    """The first stamp is the 係長's; every other hand is told whose turn it is."""
    receipt_no = drafted(office, staff, assigned(office, staff, a_letter(office)))
    with pytest.raises(Refused, match="係長"):
        deciding.stamp(office, staff[name], receipt_no, seen_by(office, staff, name, receipt_no))


def test_no_hand_stamps_twice_or_decides_its_own_draft(office: Office, staff: Staff) -> None:
    """The 係長 who stands in for the 課長 has stamped already; who drafted does not decide."""
    receipt_no = drafted(office, staff, assigned(office, staff, a_letter(office)))
    stamped(office, staff, receipt_no, "kakari")
    with pytest.raises(Refused, match="another hand"):
        stamped(office, staff, receipt_no, "kakari")
    own = assigned(office, staff, a_letter(office, addressee="department"))
    deciding.draft(office, staff["kacho"], own, NewReply(WORDS, Response.DONE))
    deciding.submit(office, staff["kacho"], own)
    stamped(office, staff, own, "kakari")
    with pytest.raises(Refused, match="drafted this answer"):
        stamped(office, staff, own, "kacho")


def test_only_the_draft_that_was_seen_is_stamped(office: Office, staff: Staff) -> None:
    """A draft that changed since it was read is refused, as is a mark that is too short."""
    receipt_no = drafted(office, staff, assigned(office, staff, a_letter(office)))
    seen = seen_by(office, staff, "kakari", receipt_no)
    deciding.send_back(office, staff["kakari"], receipt_no, "日付を直してください。")
    drafted(office, staff, receipt_no, WORDS + "追伸。")
    for wrong in (seen, seen_by(office, staff, "kakari", receipt_no)[:7], ""):
        with pytest.raises(Refused, match="not the one that you saw"):
            deciding.stamp(office, staff["kakari"], receipt_no, wrong)


def test_a_draft_is_sent_back_with_a_reason_and_comes_back_as_the_next_version(office: Office, staff: Staff) -> None:
    """差戻し: the same version is not submitted again; the next one begins its route anew."""
    receipt_no = drafted(office, staff, assigned(office, staff, a_letter(office)))
    stamped(office, staff, receipt_no, "kakari", "kacho")
    deciding.send_back(office, staff["bucho"], receipt_no, "時期を書いてください。")
    assert state_of(office, receipt_no) is C.DRAFTED
    with pytest.raises(Refused, match="sent back"):
        deciding.submit(office, staff["clerk"], receipt_no)
    drafted(office, staff, receipt_no, WORDS + "三月末までに行います。")
    standing = deciding.standing(office, staff["kakari"], receipt_no)
    assert (standing.reply.seq, standing.stamps) == (2, ())
    stamped(office, staff, receipt_no, *ON_THE_ROUTE)
    assert state_of(office, receipt_no) is C.DECIDED


def test_a_case_is_not_assigned_anew_while_it_is_decided(office: Office, staff: Staff) -> None:
    """The route hangs on the sections; they do not change under it."""
    receipt_no = drafted(office, staff, assigned(office, staff, a_letter(office)))
    with pytest.raises(Refused, match="before its decision"):
        handling.assign(office, staff["sakura"], receipt_no, Assignment(OTHER), "移す")


@pytest.mark.parametrize("column", ["mark", "words", "route", "way"])
def test_a_draft_that_was_changed_in_the_store_is_not_issued(office: Office, staff: Staff, column: str) -> None:
    """Somebody with the database's keys swaps text, mark, route or way after the decision: nothing goes out."""
    receipt_no = decided(office, staff)
    other = drafted(office, staff, assigned(office, staff, a_letter(office)), "別の回答です。")
    with writing(office.warehouse) as people:
        number = desk.find(people, receipt_no).case_no
        foreign = replies.require_latest(people, desk.find(people, other).case_no, other)
        value = {"mark": foreign.mark, "words": foreign.words, "route": "department", "way": Way.EMAIL}[column]
        people.execute(update(case_reply).where(case_reply.c.case_no == number).values({column: value}))
    with pytest.raises((Tampered, Refused)):
        issue(office, staff["sakura"], receipt_no)
    assert state_of(office, receipt_no) is C.DECIDED


def test_a_text_that_was_sealed_anew_under_the_cases_key_is_not_issued(office: Office, staff: Staff) -> None:
    """Whoever holds the key and writes another text into the decided version is found by the signed digest."""
    receipt_no = decided(office, staff)
    with writing(office.warehouse) as people:
        number = desk.find(people, receipt_no).case_no
        where = place_of("case_reply", "words", {"case_no": number, "seq": 1})
        forged = seal(case_key(office, number), "修理はしません。".encode(), where)
        people.execute(update(case_reply).where(case_reply.c.case_no == number).values(words=forged))
    with pytest.raises(Tampered, match="not the one that was decided"):
        issue(office, staff["sakura"], receipt_no)


@pytest.mark.parametrize("column", ["by", "stamp", "post", "signature", "statement"])
def test_a_stamp_that_was_changed_in_the_store_does_not_hold(office: Office, staff: Staff, column: str) -> None:
    """A stamp is its signature: a forged hand, a nicer stamp or another statement is found."""
    receipt_no = decided(office, staff)
    values = {"by": "fuku", "stamp": "decided", "post": "mayor", "signature": b"0" * 64, "statement": b"{}"}
    with writing(office.warehouse) as people:
        first = reply_stamp.c.step == 0
        people.execute(update(reply_stamp).where(first).values({column: values[column]}))
    with pytest.raises(Tampered):
        issue(office, staff["sakura"], receipt_no)


def test_an_answer_needs_somewhere_to_go(office: Office, staff: Staff) -> None:
    """A letter without an e-mail address is not answered by mail, one without a fax number not by fax."""
    receipt_no = assigned(office, staff, a_letter(office, email=None, fax=None))
    for way in (Way.EMAIL, Way.FAX):
        with pytest.raises(Refused, match="gives no"):
            deciding.draft(office, staff["clerk"], receipt_no, NewReply(WORDS, Response.DONE, way=way))


@pytest.mark.parametrize(
    ("wished", "chosen", "way", "told"),
    [
        (None, None, Way.LETTER, False),
        ("email", None, Way.EMAIL, False),
        ("fax", None, Way.FAX, False),
        ("post", Way.EMAIL, Way.EMAIL, True),
        ("telephone", Way.LETTER, Way.LETTER, True),
    ],
)
def test_an_answer_goes_the_way_that_its_writer_wished(
    office: Office, staff: Staff, wished: str | None, chosen: Way | None, way: Way, *, told: bool
) -> None:
    """What was chosen on the opinion screen holds unless the drafter chooses another way, who is told."""
    receipt_no = assigned(office, staff, wishing(office, wished))
    advice = deciding.draft(office, staff["clerk"], receipt_no, NewReply(WORDS, Response.DONE, way=chosen))
    assert (deciding.standing(office, staff["clerk"], receipt_no).reply.way, bool(advice)) == (way, told)


def test_who_wishes_to_be_called_is_not_written_to_unasked(office: Office, staff: Staff) -> None:
    """Nothing is drafted until a way in writing is chosen; the wish is shown with the letter."""
    receipt_no = assigned(office, staff, wishing(office, "telephone"))
    with pytest.raises(Refused, match="wishes to be called"):
        deciding.draft(office, staff["clerk"], receipt_no, NewReply(WORDS, Response.DONE))
    assert open_letter(office, staff["clerk"], receipt_no).answer_by == "telephone"


def wishing(office: Office, answer_by: str | None) -> str:
    """Put a letter whose writer chose on the opinion screen how to be answered."""
    receipt_no = a_letter(office)
    with writing(office.warehouse) as people:
        number = desk.find(people, receipt_no).case_no
        if answer_by is not None:
            letters.add(people, [Receipt(number, b"x", "1001-ABCD", letters.RECEIVED, answer_by, "yes", "1")], [])
    return receipt_no


def test_what_was_decided_for_somebody_away_is_reviewed_by_them_afterwards(office: Office, staff: Staff) -> None:
    """後閲: it is listed until the holder of the post themself has read it, once; nobody else can for them."""
    receipt_no = drafted(office, staff, assigned(office, staff, a_letter(office)))
    stamped(office, staff, receipt_no, "kakari", "kacho", "bucho", "fuku")
    (listed,) = awaiting_review(office)
    assert (listed["receipt_no"], listed["post"], listed["by"]) == (receipt_no, "mayor", "fuku")
    for other in ("fuku", "bucho"):
        with pytest.raises(Refused, match="Nobody stood in"):
            review_after(office, staff[other], receipt_no)
    assert review_after(office, staff["kucho"], receipt_no) == "mayor"
    assert awaiting_review(office) == []
    with pytest.raises(Refused, match="reviewed already"):
        review_after(office, staff["kucho"], receipt_no)


def test_what_waits_for_nobody_is_not_listed_for_review(office: Office, staff: Staff) -> None:
    """Neither a version that was sent back, nor one for whose post the complaint is about: they do not learn of it."""
    back, about = (drafted(office, staff, assigned(office, staff, a_letter(office))) for _ in range(2))
    flagging.raise_flag(office, staff["sakura"], about, NewFlag(Flag.OFFICIAL, official="kucho"))
    for receipt_no in (back, about):
        stamped(office, staff, receipt_no, "kakari", "kacho", "bucho", "fuku")
    assert [one["receipt_no"] for one in awaiting_review(office)] == [back]
    with pytest.raises(NotFound):
        review_after(office, staff["kucho"], about)
    deciding.send_back(office, staff["bucho"], back, "誤記")
    assert awaiting_review(office) == []


@pytest.mark.parametrize(
    "words", ["", "　\n", "長" * 8_001, "简体字"], ids=["nothing", "blank", "too long", "no glyph"]
)
def test_what_cannot_be_an_answer_is_refused(office: Office, staff: Staff, words: str) -> None:
    """Nothing, too much, and letters that would be printed as boxes."""
    receipt_no = assigned(office, staff, a_letter(office))
    with pytest.raises(BadInput):
        deciding.draft(office, staff["clerk"], receipt_no, NewReply(words, Response.DONE))
    assert state_of(office, receipt_no) is C.ASSIGNED


TELLING = [
    "同様のご意見を１２名の方からいただいています。",
    "ほかにも多数の方からご要望をいただいております。",
    "同趣旨のご意見が47件ありました。",
    "三十名の方から同じご意見が寄せられました。",
    "多くの方から同様のご要望をいただきました。",
    "他にも複数のお申し出がありました。",
]
NOT_TELLING = [
    "遊具は３基あり、うち２基を来月中に修理します。",
    "同じ場所で工事を行います。工期は10月までです。",
    "多くの方に利用される公園です。",
    "その他の遊具も点検します。",
    WORDS,
]


@pytest.mark.parametrize("words", TELLING)
def test_an_answer_never_tells_how_many_others_wrote(office: Office, staff: Staff, words: str) -> None:
    """同趣旨: a person's answer is about their letter; it and a shared text are refused when they count others."""
    receipt_no = assigned(office, staff, a_letter(office))
    with pytest.raises(Refused, match="others"):
        deciding.draft(office, staff["clerk"], receipt_no, NewReply(words, Response.DONE))
    with pytest.raises(Refused, match="others"):
        deciding.share(office, staff["sakura"], "park", words)


@pytest.mark.parametrize("words", NOT_TELLING)
def test_other_counts_are_no_telling(words: str) -> None:
    """Numbers and 「同じ」 on the matter itself stay."""
    assert not tells_of_others(words)


def test_letters_of_one_kind_share_a_text_version_each_with_its_own_changes(office: Office, staff: Staff) -> None:
    """A shared text has versions; each case keeps which one, whether it was changed, and its own decision."""
    by = staff["sakura"]
    assert [deciding.share(office, by, "park", WORDS), deciding.share(office, by, "park", WORDS + "以上")] == [1, 2]
    same = assigned(office, staff, a_letter(office))
    changed = assigned(office, staff, a_letter(office))
    drafted(office, staff, same, WORDS + "以上", shared="park")
    drafted(office, staff, changed, "お寄せいただいた件です。" + WORDS, shared="park")
    stamped(office, staff, same, *ON_THE_ROUTE)
    with reading(office.warehouse) as people:
        kept = [replies.require_latest(people, desk.find(people, one).case_no, one) for one in (same, changed)]
    assert [(row.shared, row.shared_version, row.changed) for row in kept] == [("park", 2, False), ("park", 2, True)]
    assert (state_of(office, same), state_of(office, changed)) == (C.DECIDED, C.IN_DECISION)


def test_plain_japanese_is_advised_and_not_forced(office: Office, staff: Staff) -> None:
    """やさしい日本語: kanji without a reading and long sentences are told; the draft stands."""
    receipt_no = assigned(office, staff, a_letter(office))
    told = deciding.draft(
        office, staff["clerk"], receipt_no, NewReply("公園を直します。", Response.DONE, form=Form.PLAIN)
    )
    assert any("公園" in line for line in told)
    assert state_of(office, receipt_no) is C.DRAFTED
