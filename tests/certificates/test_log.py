"""The log is a Merkle tree as RFC 6962 describes it, and only ever grows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tayori.certificates import jws
from tayori.certificates.log import consistency_proof, inclusion_proof, logged_leaf, signed_head
from tayori.certificates.merkle import consistency_holds, inclusion_holds, leaf_hash, tree_root
from tayori.certificates.verifier import HEAD
from tayori.errors import BadInput
from tests.certificates.builders import NOON, a_signer

# Inputs and roots that implementations of RFC 6962 agree on (the reference log's own).
INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
# Proof from 6 to 7 entries in the same reference log.
SIX_TO_SEVEN = [
    "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
    "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
]


def a_log(size: int) -> list[bytes]:
    return [leaf_hash(str(number).encode()) for number in range(size)]


@pytest.mark.parametrize("size", range(9))
def test_known_roots(size: int) -> None:
    """The roots are those of every other implementation."""
    assert tree_root([leaf_hash(bytes.fromhex(leaf)) for leaf in INPUTS[:size]]).hex() == ROOTS[size]


def test_known_consistency_proof() -> None:
    """So are the proofs."""
    leaves = [leaf_hash(bytes.fromhex(leaf)) for leaf in INPUTS[:7]]
    assert [one.hex() for one in consistency_proof(leaves, 6)] == SIX_TO_SEVEN


@pytest.mark.parametrize("size", range(1, 20))
def test_every_entry_proves_its_place_and_no_other(size: int) -> None:
    """Whoever holds the head can check any entry; the proof of one place is the proof of no other place."""
    log, root = a_log(size), tree_root(a_log(size))
    for index, leaf in enumerate(log):
        proof = inclusion_proof(log, index)
        holds = [inclusion_holds(leaf, other, size, proof, root) for other in range(-1, size + 2)]
        assert holds == [other == index for other in range(-1, size + 2)]


@pytest.mark.parametrize("size", range(1, 20))
def test_every_beginning_proves_itself(size: int) -> None:
    """A head on paper is shown to be the beginning of any later log."""
    log = a_log(size)
    for earlier in range(1, size + 1):
        proof = consistency_proof(log, earlier)
        old, new = (earlier, tree_root(log[:earlier])), (size, tree_root(log))
        assert consistency_holds(old, new, proof)
        assert not consistency_holds(old, (4 * size + 1, tree_root(log)), proof)


@given(st.integers(2, 40), st.data())
def test_a_rewritten_log_is_not_consistent(size: int, draw: st.DataObject) -> None:
    """Nobody can change an entry that a head on paper covers and still prove that the log only grew."""
    log = a_log(size)
    earlier = draw.draw(st.integers(1, size - 1))
    changed = draw.draw(st.integers(0, earlier - 1))
    rewritten = [*log[:changed], leaf_hash(b"other"), *log[changed + 1 :]]
    head, proof = (size, tree_root(rewritten)), consistency_proof(rewritten, earlier)
    assert not consistency_holds((earlier, tree_root(log[:earlier])), head, proof)


@given(st.integers(1, 40), st.data())
def test_an_altered_inclusion_proof_fails(size: int, draw: st.DataObject) -> None:
    """A proof with one bit changed, one hash more or one hash less proves nothing."""
    log, root = a_log(size), tree_root(a_log(size))
    index = draw.draw(st.integers(0, size - 1))
    proof = inclusion_proof(log, index)
    altered = [[*proof, root], [root, *proof], proof[1:] if proof else [root]]
    altered += [[*proof[:at], bytes([one[0] ^ 1]) + one[1:], *proof[at + 1 :]] for at, one in enumerate(proof)]
    assert not any(inclusion_holds(log[index], index, size, wrong, root) for wrong in altered)


@given(st.integers(2, 40), st.data())
def test_an_altered_consistency_proof_fails(size: int, draw: st.DataObject) -> None:
    """The same for consistency, an empty proof included."""
    log = a_log(size)
    earlier = draw.draw(st.integers(1, size - 1))
    proof = consistency_proof(log, earlier)
    heads = (earlier, tree_root(log[:earlier])), (size, tree_root(log))
    altered = [[*proof, proof[0]], proof[1:], []]
    altered += [[*proof[:at], bytes([one[0] ^ 1]) + one[1:], *proof[at + 1 :]] for at, one in enumerate(proof)]
    assert not any(consistency_holds(*heads, wrong) for wrong in altered)


def test_a_leaf_cannot_pass_for_a_node() -> None:
    """Leaves and nodes are hashed apart, so that a document made of two hashes is no inner node."""
    log = a_log(2)
    assert leaf_hash(log[0] + log[1]) != tree_root(log)


@pytest.mark.parametrize("earlier", [0, 4])
def test_no_proof_outside_the_log(earlier: int) -> None:
    """There is no proof about entries that do not exist."""
    with pytest.raises(BadInput):
        consistency_proof(a_log(3), earlier)
    with pytest.raises(BadInput):
        inclusion_proof(a_log(3), earlier - 1 if earlier == 0 else 3)


def test_the_head_is_signed() -> None:
    """The head carries size, root and time under the issuer's key: what is printed for 甲."""
    signer, log = a_signer(), [logged_leaf("a.b.c"), logged_leaf("d.e.f")]
    head = signed_head(log, signer, NOON)
    said = jws.opened(head.token, [signer.public_pem], HEAD)
    assert said == {"size": 2, "root": tree_root(log).hex(), "signed_at": "2026-11-22T03:00:07Z"}
    assert (head.size, head.root) == (2, said["root"])
