"""Canonical JSON: one value, one sequence of bytes, on every machine and in every year."""

import hashlib
import json
import unicodedata
from collections.abc import Mapping, Sequence

from tayori.errors import BadInput

LARGEST_INTEGER = 2**53 - 1
"""Beyond it, readers in other languages round; a larger number is written as a string."""


def canonical_bytes(value: object) -> bytes:
    """Give the bytes that are signed or hashed for this value.

    UTF-8 JSON without spaces; texts and keys in NFC; keys in the order of their code points; only objects,
    lists, strings, integers, booleans and null. Two texts that differ only in how a letter is composed
    give the same bytes: what must be held byte for byte (a message, an image) is held by its own hash.

    Raises:
        BadInput: the value holds a float, another type, a number past 2**53 - 1, half a surrogate pair, or
            two keys that NFC makes one. The sentence names the place, never the value.

    """
    settled = _settled(value, "$")
    return json.dumps(settled, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8")


def canonical_digest(value: object) -> str:
    """Give the SHA-256 of the canonical bytes, as 64 lower-case hexadecimal digits."""
    return hashlib.sha256(canonical_bytes(value)).hexdigest()


def _settled(value: object, place: str) -> object:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _settled_text(value, place)
    if isinstance(value, int):
        return _settled_integer(int(value), place)
    if isinstance(value, Mapping):
        return _settled_object(value, place)
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray | memoryview):
        return [_settled(item, f"{place}[{index}]") for index, item in enumerate(value)]
    raise BadInput(f"{place}: a {type(value).__name__} cannot be signed; write it as a string or an integer")


def _settled_text(text: str, place: str) -> str:
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise BadInput(f"{place}: the text holds half a surrogate pair; hand it in as valid Unicode")
    return unicodedata.normalize("NFC", text)


def _settled_integer(number: int, place: str) -> int:
    if abs(number) > LARGEST_INTEGER:
        raise BadInput(f"{place}: the number is past {LARGEST_INTEGER}; write it as a string")
    return number


def _settled_object(fields: Mapping[object, object], place: str) -> dict[str, object]:
    settled: dict[str, object] = {}
    for key, value in fields.items():
        if not isinstance(key, str):
            raise BadInput(f"{place}: a key is a {type(key).__name__}; only strings name fields")
        name = _settled_text(key, place)
        if name in settled:
            raise BadInput(f"{place}: two keys are the same letters after NFC")
        settled[name] = _settled(value, f"{place}.{name}")
    return settled
