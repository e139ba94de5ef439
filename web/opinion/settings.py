"""What the opinion screen holds: a public key, the inbox's address, and where it is. It can open nothing."""

from pathlib import Path

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from tayori.errors import BadInput
from tayori.settings import Hosts
from tayori.warehouse.addresses import is_protected
from web.origin import hosts_of, origin_of


class OpinionSettings(BaseSettings):
    """The screen's settings, of the same names as the installation's."""

    model_config = SettingsConfigDict(env_prefix="TAYORI_", extra="ignore", frozen=True, hide_input_in_errors=True)

    opinion_base_url: str = Field(min_length=1, description="address of the opinion screen as residents see it")
    web_base_url: str = Field("", description="address of the residents' pages; empty: that of the opinion screen")
    web_allowed_hosts: Hosts = Field((), description="hosts that the screen answers to; empty: that of its address")
    inbox_url: str = Field(repr=False, description="the inbox; its role may only INSERT")
    inbox_public_key_file: Path = Field(description="what letters are sealed to")

    @field_validator("opinion_base_url", "web_base_url")
    @classmethod
    def _address_is_an_origin(cls, url: str) -> str:
        return origin_of(url) if url else url

    @field_validator("inbox_url")
    @classmethod
    def _wire_is_encrypted(cls, url: str) -> str:
        if not is_protected(url):
            message = "a PostgreSQL inbox on another host needs sslmode=verify-full (L8)"
            raise ValueError(message)
        return url

    @property
    def hosts(self) -> frozenset[str]:
        """What a Host header may say."""
        return hosts_of(self.web_allowed_hosts, self.opinion_base_url)


def opinion_settings() -> OpinionSettings:
    """Read the screen's settings from the environment.

    Raises:
        BadInput: one is missing or breaks a rule; the sentence names it, never its value.

    """
    try:
        return OpinionSettings()
    except ValidationError as error:
        names = ", ".join(sorted("TAYORI_" + str(part["loc"][0]).upper() for part in error.errors(include_input=False)))
    raise BadInput(f"The opinion screen cannot open: {names} is missing or breaks its rule; see docs/settings.md.")
