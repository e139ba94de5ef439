"""The key of one anonymous survey: by it alone it can be told who has answered, and what. It ends with the survey (L6).

Answers are sealed to its public half by the page, inside the box of the inbox: who can open the inbox opens no answer.
"""

import hmac
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from tayori.vault.keyfile import damaged, read_secret, write_secret
from tayori.vault.sealed_box import SUITE

KEY_BYTES: Final = 32
ROUND: Final = 2048  # bytes; more than the most questions, each answered in the longest code, come to


def seal_ballot(public: bytes, survey: str, answers: bytes) -> bytes:
    """Seal the answers (JSON) of one person to a survey's public key; their length tells nothing."""
    padded = answers.ljust(-(-len(answers) // ROUND) * ROUND)
    return SUITE.encrypt(padded, X25519PublicKey.from_public_bytes(public), _purpose(survey))


class SurveyKeys:
    """The keys of surveys, one file each (`survey-NAME.key`)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def make(self, survey: str) -> None:
        """Make the key of a survey, unless it has one."""
        if not self._path(survey).exists():
            write_secret(self._path(survey), secrets.token_hex(KEY_BYTES).encode())

    def has(self, survey: str) -> bool:
        """Whether the key of a survey is here."""
        return self._path(survey).exists()

    def public(self, survey: str) -> bytes:
        """Give the public half, to which answers are sealed (32 bytes)."""
        return self._private(survey).public_key().public_bytes_raw()

    def open(self, survey: str, ballots: Sequence[bytes]) -> list[bytes | None]:
        """Open sealed answers, in their order; None for one that is not sealed to this survey.

        Raises:
            Unavailable: the key is not here; nobody opens them any more.

        """
        private = self._private(survey)
        return [_opened(private, survey, one) for one in ballots]

    def token(self, survey: str, line_index: bytes) -> bytes:
        """Give the token that somebody spends by answering a survey.

        Raises:
            Unavailable: the key is not here; nobody's answer can be told from another's.

        """
        return self.tokens(survey, [line_index])[0]

    def tokens(self, survey: str, line_indexes: Sequence[bytes]) -> list[bytes]:
        """Give the tokens that several spend, in their order; see `token`."""
        key = self._key(survey)
        return [hmac.digest(key, b"survey token|" + index, "sha256") for index in line_indexes]

    def destroy(self, survey: str) -> None:
        """Destroy the key: from now on no token tells anything, and no answer that still lies about opens."""
        self._path(survey).unlink(missing_ok=True)

    def standing(self) -> list[str]:
        """Give the surveys whose keys are here."""
        return sorted(path.stem.removeprefix("survey-") for path in self._folder.glob("survey-*.key"))

    def _private(self, survey: str) -> X25519PrivateKey:
        return X25519PrivateKey.from_private_bytes(hmac.digest(self._key(survey), b"survey ballots", "sha256"))

    def _key(self, survey: str) -> bytes:
        try:
            return bytes.fromhex(read_secret(self._path(survey)).decode("ascii").strip())
        except ValueError:
            raise damaged(self._path(survey)) from None

    def _path(self, survey: str) -> Path:
        return self._folder / f"survey-{survey}.key"


def _opened(private: X25519PrivateKey, survey: str, ballot: bytes) -> bytes | None:
    try:
        return SUITE.decrypt(ballot, private, _purpose(survey))
    except (InvalidTag, ValueError):
        return None


def _purpose(survey: str) -> bytes:
    return f"tayori|ballot|{survey}".encode()
