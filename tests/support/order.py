"""How tests are spread over workers: by file and kind of store, the longest first, all of a Prefect server together.

A cluster or a server is started once a worker; and what takes longest must not be what is left when the rest is done.
"""

import functools
import re
from pathlib import Path
from typing import Any, Final

from xdist.scheduler.loadfile import LoadFileScheduling  # type: ignore[import-untyped]  # xdist has no types

ROOT: Final = Path(__file__).resolve().parents[2]
STORE: Final = re.compile(r"\[(?:.*-)?(sqlite|postgres)\b")
SERVER: Final = re.compile(r"\bprefect_(?:here|server): ")  # the fixtures that start it
SLOW, ON_POSTGRES = 1_000, 3  # how many quick tests one file of slow ones, and one test on PostgreSQL, weigh


class LongestFirst(LoadFileScheduling):  # type: ignore[misc]  # as above
    """Gives a unit of tests to one worker, the longest that is left."""

    def _split_scope(self, nodeid: str) -> str:
        return unit(nodeid)

    def _assign_work_unit(self, node: Any) -> None:  # noqa: ANN401 - xdist's own
        longest = max(self.workqueue, key=lambda name: weight(name, len(self.workqueue[name])))
        self.workqueue.move_to_end(longest, last=False)
        super()._assign_work_unit(node)


def unit(nodeid: str) -> str:
    """Name the tests that stay together with this one: its file's on its kind of store, or the Prefect server's."""
    path, _, test = nodeid.partition("::")
    store = STORE.search(test)
    if SERVER.search(_text(path)):
        return "prefect"
    return f"{path} on {store[1]}" if store else path


def weight(name: str, count: int) -> int:
    """Guess how long a unit of so many tests takes, in quick tests."""
    path, _, store = name.partition(" on ")
    if path == "prefect":
        return count + 2 * SLOW
    return count * (ON_POSTGRES if store == "postgres" else 1) + SLOW * ("pytest.mark.slow" in _text(path))


@functools.cache
def _text(path: str) -> str:
    return (ROOT / path).read_text("utf-8")
