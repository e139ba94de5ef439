"""What the door holds: the channel secret, a public key, the inbox's address. Nothing else reaches it.

Pictures of broadcasts are public: their folder is the one thing that it reads.
"""

from pathlib import Path

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from tayori.errors import BadInput
from tayori.warehouse.addresses import is_protected


class DoorSettings(BaseSettings):
    """The door's settings, of the same names as the installation's; each must be given, but for the pictures."""

    model_config = SettingsConfigDict(env_prefix="TAYORI_", extra="ignore", frozen=True, hide_input_in_errors=True)

    line_channel_secret: SecretStr = Field(description="secret of the Messaging API channel (webhook)")
    inbox_public_key_file: Path = Field(description="what the door seals to")
    media_folder: Path | None = Field(None, description="pictures of submitted broadcasts; empty: none are served")
    inbox_url: str = Field(repr=False, description="the inbox; its role may only INSERT")

    @field_validator("media_folder", mode="before")
    @classmethod
    def _empty_is_none(cls, given: object) -> object:
        return given or None

    @field_validator("line_channel_secret")
    @classmethod
    def _secret_is_there(cls, secret: SecretStr) -> SecretStr:
        if not secret.get_secret_value():
            message = "the channel secret is empty, so anybody could sign"
            raise ValueError(message)
        return secret

    @field_validator("inbox_url")
    @classmethod
    def _wire_is_encrypted(cls, url: str) -> str:
        if not is_protected(url):
            message = "a PostgreSQL inbox on another host needs sslmode=verify-full (L8)"
            raise ValueError(message)
        return url


def door_settings() -> DoorSettings:
    """Read the door's settings from the environment.

    Raises:
        BadInput: one is missing or breaks a rule; the sentence names it, never its value.

    """
    try:
        return DoorSettings()
    except ValidationError as error:
        names = ", ".join(sorted("TAYORI_" + str(part["loc"][0]).upper() for part in error.errors(include_input=False)))
    raise BadInput(f"The door cannot open: {names} is missing or breaks its rule; see docs/settings.md.")
