"""A signature holds for exactly one sequence of letters, and any other program can check it."""

import base64
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc.jwk import OKPKey

from tayori.certificates import tokens, verifier
from tayori.certificates.jws import Signer, opened
from tayori.domain.canonical import canonical_bytes
from tayori.errors import BadInput, Tampered
from tests.certificates.builders import a_signer

TYP = verifier.CERTIFICATE
CONTENT = {"number": "L-2026-0001", "state": "暫定"}


def a_token() -> str:
    return a_signer().sign(CONTENT, TYP)


def signed_as_it_is(header: bytes, payload: bytes, seed: int = 1) -> str:
    """A token whose parts are signed without any rule."""
    body = f"{tokens.unpadded(header)}.{tokens.unpadded(payload)}"
    key = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    return f"{body}.{tokens.unpadded(key.sign(body.encode()))}"


def test_what_was_signed_is_read_back() -> None:
    """The signed content is the content."""
    assert opened(a_token(), [a_signer().public_pem], TYP) == CONTENT


def test_the_key_is_named_by_its_thumbprint() -> None:
    """The name of a key is its RFC 7638 thumbprint, the same for signer, verifier and the RFC 8037 example."""
    known = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})
    assert tokens.thumbprint(tokens.public_key(known.as_pem(private=False))) == (
        "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    )
    assert a_signer().kid == tokens.thumbprint(tokens.public_key(a_signer().public_pem))


def test_every_changed_letter_is_refused() -> None:
    """Whatever letter of the token is changed to whatever neighbour, the token is refused."""
    token, pem = a_token(), a_signer().public_pem
    for at, letter in enumerate(token):
        for other in {chr(ord(letter) ^ 1), chr(ord(letter) ^ 32), "A", "=", ".", "\n"} - {letter}:
            with pytest.raises(Tampered):
                opened(token[:at] + other + token[at + 1 :], [pem], TYP)


@pytest.mark.parametrize("change", ["{}=", "{}\n", " {}", "{}.", "{}A"])
def test_padding_and_blanks_are_refused(change: str) -> None:
    """One signature has one form: what decodes alike but is written otherwise is refused."""
    with pytest.raises(Tampered):
        opened(change.format(a_token()), [a_signer().public_pem], TYP)


def test_loose_bits_of_base64_are_refused() -> None:
    """The last letter of the signature has four unused bits; only zero is accepted."""
    token = a_token()
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    loose = token[:-1] + alphabet[alphabet.index(token[-1]) | 5]
    decode = base64.urlsafe_b64decode
    assert decode(loose.split(".")[2] + "==") == decode(token.split(".")[2] + "==")
    with pytest.raises(Tampered, match="encode back"):
        opened(loose, [a_signer().public_pem], TYP)


@pytest.mark.parametrize(
    "header",
    [
        b'{"alg":"none","kid":"KID","typ":"TYP"}',
        b'{"alg":"EdDSA","kid":"KID","typ":"TYP"}',
        b'{"alg":"Ed25519","kid":"KID","typ":"erasure-log-head+jws"}',
        b'{"alg":"Ed25519","kid":"KID"}',
        b'{"alg":"Ed25519","crit":["b64"],"kid":"KID","typ":"TYP"}',
        b'{"alg":"Ed25519","kid":"KID","kid":"KID","typ":"TYP"}',
        b'{"typ":"TYP","alg":"Ed25519","kid":"KID"}',
        b'["Ed25519","KID","TYP"]',
    ],
)
def test_another_header_is_refused(header: bytes) -> None:
    """Even rightly signed: only Ed25519, this type, this key's name, in canonical form."""
    said = header.replace(b"KID", a_signer().kid.encode()).replace(b"TYP", TYP.encode())
    with pytest.raises(Tampered):
        opened(signed_as_it_is(said, canonical_bytes(CONTENT)), [a_signer().public_pem], TYP)


@pytest.mark.parametrize(
    "payload",
    [
        b'{"b":1,"a":2}',
        b'{"a": 1}',
        b'{"a":1.0}',
        b'{"a":1,"a":1}',
        b"[]",
        b'{"a":"\\u3042"}',
        b'{"a":"\\ud800"}',
        b"\xff",
    ],
)
def test_signed_content_has_canonical_form(payload: bytes) -> None:
    """Even rightly signed: content that has another, canonical form is refused."""
    header = canonical_bytes({"alg": "Ed25519", "kid": a_signer().kid, "typ": TYP})
    with pytest.raises(Tampered):
        opened(signed_as_it_is(header, payload), [a_signer().public_pem], TYP)


def test_another_key_is_refused() -> None:
    """A signature of another key proves nothing, also when it bears the right name."""
    with pytest.raises(Tampered, match="not handed in"):
        opened(a_token(), [a_signer(2).public_pem], TYP)
    header = canonical_bytes({"alg": "Ed25519", "kid": a_signer().kid, "typ": TYP})
    with pytest.raises(Tampered, match="does not match"):
        opened(signed_as_it_is(header, canonical_bytes(CONTENT), seed=2), [a_signer().public_pem], TYP)


def test_a_key_is_read_with_its_passphrase() -> None:
    """The key lies encrypted; without its passphrase it is not read, and the refusal says so."""
    key = Ed25519PrivateKey.from_private_bytes(bytes([1]) * 32)
    locked = serialization.BestAvailableEncryption(b"open")
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, locked)
    assert Signer.from_pem(pem, b"open").kid == a_signer().kid
    for wrong in (b"shut", None):
        with pytest.raises(BadInput, match="passphrase"):
            Signer.from_pem(pem, wrong)


def test_other_keys_are_refused() -> None:
    """Only Ed25519 signs and verifies here."""
    key = generate_private_key(SECP256R1())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    with pytest.raises(BadInput):
        Signer.from_pem(private)
    for wrong in (public, b"no key"):
        with pytest.raises(BadInput):
            opened(a_token(), [wrong], TYP)


def test_a_signer_does_not_print_its_key() -> None:
    """A signer in a log line is a name."""
    assert repr(a_signer()) == f"Signer({a_signer().kid})"


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl command")
def test_openssl_agrees(tmp_path: Path) -> None:
    """Anyone with openssl alone can check the signature, by the line in the verifier's docstring."""
    header, payload, signature = a_token().split(".")
    (tmp_path / "s.txt").write_text(f"{header}.{payload}")
    (tmp_path / "s.sig").write_bytes(base64.urlsafe_b64decode(signature + "=="))
    (tmp_path / "pub.pem").write_bytes(a_signer().public_pem)
    line = [
        "openssl",
        "pkeyutl",
        "-verify",
        "-pubin",
        "-inkey",
        "pub.pem",
        "-rawin",
        "-in",
        "s.txt",
        "-sigfile",
        "s.sig",
    ]
    assert subprocess.run(line, cwd=tmp_path, check=False, capture_output=True).returncode == 0
    (tmp_path / "s.txt").write_text(f"{header}.{payload}A")
    assert subprocess.run(line, cwd=tmp_path, check=False, capture_output=True).returncode != 0
