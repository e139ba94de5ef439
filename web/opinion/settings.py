"""What the opinion screen holds: a public key, the inbox's address, and where it is. It can open nothing."""

from pathlib import Path

from pydantic import Field

from tayori.settings import Hosts
from web.environment import DoorEnvironment, Origin, StoreAddress, held_by
from web.origin import hosts_of


class OpinionSettings(DoorEnvironment):
    """The screen's settings, of the same names as the installation's."""

    opinion_base_url: Origin = Field(min_length=1, description="address of the opinion screen as residents see it")
    web_base_url: Origin = Field("", description="address of the residents' pages; empty: that of the opinion screen")
    web_allowed_hosts: Hosts = Field((), description="hosts that the screen answers to; empty: that of its address")
    inbox_url: StoreAddress = Field(repr=False, description="the inbox; its role may only INSERT")
    inbox_public_key_file: Path = Field(description="what letters are sealed to")

    @property
    def hosts(self) -> frozenset[str]:
        """What a Host header may say."""
        return hosts_of(self.web_allowed_hosts, self.opinion_base_url)


def opinion_settings() -> OpinionSettings:
    """Read the screen's settings from the environment.

    Raises:
        BadInput: one is missing or breaks a rule; the sentence names it, never its value.

    """
    return held_by(OpinionSettings, "The opinion screen")
