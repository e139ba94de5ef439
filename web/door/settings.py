"""What the door holds: the channel secret, a public key, the inbox's address. Nothing else reaches it.

Pictures of broadcasts are public: their folder is the one thing that it reads.
"""

from pathlib import Path

from pydantic import Field, SecretStr, field_validator

from web.environment import DoorEnvironment, StoreAddress, held_by


class DoorSettings(DoorEnvironment):
    """The door's settings, of the same names as the installation's; each must be given, but for the pictures."""

    line_channel_secret: SecretStr = Field(description="secret of the Messaging API channel (webhook)")
    inbox_public_key_file: Path = Field(description="what the door seals to")
    media_folder: Path | None = Field(None, description="pictures of submitted broadcasts; empty: none are served")
    inbox_url: StoreAddress = Field(repr=False, description="the inbox; its role may only INSERT")

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


def door_settings() -> DoorSettings:
    """Read the door's settings from the environment.

    Raises:
        BadInput: one is missing or breaks a rule; the sentence names it, never its value.

    """
    return held_by(DoorSettings, "The door")
