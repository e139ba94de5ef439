"""What marked people hand in: follows, settings, talk, deliveries that nobody can read, letters, inquiries."""

import base64
import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import httpx
from sqlalchemy import Table, create_engine, func, insert, select, update

from sandbox.call_centre.database import create
from sandbox.call_centre.tables import RENRAKUSAKI, TOIAWASE
from sandbox.letters.letters import Letter, Mailbag
from sandbox.letters.timeline import usual_surge
from sandbox.letters.writers import write_csv, write_excel, write_json_lines
from sandbox.mails.corpus import corpus
from tayori.domain.identifiers import LineUserId
from tayori.domain.letters import Letter as Written
from tayori.domain.receipts import receipt_number
from tayori.domain.reception import ReceptionSettings
from tayori.domain.ward import ward
from tayori.ingest.sent import LETTER, Sent
from tayori.ingest.submissions import new_submission_id, submission_of, submit_receptions
from tayori.line.webhook import SIGNATURE_HEADER, signature_of
from tayori.warehouse import inbox
from tayori.warehouse.engines import writing
from tayori.warehouse.schema.stores import inbox_row
from tests.canary.marks import IN_KANJI, PLACEHOLDER, Marks, marked_letters
from tests.canary.world import World

SCREENED = 5  # letters over the opinion screen
LETTERS = 80  # in each of three files
INQUIRIES = 300
WRITERS = {"letters.csv": write_csv, "letters.xlsx": write_excel, "letters.jsonl": write_json_lines}


def follow(world: World, ids: list[str]) -> None:
    """Let people add the account; LINE tells the door."""
    world.platform.control.ask("webhook", url=world.webhook)
    told = world.platform.control.ask("friends", ids=ids)["webhook"]
    assert told["statuses"] == {"200": told["deliveries"]}


def choose(world: World, ids: list[str]) -> None:
    """Let people set what they want; among them a birth month, a field that nobody asked for, and a stranger."""
    office, rng = world.office, Random(1)  # noqa: S311 - replayable
    now = office.now()
    good = [
        submission_of(_settings(one, 1950 + at, now), new_submission_id(rng)) for at, one in enumerate([*ids, ids[0]])
    ]
    marks = world.marks
    month = good[30] | {"submission_id": new_submission_id(rng), "birth_year": f"1980-05 {marks.talk}"}
    more = good[31] | {"submission_id": new_submission_id(rng), marks.talk: marks.talk}
    stranger = good[32] | {"submission_id": new_submission_id(rng), "line_user_id": marks.resident(9_999)}
    submit_receptions(office.inbox, office.sealer, [*good, month, more, stranger], now)


def _settings(line_user_id: str, born: int, now: Any) -> ReceptionSettings:  # noqa: ANN401 - a moment
    genres = frozenset({1, 3})
    return ReceptionSettings(LineUserId(line_user_id), ward().current_purpose, now, born, 1, 1, genres)


def write_over_the_screen(world: World) -> None:
    """Let people write over the opinion screen; the door seals what they sent."""
    office, marks = world.office, world.marks
    for at in range(SCREENED):
        mark = marks.letter(LETTERS * 4 + at)
        mail = f"{mark.encode('ascii', 'ignore').decode()}@example.jp"
        letter = Written("mayor", f"{mark}の前の道が暗いです。", "yes", "email", name=mark, address=mark, email=mail)
        number = receipt_number(office.today(), f"{at:010d}".encode())
        sent = Sent(f"{at:032x}", number, office.today(), ward().current_notice, letter)
        box = office.sealer.seal(LETTER, sent.packed())
        with writing(office.inbox) as connection:
            inbox.put(connection, LETTER, box.epoch, box.box, office.now())


def talk(world: World) -> None:
    """Send what residents send and nobody may keep, what cannot be read, and what is not LINE's."""
    marks = world.marks
    source = {"type": "user", "userId": marks.resident(30)}
    events = [
        _event(1, source, type="message", message={"type": "text", "id": marks.talk, "text": marks.talk}),
        _event(2, source, type="postback", postback={"data": marks.talk}, replyToken=marks.talk),
        _event(3, {"type": "group", "groupId": marks.talk, "userId": marks.resident(1)}, type="message"),
        _event(4, {"type": "user", "userId": marks.resident(2) + "0"}, type="follow"),
        _event(5, source, type=marks.talk),
        _event(6, source, type="follow") | {"timestamp": marks.talk},
        marks.talk,
    ]
    _post(world, json.dumps({"destination": marks.talk, "events": events}).encode(), signed=True)
    _post(world, f'{{"events": [{{"source": "{marks.resident(3)}", "{marks.talk}'.encode(), signed=True)
    _post(world, marks.talk.encode("utf-16"), signed=True)
    _post(world, json.dumps({"events": events}).encode(), signed=False)
    httpx.get(f"{world.webhook}/{marks.talk}", params={"who": marks.resident(4)}, timeout=60)


def _event(number: int, source: dict[str, str], **what: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    moment = 1_790_000_000_000 + number
    common = {"mode": "active", "timestamp": moment, "webhookEventId": f"01J8{number:022d}"}
    return {**common, "deliveryContext": {"isRedelivery": False}, "source": source, **what}


def _post(world: World, body: bytes, *, signed: bool) -> None:
    secret = world.marks.secret("channel").encode()
    signature = signature_of(secret, body).decode() if signed else base64.b64encode(world.marks.talk.encode()).decode()
    answer = httpx.post(world.webhook, content=body, headers={SIGNATURE_HEADER: signature}, timeout=60)
    assert answer.status_code == (200 if signed else 401)


def tamper_with_the_inbox(world: World) -> None:
    """Put a row into the inbox that was changed on the way, and one whose key was destroyed."""
    with writing(world.office.inbox) as connection:
        row = connection.execute(select(inbox_row).limit(1)).one()
        changed = bytes([row.sealed[0] ^ 1]) + row.sealed[1:]
        for sealed, epoch in ((changed, row.epoch), (row.sealed, row.epoch + 1000)):
            values = {"kind": row.kind, "epoch": epoch, "sealed": sealed, "received_at": row.received_at}
            connection.execute(insert(inbox_row).values(values))


def letters(world: World, until: date) -> list[Path]:
    """Write the desk's lists of marked letters; in each a few that the gate refuses."""
    paths = []
    for part, (name, write) in enumerate(WRITERS.items()):
        bag = Mailbag(LETTERS, part, until, usual_surge(until), prefix=f"C{part}")
        marked = [_spoilt(letter, at) for at, letter in enumerate(marked_letters(world.marks, bag, part * LETTERS))]
        path = world.handed_in / name
        write(marked, path)
        paths.append(path)
    return paths


def _spoilt(letter: Letter, at: int) -> Letter:
    if at == LETTERS - 1:
        return replace(letter, telephone=f"{letter.opinion}{'9' * 70}")
    return replace(letter, department=f"{letter.name}の担当{'部' * 40}") if at == LETTERS - 2 else letter


def mails(world: World) -> None:
    """Put marked mails into the ward's mailbox: written by people, bounced, quoting, and not to be understood."""
    box = world.handed_in / "box"
    for part in ("tmp", "new", "cur"):
        (box / part).mkdir(parents=True)
    for at, raw in enumerate((one.raw for one in corpus()), 1):
        mark = world.marks.letter(LETTERS * 10 + at)
        (box / "new" / f"{1_790_000_000 + at}.M{at}P1.box").write_bytes(raw + f"\r\n{mark}\r\n".encode())


def call_centre(world: World, marks: Marks) -> None:
    """Build the call centre's database, each inquiry with a mark of its own."""
    engine = create_engine(world.environment["TAYORI_CALL_CENTRE_URL"])
    create(engine, INQUIRIES, 5, marker=PLACEHOLDER)
    with engine.begin() as connection:
        rows = connection.execute(select(TOIAWASE.c.TOIAWASE_NO, TOIAWASE.c.RENRAKUSAKI_NO)).all()
        for at, (key, contact) in enumerate(rows, len(WRITERS) * LETTERS + IN_KANJI):
            mark = marks.letter(at)
            for table, column, known in (
                (TOIAWASE, "NAIYOU", key == TOIAWASE.c.TOIAWASE_NO),
                (RENRAKUSAKI, "SHIMEI", contact == RENRAKUSAKI.c.RENRAKUSAKI_NO),
            ):
                connection.execute(_marked(table, column, mark).where(known))
    engine.dispose()


def _marked(table: Table, column: str, mark: str) -> Any:  # noqa: ANN401 - a statement
    return update(table).values({column: func.replace(table.c[column], PLACEHOLDER, mark)})
