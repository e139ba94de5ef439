"""The second reading comes after the report: whatever becomes of it, the report stands, and Prefect is told counts."""

from datetime import date
from pathlib import Path

import pytest

from flows.opinion_analysis import Period, opinion_analysis
from tayori.errors import Unavailable
from tayori.office import Office
from tayori.warehouse import doubts, editions
from tayori.warehouse.engines import reading
from tests.support.letters import ALetter, receive
from tests.support.prefect_server import PrefectServer
from tests.support.stand_in import stand_in_interpreter

SPRING = Period(first=date(2020, 4, 1), last=date(2020, 4, 30))


@pytest.mark.prefect
@pytest.mark.slow
def test_a_reader_that_breaks_off_costs_nobody_the_report(
    sqlite_office: Office, prefect_here: PrefectServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run fails with a sentence, so that somebody looks; the edition is made. The next run reads what waits."""
    assert prefect_here
    receive(sqlite_office, *(ALetter(said=f"{at}番目、公園に甲乙丙が来た。", masked=False) for at in range(12)))
    monkeypatch.setenv("TAYORI_HOME", str(sqlite_office.settings.home))
    monkeypatch.setenv("TAYORI_GINZA_PYTHON", str(stand_in_interpreter(tmp_path, "torn")))
    with pytest.raises(Unavailable, match="second reader stopped"):
        opinion_analysis(SPRING)
    with reading(sqlite_office.warehouse) as people:
        assert len(editions.listed(people)) == 1
        assert doubts.listed(people) == []
    monkeypatch.setenv("TAYORI_GINZA_PYTHON", str(stand_in_interpreter(tmp_path)))
    opinion_analysis(SPRING)
    with reading(sqlite_office.warehouse) as people:
        assert len(doubts.listed(people)) == 12
