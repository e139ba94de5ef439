"""Gists sum up letters whose writers do not mind, are approved by another hand, and name nobody."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Connection, delete, insert, update

from tayori.analysis.gists import Written, approve, approved, read_gists, submit
from tayori.analysis.mart import mask_done_cases
from tayori.analysis.report import ReportWanted, make_report
from tayori.analysis.settle import settle
from tayori.desk import flagging
from tayori.desk.flagging import NewFlag
from tayori.desk.wishing import record_wish
from tayori.domain.answering import Flag
from tayori.domain.states import CaseState
from tayori.errors import BadInput, NotFound, Refused, Tampered
from tayori.office import Office
from tayori.opinions.period import Period
from tayori.vault.keyfile import Space
from tayori.vault.keyring import Keyring
from tayori.vault.roster import Credential
from tayori.warehouse import desk, editions, gists, letters
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.letters import Receipt
from tayori.warehouse.schema.gists import gist, gist_letter
from tayori.warehouse.schema.opinions import masked_opinion, opinion_case
from tests.desk.builders import Staff, a_letter, the_staff
from tests.support.handlers import a_handler

OCTOBER = Period(date(2026, 10, 1), date(2026, 10, 31))
TEXTS = ("公園・みどり", "遊具を直してほしい。", "6月に修繕しました。")


@dataclass(frozen=True)
class Desk:
    """An office with its staff, and letters that are done and masked."""

    office: Office
    staff: Staff

    @property
    def writer(self) -> Credential:
        """A handler of the desk."""
        return self.staff["sakura"]

    @property
    def chief(self) -> Credential:
        """The responsible handler."""
        return self.staff["chief"]

    def letter(self, wish: str | None = "yes", **changes: object) -> str:
        """A letter with what its writer said on the screen (None: it came by another way)."""
        receipt_no = a_letter(self.office, **{"state": CaseState.CIRCULATED, **changes})  # type: ignore[arg-type]
        mask_done_cases(self.office)
        settle(self.office)
        if wish is not None:
            with writing(self.office.warehouse) as people:
                number = desk.find(people, receipt_no).case_no
                told = Receipt(number, bytes([number]), f"1126-{number:04d}", "done", None, wish, "2026-11")
                letters.add(people, [told], [])
        return receipt_no

    def approved(self, *written: Written) -> tuple[Written, ...]:
        """Gists that were handed in and approved."""
        submit(self.office, self.writer, written)
        approve(self.office, self.chief, written)
        return written


@pytest.fixture
def one(sqlite_office: Office) -> Desk:
    return Desk(sqlite_office, the_staff(sqlite_office))


def a_gist(*receipts: str, texts: Sequence[str] = TEXTS) -> Written:
    return Written(receipts, *texts)


def test_a_gist_is_printed_once_two_hands_are_under_it(one: Desk) -> None:
    """The desk writes it, the responsible handler approves it: name and day go with it, no receipt number does."""
    written = a_gist(one.letter(), one.letter())
    assert submit(one.office, one.writer, [written]) == 1
    with pytest.raises(Refused, match="Entry 1 is not approved"):
        approved(one.office, [written], OCTOBER)
    assert approve(one.office, one.chief, [written]) == 1
    (printed,) = approved(one.office, [written], OCTOBER)
    assert (printed.theme, printed.approved_by, printed.approved_on) == (TEXTS[0], "chief", one.office.today())
    assert "R2026" not in repr(printed)
    assert (submit(one.office, one.writer, [written]), approve(one.office, one.chief, [written])) == (0, 0)


def test_who_wrote_a_gist_does_not_approve_it(one: Desk) -> None:
    """Four eyes: one person in both roles is still one person, and a desk alone approves nothing."""
    both = a_handler(one.office, "both", "desk", "responsible")
    written = a_gist(one.letter())
    submit(one.office, both, [written])
    with pytest.raises(Refused, match="another hand"):
        approve(one.office, both, [written])
    with pytest.raises(Refused):
        approve(one.office, one.writer, [written])
    with pytest.raises(Refused):
        submit(one.office, one.chief, [written])
    assert approve(one.office, one.chief, [written]) == 1


@pytest.mark.parametrize(
    ("letter", "why"),
    [
        (lambda one: one.letter("no"), "does not want a summary"),
        (lambda one: one.letter(None), "never asked"),
        (lambda _: "R2026-9999999", "unknown here"),
        (lambda _: "大久保の山田", "unknown here"),
        (lambda one: one.letter(state=CaseState.RECEIVED), "not done"),
        (lambda one: one.letter(state=CaseState.WITHDRAWN), "not done"),
        (lambda one: one.letter(opinion="隣の佐藤さんは前科があります。"), "third party"),
    ],
)
def test_a_letter_that_says_no_is_in_no_gist(one: Desk, letter: Callable[[Desk], str], why: str) -> None:
    """Opted out, never asked, unknown, not done or level 3: one sentence with its place, which repeats nothing."""
    written = a_gist(one.letter(), letter(one))
    with pytest.raises(Refused, match=f"Entry 1, letter 2: .*{why}") as refused:
        submit(one.office, one.writer, [written])
    assert written.letters[1] not in refused.value.sentence
    with reading(one.office.warehouse) as people:
        assert gists.listed(people) == []


def test_what_the_writer_says_later_counts(one: Desk) -> None:
    """A wish told to the desk is above the one of the screen; a report to come leaves the letter out."""
    asked, by_paper = one.letter("yes"), one.letter(None)
    with pytest.raises(BadInput, match="how the writer was told"):
        record_wish(one.office, one.writer, by_paper, may=True)
    record_wish(one.office, one.writer, by_paper, may=True, words="電話で説明し、よいとのこと。")
    written = one.approved(a_gist(asked, by_paper))
    assert approved(one.office, written, OCTOBER)
    record_wish(one.office, one.writer, asked, may=False)
    with pytest.raises(Refused, match=r"Entry 1, letter 1: .*does not want"):
        approved(one.office, written, OCTOBER)
    with pytest.raises(Refused, match="Entry 1, letter 1"):
        approve(one.office, one.chief, written)
    record_wish(one.office, one.writer, asked, may=True, words="もう一度電話があり、よいとのこと。")
    assert approved(one.office, written, OCTOBER)


def test_a_no_that_comes_while_a_report_is_counted_is_kept(one: Desk) -> None:
    """Minutes lie between the first look at a gist and the edition: it is looked at once more where that is kept."""
    receipts = [one.letter() for _ in range(20)]
    written = one.approved(a_gist(receipts[0]))

    class Overtaken(Keyring):
        def open(self, vault: Connection, numbers: Sequence[int]) -> dict[int, bytes]:
            if len(numbers) > 1:  # words are counted: the gists were looked at before
                del vars(one.office)["case_keys"]
                record_wish(one.office, one.writer, receipts[0], may=False)
            return super().open(vault, numbers)

    vars(one.office)["case_keys"] = Overtaken(Space.CASE, one.office.key_provider)
    wanted = ReportWanted(OCTOBER.start, OCTOBER.end, public=False, pdf=False, gists=written)
    with pytest.raises(Refused, match="does not want a summary"):
        make_report(one.office, wanted)
    with reading(one.office.warehouse) as people:
        assert editions.latest(people) == 0


def test_a_gist_that_lost_a_letter_has_lost_its_approval(one: Desk) -> None:
    """What an erased letter said is in the gist still: without its number it is another gist, to be approved anew."""
    kept, erased = one.letter(), one.letter()
    (written,) = one.approved(a_gist(kept, erased))
    with writing(one.office.warehouse) as people:
        people.execute(delete(opinion_case).where(opinion_case.c.receipt_no == erased))
        assert [held for _, held in gists.listed(people)] == [1]
    with pytest.raises(Refused, match="letter 2: it is unknown here, or it was erased"):
        approved(one.office, [written], OCTOBER)
    with pytest.raises(Refused, match="not approved as it stands"):
        approved(one.office, [a_gist(kept)], OCTOBER)


def test_an_approval_holds_for_exactly_its_text_and_its_letters(one: Desk) -> None:
    """Another word or another letter is not what was approved; rows that were changed beside it do not pass."""
    first, second = one.letter(), one.letter()
    (written,) = one.approved(a_gist(first))
    for other in (a_gist(first, second), a_gist(second), a_gist(first, texts=(*TEXTS[:2], "7月に修繕しました。"))):
        with pytest.raises(Refused, match="not approved as it stands"):
            approved(one.office, [other], OCTOBER)
    with writing(one.office.warehouse) as people:
        number = desk.find(people, second).case_no
        people.execute(insert(gist_letter).values(digest=written.digest, case_no=number))
        people.execute(update(gist).values(letters=2))
    with pytest.raises(Refused, match="what was approved is not what stands here"):
        approved(one.office, [a_gist(first, second)], OCTOBER)


def test_an_approval_that_nobody_signed_is_found(one: Desk) -> None:
    """A name written beside a gist is no approval."""
    (written,) = one.approved(a_gist(one.letter()))
    with writing(one.office.warehouse) as people:
        people.execute(update(gist).values(approved_by="momo"))
    with pytest.raises(Tampered):
        approved(one.office, [written], OCTOBER)


def test_a_gist_belongs_to_the_period_of_its_letters(one: Desk) -> None:
    """A report of September does not print what came in in October."""
    written = one.approved(a_gist(one.letter()))
    with pytest.raises(BadInput, match="Entry 1, letter 1: it counts in 2026-10"):
        approved(one.office, written, Period(date(2026, 9, 1), date(2026, 9, 30)))


def test_a_letter_that_changed_since_is_judged_as_it_is_now(one: Desk) -> None:
    """What analysis knows today counts, not what it knew when the gist was approved."""
    receipt_no = one.letter()
    written = one.approved(a_gist(receipt_no))
    with writing(one.office.warehouse) as people:
        people.execute(update(masked_opinion).values(level=3))
    with pytest.raises(Refused, match="third party"):
        approved(one.office, written, OCTOBER)


def test_whom_a_complaint_is_about_neither_writes_nor_approves_its_gist(one: Desk) -> None:
    """For them the letter does not exist."""
    receipt_no = one.letter()
    for handler in ("sakura", "chief"):
        flagging.raise_flag(one.office, one.staff["momo"], receipt_no, NewFlag(Flag.OFFICIAL, official=handler))
    with pytest.raises(Refused, match="unknown here"):
        submit(one.office, one.writer, [a_gist(receipt_no)])
    submit(one.office, one.staff["momo"], [a_gist(receipt_no)])
    with pytest.raises(Refused, match="unknown here"):
        approve(one.office, one.chief, [a_gist(receipt_no)])


def test_a_wish_is_the_desks_to_write_down(one: Desk) -> None:
    """Another department does not, and there has to be such a case."""
    with pytest.raises(Refused):
        record_wish(one.office, one.staff["kacho"], one.letter(), may=False)
    with pytest.raises(NotFound):
        record_wish(one.office, one.writer, "R2026-9999999", may=False)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("090-0000-0000 に電話がほしい。", "name, number or address"),
        ("模擬 花子さんの家の前", "name, number or address"),
        ("母は認知症です。", "sensitive matter"),
        ("私は生活保護を受けています。", "sensitive matter"),
        ("隣の佐藤さんは前科がある。", "name, number or address"),
        ("Ｒ２０２６－０００００２５ の方から。", "receipt number"),
        ("1126-7K3F の方から。", "receipt number"),
    ],
)
@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_gist_that_could_tell_of_somebody_is_refused(one: Desk, text: str, told: str, at: int) -> None:
    """Masks would cover it, or it is a matter of the writer, of kin or of somebody named; the text is not repeated."""
    texts = [*TEXTS]
    texts[at] = text
    with pytest.raises(BadInput, match=told) as refused:
        submit(one.office, one.writer, [a_gist("R2026-0000001"), a_gist("R2026-0000001", texts=texts)])
    assert refused.value.sentence.startswith("Entry 2")
    assert not any(word in refused.value.sentence for word in ("090", "花子", "認知症", "生活保護", "佐藤"))


GOOD = "- letters: [R2026-0000001]\n  theme: 公園・みどり\n  gist: 遊具を直してほしい。\n  answer: 修繕します。\n"


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("not: a list", "no list"),
        ("[]", "no list"),
        ("- [\n", "YAML"),
        ("- theme: 公園\n  gist: 遊具\n  answer: 修繕\n", "Entry 1 needs exactly"),
        (GOOD.replace("公園・みどり", "[公園]"), "Entry 1: theme is a text"),
        (GOOD.replace("[R2026-0000001]", "[]"), "Entry 1 sums up"),
        (GOOD.replace("[R2026-0000001]", "[R2026-0000001, R2026-0000001]"), "named once"),
        (GOOD.replace("[R2026-0000001]", "[20260001]"), "list of receipt numbers"),
        (GOOD + GOOD, "Entry 2 says the same as entry 1"),
        (GOOD.replace("修繕します。", '"修繕\\x07します。"'), "signs that cannot be seen"),
        (GOOD.replace("修繕します。", '"修繕\\u202eします。"'), "signs that cannot be seen"),
        (GOOD.replace("公園・みどり", "2026-02-30"), "YAML"),
        ("[" * 5_000, "YAML"),
        (GOOD + "  answer: 別の答えです。\n", "one name twice at line 5"),
    ],
)
def test_a_file_that_is_none_is_told_by_its_place(tmp_path: Path, written: str, told: str) -> None:
    """The sentence names the entry and never repeats what it says."""
    path = tmp_path / "gists.yaml"
    path.write_text(written, "utf-8")
    with pytest.raises(BadInput, match=told) as refused:
        read_gists(path)
    assert "遊具" not in refused.value.sentence


def test_a_file_is_read_as_it_is_written(tmp_path: Path) -> None:
    """Letters and texts, ends of lines trimmed; what it says does not show when it is printed by mistake."""
    path = tmp_path / "gists.yaml"
    path.write_text("\ufeff" + GOOD, "utf-8")
    (found,) = read_gists(path)
    assert found == a_gist("R2026-0000001", texts=(*TEXTS[:2], "修繕します。"))
    assert "遊具" not in repr(found)
    assert "R2026" not in repr(found)
