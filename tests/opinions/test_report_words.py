"""What reports over the same letters print of words: each month once for its readers, each text once in a month."""

from datetime import date
from typing import Final

import pytest

from tayori.analysis.mart import mask_done_cases
from tayori.analysis.report import ReportWanted, make_report
from tayori.analysis.settle import settle
from tayori.errors import Refused
from tayori.office import Office
from tayori.reports.contents import Contents, read
from tayori.warehouse import analysis
from tayori.warehouse.engines import reading
from tests.support.letters import ALetter, receive

DAYS: Final = {month: date(2020, month, 2) for month in (4, 5, 6)}
LASTS: Final = {4: date(2020, 4, 30), 5: date(2020, 5, 31), 6: date(2020, 6, 30)}
ASKED: Final = {"遊具", "野良猫"}
PARK: Final = "公園の遊具を直してください。"
CATS: Final = "公園の遊具のそばに野良猫がいます。"


def arrive(office: Office, month: int, **texts: int) -> None:
    """Letters of a month, so many about the park and so many of them about cats too, each in words of its own."""
    said = [PARK] * texts.get("park", 0) + [CATS] * texts.get("cats", 0)
    put(office, month, *(f"第{100 * len(said) + at}便でお便りします。{text}" for at, text in enumerate(said)))


def put(office: Office, month: int, *texts: str) -> None:
    """Letters of a month, masked and compared with the others."""
    letters = [ALetter(said=text, masked=False, received_on=DAYS[month]) for text in texts]
    receive(office, *letters, source=f"month {month} {len(texts)}")
    mask_done_cases(office)
    settle(office)


def printed(office: Office, first: int, last: int, *, public: bool = True) -> Contents:
    """What a report of some months of 2020 prints, as it was kept."""
    wanted = ReportWanted(DAYS[first].replace(day=1), LASTS[last], public=public, pdf=False)
    with reading(office.warehouse) as people:
        document = analysis.document_of(people, make_report(office, wanted).edition)
    assert document is not None
    return read(document)


def words(contents: Contents) -> set[str]:
    """Which of the two words it counted."""
    return {word for entry in contents.words for word in entry.words} & ASKED


def again(contents: Contents) -> set[str]:
    """Which of the two words it repeats."""
    return {word for entry in contents.repeated_words for word in entry.words} & ASKED


def test_a_year_and_a_part_of_it_do_not_tell_the_rest(office: Office) -> None:
    """Ten letters of two months spoke of cats; that one of them was of May is in no list, for May alone has none."""
    arrive(office, 4, park=11, cats=9)
    arrive(office, 5, park=11, cats=1)
    whole = printed(office, 4, 5)
    assert words(whole) == {"遊具", "野良猫"}
    assert whole.word_months == ("2020-04", "2020-05")
    for month in (4, 5):
        part = printed(office, month, month)
        assert (part.words, part.word_months, part.repeated_words) == ((), (), ())


def test_months_add_up_to_what_they_told(office: Office) -> None:
    """A longer report counts the month that none told yet, and repeats what was told of the others."""
    arrive(office, 4, park=12, cats=11)
    arrive(office, 5, park=12)
    assert words(printed(office, 4, 4)) == {"遊具", "野良猫"}
    both = printed(office, 4, 5)
    assert (both.word_months, words(both), again(both)) == (("2020-05",), {"遊具"}, {"遊具", "野良猫"})
    assert both.told_in == (1,)


def test_late_letters_bring_no_word(office: Office) -> None:
    """A second report of a month prints the words of the first: what came in since is told by no difference."""
    arrive(office, 4, park=12, cats=9)
    first = printed(office, 4, 4)
    arrive(office, 4, park=14, cats=1)
    second = printed(office, 4, 4)
    assert second.edition == 2
    assert words(first) == {"遊具"}
    assert (second.words, again(second)) == ((), {"遊具"})


def test_the_office_and_the_public_are_told_apart(office: Office) -> None:
    """A report for the office takes no word from the public's, and its words do not go on to the public."""
    arrive(office, 4, park=14, cats=6)
    inside, outside = printed(office, 4, 4, public=False), printed(office, 4, 4)
    assert words(inside) == {"遊具", "野良猫"}
    assert (words(outside), again(outside)) == ({"遊具"}, set())


def test_forty_copies_of_a_template_are_one_text(sqlite_office: Office) -> None:
    """Whoever sends a letter forty times, or has it sent, puts no word into a report, not even beside eight others."""
    arrive(sqlite_office, 4, park=12, cats=8)
    put(sqlite_office, 4, *[f"{CATS}夜ごとに騒いで眠れず困り果てています。"] * 40)
    assert words(printed(sqlite_office, 4, 4)) == {"遊具"}


@pytest.mark.parametrize(("others", "told"), [(8, {"遊具"}), (9, {"遊具", "野良猫"})])
def test_a_text_that_came_up_before_the_period_counts_once_in_it(
    sqlite_office: Office, others: int, told: set[str]
) -> None:
    """The copies of a month are one text beside its others, though the first of them came a month earlier."""
    template = f"{CATS}夜ごとに騒いで眠れず困り果てています。"
    put(sqlite_office, 4, template)
    arrive(sqlite_office, 5, park=12, cats=others)
    put(sqlite_office, 5, *[template] * 3)
    assert words(printed(sqlite_office, 5, 5)) == told


def test_no_report_is_given_out_while_letters_of_it_wait_to_be_compared(sqlite_office: Office) -> None:
    """Whether they repeat a text is not decided, and once their month is told they would be late."""
    arrive(sqlite_office, 4, park=12)
    letters = [ALetter(said=f"第{at}便でお便りします。{CATS}", masked=False, received_on=DAYS[4]) for at in range(12)]
    receive(sqlite_office, *letters, source="not compared")
    mask_done_cases(sqlite_office)
    with pytest.raises(Refused, match="make this one again"):
        printed(sqlite_office, 4, 4)
    settle(sqlite_office)
    assert words(printed(sqlite_office, 4, 4)) == ASKED
