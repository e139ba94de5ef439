"""What axe-core says of the pages of reports and records, on phones and on a desk."""

from collections.abc import Mapping
from pathlib import Path

from tests.reports.forms import FORMS
from tests.reports.test_accessible import found_on
from tests.support.chromium import running_chromium


def measure(folder: Path) -> Mapping[str, float]:
    """Give `axe_violations` of every form that a report or a record has."""
    with running_chromium() as tab:
        found = [found_on(tab, folder, page) for page in (form() for form in FORMS.values())]
    return {"axe_violations": sum(len(elements) for form in found for _, elements in form)}
