"""What is decided about a masked letter is decided once, kept with its case, and ends with it."""

from collections.abc import Sequence
from datetime import date

import pytest
from sqlalchemy import Connection, delete, insert, select, update

from sandbox.letters.letters import Letter, Mailbag
from tayori.analysis import mart, period_words
from tayori.analysis.facts import facts_of
from tayori.analysis.mart import mask_done_cases, partitions
from tayori.analysis.period_words import Counting, Held, PeriodWords, words_of_period
from tayori.analysis.settle import settle
from tayori.analysis.topic_labels import label_topic
from tayori.errors import BadInput, NotFound, Refused
from tayori.office import Office
from tayori.vault.keyfile import Space
from tayori.vault.keyring import Keyring
from tayori.warehouse import analysis
from tayori.warehouse.analysis import NO_TOPIC, TopicRow
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.schema.analysis import settled_opinion
from tayori.warehouse.schema.opinions import masked_opinion, opinion_case
from tests.support.handlers import a_handler
from tests.support.letters import ALetter, receipt, receive

TEMPLATE = (
    "区立公園の遊具が古くなり、子どもが安心して遊べません。点検の結果を公表し、新しい遊具へ取り替えるよう要望します。"
)


def arrive(office: Office, *texts: str) -> list[int]:
    """Letters whose cases are done, masked and settled."""
    numbers = receive(office, *(ALetter(said=text, masked=False) for text in texts))
    mask_done_cases(office)
    settle(office)
    return numbers


def settled(office: Office) -> dict[int, tuple[str, int | None]]:
    with reading(office.warehouse) as people:
        chosen = select(settled_opinion.c.case_no, settled_opinion.c.text_key, settled_opinion.c.topic_no)
        return {row[0]: (row[1], row[2]) for row in people.execute(chosen)}


def test_copies_are_linked_across_runs_and_stay_letters(office: Office) -> None:
    """Next month's copy of a template is linked to the first one; every letter keeps its own row."""
    first, second = arrive(office, TEMPLATE, f"氏名：模擬 花子\n{TEMPLATE}")
    (third,) = arrive(office, f"{TEMPLATE}\n電話 090-0000-0000")
    found = settled(office)
    assert found[first][0] == found[second][0] == found[third][0]
    assert len(found) == 3


def said(office: Office, held: Held, *months: str, k: int = 1) -> PeriodWords:
    """What the letters of some months say, all of them one part."""
    return words_of_period(office, held, Counting(months, [months], {}, k))


def test_words_of_a_period_are_counted_once_for_each_letter(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over several blocks, the last one cut anywhere: every letter once, and none of another month."""
    monkeypatch.setattr(period_words, "BLOCK", 2)
    arrive(
        office, *(f"{TEMPLATE}{at}番目の街灯も暗いです。" for at in range(5)), "駅前の放置自転車を撤去してください。"
    )
    held = Held(facts_of(office, "2020-03", "2020-05"))
    counts = said(office, held, "2020-03", "2020-04")
    assert (counts.letters, counts.by_word["遊具"], counts.by_word["放置自転車"]) == (6, 5, 1)
    assert not said(office, held, "2020-05").letters
    few = said(office, held, "2020-03", "2020-04", k=2)
    assert (few.letters, few.by_word["遊具"], few.by_word["放置自転車"]) == (6, 5, 0)


def test_words_are_of_the_letters_in_the_tables_alone(office: Office) -> None:
    """What is masked after the facts were read is in neither, and a field given since moves nothing."""
    (first,) = arrive(office, TEMPLATE)
    facts = facts_of(office, "2020-04", "2020-04")
    (second,) = arrive(office, "駅前の放置自転車を撤去してください。")
    with writing(office.warehouse) as people:
        analysis.set_themes(people, {first: "動物"})
    counts = said(office, Held(facts), "2020-04")
    assert counts.letters == 1
    assert second not in Held(facts).fields_of([first, second])
    assert list(counts.by_field) == [facts["theme"][0]] != ["動物"]


def test_what_is_only_alike_is_listed_for_a_person(office: Office) -> None:
    """Half the words of another letter: not one text, and whether it is one wish a person judges."""
    first, second, _ = arrive(
        office, TEMPLATE, f"{TEMPLATE[:48]}道路の街灯も明るくしてください。", "駅前の放置自転車を撤去してください。"
    )
    with reading(office.warehouse) as people:
        assert analysis.alike(people, "2020-04", "2020-04") == [("2020-04", receipt(second), receipt(first))]
        assert not analysis.alike(people, "2020-05", "2020-12")


def test_no_canary_is_listed_as_what_a_letter_is_alike_to(office: Office) -> None:
    """A canary has a number below 0, and nobody is to judge it."""
    first, _ = arrive(office, TEMPLATE, f"{TEMPLATE[:48]}道路の街灯も明るくしてください。")
    with writing(office.warehouse) as people:
        row = people.execute(select(opinion_case).where(opinion_case.c.case_no == first)).mappings().one()
        other = {"case_no": -1, "receipt_no": "R2020-canary", "source_key": b"canary"}
        people.execute(insert(opinion_case).values(dict(row) | other))
        people.execute(delete(settled_opinion).where(settled_opinion.c.case_no == first))
        people.execute(update(masked_opinion).where(masked_opinion.c.case_no == first).values(case_no=-1))
        assert not analysis.alike(people, "2020-04", "2020-04")


def test_a_second_run_changes_nothing(office: Office) -> None:
    """Settled once, settled for good: nothing is opened or written again."""
    arrive(office, TEMPLATE, "駅前の放置自転車を撤去してください。")
    before = settled(office)
    assert settle(office).plain() == dict.fromkeys(settle(office).plain(), 0)
    assert settled(office) == before


def test_two_who_settle_at_once_settle_each_letter_once(office: Office) -> None:
    """The nightly flow meets a command: neither fails, and a letter that ended meanwhile is left out."""
    gone, stays = receive(office, *(ALetter(said=f"{at}番目の投書です。", masked=False) for at in range(2)))
    mask_done_cases(office)

    class Overtaken(Keyring):
        def open(self, vault: Connection, numbers: Sequence[int]) -> dict[int, bytes]:
            del vars(office)["case_keys"]
            with writing(office.warehouse) as people:
                people.execute(delete(opinion_case).where(opinion_case.c.case_no == gone))
            assert settle(office).letters == 1
            return super().open(vault, numbers)

    vars(office)["case_keys"] = Overtaken(Space.CASE, office.key_provider)
    assert settle(office).letters == 0
    assert set(settled(office)) == {stays}


def test_few_letters_are_judged_and_have_no_topic(office: Office) -> None:
    """Each letter is judged, so that it is not judged anew by each run."""
    arrive(office, TEMPLATE)
    assert {topic for _, topic in settled(office).values()} == {NO_TOPIC}


def test_what_ends_the_case_ends_what_was_decided(office: Office) -> None:
    """The row goes with its case."""
    (gone, stays) = arrive(office, TEMPLATE, "駅前の放置自転車を撤去してください。")
    with writing(office.warehouse) as people:
        people.execute(delete(opinion_case).where(opinion_case.c.case_no == gone))
    assert set(settled(office)) == {stays}


def many_letters() -> list[Letter]:
    return list(Mailbag(320, seed=3, until=date(2026, 10, 31)).letters())


def test_the_topics_of_many_letters_are_kept_with_their_words(office: Office) -> None:
    """Two hundred and more letters have topics; each has its number, and what came later is given one of them."""
    bag = [letter.opinion for letter in many_letters()]
    arrive(office, *bag[:300])
    with reading(office.warehouse) as people:
        first = analysis.topics(people)
    assert len(first) >= 4
    assert {topic for _, topic in settled(office).values()} <= first.keys() | {NO_TOPIC}
    arrive(office, *bag[300:])
    with reading(office.warehouse) as people:
        again = analysis.topics(people)
    assert first.keys() <= again.keys()
    assert None not in {topic for _, topic in settled(office).values()}


def test_two_who_find_topics_at_once_number_each_of_them_once(office: Office) -> None:
    """The nightly flow meets a command: what the quicker one wrote down the other goes on, and no letter is moved."""
    receive(office, *(ALetter(said=letter.opinion, masked=False) for letter in many_letters()))
    mask_done_cases(office)
    between: list[dict[int, tuple[str, int | None]]] = []

    class Overtaken(Keyring):
        def open(self, vault: Connection, numbers: Sequence[int]) -> dict[int, bytes]:
            with reading(office.warehouse) as people:
                finding = bool(analysis.months_without_topic(people))
            if finding:
                del vars(office)["case_keys"]
                assert settle(office).new_topics >= 4
                between.append(settled(office))
            return super().open(vault, numbers)

    vars(office)["case_keys"] = Overtaken(Space.CASE, office.key_provider)
    overtaken = settle(office)
    assert (overtaken.new_topics, overtaken.with_topic) == (0, 0)
    assert settled(office) == between[0]


def test_a_letter_that_has_its_topic_keeps_it(office: Office) -> None:
    """Two runs read the same waiting letters: the second one gives what is still to be given."""
    (judged,) = arrive(office, TEMPLATE)
    with writing(office.warehouse) as people:
        assert analysis.set_topics(people, 3, [judged]) == 0
    assert {topic for _, topic in settled(office).values()} == {NO_TOPIC}


def a_topic(office: Office) -> None:
    with writing(office.warehouse) as people:
        analysis.add_topics(people, [TopicRow(1, "遊具・砂場", None, {"遊具": 0.9}, "2026-05", office.now())])


def test_a_label_that_staff_gave_outlives_the_words(office: Office) -> None:
    """The words of a topic are renewed by each run; a label made of them too, one that a person gave is not."""
    a_topic(office)
    label_topic(office, a_handler(office, "desk-1", "desk"), 1, "公園の遊具の傷み")
    with writing(office.warehouse) as people:
        analysis.renew_topic(people, 1, {"すべり台": 1.0}, "すべり台・鉄棒")
        held = analysis.topics(people)[1]
    assert (held.label, held.labelled_by, dict(held.words)) == ("公園の遊具の傷み", "desk-1", {"すべり台": 1.0})


@pytest.mark.parametrize("label", ["", " ", "遊\n具", "あ" * 61, "模擬 花子さんの電話 090-0000-0000"])
def test_a_label_that_could_name_somebody_is_refused(office: Office, label: str) -> None:
    """Reports print it: one line, not long, nothing that would be masked in a letter."""
    a_topic(office)
    with pytest.raises(BadInput):
        label_topic(office, a_handler(office, "desk-1", "desk"), 1, label)


def test_only_the_desk_labels_topics(office: Office) -> None:
    """Another role is refused, and a topic that is not there is told."""
    a_topic(office)
    with pytest.raises(Refused):
        label_topic(office, a_handler(office, "writer-1", "writer"), 1, "遊具")
    with pytest.raises(NotFound):
        label_topic(office, a_handler(office, "desk-1", "desk"), 2, "遊具")


def test_a_block_that_cannot_be_masked_holds_up_none_behind_it(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disposal broke off after the keys, or another worker was quicker: the letters behind are masked in this run."""
    monkeypatch.setattr(mart, "BLOCK", 2)
    gone = receive(office, *(ALetter(said=f"{at}番目の投書です。", masked=False) for at in range(5)))[:2]
    with writing(office.vault) as vault:
        office.case_keys.destroy(vault, gone)
    assert [mask_done_cases(office).letters for _ in range(2)] == [3, 0]


def test_partitions_cover_what_waits_and_nothing_twice(office: Office) -> None:
    """Workers that mask a span each leave the same rows as one that masks all."""
    receive(office, *(ALetter(said=f"{at}番目の投書です。", masked=False) for at in range(25)))
    spans = partitions(office, size=10)
    assert len(spans) == 3
    assert sum(mask_done_cases(office, within=span).letters for span in spans) == 25
    assert not partitions(office, size=10)
