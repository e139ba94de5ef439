"""Names for things that must not be mixed up.

A person's number is not their LINE id; only the vault turns one into the other.
"""

import re
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import NewType

PersonNo = NewType("PersonNo", int)  # > 0 residents, < 0 canaries, never used twice
CaseNo = NewType("CaseNo", int)
LineUserId = NewType("LineUserId", str)
HandlerId = NewType("HandlerId", str)
BroadcastId = NewType("BroadcastId", str)
RunId = NewType("RunId", str)

Clock = Callable[[], datetime]

RECEIPT = re.compile(r"R[0-9]{4}-[0-9]{7}")  # what a letter is named by to its writer and at the desk
LINE_USER_ID = re.compile(r"U[0-9a-f]{32}")
# 32 bits each: live refuses both, and a real id begins like one of them once in two billion.
DUMMY_PREFIX = "Udddddddd"
CANARY_PREFIX = "Ucccccccc"


class Contract(StrEnum):
    """The two contracts, each with its own paper and its own numbering of the special provisions."""

    LINE = "L"
    OPINIONS = "O"
