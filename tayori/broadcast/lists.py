"""The key of a broadcast's lists: made before the first list is frozen, destroyed when the last one is gone (P11)."""

from tayori.domain.identifiers import BroadcastId
from tayori.domain.states import BroadcastState
from tayori.office import Office
from tayori.vault import lists
from tayori.vault.lists import ListSeal
from tayori.warehouse import batches, broadcasts, wrapped_keys
from tayori.warehouse.broadcasts import BroadcastRow
from tayori.warehouse.engines import reading, writing

UNFINISHED = tuple(state for state in BroadcastState if state not in {BroadcastState.SENT, BroadcastState.CANCELLED})


def begin(office: Office, row: BroadcastRow) -> ListSeal:
    """Give what seals the lists of a broadcast that is being frozen; its key is made where there is none."""
    lists.make_key(office.vault, office.list_keys, row.broadcast_id)
    return seal_of(office, row)


def seal_of(office: Office, row: BroadcastRow) -> ListSeal:
    """Give what opens the lists of a broadcast.

    Raises:
        Tampered: its key is gone.

    """
    return lists.open_seal(office.vault, office.list_keys, row.broadcast_id, row.content_hash)


def let_go(office: Office, broadcast_id: BroadcastId) -> None:
    """Destroy the key of a broadcast of which no list is kept; the nightly rotation then ends it for good."""
    with reading(office.warehouse) as connection:
        held = batches.holds_lists(connection, broadcast_id)
    if not held:
        with writing(office.vault) as vault:
            office.list_keys.destroy(vault, [lists.key_number(broadcast_id)])


def sweep(office: Office) -> int:
    """Destroy the keys that a crash left without a list; give how many. Runs with the nightly retention."""
    with reading(office.vault) as vault:
        numbers = wrapped_keys.numbers(vault, office.list_keys.space)
    with reading(office.warehouse) as connection:
        kept = {*broadcasts.in_states(connection, *UNFINISHED), *batches.listed_broadcasts(connection)}
    needed = {lists.key_number(one) for one in kept}
    doomed = [number for number in numbers if number not in needed]
    with writing(office.vault) as vault:
        return office.list_keys.destroy(vault, doomed)
