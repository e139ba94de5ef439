"""A night of forgetting in a process of its own, killed; beside it events come in and a broadcast goes out.

A trial copies a ward, lets some people leave, starts all three processes and kills the night at a named point or at a
moment of erase and rotate. Then the night is taken up, perhaps killed again, to its end, and what stands is judged.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Final

from sqlalchemy import Connection

from sandbox.line.ids import IdSpace
from sandbox.line.serve import RunningPlatform
from tayori.certificates.bundle import checked
from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import RunId
from tayori.errors import NotFound
from tayori.office import Office, open_office
from tayori.retention import certify, erase, run
from tayori.retention.logbook import FOLDER
from tayori.vault import keyring
from tayori.vault.audit import Action, record
from tayori.vault.identity import open_line_ids
from tayori.warehouse import certificates, journal, people, runs, wrapped_keys
from tayori.warehouse.certificates import CertificateRow
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.runs import Outcome, RunRow
from tayori.warehouse.wrapped_keys import WrappedRow
from tests.support.kills.child import Child, Tell
from tests.support.kills.feeder import Comings, feed
from tests.support.kills.night_points import POINTS, arm_night
from tests.support.kills.trial import Stage
from tests.support.kills.wards import Store, Ward, Wards
from tests.support.kills.worker import NARROW, Manner, Worker

BEGAN, OVER = b"B", b"E"
PEOPLE: Final = 1_200
LEAVERS: Final = 30  # with those who leave meanwhile still no drift of the approved audience
ERASE_BLOCK, WRAP_BLOCK = 20, 300  # small ones: many moments between two transactions
MOST_DRAWS: Final = 12
MOST_NIGHTS: Final = 6
KILLED_AGAIN: Final = 0.35
INSPECTION: Final = Evidence("test", Purpose.INSPECTION)


@dataclass
class NightOutcome:
    """What became of a trial: `lost` survivors who do not open, `revived` leavers of whom something opens or stands.

    `uncertified`: runs that did not end in their one certificate, with whom the run erased. `leftovers`: keys without
    a person, half-made epochs, runs that are open. `doubled`: recipients who got the broadcast twice.
    """

    seed: int
    store: Store
    where: list[str] = field(default_factory=list)
    lost: int = 0
    revived: int = 0
    uncertified: int = 0
    leftovers: int = 0
    doubled: int = 0
    redrawn: int = 0
    seconds: float = 0.0

    @property
    def kills(self) -> int:
        """How often a night was killed within erase and rotate."""
        return len(self.where)

    @property
    def is_clean(self) -> bool:
        """Whether every survivor opens, no leaver does, and each run has its one certificate."""
        return not (self.lost or self.revived or self.uncertified or self.leftovers or self.doubled)


class NightStage(Stage):
    """What trials of nights share: wards, the platform, and how long erase and rotate take here."""

    def __init__(self, wards: Wards, platform: RunningPlatform) -> None:
        super().__init__(wards, platform)
        self.spans: dict[Store, float] = {}


class NightTrial:
    """One trial of one seed; `point` "" draws points and moments."""

    def __init__(self, stage: NightStage, seed: int, store: Store, point: str = "") -> None:
        self._stage = stage
        self._point = point
        self._rng = Random(f"night/{seed}/{store}")  # noqa: S311 - replayable on purpose
        self.found = NightOutcome(seed, store)

    def run(self) -> NightOutcome:
        """Kill, take up again, and judge; a draw that killed no night in time is drawn anew."""
        self._span()  # beforehand: nothing else runs then
        began = time.monotonic()
        for _ in range(MOST_DRAWS):
            self.found.where.clear()
            self._stage.platform.control.ask("reset", monthly_limit=None, rate_factor=1.0)
            self._stage.platform.control.friends(PEOPLE)
            with self._stage.wards.copy(self.found.store, PEOPLE) as ward:
                if self._disturbed(ward):
                    self.found.seconds = time.monotonic() - began
                    return self.found
            self.found.redrawn += 1
        raise AssertionError(f"No kill hit a night in {MOST_DRAWS} draws: {self.found}")

    def _disturbed(self, ward: Ward) -> bool:
        ids = IdSpace(self._stage.platform.account.seed).ids(0, PEOPLE)
        story = _Story.drawn(self._rng, ward, ids)
        feeder = Child(lambda _: feed(ward.settings, story.comings))
        sender = Worker(ward, self._stage.platform, Manner(pace=NARROW, seed="night"), None)
        hit = self._strike(ward)
        while hit and self._rng.random() < KILLED_AGAIN and self._strike(ward):
            pass
        feeder.wait()
        sender.was_killed()
        if hit:
            self._finish(ward, story)
        return hit

    def _strike(self, ward: Ward) -> bool:
        """Start a night and kill it in erase or rotate; whether that hit."""
        name = self._point or ("" if self._rng.random() < 0.5 else self._rng.choice(sorted(POINTS)))
        times = self._rng.randint(1, POINTS[name].latest) if name else 0
        night = Child(lambda tell: _night(ward, tell, name, times))
        if not name and night.told(BEGAN):
            time.sleep(self._rng.uniform(0.0, self._span()))
            night.kill()
        hit = night.wait() and not night.has_told(OVER)
        if hit:
            self.found.where.append(name or "at a moment")
        return hit

    def _span(self) -> float:
        """Give the seconds that erase and rotate take here undisturbed, measured once a store."""
        spans = self._stage.spans
        if self.found.store not in spans:
            with self._stage.wards.copy(self.found.store, PEOPLE) as twin:
                _Story.drawn(Random(0), twin, IdSpace(self._stage.platform.account.seed).ids(0, PEOPLE))  # noqa: S311
                night = Child(lambda tell: _night(twin, tell, "", 0))
                night.told(BEGAN)
                began = time.monotonic()
                night.told(OVER)
                spans[self.found.store] = time.monotonic() - began
                night.wait()
        return spans[self.found.store]

    def _finish(self, ward: Ward, story: "_Story") -> None:
        """Let nights run to their end until nobody waits any more, then judge."""
        with open_office(ward.settings) as office:
            with reading(office.warehouse) as warehouse:
                first = runs.latest(warehouse, run.STORY)
            assert first is not None
            resumed = _whole_night(office)
            self.found.uncertified += resumed != first.run_id
            for _ in range(MOST_NIGHTS):
                with reading(office.warehouse) as warehouse:
                    if not people.leavers(warehouse):
                        break
                _whole_night(office)
            self._judge(office, story)
        counts = self._stage.platform.control.summary(expected={"range": [0, PEOPLE]})
        self.found.doubled = counts["doubled"]

    def _judge(self, office: Office, story: "_Story") -> None:
        found = self.found
        opened = _opened(office)
        found.lost = len(story.followers - set(opened.values()))
        found.revived = len(set(opened.values()) - story.followers) + story.traces(office, opened)
        found.uncertified += _uncertified(office, len(story.left))
        found.leftovers = _leftovers(office)


@dataclass(frozen=True)
class _Story:
    """Who leaves before the night, who comes and leaves during it, and what the vault held of them before."""

    left: frozenset[int]
    wrapped: tuple[WrappedRow, ...] = field(repr=False)
    comings: Comings
    followers: frozenset[str] = field(repr=False)

    @classmethod
    def drawn(cls, rng: Random, ward: Ward, ids: Sequence[str]) -> "_Story":
        """Let the first ones leave; draw the others. The n-th id has the number n + 1."""
        drawn = rng.sample(range(len(ids)), LEAVERS + 12)
        early, late = drawn[:LEAVERS], drawn[LEAVERS:]
        comings = Comings(rng.randrange(1 << 30), tuple(ids[at] for at in late), tuple(ids[at] for at in early[:6]))
        left = frozenset(at + 1 for at in drawn)
        with open_office(ward.settings) as office:
            with writing(office.warehouse) as warehouse:
                moment = office.now() - timedelta(hours=1)
                gone = [(at + 1, int(moment.timestamp() * 1000)) for at in early]
                people.mark_left(warehouse, gone, "unfollow", moment)
            with reading(office.vault) as vault:
                wrapped = tuple(wrapped_keys.find_keys(vault, "person", sorted(left)))
        stay = {one for at, one in enumerate(ids) if at + 1 not in left}
        return cls(left, wrapped, comings, frozenset(stay | set(comings.newcomers) | set(comings.back)))

    def traces(self, office: Office, opened: Mapping[int, str]) -> int:
        """Count what stands of leavers: a row, a wrapped key, or a key from before that the present ones still open."""
        with reading(office.vault) as vault:
            found = len(wrapped_keys.find_keys(vault, "person", sorted(self.left)))
        with reading(office.warehouse) as warehouse:
            found += len(self.left & set(people.leavers(warehouse)))
        return found + len(self.left & opened.keys()) + sum(_opens(office, row) for row in self.wrapped)


def _opens(office: Office, row: WrappedRow) -> bool:
    try:
        return bool(list(office.person_keys.unwrapped([row])))
    except NotFound:
        return False


def _night(ward: Ward, tell: Tell, name: str, times: int) -> None:
    assert erase.erase_leavers.__kwdefaults__ is not None
    erase.erase_leavers.__kwdefaults__["size"] = ERASE_BLOCK
    vars(keyring)["BLOCK"] = WRAP_BLOCK
    if name:
        arm_night(name, times)
    with open_office(ward.settings) as office:
        run_id = run.begin(office)
        tell(BEGAN)
        run.erase_leavers(office, run_id)
        run.rotate_keys(office, run_id)
        tell(OVER)


def _whole_night(office: Office) -> RunId:
    """Let a night run to its end; its certificate is filed and not printed, which takes longer than the night."""
    run_id = run.begin(office)
    run.erase_leavers(office, run_id)
    run.rotate_keys(office, run_id)
    run.renew_box_keys(office)
    run.expire(office)
    run.clean_stores(office, run_id)
    run.probe_residue(office, run_id)
    certify.certify(office, run_id)
    run.finish(office, run_id)
    return run_id


def _opened(office: Office) -> dict[int, str]:
    with writing(office.warehouse) as warehouse:
        line = record(warehouse, INSPECTION, Action.OPEN, "everybody", count=PEOPLE, now=office.now())
    with reading(office.warehouse) as warehouse, reading(office.vault) as vault:
        numbers = wrapped_keys.numbers(vault, "person")
        opened = open_line_ids(warehouse, vault, office.person_keys, numbers, line)
    return {int(number): str(line_id) for number, line_id in opened.items()}


def _uncertified(office: Office, left: int) -> int:
    """Count the runs that did not end in their one certificate, and people whom not exactly one run erased."""
    with reading(office.warehouse) as warehouse:
        filed = certificates.every(warehouse)
        erased = {row.run_id: journal.journalled(warehouse, row.run_id).residents for row in filed}
        open_runs = sum(found.outcome is not Outcome.DONE for found in _runs(warehouse, filed))
    names = [row.certificate_no for row in filed]
    numbered = [f"{name.rsplit('-', 1)[0]}-{place:04d}" for place, name in enumerate(names, start=1)]
    folder = office.settings.home / FOLDER
    proven = [checked(folder / f"{name}.json", [folder / "issuer.pub.pem"]).subjects for name in names]
    wrong = sum(said != erased[row.run_id] for said, row in zip(proven, filed, strict=True))
    doubled = len(filed) - len(erased)
    return open_runs + wrong + doubled + (names != numbered) + abs(sum(erased.values()) - left)


def _runs(warehouse: Connection, filed: Iterable[CertificateRow]) -> list[RunRow]:
    found = [runs.find(warehouse, RunId(row.run_id)) for row in filed]
    return [one for one in found if one is not None]


def _leftovers(office: Office) -> int:
    with reading(office.vault) as vault, reading(office.warehouse) as warehouse:
        states = [state for _, state, *_ in wrapped_keys.epochs(vault, "person")]
        keys = wrapped_keys.count_keys(vault, "person")
        return (states != ["destroyed"] * (len(states) - 1) + ["current"]) + abs(keys - people.count_people(warehouse))
