"""An office that is set up once a process and copied for each test: its keys, its tables, nobody in them yet."""

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Final

from tayori.office import Office, set_up
from tests.support.builders import TestClock, some_settings
from tests.support.postgres import Cluster

DATABASES: Final = ("database_url", "vault_url")
Kind = tuple[Path | None, datetime]
_FIRST: Final[dict[Kind, Path]] = {}


@contextmanager
def copied_office(home: Path, clock: TestClock, cluster: Cluster | None = None) -> Iterator[Office]:
    """Give an office of one's own, on SQLite or in a cluster; its databases in the cluster are gone at the end."""
    first = _first(clock(), cluster)
    with ExitStack() as stack:
        urls = {}
        if cluster is not None:
            urls = {name: stack.enter_context(cluster.lent(_template(name, clock()))) for name in DATABASES}
        shutil.copytree(first, home, dirs_exist_ok=True)
        office = Office(some_settings(home, **urls), clock, Random(0))  # noqa: S311 - replayable on purpose
        stack.callback(office.close)
        yield office


def _first(moment: datetime, cluster: Cluster | None) -> Path:
    """Give the home of the office that is copied, set up at this moment."""
    kind = (None if cluster is None else cluster.folder, moment)
    if kind not in _FIRST:
        folder = Path(tempfile.mkdtemp(prefix="tayori-first-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        urls = {name: cluster.create(_template(name, moment)) for name in DATABASES} if cluster else {}
        set_up(some_settings(folder, **urls), moment)
        _FIRST[kind] = folder
    return _FIRST[kind]


def _template(name: str, moment: datetime) -> str:
    return f"first_{name}_{moment:%Y%m%d%H%M%S}"
