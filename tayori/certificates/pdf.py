"""The certificate on paper: the page as PDF/A-3, with the signed record attached. Needs Pango."""

import io
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from tayori.certificates.certificate import IssuedCertificate
from tayori.certificates.page import FONTS, LogPlace, page_for_print
from tayori.certificates.verifier import Verdict
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
    issued: IssuedCertificate, place: LogPlace | None = None, verdict: Verdict | None = None, fonts: Path = FONTS
) -> bytes:
    """Print a certificate as PDF/A-3u with its signed form attached; the same input gives the same bytes.

    Raises:
        Unavailable: Pango is not installed; the HTML page says the same.
        BadInput, Refused: as for the page.

    """
    weasyprint = _weasyprint()
    page = page_for_print(issued, place, verdict, fonts)
    certificate, record = issued.certificate, io.BytesIO(issued.token.encode("ascii"))
    on = datetime.fromisoformat(certificate.issued_at.utc)
    signed = weasyprint.Attachment(
        file_obj=record, name=f"{certificate.number}.jws", created=on, modified=on, relationship="Source"
    )
    sealed_off = weasyprint.urls.URLFetcher(allowed_protocols={"file"}, fail_on_errors=True)
    printed: bytes = weasyprint.HTML(string=page, url_fetcher=sealed_off).write_pdf(
        pdf_variant=VARIANT, pdf_identifier=bytes.fromhex(issued.sha256[:32]), attachments=[signed]
    )
    return printed


def _weasyprint() -> Any:  # noqa: ANN401 - WeasyPrint has no types
    """WeasyPrint, loaded when a PDF is wanted: it is slow to start and fails at once without Pango."""
    try:
        return import_module("weasyprint")
    except OSError as error:
        raise Unavailable(
            "PDFs need Pango; install the packages that the README names, or use the HTML page."
        ) from error
