"""Where a night is killed: named points of erase and rotate, each between two writes or inside a transaction."""

from typing import Final

from tayori.retention import canaries, erase, run
from tayori.warehouse import erasure, journal, memberships, wrapped_keys
from tests.support.kills.points import Point, strike_at

POINTS: Final[dict[str, Point]] = {
    "before the canaries": Point(canaries, "plant"),
    "the canaries planted, not noted": Point(canaries, "plant", at_return=True),
    "before a block is read": Point(erasure, "next_leavers", latest=6),
    "lists changed, not committed": Point(memberships, "take_out", latest=3, at_return=True),
    "rows gone, not committed": Point(erasure, "forget", latest=3, at_return=True),
    "journal written, not committed": Point(journal, "write_journal", latest=3, at_return=True),
    "between rows and keys": Point(erase, "_destroy_keys", latest=3),
    "keys gone, not committed": Point(wrapped_keys, "delete_keys", latest=3, at_return=True),
    "between two blocks": Point(erase, "_destroy_keys", latest=3, at_return=True),
    "erased, not noted": Point(journal, "journalled"),
    "before the plan of the rotation": Point(run, "_planned_rotation"),
    "a new epoch, not committed": Point(wrapped_keys, "add_epoch", at_return=True),
    "before the second table is filled": Point(wrapped_keys, "add_next"),
    "half re-wrapped": Point(wrapped_keys, "add_next", latest=4, at_return=True),
    "the switch begun": Point(wrapped_keys, "missing_in_next"),
    "tables switched, not committed": Point(wrapped_keys, "switch_tables", at_return=True),
    "an epoch's state, not committed": Point(wrapped_keys, "set_epoch_state", latest=3, at_return=True),
    "switched, survivors counted": Point(wrapped_keys, "count_keys", at_return=True),
    "rotated, not noted": Point(journal, "finish_step", latest=4),
}


def arm_night(name: str, times: int) -> None:
    """Let this process die at the n-th entry of a point."""
    strike_at(POINTS[name], times)
