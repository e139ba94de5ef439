"""The tree of the log, as in RFC 6962: hashes, root, and what proves a place in it or its growth. Stands alone."""

import hashlib
from collections.abc import Sequence


def leaf_hash(leaf: bytes) -> bytes:
    """Hash of a leaf: SHA-256 over 0x00 and the leaf, so that no leaf can pass for a node."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def entry_leaf(token: str, pdf: bytes | None = None) -> bytes:
    """Hash under which a signed document stands in the log: over the SHA-256 of its JWS and, if any, of its PDF."""
    return leaf_hash(hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest() + (pdf or b""))


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of a node: SHA-256 over 0x01 and its two children."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def tree_root(leaves: Sequence[bytes]) -> bytes:
    """Root over leaf hashes; of none: SHA-256 of nothing."""
    row = list(leaves)
    while len(row) > 1:
        paired = [node_hash(row[i], row[i + 1]) for i in range(0, len(row) - 1, 2)]
        row = [*paired, row[-1]] if len(row) % 2 else paired
    return row[0] if row else hashlib.sha256(b"").digest()


def inclusion_holds(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the log of `size` leaves with this root holds the leaf hash at `index`."""
    if not 0 <= index < size:
        return False
    here, last, reached = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if here & 1 or here == last:
            reached = node_hash(sibling, reached)
            here, last = _past_lone_levels(here, last)
        else:
            reached = node_hash(reached, sibling)
        here, last = here >> 1, last >> 1
    return last == 0 and reached == root


def consistency_holds(old: tuple[int, bytes], new: tuple[int, bytes], proof: Sequence[bytes]) -> bool:
    """Whether the newer log (size, root) only appended to the older one."""
    (old_size, old_root), (new_size, new_root) = old, new
    if not 0 < old_size < new_size:
        return old_size == new_size and old_root == new_root and not proof
    path = [old_root, *proof] if old_size & (old_size - 1) == 0 else list(proof)
    here, last = old_size - 1, new_size - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    old_reached = new_reached = path[0] if path else b""
    for sibling in path[1:]:
        if last == 0:
            return False
        if here & 1 or here == last:
            old_reached, new_reached = node_hash(sibling, old_reached), node_hash(sibling, new_reached)
            here, last = _past_lone_levels(here, last)
        else:
            new_reached = node_hash(new_reached, sibling)
        here, last = here >> 1, last >> 1
    return last == 0 and (old_reached, new_reached) == (old_root, new_root)


def _past_lone_levels(here: int, last: int) -> tuple[int, int]:
    """Climb past the levels on which the rightmost node stands without a sibling."""
    while here and not here & 1:
        here, last = here >> 1, last >> 1
    return here, last
