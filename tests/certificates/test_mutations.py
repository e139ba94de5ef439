"""Whatever is changed in what was handed over, by whoever, the verifier does not believe it; untouched it does."""

from pathlib import Path

import pytest

from bench.erasure import mutations
from bench.erasure._handed import ISSUED, revoked, the_whole
from bench.erasure._mutations_by_signers import rightly
from tayori.certificates.bundle import Logged
from tests.certificates.builders import confirmed, confirmed_final, finalised

pytestmark = pytest.mark.filterwarnings(  # WeasyPrint leaves its colour profile open
    "ignore:Exception ignored in.*sRGB2014:pytest.PytestUnraisableExceptionWarning"
)


def test_no_mutation_is_missed(tmp_path: Path) -> None:
    """At least a hundred different ones: fields, headers, letters, proofs, files, keys, statements, times, forks."""
    found = mutations.measure(tmp_path)
    assert found["mutations"] >= 300
    assert found["mutations_missed"] == 0


def test_what_the_mutations_start_from_is_believed(tmp_path: Path) -> None:
    """The same documents in the same manner, honestly said, are proven: the above is refused for its lie."""
    whole = the_whole()
    honest = [
        (),
        (Logged(finalised(ISSUED)),),
        (Logged(confirmed(ISSUED)),),
        (Logged(finalised(ISSUED)), Logged(confirmed_final(ISSUED))),
        (revoked(),),
    ]
    assert all(rightly(*later)(whole).is_believed(tmp_path) for later in honest)
    assert whole.bundled(whole.documents, witnessed=True).is_believed(tmp_path)
