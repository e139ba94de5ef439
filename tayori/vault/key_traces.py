"""What gives a key away in a file: an epoch's key by its name, or as 32 bytes, hexadecimal or base64; an identity.

A key that was destroyed is not known here any more, and is recognised all the same: the check value that stands beside
its epoch tells it from every other 32 bytes.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from tayori.vault.providers import KEY_BYTES, KeyName, check_of

IDENTITY: Final = re.compile(rb"AGE-SECRET-KEY-1[A-Z0-9]{20}")
KEY_NAME: Final = re.compile(r"([a-z]+)/([0-9]{1,9})")
HEXADECIMAL: Final = re.compile(rb"(?<![0-9A-Fa-f])[0-9A-Fa-f]{64}(?![0-9A-Fa-f])")
BASE64: Final = re.compile(rb"(?<![0-9A-Za-z+/_-])[0-9A-Za-z+/_-]{43}(?:=|(?![0-9A-Za-z+/_-]))")
RAW_KEYS: Final = 32
"""A file of bare keys, one after the other, holds at most so many."""
MOST: Final = 256
"""Candidates that are held against the check values; a file of hashes has thousands, and none of them is a key."""
SHORTEST: Final = 24


@dataclass(frozen=True, slots=True)
class Traces:
    """What was found in one content: epochs whose keys stand in it, another secret, or too many candidates to tell."""

    epochs: frozenset[KeyName]
    secret: bool
    too_many: bool

    def __bool__(self) -> bool:
        """Whether a key was found."""
        return bool(self.epochs) or self.secret


@dataclass(frozen=True, slots=True, repr=False)
class KeyTraces:
    """What is sought: check values of every epoch that ever was, the keys that live, and other secrets as they lie."""

    checks: Mapping[KeyName, bytes]
    living: Mapping[KeyName, bytes]
    secrets: tuple[bytes, ...]

    @classmethod
    def of(
        cls, checks: Mapping[KeyName, bytes], living: Mapping[KeyName, bytes], secrets: Iterable[bytes]
    ) -> "KeyTraces":
        """Prepare a search; a secret shorter than 24 bytes would be found by chance and is left out."""
        return cls(checks, living, tuple(one for one in (secret.strip() for secret in secrets) if len(one) >= SHORTEST))

    def within(self, content: bytes) -> Traces:
        """Give what gives a key away in a content."""
        candidates = set(_candidates(content))
        too_many = len(candidates) > MOST
        found = set(_named(content))
        found |= {name for name, key in self.living.items() if any(form in content for form in _forms(key))}
        for candidate in () if too_many else candidates:
            found |= {name for name, check in self.checks.items() if check_of(*name, candidate) == check}
        secret = IDENTITY.search(content) is not None or any(one in content for one in self.secrets)
        return Traces(frozenset(found), secret, too_many)


def _named(content: bytes) -> Iterator[KeyName]:
    """Give the epochs that a key file names: JSON whose every name is a space and an epoch."""
    if content[:1] != b"{":
        return
    try:
        said = json.loads(content)
    except (ValueError, RecursionError):
        return
    names = [KEY_NAME.fullmatch(name) for name in said] if isinstance(said, dict) else []
    for name in names if all(names) else ():
        if name is not None:
            yield name[1], int(name[2])


def _candidates(content: bytes) -> Iterator[bytes]:
    bare = content.rstrip(b"\r\n") if len(content) % KEY_BYTES else content
    if 0 < len(bare) <= RAW_KEYS * KEY_BYTES and len(bare) % KEY_BYTES == 0:
        yield from (bare[at : at + KEY_BYTES] for at in range(0, len(bare), KEY_BYTES))
    yield from (bytes.fromhex(one[0].decode("ascii")) for one in HEXADECIMAL.finditer(content))
    for one in BASE64.finditer(content):
        try:
            yield base64.b64decode(one[0].rstrip(b"=") + b"=", b"-_" if set(one[0]) & set(b"-_") else None)
        except binascii.Error:
            continue


def _forms(key: bytes) -> tuple[bytes, ...]:
    written = key.hex().encode("ascii")
    standard, safe = (coded(key).rstrip(b"=") for coded in (base64.b64encode, base64.urlsafe_b64encode))
    return (key, written, written.upper(), standard, safe)
