"""What axe-core says of the pages of a report, on a phone and on a desk; its file is given by AXE_CORE."""

import os
from collections.abc import Mapping
from pathlib import Path

from tests.resident.chromium import running_chromium

from tayori.reports.opinion_report import pages
from tests.reports.test_accessible import violations
from tests.reports.test_opinion_report import a_year


def measure(folder: Path) -> Mapping[str, float]:
    """Give `axe_violations`; nothing where the file of axe-core is not given, so that the bound is not met."""
    if not os.environ.get("AXE_CORE"):
        return {}
    with running_chromium() as tab:
        found = [violations(tab, folder, page) for page in pages(a_year()).values()]
    return {"axe_violations": sum(len(one) for one in found)}
