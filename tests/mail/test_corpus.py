"""Every mail of the corpus is read as a clerk would read it, and no bytes whatever stop the reading."""

from dataclasses import asdict
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.mails.corpus import corpus
from sandbox.mails.writing import Specimen, mail
from tayori.ingest.sources.mail.message import ReadMail, read_mail

CORPUS = corpus()


@pytest.mark.parametrize("specimen", CORPUS, ids=lambda one: one.name)
def test_a_mail_is_read_as_a_clerk_would_read_it(specimen: Specimen) -> None:
    """Kind, writer, subject, text, history and files are what the specimen says."""
    found = asdict(read_mail(specimen.raw))
    expected = specimen.expected
    if isinstance(expected.get("history"), bool):
        found["history"] = bool(found["history"])
    assert {name: found[name] for name in expected} == expected


def test_the_corpus_is_large_and_every_specimen_has_a_name_of_its_own() -> None:
    """At least sixty mails, each with what it is built from and at least one field that is expected."""
    assert len(CORPUS) >= 60
    assert len({specimen.name for specimen in CORPUS}) == len(CORPUS)
    assert all(specimen.source and specimen.expected for specimen in CORPUS)


def test_what_is_cut_off_as_history_and_what_stays_are_all_of_the_text() -> None:
    """Nothing that a writer wrote falls between text and history."""
    for specimen in CORPUS:
        if specimen.name.startswith("history-"):
            read = read_mail(specimen.raw)
            assert "担当課からご連絡します" in read.history
            assert "担当課からご連絡します" not in read.text


@given(st.binary(max_size=2_000))
def test_any_bytes_are_read(raw: bytes) -> None:
    """Bytes that are no mail at all are a mail without much in it."""
    assert isinstance(read_mail(raw), ReadMail)


@given(st.sampled_from(CORPUS), st.integers(0, 2**32))
def test_a_damaged_mail_is_read(specimen: Specimen, seed: int) -> None:
    """A mail with bytes changed, lost, doubled or moved is still read, and its text can be kept."""
    dice = Random(seed)  # noqa: S311 - replayable
    raw = bytearray(specimen.raw)
    for _ in range(dice.randint(1, 12)):
        at, length = dice.randrange(len(raw)), dice.randint(1, 40)
        piece = raw[at : at + length]
        raw[at : at + length] = dice.choice([b"", piece + piece, dice.randbytes(length), b"=?", b"\x1b$B", b"\r\n\r\n"])
        raw = raw or bytearray(b"\n")
    read = read_mail(bytes(raw))
    for text in (read.text, read.subject, read.name, read.history):
        assert text.encode("utf-8").decode("utf-8") == text


def test_the_same_bytes_have_one_key_and_others_another() -> None:
    """A mail that is read twice is one mail; one that was sent twice is two."""
    first, second = mail("街灯", Message_ID="<1@a>"), mail("街灯", Message_ID="<2@a>")
    assert read_mail(first).key == read_mail(first).key != read_mail(second).key


def test_reading_a_mail_writes_nothing_to_a_log(caplog: pytest.LogCaptureFixture) -> None:
    """I3: a library that stumbles over a mail keeps its words to itself."""
    caplog.set_level(0)
    raw = mail("550 unknown user", "From: 郵便 <MAILER-DAEMON@mx.example.jp>", From="", Return_Path="<>", Subject="x")
    assert read_mail(raw)
    assert caplog.records == []
