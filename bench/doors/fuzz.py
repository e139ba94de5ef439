"""Signed bodies drawn from LINE's own schema, whole and damaged: how many are not answered 200, how many leave no row.

LINE's files are named by LINE_OPENAPI; without them there is nothing to draw from, and the part says so.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from bench.ingest import fresh_office
from sandbox.line.spec import spec_folder
from tests.door.test_fuzz import fuzz

BODIES: Final = 10_000


def measure(folder: Path, wanted: int = BODIES) -> Mapping[str, float]:
    """Post them to a door on SQLite."""
    files = spec_folder()
    if files is None:
        message = "set LINE_OPENAPI to the folder of LINE's OpenAPI files"
        raise RuntimeError(message)
    office = fresh_office(folder / "office")
    posted, refused, missing = fuzz(office, files / "webhook.yml", wanted)
    office.close()
    return {"fuzzed": posted, "server_errors": refused, "fuzzed_but_lost": missing}
