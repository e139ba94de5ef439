"""Every column says how near it is to a person and how it is erased (I2)."""

from enum import StrEnum
from typing import Final, TypedDict


class Nearness(StrEnum):
    """How near a value is to a person: the class of a column."""

    NONE = "none"
    PSEUDONYMOUS = "pseudonymous"
    PERSONAL = "personal"
    SECRET = "secret"  # noqa: S105 - the name of a class of columns


class Erasure(StrEnum):
    """How a column's values end. The eraser walks the schema by these rules; there is no other list."""

    PERSON_ROW = "person_row"  # the row goes with the person
    PERSON_KEY = "person_key"  # sealed under the person's key: the row goes, and the key is destroyed
    CASE_ROW = "case_row"
    CASE_KEY = "case_key"
    MEMBER_LIST = "member_list"  # a packed list of person numbers: the number is taken out
    LIST_KEY = "list_key"  # seals the lists of one broadcast: destroyed with them at the end of the run
    BACKUP_KEY = "backup_key"  # seals one backup: destroyed at its expiry
    EXPIRY = "expiry"  # the row goes at its date, whoever it concerns
    SHREDDED_PSEUDONYM = "shredded_pseudonym"  # names a person only while their key exists
    ROSTER = "roster"  # about a handler, kept as the contract requires
    KEPT = "kept"  # about nobody


class ColumnFacts(TypedDict):
    """What a column's `info` holds."""

    nearness: Nearness
    erasure: Erasure
    item: str | None


NEEDS_ITEM: Final = frozenset({Nearness.PERSONAL})
PERSON_RULES: Final = frozenset({Erasure.PERSON_ROW, Erasure.PERSON_KEY, Erasure.MEMBER_LIST})
CASE_RULES: Final = frozenset({Erasure.CASE_ROW, Erasure.CASE_KEY})
