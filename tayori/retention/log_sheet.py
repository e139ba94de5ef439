"""The head of the log of now, signed and on a sheet that 甲 keeps."""

from collections.abc import Mapping
from dataclasses import dataclass

from tayori.certificates.head_page import Sheet, head_html, head_pdf
from tayori.certificates.jws import Signer
from tayori.certificates.log import LogHead
from tayori.certificates.moments import utc_text
from tayori.certificates.pdf import pdf_available
from tayori.office import Office
from tayori.retention.letterhead import letterhead
from tayori.retention.logbook import head_now, keep_head
from tayori.warehouse.engines import reading


@dataclass(frozen=True, slots=True)
class HeadSheet:
    """A head with what is handed to 甲: the signed head for the verifier, and the sheet (PDF where Pango is)."""

    head: LogHead
    kid: str
    files: Mapping[str, bytes]


def sheet_now(office: Office) -> HeadSheet:
    """Sign the log's head of this moment, keep it, and draw up its sheet.

    Raises:
        NotFound: nothing was issued yet.
        Tampered: the log was cut or rewritten.

    """
    now, paper = office.now(), letterhead(office)
    with reading(office.warehouse) as warehouse:
        head = head_now(office, warehouse, now)
    keep_head(office, head)
    kid = Signer(office.signing_key).kid
    sheet = Sheet(head, utc_text(now), kid, paper.addressee, paper.issuer.organisation, paper.rehearsal)
    name = f"log-head-{head.size}"
    files = {f"{name}.jws": head.token.encode("ascii"), f"{name}.html": head_html(sheet).encode("utf-8")}
    if pdf_available():
        files[f"{name}.pdf"] = head_pdf(sheet)
    return HeadSheet(head, kid, files)
