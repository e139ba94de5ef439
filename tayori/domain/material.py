"""What a writer may use in messages: the ward's sites, its placeholders, and pictures of their own."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tayori.domain.pictures import MEDIA_PATH, Picture


@dataclass(frozen=True, slots=True)
class Material:
    """The closed world of a writer. The default holds nothing: plain texts only."""

    link_hosts: frozenset[str] = frozenset()
    web_base: str = ""
    placeholders: Mapping[str, str] = field(default_factory=dict)
    pictures: Mapping[str, Picture] = field(default_factory=dict)

    @property
    def media_base(self) -> str:
        """How the address of every picture of ours begins."""
        return self.web_base.rstrip("/") + MEDIA_PATH

    def address(self, name: str) -> str:
        """The address of a stored picture as LINE fetches it."""
        return self.media_base + name


NOTHING = Material()
