"""The seal on the PDF for human readers: a PAdES signature (B-B) under a P-256 key with a self-signed certificate.

The JWS is what counts; this one lets a PDF reader show who made the paper and that nothing on it changed. No timestamp
server is asked, and no reader knows the certificate of itself: its fingerprint is printed on the paper.
"""

import io
from datetime import datetime, timedelta
from typing import Any, Final, Self

from asn1crypto import keys as asn1_keys  # type: ignore[import-untyped]  # asn1crypto has no types
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tayori.certificates.document import Party
from tayori.errors import BadInput

VALID: Final = timedelta(days=3653)
FIELD: Final = "Tayori"
_LONGEST_NAME: Final = 64  # the upper bound of X.520
_PLAIN: Final = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()


class PaperSeal:
    """A P-256 key and its certificate. Prints its fingerprint, never itself."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
        self._key = key
        self.certificate = certificate

    @classmethod
    def made(cls, issuer: Party, now: datetime) -> Self:
        """Make a key and a certificate that signs itself, in the issuer's names, valid for ten years."""
        key = ec.generate_private_key(ec.SECP256R1())
        parts = [(NameOID.COUNTRY_NAME, "JP"), (NameOID.ORGANIZATION_NAME, issuer.organisation)]
        parts += [(NameOID.ORGANIZATIONAL_UNIT_NAME, issuer.post), (NameOID.COMMON_NAME, issuer.organisation)]
        name = x509.Name([x509.NameAttribute(oid, text[:_LONGEST_NAME]) for oid, text in parts])
        usage = x509.KeyUsage(
            digital_signature=True, content_commitment=True, key_encipherment=False, data_encipherment=False,
            key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
        )  # fmt: skip
        certificate = (
            x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
            .not_valid_before(now.replace(microsecond=0) - timedelta(days=1))
            .not_valid_after(now.replace(microsecond=0) + VALID)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        return cls(key, certificate)

    @classmethod
    def from_pem(cls, pem: bytes) -> Self:
        """Read key and certificate. Raises BadInput for anything but a P-256 key and the certificate of it."""
        try:
            key = serialization.load_pem_private_key(pem, None)
            certificate = x509.load_pem_x509_certificate(pem)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise BadInput("The seal of the PDFs cannot be read: it is a P-256 key and its certificate.") from error
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
            raise BadInput("The seal of the PDFs is not a P-256 key; restore the right file.")
        if certificate.public_key() != key.public_key():
            raise BadInput("The seal of the PDFs has the certificate of another key; restore the right file.")
        return cls(key, certificate)

    @property
    def pem(self) -> bytes:
        """Key and certificate, as the key file holds them."""
        return self._key.private_bytes(serialization.Encoding.PEM, *_PLAIN) + self.public_pem

    @property
    def public_pem(self) -> bytes:
        """The certificate alone, for those who check."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, as PDF readers show it."""
        return self.certificate.fingerprint(hashes.SHA256()).hex()

    def ends_before(self, now: datetime) -> bool:
        """Whether the certificate has ended, so that a new seal is due."""
        return self.certificate.not_valid_after_utc <= now

    def put_on(self, pdf: bytes, *, place: str, at: datetime) -> bytes:
        """Sign a PDF (PAdES B-B); what was there stays as it is, byte for byte, and the signature follows it."""
        from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter  # noqa: PLC0415 - start-up time
        from pyhanko.sign import fields, signers  # noqa: PLC0415 - pyHanko takes more than a second to load
        from pyhanko_certvalidator.registry import SimpleCertificateStore  # noqa: PLC0415 - the same

        class AtOurTime(signers.PdfSigner):
            """pyHanko's signer, told the time (I8)."""

            def init_signing_session(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - pyHanko's own
                session = super().init_signing_session(*args, **kwargs)
                session.system_time = at
                return session

        signer = signers.SimpleSigner(
            signing_cert=asn1_x509.Certificate.load(self.certificate.public_bytes(serialization.Encoding.DER)),
            signing_key=asn1_keys.PrivateKeyInfo.load(self._key.private_bytes(serialization.Encoding.DER, *_PLAIN)),
            cert_registry=SimpleCertificateStore(),  # type: ignore[no-untyped-call]
        )
        how = signers.PdfSignatureMetadata(
            field_name=FIELD, md_algorithm="sha256", subfilter=fields.SigSeedSubFilter.PADES, location=place
        )
        sealed = io.BytesIO()
        AtOurTime(how, signer=signer).sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)), output=sealed)
        return sealed.getvalue()

    def __repr__(self) -> str:
        return f"PaperSeal({self.fingerprint[:16]})"
