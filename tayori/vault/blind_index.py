"""Find a person by LINE id without storing it: an HMAC under a key of its own, deleted with the person."""

import hmac
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from tayori.domain.identifiers import LineUserId
from tayori.vault.keyfile import damaged, read_secret

KEY_BYTES = 32


class BlindIndex:
    """Keyed look-up values. Enumerable attributes (area, sex, year) never get one."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    @classmethod
    def from_file(cls, path: Path) -> "BlindIndex":
        """Read the index key (32 bytes in hexadecimal, 0600).

        Raises:
            Unavailable: the file is not there, or holds no such key; with another one, nobody would be found.

        """
        try:
            key = bytes.fromhex(read_secret(path).decode("ascii").strip())
        except ValueError:
            raise damaged(path) from None
        if len(key) != KEY_BYTES:
            raise damaged(path)
        return cls(key)

    def of_line_id(self, line_user_id: LineUserId) -> bytes:
        """Give the 32 bytes by which a LINE id is found."""
        return hmac.digest(self._key, b"line_user_id|" + unicodedata.normalize("NFC", line_user_id).encode(), "sha256")

    def of_line_ids(self, line_user_ids: Iterable[str]) -> list[bytes]:
        """Give the look-up values of many LINE ids of the checked form (ASCII, so NFC already)."""
        key = self._key
        return [hmac.digest(key, b"line_user_id|" + one.encode(), "sha256") for one in line_user_ids]

    def of_detached(self, line_user_id: str, number: int) -> bytes:
        """Give the 32 bytes that stand for a leaver who came back under another number: nobody is found by them."""
        return hmac.digest(self._key, f"detached|{number}|{line_user_id}".encode(), "sha256")

    def of_letter_item(self, item: str, normal_form: str) -> bytes:
        """Give the 32 bytes by which a letter is found by its writer's name, telephone or e-mail, in normal form."""
        return hmac.digest(self._key, f"letter|{item}|{normal_form}".encode(), "sha256")

    def of_content(self, content: bytes) -> bytes:
        """Give the 16 bytes by which a letter that is the same as before is told from one that changed."""
        return hmac.digest(self._key, b"content|" + content, "sha256")[:16]

    def of_receipt(self, receipt: str) -> bytes:
        """Give the 32 bytes by which the state of a letter is found from its receipt number."""
        return hmac.digest(self._key, b"receipt|" + receipt.encode("ascii"), "sha256")

    def of_source_key(self, source: str, key: str) -> bytes:
        """Give the 32 bytes by which a letter's key in its source is found again."""
        return hmac.digest(self._key, f"source_key|{source}|{unicodedata.normalize('NFC', key)}".encode(), "sha256")
