"""The channels by which letters come in, each with a source full of dummy letters, for trials that kill readings.

A channel's letters lie in a folder that every trial copies; those of the web form lie sealed in the office's inbox,
those of a mailbox on a server are laid there anew for each trial.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from imapclient import IMAPClient
from sqlalchemy import create_engine

from expectations.gate import gate
from sandbox.call_centre import database as call_centre
from sandbox.letters.letters import Mailbag
from sandbox.letters.writers import write_csv
from sandbox.mails.corpus import corpus
from sandbox.mails.writing import mail
from sandbox.old_system import database as old_system
from tayori.domain.letters import letter_of
from tayori.domain.receipts import receipt_number
from tayori.domain.ward import ward
from tayori.ingest.inbox import ingest_inbox
from tayori.ingest.mail import ingest_mail
from tayori.ingest.opinions import ingest_call_centre, ingest_opinion_file
from tayori.ingest.sent import LETTER, Sent
from tayori.ingest.sources.database_mapping import read_database_mapping
from tayori.ingest.sources.mail.mapping import read_mail_mapping
from tayori.ingest.sources.mapping import read_file_mapping
from tayori.migration import database, loading
from tayori.migration.mapping import read_old_mapping
from tayori.office import Office
from tayori.warehouse import inbox
from tayori.warehouse.engines import reading, writing
from tests.support.dovecot import PASSWORD, USER, MailServer

EXAMPLES: Final = Path(__file__).parents[3] / "docs" / "examples"
LETTERS: Final = 150
MAILS: Final = 220  # two blocks, as BOXED
BOXED: Final = 210  # mails on the server
SENT: Final = 200
NOTED: Final = 120
BLOCK: Final = 40  # rows of the inbox that are taken in together, so that there are many moments in between
NOW: Final = datetime(2027, 6, 1, tzinfo=UTC)
Read = Callable[[Office], object]


@dataclass(frozen=True)
class Channel:
    """A channel: `fill` puts letters into a folder or the inbox, `read` gives what takes them in from there.

    `lay_out` prepares the copy of a trial; `left` counts what waits at the source still, once all is taken in.
    """

    name: str
    fill: Callable[[Path, Office], None]
    read: Callable[[Path], Read]
    lay_out: Callable[[Path], None] = lambda _: None
    left: Callable[[Path, Office], int] = lambda _, __: 0


def _letters(folder: Path, _: Office) -> None:
    write_csv(Mailbag(LETTERS, seed=1).letters(), folder / "letters.csv")


def _read_file(name: str, mapping: str) -> Callable[[Path], Read]:
    told = read_file_mapping(EXAMPLES / f"{mapping}.yaml")
    return lambda folder: lambda office: ingest_opinion_file(office, folder / name, told, gate)


def _scans(folder: Path, _: Office) -> None:
    (folder / "画像").mkdir()
    lines = ["番号,受付日,本文,画像"]
    for number in range(60):
        name = f"{number:04d}.png"
        (folder / "画像" / name).write_bytes(b"\x89PNG\r\n\x1a\n" + number.to_bytes(2) * 200)
        lines.append(f"{number},2026-10-01,公園の水が出ません。{number}番の■口です。,{name}")
    (folder / "scans.csv").write_text("\n".join(lines), "utf-8")


def _notes(folder: Path, _: Office) -> None:
    lines = ["記録番号,受けた日,受けた方法,宛先,回答希望,担当課,要旨,応対者,折返し先"]
    lines += [
        f"{number},2026/10/{number % 28 + 1},{'電話' if number % 3 else '窓口'},区長,有,道路課,歩道の段差{number},係,"
        for number in range(NOTED)
    ]
    (folder / "notes.csv").write_text("\n".join(lines), "utf-8")


def _inquiries(folder: Path, _: Office) -> None:
    head = "受付ID,送信日時,回答の要否,問合せ先,お名前,ご住所,電話番号,メールアドレス,お問合せ内容,IPアドレス,ブラウザ"
    lines = [
        f"q{number},2026/10/01,{'必要' if number % 3 else '不要'},道路課,模擬,,,q{number}@example.jp,街灯{number},x,x"
        for number in range(NOTED)
    ]
    (folder / "inquiries.csv").write_text("\r\n".join([head, *lines]), "cp932")


def _calls(folder: Path, _: Office) -> None:
    call_centre.create(create_engine(f"sqlite:///{folder / 'call.db'}"), 900, seed=5)


def _read_calls(folder: Path) -> Read:
    mapping = read_database_mapping(EXAMPLES / "call_centre.yaml")
    return lambda office: ingest_call_centre(office, f"sqlite:///{folder / 'call.db'}", mapping, gate)


def _written(many: int) -> list[bytes]:
    raws = [one.raw for one in corpus()]
    more = range(many - len(raws))
    return raws + [mail(f"{number}番の街灯が切れています。", Message_ID=f"<k{number}@a>") for number in more]


def _mails(folder: Path, _: Office) -> None:
    for part in ("tmp", "new", "cur"):
        (folder / "box" / part).mkdir(parents=True)
    for number, raw in enumerate(_written(MAILS)):
        (folder / "box" / "new" / f"{1_790_000_000 + number}.M{number}P1.box").write_bytes(raw)


def _read_mails(folder: Path) -> Read:
    mapping = read_mail_mapping(EXAMPLES / "mail.yaml")
    return lambda office: ingest_mail(office, f"maildir://{folder / 'box'}", mapping, gate)


def _left_in_maildir(folder: Path, _: Office) -> int:
    return sum(1 for part in ("new", "cur") for _ in (folder / "box" / part).iterdir())


def _old_cases(folder: Path, _: Office) -> None:
    old_system.create(create_engine(f"sqlite:///{folder / 'old.db'}"), 200, seed=1)


def _read_old_cases(folder: Path) -> Read:
    mapping = read_old_mapping(EXAMPLES / "old_system.yaml")

    def read(office: Office) -> object:
        with database.opened(office.settings, f"sqlite:///{folder / 'old.db'}", mapping) as old:
            return loading.load(office, old, gate)

    return read


def _web_form(_: Path, office: Office) -> None:
    """Seal letters into the inbox, as the door does for the opinion screen; one in ten was sent twice."""
    letters = [_sent(number) for number in range(SENT)]
    boxes = [office.sealer.seal(LETTER, one.packed()) for one in (*letters, *letters[::10])]
    with writing(office.inbox) as connection:
        inbox.put_many(connection, LETTER, ((box.epoch, box.box) for box in boxes), NOW)


def _sent(number: int) -> Sent:
    given = {"addressee": "mayor", "opinion": f"模擬の意見、{number}番です。", "answer": "no"}
    if number % 2:
        given |= {"answer": "yes", "answer_by": "email", "name": "模擬", "email": f"w{number}@example.jp"}
    day = date(2026, 10, 1)
    return Sent(
        f"{number:032x}", receipt_number(day, number.to_bytes(10)), day, ward().current_notice, letter_of(given)
    )


def _read_web_form(_: Path) -> Read:
    def read(office: Office) -> None:
        while ingest_inbox(office, gate, BLOCK).rows:
            pass

    return read


def _left_in_inbox(_: Path, office: Office) -> int:
    with reading(office.inbox) as connection:
        return len(inbox.oldest(connection, (LETTER,), SENT * 2))


CHANNELS: Final = {
    one.name: one
    for one in (
        Channel("web_form", _web_form, _read_web_form, left=_left_in_inbox),
        Channel("file", _letters, _read_file("letters.csv", "desk_list")),
        Channel("scans", _scans, _read_file("scans.csv", "scanned_letters")),
        Channel("notes", _notes, _read_file("notes.csv", "spoken_notes")),
        Channel("inquiries", _inquiries, _read_file("inquiries.csv", "department_inquiries")),
        Channel("call_centre", _calls, _read_calls),
        Channel("maildir", _mails, _read_mails, left=_left_in_maildir),
        Channel("migration", _old_cases, _read_old_cases),
    )
}


def imap_channel(server: MailServer) -> Channel:
    """Give the channel of a mailbox on a running server; each trial has a folder of its own there."""
    mapping, raws = read_mail_mapping(EXAMPLES / "mail.yaml"), _written(BOXED)

    def lay_out(folder: Path) -> None:
        with _logged_in(server) as client:
            client.create_folder(_box(folder))
            for raw in raws:
                client.append(_box(folder), raw, msg_time=NOW)

    def left(folder: Path, _: Office) -> int:
        with _logged_in(server) as client:
            return int(client.folder_status(_box(folder), ["MESSAGES"])[b"MESSAGES"])

    def read(folder: Path) -> Read:
        return lambda office: ingest_mail(office, server.url(_box(folder)), mapping, gate)

    return Channel("imap", lambda _, __: None, read, lay_out, left)


def _box(folder: Path) -> str:
    return folder.parent.name


def _logged_in(server: MailServer) -> IMAPClient:
    client = IMAPClient("127.0.0.1", server.port, ssl=False)
    client.login(USER, PASSWORD)
    return client
