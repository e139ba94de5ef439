"""Builders of copies: an office with an escrow and two custodians, an empty place to restore to, handlers who may."""

import dataclasses
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from random import Random
from typing import Any, Protocol

from pyrage.x25519 import Identity  # type: ignore[import-untyped]

from tayori.domain.identifiers import HandlerId
from tayori.office import Office
from tayori.retention.copies.restoring import Wanted
from tayori.settings import Settings
from tayori.staffing import appoint
from tayori.vault.roster import Credential, NewHandler, unlock
from tayori.warehouse.engines import reading

PASSPHRASE = "correct horse battery"
CHIEF, WARD = HandlerId("chief"), HandlerId("ward")


class Places(Protocol):
    """What makes empty places."""

    def empty(self, lost: Office, name: str = "elsewhere") -> Office:
        """Give an empty place of the same kind of store, opened for a restore."""
        ...

    def served(self, restored: Office) -> Office:
        """Give a place as doors and flows open it."""
        ...


def with_escrow(office: Office, folder: Path, posts: int = 2) -> Office:
    """Give the office with a medium for the escrow and custodians; identities lie beside it, one file a post."""
    medium = folder / "medium"
    medium.mkdir(exist_ok=True)
    lines = []
    for post in range(posts):
        made = Identity.generate()
        (folder / f"custodian-{post}.txt").write_text(f"# kept apart\n{made}\n", "ascii")
        lines.append(f"{made.to_public()} 模擬の課長{post}\n")
    recipients = folder / "custodians.txt"
    recipients.write_text("".join(lines), "utf-8")
    return changed(office, escrow_folder=medium, escrow_recipients_file=recipients)


def changed(office: Office, **settings: Any) -> Office:  # noqa: ANN401 - settings by name
    """Give the same office under other settings."""
    return dataclasses.replace(office, settings=office.settings.model_copy(update=settings))


def handlers(office: Office) -> Credential:
    """Let a responsible handler of 乙 and a handler of 甲 stand in the roster; give the one of 甲."""
    chief = appoint(office, None, NewHandler(CHIEF, "模擬 統", ["responsible"], "乙", date(2026, 11, 1)), PASSPHRASE)
    return appoint(office, chief, NewHandler(WARD, "模擬 区", ["writer"], "甲", date(2026, 11, 1)), PASSPHRASE)


def proven(lost: Office) -> Callable[[Office], Credential]:
    """Give what opens the ward handler's key in a restored place: their own copy of the file, brought along."""

    def prove(place: Office) -> Credential:
        place.handlers_folder.mkdir(exist_ok=True, mode=0o700)
        shutil.copy(lost.handlers_folder / f"{WARD}.pem", place.handlers_folder)
        with reading(place.warehouse) as warehouse:
            return unlock(warehouse, place.handlers_folder, WARD, PASSPHRASE, place.today())

    return prove


def own_key(place: Office) -> Credential:
    """Open the ward handler's key where it lies in the restored place already."""
    with reading(place.warehouse) as warehouse:
        return unlock(warehouse, place.handlers_folder, WARD, PASSPHRASE, place.today())


def wanted(office: Office, backup_id: str, post: int = 0, **more: Any) -> Wanted:  # noqa: ANN401
    """Give what is to be restored: a backup, with the newest escrow and one custodian's identity."""
    medium = office.settings.escrow_folder
    assert medium is not None
    newest = max(medium.glob("escrow-*"))
    return Wanted(office.settings.backups / backup_id, newest, medium.parent / f"custodian-{post}.txt", **more)


def empty_place(lost: Office, home: Path, *, restores: bool = True, **urls: Any) -> Office:  # noqa: ANN401
    """Give a place where nothing stands yet, of the lost office's clock and its folders of copies."""
    kept = lost.settings
    settings = Settings(
        _env_file=None,
        home=home,
        mode=kept.mode,
        backup_folder=kept.backups,
        escrow_folder=kept.escrow_folder,
        escrow_recipients_file=kept.escrow_recipients_file,
        **urls,
    )
    return Office(settings, lost.clock, Random(7), restores)  # noqa: S311 - replayable on purpose
