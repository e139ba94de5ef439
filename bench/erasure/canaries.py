"""2,000 marked people among others leave; then an attacker with everything but what was destroyed looks for them.

With each mark they try to find it in a file in any form or by its look-up value, to link it to a commitment or to the
mark of a leaving, to open what was sealed for the person with every key that is left, to open every backup that was
ever made, and what the door sealed. While the certificate is 暫定 only what it names as remaining may tell something,
and a person's own seal opens never again; once it is 確定 nothing tells anything. In between things are kept by
mistake, one after the other, and each has to be found and to refuse 確定.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final

from pyrage.x25519 import Identity  # type: ignore[import-untyped]  # pyrage has no types

from bench.broadcast._people import settings_of
from bench.erasure._attacker import SEALS, Attacker, unnamed
from bench.erasure._mistakes import mistakes
from tayori.certificates.verifier import FINAL
from tayori.domain.identifiers import DUMMY_PREFIX, LineUserId
from tayori.domain.ward import ward
from tayori.office import Office, open_office, set_up, utc_now
from tayori.retention import run
from tayori.retention.copies import backups
from tayori.retention.settling import opened, settle_all
from tayori.settings import Settings
from tayori.vault import tombstones
from tayori.warehouse import certificates, settling
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.people import Chosen
from tests.ingest.builders import an_event, deliver
from tests.support.people import choose, follow, leave

CANARIES: Final = 2_000
OTHERS: Final = 500
SEALED_BY_DOOR: Final = 200
NIGHTS: Final = 18  # until every copy, box key and remembered leaving has ended, with the night after


@dataclass
class _Clock:
    moment: datetime

    def __call__(self) -> datetime:
        """Give the moment."""
        return self.moment


def measure(folder: Path) -> Mapping[str, float]:
    """Give what was found before 確定 and after it, and how many things kept by mistake were not found."""
    clock = _Clock(utc_now())
    settings = _with_escrow(folder)
    set_up(settings, clock())
    with open_office(settings, clock, Random(4)) as office:  # noqa: S311 - replayable on purpose
        ids = [LineUserId(f"{DUMMY_PREFIX}{number:024x}") for number in range(1, CANARIES + OTHERS + 1)]
        attacker = Attacker(office, ids[:CANARIES], folder / "attacker", folder / "custodian.txt")
        kept = _live(office, ids, attacker)
        before, remaining = attacker.attack(in_the_open=True), _remaining(office)
        aside = settings.home / "aside"
        aside.write_bytes(kept["warehouse"])
        for _ in range(NIGHTS):
            clock.moment += timedelta(days=1)
            _night(office, attacker)
        missed = [name for name, content in kept.items() if not _refused(office, aside, content)]
        aside.unlink()
        assert settle_all(office, {}).settled  # noqa: S101 - with nothing kept by mistake it becomes 確定
        final = attacker.attack(in_the_open=False)
        assert _states(office) == {FINAL}  # noqa: S101
    return {
        "canaries": CANARIES,
        "canary_hits": sum(final.values()),
        "decrypted_before_final": before[SEALS],
        "unnamed_before_final": unnamed(before, remaining),
        **{f"{way}_before_final": hits for way, hits in before.items()},
        "kept_by_mistake": len(kept),
        "kept_by_mistake_missed": len(missed),
    }


def _with_escrow(folder: Path) -> Settings:
    """Give settings with a medium for the escrow and one custodian, whose identity the attacker has."""
    custodian = Identity.generate()
    (folder / "custodian.txt").write_text(f"{custodian}\n", "ascii")
    (folder / "custodians.txt").write_text(f"{custodian.to_public()} 模擬の課長\n", "utf-8")
    (folder / "medium").mkdir()
    escrow = {"escrow_folder": folder / "medium", "escrow_recipients_file": folder / "custodians.txt"}
    return settings_of(folder / "home", **escrow)


def _live(office: Office, ids: list[LineUserId], attacker: Attacker) -> Mapping[str, bytes]:
    """Let all come, be backed up, and the marked ones leave; give what may be kept from before that."""
    numbers = list(follow(office, ids))
    choose(office, [_chosen(office, number) for number in numbers])
    deliver(office, *(an_event("follow", number) for number in range(1, SEALED_BY_DOOR + 1)))
    attacker.copy_stores()
    kept = mistakes(office)
    backups.make(office, backups.FLOW)
    attacker.keep_backups()
    with office.inbox.begin() as connection:  # as if the delivery had been applied: copies alone hold it
        connection.exec_driver_sql("DELETE FROM inbox")
    leave(office, numbers[:CANARIES], "quit")  # so many blocks at once would be held as a flood
    with writing(office.warehouse) as warehouse:
        left = dict.fromkeys(office.index.of_line_ids(ids[:CANARIES]), int(office.now().timestamp() * 1000))
        tombstones.bury(warehouse, office.tombstone_keys, left, office.now())
    run.retain(office)
    return kept


def _chosen(office: Office, number: int) -> Chosen:
    genres = frozenset(ward().genres)
    return Chosen(number, ward().current_purpose, office.now(), birth_year=1990, sex=1, area=1, genres=genres)


def _night(office: Office, attacker: Attacker) -> None:
    backups.make(office, backups.FLOW)
    attacker.keep_backups()
    run.retain(office)


def _remaining(office: Office) -> list[str]:
    """Give the remainders that the one certificate names."""
    with reading(office.warehouse) as warehouse:
        (row,) = settling.waiting(warehouse)
    issued, _ = opened(office, row)
    return [one.id for one in issued.certificate.remaining]


def _refused(office: Office, aside: Path, content: bytes) -> bool:
    """Whether one thing kept by mistake, alone, is found and refuses 確定."""
    aside.write_bytes(content)
    done = settle_all(office, {})
    return not done.settled and any(aside.name in refused for refused in done.refused.values())


def _states(office: Office) -> set[str]:
    with reading(office.warehouse) as warehouse:
        return {row.state for row in certificates.every(warehouse)}
