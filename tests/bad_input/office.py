"""An office in a folder, made once and copied for every case: people, handlers, broadcasts, a row in the inbox."""

import hashlib
import json
import os
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cli import app as command
from sandbox.demo.world import ROOT
from tayori.broadcast import desk
from tayori.domain.identifiers import BroadcastId, HandlerId
from tayori.domain.messages import content_hash, message_bytes
from tayori.domain.ward import ward
from tayori.ingest.submissions import submit_reception
from tayori.office import Office, open_office
from tayori.vault.roster import Credential, NewHandler, enrol
from tayori.warehouse.engines import writing
from tests.broadcast.builders import add_people
from tests.support.builders import a_line_id, some_settings
from tests.support.traces import rows_of

PHRASES = {"hana": "correct-horse-battery", "ken": "another-long-phrase"}
ROLES = {"hana": ("responsible", "writer", "approver"), "ken": ("approver",)}
PEOPLE = 40
VALUE = "大久保の山田さん"
SEGMENTS = {
    "women": {"sex": "女性"},
    "nobody": {"birth_year": {"from": 1900, "to": 1901}},
    "anybody": {"sex": ["女性", "男性"]},
    "everyone": {"everyone": True},
}
MESSAGE: list[dict[str, object]] = [{"type": "text", "text": "子育てひろばのお知らせ"}]
KEPT_FOLDERS = ("keys", "handlers", "certificates")


@dataclass(frozen=True)
class Said:
    """What the command said: exit code, standard output, standard error."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Desk:
    """A clerk's place: a folder to work in, the office's home beside it, broadcasts by what state they are in."""

    folder: Path
    broadcasts: Mapping[str, BroadcastId]

    @property
    def home(self) -> Path:
        """The office's home."""
        return self.folder / "var"

    @property
    def environment(self) -> dict[str, str]:
        """What every command finds in its environment."""
        agent = str(self.folder / "agent")
        return {"TAYORI_HOME": str(self.home), "TAYORI_PASSPHRASE_FILE": agent}

    def words(self, line: str) -> list[str]:
        """Give a command line's words; `{draft}` and the like stand for broadcasts."""
        seen = content_hash(message_bytes(tuple(MESSAGE)))
        return shlex.split(line.format(content=seen, **self.broadcasts))

    def as_process(self, line: str, more: Mapping[str, str]) -> Said:
        """Run the command as a clerk does."""
        return self.as_module("cli.app", self.words(line), self.environment | dict(more))

    def as_module(self, module: str, words: list[str], settings: Mapping[str, str]) -> Said:
        """Run a module of ours as a process with these settings alone."""
        bare = {name: value for name, value in os.environ.items() if not name.startswith(("TAYORI_", "PREFECT_"))}
        run = subprocess.run(
            [sys.executable, "-m", module, *words],
            env=bare | {"PYTHONPATH": str(ROOT)} | dict(settings),
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            stdin=subprocess.DEVNULL,
        )
        return Said(run.returncode, run.stdout, run.stderr)

    @contextmanager
    def open(self) -> Iterator[Office]:
        """Open the office behind the desk."""
        with open_office(some_settings(self.home)) as office:
            yield office

    def holds(self) -> dict[str, Counter[str]]:
        """Give everything that the stores and the key folders hold, to be compared with what they hold later."""
        held: dict[str, Counter[str]] = {}
        with self.open() as office:
            for table, row in rows_of(office):
                held.setdefault(table, Counter())[repr(sorted(row.items()))] += 1
        files = [path for name in KEPT_FOLDERS for path in (self.home / name).rglob("*") if path.is_file()]
        digests = (f"{path.relative_to(self.home)} {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in files)
        return held | {"files": Counter(digests)}


def changed_tables(before: dict[str, Counter[str]], after: dict[str, Counter[str]]) -> set[str]:
    """Name the tables (and `files`) that are no longer as they were."""
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def build(folder: Path, environment: pytest.MonkeyPatch) -> Desk:
    """Make the office once."""
    agent = folder / "agent"
    agent.write_text("".join(f"{name} {phrase}\n" for name, phrase in PHRASES.items()))
    agent.chmod(0o600)
    made = Desk(folder, {})
    for name, value in made.environment.items():
        environment.setenv(name, value)
    assert command.run(["init"]) == 0
    with made.open() as office:
        chosen: list[tuple[int | None, int | None, int | None]] = [(1980, 1 + at % 2, 1) for at in range(PEOPLE)]
        add_people(office, [a_line_id(at) for at in range(PEOPLE)], genres=frozenset({1}), chosen=chosen)
        by = {name: _enrolled(office, name) for name in PHRASES}
        for name, where in SEGMENTS.items():
            desk.store_segment(office, by["hana"], name, where)
        broadcasts = _broadcasts(office, by)
        submit_reception(office.inbox, office.sealer, a_submission(1), office.now())
    return Desk(folder, broadcasts)


def _enrolled(office: Office, name: str) -> Credential:
    new = NewHandler(HandlerId(name), name, ROLES[name], "甲", office.today())
    with writing(office.warehouse) as connection:
        return enrol(connection, office.handlers_folder, new, PHRASES[name], office.now())


def _broadcasts(office: Office, by: Mapping[str, Credential]) -> dict[str, BroadcastId]:
    made = {name: _drafted(office, by["hana"], name) for name in ("nobody", "anybody")}
    made |= {name: _drafted(office, by["hana"], "women") for name in ("draft", "submitted", "approved")}
    for name in ("submitted", "approved"):
        desk.submit(office, by["hana"], made[name], desk.review(office, made[name]))
    desk.approve(office, by["ken"], made["approved"], desk.review(office, made["approved"]))
    return made


def _drafted(office: Office, writer: Credential, segment: str) -> BroadcastId:
    now = office.now()
    return desk.draft(office, writer, desk.written("1", SEGMENTS[segment], MESSAGE, now, now + timedelta(days=1)))


def a_submission(number: int, **changes: object) -> dict[str, object]:
    """Give reception settings as a page hands them in."""
    given = {
        "submission_id": f"{number:032x}",
        "line_user_id": a_line_id(number),
        "purpose_version": ward().current_purpose,
        "confirmed_at": datetime.now(UTC).isoformat(),
        "birth_year": 1990,
        "sex": 1,
        "area": 2,
        "genres": [1, 3],
    }
    return given | changes


def copied(made: Desk, folder: Path) -> Desk:
    """Give a desk of one's own, with an office that is like the one made."""
    shutil.copytree(made.folder, folder, dirs_exist_ok=True)
    return Desk(folder, made.broadcasts)


def an_event(number: int, kind: str = "follow", **changes: object) -> str:
    """Give a line of an events file."""
    moment = int(datetime.now(UTC).timestamp() * 1000)
    event = {
        "type": kind,
        "mode": "active",
        "timestamp": moment,
        "webhookEventId": f"01J9{number:022d}",
        "deliveryContext": {"isRedelivery": False},
        "source": {"type": "user", "userId": a_line_id(1000 + number)},
    }
    return json.dumps(event | changes, ensure_ascii=False) + "\n"
