"""Who is recorded as a person (O10)."""

import pytest

from tayori.domain.opinions import answerable, recorded_as_person


@pytest.mark.parametrize(
    ("channel", "addressee", "wanted", "recorded"),
    [
        ("letter", "mayor", "no", True),
        ("postcard", "mayor", "unknown", True),
        ("email", "unknown", "no", True),
        ("web_form", "mayor", "no", True),
        ("web_form", "department", "no", False),
        ("web_form", "department", "yes", True),
        ("department_inquiry", "department", "yes", True),
        ("department_inquiry", "department", "no", False),
        ("department_inquiry", "department", "unknown", False),
        ("call_centre", "department", "yes", True),
        ("call_centre", "department", "unknown", False),
        ("call_centre", "mayor", "no", False),
        ("telephone", "mayor", "yes", False),
        ("telephone", "department", "yes", False),
        ("counter", "mayor", "unknown", False),
        ("counter", "unknown", "yes", False),
    ],
)
def test_only_the_three_groups_are_recorded(channel: str, addressee: str, wanted: str, *, recorded: bool) -> None:
    """① letters to the mayor, ② web inquiries and ③ hand-overs that want an answer; the rest is counted."""
    assert recorded_as_person(channel, addressee, wanted) is recorded


def test_an_anonymous_letter_has_no_one_to_answer() -> None:
    """A letter without a name, or without anywhere to answer to, is anonymous."""
    assert answerable({"name": "模擬", "email": "dummy@example.jp"})
    assert not answerable({"name": "模擬"})
    assert not answerable({"address": "模擬町1"})
