"""The only way for a table to leave: suppressed, attacked, and only then handed over."""

from tayori.opinions.disclosure.audit import audit
from tayori.opinions.disclosure.suppression import hide, suppress
from tayori.opinions.disclosure.tables import Figures, SuppressedTable


def release(figures: Figures, *, k: int) -> list[SuppressedTable]:
    """Suppress the tables of a report and let them go if the audit finds nothing; raises Refused otherwise."""
    published = hide(figures, suppress(figures, k=k), k=k)
    audit(figures, published, k=k)
    return published
