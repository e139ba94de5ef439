"""Messages: what a broadcast says, the same for everybody (I4), fixed to the byte before anyone approves it.

A writer hands in texts, pictures and cards (`tayori.domain.cards`). What comes out is what LINE gets, byte by byte:
placeholders are filled in, pictures are named by their hash, limits are checked.
"""

import hashlib
import json
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from tayori.domain.cards import TEMPLATES, Field, drawn
from tayori.domain.links import link_fault
from tayori.domain.material import NOTHING, Material
from tayori.domain.measures import clusters, json_bytes
from tayori.domain.message_limits import LONGEST_TEXT, faults_in
from tayori.domain.placeholders import filled, mark_fault
from tayori.domain.unseen import unseen_in
from tayori.errors import BadInput

MOST_MESSAGES: Final = 5
LARGEST_BODY: Final = (2 << 20) - (32 << 10)  # LINE's 2 MB, without the room for 500 ids
_LAYOUT: Final = "\n\r\t"

Json = dict[str, Any]


def read_messages(written: object, material: Material = NOTHING) -> tuple[Json, ...]:
    """Read the messages of a broadcast: one to five texts, pictures or cards; give them as LINE gets them.

    Raises:
        BadInput: one of them breaks a rule; the sentence names the message, the place and the rule.

    """
    listed = listing(written)
    if not 1 <= len(listed) <= MOST_MESSAGES:
        raise BadInput(f"A broadcast carries 1 to {MOST_MESSAGES} messages; the file holds {len(listed)}.")
    made = tuple(_read(message, f"Message {number}", material) for number, message in enumerate(listed, 1))
    if json_bytes(made) > LARGEST_BODY:
        raise BadInput("The messages together are larger than LINE's 2 MB. Shorten them.")
    return made


def listing(written: object) -> list[object]:
    """Give what a writer handed in as a list of messages."""
    return written if isinstance(written, list) else [written]


def message_bytes(messages: tuple[Json, ...]) -> bytes:
    """The bytes that are approved and sent: key order and spacing are part of them."""
    return json.dumps(list(messages), ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def content_hash(sent: bytes) -> str:
    """SHA-256 of the message bytes, in hexadecimal."""
    return hashlib.sha256(sent).hexdigest()


def pictures_named(written: object) -> tuple[str, ...]:
    """The names of the picture files that a writer's messages show, each once."""
    named = (message.get("image") for message in listing(written) if isinstance(message, dict))
    return tuple(dict.fromkeys(name for name in named if isinstance(name, str)))


def texts_in(sent: bytes) -> tuple[str, ...]:
    """Every text that residents read in these message bytes, in order: what is checked for being easy to read."""
    return tuple(_texts(json.loads(sent)))


def _texts(node: object) -> Iterator[str]:
    if isinstance(node, list):
        for part in node:
            yield from _texts(part)
    elif isinstance(node, dict):
        for name, part in node.items():
            if name in {"text", "label"} and isinstance(part, str):
                yield part
            else:
                yield from _texts(part)


def source_bytes(written: object, material: Material) -> bytes:
    """What the writer handed in, to be used again: placeholders still open, pictures by the names of the store."""
    return json.dumps([_renamed(message, material) for message in listing(written)], ensure_ascii=False).encode("utf-8")


def _renamed(message: object, material: Material) -> object:
    if isinstance(message, dict) and message.get("image") in material.pictures:
        return message | {"image": material.pictures[message["image"]].name}
    return message


def _read(message: object, where: str, material: Material) -> Json:
    kind = message.get("type") if isinstance(message, dict) else None
    if not isinstance(message, dict) or not isinstance(kind, str) or kind not in _KINDS:
        raise BadInput(
            f'{where}: only {{"type": "text", "text": ...}}, {{"type": "image", "image": FILE}} and '
            f'{{"type": "card", "template": {"/".join(TEMPLATES)}, ...}} can be sent.'
        )
    made = _KINDS[kind](message, where, material)
    for fault in faults_in(made, material):
        raise BadInput(f"{where}, {fault.place}: {fault.rule}")
    return made


def _text(message: Json, where: str, material: Material) -> Json:
    _refuse_others(message, {"type", "text"}, where)
    return {"type": "text", "text": _line(message.get("text", ""), f"{where}, text", Field(LONGEST_TEXT), material)}


def _image(message: Json, where: str, material: Material) -> Json:
    _refuse_others(message, {"type", "image"}, where)
    picture = material.pictures[_picture(message.get("image"), f"{where}, image", material)]
    return {
        "type": "image",
        "originalContentUrl": material.address(picture.name),
        "previewImageUrl": material.address(picture.preview_name),
    }


def _card(message: Json, where: str, material: Material) -> Json:
    template = message.get("template")
    if not isinstance(template, str) or template not in TEMPLATES:
        raise BadInput(f"{where}, template: the ward has the cards {', '.join(TEMPLATES)}. Choose one.")
    fields = {name: value for name, value in message.items() if name not in {"type", "template"}}
    return drawn(template, _fields(fields, TEMPLATES[template].fields, where, material), material)


_KINDS: Final[Mapping[str, Callable[[Json, str, Material], Json]]] = {"text": _text, "image": _image, "card": _card}


def _fields(given: object, known: Mapping[str, Field], where: str, material: Material) -> Json:
    if not isinstance(given, dict):
        raise BadInput(f"{where}: write it with the fields {', '.join(known)}.")
    _refuse_others(given, set(known), where)
    missing = [name for name, rule in known.items() if rule.required and not given.get(name)]
    if missing:
        raise BadInput(f"{where}: {', '.join(missing)} is missing or empty.")
    return {name: _field(value, known[name], f"{where}, {name}", material) for name, value in given.items()}


def _field(given: object, rule: Field, where: str, material: Material) -> object:
    if rule.entries is not None:
        return list(_entries(given, rule, where, material))
    if rule.is_picture:
        return _picture(given, where, material)
    return _line(given, where, rule, material)


def _entries(given: object, rule: Field, where: str, material: Material) -> Iterator[Json]:
    if not isinstance(given, list) or not 1 <= len(given) <= rule.most or rule.entries is None:
        raise BadInput(f"{where}: write a list of 1 to {rule.most} entries.")
    for at, entry in enumerate(given, 1):
        yield _fields(entry, rule.entries, f"{where} {at}", material)


def _picture(given: object, where: str, material: Material) -> str:
    if not isinstance(given, str) or given not in material.pictures:
        raise BadInput(f"{where}: name a picture file (JPEG or PNG) that lies beside the message file.")
    return given


def _line(given: object, where: str, rule: Field, material: Material) -> str:
    """Read a text: its marks filled in, nothing in it that cannot be shown."""
    if not isinstance(given, str) or not given.strip():
        raise BadInput(f"{where}: the text is empty, or is no text; put a date or a number in quotation marks.")
    if any(unicodedata.category(one) in {"Cc", "Cs"} and one not in _LAYOUT for one in given):
        raise BadInput(f"{where}: it holds a control character, or half of one; type that place anew.")
    if unseen := unseen_in(given):
        raise BadInput(f"{where}: it holds a letter that nobody sees ({unseen}); delete it, or type that place anew.")
    text = filled(given, material.placeholders)
    fault = mark_fault(text, material.placeholders) or (link_fault(text, material.link_hosts) if rule.is_link else None)
    if fault:
        raise BadInput(f"{where}: {fault}")
    if rule.most != LONGEST_TEXT and clusters(text) > rule.most:
        raise BadInput(f"{where}: {clusters(text)} letters, the card takes at most {rule.most}. Shorten it.")
    return text


def _refuse_others(given: Json, known: set[str], where: str) -> None:
    if set(given) - known:
        raise BadInput(f"{where}: only the fields {', '.join(sorted(known))} can be sent; remove other fields.")
