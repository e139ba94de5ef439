"""The certificate for readers: a page, and a PDF where Pango is; both named by hash in the log (P12)."""

import hashlib
import json
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from tayori.certificates.bundle import bundled_now
from tayori.certificates.certificate import IssuedCertificate, opened_certificate
from tayori.certificates.jws import Signer
from tayori.certificates.log import logged_leaf
from tayori.certificates.page import LogPlace, certificate_html
from tayori.certificates.pdf import certificate_pdf, pdf_available
from tayori.certificates.statements import attached
from tayori.certificates.verifier import tree_root
from tayori.office import Office
from tayori.warehouse import certificates
from tayori.warehouse.engines import reading, writing

FOLDER: Final = "certificates"


def print_certificate(office: Office, certificate_no: str, *, pdf: bool = False) -> tuple[Path, ...]:
    """Write the page beside the bundle and state its hash; with `pdf`, where Pango is, the PDF too.

    What was stated once is not printed again.

    Raises:
        NotFound: there is no such certificate.
        BadInput: the letterhead holds a letter that the fonts cannot print.

    """
    signer = Signer(office.signing_key)
    with reading(office.warehouse) as warehouse:
        tokens = tokens_of(certificates.find(warehouse, certificate_no).bundle)
        leaves = certificates.leaves(warehouse)
    issued = opened_certificate(tokens[0], signer.public_pem)
    if len(tokens) > 1:
        return tuple(sorted((office.settings.home / FOLDER).glob(f"{certificate_no}.[hp][td][mf]*")))
    pages = _pages(issued, leaves, pdf=pdf)
    for name, content in pages.items():
        (office.settings.home / FOLDER / name).write_bytes(content)
    with writing(office.warehouse) as warehouse:
        bundle = _stated(office, warehouse, signer, issued, pages)
    (office.settings.home / FOLDER / f"{certificate_no}.json").write_text(bundle, "utf-8")
    return tuple(office.settings.home / FOLDER / name for name in pages)


def _pages(issued: IssuedCertificate, leaves: list[bytes], *, pdf: bool) -> dict[str, bytes]:
    index = leaves.index(logged_leaf(issued.token))
    place = LogPlace(index, index + 1, tree_root(leaves[: index + 1]).hex())
    number = issued.certificate.number
    pages = {f"{number}.html": certificate_html(issued, place).encode("utf-8")}
    return pages | ({f"{number}.pdf": certificate_pdf(issued, place)} if pdf and pdf_available() else {})


def _stated(
    office: Office, warehouse: Connection, signer: Signer, issued: IssuedCertificate, pages: dict[str, bytes]
) -> str:
    """Append the statement on the files to the log, and give the bundle that holds it."""
    certificates.lock_log(warehouse)
    number = issued.certificate.number
    row = certificates.find(warehouse, number)
    if len(tokens_of(row.bundle)) > 1:
        return row.bundle
    now, leaves = office.now(), certificates.leaves(warehouse)
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in pages.items()}
    token = attached(issued, hashes, signer, now)
    leaves.append(logged_leaf(token))
    certificates.add_leaf(warehouse, len(leaves) - 1, leaves[-1], number)
    bundle = bundled_now([issued.token, token], leaves, signer, now).decode("utf-8")
    certificates.put_bundle(warehouse, number, bundle)
    return bundle


def tokens_of(bundle: str) -> list[str]:
    """Give the signed documents of a bundle, the certificate first."""
    return [entry["jws"] for entry in json.loads(bundle)["entries"]]
