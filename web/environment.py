"""What a door takes from its surroundings: the moment, and its settings, with one sentence where it cannot open."""

from datetime import UTC, datetime
from typing import Annotated, TypeVar

from pydantic import AfterValidator, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from tayori.errors import BadInput
from tayori.warehouse.addresses import is_protected
from web.origin import origin_of


def utc_now() -> datetime:
    """Give the present moment."""
    return datetime.now(UTC)


def _protected(url: str) -> str:
    if not is_protected(url):
        message = "a PostgreSQL store on another host needs sslmode=verify-full (L8)"
        raise ValueError(message)
    return url


StoreAddress = Annotated[str, AfterValidator(_protected)]
"""The address of a store; nobody can read what goes there on its way."""
Origin = Annotated[str, AfterValidator(lambda url: origin_of(url) if url else url)]
"""A site's address without its path; empty where a field may be."""


class DoorEnvironment(BaseSettings):
    """The settings of a process that the internet reaches, of the same names as the installation's."""

    model_config = SettingsConfigDict(env_prefix="TAYORI_", extra="ignore", frozen=True, hide_input_in_errors=True)


Held = TypeVar("Held", bound=DoorEnvironment)


def held_by(kind: type[Held], process: str) -> Held:
    """Read what a process holds; `process` is what the sentence calls it.

    Raises:
        BadInput: one is missing or breaks a rule; the sentence names it, never its value.

    """
    try:
        return kind()
    except ValidationError as error:
        places = [part["loc"] or ("line_login_base",) for part in error.errors(include_input=False)]
        names = ", ".join(sorted(f"TAYORI_{place[0]}".upper() for place in places))
    raise BadInput(f"{process} cannot open: {names} is missing or breaks its rule; see docs/settings.md.")
