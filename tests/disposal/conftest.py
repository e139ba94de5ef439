"""Who signs and runs a disposal in these tests."""

from dataclasses import dataclass

import pytest

from tayori.office import Office
from tayori.retention import disposal
from tayori.vault.roster import Credential
from tests.support.handlers import a_handler


@dataclass(frozen=True)
class Desk:
    """Three dummies: of the desk and of 甲, the responsible one, and one who runs things."""

    sakura: Credential
    chief: Credential
    runner: Credential

    def approved(self, office: Office) -> str:
        """Propose a list of what is due and have both sign it; give its id."""
        list_id = disposal.propose(office, self.sakura).list_id
        disposal.approve(office, self.sakura, list_id)
        disposal.approve(office, self.chief, list_id)
        return list_id


@pytest.fixture
def desk(office: Office) -> Desk:
    """Give the desk of an office."""
    return Desk(
        a_handler(office, "sakura", "desk", side="甲"),
        a_handler(office, "chief", "responsible"),
        a_handler(office, "runner", "operator"),
    )
