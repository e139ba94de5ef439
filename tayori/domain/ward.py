"""What the ward decides: areas, genres, channels, roles and the wording of the purpose, as data."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml


@dataclass(frozen=True, slots=True)
class Ward:
    """The ward's own lists. Codes are stored, terms are shown."""

    areas: dict[int, str]
    genres: dict[int, str]
    sexes: dict[int, str]
    channels: dict[str, str]
    addressees: dict[str, str]
    answer_wanted: dict[str, str]
    kinds: dict[str, str]
    roles: dict[str, str]
    purposes: dict[str, str]
    notices: dict[str, dict[str, str]]
    placeholders: dict[str, str]

    @property
    def current_purpose(self) -> str:
        """The version of the purpose wording that residents confirm today (P4)."""
        return max(self.purposes)

    @property
    def current_notice(self) -> str:
        """The version of the notice that writers of letters are shown today (P4)."""
        return max(self.notices)

    def genre_code(self, term: str) -> int | None:
        """The code of a genre by its term or by its number as text; None if the ward has no such genre."""
        by_term = {name: code for code, name in self.genres.items()} | {str(code): code for code in self.genres}
        return by_term.get(term)


@cache
def ward() -> Ward:
    """The lists that come with the tree."""
    return Ward(**yaml.safe_load(files("tayori.domain").joinpath("ward.yaml").read_text("utf-8")))
