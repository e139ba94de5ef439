"""Reception settings (受信設定): what a person set, voluntarily, to get only what they want (L1, L5)."""

from dataclasses import dataclass, field
from datetime import datetime

from tayori.domain.identifiers import LineUserId


@dataclass(frozen=True, slots=True)
class ReceptionSettings:
    """One submission of the settings page: every field optional, an absent one clears what was set before.

    `purpose_version` names the wording that the person confirmed, `confirmed_at` when (P4).
    """

    line_user_id: LineUserId = field(repr=False)
    purpose_version: str
    confirmed_at: datetime
    birth_year: int | None = field(default=None, repr=False)
    sex: int | None = field(default=None, repr=False)
    area: int | None = field(default=None, repr=False)
    genres: frozenset[int] = field(default=frozenset(), repr=False)
