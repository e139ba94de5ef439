"""What is disclosed to the person who asked, as PDF: their letters, black-outs with their grounds."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from tayori.certificates.moments import japan_date
from tayori.certificates.page import faces_named, unprintable
from tayori.certificates.pdf import pdf_of
from tayori.domain.register import register
from tayori.reports.environment import environment

TEMPLATE: Final = "disclosure.html.j2"
MISSING: Final = "〓"
"""Printed for a letter that the font does not have; the page says so."""


@dataclass(frozen=True, slots=True)
class DisclosedLetter:
    """One letter as it is disclosed: its number, items with the black-outs made, and the grounds of these."""

    receipt_no: str
    items: Mapping[str, str] = field(repr=False)
    grounds: Sequence[str] = ()


def disclosure_pdf(document_no: str, asked_on: date, letters: Sequence[DisclosedLetter]) -> bytes:
    """Print what is disclosed. The same input gives the same bytes.

    Raises:
        Unavailable: Pango is not installed.

    """
    page = disclosure_page(document_no, asked_on, letters)
    return pdf_of(page, hashlib.sha256(page.encode()).digest()[:16])


def disclosure_page(document_no: str, asked_on: date, letters: Sequence[DisclosedLetter]) -> str:
    """Give what is disclosed as HTML for the printer."""
    terms = {item.item: item.term for item in register().items}
    lost = {chr(code) for one in letters for code in unprintable("".join(one.items.values()))}
    shown = [
        {
            "receipt_no": one.receipt_no,
            "grounds": one.grounds,
            "items": {terms[name]: _shown(text, lost) for name, text in one.items.items()},
        }
        for one in letters
    ]
    told = {"document_no": document_no, "asked_on": japan_date(asked_on), "letters": shown, "lost": sorted(lost)}
    return environment().get_template(TEMPLATE).render(told | {"faces": faces_named(), "missing": MISSING})


def _shown(text: str, lost: set[str]) -> list[str]:
    return "".join(MISSING if letter in lost else letter for letter in text).split("\n")
