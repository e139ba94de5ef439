"""Mails as clients and servers write them, byte for byte, each with what a reader should find in it."""

import base64
import quopri
import string
from dataclasses import dataclass
from typing import Any, Final

WRITER: Final = "taro@example.jp"
WARD: Final = "kucho@city.example.lg.jp"
PLAIN: Final = frozenset(string.ascii_letters + string.digits)
TEXT: Final = "歩道の街路樹が傾いています。\n点検をお願いします。"


@dataclass(frozen=True, slots=True)
class Specimen:
    """A mail, what it is built from, and what is expected of its reading."""

    name: str
    source: str
    raw: bytes
    expected: dict[str, Any]


def word(text: str, charset: str = "utf-8", how: str = "B") -> str:
    """Write an encoded word (RFC 2047)."""
    return word_of(text.encode(charset), charset, how)


def word_of(content: bytes, charset: str, how: str = "B") -> str:
    """Write an encoded word of bytes, under whatever label."""
    if how == "B":
        return f"=?{charset}?B?{base64.b64encode(content).decode()}?="
    quoted = "".join(chr(byte) if chr(byte) in PLAIN else f"={byte:02X}" for byte in content)
    return f"=?{charset}?Q?{quoted}?="


def mail(
    content: bytes | str, *headers: str | bytes, typed: str | None = "text/plain; charset=utf-8", **named: str
) -> bytes:
    """Write a mail: the usual headers, changed by name (an empty one is left out), then others, then the content."""
    usual = {
        "Return-Path": f"<{WRITER}>",
        "From": f"{word('模擬 太郎')} <{WRITER}>",
        "To": WARD,
        "Subject": word("街路樹について"),
        "Date": "Mon, 02 Nov 2026 09:00:00 +0900",
        "Message-ID": "<1@example.jp>",
        "MIME-Version": "1.0",
    }
    usual |= {name.replace("_", "-"): value for name, value in named.items()}
    lines = [f"{name}: {value}".encode("utf-8", "surrogateescape") for name, value in usual.items() if value]
    lines += [line.encode() if isinstance(line, str) else line for line in headers]
    if typed:
        lines.append(f"Content-Type: {typed}".encode())
    return b"\r\n".join(lines) + b"\r\n\r\n" + _crlf(content)


def base64_mail(text: str, charset: str, label: str | None = None, **named: str) -> bytes:
    """Write a text mail in base64."""
    content = base64.encodebytes(text.replace("\n", "\r\n").encode(charset))
    return mail(
        content, "Content-Transfer-Encoding: base64", typed=f'text/plain; charset="{label or charset}"', **named
    )


def quoted_mail(text: str, charset: str = "utf-8", subtype: str = "plain", **named: str) -> bytes:
    """Write a text mail in quoted-printable."""
    content = quopri.encodestring(text.encode(charset))
    typed = f"text/{subtype}; charset={charset}"
    return mail(content, "Content-Transfer-Encoding: quoted-printable", typed=typed, **named)


def part(content: bytes | str, typed: str, *headers: str) -> bytes:
    """Write a part of a mail of several parts."""
    head = "\r\n".join((f"Content-Type: {typed}", *headers))
    return head.encode() + b"\r\n\r\n" + _crlf(content)


def file_part(content: bytes, typed: str, name: str) -> bytes:
    """Write an attached file."""
    disposition = f"Content-Disposition: attachment; {name}"
    return part(base64.encodebytes(content), typed, "Content-Transfer-Encoding: base64", disposition)


def parts(*members: bytes, kind: str = "mixed", boundary: str = "=_b1", more: str = "") -> tuple[bytes, str]:
    """Write parts as one content; give it and its type."""
    content = b"".join(b"--" + boundary.encode() + b"\r\n" + member + b"\r\n" for member in members)
    return content + b"--" + boundary.encode() + b"--\r\n", f'multipart/{kind}; boundary="{boundary}"{more}'


def of_parts(*members: bytes, kind: str = "mixed", more: str = "", **named: str) -> bytes:
    """Write a mail of several parts."""
    content, typed = parts(*members, kind=kind, more=more)
    return mail(content, typed=typed, **named)


def nested(*members: bytes, kind: str, boundary: str) -> bytes:
    """Write a part that holds parts."""
    content, typed = parts(*members, kind=kind, boundary=boundary)
    return part(content, typed)


def cp50221(text: str) -> bytes:
    """Write ISO-2022-JP as Windows does, NEC's signs and half-width kana included."""
    written, now = bytearray(), b"\x1b(B"
    for sign in text:
        moved = sign.encode("cp932")
        if len(moved) == 1 and moved[0] < 0x80:  # noqa: PLR2004 - ASCII
            wanted, piece = b"\x1b(B", moved
        elif len(moved) == 1:
            wanted, piece = b"\x1b(I", bytes((moved[0] & 0x7F,))
        else:
            wanted, piece = b"\x1b$B", _jis(*moved)
        written += piece if wanted == now else wanted + piece
        now = wanted
    return bytes(written) + (b"" if now == b"\x1b(B" else b"\x1b(B")


def _jis(lead: int, trail: int) -> bytes:
    row = (lead - (0x71 if lead < 0xA0 else 0xB1)) * 2 + 1  # noqa: PLR2004 - the table of Shift_JIS
    trail -= trail > 0x7F  # noqa: PLR2004 - as above
    return bytes((row + (trail >= 0x9E), trail - (0x7D if trail >= 0x9E else 0x1F)))  # noqa: PLR2004 - as above


def _crlf(content: bytes | str) -> bytes:
    written = content.encode() if isinstance(content, str) else content
    return written.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
