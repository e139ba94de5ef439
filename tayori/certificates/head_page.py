"""The head of the log on one sheet, for 甲 to keep: a later log has to go on from what stands on this paper."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from tayori.certificates.log import LogHead
from tayori.certificates.page import Face, faces_cut, faces_named, template_environment
from tayori.certificates.pdf import pdf_of

GROUP = 8


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the sheet says: the head, when it was signed (ISO 8601), by which key, and whose log it is."""

    head: LogHead
    signed_at: str
    kid: str
    addressee: str
    issuer: str
    rehearsal: bool


def head_html(sheet: Sheet) -> str:
    """Give the sheet as a page that needs no other file."""
    return _rendered(sheet, faces_cut(_rendered(sheet, ())))


def head_pdf(sheet: Sheet) -> bytes:
    """Give the sheet as PDF/A-3u. Raises Unavailable without Pango."""
    identifier = hashlib.sha256(sheet.head.token.encode("ascii")).digest()[:16]
    return pdf_of(_rendered(sheet, faces_named()), identifier)


def _rendered(sheet: Sheet, faces: Iterable[Face]) -> str:
    root = sheet.head.root
    groups = [root[start : start + GROUP] for start in range(0, len(root), GROUP)]
    return template_environment().get_template("head.html.j2").render(s=sheet, groups=groups, faces=faces)
