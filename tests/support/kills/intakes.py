"""Every channel killed by SIGKILL at a random moment, again and again, until it comes to its end: nothing lost.

What a reading that nobody disturbed brought in is what every disturbed one brings in: the same letters, each once.
"""

import hashlib
import shutil
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final, Self

from sqlalchemy import select

from expectations.gate import load
from tayori.domain.evidence import Evidence, Purpose
from tayori.office import Office, set_up
from tayori.settings import Settings
from tayori.vault.audit import Action, record
from tayori.vault.cases import open_cases
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.schema.arrivals import letter_file
from tayori.warehouse.schema.letters import letter_receipt
from tayori.warehouse.schema.opinions import opinion_case, opinion_tally
from tayori.warehouse.schema.records import quarantine
from tests.support.kills.channels import NOW, Channel
from tests.support.kills.child import Child

Held = Counter[str]
KILLS: Final = (1, 2, 3)
"""How often a trial is killed before it may come to its end."""


@dataclass(slots=True)
class IntakeOutcome:
    """What a trial found: how often it was killed, how many letters are lost, how many too many, what is left over."""

    kills: int = 0
    lost: int = 0
    doubled: int = 0
    left: int = 0


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
        office = _office(self._made)
        self.channel.fill(self._made / "source", office)
        office.close()
        with self._copy("first") as copy:  # what is loaded once is loaded here, and not by each child
            copy.read()
        with self._copy("second") as copy:
            began = time.monotonic()
            Child(lambda _: copy.read()).wait()
            self.seconds = time.monotonic() - began
            self.expected = copy.held()

    def _copy(self, name: str) -> "_Copy":
        return _Copy(self._made, self.folder / f"{self.channel.name}-{name}", self.channel)

    def trial(self, seed: int) -> IntakeOutcome:
        """Kill a reading at a random moment, once or more, let it come to its end, and count."""
        dice, outcome = Random(seed), IntakeOutcome()  # noqa: S311 - replayable
        self.trials += 1
        with self._copy(str(self.trials)) as copy:
            for _ in range(dice.choice(KILLS)):
                child = Child(lambda _: copy.read())
                time.sleep(dice.uniform(0.0, self.seconds))
                child.kill()
                outcome.kills += child.wait()
            Child(lambda _: copy.read()).wait()
            held = copy.held()
            outcome.lost = (self.expected - held).total()
            outcome.doubled = (held - self.expected).total()
            outcome.left = copy.left()
        return outcome


@dataclass(frozen=True)
class _Copy:
    """A home and a source of a trial's own, gone at the end."""

    made: Path
    folder: Path
    channel: Channel

    def __enter__(self) -> Self:
        shutil.copytree(self.made, self.folder)
        self.channel.lay_out(self.folder / "source")
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.folder)

    def read(self) -> None:
        """Read the source, as the ward would."""
        office = _office(self.folder)
        self.channel.read(self.folder / "source")(office)
        office.close()

    def left(self) -> int:
        """How many letters still wait at the source."""
        office = _office(self.folder)
        left = self.channel.left(self.folder / "source", office)
        office.close()
        return left

    def held(self) -> Held:
        """Give what is here by kind, as digests: letters and files opened, receipts, counts, rows set aside."""
        office = _office(self.folder)
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
            found.update(_digest("receipt", row.receipt_index.hex()) for row in people.execute(select(letter_receipt)))
            found.update(_digest("aside", row.rule, row.row_no) for row in people.execute(select(quarantine)))
        office.close()
        return found


def _office(folder: Path) -> Office:
    return Office(Settings(_env_file=None, home=folder / "home"), lambda: NOW)


def _digest(kind: str, *parts: object) -> str:
    return f"{kind} " + hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()
