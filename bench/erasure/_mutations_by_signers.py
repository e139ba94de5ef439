"""Mutations by those who hold a key: a faulty or hostile issuer, a stranger, 甲 out of turn; forked and cut logs."""

from dataclasses import replace
from itertools import chain
from typing import Any, Final

from bench.erasure._handed import (
    BEFORE,
    ISSUED,
    NEW,
    NUMBER,
    OLD,
    OTHER,
    STRANGER,
    WARD,
    Handed,
    Mutation,
    Mutations,
    Whole,
    certified,
    final_content,
    revoked,
    stated,
)
from tayori.certificates import statements, tokens, verifier
from tayori.certificates.bundle import Logged
from tayori.certificates.jws import Signer
from tayori.certificates.log import logged_leaf, signed_head
from tayori.certificates.statements import Looked
from tayori.certificates.succession import succession
from tests.certificates.builders import LATER, NOON, confirmed, confirmed_final, finalised

SETTLED: Final = dict(final_content()["settled"])
FIRST: Final = next(iter(SETTLED))


def by_signers() -> Mutations:
    """Give them all."""
    return chain(_statements(), _certificates(), _swaps(), _signers(), _times(), _logs())


def rightly(*later: Logged, certificate: Logged | None = None, **how: Any) -> Mutation:  # noqa: ANN401 - of Whole.bundled
    """Give a mutation that is logged and signed as it should be, of other documents."""

    def mutate(whole: Whole) -> Handed:
        documents = [certificate or whole.documents[0], *later]
        follows = how.get("follows", whole.follows)
        more = [logged_leaf("m.o.re")] if how.get("more") else []
        leaves = [*whole.leaves[:3], *(document.leaf for document in documents), follows.leaf, *more]
        return replace(whole.bundled(documents, leaves, **how), files={})

    return mutate


def _statements() -> Mutations:
    """Statements of other content."""
    contents: dict[str, dict[str, Any]] = {
        "nothing settled": {"settled": {}},
        "one remainder forgotten": {"settled": {FIRST: SETTLED[FIRST]}},
        "one remainder too many": {"settled": SETTLED | {"backup:other": "なし"}},
        "settled as a list": {"settled": list(SETTLED)},
        "a look-alike remainder": {"settled": {name.replace("a", "а"): why for name, why in SETTLED.items()}},
        "one more field": {"note": ""},
    }
    for name, changed in contents.items():
        yield f"確定: {name}", rightly(stated("final", final_content() | changed))
    for name in ("probe", "settled", "commitment_key"):
        cut = {key: value for key, value in final_content().items() if key != name}
        yield f"確定: without {name}", rightly(stated("final", cut))
    yield "確定 of another number", rightly(stated("final", final_content(), number="L-2026-0002"))
    yield "確定 of a wide number", rightly(stated("final", final_content(), number="Ｌ-2026-0001"))
    yield "確定 of another hash", rightly(stated("final", final_content(), certificate_sha256="0" * 64))
    yield "確定 in another form", rightly(stated("final", final_content(), format="tayori-erasure-statement/2"))
    yield "a kind that is none", rightly(stated("forgotten", {"reason": "x"}))
    yield "a look-alike kind", rightly(stated("finаl", final_content()))
    yield "a revocation with the content of 確定", rightly(stated("revoked", final_content()))
    yield "files outside the folder", rightly(stated("files", {"sha256": {"../key.pem": "0" * 64}}))
    yield "files as a list", rightly(stated("files", {"sha256": []}))
    yield "a hash that is none", rightly(stated("files", {"sha256": {"a.html": "ff"}}))
    yield "two of one kind", rightly(Logged(finalised(ISSUED)), stated("final", final_content()))
    yield "甲 looked at 確定 before it", rightly(Logged(confirmed_final(ISSUED)))
    yield "甲 looked at 暫定 after 確定", rightly(Logged(finalised(ISSUED)), Logged(confirmed(ISSUED)))
    look = {"handler": "W-001", "state": "暫定", "finding": "確認"}
    yield "甲's look with another result", rightly(stated("confirmed", look | {"result": "合格"}, WARD))
    yield "甲's look without a result", rightly(stated("confirmed", look, WARD))


def _certificates() -> Mutations:
    """Certificates that no honest issuer signs."""
    changes: dict[str, dict[str, Any]] = {
        "確定 beside a remainder": {"state": "確定"},
        "暫定 with nothing left": {"remaining": []},
        "a state that is none": {"state": "完了"},
        "a look-alike state": {"state": "確定\u200b"},
        "another paper's letter": {"number": "X-2026-0001"},
        "a wide number": {"number": "L-２０２６-0001"},
        "a number that is none": {"number": 1},
        "no moment": {"issued_at": {}},
        "a moment without its zone": {"issued_at": {"utc": "2026-11-22T03:00:07"}},
        "subjects as text": {"subjects": "3"},
        "subjects true": {"subjects": True},
        "remaining as an object": {"remaining": {}},
        "a remainder without its name": {"remaining": [{}]},
        "rehearsal as text": {"rehearsal": "false"},
    }
    for name, changed in changes.items():
        yield f"certificate: {name}", rightly(certificate=certified(**changed))
    yield "certificate under another type", rightly(certificate=certified(typ=verifier.STATEMENT))
    yield "statement for a certificate", rightly(certificate=Logged(finalised(ISSUED)))


def _swaps() -> Mutations:
    """What was said about one certificate, handed over with another."""
    finals = Logged(statements.revoked(OTHER, "誤発行", OLD, LATER))
    yield "another certificate's revocation", rightly(finals)
    yield (
        "another certificate under these statements",
        rightly(Logged(finalised(ISSUED)), certificate=Logged(OTHER.token)),
    )
    yield "甲's look at another certificate", rightly(Logged(confirmed(OTHER)))
    yield "another certificate for a statement", rightly(Logged(OTHER.token))
    yield "the certificate without its PDF", rightly(certificate=Logged(OTHER.token), witnessed=True)


def _signers() -> Mutations:
    """The right words under the wrong key."""
    look = Looked("W-001", "暫定", "確認")
    last = NEW.public_pem
    for name, signer in {"a stranger": STRANGER, "甲": WARD}.items():
        yield f"確定 by {name}", rightly(stated("final", final_content(), signer))
        yield f"revocation by {name}", rightly(revoked(signer))
        yield f"certificate by {name}", rightly(certificate=certified(signer))
        yield f"head by {name}", rightly(signer=signer)
    own = Logged(statements.confirmed(ISSUED, look, OLD, LATER))
    yield "甲's look by the issuer", rightly(own)
    yield "甲's look by the issuer, whose key is handed in as 甲's", _with_ward_key(rightly(own), OLD.public_pem)
    later = Logged(statements.confirmed(ISSUED, look, NEW, LATER))
    yield "甲's look by the issuer's next key", _with_ward_key(rightly(later), last)
    yield "甲's look by a stranger", rightly(Logged(statements.confirmed(ISSUED, look, STRANGER, LATER)))
    yield "succession by a stranger", rightly(follows=Logged(_follows(STRANGER)), signer=STRANGER)
    yield "head by the old key after its succession", rightly(signer=OLD, more=True)
    yield "revocation by the old key after its succession", _after_succession(revoked(OLD))
    yield "certificate by the old key after its succession", _certificate_after_succession


def _with_ward_key(mutation: Mutation, pem: bytes) -> Mutation:
    return lambda whole: replace(mutation(whole), ward_keys=[pem])


def _follows(signer: Signer) -> str:
    return succession(signer, tokens.public_key(NEW.public_pem), LATER)


def _after_succession(late: Logged) -> Mutation:
    return lambda whole: whole.bundled([whole.documents[0], late], [*whole.leaves, late.leaf])


def _certificate_after_succession(whole: Whole) -> Handed:
    late = certified(number=NUMBER, subjects=4)
    return replace(whole.bundled([late], [*whole.leaves, late.leaf]), files={})


def _times() -> Mutations:
    """Statements, heads and witnesses out of time or order."""
    for name, moment in {
        "before the certificate": "2026-11-22T03:00:06Z",
        "years before": "2000-01-01T00:00:00Z",
        "as a day": "2026-12-06",
        "in another zone": "2026-12-06T12:00:07+09:00",
        "in wide digits": "２０２６-12-06T03:00:07Z",
        "after its head": "2026-12-06T03:00:08Z",
    }.items():
        yield f"確定 stated {name}", rightly(stated("final", final_content(), stated_at=moment))
    yield "head before its documents", rightly(Logged(finalised(ISSUED)), at=NOON)
    yield "head before the certificate", rightly(at=BEFORE)
    yield "statement before the certificate in the log", _statement_first
    yield "an earlier head that is younger", _young_witness


def _statement_first(whole: Whole) -> Handed:
    final = Logged(finalised(ISSUED))
    return whole.bundled([whole.documents[0], final], [final.leaf, whole.documents[0].leaf, whole.follows.leaf])


def _young_witness(whole: Whole) -> Handed:
    witness = signed_head(whole.leaves[:4], OLD, LATER)
    return whole.bundled(whole.documents, at=NOON, witness=witness, witnessed=True)


def _logs() -> Mutations:
    """Logs that were rewritten, cut or forked since the head that 甲 holds."""
    yield "a forked log that shows no earlier head", _forked(0, witnessed=False)
    for place in range(4):
        yield f"a forked log: entry {place} rewritten", _forked_with_head(place)
    yield "a log that was cut", _cut
    yield "another log of the same size", _same_size
    yield "a log in another order", _reordered


def _other_log(whole: Whole, place: int) -> list[bytes]:
    leaves = list(whole.leaves)
    leaves[place] = logged_leaf("a.b.c")
    return leaves


def _forked(place: int, *, witnessed: bool) -> Mutation:
    def mutate(whole: Whole) -> Handed:
        forked = whole.bundled(whole.documents, _other_log(whole, place), witnessed=witnessed)
        return replace(forked, heads=[whole.witness.token])

    return mutate


def _forked_with_head(place: int) -> Mutation:
    """The fork that a hostile issuer hands over with a proof made of the forked log."""

    def mutate(whole: Whole) -> Handed:
        leaves = _other_log(whole, place)
        documents = [one for one in whole.documents if one.leaf in leaves]
        if documents[:1] != list(whole.documents[:1]):
            documents = [Logged(OTHER.token)]
            leaves[place] = documents[0].leaf
        return replace(whole.bundled(documents, leaves, witnessed=True), files={})

    return mutate


def _cut(whole: Whole) -> Handed:
    held = signed_head(whole.leaves, NEW, LATER)
    shorter = [*whole.leaves[:5], whole.follows.leaf]
    return replace(whole.bundled(whole.documents[:1], shorter), heads=[held.token])


def _same_size(whole: Whole) -> Handed:
    held = signed_head(_other_log(whole, 0), NEW, LATER)
    return replace(whole.bundled(whole.documents), heads=[held.token])


def _reordered(whole: Whole) -> Handed:
    first, second, *rest = whole.leaves
    return whole.bundled(whole.documents, [second, first, *rest], witnessed=True)
