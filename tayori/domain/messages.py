"""Messages: what a broadcast says, the same for everybody (I4), fixed to the byte before anyone approves it."""

import hashlib
import json
from typing import Final

from tayori.errors import BadInput

MOST_MESSAGES: Final = 5
LONGEST_TEXT: Final = 5_000  # UTF-16 code units: an emoji is two


def read_messages(written: object) -> tuple[dict[str, object], ...]:
    """Read the messages of a broadcast: one to five text messages, each at most 5,000 UTF-16 units.

    Raises:
        BadInput: the file holds something else; the sentence names the message and the rule.

    """
    listed = written if isinstance(written, list) else [written]
    if not 1 <= len(listed) <= MOST_MESSAGES:
        raise BadInput(f"A broadcast carries 1 to {MOST_MESSAGES} messages; the file holds {len(listed)}.")
    return tuple(_text_message(message, number) for number, message in enumerate(listed, 1))


def message_bytes(messages: tuple[dict[str, object], ...]) -> bytes:
    """The bytes that are approved and sent: key order and spacing are part of them."""
    return json.dumps(list(messages), ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def content_hash(sent: bytes) -> str:
    """SHA-256 of the message bytes, in hexadecimal."""
    return hashlib.sha256(sent).hexdigest()


def _text_message(message: object, number: int) -> dict[str, object]:
    if not isinstance(message, dict) or message.get("type") != "text" or set(message) - {"type", "text"}:
        raise BadInput(f'Message {number}: only {{"type": "text", "text": ...}} can be sent; remove other fields.')
    text = message.get("text")
    if not isinstance(text, str) or not text.strip():
        raise BadInput(f"Message {number}: the text is empty.")
    units = len(text.encode("utf-16-le", "surrogatepass")) // 2
    if units > LONGEST_TEXT:
        raise BadInput(f"Message {number}: {units} UTF-16 units, LINE takes at most {LONGEST_TEXT}. Shorten it.")
    return {"type": "text", "text": text}
