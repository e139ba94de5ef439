"""The receipt: a number with a secret part, a page that tells the state, a mail that repeats nothing (O1)."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from tayori.domain.letters import Letter
from tayori.domain.receipts import SIGNS, read_receipt, receipt_number, reference_of
from tayori.domain.states import CaseState
from tayori.domain.ward import ward
from tayori.ingest.confirming import MOST_TRIES, send_confirmations
from tayori.ingest.sent import LETTER, Sent
from tayori.office import Office
from tayori.warehouse import inbox, letters, opinions
from tayori.warehouse.engines import writing
from tests.ingest.builders import rows, take_in
from tests.opinion.builders import ANSWERED, Desk, receipt_of, running_screen
from tests.resident.builders import Door, running_pages
from tests.support.builders import TestClock, an_office
from tests.support.mail_desk import MailDesk, running_desk


@given(st.binary(min_size=10, max_size=16), st.dates(date(2026, 1, 1), date(2030, 12, 31)))
def test_a_number_is_read_however_it_is_typed(drawn: bytes, day: date) -> None:
    """Lower case, full width, without hyphens, O for 0: it is the same number."""
    number = receipt_number(day, drawn)
    assert read_receipt(number) == number
    assert read_receipt(number.lower().replace("-", " ")) == number
    assert read_receipt(number.replace("0", "O").replace("1", "l")) == number
    assert read_receipt(number.translate({ord(one): ord(one) + 0xFEE0 for one in SIGNS})) == number
    assert reference_of(number) == number[:9]


@pytest.mark.parametrize("written", ["", "1126", "1126-7K3F-9QXM-2RTD-84H", "1126-7K3F-9QXM-2RTD-84HU", "あ" * 20])
def test_what_is_no_number_is_none(written: str) -> None:
    """A number of another length, or with a sign that is not used, is none."""
    assert read_receipt(written) is None


def test_numbers_are_never_the_same(one_desk: Desk) -> None:
    """Sixteen drawn signs, 80 bits: nobody guesses one, and no two letters share one."""
    numbers = {receipt_of(one_desk.write()) for _ in range(5)}
    assert len(numbers) == 5


def test_a_number_that_comes_twice_stops_nobody(office: Office) -> None:
    """Whoever may write into the inbox can seal a number again: both letters are cases, the first has the number."""
    number = receipt_number(office.today(), b"0123456789")
    for at, said in enumerate(("水飲み場を直してください。", "別の意見です。", "もう一つの意見です。")):
        letter = Letter("mayor", said, "no")
        sent = Sent(f"{at:032x}", number, office.today(), ward().current_notice, letter)
        box = office.sealer.seal(LETTER, sent.packed())
        with writing(office.inbox) as connection:
            inbox.put(connection, LETTER, box.epoch, box.box, office.now())
        if at:
            take_in(office)
    assert rows(office, "SELECT case_no FROM letter_receipt") == [(1,)]
    assert rows(office, "SELECT count(*) FROM opinion_case") == [(3,)]


@pytest.fixture
def door(office: Office, clock: TestClock) -> Iterator[Door]:
    """Give the residents' pages of the same office."""
    with running_pages(office, clock) as running:
        yield running


def ask(door: Door, number: str) -> str:
    browser = door.browser()
    return browser.submit(browser.get("/letter").form("/letter"), receipt=number).text


def test_who_has_the_number_sees_the_state_and_no_more(desk: Desk, door: Door) -> None:
    """Received, answered: one word of it, and nothing of what was written."""
    number = receipt_of(desk.write(**ANSWERED))
    assert "この番号は見つかりません" in ask(door, number)
    take_in(desk.office)
    told = ask(door, number.lower().replace("-", ""))
    assert "受け付けています" in told
    assert "模擬 太郎" not in told
    ((case_no,),) = rows(desk.office, "SELECT case_no FROM opinion_case")
    with writing(desk.office.warehouse) as people:
        opinions.set_state(people, [case_no], CaseState.ANSWERED, desk.office.today())
        assert letters.tell_states(people) == 1
        assert letters.tell_states(people) == 0
    assert "回答しました" in ask(door, number)


def test_a_number_that_is_none_is_told(desk: Desk, door: Door) -> None:
    """The part that may be told, another number, and what is none."""
    number = receipt_of(desk.write())
    take_in(desk.office)
    assert "受付番号の形が違います" in ask(door, reference_of(number))
    assert "この番号は見つかりません" in ask(door, f"{number[:-4]}0000")
    assert not [url for url in door.browser().seen if number in url]


def test_every_state_of_a_case_is_told_in_words() -> None:
    """A state that this page does not know is told as being under way."""
    from web.resident.context import wording  # noqa: PLC0415 - the page's words, not the rule's

    told = {letters.TOLD.get(state, letters.UNDER_WAY) for state in CaseState} | {letters.UNDER_WAY}
    assert told <= wording()["letters"].keys()


def test_the_table_holds_no_number(desk: Desk) -> None:
    """What rests beside the case is a keyed digest and the part that may be told."""
    number = receipt_of(desk.write())
    take_in(desk.office)
    ((index, reference),) = rows(desk.office, "SELECT receipt_index, reference FROM letter_receipt")
    assert bytes(index) == desk.office.index.of_receipt(number)
    assert reference == reference_of(number)
    dump = str(rows(desk.office, "SELECT * FROM letter_receipt"))
    assert number[10:] not in dump


def test_what_stands_beside_a_case_goes_with_it(desk: Desk) -> None:
    """O4: with the case its receipt ends, and the mail that was due."""
    desk.write(**ANSWERED)
    take_in(desk.office)
    with writing(desk.office.warehouse) as people:
        from tayori.warehouse.schema.opinions import opinion_case  # noqa: PLC0415

        people.execute(opinion_case.delete())
    assert rows(
        desk.office, "SELECT (SELECT COUNT(*) FROM letter_receipt), (SELECT COUNT(*) FROM letter_confirmation)"
    ) == [(0, 0)]


@pytest.fixture
def mailing(tmp_path: Path, clock: TestClock) -> Iterator[tuple[MailDesk, Desk]]:
    """Give a mail server, and a screen whose office sends by it."""
    with running_desk() as mail:
        office = an_office(tmp_path / "home", clock, smtp_url=SecretStr(mail.url))
        with running_screen(office, clock) as desk:
            yield mail, desk
        office.close()


def test_a_mail_says_that_it_came_in_and_repeats_nothing(mailing: tuple[MailDesk, Desk]) -> None:
    """To the writer alone, with the number, once; not a word of the letter, no name."""
    mail, desk = mailing
    number = receipt_of(desk.write(**ANSWERED))
    assert send_confirmations(desk.office) is not None
    assert mail.received == []
    take_in(desk.office)
    told = send_confirmations(desk.office)
    assert told is not None
    assert (told.sent, told.put_off, told.given_up) == (1, 0, 0)
    (sent,) = mail.received
    assert sent["To"] == "dummy@example.jp"
    assert (sent["Cc"], sent["Bcc"], sent["Auto-Submitted"]) == (None, None, "auto-generated")
    (text,) = mail.texts()
    assert number in text
    for word in ("公園", "水飲み場", "太郎", "区長への意見"):
        assert word not in text + sent["Subject"]
    assert send_confirmations(desk.office) == type(told)()
    assert len(mail.received) == 1
    opened = rows(desk.office, "SELECT actor, purpose, count FROM audit_entry WHERE actor = 'flow:receipts'")
    assert opened == [("flow:receipts", "意見等への回答", 1)]


def test_a_letter_without_its_key_keeps_no_other_mail_back(mailing: tuple[MailDesk, Desk]) -> None:
    """The vault is of an older day than the warehouse: that one waits, and the next one is told."""
    mail, desk = mailing
    numbers = [receipt_of(desk.write(**ANSWERED)) for _ in range(2)]
    take_in(desk.office)
    with writing(desk.office.vault) as vault:
        desk.office.case_keys.destroy(vault, [1])
    told = send_confirmations(desk.office)
    assert told is not None
    assert told.sent == 1
    assert numbers[1] in mail.texts()[0]
    assert rows(desk.office, "SELECT case_no FROM letter_confirmation") == [(1,)]


def test_who_wants_no_answer_gets_no_mail(mailing: tuple[MailDesk, Desk]) -> None:
    """Without an address there is nothing to send."""
    mail, desk = mailing
    desk.write()
    take_in(desk.office)
    send_confirmations(desk.office)
    assert mail.received == []


def test_a_server_that_is_away_is_tried_again_and_in_the_end_no_more(tmp_path: Path, clock: TestClock) -> None:
    """The letter waits for nothing; the mail is tried eight times in a day and a half."""
    office = an_office(tmp_path / "home", clock, smtp_url=SecretStr("smtp://127.0.0.1:9"))
    began = clock()
    with running_screen(office, clock) as desk:
        desk.write(**ANSWERED)
    assert take_in(office).letters.recorded == 1
    for tried in range(1, MOST_TRIES + 1):
        told = send_confirmations(office)
        assert told is not None
        assert (told.put_off, told.given_up) == ((1, 0) if tried < MOST_TRIES else (0, 1))
        idle = send_confirmations(office)
        assert idle is not None
        assert (idle.put_off, idle.given_up) == (0, 0)
        clock.forward(minutes=10 * 2 ** (tried - 1))
    assert clock() - began < timedelta(days=2)
    assert rows(office, "SELECT COUNT(*) FROM letter_confirmation") == [(0,)]
    office.close()


def test_an_address_that_is_never_taken_is_given_up(tmp_path: Path, clock: TestClock) -> None:
    """550: nobody tries again."""
    with running_desk(refuses=True) as mail:
        office = an_office(tmp_path / "home", clock, smtp_url=SecretStr(mail.url))
        with running_screen(office, clock) as desk:
            desk.write(**ANSWERED)
        take_in(office)
        told = send_confirmations(office)
        assert told is not None
        assert (told.sent, told.given_up) == (0, 1)
        assert rows(office, "SELECT COUNT(*) FROM letter_confirmation") == [(0,)]
        office.close()


def test_without_a_mail_server_nothing_is_opened(desk: Desk) -> None:
    """Nothing is set up: the addresses stay sealed."""
    desk.write(**ANSWERED)
    take_in(desk.office)
    assert send_confirmations(desk.office) is None
    assert rows(desk.office, "SELECT COUNT(*) FROM audit_entry WHERE actor = 'flow:receipts'") == [(0,)]
