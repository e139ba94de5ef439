"""Signatures on documents: compact JWS with Ed25519, the key named by its RFC 7638 thumbprint."""

from collections.abc import Iterable
from typing import Self

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jws
from joserfc.jwk import OKPKey

from tayori.certificates import tokens
from tayori.domain.canonical import canonical_bytes
from tayori.errors import BadInput, Tampered

ALGORITHM = "Ed25519"


class Signer:
    """Who signs: an Ed25519 key under its thumbprint. Prints its name, never itself."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = OKPKey.import_key(key)
        self.kid = self._key.thumbprint()
        self.public_pem = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    @classmethod
    def from_pem(cls, pem: bytes, passphrase: bytes | None = None) -> Self:
        """Read a private key (PKCS #8, PEM). Raises BadInput for another key or a wrong passphrase."""
        try:
            key = serialization.load_pem_private_key(pem, passphrase)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise BadInput("The signing key cannot be read: not a PEM key, or not its passphrase.") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise BadInput("The signing key is not an Ed25519 key; make one with `tayori init`.")
        return cls(key)

    def sign(self, content: object, typ: str) -> str:
        """Sign the canonical bytes of the content. Gives a compact JWS."""
        protected = {"alg": ALGORITHM, "kid": self.kid, "typ": typ}
        return jws.serialize_compact(protected, canonical_bytes(content), self._key, algorithms=[ALGORITHM])

    def __repr__(self) -> str:
        return f"Signer({self.kid})"


def opened(token: str, public_pems: Iterable[bytes], typ: str) -> dict[str, object]:
    """Content of a compact JWS that one of these keys signed as a document of this type.

    Raises:
        BadInput: a key is not an Ed25519 public key in PEM.
        Tampered: the token is not, letter by letter, what was signed.

    """
    try:
        keys = [tokens.public_key(pem) for pem in public_pems]
    except ValueError as error:
        raise BadInput("The public key cannot be read: it must be an Ed25519 key in PEM.") from error
    try:
        content, _ = tokens.opened(token, keys, typ, "document")
    except tokens.NotProven as refusal:
        raise Tampered(f"The signed document is refused: {refusal}.") from refusal
    return content
