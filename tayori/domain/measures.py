"""How LINE measures what is sent: texts in UTF-16 units, labels in grapheme clusters, JSON in bytes."""

import json
from typing import Final

import regex

_CLUSTER: Final = regex.compile(r"\X")


def utf16_units(text: str) -> int:
    """Length in UTF-16 code units: an emoji is two (Messaging API, character counting in a text)."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def clusters(text: str) -> int:
    """Length in grapheme clusters: a family of four emoji is one (UAX 29, as LINE counts labels)."""
    return sum(1 for _ in _CLUSTER.finditer(text))


def json_bytes(value: object) -> int:
    """Bytes of a value as the SDK writes it: spaces and escapes counted, so never fewer than LINE counts."""
    return len(json.dumps(value))
