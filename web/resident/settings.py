"""What the residents' process holds, all of it: see the fields. No key of the vault, no token that sends."""

from pathlib import Path
from typing import Final, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from tayori.line.login import API_BASE, AUTHORIZE_BASE, Channel
from tayori.settings import LINE_HOSTS, Hosts, Mode
from web.environment import DoorEnvironment, Origin, StoreAddress, held_by
from web.origin import hosts_of

CALLBACK: Final = "/login/callback"


class ResidentSettings(DoorEnvironment):
    """The settings of the residents' process, of the same names as the installation's."""

    mode: Mode = Field(Mode.REHEARSAL, description="rehearsal (dummy people) or live")
    web_base_url: Origin = Field(min_length=1, description="address of the pages as residents see it")
    web_allowed_hosts: Hosts = Field((), description="hosts that the pages answer to; empty: that of the address")
    line_login_base: str = Field("", description="where LINE Login is; empty: LINE's own in live")
    line_login_channel_id: str = Field(min_length=1, description="the LINE Login channel")
    line_login_channel_secret: SecretStr = Field(description="its secret, which also signs ID tokens")
    database_url: StoreAddress = Field(
        repr=False, description="the warehouse; the role may read one's settings, add to the log"
    )
    inbox_url: StoreAddress = Field(repr=False, description="the inbox; the role may only INSERT")
    inbox_public_key_file: Path = Field(description="what submissions are sealed to")
    index_key_file: Path = Field(description="key of the blind index, by which a verified id is found")

    @field_validator("line_login_channel_secret")
    @classmethod
    def _secret_is_there(cls, secret: SecretStr) -> SecretStr:
        if len(secret.get_secret_value()) < 16:  # noqa: PLR2004 - 128 bits in ASCII at the very least
            message = "the channel secret is missing or short, so anybody could sign a token"
            raise ValueError(message)
        return secret

    @model_validator(mode="after")
    def _line_fits_the_mode(self) -> Self:
        named = urlsplit(self.line_login_base).hostname
        if self.mode is Mode.REHEARSAL and (named is None or named in LINE_HOSTS):
            message = "rehearsal needs TAYORI_LINE_LOGIN_BASE, and refuses LINE's real host"
            raise ValueError(message)
        if self.mode is Mode.LIVE and (self.line_login_base or not self.web_base_url.startswith("https:")):
            message = "live logs in at LINE itself (leave TAYORI_LINE_LOGIN_BASE empty), on pages under https"
            raise ValueError(message)
        return self

    @property
    def origin(self) -> str:
        """The one origin from which forms are taken."""
        return self.web_base_url

    @property
    def hosts(self) -> frozenset[str]:
        """What a Host header may say."""
        return hosts_of(self.web_allowed_hosts, self.origin)

    @property
    def channel(self) -> Channel:
        """The LINE Login channel."""
        base = self.line_login_base.rstrip("/")
        return Channel(
            self.line_login_channel_id,
            self.line_login_channel_secret.get_secret_value(),
            f"{self.origin}{CALLBACK}",
            base or AUTHORIZE_BASE,
            base or API_BASE,
        )


def resident_settings() -> ResidentSettings:
    """Read the settings from the environment.

    Raises:
        BadInput: one is missing or breaks a rule; the sentence names it, never its value.

    """
    return held_by(ResidentSettings, "The residents' pages")
