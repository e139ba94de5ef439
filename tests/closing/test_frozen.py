"""Once both sides signed the end of contract O, nothing of it goes out or changes by any way (L16, O10)."""

from datetime import date
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from tayori.desk import disclosing
from tayori.desk.attention import attend
from tayori.domain.identifiers import Contract
from tayori.errors import Refused
from tayori.ingest.confirming import Confirmed, send_confirmations
from tayori.migration.cutover import cut_over
from tayori.office import Office
from tayori.warehouse.engines import reading
from tayori.warehouse.schema.letters import letter_confirmation
from tests.closing.conftest import Ward
from tests.support.letters import confirmation_due, receipt


def test_no_mail_of_an_ended_contract_goes_out(ward: Ward) -> None:
    """What is due stays unsent and unopened; before the signatures it is taken up."""
    office = ward.office
    settings = office.settings.model_copy(update={"smtp_url": SecretStr("smtp://127.0.0.1:9")})
    confirmation_due(office, ward.letters[0])
    mailing = Office(settings, office.clock, office.rng)
    assert send_confirmations(mailing) == Confirmed(put_off=1)
    with office.writing_people() as (people, _):
        people.execute(letter_confirmation.update().values(due_at=office.now()))
    ward.sign(Contract.OPINIONS)
    assert send_confirmations(mailing) == Confirmed()
    with reading(office.warehouse) as people:
        assert people.execute(select(letter_confirmation.c.tries)).scalar_one() == 1
    mailing.close()


def test_nothing_of_an_ended_contract_is_disclosed_attended_or_cut_over(ward: Ward, tmp_path: Path) -> None:
    """The archive that 甲 receives is what stood when both signed."""
    office, by, letter = ward.office, ward.theirs, receipt(ward.letters[0])
    ward.sign(Contract.OPINIONS)
    with pytest.raises(Refused, match="Contract O"):
        disclosing.prepare(office, by, "令8情第1号", date(2026, 11, 1), [letter])
    with pytest.raises(Refused, match="Contract O"):
        disclosing.approve(office, by, "x-000000000000")
    with pytest.raises(Refused, match="Contract O"):
        disclosing.hand_out(office, by, "x-000000000000", str(ward.identity.to_public()), tmp_path)
    with pytest.raises(Refused, match="Contract O"):
        attend(office, by, [letter])
    with pytest.raises(Refused, match="Contract O"):
        cut_over(office, by, "old")
