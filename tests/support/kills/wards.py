"""A ward with so many residents and one approved broadcast: built once a store and size, then copied for each trial."""

import itertools
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from random import Random

from sqlalchemy.engine import make_url

from sandbox.approver import let_through
from tayori.broadcast import control
from tayori.broadcast.control import Standing
from tayori.domain.identifiers import BroadcastId
from tayori.office import Office, open_office, set_up, utc_now
from tayori.settings import Settings
from tayori.vault.roster import Credential
from tayori.warehouse import broadcasts
from tayori.warehouse.engines import reading
from tests.broadcast.builders import an_approved, residents, staff
from tests.support.postgres import Cluster


class Store(StrEnum):
    """Which kind of store a ward has."""

    SQLITE = "sqlite"
    POSTGRES = "postgres"


@dataclass(frozen=True)
class Ward:
    """One ward's stores and keys, its approved broadcast, and who may pause and resume it."""

    settings: Settings
    broadcast_id: BroadcastId
    approver: Credential = field(repr=False)
    people: int

    @property
    def standing(self) -> Standing:
        """Where the broadcast stands."""
        with open_office(self.settings) as office:
            return control.status(office, self.broadcast_id)

    @property
    def is_in_hand(self) -> bool:
        """Whether a worker, alive or dead, has the broadcast in hand: its last state write is not made."""
        with open_office(self.settings) as office, reading(office.warehouse) as connection:
            return broadcasts.find(connection, self.broadcast_id).worker is not None

    def resume(self) -> None:
        """Let the desk resume the paused broadcast."""
        with open_office(self.settings) as office:
            control.resume(office, self.approver, self.broadcast_id)

    def pause(self) -> None:
        """Let the desk pause the broadcast."""
        with open_office(self.settings) as office:
            control.pause(office, self.approver, self.broadcast_id, "訓練")


class Wards:
    """Builds wards and copies them: files on SQLite, `CREATE DATABASE ... TEMPLATE` on PostgreSQL."""

    def __init__(self, folder: Path, cluster: Cluster | None = None) -> None:
        self._folder = folder
        self._cluster = cluster
        self._built: dict[tuple[Store, int], Ward] = {}
        self._numbers = itertools.count(1)

    @contextmanager
    def copy(self, store: Store, people: int) -> Iterator[Ward]:
        """Give a ward of one's own in which nothing was frozen yet, gone at the end."""
        built = self._built.get((store, people)) or self._build(store, people)
        home = self._folder / f"trial-{next(self._numbers)}"
        shutil.copytree(built.settings.home, home)
        changes: dict[str, object] = {"home": home}
        if store is Store.POSTGRES:
            changes |= {
                name: self._postgres.copy(f"{name}_{home.name}", _database(getattr(built.settings, name)))
                for name in ("database_url", "vault_url")
            }
        try:
            yield Ward(built.settings.model_copy(update=changes), built.broadcast_id, built.approver, people)
        finally:
            shutil.rmtree(home, ignore_errors=True)
            if store is Store.POSTGRES:
                for name in ("database_url", "vault_url"):
                    self._postgres.drop(_database(str(changes[name])))

    @property
    def _postgres(self) -> Cluster:
        assert self._cluster is not None, "a ward on PostgreSQL needs a cluster"
        return self._cluster

    def _build(self, store: Store, people: int) -> Ward:
        name = f"{store}-{people}"
        changes: dict[str, object] = {"home": self._folder / name}
        if store is Store.POSTGRES:
            changes |= {url: self._postgres.create(f"{url}_{name}") for url in ("database_url", "vault_url")}
        settings = Settings(_env_file=None, **changes)  # type: ignore[arg-type]
        set_up(settings, utc_now())
        with open_office(settings, rng=Random(people)) as office:  # noqa: S311 - replayable on purpose
            self._built[store, people] = ward = _filled(office, people)
        return ward


def _filled(office: Office, people: int) -> Ward:
    who = staff(office)
    residents(office, people)
    broadcast_id = an_approved(office, who)
    let_through(office, who.approver, broadcast_id)  # at whatever hour this is run
    return Ward(office.settings, broadcast_id, who.approver, people)


def _database(url: str) -> str:
    return str(make_url(url).database)
