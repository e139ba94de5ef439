"""Mutations that anybody can make without a key: of fields, letters, proofs, files, and of who is believed."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from itertools import chain
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bench.erasure._handed import ISSUED, LISTED, OLD, PDF, STRANGER, WARD, Handed, Mutation, Mutations, Whole
from tayori.certificates.tokens import unpadded, unproven
from tayori.domain.canonical import canonical_bytes

ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
STATED: Final = ("format", "kind", "number", "certificate_sha256", "stated_at", "content")
ENTRIES: Final = {"certificate": 0, "甲's look": 1, "確定": 2, "甲's second look": 3}

Change = Callable[[dict[str, Any]], object]


def by_bytes() -> Mutations:
    """Give them all."""
    return chain(_signed_fields(), _headers(), _letters(), _structure(), _proofs(), _spelling(), _files(), _keys())


def on_parts(change: Change) -> Mutation:
    """Give a mutation that changes the bundle's fields in place."""

    def mutate(whole: Whole) -> Handed:
        parts = whole.handed.parts
        change(parts)
        return whole.handed.with_parts(parts)

    return mutate


def on_token(entry: int, change: Callable[[str], str]) -> Mutation:
    """Give a mutation of one signed document."""

    def in_place(parts: dict[str, Any]) -> None:
        parts["entries"][entry]["jws"] = change(parts["entries"][entry]["jws"])

    return on_parts(in_place)


def on_bytes(change: Callable[[bytes], bytes]) -> Mutation:
    """Give a mutation of the bundle's bytes."""
    return lambda whole: replace(whole.handed, bundle=change(whole.handed.bundle))


def _part(token: str, part: int, change: Change) -> str:
    segments = token.split(".")
    content = json.loads(base64.urlsafe_b64decode(segments[part] + "=" * (-len(segments[part]) % 4)))
    change(content)
    segments[part] = unpadded(canonical_bytes(content))
    return ".".join(segments)


def _set(part: int, **changed: object) -> Callable[[str], str]:
    return lambda token: _part(token, part, lambda content: content.update(changed))


def _without(name: str) -> Callable[[str], str]:
    return lambda token: _part(token, 1, lambda content: content.pop(name))


def _altered(name: str) -> Callable[[str], str]:
    return lambda token: _part(token, 1, lambda content: content.update({name: _other(content[name])}))


def _other(value: object) -> object:
    """Give a value of the same kind that is not this one."""
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case str():
            return value[:-1] + ("0" if value[-1:] != "0" else "1")
        case list():
            return value[1:] or [*value, value]
        case dict():
            return {**value, "x": "x"}
    return "x"


def _signed_fields() -> Mutations:
    """Every field of every signed document, changed or left out without the key."""
    for kind, entry in ENTRIES.items():
        names = STATED if entry else tuple(unproven(ISSUED.token, 1, "certificate"))
        for name in names:
            yield f"{kind}: {name} changed", on_token(entry, _altered(name))
            yield f"{kind}: {name} left out", on_token(entry, _without(name))
    for name in ("size", "root", "signed_at"):
        yield f"head: {name} changed", on_parts(_on_head(_altered(name)))
    for name in ("successor", "stated_at"):
        yield f"succession: {name} changed", on_parts(_on_key(_altered(name)))


def _on_head(change: Callable[[str], str]) -> Change:
    return lambda parts: parts.update(head=change(parts["head"]))


def _on_key(change: Callable[[str], str]) -> Change:
    return lambda parts: parts["keys"][0].update(jws=change(parts["keys"][0]["jws"]))


def _headers() -> Mutations:
    """Another algorithm, type, key name, or a field that asks the verifier to trust what it brings."""
    changes: dict[str, dict[str, object]] = {
        "none": {"alg": "none"},
        "EdDSA": {"alg": "EdDSA"},
        "HS256": {"alg": "HS256"},
        "another type": {"typ": "JWT"},
        "no type": {"typ": None},
        "another key's name": {"kid": STRANGER.kid},
        "甲's key": {"kid": WARD.kid},
        "a key brought along": {"jwk": {"kty": "OKP"}},
        "an address of a key": {"jku": "https://example.invalid/"},
        "a critical field": {"crit": ["exp"]},
        "the payload's encoding": {"b64": False},
    }
    for name, changed in changes.items():
        yield f"header: {name}", on_token(0, _set(0, **changed))
        yield f"header of 確定: {name}", on_token(2, _set(0, **changed))


def _letters() -> Mutations:
    """Base64 and signature tricks: other letters for the same bytes, and other bytes."""
    tricks: dict[str, Callable[[str], str]] = {
        "padding": lambda token: token + "==",
        "spare bits of the signature": lambda token: token[:-1] + ALPHABET[ALPHABET.index(token[-1]) ^ 1],
        "the other alphabet": lambda token: token.replace("-", "+").replace("_", "/"),
        "a space": lambda token: token.replace(".", ". ", 1),
        "a line's end": lambda token: token + "\n",
        "a fourth part": lambda token: token + ".",
        "no signature": lambda token: token.rsplit(".", 1)[0] + ".",
        "a shorter signature": lambda token: token[:-4],
        "a longer signature": lambda token: token + "AAAA",
        "a zero signature": lambda token: token.rsplit(".", 1)[0] + "." + "A" * 86,
        "header and payload swapped": lambda token: ".".join(token.split(".")[n] for n in (1, 0, 2)),
        "a letter that is none": lambda token: token[:50] + "é" + token[51:],
        "a wide letter": lambda token: token[:50] + chr(ord(token[50]) + 0xFEE0) + token[51:],
        "a zero byte": lambda token: token[:50] + "\x00" + token[50:],
        "lower case": str.lower,
    }
    for name, trick in tricks.items():
        yield f"letters: {name}", on_token(0, trick)
        yield f"letters of the head: {name}", on_parts(_on_head(trick))
    yield "signature of 確定 under the certificate", on_parts(_graft)


def _graft(parts: dict[str, Any]) -> None:
    first, final = (parts["entries"][at]["jws"].split(".") for at in (0, 2))
    parts["entries"][0]["jws"] = ".".join([*first[:2], final[2]])


def _structure() -> Mutations:
    """The bundle's own fields."""
    for name in ("format", "head", "keys", "entries", "witnesses"):
        yield f"bundle: no {name}", on_parts(lambda parts, name=name: parts.pop(name))  # type: ignore[misc]
        yield f"bundle: {name} is null", on_parts(lambda parts, name=name: parts.update({name: None}))  # type: ignore[misc]
    changes: dict[str, Change] = {
        "one more field": lambda parts: parts.update(note=""),
        "another version": lambda parts: parts.update(format="tayori-erasure-bundle/2"),
        "no certificate": lambda parts: parts.update(entries=[]),
        "statements first": lambda parts: parts["entries"].reverse(),
        "statements in another order": lambda parts: parts["entries"].insert(1, parts["entries"].pop(3)),
        "確定 twice": lambda parts: parts["entries"].append(parts["entries"][2]),
        "確定 left out before 甲's look at it": lambda parts: parts["entries"].pop(2),
        "the certificate twice": lambda parts: parts["entries"].insert(0, parts["entries"][0]),
        "a head for a certificate": lambda parts: parts["entries"][0].update(jws=parts["head"]),
        "a certificate for a head": lambda parts: parts.update(head=parts["entries"][0]["jws"]),
        "the earlier head for the newest": lambda parts: parts.update(head=parts["witnesses"][0]["head"]),
        "no succession": lambda parts: parts.update(keys=[]),
        "a field in an entry": lambda parts: parts["entries"][0].update(note=1),
        "an entry without its PDF": lambda parts: parts["entries"][0].pop("pdf"),
    }
    for name, change in changes.items():
        yield f"bundle: {name}", on_parts(change)


def _proofs() -> Mutations:
    """Places and proofs in the log."""
    for entry in range(4):
        for name, change in _changes_of_an_entry().items():
            yield f"proof {entry}: {name}", on_parts(lambda parts, e=entry, c=change: c(parts["entries"][e]))  # type: ignore[misc]
    changes: dict[str, Change] = {
        "no witness": lambda parts: parts.update(witnesses=[]),
        "an empty consistency proof": lambda parts: parts["witnesses"][0].update(proof=[]),
        "a shorter consistency proof": lambda parts: parts["witnesses"][0]["proof"].pop(),
        "a longer consistency proof": lambda parts: parts["witnesses"][0]["proof"].append("0" * 64),
        "a consistency proof reversed": lambda parts: parts["witnesses"][0]["proof"].reverse(),
        "a witness of nothing": lambda parts: parts["witnesses"][0].update(head=""),
        "succession at another place": lambda parts: parts["keys"][0].update(leaf_index=3),
        "succession without its proof": lambda parts: parts["keys"][0].update(inclusion=[]),
    }
    for name, change in changes.items():
        yield f"log: {name}", on_parts(change)


def _changes_of_an_entry() -> dict[str, Change]:
    return {
        "place after": lambda entry: entry.update(leaf_index=entry["leaf_index"] + 1),
        "place before": lambda entry: entry.update(leaf_index=entry["leaf_index"] - 1),
        "place below zero": lambda entry: entry.update(leaf_index=-1),
        "place true": lambda entry: entry.update(leaf_index=True),
        "place as text": lambda entry: entry.update(leaf_index=str(entry["leaf_index"])),
        "place beyond": lambda entry: entry.update(leaf_index=1 << 70),
        "no proof": lambda entry: entry.update(inclusion=[]),
        "a shorter proof": lambda entry: entry["inclusion"].pop(),
        "a longer proof": lambda entry: entry["inclusion"].append("0" * 64),
        "proof reversed": lambda entry: entry["inclusion"].reverse(),
        "proof in capitals": lambda entry: entry.update(inclusion=[one.upper() for one in entry["inclusion"]]),
        "proof with spaces": lambda entry: entry.update(inclusion=[f" {one}" for one in entry["inclusion"]]),
        "another PDF": lambda entry: entry.update(pdf="0" * 64),
    }


def _spelling() -> Mutations:
    """The same JSON for one reader, another for the next."""
    spellings: dict[str, Callable[[bytes], bytes]] = {
        "a field twice": lambda raw: raw.replace(b'{"entries":', b'{"entries":[],"entries":', 1),
        "a field twice in an entry": lambda raw: raw.replace(b'{"inclusion":', b'{"inclusion":[],"inclusion":', 1),
        "a byte order mark": lambda raw: b"\xef\xbb\xbf" + raw,
        "a space at the end": lambda raw: raw + b" ",
        "a space inside": lambda raw: raw.replace(b":", b": ", 1),
        "a comment": lambda raw: raw + b"//",
        "a second value": lambda raw: raw + b"{}",
        "an escaped letter": lambda raw: raw.replace(b'"entries"', b'"entr\\u0069es"', 1),
        "a look-alike field": lambda raw: raw.replace(b'"entries"', '"еntries"'.encode(), 1),
        "a fraction": lambda raw: raw.replace(b'"leaf_index":3', b'"leaf_index":3.0', 1),
        "an exponent": lambda raw: raw.replace(b'"leaf_index":3', b'"leaf_index":3e0', 1),
        "not a number": lambda raw: raw.replace(b'"leaf_index":3', b'"leaf_index":NaN', 1),
        "minus zero": lambda raw: raw.replace(b'"leaf_index":3', b'"leaf_index":-0', 1),
        "cut in half": lambda raw: raw[: len(raw) // 2],
        "nothing": lambda _: b"",
        "UTF-16": lambda raw: raw.decode().encode("utf-16"),
        "deep nesting": lambda _: b"[" * 100_000,
        "a long number": lambda raw: raw.replace(b'"leaf_index":3', b'"leaf_index":' + b"9" * 5_000, 1),
    }
    for name, spelling in spellings.items():
        yield f"spelling: {name}", on_bytes(spelling)


def _files() -> Mutations:
    """The PDF and the list of commitments beside the bundle."""
    for share in (0, 10, 35, 60, 90, 99):
        yield f"PDF: a bit at {share} %", _file(PDF, lambda raw, share=share: _flipped(raw, share))  # type: ignore[misc]
    yield "PDF: cut", _file(PDF, lambda raw: raw[:-1])
    yield "PDF: a line more", _file(PDF, lambda raw: raw + b"\n")
    yield (
        "PDF: without its signature",
        _file(PDF, lambda raw: raw[: raw.index(b"%%EOF") + 6] if b"%%EOF" in raw else b""),
    )
    yield "PDF: empty", _file(PDF, lambda _: b"")
    yield "commitments: one fewer", _file(LISTED, lambda raw: raw[65:])
    yield "commitments: one more", _file(LISTED, lambda raw: raw + b"f" * 64 + b"\n")
    yield "commitments: another order", _file(LISTED, lambda raw: b"".join(raw.splitlines(keepends=True)[::-1]))
    yield "commitments: in capitals", _file(LISTED, bytes.upper)
    yield "commitments: a digit", _file(LISTED, lambda raw: (b"0" if raw[:1] != b"0" else b"1") + raw[1:])


def _file(name: str, change: Callable[[bytes], bytes]) -> Mutation:
    return lambda whole: replace(whole.handed, files={**whole.handed.files, name: change(whole.handed.files[name])})


def _flipped(raw: bytes, share: int) -> bytes:
    at = (len(raw) - 1) * share // 100
    return raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]


def _keys() -> Mutations:
    """Other public keys than those that signed."""
    form = Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    others = {
        "a stranger's": STRANGER.public_pem,
        "甲's for the issuer's": WARD.public_pem,
        "P-256": ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(*form),
        "RSA": rsa.generate_private_key(65537, 2048).public_key().public_bytes(*form),
        "no PEM": b"key",
    }
    for name, pem in others.items():
        yield f"key: {name}", lambda whole, pem=pem: replace(whole.handed, keys=[pem])  # type: ignore[misc]
    yield "key: none", lambda whole: replace(whole.handed, keys=[])
    for name, pem in {"a stranger's": STRANGER.public_pem, "the issuer's": OLD.public_pem}.items():
        yield f"甲's key: {name}", lambda whole, pem=pem: replace(whole.handed, ward_keys=[pem])  # type: ignore[misc]
