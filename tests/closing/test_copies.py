"""The end of a contract and the ledger of copies: what is handed over, and what this house had backed up."""

import pytest

from tayori.domain.identifiers import Contract
from tayori.retention.copies import backups
from tayori.retention.copies.house import HouseCopies
from tayori.warehouse import copies
from tayori.warehouse.engines import reading
from tests.closing.conftest import ORDER, Ward


@pytest.mark.parametrize("contract", Contract)
def test_what_is_handed_over_stands_in_the_ledger_until_its_receipt(ward: Ward, contract: Contract) -> None:
    """The archive is a copy that leaves the place: entered with 甲's document and recipient, ended by the receipt."""
    returned = ward.received(contract)
    with reading(ward.office.warehouse) as warehouse:
        (entered,) = copies.of_kind(warehouse, "handover")
    assert entered.recipient
    assert (entered.approval, entered.sha256) == (ORDER.document_no, returned.sha256)
    assert entered.proof_kind == "receipt"


def test_every_backup_of_the_house_ends_and_opens_no_more(ward: Ward) -> None:
    """One contract ends: backups that held it are ended and tried in vain, and what goes on is backed up anew."""
    office = ward.office
    before = [backups.make(office, "flow:backup").copy_id for _ in range(2)]
    ward.received(Contract.LINE)
    ended = ward.erase(Contract.LINE, backups=HouseCopies(office, "chief"))
    with reading(office.warehouse) as warehouse:
        standing = [row.copy_id for row in copies.standing(warehouse, backups.KIND)]
    assert ended.backups == len(before)
    assert len(standing) == 1
    assert not set(before) & set(standing)
    assert not any((office.settings.backups / one).exists() for one in before)
