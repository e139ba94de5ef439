"""What can still bring erased persons back, as a table: what it is, by when it is gone, and what shows that it is.

A certificate names these rows as remaining; it becomes 確定 when each row's source says, of the stores as they are now,
that it is gone. A row without a source keeps a certificate 暫定: nothing is settled by a date alone.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Engine

from tayori.certificates.document import KeyEpoch, Remaining
from tayori.office import TOKYO, Office
from tayori.retention.copies.ends import backups_gone_before, escrow_ended_through
from tayori.vault.keyfile import Space
from tayori.warehouse import disposal, journal, rewriting, tombstones, wrapped_keys
from tayori.warehouse.engines import is_sqlite, reading
from tayori.warehouse.erasure import BACKUP_DAYS

BOX_DAYS: Final = 15  # a quarantined row lives 14 days, its key goes with the next night's renewal
TOMBSTONE_DAYS: Final = 3
PERSONS, BOXES = "利用者", "受付箱・隔離"
SPACES: Final[Mapping[str, Space]] = {PERSONS: Space.PERSON, "案件": Space.CASE, "宛先の束": Space.LIST}
"""Key spaces, by the words that certificates use for them."""
STORES: Final = {"warehouse": "倉庫", "vault": "鍵保管庫", "inbox": "受付箱"}


@dataclass(frozen=True, slots=True)
class Deed:
    """What a source has to know of a certified erasure: its run, when it ended, its epochs, how the stores stood."""

    certificate_no: str
    run_id: str
    erased_at: datetime
    key_epochs: Sequence[KeyEpoch]
    baseline: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Seen:
    """What a source says now: gone or not, and the evidence in a sentence that is printed."""

    gone: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Remainder:
    """One row: `days` after the erasure it is expected to be gone; `here` tells whether this installation has it."""

    id: str
    what: str
    days: int
    look: Callable[[Office, Deed], Seen]
    here: Callable[[Office], bool] = lambda _: True


def _epochs(office: Office, deed: Deed) -> Seen:
    """See that every epoch up to the erasure's is destroyed: in the vault, where keys are kept, and in the escrow."""
    ended = ended_epochs(deed)
    standing = [f"{name} {epoch}" for name, last in ended.items() for epoch in _standing(office, SPACES[name], last)]
    if standing or not ended:
        return Seen(gone=False, sentence=f"鍵世代 {'、'.join(standing) or '不明'} の鍵が残っています。")
    told, escrows = "、".join(f"{name} {last}" for name, last in ended.items()), escrow_ended_through(office)
    if not all(escrows.past(SPACES[name], last) for name, last in ended.items()):
        return Seen(gone=False, sentence=f"鍵世代 {told} までの鍵を含む預託が残っています。")
    return Seen(gone=True, sentence=f"鍵世代 {told} までの鍵は、鍵保管庫の記録、鍵の保管先及び預託のいずれにもない")


def ended_epochs(deed: Deed) -> dict[str, int]:
    """Give the last epoch of each key space that a certificate says has ended."""
    named = {epoch.space for epoch in deed.key_epochs} & SPACES.keys()
    return {name: max(one.epoch for one in deed.key_epochs if one.space == name) for name in sorted(named)}


def _standing(office: Office, space: Space, last: int) -> list[int]:
    with reading(office.vault) as vault:
        recorded = {epoch for epoch, state, *_ in wrapped_keys.epochs(vault, space) if state != "destroyed"}
    return [epoch for epoch in range(1, last + 1) if epoch in recorded or has_key(office, space, epoch)]


def has_key(office: Office, space: Space, epoch: int) -> bool:
    """Whether the place where key-encryption keys are kept still gives one."""
    return (space, epoch) in office.key_provider.names()


def _backups(office: Office, deed: Deed) -> Seen:
    """See that every backup of the ledger ended, its key with it, and that their longest life is over.

    Copies that stand in no ledger, such as those of a server's own operator, are neither older nor listed: the age
    speaks for those, and the last probe looks for what lies here.
    """
    if not backups_gone_before(office, deed.erased_at):
        return Seen(gone=False, sentence="消去前のバックアップ又はその鍵が台帳に残っています。")
    if office.now() < deed.erased_at + timedelta(days=BACKUP_DAYS):
        return Seen(gone=False, sentence=f"消去前のバックアップの保存期間（{BACKUP_DAYS}日）が過ぎていません。")
    return Seen(
        gone=True, sentence=f"消去前のバックアップは台帳のすべてが鍵とともに終了し、保存期間（{BACKUP_DAYS}日）も過ぎた"
    )


def _journal(office: Office, deed: Deed) -> Seen:
    with reading(office.warehouse) as warehouse:
        rows = journal.count_journalled(warehouse, deed.run_id)
    if rows:
        return Seen(gone=False, sentence=f"消去した管理番号の記録が {rows} 行残っています。")
    return Seen(gone=True, sentence="消去した管理番号の記録は 0 行")


def _tombstones(office: Office, deed: Deed) -> Seen:
    """See that no key is left under which a leaving before the erasure could have been marked, nor a mark."""
    keys = office.tombstone_keys.from_before(deed.erased_at)
    with reading(office.warehouse) as warehouse:
        marks = tombstones.count_until(warehouse, office.tombstone_keys.epoch_of(deed.erased_at))
    if keys or marks:
        return Seen(gone=False, sentence=f"消去の時点までの目印が {marks} 件、その鍵が {len(keys)} 個残っています。")
    return Seen(gone=True, sentence="消去の時点までの目印及びその鍵はない")


def _boxes(office: Office, deed: Deed) -> Seen:
    named = {epoch.epoch for epoch in deed.key_epochs if epoch.space == BOXES}
    standing = sorted(named & set(office.box_keys.epochs()))
    if standing:
        return Seen(gone=False, sentence=f"受付箱・隔離の鍵世代 {_listed(standing)} が残っています。")
    return Seen(gone=True, sentence=f"受付箱・隔離の鍵世代 {_listed(sorted(named)) or 'なし'} は破棄済み")


def _disposed(office: Office, deed: Deed) -> Seen:
    with reading(office.warehouse) as warehouse:
        rows = disposal.count_disposed_until(warehouse, deed.erased_at)
    if rows:
        return Seen(gone=False, sentence=f"廃棄した案件の番号の記録が {rows} 行残っています。")
    return Seen(gone=True, sentence="廃棄した案件の番号の記録は 0 行")


def _listed(epochs: Sequence[int]) -> str:
    return "、".join(map(str, dict.fromkeys(epochs)))


def _server(office: Office, deed: Deed) -> Seen:
    """See that tables of PostgreSQL lie in other files than at the erasure, and the log holds no file from then."""
    before: Mapping[str, Mapping[str, int]] = deed.baseline.get("table_files", {})
    for store, engine in server_stores(office).items():
        now = rewriting.table_files(engine, store)
        same = [table for table, file in now.items() if before.get(store, {}).get(table, file) == file]
        if same:
            return Seen(gone=False, sentence=f"{STORES[store]}の表 {len(same)} 件が消去時のファイルのままです。")
        old = rewriting.old_log_files(engine, deed.erased_at)
        if old is None:
            return Seen(gone=False, sentence="先行書込みログを調べる権限（pg_monitor）がありません。")
        if old:
            return Seen(gone=False, sentence=f"先行書込みログに消去前のファイルが {old} 件残っています。")
    return Seen(gone=True, sentence="個人情報を含む表はすべて書き直され、先行書込みログに消去前のファイルがない")


def server_stores(office: Office) -> dict[str, Engine]:
    """Give the stores that lie in PostgreSQL."""
    engines: dict[str, Engine] = {store: getattr(office, store) for store in STORES}
    return {store: engine for store, engine in engines.items() if not is_sqlite(engine)}


def _never(_office: Office) -> bool:
    """Say that a night's certificate never names it: another kind of certificate does."""
    return False


REMAINDERS: Final = (
    Remainder("key-epochs", "消去の時点までの鍵世代（鍵の保管先にある写しを含む）", 1, _epochs),
    Remainder("backups", "消去前に作成されたバックアップ（平文で保持していた項目）", BACKUP_DAYS, _backups),
    Remainder("disposal-items", "廃棄した案件の管理番号及び受付番号", BACKUP_DAYS + 1, _disposed, _never),
    Remainder("journal", "消去した管理番号（復元時の再消去用）及び対象の照合鍵", BACKUP_DAYS + 1, _journal),
    Remainder(
        "tombstones", "登録をやめたことの目印（鍵付きハッシュ。鍵は最長72時間で破棄）", TOMBSTONE_DAYS, _tombstones
    ),
    Remainder("box-keys", "受付箱・隔離の鍵世代（取込み済みの封緘データ）", BOX_DAYS, _boxes),
    Remainder(
        "postgresql",
        "PostgreSQL の空き領域及び先行書込みログ（平文で保持していた項目）",
        BACKUP_DAYS,
        _server,
        lambda office: bool(server_stores(office)),
    ),
)
"""Whoever adds a kind of copy or key that outlives an erasure adds its row here."""

NO_SOURCE: Final = Seen(gone=False, sentence="なくなったことを調べる手段がありません。")


def remaining(office: Office, erased_at: datetime, table: Sequence[Remainder] = REMAINDERS) -> tuple[Remaining, ...]:
    """Tell what could still bring something back, and the day by which it will not."""
    return tuple(
        Remaining(id=row.id, what=row.what, until=_day(erased_at, row.days)) for row in table if row.here(office)
    )


def baseline(office: Office) -> dict[str, object]:
    """Give how the stores stand now, for what can only be seen by a change: the files of PostgreSQL's tables."""
    return {"table_files": {store: rewriting.table_files(one, store) for store, one in server_stores(office).items()}}


def look(office: Office, deed: Deed, ids: Sequence[str], table: Sequence[Remainder] = REMAINDERS) -> dict[str, Seen]:
    """Ask the source of everything that a certificate names; what has none is not gone."""
    sources = {row.id: row for row in table}
    return {name: sources[name].look(office, deed) if name in sources else NO_SOURCE for name in ids}


def _day(moment: datetime, days: int) -> str:
    return (moment + timedelta(days=days)).astimezone(TOKYO).date().isoformat()
