"""How tests are spread over workers: by file and kind of store, the longest first, one group a Prefect server."""

import functools
import re
from pathlib import Path
from typing import Final

from xdist.scheduler.loadfile import LoadFileScheduling

ROOT: Final = Path(__file__).resolve().parents[2]
STORE: Final = re.compile(r"\[(?:.*-)?(sqlite|postgres)\b")


class LongestFirst(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types
    """Gives a file's tests on one kind of store to one worker."""

    def _split_scope(self, nodeid: str) -> str:
        path, _, test = nodeid.partition("::")
        if "pytest.mark.prefect" in _text(path):
            return "prefect"
        store = STORE.search(test)
        return f"{path} {store[1]}" if store else path


@functools.cache
def _text(path: str) -> str:
    return (ROOT / path).read_text("utf-8")
