"""The settings, read from the environment (prefix TAYORI_). No secret has a default, and no secret prints."""

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
    key_file: Path | None = Field(None, description="key-encryption keys by space and epoch; empty: HOME/keys/kek.json")
    index_key_file: Path | None = Field(None, description="key of the blind index; empty: HOME/keys/index.key")
    signing_key_file: Path | None = Field(
        None, description="Ed25519 key of certificates and heads; HOME/keys/signing.pem"
    )
    inbox_public_key_file: Path | None = Field(None, description="what the door seals to; HOME/keys/inbox.pub.json")
    line_api_base: str = Field("", description="LINE's API; empty: https://api.line.me in live, refused in rehearsal")
    line_channel_secret: SecretStr | None = Field(None, description="secret of the Messaging API channel (webhook)")
    line_access_token: SecretStr | None = Field(None, description="access token of the Messaging API channel")
    passphrase_file: Path | None = Field(
        None, description="rehearsal only: agent file, one handler and passphrase a line; empty: asked at the terminal"
    )
    web_base_url: str = Field("http://127.0.0.1:8080", description="address of the doors as residents see it")
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
    feeds_file: Path | None = Field(None, description="rules for the feeds of the ward's site (YAML); empty: no feed")
    feed_allowed_hosts: Hosts = Field(
        (), description="hosts that feeds may be read from and that their news may link to"
    )
    ward_public_key_file: Path | None = Field(
        None, description="甲's Ed25519 public key (PEM): checks its receipt and instruction at a contract's end"
    )
    ward_recipient_file: Path | None = Field(
        None, description="甲's age public key (age1...): what is returned at a contract's end is sealed to it"
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

    def key_path(self, field: str, name: str) -> Path:
        """Path of a key file: as set, or in HOME/keys."""
        return getattr(self, field) or self.home / "keys" / name

    @model_validator(mode="after")
    def _rehearsal_never_reaches_line(self) -> Self:
        if self.mode is Mode.REHEARSAL and any(host in unquote(self.line_api_base).lower() for host in LINE_HOSTS):
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
