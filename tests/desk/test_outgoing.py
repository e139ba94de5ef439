"""What the desk writes out in the open ends with its case, with its list, with the contract, and by itself."""

import os

import pytest

from tayori.domain.identifiers import Contract
from tayori.errors import NotFound
from tayori.office import Office
from tayori.retention import disposing, outgoing, run
from tayori.retention.disposing import Around
from tests.closing.conftest import Ward, ward  # noqa: F401 - a fixture
from tests.disposal.conftest import Desk, desk  # noqa: F401 - as above
from tests.support.builders import TestClock
from tests.support.letters import ALetter, receipt, receive

SAID = b"%PDF-1.7 dummy"


def names(office: Office) -> list[str]:
    folder = office.settings.home / "outgoing"
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


@pytest.mark.parametrize("number", ["R2026-0000001", "K00000007", "広聴12/3", "..", "K*"])
def test_whatever_number_an_old_system_gave_its_files_lie_in_the_folder_and_go(office: Office, number: str) -> None:
    """No sign of a number leads out of the folder or to another case's files."""
    outgoing.put(office, number, ".pdf", SAID)
    path = outgoing.put(office, number, "-12.png", SAID)
    outgoing.put(office, "K00000070", "-1.png", SAID)
    assert path.parent == office.settings.home / "outgoing"
    assert path.stat().st_mode & 0o077 == 0
    assert outgoing.clear(office, [number]) == 2
    assert names(office) == ["K00000070-1.png"]


def test_only_a_case_that_is_here_is_cleared_by_its_number(office: Office) -> None:
    """A slip of the hand is told, not answered by nothing."""
    with pytest.raises(NotFound):
        outgoing.clear_case(office, "../../etc")


def test_the_night_ends_what_somebody_forgot(office: Office, clock: TestClock) -> None:
    """Seven days, and not one night before."""
    path = outgoing.put(office, "R2026-0000001", ".pdf", SAID)
    os.utime(path, (office.now().timestamp(),) * 2)
    (path.parent / "dangling").symlink_to(path.parent / "nowhere")
    os.utime(path.parent / "dangling", (office.now().timestamp(),) * 2, follow_symlinks=False)
    clock.forward(days=7)
    assert run.expire(office)["expired_outgoing"] == 0
    clock.forward(minutes=1)
    assert run.expire(office)["expired_outgoing"] == 2
    assert names(office) == []


def test_a_disposal_ends_what_was_written_out_of_its_letters(office: Office, desk: Desk) -> None:  # noqa: F811
    """The certificate says that nothing is left, so nothing lies in the open; other cases' files stay."""
    gone, stays = receive(office, ALetter(), ALetter(done_on=None))
    for number in (gone, stays):
        outgoing.put(office, receipt(number), "-1.png", SAID)
    disposing.run(office, desk.runner, desk.approved(office), Around())
    assert names(office) == [f"{receipt(stays)}-1.png"]


@pytest.mark.parametrize("contract", Contract)
def test_the_letters_contract_ends_with_all_that_was_written_out(ward: Ward, contract: Contract) -> None:  # noqa: F811
    """Contract O leaves nothing in the folder; the end of L does not touch it."""
    outgoing.put(ward.office, receipt(ward.letters[0]), ".pdf", SAID)
    ward.received(contract)
    ward.erase(contract)
    assert len(names(ward.office)) == (0 if contract is Contract.OPINIONS else 1)
