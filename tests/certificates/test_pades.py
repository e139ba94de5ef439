"""The seal on the PDF: another program finds it valid, and after any change it does not."""

import io
from datetime import timedelta
from typing import Any

import pytest
from asn1crypto import x509 as asn1_x509  # type: ignore[import-untyped]  # asn1crypto has no types
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from tayori.certificates.pades import PaperSeal
from tayori.certificates.page import LogPlace, Printing
from tayori.certificates.pdf import certificate_pdf
from tayori.errors import BadInput
from tests.certificates.builders import CONTRACTOR, NOON, a_certificate, finalised

pytestmark = [
    pytest.mark.pdf,
    pytest.mark.filterwarnings(  # WeasyPrint leaves its colour profile open
        "ignore:Exception ignored in.*sRGB2014:pytest.PytestUnraisableExceptionWarning"
    ),
]

PRINTING = Printing(place=LogPlace(3, "0" * 64))
SEAL = PaperSeal.made(CONTRACTOR, NOON)


@pytest.fixture(scope="module")
def printed() -> bytes:
    """The PDF before it is sealed."""
    return certificate_pdf(a_certificate(), PRINTING)


def seen_by_another(sealed: bytes, seal: PaperSeal = SEAL) -> Any:  # noqa: ANN401 - pyHanko's own
    """What pyHanko's validation says, told to trust this certificate."""
    reader = PdfFileReader(io.BytesIO(sealed))
    root = asn1_x509.Certificate.load(seal.certificate.public_bytes(Encoding.DER))
    moment = NOON + timedelta(days=1)
    context = ValidationContext(trust_roots=[root], moment=moment)
    return validate_pdf_signature(reader.embedded_signatures[0], context)


def test_the_seal_is_valid_and_covers_everything(printed: bytes) -> None:
    """PAdES B-B, P-256 with SHA-256, over the whole file, at the office's time; the page before it stays as it was."""
    sealed = SEAL.put_on(printed, place="（稽古用）東京都新宿区", at=NOON)
    assert sealed.startswith(printed)
    found = seen_by_another(sealed)
    assert (found.bottom_line, found.coverage.name) == (True, "ENTIRE_FILE")
    assert found.signer_reported_dt == NOON
    assert b"/ETSI.CAdES.detached" in sealed
    assert found.md_algorithm == "sha256"


def test_a_flipped_byte_breaks_the_seal(printed: bytes) -> None:
    """Anywhere under the signature."""
    sealed = SEAL.put_on(printed, place="設置先", at=NOON)
    for share in (20, 50, 80):
        at = len(printed) * share // 100
        changed = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        try:
            found = seen_by_another(changed)
        except Exception:  # noqa: BLE001 S112 - a PDF that cannot be read is no valid one
            continue
        assert not found.bottom_line


def test_another_seal_is_not_taken_for_this_one(printed: bytes) -> None:
    """Whoever makes a certificate in the issuer's names does not have its fingerprint."""
    other = PaperSeal.made(CONTRACTOR, NOON)
    sealed = other.put_on(printed, place="設置先", at=NOON)
    assert other.fingerprint != SEAL.fingerprint
    assert not seen_by_another(sealed, SEAL).bottom_line


def test_the_paper_is_the_same_but_for_its_seal(printed: bytes) -> None:
    """Printed again, the same bytes: only the signature that follows them differs."""
    assert certificate_pdf(a_certificate(), PRINTING) == printed
    first, second = (SEAL.put_on(printed, place="設置先", at=NOON) for _ in range(2))
    assert first[: len(printed)] == second[: len(printed)]
    assert first != second


def test_the_record_and_the_statement_are_attached(printed: bytes) -> None:
    """The signed record and its content travel in the PDF; the page of 確定 carries the statement too."""
    later = certificate_pdf(a_certificate(), Printing(state="確定"), finalised(a_certificate()))
    number = a_certificate().certificate.number
    names = {f"{number}.jws", f"{number}.content.json"}
    assert attachments(printed) == {
        f"{number}.jws": a_certificate().token.encode(),
        f"{number}.content.json": a_certificate().certificate.canonical(),
    }
    assert set(attachments(later)) == names | {f"{number}.statement.jws"}


def attachments(pdf: bytes) -> dict[str, bytes]:
    root = PdfFileReader(io.BytesIO(pdf)).root
    listed = list(root["/Names"]["/EmbeddedFiles"]["/Names"])
    files = [one.get_object() for one in listed[1::2]]
    assert len({str(one) for one in root["/AF"]}) == len(files)
    return {str(one["/UF"]): one["/EF"]["/F"].data for one in files}


def test_the_sealed_paper_is_still_for_archives(printed: bytes) -> None:
    """PDF/A-3u by its declaration, an output intent, no encryption; the seal's field is hidden but printable."""
    reader = PdfFileReader(io.BytesIO(SEAL.put_on(printed, place="設置先", at=NOON)))
    xmp = reader.root["/Metadata"].data
    assert b'pdfaid:part="3"' in xmp
    assert b'pdfaid:conformance="U"' in xmp
    assert reader.root["/OutputIntents"][0]["/S"] == "/GTS_PDFA1"
    assert not reader.encrypted
    widget = reader.root["/AcroForm"]["/Fields"][0]
    assert int(widget["/F"]) & 4


def test_the_seal_is_read_back_and_nothing_else() -> None:
    """From its file it is the same; another curve, another key's certificate or no key is refused."""
    assert PaperSeal.from_pem(SEAL.pem).fingerprint == SEAL.fingerprint
    form = Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    other = PaperSeal.made(CONTRACTOR, NOON)
    p384 = ec.generate_private_key(ec.SECP384R1()).private_bytes(*form)
    for wrong in (
        b"key",
        SEAL.public_pem,
        p384 + SEAL.public_pem,
        SEAL.pem.split(b"-----BEGIN CERT")[0] + other.public_pem,
    ):
        with pytest.raises(BadInput):
            PaperSeal.from_pem(wrong)
    assert "PRIVATE" not in repr(SEAL)


def test_a_seal_ends() -> None:
    """After ten years a new one is due."""
    assert not SEAL.ends_before(NOON + timedelta(days=3650))
    assert SEAL.ends_before(NOON + timedelta(days=3660))
