"""axe-core on the page that is open: what it finds against WCAG A and AA (JIS X 8341-3) and its own best practice.

The file of axe-core comes with a package of the lock (docs/adr/0045), so that it is there wherever the tests run.
"""

from functools import cache
from importlib.resources import files

from tests.support.chromium import Tab

RUN = "axe.run().then(found => found.violations.map(one => [one.id, one.nodes.map(node => node.html)]))"
Violation = tuple[str, list[str]]
"""The rule's name, and the elements that break it."""


@cache
def axe_core() -> str:
    """Give the text of axe-core."""
    return files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")


def violations(tab: Tab) -> list[Violation]:
    """Give what axe-core finds; it is put in by the browser's own protocol, past the policy of the page."""
    tab.find(f"{axe_core()};true")
    return [(rule, elements) for rule, elements in tab.find(RUN)]
