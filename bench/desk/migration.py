"""100,000 cases of an old system brought over and verified, on SQLite and on PostgreSQL; and every damage looked for.

`MIGRATION_CASES=2000` is a quick look.
"""

import os
import shutil
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import create_engine

import expectations.judging  # noqa: F401 - loaded beforehand, so that its start-up is not measured
from sandbox.old_system.database import create
from tayori.office import Office, set_up
from tayori.settings import Settings
from tests.migration.builders import bring_over, verified
from tests.support.damages import DAMAGES, apply
from tests.support.postgres import Cluster, running_cluster

CASES: Final = 102_040  # one in fifty was deleted over there
DAMAGED_CASES: Final = 300
NOW: Final = datetime(2026, 11, 2, 1, tzinfo=UTC)


def measure(folder: Path) -> Mapping[str, float]:
    """Give `migrated`, `migration_seconds` (load and verify, the slower store), `damages` and `damages_missed`."""
    cases = int(os.environ.get("MIGRATION_CASES", CASES))
    with running_cluster() as cluster:
        figures = _sqlite(folder, cases) | _postgres(folder, cluster, cases)
    stores = ("sqlite", "postgres")
    told = {"migrated": min(figures[f"{store}_cases"] for store in stores)}
    told["migration_seconds"] = max(
        round(figures[f"{store}_load_seconds"] + figures[f"{store}_verify_seconds"], 1) for store in stores
    )
    return told | figures | _damages(folder)


def _sqlite(folder: Path, cases: int) -> dict[str, float]:
    return _measured("sqlite", _office(folder / "lite"), f"sqlite:///{folder / 'old.db'}", cases)


def _postgres(folder: Path, cluster: Cluster, cases: int) -> dict[str, float]:
    office = _office(folder / "pg", database_url=cluster.create("w"), vault_url=cluster.create("v"))
    return _measured("postgres", office, cluster.create("old"), cases)


def _office(home: Path, **stores: str) -> Office:
    settings = Settings(_env_file=None, home=home, **stores)  # type: ignore[arg-type]
    set_up(settings, NOW)
    return Office(settings, lambda: NOW)


def _measured(store: str, office: Office, url: str, cases: int) -> dict[str, float]:
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    create(engine, cases, seed=1)
    engine.dispose()
    began = time.perf_counter()
    counts = bring_over(office, url)
    loaded = time.perf_counter()
    told = verified(office, url)
    seconds = time.perf_counter() - loaded
    assert told["verdict"] == "equal", told["differences"]  # noqa: S101 - a migration that is not whole measures nothing
    office.close()
    return {
        f"{store}_cases": counts.added,
        f"{store}_load_seconds": round(loaded - began, 1),
        f"{store}_verify_seconds": round(seconds, 1),
    }


def _damages(folder: Path) -> dict[str, float]:
    url = f"sqlite:///{folder / 'damaged.db'}"
    create(create_engine(url), DAMAGED_CASES, seed=1)
    whole = _office(folder / "whole")
    bring_over(whole, url)
    whole.close()
    missed = 0
    for number, (name, damage) in enumerate(DAMAGES.items()):
        home = folder / f"damage-{number}"
        shutil.copytree(folder / "whole", home)
        office = Office(Settings(_env_file=None, home=home), lambda: NOW)
        apply(office, damage)
        if verified(office, url)["verdict"] != "different":
            missed += 1
            print(f"  MISSED {name}", flush=True)
        office.close()
        shutil.rmtree(home)
    return {"damages": len(DAMAGES), "damages_missed": missed}
