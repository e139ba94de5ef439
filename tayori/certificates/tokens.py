"""Signed documents read strictly: one written form, exact types, keys that were handed in. Stands alone."""

import base64
import hashlib
import json
import re
from collections.abc import Iterable
from typing import NoReturn, TypeVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

_HASH = re.compile(r"[0-9a-f]{64}")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")

Kind = TypeVar("Kind")


class NotProven(Exception):
    """The bundle does not prove what it says; the sentence names the place."""


def unpadded(raw: bytes) -> str:
    """Write bytes as base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def decoded(segment: str, place: str) -> bytes:
    """Read base64url; what would not be written back identically is refused, so that one signature has one form."""
    try:
        raw = base64.urlsafe_b64decode(segment.encode("ascii") + b"=" * (-len(segment) % 4))
    except ValueError:
        raw = b""
    if unpadded(raw) != segment:
        raise NotProven(f"{place}: base64url that does not encode back to itself")
    return raw


def thumbprint(key: Ed25519PublicKey) -> str:
    """Name of a public key: its RFC 7638 thumbprint."""
    x = unpadded(key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw))
    return unpadded(hashlib.sha256(f'{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}'.encode()).digest())


def public_key(pem: bytes) -> Ed25519PublicKey:
    """Read an Ed25519 public key from PEM. Raises ValueError for anything else."""
    key = serialization.load_pem_public_key(pem)
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("the key is not an Ed25519 public key")  # noqa: TRY004 - a wrong file, not a wrong type
    return key


def opened(token: str, keys: Iterable[Ed25519PublicKey], typ: str, place: str) -> tuple[dict[str, object], str]:
    """Check one compact JWS and give its payload and the name of the key that signed it."""
    segments = token.split(".")
    if len(segments) != 3:  # noqa: PLR2004 - header, payload, signature
        raise NotProven(f"{place}: not a compact JWS")
    header, payload, signature = (decoded(segment, place) for segment in segments)
    said, named = canonical(header, place), {thumbprint(key): key for key in keys}
    kid = said.get("kid")
    if said != {"alg": "Ed25519", "kid": kid, "typ": typ} or not isinstance(kid, str):
        raise NotProven(f"{place}: the header does not say Ed25519 and {typ}")
    if kid not in named:
        raise NotProven(f"{place}: signed with a key that was not handed in")
    try:
        named[kid].verify(signature, f"{segments[0]}.{segments[1]}".encode("ascii"))
    except InvalidSignature as error:
        raise NotProven(f"{place}: the signature does not match") from error
    return canonical(payload, place), kid


def canonical(raw: bytes, place: str) -> dict[str, object]:
    """Read an object in canonical form, the only form that is signed."""
    value = typed(dict, plain_json(raw, place), place)
    written = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    if written.encode("utf-8", "surrogatepass") != raw:
        raise NotProven(f"{place}: not in canonical form")
    return value


def unproven(token: str, part: int, place: str) -> dict[str, object]:
    """Read a part of a JWS before its signature was checked: to learn whose key it asks for."""
    return canonical(decoded([*token.split("."), "", ""][part], place), place)


def moment_of(value: object, place: str) -> str:
    """Read a moment in UTC, whole seconds."""
    if not _MOMENT.fullmatch(typed(str, value, place)):
        raise NotProven(f"{place}: not a moment in UTC")
    return str(value)


def plain_json(raw: bytes, place: str) -> object:
    """Read JSON in which no key stands twice and no number is a fraction."""
    try:
        text = raw.decode("utf-8")
        return json.loads(text, object_pairs_hook=_once, parse_float=_no_fraction, parse_constant=_no_fraction)
    except (ValueError, RecursionError) as error:
        raise NotProven(f"{place}: not plain JSON") from error


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("a key stands twice")
    return dict(pairs)


def _no_fraction(_: str) -> NoReturn:
    raise ValueError("a fraction")


def typed(kind: type[Kind], value: object, place: str) -> Kind:
    """Read a value of exactly this type; a truth value is no number."""
    if not isinstance(value, kind) or type(value) is not kind:
        raise NotProven(f"{place}: expected {kind.__name__}")
    return value


def exactly(value: object, names: set[str], place: str) -> dict[str, object]:
    """Read an object of exactly these fields."""
    fields = typed(dict, value, place)
    if set(fields) != names:
        raise NotProven(f"{place}: expected exactly the fields {', '.join(sorted(names))}")
    return fields


def hash_of(value: object, place: str) -> bytes:
    """Read a hash: 64 lower-case hexadecimal digits."""
    if not _HASH.fullmatch(typed(str, value, place)):
        raise NotProven(f"{place}: not 64 lower-case hexadecimal digits")
    return bytes.fromhex(str(value))


def hashes_of(value: object, place: str) -> list[bytes]:
    """Read a list of hashes."""
    return [hash_of(item, place) for item in typed(list, value, place)]
