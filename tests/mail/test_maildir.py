"""Mails come in as letters, whole, each once; a box is touched only after what its mails say is committed."""

import base64
import contextlib
import json
import os
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import delete

from expectations.gate import gate
from sandbox.mails.corpus import corpus
from sandbox.mails.writing import TEXT, mail, word
from tayori.domain.evidence import Evidence, Purpose
from tayori.errors import BadInput, NotFound, Refused, Unavailable
from tayori.ingest import quarantine
from tayori.ingest.intake import row_number
from tayori.ingest.mail import ingest_mail
from tayori.ingest.opinions import ingest_call_centre
from tayori.ingest.sources.database_mapping import read_database_mapping
from tayori.ingest.sources.mail.boxes import opened_box
from tayori.ingest.sources.mail.mapping import read_mail_mapping
from tayori.ingest.sources.mail.message import read_mail
from tayori.migration.database import opened as opened_old
from tayori.migration.mapping import read_old_mapping
from tayori.office import Office
from tayori.retention.run import expire_quarantine
from tayori.vault.keyfile import Space
from tayori.warehouse import arrivals, opinions
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.schema import records
from tests.ingest.builders import rows
from tests.mail.builders import DONE, MAPPING, a_maildir, filed, take_in, waiting
from tests.support.opened import opened

NOBODY = 65_534
EXAMPLES = Path("docs/examples")
LONG = "区立図書館の夜間開館を、試験の前だけでも二十二時まで延ばしてください。"
BOUNCES = [one.raw for one in corpus() if one.expected.get("kind") == "bounce"]


def test_a_mail_becomes_a_letter_with_its_writer_and_the_mail_itself(office: Office, tmp_path: Path) -> None:
    """Name, address, subject and text are items of the case; the mail as it came is sealed as part of the opinion."""
    raw = mail(TEXT)
    counts = take_in(office, a_maildir(tmp_path / "box", [raw]))
    assert (counts.read, counts.recorded, counts.quarantined.total()) == (1, 1, 0)
    case = opened(office)[0]
    assert (case["channel"], case["addressee"], case["answer_wanted"]) == ("email", "mayor", "unknown")
    assert (case["name"], case["email"]) == ("模擬 太郎", "taro@example.jp")
    assert case["opinion"] == f"件名：街路樹について\n\n{TEXT}"
    assert str(case["received_on"]) == "2026-11-01"
    file = opened(office, "letter_file")[0]
    assert (file["role"], file["title"]) == ("original", "mail.eml")
    assert base64.b64decode(str(file["content"])) == raw
    stored = rows(office, "SELECT title, content FROM letter_file")[0]
    assert all(TEXT[:5].encode() not in bytes(cell) and b"mail.eml" not in bytes(cell) for cell in stored)


def test_every_mail_of_the_corpus_is_a_letter_or_waits_for_somebody(office: Office, tmp_path: Path) -> None:
    """Read is recorded + set aside; a second run finds an empty box and a refilled one adds nothing."""
    raws = [one.raw for one in corpus()]
    box = a_maildir(tmp_path / "box", raws)
    counts = take_in(office, box)
    assert counts.read == len(raws) == counts.recorded + counts.counted + counts.duplicate + counts.quarantined.total()
    assert counts.quarantined["mail_is_a_bounce"] == len(BOUNCES)
    assert waiting(box) == 0
    assert len(filed(box)) == len(raws)
    assert take_in(office, box).read == 0
    again = take_in(office, a_maildir(box, raws, first=1000))
    assert (again.recorded, again.counted) == (0, 0)


def test_a_bounce_waits_whole_and_sealed_for_somebody_of_the_desk(office: Office, tmp_path: Path) -> None:
    """That an answer did not arrive is for people to see: the mail waits in quarantine under its rule, and opens."""
    take_in(office, a_maildir(tmp_path / "box", BOUNCES[:1]))
    row = quarantine.list_waiting(office)[0]
    assert row.rule == "mail_is_a_bounce"
    held = json.loads(quarantine.open_content(office, row.quarantine_no, Evidence("desk", Purpose.INTAKE)))
    assert base64.b64decode(held["files"][0]["content"]) == BOUNCES[0]


def test_who_asks_a_department_by_mail_is_counted_and_not_recorded(office: Office, tmp_path: Path) -> None:
    """O10: a mail to a department is neither a letter to the mayor nor an inquiry over the web page."""
    counts = take_in(office, a_maildir(tmp_path / "box", [mail(TEXT, To="info@city.example.lg.jp")]))
    assert (counts.recorded, counts.counted) == (0, 1)
    with reading(office.warehouse) as people:
        assert sum(opinions.count_cases(people).values()) == 0
    assert rows(office, "SELECT count(*) FROM letter_file") == [(0,)]


def test_a_letter_that_came_twice_is_two_letters_that_are_linked(office: Office, tmp_path: Path) -> None:
    """A doubled arrival is one 通 each and still answered; texts are linked, however their blanks and widths differ."""
    mails = [
        mail(LONG, Message_ID="<1@a>", Subject=""),
        mail(LONG.replace("、", "、\n"), Message_ID="<2@a>", Subject="", From="hanako@example.jp"),
        mail("ありがとう", Message_ID="<3@a>", Subject=""),
        mail("ありがとう", Message_ID="<4@a>", Subject=""),
    ]
    assert take_in(office, a_maildir(tmp_path / "box", mails)).recorded == 4
    with reading(office.warehouse) as people:
        assert arrivals.same_text(people, 1) == [2]
        assert arrivals.same_text(people, 2) == [1]
        assert arrivals.same_text(people, 3) == []
        assert [(row["first"], row["channel"]) for row in arrivals.linked(people)] == [(1, "email")] * 2


def test_a_letter_in_an_attachment_alone_says_so(office: Office, tmp_path: Path) -> None:
    """A mail without a text is no empty letter: a note of ours says where it is."""
    raw = next(one.raw for one in corpus() if one.name == "file-alone")
    take_in(office, a_maildir(tmp_path / "box", [raw]))
    assert str(opened(office)[0]["opinion"]).endswith("〔添付ファイル1件〕")


def test_signs_that_nobody_can_read_are_marked_and_counted(office: Office, tmp_path: Path) -> None:
    """What a gateway destroyed is marked 〓 in the text, and the case says how many signs are doubtful."""
    raw = next(one.raw for one in corpus() if one.name == "half-a-character")
    take_in(office, a_maildir(tmp_path / "box", [raw]))
    assert str(opened(office)[0]["opinion"]).count("〓") == 1
    with reading(office.warehouse) as people:
        assert arrivals.doubtful_signs(people, 1) == 1


def test_what_was_taken_in_is_deleted_from_the_box_after_its_days(office: Office, tmp_path: Path) -> None:
    """The folder of what was taken in has an end; what is not known here stays, and somebody is told to look."""
    counted = mail("ごみの日を教えてください。", To="info@city.example.lg.jp")
    box = a_maildir(tmp_path / "box", [mail(TEXT), counted, *BOUNCES[:1]])
    first = take_in(office, box)
    assert (first.recorded, first.counted, first.cleared) == (1, 1, 0)
    by_hand = a_maildir(tmp_path / "other", [mail("手で移された、だれも読んでいない意見です。")], first=9)
    for path in (by_hand / "new").iterdir():
        path.rename(box / f".{DONE}" / "cur" / f"{path.name}:2,S")
    office.clock.forward(days=12)  # type: ignore[attr-defined]
    assert (take_in(office, box).cleared, len(filed(box))) == (0, 4)
    office.clock.forward(days=3)  # type: ignore[attr-defined]
    counts = take_in(office, box)
    assert (counts.read, counts.cleared, counts.left_behind) == (0, 3, {"mail_was_filed_and_is_not_known_here": 1})
    (left,) = filed(box)
    assert "手で移された" in read_mail(left.read_bytes()).text
    assert rows(office, "SELECT count(*) FROM opinion_case") == [(1,)]


def test_a_letter_that_nobody_decided_on_in_quarantine_is_not_deleted(office: Office, tmp_path: Path) -> None:
    """Its content here ended by itself: the mail is the only one left. What was decided on, or no letter, goes."""
    empty = [mail("", Subject="", Message_ID=f"<{number}@a>") for number in range(2)]
    box = a_maildir(tmp_path / "box", [*empty, decimal_mail(), *BOUNCES[:1]])
    assert take_in(office, box).quarantined.total() == 4
    for row in quarantine.list_waiting(office):
        if row.row_no in {row_number(read_mail(raw).key[:12]) for raw in (empty[0], decimal_mail())}:
            quarantine.discard(office, row.quarantine_no, Evidence("desk", Purpose.INTAKE))
    office.clock.forward(days=20)  # type: ignore[attr-defined]
    expire_quarantine(office)
    counts = take_in(office, box)
    assert (counts.cleared, counts.left_behind) == (3, {"mail_was_set_aside_and_nobody_decided": 1})
    assert [path.read_bytes() for path in filed(box)] == [empty[1]]


def test_a_bounce_that_is_not_known_here_is_not_deleted(office: Office, tmp_path: Path) -> None:
    """After a backup was restored nobody has seen that an answer did not arrive: the notice stays and is told."""
    box = a_maildir(tmp_path / "box", BOUNCES[:1])
    take_in(office, box)
    with writing(office.warehouse) as people:
        people.execute(delete(records.quarantine))
    office.clock.forward(days=20)  # type: ignore[attr-defined]
    counts = take_in(office, box)
    assert (counts.cleared, counts.left_behind) == (0, {"mail_was_filed_and_is_not_known_here": 1})


def decimal_mail() -> bytes:
    """Give a mail without a text whose digest begins with twelve decimal digits: its row's number is that number."""
    mails = (mail("", Subject="", Message_ID=f"<{number}@decimal>") for number in count())
    return next(raw for raw in mails if read_mail(raw).key[:12].isdecimal())


def test_a_maildir_that_cannot_be_read_is_no_empty_one() -> None:
    """Whose folder another user keeps to themselves is told; it does not look as if nobody had written."""
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        box = a_maildir(Path(place) / "box", [mail(TEXT)])
        box.chmod(0o755)
        (box / "new").chmod(0o311)
        with as_nobody(), pytest.raises(Unavailable, match="be read"), opened_box(f"maildir://{box}", DONE) as one:
            list(one.blocks())


@contextlib.contextmanager
def as_nobody() -> Iterator[None]:
    """Let root see a folder as another user does."""
    before = os.geteuid()
    os.seteuid(NOBODY if before == 0 else before)
    try:
        yield
    finally:
        os.seteuid(before)


def test_a_rehearsal_reads_no_mailbox_of_a_real_server(sqlite_office: Office) -> None:
    """It would move what residents wrote into a world of dummies, out of the sight of the desk."""
    for host in ("imap.city.example.lg.jp", "mail.local", "example.jp.attacker.net", "mail.city.jp,mail.example"):
        with pytest.raises(Refused, match="rehearsal") as refusal:
            ingest_mail(sqlite_office, f"imaps://desk:secret@{host}/INBOX", MAPPING, gate)
        assert "secret" not in str(refusal.value)
    with pytest.raises(Unavailable):
        ingest_mail(sqlite_office, "imap://desk:secret@127.0.0.1:9/INBOX", MAPPING, gate)


@pytest.mark.parametrize(
    "host",
    [
        "faq.city.example.lg.jp/faq",
        "10.0.0.5/faq",
        "/faq?host=127.0.0.1&host=db.city.jp",
        "/faq?host=db.city.jp&host=db.example",
        "/faq?hostaddr=10.0.0.5",
        "/faq?service=faq",
    ],
)
def test_a_rehearsal_reads_no_call_centre_and_no_old_system_of_a_real_server(sqlite_office: Office, host: str) -> None:
    """What residents told the ward stays out of a world of dummies, whichever database it lies in."""
    url, calls = f"postgresql://reader:secret@{host}", read_database_mapping(EXAMPLES / "call_centre.yaml")
    with pytest.raises(Refused, match="rehearsal") as refusal:
        ingest_call_centre(sqlite_office, url, calls, gate)
    with (
        pytest.raises(Refused, match="rehearsal"),
        opened_old(sqlite_office.settings, url, read_old_mapping(EXAMPLES / "old_system.yaml")),
    ):
        pass
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize("name", ["PGHOST", "PGHOSTADDR", "PGSERVICE"])
def test_a_server_that_only_the_environment_names_is_one_too(
    sqlite_office: Office, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """An address without a host leads where libpq's own variables point: a shell is easily left with them."""
    monkeypatch.setenv(name, "db.city.jp")
    calls = read_database_mapping(EXAMPLES / "call_centre.yaml")
    with pytest.raises(Refused, match="rehearsal"):
        ingest_call_centre(sqlite_office, "postgresql://reader@/faq", calls, gate)


def test_a_box_is_untouched_where_nothing_could_be_committed(office: Office, tmp_path: Path) -> None:
    """With the keys of cases gone nothing is stored: every mail waits where it was, unread."""
    box = a_maildir(tmp_path / "box", [mail(TEXT)])
    office.kek_path.unlink()
    with pytest.raises(Unavailable):
        take_in(office, box)
    assert waiting(box) == 1
    assert filed(box) == []
    assert rows(office, "SELECT count(*) FROM opinion_case") == [(0,)]
    assert office.keyring(Space.CASE)


@pytest.mark.parametrize("url", ["imap:///INBOX", "pop3://host/", "maildir://", "imaps://host:99999/", "nonsense"])
def test_an_address_that_names_no_box_is_refused(sqlite_office: Office, url: str) -> None:
    """The sentence names the setting, never the address, which may hold a password."""
    from expectations.gate import gate  # noqa: PLC0415 - as the command does
    from tayori.ingest.mail import ingest_mail  # noqa: PLC0415 - as the command does

    with pytest.raises((BadInput, NotFound)) as refused:
        ingest_mail(sqlite_office, url, MAPPING, gate)
    assert "TAYORI_MAIL_URL" in refused.value.sentence


@pytest.mark.parametrize(
    ("change", "word_in_it"),
    [
        ("addressees: {a@example.jp: nobody}", "nobody"),
        ("answer_wanted: perhaps", "answer_wanted"),
        ("otherwise: both", "both"),
        ("colour: red", "colour"),
        ("done: ''", "done"),
        ("done_days: 0", "done_days"),
        ("done_days: ever", "done_days"),
    ],
)
def test_a_mapping_that_is_wrong_is_refused_with_its_place(tmp_path: Path, change: str, word_in_it: str) -> None:
    """Codes and words are checked before a mail is opened."""
    path = tmp_path / "mail.yaml"
    lines = ["name: 窓口", "source: mail", "done: 取込済"]
    path.write_text("\n".join([*(one for one in lines if not change.startswith(one[:5])), change]), "utf-8")
    with pytest.raises(BadInput, match=word_in_it):
        read_mail_mapping(path)


def test_the_wards_own_example_is_a_mapping() -> None:
    """docs/examples/mail.yaml is read as it stands."""
    mapping = read_mail_mapping(Path("docs/examples/mail.yaml"))
    assert mapping.addressee(("kucho@city.example.lg.jp",)) == "mayor"
    assert mapping.addressee(("someone@else.example",)) == "unknown"
    assert word("x")
