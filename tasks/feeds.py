"""Steps of the feeds' story: which there are, one look at each, and what nobody wanted. Names of ours and counts."""

from collections.abc import Sequence
from typing import Any, Final

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.support import desk, sentence_only
from tayori.feeds import run as feeds
from tayori.feeds.drafting import OUTCOMES
from tayori.warehouse import runs
from tayori.warehouse.engines import writing
from tayori.warehouse.runs import Outcome

STORY: Final = "feeds"


@task(name="設定の確認", persist_result=False, cache_policy=NO_CACHE)
@sentence_only
def named_feeds() -> list[str]:
    """Give the names of the feeds that are set."""
    with desk() as office:
        return [feed.name for feed in feeds.configured(office)]


@task(name="新着情報の読込み", persist_result=False, cache_policy=NO_CACHE)
@sentence_only
def look_at(name: str) -> dict[str, Any]:
    """Look at one feed; give its counts, and its trouble if there is any."""
    with desk() as office:
        looked = feeds.look(office, name)
        return {"feed": looked.name, "trouble": looked.trouble, **looked.counts}


@task(name="記録", persist_result=False, cache_policy=NO_CACHE)
@sentence_only
def write_down(looks: Sequence[dict[str, Any]]) -> int:
    """Call off drafts that nobody took over in their time, and write down what was counted; give how many went."""
    with desk() as office:
        expired = feeds.drop_expired(office)
        counts = {name: sum(int(look[name]) for look in looks) for name in OUTCOMES}
        counts |= {"feeds": len(looks), "expired": expired, "troubled": sum(bool(look["trouble"]) for look in looks)}
        with writing(office.warehouse) as warehouse:
            run_id = runs.begin(warehouse, STORY, office.now(), office.rng)
            runs.end(warehouse, run_id, Outcome.DONE, counts, office.now())
        return expired
