"""Steps of what goes out by itself: make what plans say, look up what is due, show the days ahead. Ids and counts."""

from dataclasses import asdict
from datetime import timedelta
from typing import Final

from prefect import task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE

from tasks.support import desk, sentence_only
from tayori.broadcast import agenda, control, plans
from tayori.domain.identifiers import BroadcastId
from tayori.warehouse import runs
from tayori.warehouse.engines import writing
from tayori.warehouse.runs import Outcome

DAYS_AHEAD: Final = 7
STORY: Final = "plan"


@task(name="定期配信の作成", persist_result=False, cache_policy=NO_CACHE)
@sentence_only
def make_planned() -> dict[str, int]:
    """Make a scheduled broadcast of every due occurrence; give what was done, in counts."""
    with desk() as office:
        done = plans.make_due(office)
        counts = {**asdict(done), "made": len(done.made)}
        if any(counts.values()):
            with writing(office.warehouse) as warehouse:
                run_id = runs.begin(warehouse, STORY, office.now(), office.rng)
                runs.end(warehouse, run_id, Outcome.DONE, counts, office.now())
        return counts


@task(name="時刻の来た配信", persist_result=False, cache_policy=NO_CACHE)
@sentence_only
def next_due(tried: list[BroadcastId]) -> BroadcastId | None:
    """Give the most urgent broadcast that starts by itself now and was not tried in this run; None: there is none."""
    with desk() as office:
        return next((one for one in control.due(office) if one not in tried), None)


@task(name="残った配信", persist_result=False, cache_policy=NO_CACHE)
@sentence_only
def left_over(failed: list[BroadcastId]) -> int:
    """Say how many of those that this run could not send nobody else has sent, or is sending, either."""
    with desk() as office:
        return sum(not control.is_done_by_another(office, one) for one in failed)


@task(name="予定の表示", persist_result=False, cache_policy=NO_CACHE)
@sentence_only
def show_agenda() -> None:
    """Show how many sends the next days hold, and how many of them collide: counts only."""
    with desk() as office:
        first = office.today()
        seen = agenda.agenda(office, first, first + timedelta(days=DAYS_AHEAD - 1))
    days = [first + timedelta(days=at) for at in range(DAYS_AHEAD)]
    rows = [
        {
            "日": day.isoformat(),
            "配信": sum(agenda.day_of(one) == day for one in seen.entries),
            "重なり": sum(one.day == day for one in seen.collisions),
        }
        for day in days
    ]
    create_table_artifact(table=rows, key="agenda", description="これから7日間の配信の予定（件数のみ）")
