"""The key of one anonymous survey: by it alone it can be told who has answered. It ends when the survey closes (L6)."""

import hmac
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tayori.vault.keyfile import damaged, read_secret, write_secret

KEY_BYTES: Final = 32


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

    def token(self, survey: str, line_index: bytes) -> bytes:
        """Give the token that somebody spends by answering a survey.

        Raises:
            Unavailable: the key is not here; nobody's answer can be told from another's.

        """
        return self.tokens(survey, [line_index])[0]

    def tokens(self, survey: str, line_indexes: Sequence[bytes]) -> list[bytes]:
        """Give the tokens that several spend, in their order; see `token`."""
        try:
            key = bytes.fromhex(read_secret(self._path(survey)).decode("ascii").strip())
        except ValueError:
            raise damaged(self._path(survey)) from None
        return [hmac.digest(key, b"survey token|" + index, "sha256") for index in line_indexes]

    def destroy(self, survey: str) -> None:
        """Destroy the key: from now on no token tells anything."""
        self._path(survey).unlink(missing_ok=True)

    def standing(self) -> list[str]:
        """Give the surveys whose keys are here."""
        return sorted(path.stem.removeprefix("survey-") for path in self._folder.glob("survey-*.key"))

    def _path(self, survey: str) -> Path:
        return self._folder / f"survey-{survey}.key"
