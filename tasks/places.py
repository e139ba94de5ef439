"""Where a probe looks beside the stores: Prefect's folder and what was written out; and what it cannot reach."""

from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

HERE: Final = frozenset({None, "127.0.0.1", "localhost", "::1"})
ELSEWHERE: Final = "Prefect サーバのデータベース（この機械のファイルでないもの）"


def searched(out: Path) -> dict[str, Path]:
    """Give the folders beside the stores that are searched for residue."""
    from prefect.settings import PREFECT_HOME  # noqa: PLC0415 - start-up time: two seconds

    return {"Prefect": PREFECT_HOME.value(), "出力": out}


def elsewhere() -> tuple[str, ...]:
    """Name Prefect's database where it is no file of this machine."""
    from prefect.settings import (  # noqa: PLC0415 - start-up time, as above
        PREFECT_API_DATABASE_CONNECTION_URL,
        PREFECT_API_URL,
    )

    database = PREFECT_API_DATABASE_CONNECTION_URL.value()
    remote = urlsplit(PREFECT_API_URL.value() or "").hostname not in HERE
    stored = database is not None and not str(database).startswith("sqlite")
    return (ELSEWHERE,) if remote or stored else ()
