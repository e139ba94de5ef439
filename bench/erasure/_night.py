"""One whole night of forgetting, in a process of its own: seconds of each step, in the order in which they are done.

Beside them the seconds of processor time: on a busy machine the difference is what the night waited for others.
"""

import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from bench.broadcast._people import settings_of
from tayori.certificates.bundle import checked
from tayori.office import open_office
from tayori.retention import run


def seconds(home: Path) -> Mapping[str, float]:
    """Do the night for whoever left, and give the seconds by step; the certificate is checked by its public key.

    `busy`: processor seconds of the whole process, start and imports included.
    """
    with open_office(settings_of(home)) as office:
        night = run.begin(office)
        steps: dict[str, Callable[[], object]] = {
            "erase": lambda: run.erase_leavers(office, night),
            "rotate": lambda: run.rotate_keys(office, night),
            "boxes": lambda: run.renew_box_keys(office),
            "expire": lambda: run.expire(office),
            "clean": lambda: run.clean_stores(office, night),
            "probe": lambda: run.probe_residue(office, night),
            "certificate": lambda: run.issue_certificate(office, night, pdf=True),
        }
        found = {name: _timed(step) for name, step in steps.items()}
        busy = time.process_time()
        counts = run.finish(office, night)
        filed = run.issue_certificate(office, night)
        assert filed is not None  # noqa: S101 - a figure without its proof is no figure
        proven = checked(filed.bundle, [filed.bundle.parent / "issuer.pub.pem"])
        assert proven.subjects == counts["erased"]  # noqa: S101
        return found | {"erased": counts["erased"], "survivors": counts["survivors"], "busy": busy}


def _timed(step: Callable[[], object]) -> float:
    began = time.perf_counter()
    step()
    return time.perf_counter() - began


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(json.dumps(seconds(Path(sys.argv[1]))))
