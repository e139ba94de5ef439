"""Whether a deployment is as the papers ask: its hosts (L9, L15), wires (L8), keys (P8), stores and log (L11)."""

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import DUMMY_PREFIX
from tayori.errors import Refused, TayoriError, Unavailable
from tayori.office import KEY_FILE, Office
from tayori.settings import KeyForm, Mode, Settings
from tayori.vault import audit, identity, keeping
from tayori.vault.age import read_custodians
from tayori.vault.audit import Action
from tayori.vault.keeping import Kept
from tayori.vault.providers import Medium
from tayori.warehouse import copies, lineids, orphans, server_hygiene, setup
from tayori.warehouse.addresses import LOOPBACK, host_of, is_protected
from tayori.warehouse.copies import CopyRow, DrillRow
from tayori.warehouse.engines import is_sqlite, reading, writing

TELEMETRY: Final = {"PREFECT_SERVER_ANALYTICS_ENABLED": "false", "GX_ANALYTICS_ENABLED": "false"}
BACKUP_WITHIN: Final = timedelta(hours=26)
DRILL_WITHIN: Final = timedelta(days=366)
LEAST_CUSTODIANS: Final = 2
LEAST_FREE: Final = 2 << 30  # bytes
LOOKED_AT: Final = 500  # people whose ids `doctor` looks at for dummies in live
KEEPERS: Final = {
    Medium.FILE: "a file: of an ended epoch it says that the file was replaced and its medium not examined.",
    Medium.TOKEN: "a token in software: of an ended epoch it can say no more than a file can.",
    Medium.DEVICE: "a device of hardware, in which the key of an ended epoch is destroyed.",
}
STRAY: Final = (
    "A crash left it, or an older key file was put back: see that the file is the newest, then remove these objects by "
    "the device's own tool."
)
WITHOUT_KEY: Final = {"people": orphans.people_without_key, "cases": orphans.cases_without_key}


class Weight(StrEnum):
    """How much a finding weighs."""

    OK = "ok"
    NOTE = "note"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found."""

    name: str
    weight: Weight
    sentence: str


def examine(settings: Settings, environment: Mapping[str, str] = os.environ) -> list[Finding]:
    """Check a deployment; the checks that fail say what to do."""
    office = Office(settings)
    try:
        return [
            _hosts(settings, environment),
            _prefect(environment),
            _wires(settings, environment),
            _telemetry(settings, environment),
            *(_store(office, store) for store in setup.STORES),
            *_keys(office),
            *_epochs(office),
            _with_keys(office, "people"),
            _with_keys(office, "cases"),
            *_server_log(office),
            *_live(office),
            _log(office),
            *_copies(office),
            _room(settings),
            *_second_reader(settings),
        ]
    finally:
        office.close()


def hosts(settings: Settings, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Give every host that this installation speaks to, by the setting that names it; this machine is left out."""
    smtp = settings.smtp_url.get_secret_value() if settings.smtp_url else ""
    named = {name: host_of(url) for name, url in _databases(settings).items() if url}
    services = {
        "TAYORI_LINE_API_BASE": settings.line_base,
        "TAYORI_LINE_DATA_API_BASE": settings.line_data_base,
        "TAYORI_LINE_LOGIN_BASE": settings.line_login_base,
        "TAYORI_SMTP_URL": smtp,
        "TAYORI_DASK_ADDRESS": settings.dask_address,
        "TAYORI_MAIL_URL": settings.mail_url.get_secret_value() if settings.mail_url else "",
        "PREFECT_API_URL": environment.get("PREFECT_API_URL", ""),
    }
    named |= {name: urlsplit(url).hostname for name, url in services.items() if url}
    return {name: host for name, host in named.items() if host and host not in LOOPBACK and not host.startswith("/")}


def refuse_strangers(settings: Settings, environment: Mapping[str, str] = os.environ) -> None:
    """Refuse hosts that are not on the allowed list (L9, L15); without a list, whatever is not this machine.

    Raises:
        Refused: naming the settings, not the hosts.

    """
    outside = [
        name for name, host in hosts(settings, environment).items() if host not in settings.deployment_allowed_hosts
    ]
    if outside:
        raise Refused(f"{', '.join(outside)} names a host that TAYORI_DEPLOYMENT_ALLOWED_HOSTS does not list (L15).")


def _hosts(settings: Settings, environment: Mapping[str, str]) -> Finding:
    count = len(hosts(settings, environment))
    good = f"{count} hosts beside this machine, all on the allowed list."
    return _told("hosts (L9, L15)", good, lambda: refuse_strangers(settings, environment))


def refuse_open_api(url: str) -> None:
    """Refuse a Prefect API that is neither on this machine nor under TLS (L8).

    Raises:
        Refused: it is.

    """
    place = urlsplit(url)
    if place.scheme != "https" and place.hostname not in LOOPBACK:
        raise Refused("PREFECT_API_URL is neither https nor on this machine (L8).")


def _prefect(environment: Mapping[str, str]) -> Finding:
    url = environment.get("PREFECT_API_URL", "")
    if not url:
        return Finding("Prefect", Weight.NOTE, "PREFECT_API_URL is not set; `tayori up` starts a server of its own.")
    return _told("Prefect (L8)", "the API is on this machine or under TLS.", lambda: refuse_open_api(url))


def _databases(settings: Settings) -> dict[str, str]:
    """Give the address of every database that is opened, by its setting; empty where it is not set."""
    return {
        "TAYORI_DATABASE_URL": settings.warehouse_address,
        "TAYORI_VAULT_URL": settings.vault_address,
        "TAYORI_INBOX_URL": settings.inbox_address,
        "TAYORI_CALL_CENTRE_URL": settings.call_centre_url.get_secret_value() if settings.call_centre_url else "",
        "TAYORI_OLD_SYSTEM_URL": settings.old_system_url.get_secret_value() if settings.old_system_url else "",
    }


def open_wires(settings: Settings, environment: Mapping[str, str] = os.environ) -> list[str]:
    """Give the settings whose wire could be read on its way: neither TLS nor this machine (L8).

    Mail is not among them: to another host `tayori.mail` speaks by STARTTLS or not at all.
    """
    services = {
        "TAYORI_LINE_API_BASE": settings.line_base,
        "TAYORI_LINE_DATA_API_BASE": settings.line_data_base,
        "TAYORI_LINE_LOGIN_BASE": settings.line_login_base,
        "TAYORI_WEB_BASE_URL": settings.web_base_url,
        "PREFECT_API_URL": environment.get("PREFECT_API_URL", ""),
    }
    found = [name for name, url in _databases(settings).items() if url and not is_protected(url)]
    return found + [name for name, url in services.items() if url and not _is_closed(url)]


def _is_closed(url: str) -> bool:
    place = urlsplit(url)
    return place.scheme == "https" or place.hostname in LOOPBACK


def _wires(settings: Settings, environment: Mapping[str, str]) -> Finding:
    name, found = "wires (L8)", open_wires(settings, environment)
    if not found:
        return Finding(name, Weight.OK, "each is TLS or stays on this machine.")
    weight = Weight.FAILED if settings.mode is Mode.LIVE else Weight.NOTE
    return Finding(name, weight, f"{', '.join(found)} is neither TLS nor on this machine; anybody between could read.")


def _telemetry(settings: Settings, environment: Mapping[str, str]) -> Finding:
    spoken = [name for name, off in TELEMETRY.items() if environment.get(name, "").lower() != off]
    if not spoken:
        return Finding("telemetry (P7)", Weight.OK, "off.")
    weight = Weight.FAILED if settings.mode is Mode.LIVE else Weight.NOTE
    return Finding("telemetry (P7)", weight, f"set {', '.join(f'{name}=false' for name in spoken)}.")


def _store(office: Office, store: str) -> Finding:
    good = "set up, at this version's revision."
    return _told(store, good, lambda: setup.require(getattr(office, store), store))


def _keys(office: Office) -> list[Finding]:
    files = [office.kek_path, office.index_path, office.signing_path, *sorted(office.keys_folder.glob("*.key"))]
    return [_key(path) for path in dict.fromkeys(files)]


def _epochs(office: Office) -> list[Finding]:
    """Check what keeps the keys of epochs, that each needed one is there, and that none outlived its epoch."""
    good = "each is there, and the one that the vault was wrapped under; none outlived its epoch."
    return [_provider(office), _told("keys of epochs (P8, L16)", good, lambda: _refuse_wrong_keys(office))]


def _provider(office: Office) -> Finding:
    name = "key provider (P8)"
    try:
        medium = office.key_provider.medium
        office.key_provider.names()
        strays = office.key_provider.strays()
    except TayoriError as error:
        return Finding(name, Weight.FAILED, error.sentence)
    if office.settings.key_provider is KeyForm.PKCS11 and (office.keys_folder / KEY_FILE).exists():
        told = f"a device keeps the keys, but {KEY_FILE} is there still; run `tayori keys move` to its end."
        return Finding(name, Weight.FAILED, told)
    if strays:
        told = f"the device holds what the key file does not know: {', '.join(strays)}. {STRAY}"
        return Finding(name, Weight.NOTE, told)
    if office.settings.mode is Mode.LIVE and medium is not Medium.DEVICE:
        told = f"{KEEPERS[medium]} Certificates say so; only a device of hardware can claim more (TAYORI_KEY_PROVIDER)."
        return Finding(name, Weight.NOTE, told)
    return Finding(name, Weight.OK, KEEPERS[medium])


def _refuse_wrong_keys(office: Office) -> None:
    with reading(office.vault) as vault:
        epochs = keeping.kept(vault, office.key_provider)
        left = keeping.left_over(vault, office.key_provider, office.box_keys.epochs())
    wrong = [f"{one.space} {one.epoch} ({one.key})" for one in epochs if one.key is not Kept.THERE]
    if wrong:
        raise Unavailable(f"the vault needs keys that are not the right ones: {', '.join(wrong)}; restore them.")
    if left:
        named = ", ".join(f"{space} {epoch}" for space, epoch in left)
        raise Refused(f"keys of epochs that ended are kept: {named}. The next night ends them; find who put them back.")


def _key(path: Path) -> Finding:
    name = f"key {path.name} (P8)"
    if not path.exists():
        return Finding(name, Weight.FAILED, "missing; restore it from its escrow.")
    if path.stat().st_mode & 0o077:
        return Finding(name, Weight.FAILED, "others may read it; set its rights to 0600.")
    return Finding(name, Weight.OK, "there, readable by its owner alone.")


def _with_keys(office: Office, who: str) -> Finding:
    def check() -> None:
        with reading(office.warehouse) as warehouse, reading(office.vault) as vault:
            lost = len(WITHOUT_KEY[who](warehouse, vault))
        if lost:
            raise Unavailable(
                f"{lost} {who} of the warehouse have no key in the vault: what is sealed of them does not open. "
                "Restore the vault that belongs to this warehouse."
            )

    return _told(f"{who} without a key (P8)", "none.", check)


def _server_log(office: Office) -> list[Finding]:
    """Check that PostgreSQL's log can hold no value of a row; only its administrator can set that."""
    servers = [engine for store in setup.STORES if not is_sqlite(engine := getattr(office, store))]
    if not servers:
        return []

    def check() -> None:
        loud = sorted({setting for engine in servers for setting in server_hygiene.loud_settings(engine)})
        if loud:
            raise Refused(f"the server's log may hold values of rows; its administrator sets {', '.join(loud)}.")

    found = _told("server log (L16)", "holds no value of any row.", check)
    if found.weight is Weight.FAILED and office.settings.mode is not Mode.LIVE:
        return [Finding(found.name, Weight.NOTE, found.sentence)]
    return [found]


def _live(office: Office) -> list[Finding]:
    """Check what only live must not have: dummy people, and, to be remarked, the embedded database."""
    if office.settings.mode is not Mode.LIVE:
        return []
    found = [_told("dummy people (L7)", "none among the people who came first.", lambda: _refuse_dummies(office))]
    if office.settings.warehouse_address.startswith("sqlite"):
        told = "SQLite, one file on this machine; a ward in service runs on PostgreSQL with sslmode=verify-full (L8)."
        found.append(Finding("database", Weight.NOTE, told))
    return found


def _refuse_dummies(office: Office) -> None:
    """Open the ids of those who came first, with a line in the log: there a rehearsal would have left its dummies."""
    with writing(office.warehouse) as warehouse, reading(office.vault) as vault:
        first = lineids.first_numbers(warehouse, LOOKED_AT)
        evidence = Evidence("doctor", Purpose.INSPECTION)
        line = audit.record(
            warehouse, evidence, Action.OPEN, "first people, for dummies", count=len(first), now=office.now()
        )
        opened = identity.open_line_ids(warehouse, vault, office.person_keys, first, line)
    dummies = sum(one.startswith(DUMMY_PREFIX) for one in opened.values())
    if dummies:
        raise Refused(
            f"{dummies} of the first {len(first)} people are dummies of a rehearsal; live begins in a home of its own, "
            "with stores that no rehearsal used."
        )


def _log(office: Office) -> Finding:
    def check() -> None:
        with reading(office.warehouse) as connection:
            audit.verify(connection, *office.verifying_keys(connection))

    return _told("access log (L11)", "the chain and every signed head hold.", check)


def _copies(office: Office) -> list[Finding]:
    try:
        with reading(office.warehouse) as connection:
            standing, drill = copies.standing(connection, "backup"), copies.last_drill(connection)
    except TayoriError as error:
        return [Finding("copies (L12, P9)", Weight.FAILED, error.sentence)]
    return [_backup(office, standing), _drill(office, drill), _custodians(office)]


def _backup(office: Office, standing: Sequence[CopyRow]) -> Finding:
    name = "backup (L12)"
    if standing and office.now() - standing[-1].made_at <= BACKUP_WITHIN:
        hours = int((office.now() - standing[-1].made_at).total_seconds() // 3600)
        return Finding(name, Weight.OK, f"the newest of {len(standing)} is {hours} hours old.")
    told = "the newest is older than 26 hours" if standing else "there is none"
    return Finding(name, _heavy(office), f"{told}; see that the deployment `backup` runs, or run `tayori backup make`.")


def _drill(office: Office, last: DrillRow | None) -> Finding:
    name = "restore drill (L7)"
    if last is None or office.now() - last.ended_at > DRILL_WITHIN:
        told = f"the last one was on {last.ended_at.date()}" if last else "none was ever done"
        return Finding(name, Weight.NOTE, f"{told}; a ward handler runs `tayori restore --rehearsal` once a year.")
    return Finding(name, Weight.OK, f"done on {last.ended_at.date()} with {last.copy_id}.")


def _custodians(office: Office) -> Finding:
    name, settings = "escrow (P8)", office.settings
    if settings.escrow_folder is None or settings.escrow_recipients_file is None:
        told = "no escrow is set up: who loses the vault loses everyone. Set TAYORI_ESCROW_FOLDER and its custodians."
        return Finding(name, _heavy(office), told)
    try:
        custodians = read_custodians(settings.escrow_recipients_file)
    except TayoriError as error:
        return Finding(name, Weight.FAILED, error.sentence)
    if not settings.escrow_folder.is_dir():
        return Finding(name, _heavy(office), "its medium is away; certificates stay 暫定 until it is back.")
    if len(custodians) < LEAST_CUSTODIANS:
        told = f"{len(custodians)} custodian; with fewer than {LEAST_CUSTODIANS} one lost key loses everyone."
        return Finding(name, Weight.NOTE if custodians else Weight.FAILED, told)
    if settings.mode is Mode.LIVE and settings.escrow_folder.stat().st_dev == settings.home.stat().st_dev:
        return Finding(name, Weight.NOTE, "its folder lies on the medium of TAYORI_HOME; take a second one.")
    return Finding(name, Weight.OK, f"{len(custodians)} custodians; any one of them can open it.")


def _heavy(office: Office) -> Weight:
    return Weight.FAILED if office.settings.mode is Mode.LIVE else Weight.NOTE


def _room(settings: Settings) -> Finding:
    if not settings.home.exists():
        return Finding("disk", Weight.FAILED, "TAYORI_HOME does not exist; run `tayori init`.")
    free = shutil.disk_usage(settings.home).free
    weight = Weight.OK if free >= LEAST_FREE else Weight.FAILED
    return Finding("disk", weight, f"{free / (1 << 30):.1f} GiB free; at least {LEAST_FREE >> 30} are needed.")


def _told(name: str, good: str, check: Callable[[], None]) -> Finding:
    try:
        check()
    except TayoriError as error:
        return Finding(name, Weight.FAILED, error.sentence)
    return Finding(name, Weight.OK, good)


def _second_reader(settings: Settings) -> list[Finding]:
    if settings.ginza_python is None:
        return []
    if os.access(settings.ginza_python, os.X_OK):
        return [Finding("second reader", Weight.OK, "TAYORI_GINZA_PYTHON names a program that can be started.")]
    sentence = "TAYORI_GINZA_PYTHON names no program that can be started; make its environment anew, or unset it."
    return [Finding("second reader", Weight.FAILED, sentence)]
