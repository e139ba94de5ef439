"""Before 確定 the marks of the erased are sought once more: of leavers after a night, of letters after a disposal."""

from datetime import UTC, datetime

import pytest

from tayori.certificates.document import KeyEpoch
from tayori.domain.identifiers import RunId
from tayori.errors import Refused
from tayori.office import Office
from tayori.retention import canaries, case_canaries
from tayori.retention.last_probe import last_probe
from tayori.retention.remainders import Deed

RUN = RunId("0123456789abcdef")
ERASED = datetime(2026, 11, 2, 1, tzinfo=UTC)


def a_deed(space: str) -> Deed:
    """A certified erasure that ended an epoch of a key space."""
    epoch = KeyEpoch(space=space, epoch=0, algorithm="AES-256-GCM", destroyed_at=None)
    return Deed("X-2026-0001", RUN, ERASED, (epoch,), {})


def marks(office: Office, space: str) -> list[str]:
    """Every mark of a run's canaries that could be read somewhere."""
    if space == "案件":
        return [mark for one in case_canaries.marks(office, RUN) for mark in (one.sealed, one.receipt_no, one.mart_key)]
    return [str(one) for one in canaries.markers(office, RUN)]


@pytest.mark.parametrize("space", ["利用者", "案件"])
def test_a_mark_of_the_erased_refuses_it(sqlite_office: Office, space: str) -> None:
    """Each mark alone, in any file of this place, is found; without it the probe says what it sought."""
    left = sqlite_office.settings.home / "left.txt"
    for mark in marks(sqlite_office, space):
        left.write_text(f"x {mark} y", "utf-8")
        with pytest.raises(Refused, match=r"left\.txt"):
            last_probe(sqlite_office, a_deed(space), {})
    left.unlink()
    assert len(last_probe(sqlite_office, a_deed(space), {}).sought) == 4
