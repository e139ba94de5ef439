"""A second reading leaves doubts, each is decided once, and whatever breaks, no letter is lost or unmasked (P5)."""

from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select

from tasks.opinions import has_second_reader, read_a_second_time
from tayori.analysis import second_pass
from tayori.analysis.doubts import decide, show
from tayori.analysis.mart import mask_done_cases, opened
from tayori.analysis.second_pass import read_again, second_reader
from tayori.errors import BadInput, NotFound, Refused, Unavailable
from tayori.office import Office
from tayori.opinions.second_reader import SecondReader
from tayori.vault.roster import Credential
from tayori.warehouse import analysis, audit
from tayori.warehouse import doubts as queue
from tayori.warehouse.doubts import Decision
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.schema.desk import case_flag
from tayori.warehouse.schema.doubts import name_doubt, second_reading
from tayori.warehouse.schema.opinions import opinion_case
from tests.support.handlers import a_handler
from tests.support.letters import ALetter, receive
from tests.support.stand_in import stand_in, stand_in_interpreter

TWICE = "放置自転車のことで甲乙丙宅に行った。落合の図書館で甲乙丙に会い、公園の話をした。"
CLEAN = "公園の遊具を直してください。"
THIRD_PARTY = "隣の佐藤さんは前科があります。甲乙丙が言った。"


def letters(office: Office, *said: str) -> list[int]:
    """Letters that are done and in the mart."""
    numbers = receive(office, *(ALetter(said=one, masked=False) for one in said))
    mask_done_cases(office)
    return numbers


def read(office: Office, *behaviour: str, again: bool = False) -> tuple[int, int]:
    with SecondReader(stand_in(*behaviour)) as reader:
        counts = read_again(office, reader, again=again)
    return counts.letters, counts.doubts


def waiting(office: Office) -> list[queue.Doubt]:
    with reading(office.warehouse) as people:
        return queue.listed(people)


def copy_of(office: Office, number: int) -> tuple[str, tuple[str, ...]]:
    with reading(office.warehouse) as people:
        rows = analysis.by_number(people, [number])
    ((_, text, words),) = opened(office, rows, "test")
    return text, words


@pytest.fixture
def hanako(office: Office) -> Credential:
    return a_handler(office, "desk-1", "desk")


def test_each_letter_is_read_once_and_those_without_text_never(office: Office) -> None:
    """Two doubts in one letter, none in a clean one; of a letter about a third party there is nothing to read."""
    number, _, _ = letters(office, TWICE, CLEAN, THIRD_PARTY)
    assert read(office) == (2, 2)
    assert read(office) == (0, 0)
    found = waiting(office)
    assert [(one.doubt_no, one.case_no, one.month, one.decision) for one in found] == [
        (1, number, "2020-04", None),
        (2, number, "2020-04", None),
    ]
    assert [TWICE[one.begins : one.ends] for one in found] == ["甲乙丙", "甲乙丙"]


def test_a_reader_that_breaks_off_loses_nothing(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it read stays read; the rest is read by the next run, and none twice."""
    monkeypatch.setattr(second_pass, "BLOCK", 1)
    letters(office, TWICE, CLEAN, CLEAN)
    with pytest.raises(Unavailable, match="wait for its next run"):
        read(office, "torn", "2")
    assert waiting(office) == []
    assert read(office) == (1, 2)


def test_a_run_reads_the_newest_letters_and_no_more_than_it_may(office: Office) -> None:
    """A backlog waits, what came in last does not."""
    numbers = letters(office, *(f"{at}番目。{TWICE}" for at in range(3)))
    with SecondReader(stand_in()) as reader:
        assert read_again(office, reader, most=1).letters == 1
    assert {one.case_no for one in waiting(office)} == {numbers[-1]}


def test_a_name_is_masked_and_its_words_are_gone(office: Office, hanako: Credential) -> None:
    """The sentence with the place marked; then the mask, in its own letter only; places behind it move along."""
    number, other = letters(office, TWICE, TWICE)
    read(office)
    first, second = (one for one in waiting(office) if one.case_no == number)
    shown = show(office, hanako, first.doubt_no)
    assert (shown.before, shown.word, shown.after) == ("放置自転車のことで", "甲乙丙", "宅に行った。")
    assert "甲乙丙宅" in copy_of(office, number)[1]
    decide(office, hanako, first.doubt_no, Decision.NAME)
    text, words = copy_of(office, number)
    assert text == TWICE.replace("甲乙丙", "［氏名］", 1)
    assert not [word for word in words if "甲乙丙" in word]
    assert "放置自転車" in words
    assert copy_of(office, other)[0] == TWICE
    assert show(office, hanako, second.doubt_no).word == "甲乙丙"
    decide(office, hanako, second.doubt_no, Decision.NAME)
    assert copy_of(office, number)[0] == TWICE.replace("甲乙丙", "［氏名］")
    assert {one.case_no for one in waiting(office)} == {other}


def test_what_was_decided_is_never_asked_again(office: Office, hanako: Credential) -> None:
    """Neither by a second run nor by another version that reads every letter again."""
    (number,) = letters(office, TWICE)
    read(office)
    decide(office, hanako, 1, Decision.NAME)
    decide(office, hanako, 2, Decision.NO_NAME)
    before = copy_of(office, number)
    assert read(office) == (0, 0)
    assert read(office, "well", "0", "stand-in 2", again=True) == (1, 0)
    assert read(office, "well", "0", "stand-in 2", again=True) == (0, 0)
    assert waiting(office) == []
    assert copy_of(office, number) == before


def test_a_decision_turns_towards_the_mask_only(office: Office, hanako: Credential) -> None:
    """No name can become a name; what is masked stays masked; the same again is refused."""
    (number,) = letters(office, TWICE)
    read(office)
    decide(office, hanako, 1, Decision.NO_NAME)
    assert copy_of(office, number)[0] == TWICE
    with pytest.raises(Refused, match="decided already"):
        decide(office, hanako, 1, Decision.NO_NAME)
    decide(office, hanako, 1, Decision.NAME)
    for decision in Decision:
        with pytest.raises(Refused, match="stays masked"):
            decide(office, hanako, 1, decision)
    assert copy_of(office, number)[0].count("［氏名］") == 1


def test_only_the_desk_looks_and_decides_and_never_about_a_complaint_of_itself(
    office: Office, hanako: Credential
) -> None:
    """Another role is refused; to whom a complaint is about, the doubt does not exist."""
    (number,) = letters(office, TWICE)
    read(office)
    stranger = a_handler(office, "writer-1", "writer")
    with pytest.raises(Refused):
        show(office, stranger, 1)
    with pytest.raises(Refused):
        decide(office, stranger, 1, Decision.NAME)
    with pytest.raises(NotFound):
        show(office, hanako, 3)
    raised = {"case_no": number, "seq": 1, "flag": "complaint", "barred": "desk-1", "raised_by": "x"}
    with writing(office.warehouse) as people:
        people.execute(insert(case_flag).values(raised | {"raised_at": office.now()}))
    with pytest.raises(NotFound):
        decide(office, hanako, 1, Decision.NAME)
    assert copy_of(office, number)[0] == TWICE


def test_every_look_and_every_decision_stands_in_the_access_log(office: Office, hanako: Credential) -> None:
    """With handler and number, without a word; the reading itself is one line a block."""
    letters(office, TWICE)
    with reading(office.warehouse) as people:
        last = audit.end(people)
    read(office)
    show(office, hanako, 1)
    decide(office, hanako, 1, Decision.NO_NAME)
    with reading(office.warehouse) as people:
        lines = [(row.actor, row.action, row.object) for row in audit.lines(people, last)]
    assert lines == [
        ("flow:opinion_analysis", "open", "masked letters for the second reader"),
        ("desk-1", "open", "doubt 1: masked sentence"),
        ("desk-1", "decide", "doubt 1: no_name"),
    ]


def test_a_doubt_ends_with_its_case(office: Office) -> None:
    """Nothing of it is left, and the other letter's stays."""
    gone, stays = letters(office, TWICE, TWICE)
    read(office)
    with writing(office.warehouse) as people:
        people.execute(delete(opinion_case).where(opinion_case.c.case_no == gone))
        held = [set(people.execute(select(one.c.case_no)).scalars()) for one in (name_doubt, second_reading)]
    assert held == [{stays}, {stays}]


def test_a_letter_that_changed_or_ended_meanwhile_is_left_to_the_next_run(office: Office) -> None:
    """Places count characters of the copy that was read; of another copy they would point anywhere."""
    gone, changed = letters(office, TWICE, TWICE)
    read(office)
    hanako = a_handler(office, "desk-1", "desk")

    class Overtaken(SecondReader):
        def persons(self, texts: list[str]) -> list[list[tuple[int, int]]]:  # type: ignore[override]
            decide(
                office, hanako, next(one.doubt_no for one in waiting(office) if one.case_no == changed), Decision.NAME
            )
            with writing(office.warehouse) as people:
                people.execute(delete(opinion_case).where(opinion_case.c.case_no == gone))
            return super().persons(texts)

    with Overtaken(stand_in("well", "0", "stand-in 2")) as reader:
        assert read_again(office, reader, again=True).plain() == {"read_again": 0, "doubts": 0}
    assert read(office, "well", "0", "stand-in 2", again=True) == (1, 0)


def test_the_flows_step_gives_counts_and_fails_with_a_sentence(
    sqlite_office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Prefect is told how many, and of a broken reader one sentence; the letters wait for the next run."""
    letters(sqlite_office, TWICE, CLEAN)
    monkeypatch.setenv("TAYORI_HOME", str(sqlite_office.settings.home))
    assert has_second_reader() is False
    monkeypatch.setenv("TAYORI_GINZA_PYTHON", str(stand_in_interpreter(tmp_path, "torn")))
    with pytest.raises(Unavailable, match="second reader stopped"):
        read_a_second_time.fn()
    monkeypatch.setenv("TAYORI_GINZA_PYTHON", str(stand_in_interpreter(tmp_path)))
    assert has_second_reader() is True
    assert read_a_second_time.fn() == {"read_again": 2, "doubts": 2}


def test_no_setting_no_second_reading(sqlite_office: Office, tmp_path: Path) -> None:
    """Off by default; set, the program that the setting names reads."""
    with pytest.raises(BadInput, match="TAYORI_GINZA_PYTHON"):
        second_reader(sqlite_office.settings)
    set_one = sqlite_office.settings.model_copy(update={"ginza_python": stand_in_interpreter(tmp_path)})
    with second_reader(set_one) as reader:
        assert reader.name == "stand-in 1"
