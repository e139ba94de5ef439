"""What must be gone is found in whatever form a store wrote it, or the probe says that it did not look."""

import base64
import gzip
import io
import json
import os
import pickle
import random
import sqlite3
import unicodedata
import urllib.parse
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tayori.errors import BadInput, NotFound
from tayori.vault import residue
from tayori.vault.residue import INHERENT_LIMITS, count_in, probe
from tayori.vault.residue_forms import Needles

CANARY = f"Ucccc{7:028x}"
LETTER = "がまの油と葛󠄀西の𠮷野家"
"""Letters that NFC and NFD spell differently, one beyond the basic plane, one with a variation selector."""

Form = Callable[[str], bytes]

FORMS: dict[str, Form] = {
    "UTF-8": lambda text: text.encode(),
    "NFC": lambda text: unicodedata.normalize("NFC", text).encode(),
    "NFD": lambda text: unicodedata.normalize("NFD", text).encode(),
    "UTF-16LE": lambda text: text.encode("utf-16-le"),
    "UTF-16BE": lambda text: text.encode("utf-16-be"),
    "UTF-16 with mark": lambda text: text.encode("utf-16"),
    "JSON": lambda text: json.dumps({"text": text}).encode(),
    "JSON upper": lambda text: b"".join(
        b"\\u%04X" % unit if unit > 127 else bytes([unit]) for unit in memoryview(text.encode("utf-16-le")).cast("H")
    ),
    "JSON in JSON": lambda text: json.dumps(json.dumps([text])).encode(),
    "URL": lambda text: urllib.parse.quote(text, safe="").encode(),
    "URL lower": lambda text: (
        urllib.parse.quote(text, safe="").lower().encode() if not text.isascii() else text.encode()
    ),
    "hex": lambda text: text.encode().hex().encode(),
    "HEX": lambda text: text.encode().hex().upper().encode(),
    "base64": lambda text: base64.b64encode(text.encode()),
    "base64 +1": lambda text: base64.b64encode(b"x" + text.encode() + b"yz"),
    "base64 +2": lambda text: base64.b64encode(b"xx" + text.encode() + b"y"),
    "base64 of UTF-16": lambda text: base64.b64encode(b"12345" + text.encode("utf-16-le")),
    "base64 of JSON": lambda text: base64.b64encode(json.dumps([text]).encode()),
    "base64url": lambda text: base64.urlsafe_b64encode(b"??" + text.encode() + b"??"),
    "pickle": lambda text: pickle.dumps({"who": text}),
    "base64 of pickle in lines": lambda text: base64.encodebytes(pickle.dumps([["pad" * 10, text]])),
    "the same in JSON": lambda text: json.dumps(
        {"result": base64.encodebytes(pickle.dumps([["pad" * 10, text]])).decode()}
    ).encode(),
    "the same in JSON in JSON": lambda text: json.dumps(
        json.dumps({"result": base64.encodebytes(pickle.dumps(["pad" * 10, text])).decode()})
    ).encode(),
    "mail": lambda text: base64.encodebytes(b"." * 40 + text.encode()).replace(b"\n", b"\r\n"),
}


def _counted(content: bytes, needles: Needles, chunk: int) -> int:
    search = needles.search()
    for at in range(0, len(content), chunk):
        search.feed(content[at : at + chunk])
    return search.finish()


def _pdf(body: bytes) -> bytes:
    return b"%PDF-1.7\n1 0 obj\n<</Length 1>>\nstream\n" + zlib.compress(body) + b"\nendstream\nendobj\n"


def _zip(body: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", body)
    return packed.getvalue()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("marker", [CANARY, LETTER, "山田太郎"])
def test_every_form_is_found_once(form: str, marker: str) -> None:
    """One occurrence, in any form that a store of ours writes, is one hit."""
    assert count_in(b"before " + FORMS[form](marker) + b" after", Needles.of([marker])) == 1


@given(st.lists(st.sampled_from(sorted(FORMS)), max_size=6), st.integers(1, 400), st.randoms())
def test_chunks_do_not_matter(forms: list[str], chunk: int, dice: random.Random) -> None:
    """However the stream is cut, each occurrence is found, and counted once."""
    noise = [bytes(dice.choices(b"\n\r\\nU\0c= AzQ", k=dice.randrange(40))) for _ in range(len(forms) + 1)]
    content = noise[0] + b"".join(
        b" " + FORMS[form](LETTER) + b" " + gap for form, gap in zip(forms, noise[1:], strict=True)
    )
    assert _counted(content, Needles.of([LETTER]), chunk) == len(forms)


@pytest.mark.parametrize("form", ["the same in JSON", "the same in JSON in JSON", "mail", "UTF-16LE"])
def test_every_cut_is_bridged(form: str) -> None:
    """Wherever one chunk ends and the next begins, in the middle of an escaped line end too, the hit is one."""
    content, needles = FORMS[form](CANARY), Needles.of([CANARY])
    for cut in range(len(content)):
        search = needles.search()
        search.feed(content[:cut])
        search.feed(content[cut:])
        assert search.finish() == 1


def test_kept_neighbours_are_no_hits() -> None:
    """People who stay share the reserved prefix with those who left; only those who left are residue."""
    left = [f"Udddd{number:028x}" for number in range(0, 6000, 3)]
    kept = [f"Udddd{number:028x}" for number in range(1, 6000, 3)]
    store = "\n".join(kept + left[:5]).encode() + base64.b64encode(pickle.dumps(kept + left[5:6]))
    assert count_in(store, Needles.of(left)) == 6


def test_noise_is_no_hit() -> None:
    """Bytes that hold no marker give no hit, so that a hit always means something."""
    noise = random.Random(20261122).randbytes(4_000_000)  # noqa: S311 - noise, seeded to be the same every time
    assert count_in(noise, Needles.of([CANARY, LETTER, "山田太郎"])) == 0


@pytest.mark.parametrize("wrap", [gzip.compress, _zip, _pdf], ids=["gzip", "zip", "pdf"])
def test_known_wrappings_are_opened(tmp_path: Path, wrap: Callable[[bytes], bytes]) -> None:
    """A compressed file hides nothing: gzip, zip (Excel too) and the streams of a PDF are inflated."""
    (tmp_path / "packed").write_bytes(wrap(b"row " * 500 + CANARY.encode()))
    assert probe({"exports": tmp_path}, Needles.of([CANARY])).places == {"exports": 1}


def test_text_of_a_pdf_is_read_through_its_glyphs(tmp_path: Path) -> None:
    """A PDF shows glyph numbers, not letters; the probe reads them with the font's own table, kerning or not."""
    table = b"1 beginbfchar\n<0007> <5c71>\nendbfchar\n1 beginbfrange\n<0010> <0029> <0041>\nendbfrange"
    page = b"BT [<0010 0011>-20<0012>] TJ ET\nBT <00130014> Tj ET BT [<0015001600170007>] TJ ET"
    (tmp_path / "report.pdf").write_bytes(_pdf(table) + _pdf(page))
    assert probe({"reports": tmp_path}, Needles.of(["ABCDEFGH山"])).hits == 1


def test_names_of_files_are_searched_and_not_repeated(tmp_path: Path) -> None:
    """An id in the name of a file is a hit, and the report does not print that name."""
    (tmp_path / f"{CANARY}.csv").write_bytes(b"")
    (tmp_path / "b.csv").write_bytes(CANARY.encode())
    report = probe({"out": tmp_path}, Needles.of([CANARY]))
    assert (report.hits, report.files) == (2, 2)
    assert report.hit_files == ("out: （名前に印を含むファイル）", "out: b.csv")
    assert CANARY not in repr(report)


def test_places_without_hits_are_named_too(tmp_path: Path) -> None:
    """The report says where it looked and how much, not only where it found something."""
    for name in ("database", "logs"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_bytes(b"x" * 1000)
    report = probe({"database": tmp_path / "database", "logs": tmp_path / "logs"}, Needles.of([CANARY]))
    assert report.places == {"database": 0, "logs": 0}
    assert (report.bytes_scanned, report.files, report.markers, report.hits) == (2000, 2, 1, 0)


def test_what_was_not_read_is_said(tmp_path: Path) -> None:
    """Broken archives, links and special files are counted under what was not examined, with the limits of reading."""
    (tmp_path / "broken.gz").write_bytes(gzip.compress(b"y" * 5000)[:-20])
    (tmp_path / "link").symlink_to(tmp_path / "broken.gz")
    os.mkfifo(tmp_path / "pipe")
    report = probe({"var": tmp_path}, Needles.of([CANARY]), ["媒体の予備"])
    assert report.not_examined == (
        *INHERENT_LIMITS,
        "媒体の予備",
        "var: シンボリックリンク（1件）",
        "var: 展開できない圧縮ファイル（1件）",
        "var: 特殊ファイル（1件）",
    )


def test_what_stands_before_a_break_counts(tmp_path: Path) -> None:
    """An archive that breaks off is not examined whole, yet what was read of it is not forgotten."""
    rows = CANARY.encode() + "".join(f"row {number}\n" for number in range(1_500_000)).encode()
    (tmp_path / "broken.gz").write_bytes(gzip.compress(rows, 1)[:-20])
    assert probe({"var": tmp_path}, Needles.of([CANARY])).hits == 1


def test_a_pdf_too_large_to_read_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What memory cannot hold is not passed over in silence."""
    monkeypatch.setattr(residue, "LARGEST_PDF", 100)
    (tmp_path / "large.pdf").write_bytes(_pdf(random.Random(1).randbytes(200)))  # noqa: S311 - noise
    assert "var: 大きすぎるPDFの本文（1件）" in probe({"var": tmp_path}, Needles.of([CANARY])).not_examined


def test_a_place_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    """A probe of nothing would report nothing found; a wrong path must not pass for a clean store."""
    with pytest.raises(NotFound, match="inbox"):
        probe({"inbox": tmp_path / "absent"}, Needles.of([CANARY]))


@pytest.mark.parametrize("markers", [[], ["short"], ["山田"], [f"{number:04d}-marker" for number in range(65)]])
def test_markers_that_prove_nothing_are_refused(markers: list[str]) -> None:
    """No marker, one so short that chance finds it, or too many beginnings for one pass: refused."""
    with pytest.raises(BadInput):
        Needles.of(markers)


def test_needles_do_not_print(tmp_path: Path) -> None:
    """What is sought may be a person's id: neither needles nor report show it (I3)."""
    needles = Needles.of([CANARY, LETTER])
    assert repr(needles) == "Needles(2 markers)"
    (tmp_path / "file").write_bytes(LETTER.encode())
    assert LETTER not in repr(probe({"var": tmp_path}, needles))


def test_a_deleted_row_is_still_in_the_file(tmp_path: Path) -> None:
    """The reason for the probe: SQLite's DELETE leaves the bytes; secure_delete and VACUUM take them away."""
    path = tmp_path / "ward.db"
    base = sqlite3.connect(path, isolation_level=None)
    base.execute("PRAGMA secure_delete = OFF")
    base.execute("CREATE TABLE person (line_user_id TEXT)")
    base.executemany("INSERT INTO person VALUES (?)", [(f"Ucccc{number:028x}",) for number in range(50)])
    base.execute("DELETE FROM person")
    needles = Needles.of([f"Ucccc{number:028x}" for number in range(50)])
    deleted = probe({"warehouse": path}, needles).hits
    base.execute("VACUUM")
    base.close()
    assert deleted > 0
    assert probe({"warehouse": path}, needles).hits == 0
