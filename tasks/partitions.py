"""Masking in partitions: spans of case numbers, each a task on a Dask cluster of this machine or of many.

Only case numbers and counts travel. A cluster of other machines speaks TLS; that of this machine listens on loopback.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, cast

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.task_runners import TaskRunner

from tasks.support import desk, sentence_only
from tayori.analysis.mart import Span, mask_done_cases
from tayori.settings import Settings


@task(name="マスキング（分割）", persist_result=False, cache_policy=NO_CACHE)
@sentence_only
def mask_partition(first: int, last: int) -> dict[str, Any]:
    """Mask the cases of a span of case numbers."""
    with desk() as office:
        return mask_done_cases(office, within=(first, last)).plain()


def mask_in_partitions(spans: Sequence[Span], settings: Settings) -> list[dict[str, Any]]:
    """Mask each span as a task of its own, as many at once as there are workers; give the counts of each."""

    @flow(name="マスキング（全分割）", task_runner=runner(settings), persist_result=False)
    @sentence_only
    def over_all() -> list[dict[str, Any]]:
        return [future.result() for future in [mask_partition.submit(first, last) for first, last in spans]]

    return over_all()


def runner(settings: Settings) -> TaskRunner[Any]:
    """The cluster of the settings: a scheduler that runs already, or as many processes here."""
    from prefect_dask.task_runners import DaskTaskRunner  # noqa: PLC0415 - start-up time, and only with several workers

    if settings.dask_address:
        return cast("TaskRunner[Any]", DaskTaskRunner(address=settings.dask_address))
    here = {
        "n_workers": settings.analysis_workers,
        "threads_per_worker": 1,
        "host": "127.0.0.1",
        "dashboard_address": None,
    }
    return cast("TaskRunner[Any]", DaskTaskRunner(cluster_kwargs=here))


def added(counts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The counts of all partitions together."""
    whole: dict[str, Any] = {}
    for one in counts:
        for name, count in one.items():
            if isinstance(count, dict):
                whole[name] = dict(sorted((Counter(whole.get(name, {})) + Counter(count)).items()))
            else:
                whole[name] = whole.get(name, 0) + count
    return whole
