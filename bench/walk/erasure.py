"""1,000 of 100,000 people leave: how long until they are forgotten and the proof is filed, everything included."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Final

from tayori.certificates.bundle import checked
from tayori.office import open_office, set_up, utc_now
from tayori.retention import run
from tayori.settings import Settings
from tests.support.people import leave, populate

PEOPLE: Final = 100_000
LEAVERS: Final = 1_000


def measure(folder: Path) -> Mapping[str, float]:
    """Time each step of the night on SQLite; the certificate is checked with the public key alone."""
    return night(folder / "home", PEOPLE, LEAVERS)


def night(home: Path, count: int, leavers: int) -> Mapping[str, float]:
    """Let `leavers` of `count` people leave, and give the seconds of the night by step."""
    settings = Settings(_env_file=None, home=home)
    set_up(settings, utc_now())
    with open_office(settings, rng=Random(1)) as office:  # noqa: S311 - replayable on purpose
        loading = time.perf_counter()
        populate(office, count)
        leave(office, Random(2).sample(range(1, count + 1), leavers))  # noqa: S311
        began = time.perf_counter()
        found = {"loading_seconds": began - loading}
        night_id = run.begin(office)
        steps: dict[str, Callable[[], object]] = {
            "erase": lambda: run.erase_leavers(office, night_id),
            "rotate": lambda: run.rotate_keys(office, night_id),
            "boxes": lambda: run.renew_box_keys(office),
            "expire": lambda: run.expire(office),
            "clean": lambda: run.clean_stores(office, night_id),
            "probe": lambda: run.probe_residue(office, night_id),
            "certificate": lambda: run.issue_certificate(office, night_id, pdf=True),
            "head": lambda: run.sign_log(office),
        }
        for name, step in steps.items():
            started = time.perf_counter()
            step()
            found[f"erasure_{name}_seconds"] = time.perf_counter() - started
        counts = run.finish(office, night_id)
        found["erasure_seconds"] = time.perf_counter() - began
        filed = run.issue_certificate(office, night_id)
        assert filed is not None  # noqa: S101 - a figure without its proof is no figure
        proven = checked(filed.bundle, [filed.bundle.parent / "issuer.pub.pem"])
        assert (proven.subjects, counts["erased"]) == (leavers, leavers)  # noqa: S101
    return found
