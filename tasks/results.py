"""Steps of the results' story: ask LINE for its figures, sum up the months, write the pages. Counts only."""

from datetime import timedelta
from typing import Any, Final

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.support import desk, sentence_only
from tayori.broadcast import results
from tayori.domain.results import MonthResults
from tayori.reports.broadcast_results import write_results
from tayori.warehouse import runs
from tayori.warehouse.engines import writing
from tayori.warehouse.runs import Outcome

STORY: Final = "results"
STILL_MOVING: Final = 16  # days into a month in which the one before still changes


@task(name="LINEの集計の読込み", persist_result=False, cache_policy=NO_CACHE)
@sentence_only
def ask_line() -> dict[str, int] | None:
    """Ask LINE for the figures that may have changed; None where no LINE is set."""
    with desk() as office:
        if not office.settings.line_base or office.settings.line_access_token is None:
            return None
        # start-up time: the LINE SDK takes two seconds to load, and no other step needs it
        from tayori.line.insight import InsightClient  # noqa: PLC0415

        asked = results.ask_line(office, InsightClient.from_settings(office.settings))
        return {"broadcasts": asked.broadcasts, "told": asked.told, "days": asked.days}


@task(name="月の集計", persist_result=False, cache_policy=NO_CACHE)
@sentence_only
def sum_up() -> MonthResults:
    """Sum up this month, write its page, and the page of last month while that still changes."""
    with desk() as office:
        today, folder = office.today(), office.settings.home / "results"
        if today.day <= STILL_MOVING:
            last = results.of_month(office, today.replace(day=1) - timedelta(days=1))
            write_results(last, folder, today)
        found = results.of_month(office, today)
        write_results(found, folder, today)
        return found


@task(name="記録", persist_result=False, cache_policy=NO_CACHE)
@sentence_only
def write_down(found: MonthResults, asked: dict[str, Any] | None) -> None:
    """Write down what was counted."""
    counts = {"pushes": found.pushes, "asked": (asked or {}).get("broadcasts", 0), "told": (asked or {}).get("told", 0)}
    with desk() as office, writing(office.warehouse) as warehouse:
        run_id = runs.begin(warehouse, STORY, office.now(), office.rng)
        runs.end(warehouse, run_id, Outcome.DONE, counts, office.now())
