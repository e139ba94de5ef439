"""The settings, read from the environment (prefix TAYORI_). No secret has a default, and no secret prints."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import Field, SecretStr, model_validator
from pydantic.functional_validators import BeforeValidator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

LINE_HOSTS = frozenset({"api.line.me", "api-data.line.me", "access.line.me"})


class Mode(StrEnum):
    """Rehearsal on dummy people, or live."""

    REHEARSAL = "rehearsal"
    LIVE = "live"


class KeyForm(StrEnum):
    """What keeps the keys of epochs: a file, or a device behind PKCS#11."""

    FILE = "file"
    PKCS11 = "pkcs11"


def _listed(written: object) -> object:
    return tuple(part.strip() for part in written.split(",") if part.strip()) if isinstance(written, str) else written


Hosts = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)]


class Settings(BaseSettings):
    """Every setting of this installation; docs/settings.md is printed from these fields."""

    model_config = SettingsConfigDict(env_prefix="TAYORI_", extra="ignore", frozen=True, hide_input_in_errors=True)

    mode: Mode = Field(Mode.REHEARSAL, description="rehearsal (dummy people) or live")
    home: Path = Field(Path("var"), description="folder of all files of this installation")
    database_url: str = Field("", description="the warehouse; empty: SQLite in HOME")
    vault_url: str = Field("", description="the vault's own database; empty: SQLite in HOME")
    inbox_url: str = Field("", description="the inbox; empty: DATABASE_URL on PostgreSQL, else SQLite in HOME")
    key_provider: KeyForm = Field(KeyForm.FILE, description="what keeps the keys of epochs: file, or pkcs11 (a device)")
    key_file: Path | None = Field(None, description="key-encryption keys by space and epoch; empty: HOME/keys/kek.json")
    pkcs11_module: Path | None = Field(None, description="pkcs11: the device's module, a shared library")
    pkcs11_token: str = Field("", description="pkcs11: label of the token in the device")
    pkcs11_pin: SecretStr | None = Field(None, description="pkcs11: PIN of the token's user; or the next")
    pkcs11_pin_file: Path | None = Field(None, description="pkcs11: file that holds the PIN alone, its rights 0600")
    index_key_file: Path | None = Field(None, description="key of the blind index; empty: HOME/keys/index.key")
    signing_key_file: Path | None = Field(
        None, description="Ed25519 key of certificates and heads; HOME/keys/signing.pem"
    )
    commitment_recipient: str = Field(
        "", description="age recipient of the ward that gets the key of commitments at 確定; empty: it is destroyed"
    )
    inbox_public_key_file: Path | None = Field(None, description="what the door seals to; HOME/keys/inbox.pub.json")
    line_api_base: str = Field("", description="LINE's API; empty: https://api.line.me in live, refused in rehearsal")
    line_data_api_base: str = Field(
        "", description="LINE's API for pictures; empty: https://api-data.line.me in live, LINE_API_BASE in rehearsal"
    )
    line_channel_secret: SecretStr | None = Field(None, description="secret of the Messaging API channel (webhook)")
    line_access_token: SecretStr | None = Field(None, description="access token of the Messaging API channel")
    line_login_base: str = Field("", description="LINE Login; empty: LINE's own in live, needed in rehearsal")
    line_login_channel_id: str = Field("", description="LINE Login channel, under the provider of the other channel")
    line_login_channel_secret: SecretStr | None = Field(None, description="secret of the LINE Login channel")
    passphrase_file: Path | None = Field(
        None, description="rehearsal only: agent file, one handler and passphrase a line; empty: asked at the terminal"
    )
    web_base_url: str = Field("http://127.0.0.1:8080", description="address of the doors as residents see it")
    opinion_base_url: str = Field(
        "", description="address of the opinion screen (O6); `tayori up`: empty is that of WEB_BASE_URL"
    )
    web_allowed_hosts: Hosts = Field(
        (), description="Host headers that the residents' pages answer to (O6); empty: that of WEB_BASE_URL"
    )
    link_hosts: Hosts = Field((), description="the ward's own sites: hosts that links in messages may lead to")
    media_folder: Path | None = Field(
        None, description="pictures of submitted broadcasts, the one folder that the door serves; empty: HOME/media"
    )
    chromium: str = Field("", description="browser that draws previews as pictures; empty: chromium on the PATH")
    deployment_allowed_hosts: Hosts = Field((), description="hosts that parts of this installation may live on (L15)")
    smtp_url: SecretStr | None = Field(None, description="smtp://user:password@host:port for alarms; empty: no mail")
    alarm_mail_to: str = Field("", description="address of the ward's desk that receives alarms")
    call_centre_url: SecretStr | None = Field(
        None, description="database of the call centre's FAQ system, read only (O5)"
    )
    call_centre_mapping: Path | None = Field(None, description="mapping of the call centre's tables and scope (YAML)")
    mail_url: SecretStr | None = Field(
        None, description="mails to the ward: imaps://user:password@host/FOLDER or maildir:///FOLDER; empty: none"
    )
    mail_mapping: Path | None = Field(None, description="mapping of the mailbox's addresses (YAML)")
    old_system_url: SecretStr | None = Field(
        None, description="database of the old opinion system while it is migrated, read only (O7)"
    )
    feeds_file: Path | None = Field(None, description="rules for the feeds of the ward's site (YAML); empty: no feed")
    feed_allowed_hosts: Hosts = Field(
        (), description="hosts that feeds may be read from and that their news may link to"
    )
    backup_folder: Path | None = Field(None, description="backups of the stores; empty: HOME/backups")
    backup_days: int = Field(14, ge=1, le=14, description="days until a backup's key is destroyed and its file removed")
    scratch_folder: Path | None = Field(
        None, description="where SQLite's snapshot lies while a backup is made (tmpfs if it fits); empty: BACKUP_FOLDER"
    )
    escrow_folder: Path | None = Field(
        None, description="folder on a second medium of ours for the escrow of vault and keys; empty: no escrow"
    )
    escrow_recipients_file: Path | None = Field(
        None, description="custodians: a line each, age public key and post; any one of them can open the escrow"
    )
    scan_hours: float | None = Field(
        None, ge=0, description="rehearsal only: hours between two scans of followers; live always waits six"
    )
    ward_public_key_file: Path | None = Field(
        None, description="甲's Ed25519 public key (PEM): checks its receipt and instruction at a contract's end"
    )
    ward_recipient_file: Path | None = Field(
        None, description="甲's age public key (age1...): what is returned at a contract's end is sealed to it"
    )
    analysis_workers: int = Field(1, ge=1, le=64, description="processes of this machine that mask letters at once")
    dask_address: str = Field(
        "",
        pattern=r"^(tls://\S+)?$",
        description="scheduler of a Dask cluster that masks instead, tls://HOST:PORT; empty: none",
    )
    ginza_python: Path | None = Field(
        None, description="interpreter with GiNZA (`make ginza`), reads masked letters a second time; empty: none"
    )
    send_share: float = Field(0.95, gt=0, le=1, description="share of LINE's 200 requests a second that we use")

    @property
    def warehouse_address(self) -> str:
        """Address of the warehouse for SQLAlchemy."""
        return self.database_url or f"sqlite:///{self.home / 'warehouse.db'}"

    @property
    def vault_address(self) -> str:
        """Address of the vault's database for SQLAlchemy."""
        return self.vault_url or f"sqlite:///{self.home / 'vault.db'}"

    @property
    def inbox_address(self) -> str:
        """Address of the inbox for SQLAlchemy; on SQLite a file of its own, so that the door never waits."""
        if self.inbox_url:
            return self.inbox_url
        return self.database_url or f"sqlite:///{self.home / 'inbox.db'}"

    @property
    def line_base(self) -> str:
        """Address of LINE's API; empty in a rehearsal that names no sandbox."""
        return self.line_api_base or ("https://api.line.me" if self.mode is Mode.LIVE else "")

    @property
    def line_data_base(self) -> str:
        """Address to which pictures are sent."""
        return self.line_data_api_base or ("https://api-data.line.me" if self.mode is Mode.LIVE else self.line_base)

    @property
    def restoring_mark(self) -> Path:
        """The file that stands while a restore goes on: nothing serves until it is gone."""
        return self.home / "restoring.json"

    @property
    def backups(self) -> Path:
        """Folder of backups."""
        return self.backup_folder or self.home / "backups"

    @property
    def scratch(self) -> Path:
        """Folder of snapshots that live during a backup only."""
        return self.scratch_folder or self.backups

    def key_path(self, field: str, name: str) -> Path:
        """Path of a key file: as set, or in HOME/keys."""
        return getattr(self, field) or self.home / "keys" / name

    @model_validator(mode="after")
    def _one_keeper_of_keys(self) -> Self:
        device = {
            "TAYORI_PKCS11_MODULE": self.pkcs11_module,
            "TAYORI_PKCS11_TOKEN": self.pkcs11_token,
            "TAYORI_PKCS11_PIN or TAYORI_PKCS11_PIN_FILE": self.pkcs11_pin or self.pkcs11_pin_file,
        }
        named = [name for name, value in device.items() if value]
        if self.key_provider is KeyForm.FILE and named:
            message = f"TAYORI_KEY_PROVIDER is file, but {named[0]} is set; keep one of both, so that nobody guesses"
            raise ValueError(message)
        if self.key_provider is KeyForm.PKCS11:
            _require_device(self, device)
        return self

    @model_validator(mode="after")
    def _rehearsal_never_reaches_line(self) -> Self:
        asked = unquote(f"{self.line_api_base} {self.line_data_api_base} {self.line_login_base}").lower()
        if self.mode is Mode.REHEARSAL and any(host in asked for host in LINE_HOSTS):
            message = "rehearsal refuses LINE's real host; set TAYORI_LINE_API_BASE to a sandbox or TAYORI_MODE=live"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _live_reaches_its_stores_verified(self) -> Self:
        if self.mode is Mode.LIVE:
            for url in (self.warehouse_address, self.vault_address, self.inbox_address):
                if url.startswith("postgresql") and parse_qs(urlsplit(url).query).get("sslmode") != ["verify-full"]:
                    message = "live refuses a PostgreSQL address below sslmode=verify-full (L8)"
                    raise ValueError(message)
        return self


def _require_device(settings: Settings, device: Mapping[str, object]) -> None:
    missing = [name for name, value in device.items() if not value]
    if settings.key_file is not None:
        message = "TAYORI_KEY_PROVIDER is pkcs11, but TAYORI_KEY_FILE is set; keep one of both, so that nobody guesses"
        raise ValueError(message)
    if missing:
        message = f"TAYORI_KEY_PROVIDER is pkcs11, but {missing[0]} is not set"
        raise ValueError(message)
    if settings.pkcs11_pin is not None and settings.pkcs11_pin_file is not None:
        message = "TAYORI_PKCS11_PIN and TAYORI_PKCS11_PIN_FILE are both set; keep one of both"
        raise ValueError(message)
