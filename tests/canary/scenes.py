"""The scenes of the walk: each leads the marked through one flow, and through what can go wrong there."""

import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Column, select, update

from sandbox.approver import let_through
from sandbox.demo.letters import DESK_LIST, end_cases
from tayori.broadcast import desk, standing
from tayori.domain.identifiers import BroadcastId, HandlerId
from tayori.domain.recurrence import TOKYO
from tayori.domain.standing import Kind
from tayori.domain.states import BroadcastState
from tayori.vault.roster import Credential, NewHandler, enrol
from tayori.warehouse import broadcasts
from tayori.warehouse import standing as rows
from tayori.warehouse.engines import writing
from tayori.warehouse.schema.opinions import opinion_case
from tayori.warehouse.schema.people import person, person_counter
from tayori.warehouse.schema.records import lease
from tests.canary import arrivals, visits
from tests.canary.marks import CANARY_NUMBERS, NUMBERS
from tests.canary.steps import Step
from tests.canary.walk import BADLY, FLOWS, PARAMETERS, WELL, Met, Walk
from tests.canary.world import PATIENCE_SECONDS, Worker, World
from tests.support.locks import locked
from tests.support.stand_in import stand_in_interpreter

RESIDENTS = 60
CANARIES = 3
BLOCKED = 5
QUIT = 3
HANDLERS = ("writer", "approver", "desk")
MESSAGE = [{"type": "text", "text": "【防災】明日9時から防災訓練を行います（演習）。"}]
RULES = (
    "unparsed",
    "box_does_not_open",
    "event_has_no_type",
    "event_time_is_impossible",
    "line_user_id_has_wrong_form",
    "birth_year_is_no_year",
    "field_is_not_in_the_register",
    "person_does_not_follow",
    "department_is_too_long",
    "telephone_is_too_long",
)
TAKE_IN_FILE = "tasks.opinions.take_in_file"


def arrive(world: World) -> None:
    """People come, set what they want, and send what nobody wants; their numbers are marks too."""
    with writing(world.office.warehouse) as connection:
        for kind, first in (("person", NUMBERS), ("canary", CANARY_NUMBERS)):
            connection.execute(person_counter.insert().values(kind=kind, last_no=first))
    ids = residents(world)
    arrivals.follow(world, ids)
    arrivals.choose(world, ids)
    arrivals.talk(world)
    arrivals.tamper_with_the_inbox(world)


def residents(world: World) -> list[str]:
    """Give the ids of all who come, canaries among them."""
    marks = world.marks
    return [marks.resident(at) for at in range(RESIDENTS)] + [marks.canary(at) for at in range(CANARIES)]


def everything(world: World) -> list[Met]:
    """Let the marked go through everything; give what was met. Two workers end before their time."""
    arrive(world)
    with world.worker() as doomed, world.worker() as worker:
        walk = Walk(world, worker)
        both_refuse_bad_settings(walk, doomed)
        interrupted(Walk(world, doomed), signal.SIGKILL)
        take_in_events(walk)
        send_news(walk)
        back_up(walk)
        use_the_pages(walk)
        leave(walk)
        take_in_letters(walk)
        take_up(walk)
        confirm_letters(walk)
        analyse(walk)
        watch(walk)
        read_feeds(walk)
        sum_up(walk)
        bad_settings(walk)
        arrivals.talk(world)
        interrupted(walk, signal.SIGTERM)
    return walk.met


def both_refuse_bad_settings(walk: Walk, other: Worker) -> None:
    """Let two workers load everything at the same time, and fail."""
    step = Step(FLOWS["ingest"], PARAMETERS["ingest"], {"TAYORI_MODE": walk.marks.secret("setting")})
    for worker in (walk.worker, other):
        worker.begin(step)
    walk.met += [Met("ingest", "a bad MODE", BADLY, worker.take()) for worker in (walk.worker, other)]


def interrupted(walk: Walk, how: signal.Signals) -> None:
    """End a worker in the middle of flows/ingest, ids open in its hands and the warehouse half written."""
    vault = walk.office.settings.home / "vault.db"
    after_half_a_minute(walk)
    with locked(vault):
        walk.worker.begin(Step(FLOWS["ingest"], after_half_a_minute(walk), patience=5))
        until = time.monotonic() + PATIENCE_SECONDS
        while not is_locked(vault.with_name("warehouse.db")):
            assert time.monotonic() < until
            time.sleep(0.05)
        walk.worker.process.send_signal(how)
        walk.worker.process.wait(PATIENCE_SECONDS)


def take_in_events(walk: Walk) -> None:
    """Flows/ingest: absent and locked stores, errors at every opening, then all of it."""
    later = after_half_a_minute
    walk.fails("ingest", "an absent vault", later(walk), patience=0, environment=_absent(walk, "VAULT_URL"))
    walk.fails("ingest", "an absent inbox", later(walk), patience=0, environment=_absent(walk, "INBOX_URL"))
    with locked(walk.office.settings.home / "warehouse.db"):
        walk.fails("ingest", "a locked warehouse", patience=0)
    walk.stumbles_through("ingest", lambda: later(walk))


def after_half_a_minute(walk: Walk) -> dict[str, Any]:
    """Let the heart of a run that broke off be silent for long enough; give what the next one is started with."""
    with writing(walk.office.warehouse) as connection:
        connection.execute(update(lease).values(beat_at=walk.office.now() - timedelta(minutes=1)))
    return PARAMETERS["ingest"]


def send_news(walk: Walk) -> None:
    """Flows/broadcast: nothing approved, LINE that repeats ids, a changed id, errors at every opening."""
    credentials = _handlers(walk)
    walk.fails("broadcast", "a broadcast that is not there")
    hostile = {"TAYORI_LINE_API_BASE": walk.world.line.url}
    for statuses in ((400,), (500, 500, 400), (401,)):
        walk.world.line.statuses = list(statuses)
        order = approved(walk, credentials)
        walk.ends_well("broadcast", f"LINE that answers {statuses}", order, environment=hostile)
    order = approved(walk, credentials)
    with changed(walk, person.c.line_user_id):
        walk.fails("broadcast", "a sealed id that was changed", order)
    draft = {"order": {"broadcast_id": _draft(walk, credentials["writer"])}}
    walk.fails("broadcast", "a draft", draft)
    walk.stumbles_through("broadcast", lambda: approved(walk, credentials))
    send_by_the_clock(walk, credentials)


def send_by_the_clock(walk: Walk, credentials: dict[str, Credential]) -> None:
    """Flows/plan and flows/dispatch: a sealed id that was changed, errors at every opening."""
    planned(walk, credentials)
    walk.stumbles_through("plan")
    scheduled(walk, credentials)
    with changed(walk, person.c.line_user_id):
        walk.fails("dispatch", "a sealed id that was changed")
    walk.stumbles_through("dispatch", lambda: scheduled(walk, credentials))


def back_up(walk: Walk) -> None:
    """Flows/backup: the stores are taken out, sealed; one that was changed since is told."""
    walk.ends_well("backup", "everybody's rows")
    (part,) = walk.office.settings.backups.glob("backup-*/warehouse.age")
    whole = part.read_bytes()
    part.write_bytes(whole[:-1])
    walk.fails("backup", "a backup that was cut")
    part.write_bytes(whole)
    walk.stumbles_through("backup")


def use_the_pages(walk: Walk) -> None:
    """The residents' pages: settings, what is held, surveys, an end; then flows/ingest takes it all in."""
    visits.visit(walk.world, _enrolled(walk, "asker-1", "approver"), residents(walk.world))
    walk.ends_well("ingest", "what people handed in on their pages", after_half_a_minute(walk))


def leave(walk: Walk) -> None:
    """Flows/reconcile and flows/retention: some block the account, some quit LINE; LINE answers badly before."""
    hostile, line = {"TAYORI_LINE_API_BASE": walk.world.line.url}, walk.world.line
    line.listed = residents(walk.world)
    walk.stumbles_through("reconcile")
    for statuses in ((400,), (500,), (401,)):
        line.statuses = list(statuses)
        walk.fails("reconcile", f"LINE that answers {statuses}", environment=hostile)
    line.garbled = True
    walk.fails("reconcile", "LINE that answers what is no list", environment=hostile)
    line.garbled = False
    walk.fails("reconcile", "no LINE at all", environment={"TAYORI_LINE_API_BASE": "http://127.0.0.1:1"})
    ids, control = residents(walk.world), walk.world.platform.control
    control.ask("block", ids=ids[:BLOCKED])
    control.ask("quit", ids=ids[BLOCKED : BLOCKED + QUIT])
    walk.ends_well("ingest", "people who left")
    walk.ends_well("reconcile", "people who are missing")
    with changed(walk, person.c.line_user_id):
        walk.fails("reconcile", "a sealed id that was changed")
    walk.ends_well("reconcile", "people who are missing again")
    walk.stumbles_through("retention")


def take_in_letters(walk: Walk) -> None:
    """Files by the task, inquiries by flows/ingest_opinions: absent, locked and strange databases before."""
    for path in arrivals.letters(walk.world, walk.office.today() - timedelta(days=1)):
        given = {"path": path, "mapping": DESK_LIST}
        walk.met.append(Met("take_in_file", path.name, WELL, walk.worker.run(TAKE_IN_FILE, given)))
    broken = walk.world.handed_in / "broken.jsonl"
    broken.write_text(f'{{"受付番号": "1", "{walk.marks.letter(0)}": "{walk.marks.letter(1)}"}}\n', "utf-8")
    given = {"path": broken, "mapping": DESK_LIST}
    walk.met.append(Met("take_in_file", "a broken file", BADLY, walk.worker.run(TAKE_IN_FILE, given)))
    arrivals.call_centre(walk.world, walk.marks)
    arrivals.mails(walk.world)
    secret = walk.marks.secret("call-centre")
    for what, url in {
        "an absent call centre": f"sqlite:///{walk.world.folder / 'absent.db'}",
        "a call centre that refuses": f"postgresql://kiku:{secret}@127.0.0.1:1/faq?connect_timeout=1",
        "another database": f"sqlite:///{walk.office.settings.home / 'vault.db'}",
        "an address that is none": f"{secret}://{secret}",
    }.items():
        walk.fails("ingest_opinions", what, environment={"TAYORI_CALL_CENTRE_URL": url})
    walk.stumbles_through("ingest_opinions")


def take_up(walk: Walk) -> None:
    """Flows/desk and flows/desk_reminders: a changed name, errors at every opening."""
    with changed(walk, opinion_case.c.name):
        walk.fails("desk", "a sealed name that was changed")
    walk.stumbles_through("desk")
    walk.stumbles_through("desk_reminders")


def confirm_letters(walk: Walk) -> None:
    """Flows/receipts: letters over the screen and answers to a survey, a mail server that is away, every opening."""
    arrivals.write_over_the_screen(walk.world)
    walk.ends_well("ingest", "letters over the screen", after_half_a_minute(walk))
    secret = walk.marks.secret("mail")
    walk.ends_well("receipts", "no mail server", environment={"TAYORI_SMTP_URL": f"smtp://desk:{secret}@127.0.0.1:1"})
    walk.stumbles_through("receipts")


def analyse(walk: Walk) -> None:
    """Flows/opinion_analysis: a changed letter, a period that is none, errors at every opening, a torn reading."""
    today = walk.office.today()
    end_cases(walk.office, _enrolled(walk, "closer", "desk"), today)
    with changed(walk, opinion_case.c.opinion):
        walk.fails("opinion_analysis", "a sealed letter that was changed")
    backwards = {"period": {"first": today.isoformat(), "last": (today - timedelta(days=400)).isoformat()}}
    walk.fails("opinion_analysis", "a period that runs backwards", backwards)
    walk.stumbles_through("opinion_analysis")
    breaks_off = {"TAYORI_GINZA_PYTHON": str(stand_in_interpreter(walk.office.settings.home.parent, "torn"))}
    walk.fails("opinion_analysis", "a second reader that breaks off", environment=breaks_off)


def watch(walk: Walk) -> None:
    """Flows/watch: mail that is refused, errors at every opening."""
    secret = walk.marks.secret("mail")
    walk.fails("watch", "no mail server", environment={"TAYORI_SMTP_URL": f"smtp://desk:{secret}@127.0.0.1:1"})
    walk.stumbles_through("watch")


def read_feeds(walk: Walk) -> None:
    """Flows/feeds: a feed that is broken and full of marks, no feed, errors at every opening."""
    site, marks = walk.world.site, walk.marks
    sound = site.pages["/feed"]
    site.show(f"<rss><channel>{marks.letter(0)} &{marks.letter(1)};")
    walk.ends_well("feeds", "a feed that is broken")
    site.pages["/feed"] = sound
    walk.fails("feeds", "rules that are not there", environment={"TAYORI_FEEDS_FILE": "/absent"})
    walk.stumbles_through("feeds")


def sum_up(walk: Walk) -> None:
    """Flows/results: LINE answers badly, or not at all; errors at every opening."""
    hostile, line = {"TAYORI_LINE_API_BASE": walk.world.line.url}, walk.world.line
    for statuses in ((400,), (500,), (401,)):
        line.statuses = list(statuses)
        walk.fails("results", f"LINE that answers {statuses}", environment=hostile)
    line.garbled = True
    walk.fails("results", "LINE that answers what are no figures", environment=hostile)
    line.garbled = False
    walk.stumbles_through("results")


def bad_settings(walk: Walk) -> None:
    """Every flow under settings that break a rule, with secrets in them."""
    secret = walk.marks.secret("setting")
    nowhere = f"postgresql://tayori:{secret}@127.0.0.1:1/nowhere?connect_timeout=1"
    for flow in FLOWS:
        for name, value in (("MODE", secret), ("DATABASE_URL", nowhere)):
            walk.fails(flow, f"a bad {name}", environment={f"TAYORI_{name}": value})


def is_locked(path: Path) -> bool:
    """Whether somebody is writing to a store."""
    with closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as opened:
        try:
            opened.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
    return False


@contextmanager
def changed(walk: Walk, column: "Column[Any]") -> Iterator[None]:
    """Change one bit of every sealed value of a column, and put it right again."""
    key = next(iter(column.table.primary_key.columns))
    with writing(walk.office.warehouse) as connection:
        before = connection.execute(select(key, column).where(column.is_not(None))).all()
        for number, sealed in before:
            flipped = sealed[:-1] + bytes([sealed[-1] ^ 1])
            connection.execute(update(column.table).where(key == number).values({column: flipped}))
    yield
    with writing(walk.office.warehouse) as connection:
        for number, sealed in before:
            connection.execute(update(column.table).where(key == number).values({column: sealed}))


def approved(walk: Walk, credentials: dict[str, Credential]) -> dict[str, Any]:
    """Give the order of a broadcast that two handlers signed."""
    office, broadcast_id = walk.office, _draft(walk, credentials["writer"])
    desk.submit(office, credentials["writer"], broadcast_id, desk.review(office, broadcast_id))
    desk.approve(office, credentials["approver"], broadcast_id, desk.review(office, broadcast_id))
    let_through(office, credentials["approver"], broadcast_id)
    return {"order": {"broadcast_id": broadcast_id}}


def scheduled(walk: Walk, credentials: dict[str, Credential]) -> None:
    """Let a broadcast that two handlers signed wait for its moment, which has come; no other one is waiting."""
    order = approved(walk, credentials)
    with writing(walk.office.warehouse) as connection:
        for left in broadcasts.in_states(connection, BroadcastState.SCHEDULED, BroadcastState.SENDING):
            broadcasts.move(connection, broadcasts.find(connection, left), BroadcastState.CANCELLED)
        row = broadcasts.find(connection, BroadcastId(order["order"]["broadcast_id"]))
        broadcasts.move(connection, row, BroadcastState.SCHEDULED)


def planned(walk: Walk, credentials: dict[str, Credential]) -> None:
    """Let two handlers sign a plan for this minute."""
    office, now = walk.office, walk.office.now().astimezone(TOKYO)
    days = {"from": now.date().isoformat(), "until": now.date().isoformat(), "repeat": "daily"}
    new = desk.written("1", {"everyone": True}, MESSAGE, now, now + timedelta(hours=1))
    plan = standing.draft_plan(office, credentials["writer"], new, {"rule": {"at": f"{now:%H:%M}", **days}})
    standing.submit(office, credentials["writer"], plan, standing.show(office, plan, Kind.PLAN))
    standing.approve(office, credentials["approver"], plan, standing.show(office, plan, Kind.PLAN))
    with writing(office.warehouse) as connection:
        rows.change(connection, plan, approved_at=now - timedelta(hours=1))


def _draft(walk: Walk, writer: Credential) -> BroadcastId:
    now = walk.office.now()
    new = desk.written("1", {"everyone": True}, MESSAGE, now, now + timedelta(hours=1))
    return desk.draft(walk.office, writer, new)


def _handlers(walk: Walk) -> dict[str, Credential]:
    return {role: _enrolled(walk, f"{role}-1", role) for role in HANDLERS}


def _enrolled(walk: Walk, name: str, role: str) -> Credential:
    office = walk.office
    new = NewHandler(HandlerId(name), f"演習 {name}", (role,), "甲", office.today())
    with writing(office.warehouse) as connection:
        return enrol(connection, office.handlers_folder, new, walk.marks.secret("passphrase"), office.now())


def _absent(walk: Walk, setting: str) -> dict[str, str]:
    return {f"TAYORI_{setting}": f"sqlite:///{walk.office.settings.home / 'absent.db'}"}
