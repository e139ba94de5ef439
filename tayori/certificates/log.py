"""The log of certificates: an append-only Merkle tree as in RFC 6962, whose signed head 甲 keeps on paper.

The leaves' hashes lie where the caller keeps them, in the order of issue; nothing here stores anything.
Checking is in `verifier`, which stands alone; this module makes what is checked.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tayori.certificates.jws import Signer
from tayori.certificates.merkle import entry_leaf, tree_root
from tayori.certificates.moments import utc_text
from tayori.certificates.verifier import HEAD
from tayori.errors import BadInput


def logged_leaf(token: str, pdf: bytes | None = None) -> bytes:
    """Hash under which a signed document stands in the log: SHA-256 of its JWS, then SHA-256 of its PDF if it has one.

    The two forms have 32 and 64 bytes, so that neither can pass for the other.
    """
    return entry_leaf(token, None if pdf is None else hashlib.sha256(pdf).digest())


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Hashes that lead from the leaf at `index` to the root, lowest first. Raises BadInput outside the log."""
    if not 0 <= index < len(leaves):
        raise BadInput(f"The log has {len(leaves)} entries; there is no entry {index}.")
    if len(leaves) == 1:
        return []
    left = _left_half(len(leaves))
    if index < left:
        return [*inclusion_proof(leaves[:left], index), tree_root(leaves[left:])]
    return [*inclusion_proof(leaves[left:], index - left), tree_root(leaves[:left])]


def consistency_proof(leaves: Sequence[bytes], earlier: int) -> list[bytes]:
    """Hashes that show that the log of `earlier` entries is the beginning of this one. Raises BadInput outside it."""
    if not 0 < earlier <= len(leaves):
        raise BadInput(f"The log has {len(leaves)} entries; it never had exactly {earlier} as its beginning.")
    return _subproof(leaves, earlier, whole=True)


def _subproof(leaves: Sequence[bytes], earlier: int, *, whole: bool) -> list[bytes]:
    """RFC 6962 SUBPROOF: `whole` while the earlier log is still a complete subtree at the left edge."""
    if earlier == len(leaves):
        return [] if whole else [tree_root(leaves)]
    left = _left_half(len(leaves))
    if earlier <= left:
        return [*_subproof(leaves[:left], earlier, whole=whole), tree_root(leaves[left:])]
    return [*_subproof(leaves[left:], earlier - left, whole=False), tree_root(leaves[:left])]


def _left_half(size: int) -> int:
    """Size of a tree's left half: the largest power of two below its size (> 1)."""
    return 1 << ((size - 1).bit_length() - 1)


@dataclass(frozen=True, slots=True)
class LogHead:
    """The log at one moment: how many entries, the root over them, and the same signed."""

    size: int
    root: str
    token: str


def signed_head(leaves: Sequence[bytes], signer: Signer, now: datetime) -> LogHead:
    """Sign the size and root of the log; printed, it is what a later log has to be consistent with."""
    root = tree_root(leaves).hex()
    token = signer.sign({"size": len(leaves), "root": root, "signed_at": utc_text(now)}, HEAD)
    return LogHead(size=len(leaves), root=root, token=token)
