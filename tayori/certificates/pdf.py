"""The certificate on paper: the page as PDF/A-3, with the signed record attached. Needs Pango."""

import hashlib
import io
from collections.abc import Sequence
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from tayori.certificates.certificate import IssuedCertificate
from tayori.certificates.page import AS_ISSUED, FONTS, Printing, page_for_print
from tayori.errors import Unavailable

VARIANT = "pdf/a-3u"


def pdf_available() -> bool:
    """Whether PDFs can be made here: Pango is a package of the system, not of Python."""
    try:
        _weasyprint()
    except Unavailable:
        return False
    return True


def certificate_pdf(
    issued: IssuedCertificate, printing: Printing = AS_ISSUED, later: str | None = None, fonts: Path = FONTS
) -> bytes:
    """Print a certificate as PDF/A-3u with its signed form and its content (JSON) attached.

    `later` is the statement whose page this is, attached too. The same input gives the same bytes.

    Raises:
        Unavailable: Pango is not installed; the HTML page says the same.
        BadInput, Refused: as for the page.

    """
    weasyprint = _weasyprint()
    page = page_for_print(issued, printing, fonts)
    certificate, token = issued.certificate, issued.token.encode("ascii")
    records = {f"{certificate.number}.jws": token, f"{certificate.number}.content.json": certificate.canonical()}
    if later is not None:
        records[f"{certificate.number}.statement.jws"] = later.encode("ascii")
    on = datetime.fromisoformat(certificate.issued_at.utc)
    attached = [
        weasyprint.Attachment(
            file_obj=io.BytesIO(record), name=name, created=on, modified=on, relationship=_relationship(name)
        )
        for name, record in records.items()
    ]
    identifier = hashlib.sha256("\n".join((issued.token, later or "")).encode("ascii")).digest()[:16]
    return pdf_of(page, identifier, attached)


def pdf_of(page: str, identifier: bytes, attached: Sequence[object] = ()) -> bytes:
    """Print a page of ours that names files of this tree alone, as PDF/A-3u.

    Raises:
        Unavailable: Pango is not installed.

    """
    weasyprint = _weasyprint()
    sealed_off = weasyprint.urls.URLFetcher(allowed_protocols={"file"}, fail_on_errors=True)
    printed: bytes = weasyprint.HTML(string=page, url_fetcher=sealed_off).write_pdf(
        pdf_variant=VARIANT, pdf_identifier=identifier, attachments=list(attached)
    )
    return printed


def _relationship(name: str) -> str:
    """Tell a PDF reader what an attachment is to the page: its source, or the same content in another form."""
    return "Alternative" if name.endswith(".json") else "Source"


def _weasyprint() -> Any:  # noqa: ANN401 - WeasyPrint has no types
    """WeasyPrint, loaded when a PDF is wanted: it is slow to start and fails at once without Pango."""
    try:
        return import_module("weasyprint")
    except OSError as error:
        raise Unavailable(
            "PDFs need Pango; install the packages that the README names, or use the HTML page."
        ) from error
