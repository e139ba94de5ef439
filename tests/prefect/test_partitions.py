"""Several workers mask at once: nothing is masked twice, nothing is left, and Prefect is given numbers only."""

import pytest
from sqlalchemy import func, select

from tasks.partitions import added, mask_in_partitions, runner
from tayori.analysis.mart import partitions
from tayori.office import Office
from tayori.settings import Settings
from tayori.warehouse.engines import reading
from tayori.warehouse.schema.opinions import masked_opinion
from tests.support.letters import ALetter, receive
from tests.support.prefect_server import PrefectServer


@pytest.mark.prefect
@pytest.mark.slow
def test_two_workers_mask_all_letters_once(
    sqlite_office: Office, prefect_here: PrefectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each span is a task of its own in another process; the counts of all are those of one worker."""
    assert prefect_here
    monkeypatch.setenv("TAYORI_HOME", str(sqlite_office.settings.home))
    letters = [ALetter(said=f"{at}番目、公園の遊具について。電話 090-0000-{at:04d}", masked=False) for at in range(60)]
    receive(sqlite_office, *letters)
    settings = sqlite_office.settings.model_copy(update={"analysis_workers": 2})
    counted = added(mask_in_partitions(partitions(sqlite_office, size=20), settings))
    assert (counted["masked_letters"], counted["spans"]) == (60, {"phone": 60})
    with reading(sqlite_office.warehouse) as people:
        assert people.execute(select(func.count()).select_from(masked_opinion)).scalar_one() == 60


def test_counts_of_partitions_are_added_up() -> None:
    """Plain counts and counts by kind."""
    first = {"masked_letters": 2, "spans": {"phone": 1}}
    assert added([first, {"masked_letters": 3, "spans": {"name": 2}}]) == {
        "masked_letters": 5,
        "spans": {"name": 2, "phone": 1},
    }
    assert added([]) == {}


def test_a_cluster_of_other_machines_speaks_tls() -> None:
    """An open address is refused by the settings: between our own parts nothing goes in the clear (L8)."""
    with pytest.raises(ValueError, match="dask_address"):
        Settings(dask_address="tcp://analysis:8786")
    assert runner(Settings(dask_address="tls://analysis:8786"))
