"""Wishes that residents hand in on their own page: to be erased now; and the code by which staff show who they are.

A wish is verified by LINE's login, not by a gate: it holds an id, a moment, a number that makes it count once, and no
attribute. Whoever wishes to be erased is out of every audience at once, and the next night's run erases them with the
others who left. What they set while nobody knew them ends too (L14).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson
from sqlalchemy import Connection

from tayori.broadcast import linking
from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import LINE_USER_ID, LineUserId
from tayori.errors import Refused
from tayori.ingest.counts import Counts
from tayori.ingest.following import OLDER
from tayori.ingest.submissions import ERASE, LINK
from tayori.line.webhook import Unparsed
from tayori.office import Office
from tayori.vault import tombstones
from tayori.vault.audit import Action, record
from tayori.warehouse import events as seen
from tayori.warehouse import people, quarantine

CAUSE: Final = "own_wish"
FIELDS: Final = frozenset({"wish", "wish_id", "line_user_id", "wished_at", "code"})
EVIDENCE: Final = Evidence("flow:ingest", Purpose.ERASURE)
CLOCKS_DIFFER: Final = timedelta(minutes=1)  # between LINE's events and our page
CODE_REFUSED: Final = "staff_code_refused"
NOT_KNOWN: Final = "nobody_known"
_ID: Final = re.compile(r"[0-9a-f]{32}")
_CODE: Final = re.compile(r"[0-9A-Za-z]{1,16}")


@dataclass(frozen=True, slots=True)
class Wish:
    """One wish as it came in."""

    wish: str
    wish_id: str
    line_user_id: LineUserId = field(repr=False)
    wished_at: datetime
    code: str = field(default="", repr=False)


def read_wish(content: bytes, now: datetime) -> Wish:
    """Read a wish.

    Raises:
        Unparsed: it is none that the page writes; whoever may INSERT into the inbox can seal anything.

    """
    try:
        written: Any = orjson.loads(content)
        moment = datetime.fromisoformat(written["wished_at"]).astimezone(UTC)
        wish = Wish(written["wish"], written["wish_id"], written["line_user_id"], moment, written.get("code", ""))
        sound = (
            wish.wish in {ERASE, LINK}
            and _ID.fullmatch(wish.wish_id)
            and LINE_USER_ID.fullmatch(wish.line_user_id)
            and (wish.wish == ERASE or _CODE.fullmatch(wish.code))
            and not written.keys() - FIELDS
            and "+" in written["wished_at"]
            and moment <= now + CLOCKS_DIFFER
        )
    except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError, ValueError, OverflowError):
        sound = None
    if not sound:
        raise Unparsed
    return wish


def erase(office: Office, warehouse: Connection, wishes: Sequence[Wish]) -> Counts:
    """Mark those who wish to be erased as having left, in the caller's transaction; running it twice changes nothing.

    A wish from before somebody followed (again) is older than what is known, and is left alone.
    """
    counts = Counts(received=len(wishes))
    fresh = _not_seen(office, warehouse, wishes, counts)
    if not fresh:
        return counts
    indexes = {one.line_user_id: office.index.of_line_id(one.line_user_id) for one in fresh}
    known = people.find_people(warehouse, list(indexes.values()), lock=True)
    leaving: list[tuple[int, int]] = []
    for one in fresh:
        person, at_ms = known.get(indexes[one.line_user_id]), int(one.wished_at.timestamp() * 1000)
        if person is None or person.left:
            counts.ignored[NOT_KNOWN] += 1
        elif at_ms + CLOCKS_DIFFER.total_seconds() * 1000 < person.last_event_ms:
            counts.ignored[OLDER] += 1
            continue
        else:
            counts.applied += 1
            leaving.append((person.person_no, max(at_ms, person.last_event_ms)))
        tombstones.bury(warehouse, office.tombstone_keys, {indexes[one.line_user_id]: at_ms}, office.now())
        quarantine.close_of_people(warehouse, [indexes[one.line_user_id]], "erased", but="")
    if leaving:
        told = "wishes to be erased"
        record(warehouse, EVIDENCE, Action.WRITE, told, count=len(leaving), now=office.now())
        people.mark_left(warehouse, leaving, CAUSE, office.now())
    return counts


def link(office: Office, wishes: Sequence[Wish]) -> Counts:
    """Redeem the codes of staff, each in a transaction of its own; a code that was used up is refused and counted."""
    counts = Counts(received=len(wishes))
    for one in wishes:
        try:
            linking.redeem(office, one.line_user_id, one.code)
            counts.applied += 1
        except Refused:
            counts.ignored[CODE_REFUSED] += 1
    return counts


def _not_seen(office: Office, warehouse: Connection, wishes: Sequence[Wish], counts: Counts) -> list[Wish]:
    first: dict[str, Wish] = {}
    for one in wishes:
        first.setdefault(f"wish:{one.wish_id}", one)
    if not first:
        return []
    known = seen.remember(warehouse, list(first), int(office.now().timestamp() * 1000))
    counts.duplicate = len(wishes) - len(first) + len(known)
    return [one for key, one in first.items() if key not in known]
