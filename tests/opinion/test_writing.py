"""ご意見入力画面: what is asked for, what is said of mistakes, what becomes of a letter (O1, O2, O4, P3-P5)."""

import re
from datetime import date
from typing import Any

import pytest

from tayori.domain.letters import ITEMS, LONGEST, Problem, letter_of, problems
from tayori.domain.register import register
from tayori.domain.ward import ward
from tayori.ingest.sources.frame import PERSONAL_ITEMS
from tests.ingest.builders import rows, take_in
from tests.opinion.builders import A_LETTER, ANSWERED, CONFIRM, EASY, EDIT, FORM, SEND, Desk, receipt_of
from tests.support.opened import opened
from web.opinion.screen import TRAP, WORDS, Given
from web.opinion.words import told
from web.route import Refusal
from web.tokens import FIELD

WRITTEN = {name for name in ITEMS if name not in {"addressee", "answer", "answer_by", "summary"}}


def test_a_letter_becomes_a_case_with_its_target(desk: Desk) -> None:
    """O1, O2: written, looked over, sent; the case holds what was written, sealed, and has its date."""
    said = "模擬の意見です。\n二行目、<b>太字</b>、𠮷野家の﨑。"
    page = desk.write(**ANSWERED, opinion=said)
    assert page.status == 200
    assert re.fullmatch(r"1102-[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}", receipt_of(page))
    counts = take_in(desk.office)
    assert (counts.letters.read, counts.letters.recorded, counts.rows) == (1, 1, 1)
    (case,) = opened(desk.office)
    assert case["opinion"] == said
    assert (case["name"], case["email"], case["address"]) == ("模擬 太郎", "dummy@example.jp", None)
    managed = "SELECT source, channel, addressee, answer_wanted, received_on, target_on, state FROM opinion_case"
    ((source, channel, addressee, wanted, received, target, state),) = rows(desk.office, managed)
    assert (source, channel, addressee, wanted) == ("opinion-screen", "web_form", "mayor", "yes")
    assert (str(received), str(target), state) == ("2026-11-02", "2026-11-24", "received")
    beside = rows(desk.office, "SELECT state, answer_by, summary, notice FROM letter_receipt")
    assert beside == [("received", "email", "yes", ward().current_notice)]


def test_nobody_has_to_say_who_they_are(desk: Desk) -> None:
    """P3: without an answer neither name nor address is asked for, and there is no target."""
    desk.write(summary="no")
    assert take_in(desk.office).letters.recorded == 1
    (case,) = opened(desk.office)
    assert {case[item] for item in PERSONAL_ITEMS if item != "opinion"} == {None}
    assert rows(desk.office, "SELECT target_on, answer_wanted FROM opinion_case") == [(None, "no")]
    assert rows(desk.office, "SELECT answer_by, summary FROM letter_receipt") == [(None, "no")]
    assert rows(desk.office, "SELECT COUNT(*) FROM letter_confirmation") == [(0,)]


def test_an_inquiry_goes_to_its_department(desk: Desk) -> None:
    """O10 ②: an inquiry that wants an answer is a case of the department's way."""
    desk.write(**ANSWERED, addressee="department")
    take_in(desk.office)
    assert rows(desk.office, "SELECT channel, addressee FROM opinion_case") == [("department_inquiry", "department")]


def test_the_same_letter_twice_is_one_case(desk: Desk) -> None:
    """A second tap, also after the answer was lost, gives the same receipt and no second letter."""
    browser, page = desk.ready()
    first = browser.submit(page.form(SEND))
    again = browser.submit(page.form(SEND))
    assert receipt_of(first) == receipt_of(again)
    assert "二重には受け付けていません" in again.text
    assert desk.waiting() == 1
    desk.screen.sent.clear()  # as if both taps had come at once
    assert receipt_of(browser.submit(page.form(SEND))) == receipt_of(first)
    counts = take_in(desk.office).letters
    assert (counts.read, counts.recorded, counts.duplicate) == (2, 1, 1)
    assert rows(desk.office, "SELECT COUNT(*) FROM letter_receipt") == [(1,)]


def test_a_second_tap_is_the_same_letter_after_a_restart_too(desk: Desk) -> None:
    """The screen knows the token no more and gives the text back; sent again it has its number, and is one case."""
    browser, page = desk.ready()
    first = browser.submit(page.form(SEND))
    desk.restart()
    back = browser.submit(page.form(SEND))
    assert (back.status, desk.screen.refused[Refusal.TOKEN]) == (403, 1)
    again = browser.submit(browser.submit(back.form(CONFIRM)).form(SEND))
    assert receipt_of(again) == receipt_of(first)
    changed = browser.submit(browser.submit(back.form(CONFIRM), opinion="模擬の別の意見です。").form(SEND))
    assert receipt_of(changed) != receipt_of(first)
    counts = take_in(desk.office).letters
    assert (counts.read, counts.recorded, counts.duplicate) == (3, 2, 1)


def test_the_same_words_from_two_forms_are_two_letters(one_desk: Desk) -> None:
    """Two people at one browser who write the same are two: what is one letter is told by the form, not the text."""
    browser = one_desk.browser()
    numbers = {receipt_of(browser.submit(one_desk.ready(browser)[1].form(SEND))) for _ in range(2)}
    assert len(numbers) == 2


def test_a_receipt_is_the_same_when_a_second_tap_comes_after_midnight(one_desk: Desk) -> None:
    """The number that the writer saw first is the one that counts."""
    one_desk.clock.forward(hours=13, minutes=58)
    browser, page = one_desk.ready()
    first = browser.submit(page.form(SEND))
    one_desk.clock.forward(minutes=5)
    assert receipt_of(browser.submit(page.form(SEND))) == receipt_of(first)


def test_the_form_asks_for_the_items_of_the_register_and_no_other(one_desk: Desk) -> None:
    """O4, P5: each field is an item of the paper or one of the closed list of 管理項目; no file can be chosen."""
    collected = {item.item for item in register().collected("O")} - {"answer"}
    assert collected == WRITTEN == set(LONGEST)
    for path in (FORM, EASY):
        page = one_desk.browser().get(path)
        named = {given["name"] for tag, given in page.reader.tags if tag in {"input", "textarea", "select"}}
        assert named == {*ITEMS, TRAP, WORDS, FIELD}
        kinds = {given.get("type") for tag, given in page.reader.tags if tag == "input"}
        assert kinds <= {"hidden", "radio", "checkbox", "text", "email", "tel"}
        assert {given.get("enctype") for tag, given in page.reader.tags if tag == "form"} == {None}


def test_the_purpose_is_shown_before_anything_is_written_and_again_before_sending(one_desk: Desk) -> None:
    """P4: what the letter is used for, that a summary may be published, and how to say no."""
    _, confirm = one_desk.ready()
    for page in (one_desk.browser().get(FORM), confirm):
        assert "だれのご意見か分からないようにした要旨を、区のホームページなどで公表することがあります" in page.text
    assert "しまっておき" in one_desk.browser().get(EASY).text
    assert ward().notices[ward().current_notice].keys() == {"plain", "easy"}
    assert "公表してほしくない" in one_desk.browser().get(FORM).text
    _, confirm = one_desk.ready(summary="no")
    assert "公表してほしくない" in confirm.text


def test_nothing_is_kept_before_it_is_sent(one_desk: Desk) -> None:
    """The page that asks whether to send it keeps nothing, and neither does going back."""
    before = one_desk.waiting()
    browser, page = one_desk.ready()
    assert "まだ送信していません" in page.text
    back = browser.submit(page.form(SEND), action=EDIT)
    assert back.form(CONFIRM).value("opinion") == A_LETTER["opinion"]
    assert one_desk.waiting() == before


WRONG: dict[str, tuple[dict[str, Any], dict[str, Problem]]] = {
    "nothing chosen": ({"addressee": None}, {"addressee": Problem.NOT_CHOSEN}),
    "an addressee that does not exist": ({"addressee": "king"}, {"addressee": Problem.NOT_CHOSEN}),
    "nothing written": ({"opinion": " 　\n"}, {"opinion": Problem.NOT_WRITTEN}),
    "too much": ({"opinion": "あ" * 4_001}, {"opinion": Problem.TOO_LONG}),
    "control signs": ({"opinion": "あ\x00い"}, {"opinion": Problem.UNREADABLE}),
    "no word on the answer": ({"answer": None}, {"answer": Problem.NOT_CHOSEN}),
    "no way to answer": (
        {"answer": "yes"},
        {"answer_by": Problem.NOT_CHOSEN, "name": Problem.NEEDED},
    ),
    "no name": ({"answer": "yes", "answer_by": "post", "address": "模擬町1"}, {"name": Problem.NEEDED}),
    "no address": ({"answer": "yes", "answer_by": "post", "name": "模擬"}, {"address": Problem.NEEDED}),
    "another way's contact": (ANSWERED | {"answer_by": "fax"}, {"fax": Problem.NEEDED}),
    "no e-mail": (ANSWERED | {"email": "dummy"}, {"email": Problem.FORM}),
    "two e-mails": (ANSWERED | {"email": "a@example.jp,b@example.jp"}, {"email": Problem.FORM}),
    "a header": (ANSWERED | {"email": "a@example.jp\nBcc: b@example.jp"}, {"email": Problem.UNREADABLE}),
    "a name of two lines": (ANSWERED | {"name": "模\n擬"}, {"name": Problem.UNREADABLE}),
    "a short number": (ANSWERED | {"telephone": "12"}, {"telephone": Problem.FORM}),
    "no postal code": (ANSWERED | {"postal_code": "16000"}, {"postal_code": Problem.FORM}),
    "a name though nobody answers": ({"name": "模擬"}, {"name": Problem.NOT_NEEDED}),
    "a way though nobody answers": ({"answer_by": "fax"}, {"answer_by": Problem.NOT_NEEDED}),
    "an inquiry that nobody answers": ({"addressee": "department"}, {"answer": Problem.INQUIRY}),
    "a word on the summary that does not exist": ({"summary": "yes"}, {"summary": Problem.NOT_CHOSEN}),
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("path", [FORM, EASY])
def test_a_mistake_is_told_beside_its_item_and_nothing_is_lost(one_desk: Desk, name: str, path: str) -> None:
    """Each mistake has its sentence, at the head and beside the item; what was written stands there still."""
    changes, expected = WRONG[name]
    browser = one_desk.browser()
    given = A_LETTER | changes
    page = browser.submit(browser.get(path).form(CONFIRM), **given)
    letter = letter_of({key: str(value) for key, value in given.items() if value is not None})
    assert problems(letter) == expected
    assert page.status == 422
    for item, problem in expected.items():
        sentence = re.sub(r"<r[pt]>.*?</r[pt]>|</?ruby>", "", str(told(easy=path == EASY)["problems"][item][problem]))
        plain = re.sub(r"<r[pt]>.*?</r[pt]>|</?ruby>", "", page.content.decode())
        assert plain.count(sentence) == 2
    again = page.form(CONFIRM)
    assert again.value("opinion") == letter.opinion
    assert again.value("words") == ("easy" if path == EASY else "")
    assert one_desk.browser().get(FORM).status == 200


def test_every_mistake_has_its_sentence_in_both_editions() -> None:
    """No problem of any item is without words, and both editions say the same things."""
    plain, easy = told(easy=False), told(easy=True)
    assert plain.keys() == easy.keys()
    assert {name: set(one) for name, one in plain["problems"].items()} == {
        name: set(one) for name, one in easy["problems"].items()
    }
    told_of = {item for _, expected in WRONG.values() for item in expected}
    assert told_of <= plain["problems"].keys()


def test_digits_of_full_width_are_taken(one_desk: Desk) -> None:
    """Numbers and addresses of mail may be typed as a Japanese keyboard gives them; the writer sees what is sent."""
    given = ANSWERED | {
        "telephone": "０３ー５２７３ー４０００",
        "postal_code": "１６０－８４８４",
        "email": "ｄｕｍｍｙ＠example.jp",
    }
    _, page = one_desk.ready(**given)
    form = page.form(SEND)
    assert form.value("telephone") == "03-5273-4000"
    assert form.value("postal_code") == "160-8484"
    assert form.value("email") == "dummy@example.jp"


def test_the_trap_is_for_machines_only(one_desk: Desk) -> None:
    """A field that nobody sees: who fills it is told to empty it, in words; nothing is sent."""
    before = one_desk.waiting()
    _, page = one_desk.ready(homepage="https://example.jp")
    assert page.status == 422
    assert "この欄には何も書かないでください" in page.text
    browser, confirm = one_desk.ready()
    assert browser.submit(confirm.form(SEND), homepage="x").status == 400
    assert one_desk.waiting() == before
    hidden = [given for tag, given in one_desk.browser().get(FORM).reader.tags if given.get("name") == TRAP]
    assert (hidden[0]["tabindex"], hidden[0]["autocomplete"]) == ("-1", "off")


def test_what_was_written_is_shown_and_never_run(one_desk: Desk) -> None:
    """Everything is escaped, in the form and in what is looked over."""
    _, page = one_desk.ready(opinion="<script>alert(1)</script>\"'&{{7*7}}", summary="no")
    assert b"<script>" not in page.content
    assert page.form(SEND).value("opinion") == "<script>alert(1)</script>\"'&{{7*7}}"


def test_the_day_of_receipt_is_tokyos(one_desk: Desk) -> None:
    """O2: a letter sent at half past midnight came in on that day, whatever the day in UTC."""
    one_desk.clock.forward(hours=14, minutes=30)
    _, page = one_desk.ready()
    sent = one_desk.screen.sent_under(Given("A" * 43, {FIELD: [page.form(SEND).value("token")]}), letter_of({}))
    assert sent.received_on == date(2026, 11, 3)
