"""The certificate for readers: a sealed PDF where Pango is, else a page; either is named by hash in the log (P12).

The PDF is printed before its leaf is made, because the leaf holds its hash: it prints the root over all that came
before it. Where Pango is missing the leaf holds the signed record alone, and a second statement names the page.
"""

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from tayori.certificates.bundle import Logged
from tayori.certificates.certificate import IssuedCertificate, opened_certificate
from tayori.certificates.jws import Signer
from tayori.certificates.pades import PaperSeal
from tayori.certificates.page import LogPlace, Printing, certificate_html
from tayori.certificates.pdf import certificate_pdf, pdf_available
from tayori.certificates.statements import attached
from tayori.office import Office
from tayori.retention.letterhead import letterhead
from tayori.retention.logbook import append, documents_of, folder_of, issuer_keys
from tayori.vault.keyfile import read_secret, write_secret, write_whole
from tayori.warehouse import certificates
from tayori.warehouse.engines import reading, writing

SEAL_FILE: Final = "paper-seal.pem"


def print_certificate(office: Office, certificate_no: str) -> tuple[Path, ...]:
    """Write the page of a certificate without a PDF beside its bundle and state its hash; give the printed files.

    What was stated once is not printed again.

    Raises:
        NotFound: there is no such certificate.
        BadInput: the letterhead holds a letter that the fonts cannot print.

    """
    with reading(office.warehouse) as warehouse:
        row = certificates.find(warehouse, certificate_no)
        leaves, keys = certificates.leaves(warehouse), issuer_keys(office, warehouse)
    documents, folder = documents_of(row.bundle), folder_of(office)
    if documents[0].pdf_sha256 is not None or len(documents) > 1:
        return tuple(sorted(path for path in folder.glob(f"{certificate_no}.*") if path.suffix in {".pdf", ".html"}))
    issued = opened_certificate(documents[0].token, *keys)
    place = LogPlace.after(leaves[: leaves.index(documents[0].leaf)])
    page = certificate_html(issued, Printing(place=place)).encode("utf-8")
    write_whole(folder / f"{certificate_no}.html", page)
    with writing(office.warehouse) as warehouse:
        bundle = _stated(office, warehouse, issued, {f"{certificate_no}.html": page})
    write_whole(folder / f"{certificate_no}.json", bundle.encode())
    return (folder / f"{certificate_no}.html",)


def _stated(office: Office, warehouse: Connection, issued: IssuedCertificate, pages: dict[str, bytes]) -> str:
    """Append the statement on the files to the log, and give the bundle that holds it."""
    certificates.lock_log(warehouse)
    row = certificates.find(warehouse, issued.certificate.number)
    if len(documents_of(row.bundle)) > 1:
        return row.bundle
    now = office.now()
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in pages.items()}
    token = attached(issued, hashes, Signer(office.signing_key), now)
    bundle = append(office, warehouse, row, [Logged(token)], now)
    certificates.put_bundle(warehouse, row.certificate_no, bundle)
    return bundle


def sealed_pdf(
    office: Office, issued: IssuedCertificate, printing: Printing, now: datetime, later: str | None = None
) -> bytes | None:
    """Print and seal a PDF; None where Pango is not installed.

    Raises:
        BadInput: the letterhead holds a letter that the fonts cannot print.

    """
    if not pdf_available():
        return None
    seal = paper_seal(office, now)
    shown = Printing(printing.place, printing.state, printing.settled, printing.confirmed, seal.fingerprint)
    paper = certificate_pdf(issued, shown, later)
    return seal.put_on(paper, place=issued.certificate.place, at=now)


def paper_seal(office: Office, now: datetime) -> PaperSeal:
    """Give the key that seals PDFs; made at its first use, and anew when its certificate ended.

    Raises:
        BadInput: its file holds something else.

    """
    path = office.keys_folder / SEAL_FILE
    seal = PaperSeal.from_pem(read_secret(path)) if path.exists() else None
    if seal is None or seal.ends_before(now):
        seal = PaperSeal.made(letterhead(office).issuer, now)
        write_secret(path, seal.pem)
    write_whole(folder_of(office) / "paper-seal.crt.pem", seal.public_pem)
    return seal
