"""Who is recorded as a person, and until when they should have an answer (O2, O10), as rules over codes."""

from collections.abc import Mapping
from typing import Final

MAYOR_CHANNELS: Final = frozenset({"letter", "postcard", "email", "web_form", "file"})

SPOKEN_CHANNELS: Final = frozenset({"telephone", "counter"})
DOUBTFUL: Final = "〓"
"""The mark of a sign that nobody could read for certain, in transcripts of paper and in mails."""


def recorded_as_person(channel: str, addressee: str, answer_wanted: str) -> bool:
    """Whether a letter is recorded with its writer (O10); every other one is only counted.

    ① letters to the mayor; ② inquiries to a department over the web page that want an answer; ③ inquiries handed over
    by the call centre that want an answer from a department. A letter whose addressee is unknown is kept as ①: to
    throw away a letter to the mayor would be the worse mistake. What was said by telephone or at a counter is none of
    the three: it is counted, and whoever wants an answer is asked for a letter.
    """
    if channel in MAYOR_CHANNELS and addressee != "department":
        return True
    return channel not in SPOKEN_CHANNELS and answer_wanted == "yes"


def answerable(items: Mapping[str, str | None]) -> bool:
    """Whether the writer gave a name and somewhere to answer to; without both a letter is anonymous."""
    somewhere = ("address", "email", "fax", "telephone")
    return bool(items.get("name")) and any(items.get(one) for one in somewhere)
