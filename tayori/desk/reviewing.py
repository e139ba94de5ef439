"""What was decided for the holder of a post while they were away (代決) is read by them afterwards (後閲)."""

from collections.abc import Mapping
from typing import Any, Final

from tayori.desk.hand import in_hand
from tayori.domain.decision_routes import Stamp
from tayori.errors import Refused
from tayori.office import Office
from tayori.vault.roster import Credential
from tayori.warehouse import desk, posts, replies
from tayori.warehouse.engines import reading

REVIEWED: Final = "reviewed after"


def review_after(office: Office, by: Credential, receipt_no: str) -> str:
    """Record that the holder of a post read what was decided for them while they were away (後閲); give the post.

    Raises:
        Refused: nobody stood in for a post of this handler under the newest version, or they reviewed it already.

    """
    with in_hand(office, by, receipt_no) as hand:
        row = replies.require_latest(hand.people, hand.file.case_no, receipt_no)
        held = posts.held(hand.people, by.handler_id, office.today())
        reviewed = {line.target for line in desk.trail(hand.people, row.case_no) if line.what == REVIEWED}
        for one in replies.stamps(hand.people, row.case_no, row.seq):
            place = _place({name: getattr(one, name) for name in ("seq", "post", "department")})
            mine = any((post.post, post.department) == (one.post, one.department) for post in held)
            if one.stamp == Stamp.DEPUTISED and mine and place not in reviewed:
                hand.note(REVIEWED, place)
                return one.post
    raise Refused(f"Nobody stood in for {by.handler_id} under the answer of {receipt_no}, or it was reviewed already.")


def awaiting_review(office: Office) -> list[dict[str, Any]]:
    """List what was decided for holders of posts while they were away and not reviewed since; opens nothing.

    A version that was sent back waits for nobody, nor does one for whose post a complaint in the letter is about: who
    holds it was passed over, not away, and is not told of the letter.
    """
    with reading(office.warehouse) as people:
        listed = replies.deputised(people, Stamp.DEPUTISED)
        reviewed, returned = desk.lines_of(people, REVIEWED), desk.lines_of(people, "returned")
        barred = desk.barred_posts(people, office.today())
    return [
        one
        for one in listed
        if (one["receipt_no"], _place(one)) not in reviewed
        and (one["receipt_no"], f"version {one['seq']}") not in returned
        and (one["receipt_no"], one["post"], one["department"]) not in barred
    ]


def _place(one: Mapping[str, Any]) -> str:
    return f"version {one['seq']} {one['post']} {one['department']}"
