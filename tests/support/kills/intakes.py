"""Every channel killed by SIGKILL at a random moment, again and again, until it comes to its end: nothing lost.

What a reading that nobody disturbed brought in is what every disturbed one brings in: the same letters, each once.
"""

import hashlib
import shutil
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Final, Self

from sqlalchemy import create_engine, select

from expectations.gate import gate, load
from sandbox.call_centre import database as call_centre
from sandbox.letters.letters import Mailbag
from sandbox.letters.writers import write_csv
from sandbox.mails.corpus import corpus
from sandbox.mails.writing import mail
from sandbox.old_system import database as old_system
from tayori.domain.evidence import Evidence, Purpose
from tayori.ingest.mail import ingest_mail
from tayori.ingest.opinions import ingest_call_centre, ingest_opinion_file
from tayori.ingest.sources.database_mapping import read_database_mapping
from tayori.ingest.sources.mail.mapping import read_mail_mapping
from tayori.ingest.sources.mapping import read_file_mapping
from tayori.migration import database, loading
from tayori.migration.mapping import read_old_mapping
from tayori.office import Office, set_up
from tayori.settings import Settings
from tayori.vault.audit import Action, record
from tayori.vault.cases import open_cases
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.schema.arrivals import letter_file
from tayori.warehouse.schema.opinions import opinion_case, opinion_tally
from tayori.warehouse.schema.records import quarantine
from tests.support.kills.child import Child

EXAMPLES: Final = Path(__file__).parents[3] / "docs" / "examples"
LETTERS: Final = 150
MAILS: Final = 450
NOW: Final = datetime(2027, 6, 1, tzinfo=UTC)
Held = Counter[str]
Read = Callable[[Office], object]


@dataclass(frozen=True)
class Channel:
    """A channel: `fill` puts letters into a folder, `read` gives what takes them in from there."""

    name: str
    fill: Callable[[Path], None]
    read: Callable[[Path], Read]


@dataclass(slots=True)
class IntakeOutcome:
    """What a trial found: how often it was killed, how many letters are lost, how many too many, what is left over."""

    kills: int = 0
    lost: int = 0
    doubled: int = 0
    left: int = 0


def _letters(folder: Path) -> None:
    write_csv(Mailbag(LETTERS, seed=1).letters(), folder / "letters.csv")


def _read_letters(folder: Path) -> Read:
    mapping = read_file_mapping(EXAMPLES / "desk_list.yaml")
    return lambda office: ingest_opinion_file(office, folder / "letters.csv", mapping, gate)


def _scans(folder: Path) -> None:
    (folder / "画像").mkdir()
    lines = ["番号,受付日,本文,画像"]
    for number in range(60):
        name = f"{number:04d}.png"
        (folder / "画像" / name).write_bytes(b"\x89PNG\r\n\x1a\n" + number.to_bytes(2) * 200)
        lines.append(f"{number},2026-10-01,公園の水が出ません。{number}番の■口です。,{name}")
    (folder / "scans.csv").write_text("\n".join(lines), "utf-8")


def _read_scans(folder: Path) -> Read:
    mapping = read_file_mapping(EXAMPLES / "scanned_letters.yaml")
    return lambda office: ingest_opinion_file(office, folder / "scans.csv", mapping, gate)


def _calls(folder: Path) -> None:
    call_centre.create(create_engine(f"sqlite:///{folder / 'call.db'}"), 900, seed=5)


def _read_calls(folder: Path) -> Read:
    mapping = read_database_mapping(EXAMPLES / "call_centre.yaml")
    return lambda office: ingest_call_centre(office, f"sqlite:///{folder / 'call.db'}", mapping, gate)


def _mails(folder: Path) -> None:
    for part in ("tmp", "new", "cur"):
        (folder / "box" / part).mkdir(parents=True)
    raws = [one.raw for one in corpus()]
    raws += [
        mail(f"{number}番の街灯が切れています。", Message_ID=f"<k{number}@a>") for number in range(MAILS - len(raws))
    ]
    for number, raw in enumerate(raws):
        (folder / "box" / "new" / f"{1_790_000_000 + number}.M{number}P1.box").write_bytes(raw)


def _read_mails(folder: Path) -> Read:
    mapping = read_mail_mapping(EXAMPLES / "mail.yaml")
    return lambda office: ingest_mail(office, f"maildir://{folder / 'box'}", mapping, gate)


def _old_cases(folder: Path) -> None:
    old_system.create(create_engine(f"sqlite:///{folder / 'old.db'}"), 200, seed=1)


def _read_old_cases(folder: Path) -> Read:
    mapping = read_old_mapping(EXAMPLES / "old_system.yaml")

    def read(office: Office) -> object:
        with database.opened(f"sqlite:///{folder / 'old.db'}", mapping) as old:
            return loading.load(office, old, gate)

    return read


CHANNELS: Final = {
    one.name: one
    for one in (
        Channel("file", _letters, _read_letters),
        Channel("scans", _scans, _read_scans),
        Channel("call_centre", _calls, _read_calls),
        Channel("mail", _mails, _read_mails),
        Channel("migration", _old_cases, _read_old_cases),
    )
}


@dataclass
class IntakeStage:
    """What the trials of a channel share: an empty office, a filled source, and what undisturbed reading brings in."""

    folder: Path
    channel: Channel
    seconds: float = 0.0
    expected: Held = field(default_factory=Counter)
    trials: int = 0

    def __post_init__(self) -> None:
        """Build them, and read once without a kill."""
        load()
        self._made = self.folder / self.channel.name
        (self._made / "source").mkdir(parents=True)
        set_up(Settings(_env_file=None, home=self._made / "home"), NOW)
        self.channel.fill(self._made / "source")
        for _ in range(2):  # the second is the one that is timed: the first loads what is loaded once
            with _Copy(self._made, self.folder / "first") as copy:
                began = time.monotonic()
                Child(lambda _, copy=copy: copy.read(self.channel)).wait()  # type: ignore[misc]
                self.seconds = time.monotonic() - began
                self.expected = copy.held()

    def trial(self, seed: int) -> IntakeOutcome:
        """Kill a reading at a random moment, once or twice, let it come to its end, and count."""
        dice, outcome = Random(seed), IntakeOutcome()  # noqa: S311 - replayable
        self.trials += 1
        with _Copy(self._made, self.folder / f"trial-{self.channel.name}-{self.trials}") as copy:
            for _ in range(dice.choice([1, 1, 2])):
                child = Child(lambda _: copy.read(self.channel))
                time.sleep(dice.uniform(0.0, self.seconds))
                child.kill()
                outcome.kills += child.wait()
            Child(lambda _: copy.read(self.channel)).wait()
            held = copy.held()
            outcome.lost = (self.expected - held).total()
            outcome.doubled = (held - self.expected).total()
            outcome.left = copy.waiting()
        return outcome


@dataclass(frozen=True)
class _Copy:
    """A home and a source of a trial's own, gone at the end."""

    made: Path
    folder: Path

    def __enter__(self) -> Self:
        shutil.copytree(self.made, self.folder)
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.folder)

    def _office(self) -> Office:
        return Office(Settings(_env_file=None, home=self.folder / "home"), lambda: NOW)

    def read(self, channel: Channel) -> None:
        """Read the source, as the ward would."""
        channel.read(self.folder / "source")(self._office())

    def waiting(self) -> int:
        """How many mails still wait in the box, where there is one."""
        return sum(1 for part in ("new", "cur") for _ in (self.folder / "source" / "box").glob(f"{part}/*"))

    def held(self) -> Held:
        """Give what is here: every letter opened, every file, every count and every row set aside, as digests."""
        office = self._office()
        found: Held = Counter()
        for table, columns in ((opinion_case, ("opinion", "name", "received_on")), (letter_file, ("title", "content"))):
            with reading(office.warehouse) as people, reading(office.vault) as vault:
                rows = people.execute(select(table)).mappings().all()
                with writing(office.warehouse) as log:
                    evidence = Evidence("test", Purpose.INSPECTION)
                    recorded = record(log, evidence, Action.OPEN, "a trial", count=len(rows), now=NOW)
                opened = open_cases(vault, office.case_keys, table.name, [dict(row) for row in rows], recorded)
            found.update(_digest(table.name, *(row[name] for name in columns)) for row in opened)
        with reading(office.warehouse) as people:
            for row in people.execute(select(opinion_tally)):
                found[_digest("tally", row.source, row.month, row.channel)] += row.letters
            found.update(_digest("aside", row.rule, row.row_no) for row in people.execute(select(quarantine)))
        office.close()
        return found


def _digest(*parts: object) -> str:
    return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()
