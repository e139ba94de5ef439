"""A certificate states what was verified, in its own paper's numbers, names nobody and promises no more."""

import copy
import pickle
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from tayori.certificates.certificate import IssuedCertificate, Letterhead, Numbering, issue, opened_certificate
from tayori.certificates.document import Correction, KeyEpoch, Remaining, State
from tayori.certificates.erasure import CommitmentList, Erasure, VerifiedErasure, commitment
from tayori.certificates.wording import basis, contract_wording, forbidden_words, kinds, printed
from tayori.domain.identifiers import Contract
from tayori.errors import BadInput, Refused, Tampered
from tayori.vault.residue import INHERENT_LIMITS, ResidueReport
from tests.certificates.builders import (
    COMMITMENT_KEY,
    LETTERHEAD,
    NOON,
    SUBJECTS,
    a_certificate,
    a_residue_report,
    a_signer,
    a_verified_erasure,
    an_erasure,
)

ALL_KINDS = [(contract, kind) for contract in Contract for kind in kinds(contract)]
OWN_NUMBERS = {Contract.LINE: {9, 11, 12}, Contract.OPINIONS: {10}}


def certified(erasure: Erasure, letterhead: Letterhead = LETTERHEAD) -> IssuedCertificate:
    return a_certificate(a_verified_erasure(erasure), f"{erasure.contract.value}-2026-0001", letterhead)


@pytest.mark.parametrize(("contract", "kind"), ALL_KINDS)
def test_a_certificate_cites_its_own_paper(contract: Contract, kind: str) -> None:
    """A document for O never prints a number of L's special provisions, nor L one of O's (T-L 12 is 監査 in T-O)."""
    text = certified(an_erasure(contract=contract, kind=kind)).certificate.canonical().decode()
    cited = {int(number) for number in re.findall(r"特記事項 第(\d+)項", text)}
    assert cited
    assert cited <= OWN_NUMBERS[contract]
    assert contract_wording(contract).title in text


def test_every_special_provision_is_cited_as_such() -> None:
    """No clause slips past the check above under another spelling."""
    for contract, kind in ALL_KINDS:
        for clause in basis(contract, kind):
            assert clause.cited.startswith("特記事項 第") == (clause.source == "provisions")
            assert str(clause.number) in clause.cited


@pytest.mark.parametrize("contract", list(Contract))
def test_every_kind_can_be_issued_for_either_contract(contract: Contract) -> None:
    """個別消去, 期間満了, 契約終了一括, 複製, 媒体返却: each rests on a clause of that contract's own paper."""
    assert set(kinds(contract)) == {"individual", "expiry", "contract_end", "copy", "media_return"}
    for kind in kinds(contract):
        assert certified(an_erasure(contract=contract, kind=kind)).certificate.basis


def test_an_erasure_without_a_clause_is_refused() -> None:
    """A kind that the paper does not know would rest on nothing."""
    with pytest.raises(Refused, match="no clause"):
        certified(an_erasure(contract=Contract.OPINIONS, kind="migration"))


def test_the_number_belongs_to_the_contract() -> None:
    """L's certificates and O's are numbered apart."""
    with pytest.raises(Refused, match="contract L"):
        a_certificate(number="O-2026-0001")


def test_a_hit_makes_issuing_impossible() -> None:
    """A single trace in a single place, and there is no verified erasure to certify."""
    with pytest.raises(Refused, match="倉庫"):
        a_verified_erasure(residue=a_residue_report({"倉庫": 1, "ログ": 0}))


@pytest.mark.parametrize(
    "blind",
    [
        replace(a_residue_report(), bytes_scanned=0),
        replace(a_residue_report(), places={}),
        replace(a_residue_report(), markers=0),
        replace(a_residue_report(), not_examined=()),
        replace(a_residue_report(), hit_files=("ログ: a.log",)),
    ],
)
def test_a_probe_that_proves_nothing_is_refused(blind: Any) -> None:  # noqa: ANN401 - a report, by the list above
    """Nothing read, nothing sought, or no word on what was not examined: no certificate."""
    with pytest.raises(Refused):
        a_verified_erasure(residue=blind)


def test_a_probe_before_the_end_is_refused() -> None:
    """Only what was searched after the erasure is verified."""
    verified = a_verified_erasure()
    with pytest.raises(Refused, match="probe again"):
        replace(verified, examined_at=verified.erasure.completed_at - timedelta(seconds=1))


def test_only_a_verified_erasure_is_certified() -> None:
    """Nothing that merely looks like one is."""

    class Lookalike(VerifiedErasure):
        def __post_init__(self) -> None:
            """Check nothing."""

    verified = a_verified_erasure()
    fake = Lookalike(verified.erasure, a_residue_report({"倉庫": 9}), verified.examined_at, verified.verified_by)
    for unverified in (fake, an_erasure(), None):
        with pytest.raises(Refused, match="verified"):
            issue(cast("Any", unverified), a_signer(), LETTERHEAD, Numbering("L-2026-0001"), NOON)


class SilentReport(ResidueReport):
    """A report that found something and says otherwise."""

    @property
    def hits(self) -> int:
        """None, it says."""
        return 0


def _forced(**fields: object) -> VerifiedErasure:
    """A verified erasure whose fields were written past its own checks."""
    verified = a_verified_erasure()
    for name, value in fields.items():
        object.__setattr__(verified, name, value)
    return verified


def _found_later() -> VerifiedErasure:
    """One whose report changed after it was looked at."""
    places = {"倉庫": 0, "ログ": 0}
    verified = a_verified_erasure(residue=a_residue_report(places))
    places["ログ"] = 3
    return verified


ATTACKS: list[Callable[[], VerifiedErasure]] = [
    _found_later,
    lambda: _forced(residue=replace(a_residue_report(), places={"倉庫": 2})),
    lambda: _forced(residue=replace(a_residue_report(), places={"倉庫": 1, "ログ": -1})),
    lambda: _forced(residue=SilentReport({"倉庫": 2}, 12, 34, 5, INHERENT_LIMITS)),
    lambda: _forced(residue=a_residue_report(bytes_scanned=0)),
    lambda: _forced(examined_at=NOON - timedelta(days=9)),
    lambda: pickle.loads(pickle.dumps(_forced(residue=replace(a_residue_report(), places={"倉庫": 2})))),  # noqa: S301
    lambda: copy.deepcopy(_found_later()),
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_failed_probe_cannot_be_slipped_in(attack: Callable[[], VerifiedErasure]) -> None:
    """Whatever was done to the object after its checks, they are asked again before anything is signed."""
    forged = attack()
    with pytest.raises(Refused):
        issue(forged, a_signer(), LETTERHEAD, Numbering("L-2026-0001"), NOON)


def test_hits_do_not_cancel_out() -> None:
    """One found and one fewer than none is not none."""
    with pytest.raises(Refused):
        a_verified_erasure(residue=a_residue_report({"倉庫": 1, "ログ": -1}))


def _contradictory() -> list[Erasure]:
    erasure = an_erasure()
    waiting = KeyEpoch(space="LINE", epoch=12, algorithm="AES-256-GCM", destroyed_at=None)
    return [
        replace(erasure, subjects=CommitmentList(())),
        replace(erasure, triggers=()),
        replace(erasure, completed_at=erasure.started_at - timedelta(seconds=1)),
        replace(erasure, methods=()),
        replace(erasure, records=()),
        replace(erasure, remaining=(), key_epochs=(waiting,)),
        replace(erasure, remaining=(erasure.remaining[0],) * 2),
    ]


@pytest.mark.parametrize("erasure", _contradictory())
def test_contradictions_are_refused(erasure: Erasure) -> None:
    """Figures that do not fit together are not certified."""
    with pytest.raises(Refused):
        a_verified_erasure(erasure)


def test_the_state_follows_from_what_remains() -> None:
    """暫定 while a backup or key epoch waits, with the day it ends; 確定 when nothing remains."""
    provisional = a_certificate().certificate
    final = certified(an_erasure(remaining=())).certificate
    assert (provisional.state, provisional.final_due) == (State.PROVISIONAL, "2026-12-05")
    assert (final.state, final.final_due) == (State.FINAL, None)


@pytest.mark.parametrize(
    "promise", ["完全消去", "完全に削除", "復元不可能", "復旧はできません", "Clear", "PURGED", "Destroy 済"]
)
def test_a_provisional_certificate_promises_no_more(promise: str) -> None:
    """Whoever fills the fields cannot make it say what row deletion and waiting backups do not keep."""
    remaining = (Remaining(id="backup:1", what=f"バックアップ（{promise}）", until="2026-12-05"),)
    with pytest.raises(Refused, match="promise"):
        certified(an_erasure(remaining=remaining))


def test_words_of_media_sanitization_stand_on_none() -> None:
    """確定 may say that nothing can be restored; Clear, Purge and Destroy it may not say either."""
    assert certified(an_erasure(remaining=()), replace(LETTERHEAD, contact="復元不可能")).certificate.contact
    with pytest.raises(Refused):
        certified(an_erasure(remaining=()), replace(LETTERHEAD, contact="Purge desk"))
    assert not forbidden_words("cleared_at clearance nuclear 消去", provisional=True)


def test_no_resident_stands_in_it() -> None:
    """The document holds neither an id nor a plain hash of one, and refuses text with an id in it."""
    text = a_certificate().certificate.canonical().decode()
    assert not any(subject in text for subject in SUBJECTS)
    with pytest.raises(Refused, match="LINE user id"):
        certified(an_erasure(), replace(LETTERHEAD, contact=f"担当 {SUBJECTS[0]}"))


def test_commitments_tell_only_those_with_the_key() -> None:
    """甲, who holds k_c, finds a person in the list; without k_c the same id gives other values."""
    listed = CommitmentList.of(COMMITMENT_KEY, SUBJECTS)
    assert commitment(COMMITMENT_KEY, SUBJECTS[1]) in listed.values
    assert not set(listed.values) & set(CommitmentList.of(bytes(32), SUBJECTS).values)
    assert listed == CommitmentList.of(COMMITMENT_KEY, reversed(SUBJECTS))
    assert listed == CommitmentList(tuple(reversed(listed.values)))
    assert listed.lines.decode().split() == sorted(listed.values)


def test_a_known_commitment() -> None:
    """The commitment's form is fixed: HMAC-SHA-256 over the domain, a zero byte and the subject."""
    known = "86d3101e0f0f79868f3be66edc46c2b1a73b45e319072b3715ad8a37d8ce5e9b"
    assert commitment(COMMITMENT_KEY, "が") == commitment(COMMITMENT_KEY, "か\u3099") == known


def test_a_short_commitment_key_is_refused() -> None:
    """A guessable key would make the commitments plain."""
    with pytest.raises(BadInput):
        commitment(bytes(31), SUBJECTS[0])


def test_what_is_issued_is_read_back_and_nothing_else() -> None:
    """The signed form gives the same document; under another key, or altered, it gives none."""
    issued = a_certificate()
    assert opened_certificate(issued.token, a_signer().public_pem) == issued
    with pytest.raises(Tampered):
        opened_certificate(issued.token, a_signer(2).public_pem)
    with pytest.raises(Tampered, match="form"):
        opened_certificate(a_signer().sign({"number": "L-2026-0001"}, "erasure-cert+jws"), a_signer().public_pem)


def test_certificates_form_a_chain_and_name_what_they_correct() -> None:
    """Each names the hash of the one before; a correction is a new certificate that names the old."""
    first = a_certificate()
    numbering = Numbering("L-2026-0002", first.sha256, Correction(number="L-2026-0001", reason="件数の誤り"))
    second = issue(a_verified_erasure(), a_signer(), LETTERHEAD, numbering, NOON).certificate
    assert (second.previous_sha256, second.corrects and second.corrects.number) == (first.sha256, "L-2026-0001")


def test_both_clocks_are_stated() -> None:
    """Times stand in UTC and in Japan's time, whole seconds."""
    issued_at = a_certificate().certificate.issued_at
    assert (issued_at.utc, issued_at.jst) == ("2026-11-22T03:00:07Z", "2026-11-22T12:00:07+09:00")


def test_a_field_out_of_form_is_named() -> None:
    """A wrong field is refused by its name, without repeating what stood in it."""
    with pytest.raises(BadInput, match="addressee") as refusal:
        certified(an_erasure(), replace(LETTERHEAD, addressee="新宿\n区長"))
    assert "新宿" not in refusal.value.sentence


def test_a_naive_clock_is_refused() -> None:
    """A time without a zone is no time to sign."""
    with pytest.raises((BadInput, TypeError)):
        issue(a_verified_erasure(), a_signer(), LETTERHEAD, Numbering("L-2026-0001"), NOON.replace(tzinfo=None))


def test_unknown_words_are_refused() -> None:
    """Names of causes and methods come from the wording; another name is refused."""
    with pytest.raises(BadInput, match="unfollow"):
        printed("causes", "unfriended")
