"""The control of the canary run: what is planted is found, in every place and every way, and nothing else is."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tayori.office import Office
from tayori.vault.residue_forms import Needles
from tests.canary.leaky import WAYS, Leak
from tests.canary.marks import Marks
from tests.canary.search import Found, in_columns, in_database, in_folder, sealed_columns
from tests.support.builders import an_office
from tests.support.prefect_server import PrefectServer, settle

pytestmark = [pytest.mark.prefect]
MARKS = Marks("5eed1eaf")
LEAKS = [(place, leak) for place, leaks in WAYS.items() for leak in leaks]
Search = Callable[[Needles], Found]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """Give an office whose folder is searched like the walk's."""
    (tmp_path / "said").mkdir()
    (tmp_path / "said" / "worker.out").write_text("nothing\n", "utf-8")
    return an_office(tmp_path / "home")


@pytest.mark.parametrize(("place", "leak"), LEAKS, ids=lambda part: part if isinstance(part, str) else part.__name__)
def test_a_planted_leak_is_found(
    place: str, leak: Leak, office: Office, tmp_path: Path, prefect_here: PrefectServer
) -> None:
    """Before it leaks the search finds nothing, afterwards it finds the place."""
    mark = MARKS.resident(LEAKS.index((place, leak)))
    needles = Needles.of([mark])
    searches: dict[str, Search] = {
        "prefect": lambda sought: in_folder(prefect_here.home, sought),
        "columns": lambda sought: in_columns(office, sought),
        "home": lambda sought: in_folder(tmp_path / "home", sought),
        "said": lambda sought: in_folder(tmp_path / "said", sought),
    }
    assert searches[place](needles).hits == 0
    leak(mark, office, tmp_path)
    settle()
    office.close()
    found = searches[place](needles)
    assert found.hits > 0
    assert found.where
    if place == "prefect" and leak.__name__ != "a_result":
        assert in_database(prefect_here.database, needles).hits > 0


def test_a_shortened_id_is_found(office: Office, tmp_path: Path) -> None:
    """Half an id leads to somebody too: either end of a mark is sought."""
    assert office
    (tmp_path / "home" / "log").write_text(f"{MARKS.resident(99)[:20]}… …{MARKS.tail}\n", "utf-8")
    assert in_folder(tmp_path / "home", MARKS.needles()).hits == 2


def test_what_is_sealed_is_named_by_the_schema() -> None:
    """The only columns passed over: LINE ids, letters and their files, what is told of them, answers."""
    letters = ("name", "postal_code", "address", "telephone", "email", "fax", "opinion", "answer")
    assert sealed_columns() == {
        "person.line_user_id",
        "masked_opinion.masked_text",
        "case_trail.words",
        "case_reply.words",
        "disclosure_case.black_outs",
        "letter_file.title",
        "letter_file.content",
        "letter_confirmation.receipt",
        "letter_confirmation.email",
        "survey_answer.answers",
        "quarantine.sealed",
        "inbox.sealed",
        *(f"opinion_case.{item}" for item in letters),
        "person_key.wrapped",
        "person_key_next.wrapped",
        "case_key.wrapped",
        "case_key_next.wrapped",
    }
