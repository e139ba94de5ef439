"""A trial: send to a whole ward, killed at moments that a seed draws, until it is done; then ask the platform's ledger.

Points, moments and faults are drawn from the seed. The moments of a real machine are not: a seed that failed at a named
point fails there in every run, one that failed at a moment in most.
"""

import importlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from typing import Any, Final

from sandbox.line.ids import IdSpace
from sandbox.line.serve import RunningPlatform
from tayori.domain.batches import LARGEST_BATCH
from tayori.domain.states import BatchState, BroadcastState
from tests.support.kills.outcome import Mode, Outcome
from tests.support.kills.points import AGAIN, EVERY, FREEZING, HELPER, POINTS, SPLITS, Point
from tests.support.kills.troubles import QUICK, some_faults
from tests.support.kills.wards import Store, Ward, Wards
from tests.support.kills.worker import NARROW, WIDE, Manner, Worker, first_of
from tests.support.prefect_server import PrefectServer

MOST_RUNS: Final = 8
MOST_DRAWS: Final = 12
KILLED_AGAIN: Final = 0.35  # how likely each of the next two senders is killed too
SMALL: Final = 20_000  # people: fewer are claimed in narrow blocks, or there would be one block only
LATER: Final = {name: point for name, point in POINTS.items() if name not in FREEZING} | AGAIN
SILENT: Final = timedelta(seconds=61)  # one second more than it takes until a worker is taken for dead
HOLDING: Final = 0.6  # seconds: who does not get the store in that time waits for one that holds it
NO_JUMP: Final = timedelta()


@dataclass(frozen=True, slots=True)
class Case:
    """What a trial is about. `point` "" draws points and moments; the clocks `jump` after the first kill."""

    seed: int
    store: Store
    mode: Mode
    people: int
    point: str = ""
    jump: timedelta = NO_JUMP

    @property
    def batches(self) -> int:
        """How many batches the broadcast has."""
        return -(-self.people // LARGEST_BATCH)


class Stage:
    """What trials share: wards to copy, one platform, how long an undisturbed run takes here; a Prefect server."""

    def __init__(self, wards: Wards, platform: RunningPlatform, prefect: PrefectServer | None = None) -> None:
        self.wards = wards
        self.platform = platform
        self.prefect = prefect
        if prefect is not None:
            importlib.import_module("flows.broadcast")  # once here instead of four seconds in every sender
        self._spans: dict[tuple[object, ...], float] = {}

    def span(self, trial: "Trial") -> float:
        """Seconds from the first freeze write to the last state write of a run that nobody kills, measured once."""
        case, pace = trial.case, trial.manner.pace
        kind = (case.store, case.people, pace, case.mode if case.mode is Mode.PREFECT else None)
        if kind not in self._spans:
            with trial.set_up() as ward:
                worker = Worker(ward, self.platform, trial.manner, None)
                assert worker.has_begun()
                began = time.monotonic()
                assert not worker.was_killed()
                self._spans[kind] = time.monotonic() - began
        return self._spans[kind]


class Trial:
    """One trial of one seed."""

    def __init__(self, stage: Stage, case: Case) -> None:
        self.case = case
        self._stage = stage
        self._platform = stage.platform
        self._rng = rng = Random(f"{case.seed}/{case.store}/{case.mode}")  # noqa: S311 - replayable on purpose
        self._found = Outcome(case.seed, case.store, case.mode, jumped=bool(case.jump))
        self.manner = Manner(
            pace=NARROW if case.people < SMALL else rng.choice((WIDE, NARROW)),
            chunk=max(LARGEST_BATCH, case.people // 5),
            prefect=stage.prefect if case.mode is Mode.PREFECT else None,
        )
        self._rules = some_faults(rng, case.batches) if case.mode in {Mode.FAULTS, Mode.REFUSALS} else []
        self._refused = rng.sample(range(case.people), rng.randint(1, 4)) if case.mode is Mode.REFUSALS else []

    @contextmanager
    def set_up(self) -> Iterator[Ward]:
        """Give a ward, and the platform anew: its residents are friends, faults and refusals are in force."""
        case, control = self.case, self._platform.control
        control.ask("reset", monthly_limit=None, rate_factor=1.0)
        control.friends(case.people + LARGEST_BATCH)
        ids = IdSpace(self._platform.account.seed)
        control.ask("refuse", ids=[ids.id_of(index) for index in self._refused])
        rules = [{"endpoint": "multicast", **rule} for rule in (*self._rules, QUICK)]
        control.ask("faults", rules=rules, seed=case.seed)
        with self._stage.wards.copy(case.store, case.people) as ward:
            yield ward

    def run(self) -> Outcome:
        """Kill, take up again, and judge; a draw that killed nobody in time is drawn anew."""
        self._stage.span(self)  # beforehand: it sends to everybody itself
        began = time.monotonic()
        for _ in range(MOST_DRAWS):
            self._found.where.clear()
            with self.set_up() as ward:
                if self._kill_one(ward) or self._kill_resumed(ward):
                    self._jump()
                    self._take_up(ward)
                    self._judge(ward)
                    self._found.seconds = time.monotonic() - began
                    return self._found
            self._found.redrawn += 1
        raise AssertionError(f"No kill hit a living sender in {MOST_DRAWS} draws: {self._found}")

    def _kill_one(self, ward: Ward) -> bool:
        if self.case.mode is Mode.WORKERS and not self.case.point:
            return self._one_of_two(ward) if self._rng.random() < 0.5 else self._one_that_wakes(ward)
        if self.case.point in AGAIN and not self._strike(ward, "in the middle of a call", self._manner(1)):
            return False
        return self._strike(ward, self._drawn(POINTS), self._manner(2))

    def _kill_resumed(self, ward: Ward) -> bool:
        """Kill the next sender where LINE said that the month is reached, and the desk resumes."""
        if ward.standing.state is not BroadcastState.PAUSED:
            return False
        ward.resume()
        return self._strike(ward, self._drawn(LATER), self._manner(9))

    def _manner(self, run: int, **changes: Any) -> Manner:  # noqa: ANN401 - fields of a manner
        return replace(self.manner, seed=f"{self.case.seed}/{run}", **changes)

    def _drawn(self, points: dict[str, Point]) -> str:
        """Draw a named point, or "" for a moment drawn in the span: half of the kills each."""
        if self.case.point:
            return self.case.point
        if self._rng.random() < 0.5:
            return ""
        return self._rng.choice(sorted(points if not self._refused else points | SPLITS))

    def _strike(self, ward: Ward, name: str, manner: Manner) -> bool:
        """Start a sender and kill it, at a named point or at a moment of the span; whether it hit in time."""
        worker = self._start(ward, name, manner)
        if not name and worker.has_begun():
            self._kill_in_the_span(worker)
        return self._is_hit(ward, worker, name)

    def _start(self, ward: Ward, name: str, manner: Manner) -> Worker:
        if not name:
            return Worker(ward, self._platform, manner, None)
        point = EVERY[name]
        if point.needs == HELPER:
            manner = replace(manner, pace=replace(manner.pace, helper_from=0))
        return Worker(ward, self._platform, manner, (point, point.entry(self._rng, self.case.batches)))

    def _kill_in_the_span(self, worker: Worker) -> None:
        time.sleep(self._rng.uniform(0.0, self._stage.span(self)))
        worker.kill()

    def _is_hit(self, ward: Ward, worker: Worker, name: str) -> bool:
        """Whether a sender was killed before the last state write: only then does the broadcast name its worker."""
        hit = worker.was_killed() and ward.is_in_hand
        if hit:
            self._found.where.append(name or "at a moment")
        return hit

    def _one_of_two(self, ward: Ward) -> bool:
        """Start two at once and kill the one that sends; the other takes over at once."""
        name = self._drawn(POINTS)
        two = [self._start(ward, name if at == 1 else "", self._manner(at, patient=True)) for at in (1, 2)]
        sender = first_of(two)
        if sender is None:
            for one in two:
                one.was_killed()
            return False
        at_point = bool(name) and sender is two[0]
        if not at_point:
            self._kill_in_the_span(sender)
        hit = self._is_hit(ward, sender, name if at_point else "")
        if two[sender is two[0]].was_killed():  # the other one took over, and met its point
            self._found.where.append(name)
        return hit

    def _one_that_wakes(self, ward: Ward) -> bool:
        """One stands still for a minute; another takes over, is killed, and the first wakes up in the middle of it."""
        span = self._stage.span(self)
        first = self._start(ward, "", self._manner(1))
        if not first.has_begun():
            return first.was_killed()
        second = self._take_over(ward, first, span)
        if second is not None:
            wakes, dies = sorted((self._rng.uniform(0.0, span), self._rng.uniform(0.0, span)))
            time.sleep(wakes)
            first.wake()
            time.sleep(dies - wakes)
            second.kill()
        first.wake()
        hit = second is not None and self._is_hit(ward, second, "another one wakes up")
        assert not first.was_killed()
        return hit

    def _take_over(self, ward: Ward, first: Worker, span: float) -> Worker | None:
        """Let the first stand still at a moment and a second one get the broadcast.

        One that stands still inside a transaction keeps the store to itself: it moves on a little then, as often as
        needed.
        """
        time.sleep(self._rng.uniform(0.0, span * 0.8))
        first.stop()
        second = self._start(ward, "", self._manner(2, ahead=SILENT, patient=True))
        for _ in range(5):
            if second.has_begun(HOLDING):
                return second
            first.wake()
            time.sleep(self._rng.uniform(0.0, 0.02))
            first.stop()
        second.kill()
        second.was_killed()
        return None

    def _jump(self) -> None:
        """Put the platform's clock forward; the next senders' clocks go with it."""
        if self.case.jump > NO_JUMP:
            self._platform.control.ask("clock", advance=self.case.jump.total_seconds())

    def _take_up(self, ward: Ward) -> None:
        """Send until it is sent, perhaps killed once or twice more; the desk resumes what was paused."""
        for run in range(3, 3 + (MOST_RUNS if not self.case.jump else 2)):
            state, manner = ward.standing.state, self._manner(run, ahead=self.case.jump)
            if state is BroadcastState.SENT:
                return
            if state is BroadcastState.PAUSED and not self.case.jump:
                ward.resume()
            again = run < 5 and not self.case.point and not self.case.jump
            if again and self._rng.random() < KILLED_AGAIN:
                self._strike(ward, self._drawn(LATER), manner)
            else:
                assert not Worker(ward, self._platform, manner, None).was_killed()

    def _judge(self, ward: Ward) -> None:
        """Ask the platform's ledger, and our own."""
        control, found, standing = self._platform.control, self._found, ward.standing
        ids = IdSpace(self._platform.account.seed).ids(0, self.case.people)
        refused = frozenset(self._refused)
        counts = control.summary(expected={"ids": [one for at, one in enumerate(ids) if at not in refused]})
        found.missed, found.doubled, found.stray = counts["missed"], counts["doubled"], counts["stray"]
        found.altered = control.stats()["retry_keys"]["altered"]
        found.faults = sum(control.ask("faults")["hits"].values())
        found.undecided = standing.people(BatchState.UNKNOWN, BatchState.UNDECIDED, BatchState.SENDING)
        found.unsent = standing.people(BatchState.PLANNED)
        found.unsure = abs(standing.people(BatchState.ACCEPTED) - counts["reached"])
