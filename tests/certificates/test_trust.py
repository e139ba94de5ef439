"""Whom a verifier trusts: the keys that it was handed and those that they name, and a log that goes on."""

import pytest

from tayori.certificates import bundle, statements, tokens
from tayori.certificates.bundle import Logged
from tayori.certificates.log import logged_leaf, signed_head
from tayori.certificates.succession import succession
from tayori.certificates.tokens import NotProven
from tayori.certificates.verifier import check
from tayori.errors import BadInput, Refused
from tests.certificates.builders import LATER, NOON, a_certificate, a_log_around, a_signer

PEMS = [a_signer().public_pem]


def test_a_head_that_the_ward_holds_must_be_shown() -> None:
    """A bundle that passes over 甲's head is refused: a forked log would pass over it."""
    document = Logged(a_certificate().token)
    log = a_log_around(document)
    held = signed_head(log[:2], a_signer(), NOON)
    newest = signed_head(log, a_signer(), LATER)
    silent = bundle.bundled([document], log, newest)
    shown = bundle.bundled([document], log, newest, [held])
    assert check(shown, PEMS, heads=[held.token + "\n"]).log_size == len(log)
    assert check(silent, PEMS, heads=[newest.token]).log_size == len(log)
    with pytest.raises(NotProven, match="head that you hold"):
        check(silent, PEMS, heads=[held.token])


def test_a_key_that_was_succeeded_signs_no_more() -> None:
    """The old key names the new one in the log; 甲, who has the old one, trusts the new one by it, and no other."""
    old, new, issued = a_signer(), a_signer(2), a_certificate()
    follows = Logged(succession(old, tokens.public_key(new.public_pem), LATER))
    first = Logged(issued.token)
    after = Logged(statements.revoked(issued, "誤発行", new, LATER))
    late = Logged(statements.revoked(issued, "誤発行", old, LATER))
    log = [first.leaf, follows.leaf, after.leaf, late.leaf]
    handed = bundle.bundled([first, after], log, signed_head(log, new, LATER), successions=[follows])
    assert check(handed, PEMS).state == "取消"
    assert check(handed, [*PEMS, new.public_pem]).state == "取消"
    with pytest.raises(NotProven, match="not handed in"):
        check(handed, [new.public_pem])
    for documents, signer in (([first, late], new), ([first, after], old)):
        with pytest.raises(NotProven, match="after it was succeeded"):
            check(bundle.bundled(documents, log, signed_head(log, signer, LATER), successions=[follows]), PEMS)
    hidden = [first.leaf, after.leaf]
    with pytest.raises(BadInput, match="append"):
        bundle.bundled([first, after], hidden, signed_head(hidden, new, LATER), successions=[follows])


def test_only_a_trusted_key_names_its_successor() -> None:
    """A stranger's word on who follows is none."""
    stranger, document = a_signer(5), Logged(a_certificate().token)
    follows = Logged(succession(stranger, tokens.public_key(a_signer(6).public_pem), LATER))
    log = [document.leaf, follows.leaf]
    with pytest.raises(NotProven, match="not handed in"):
        check(bundle.bundled([document], log, signed_head(log, a_signer(6), LATER), successions=[follows]), PEMS)
    with pytest.raises(Refused, match="itself"):
        succession(stranger, tokens.public_key(stranger.public_pem), LATER)


def test_a_head_on_paper_is_the_beginning_of_the_log() -> None:
    """The head that 甲 was given earlier is proven to be the beginning; of a rewritten log it is not."""
    document = Logged(a_certificate().token)
    log = a_log_around(document)
    witness = signed_head(log[:3], a_signer(), NOON)
    newest = signed_head(log, a_signer(), LATER)
    assert check(bundle.bundled([document], log, newest, [witness]), PEMS).state == "暫定"
    rewritten = [logged_leaf("other"), *log[1:]]
    forged = bundle.bundled([document], rewritten, signed_head(rewritten, a_signer(), LATER), [witness])
    with pytest.raises(NotProven, match="rewritten"):
        check(forged, PEMS)
