"""What is returned to 甲 at a contract's end: one archive in open formats, sealed to its key, written as a stream.

A tar file in an age file: `README.txt`, `schema.json`, `data/TABLE/000001.jsonl` ... (JSON Lines), and at the end
`manifest.json` with the rows and the SHA-256 of every part. Nothing plain touches a disk; memory holds one part.
"""

import base64
import hashlib
import json
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Column, Table

from tayori.domain.canonical import canonical_bytes
from tayori.domain.columns import Erasure, Nearness
from tayori.domain.record_classes import RecordClass
from tayori.domain.register import register
from tayori.errors import BadInput, NotFound, Unavailable
from tayori.office import Office
from tayori.vault.age import recipient_of, seal_file
from tayori.warehouse.schema.columns import Moment

FORMAT: Final = "tayori-handover/1"
PART_ROWS: Final = 2_000
HEAVY_ROWS: Final = 20
HEAVY: Final = frozenset({"letter_file", "picture"})
"""Tables whose rows hold whole files: a part holds few of them."""
FILES: Final = frozenset({("letter_file", "content")})
"""Sealed columns whose text is base64 of a file."""
SIGNED: Final = frozenset({"statement", "signature"})
"""What a handler signed, and the signature: the proof of a decision (決裁) goes to 甲 with the record of it."""
LOCKED: Final = frozenset({Erasure.MEMBER_LIST, Erasure.LIST_KEY})
SEALED: Final = frozenset({Erasure.PERSON_KEY, Erasure.CASE_KEY})
README: Final = """便り (Tayori) 契約終了時の返還データ

この書庫は tar 形式です。中身は次のとおりです。
- manifest.json  契約、区分ごとの件数、各ファイルの行数と SHA-256
- schema.json    表と列の説明（記録項目の名称、値の書き方、返還しない列とその理由）
- data/表/番号.jsonl  1 行 1 件の JSON (UTF-8)

値の書き方: 日付は YYYY-MM-DD、時刻は UTC の ISO 8601、バイト列は base64、値がないものは null。
封緘していた項目（LINEID、氏名、意見等の内容など）は、開いた文字列で入っています。
"""

Row = Mapping[str, Any]
Reveal = Callable[[Table, Sequence[Row]], list[dict[str, Any]]]
"""Give the rows of a block with what was sealed in them opened; writing its line into the access log first."""


@dataclass(frozen=True, slots=True)
class Written:
    """An archive as it was written: file, hash and size of the sealed bytes, rows by class and table."""

    path: Path
    sha256: str
    size: int
    rows: Mapping[str, Mapping[str, int]]


def recipient(office: Office) -> str:
    """Give 甲's age public key as the setting names its file.

    Raises:
        BadInput: no file is set, or it holds no such key.
        NotFound: the file is not there.

    """
    path = office.settings.ward_recipient_file
    if path is None:
        raise BadInput("The key that seals what is returned is not set; put its file into TAYORI_WARD_RECIPIENT_FILE.")
    try:
        lines = path.read_text("ascii", "replace").split()
    except OSError:
        raise NotFound(f"The key of 甲, {path.name}, cannot be read.") from None
    found = [line for line in lines if line.startswith("age1")]
    if len(found) != 1:
        raise BadInput(f"{path.name} holds no single age public key (age1...).")
    recipient_of(found[0])
    return found[0]


@dataclass(slots=True)
class Parts:
    """The archive's content as it is written: the tables in turn, then the manifest."""

    head: Mapping[str, Any]
    tables: Sequence[tuple[Table, RecordClass]]
    blocks: Callable[[Table, int], Iterator[Sequence[Row]]]
    reveal: Reveal
    rows: dict[str, dict[str, int]] = field(default_factory=dict)

    def members(self) -> Iterator[tuple[str, bytes]]:
        """Give name and content of each file in the archive."""
        listed: dict[str, dict[str, object]] = {}
        yield from self._kept(listed, "README.txt", README.encode())
        yield from self._kept(listed, "schema.json", _json(schema(self.tables)))
        for table, kind in self.tables:
            counted = self.rows.setdefault(kind.name, {})
            counted[table.name] = 0
            for number, block in enumerate(self.blocks(table, HEAVY_ROWS if table.name in HEAVY else PART_ROWS), 1):
                lines = _lines(table, self.reveal(table, block))
                counted[table.name] += len(block)
                name = f"data/{table.name}/{number:06d}.jsonl"
                yield from self._kept(listed, name, lines, len(block))
        yield "manifest.json", _json({"format": FORMAT, **self.head, "classes": self.rows, "files": listed})

    def _kept(
        self, listed: dict[str, dict[str, object]], name: str, content: bytes, rows: int | None = None
    ) -> Iterator[tuple[str, bytes]]:
        listed[name] = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
        if rows is not None:
            listed[name]["rows"] = rows
        yield name, content


def schema(tables: Sequence[tuple[Table, RecordClass]]) -> dict[str, Any]:
    """Describe the tables: class, columns with their term and how a value is written, what is left out and why."""
    terms = {item.item: item.term for item in register().items}
    return {
        table.name: {
            "class": kind.name,
            "term": kind.term,
            "columns": {
                column.name: {
                    "item": terms.get(column.info["item"]),
                    "written": _form(column),
                    "key": column.primary_key,
                }
                for column in table.columns
            },
        }
        for table, kind in tables
    }


def _form(column: Column[Any]) -> str:
    rule, nearness = column.info["erasure"], column.info["nearness"]
    if rule in LOCKED:
        return "返還しない（送信の確定まで使う宛先の束）"
    if (column.table.name, column.name) in FILES:
        return "base64（封緘を開いたファイル）"
    if rule in SEALED and nearness is Nearness.PERSONAL:
        return "文字列（封緘を開いたもの）"
    if _is_digest(column):
        return "返還しない（照合用の鍵付きハッシュ）"
    kind = _python_type(column)
    names = {bytes: "base64", datetime: "UTC の時刻", date: "日付", str: "文字列", int: "整数", bool: "真偽"}
    return names.get(kind, "文字列")


def _is_digest(column: Column[Any]) -> bool:
    by_rule = column.info["erasure"] in {Erasure.PERSON_ROW, Erasure.CASE_ROW}
    return by_rule and _python_type(column) is bytes and column.name not in SIGNED


def _python_type(column: Column[Any]) -> type:
    return datetime if isinstance(column.type, Moment) else column.type.python_type


def _lines(table: Table, rows: Sequence[Row]) -> bytes:
    """Write rows as JSON Lines, without the columns that are not returned."""
    kept = [column.name for column in table.columns if column.info["erasure"] not in LOCKED and not _is_digest(column)]
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    return "".join(f"{encode({name: _plain(row[name]) for name in kept})}\n" for row in rows).encode()


def _plain(value: object) -> object:
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="microseconds")
        case date():
            return value.isoformat()
        case bytes() | memoryview():
            return base64.b64encode(bytes(value)).decode("ascii")
    return value


def _json(value: object) -> bytes:
    return canonical_bytes(value)


class Tar:
    """A tar file that is read as it is made: one member in memory at a time.

    What goes wrong while it is made is kept in `fault`: whoever reads it would only tell that reading failed.
    """

    def __init__(self, members: Iterator[tuple[str, bytes]], moment: datetime) -> None:
        self._pieces = self._made(members, int(moment.timestamp()))
        self._piece, self._at = b"", 0
        self.fault: Exception | None = None

    def read(self, size: int = -1, /) -> bytes:
        """Give the next bytes, at most `size`; none at the end."""
        try:
            while self._at >= len(self._piece):
                self._piece, self._at = next(self._pieces), 0
        except StopIteration:
            return b""
        except Exception as error:
            self.fault = error
            raise
        end = len(self._piece) if size < 0 else self._at + size
        given = self._piece[self._at : end]
        self._at += len(given)
        return given

    @staticmethod
    def _made(members: Iterator[tuple[str, bytes]], mtime: int) -> Iterator[bytes]:
        for name, content in members:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime, entry.mode = len(content), mtime, 0o600
            yield entry.tobuf(tarfile.PAX_FORMAT)
            yield content
            yield bytes(-len(content) % tarfile.BLOCKSIZE)
        yield bytes(2 * tarfile.BLOCKSIZE)


def write(parts: Parts, path: Path, key: str, now: datetime) -> Written:
    """Write an archive sealed to a key: whole under its name, or not at all.

    Raises:
        Unavailable: the disk did not take it.

    """
    tar = Tar(parts.members(), now)
    try:
        hashing = seal_file(tar, path, key)
    except Unavailable:
        if tar.fault is not None:
            raise tar.fault from None
        raise
    return Written(path, hashing.sha256, hashing.size, parts.rows)


def file_sha256(path: Path) -> str:
    """Hash of a file's bytes, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as source:
        while piece := source.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()
