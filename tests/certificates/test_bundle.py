"""A bundle proves its state offline with public keys alone, and proves nothing after any change."""

import hashlib
import json
import random
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tayori.certificates import bundle, statements, verifier
from tayori.certificates.bundle import Logged
from tayori.certificates.certificate import IssuedCertificate
from tayori.certificates.log import LogHead, signed_head
from tayori.certificates.standalone import standalone_verifier
from tayori.certificates.statements import Looked
from tayori.certificates.tokens import NotProven
from tayori.certificates.verifier import Verdict, check
from tayori.domain.canonical import canonical_bytes
from tayori.errors import BadInput, NotFound, Refused, Tampered
from tests.certificates.builders import (
    BACKUP,
    EPOCH,
    EVIDENCE,
    LATER,
    NOON,
    SUBJECTS,
    a_bundle,
    a_certificate,
    a_last_probe,
    a_log_around,
    a_signer,
    a_verified_erasure,
    a_ward_signer,
    an_erasure,
    confirmed,
    confirmed_final,
    finalised,
)

WARD = a_ward_signer()
PEMS = [a_signer().public_pem]
WARD_PEMS = [WARD.public_pem]


def stated(content: dict[str, Any], kind: str = "final", **changed: str) -> str:
    """A rightly signed statement of any content, as only a faulty issuer would sign it."""
    issued = a_certificate()
    statement = {
        "format": verifier.STATEMENT_FORMAT,
        "kind": kind,
        "number": issued.certificate.number,
        "certificate_sha256": issued.sha256,
        "stated_at": "2026-12-06T00:00:00Z",
        "content": content,
    }
    return a_signer().sign(statement | changed, verifier.STATEMENT)


FINAL = {"settled": EVIDENCE, "probe": a_last_probe().stated, "commitment_key": "破棄"}


def test_a_certificate_alone_is_provisional() -> None:
    """What was issued is proven, and the head of the log is shown to hold against paper."""
    verdict = check(a_bundle(), PEMS)
    assert (verdict.number, verdict.state, verdict.subjects, verdict.confirmed) == ("L-2026-0001", "暫定", 3, "未確認")
    assert (verdict.log_size, verdict.issued) == (5, "2026-11-22T03:00:07Z")


def corrected(issued: IssuedCertificate) -> str:
    return statements.corrected(issued, "L-2026-0002", "件数の誤り", a_signer(), LATER)


def revoked(issued: IssuedCertificate) -> str:
    return statements.revoked(issued, "誤発行", a_signer(), LATER)


def objected(issued: IssuedCertificate) -> str:
    return confirmed(issued, result=verifier.OBJECTED)


STATES: list[tuple[list[Callable[[IssuedCertificate], str]], str, str]] = [
    ([finalised], "確定", "未確認"),
    ([confirmed], "暫定", "確認済"),
    ([objected], "暫定", "指摘事項あり"),
    ([finalised, confirmed_final], "確定", "確認済"),
    ([confirmed, finalised], "確定", "確認済(暫定の時点)"),
    ([confirmed, finalised, confirmed_final], "確定", "確認済"),
    ([finalised, corrected], "訂正", "未確認"),
    ([finalised, revoked], "取消", "未確認"),
    ([confirmed, corrected, revoked], "取消", "確認済(暫定の時点)"),
]


@pytest.mark.parametrize(("later", "state", "looked"), STATES)
def test_later_statements_give_the_state(
    later: list[Callable[[IssuedCertificate], str]], state: str, looked: str
) -> None:
    """確定 when all that remained is settled; a corrected or revoked certificate is that, whatever else was said.

    甲's look counts for the state that 甲 looked at.
    """
    issued = a_certificate()
    verdict = check(a_bundle(*(make(issued) for make in later)), PEMS, WARD_PEMS)
    assert (verdict.state, verdict.confirmed) == (state, looked)


def test_the_ward_confirms_what_is() -> None:
    """甲 cannot confirm 確定 before it is stated, nor 暫定 after it."""
    issued = a_certificate()
    for later in ([confirmed_final(issued)], [finalised(issued), confirmed(issued)]):
        with pytest.raises(NotProven, match="was not in"):
            check(a_bundle(*later), PEMS, WARD_PEMS)


def test_the_pdf_is_part_of_the_leaf() -> None:
    """The log holds the certificate together with its PDF: another hash, none, or one too many stands in no log."""
    whole = json.loads(a_bundle(finalised(a_certificate()), pdf=b"%PDF-1.7"))
    assert check(canonical_bytes(whole), PEMS).files == {"L-2026-0001.pdf": "手元になし"}
    for entry, changed in ((0, None), (0, "0" * 64), (1, "0" * 64)):
        fields = json.loads(canonical_bytes(whole))
        fields["entries"][entry]["pdf"] = changed
        with pytest.raises(NotProven, match="does not hold it"):
            check(canonical_bytes(fields), PEMS)


def test_a_confirmation_without_the_wards_key_is_not_believed() -> None:
    """甲's signature is shown, and shown as unread, when 甲's public key was not handed in."""
    assert check(a_bundle(confirmed(a_certificate())), PEMS).confirmed == verifier.UNREAD


def test_the_issuer_cannot_confirm_for_the_ward() -> None:
    """乙's own key under 甲's confirmation proves nothing (two blocks: verification, validation)."""
    issued = a_certificate()
    own = statements.confirmed(issued, Looked("W-001", "暫定", "確認"), a_signer(), LATER)
    with pytest.raises(NotProven, match="key of the issuer"):
        check(a_bundle(own), PEMS, [WARD.public_pem, *PEMS])
    with pytest.raises(NotProven, match="not handed in"):
        check(a_bundle(own), PEMS, [WARD.public_pem])


def test_the_ward_cannot_speak_for_the_issuer() -> None:
    """確定 is said by 乙 alone."""
    final = statements.final(a_certificate(), EVIDENCE, a_last_probe(), statements.KEY_HANDED_OVER, WARD, LATER)
    with pytest.raises(NotProven, match="not handed in"):
        check(a_bundle(final), PEMS, [WARD.public_pem])


@pytest.mark.parametrize("settled", [{}, {BACKUP.id: "なし"}, EVIDENCE | {"backup:other": "なし"}])
def test_final_settles_exactly_what_remained(settled: dict[str, str]) -> None:
    """A backup that was forgotten keeps the certificate 暫定: neither said nor, if said, believed."""
    with pytest.raises(Refused):
        statements.final(a_certificate(), settled, a_last_probe(), statements.KEY_DESTROYED, a_signer(), LATER)
    with pytest.raises(NotProven, match="settle"):
        check(a_bundle(stated(FINAL | {"settled": settled})), PEMS)


FAULTY = [
    stated(FINAL, number="L-2026-0002"),
    stated(FINAL, certificate_sha256="0" * 64),
    stated(FINAL, format="tayori-erasure-statement/2"),
    stated(FINAL, stated_at="2026-11-22T03:00:06Z"),
    stated(FINAL, stated_at="2026-12-06"),
    stated(FINAL, stated_at="2026-12-06T03:00:08Z"),
    stated({"settled": EVIDENCE, "commitment_key": "破棄"}),
    stated(FINAL | {"settled": [BACKUP.id, EPOCH.id]}),
    stated({"reason": "x"}, kind="forgotten"),
    stated({"sha256": {"../key.pem": "0" * 64}}, kind="files"),
    stated({"sha256": []}, kind="files"),
]


@pytest.mark.parametrize("statement", FAULTY)
def test_a_statement_out_of_form_is_refused(statement: str) -> None:
    """Rightly signed, but on another certificate, of an unknown kind or of other content: refused, not skipped."""
    with pytest.raises(NotProven):
        check(a_bundle(statement), PEMS)


def test_nothing_is_said_twice() -> None:
    """Two statements of one kind contradict each other, or one is superfluous."""
    issued = a_certificate()
    with pytest.raises(NotProven, match="second"):
        check(a_bundle(finalised(issued), finalised(issued, statements.KEY_HANDED_OVER)), PEMS)


def test_no_byte_of_a_bundle_can_change() -> None:
    """Every byte of the bundle is bound: changed in any of several ways, the bundle proves nothing."""
    issued = a_certificate()
    whole = a_bundle(confirmed(issued), finalised(issued), confirmed_final(issued), issued=issued, pdf=b"%PDF-1.7")
    keys = PEMS, WARD_PEMS
    assert check(whole, *keys).state == "確定"
    dice = random.Random(6962)  # noqa: S311 - the same places in every run
    for at in range(len(whole)):
        changed = whole[:at] + bytes([whole[at] ^ 1 << dice.randrange(8)]) + whole[at + 1 :]
        with pytest.raises(NotProven):
            check(changed, *keys)


def _cut(name: str) -> Callable[[dict[str, Any]], object]:
    return lambda fields: fields.pop(name)


CHANGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "no head": _cut("head"),
    "no entries": _cut("entries"),
    "no witnesses": _cut("witnesses"),
    "one more field": lambda fields: fields.update(note=""),
    "empty entries": lambda fields: fields.update(entries=[]),
    "another format": lambda fields: fields.update(format="tayori-erasure-bundle/2"),
    "entries swapped": lambda fields: fields["entries"].reverse(),
    "index moved": lambda fields: fields["entries"][0].update(leaf_index=4),
    "index negative": lambda fields: fields["entries"][0].update(leaf_index=-1),
    "index true": lambda fields: fields["entries"][0].update(leaf_index=True),
    "proof emptied": lambda fields: fields["entries"][0].update(inclusion=[]),
    "proof upper case": lambda fields: fields["entries"][0].update(
        inclusion=[one.upper() for one in fields["entries"][0]["inclusion"]]
    ),
    "head of the certificate": lambda fields: fields.update(head=fields["entries"][0]["jws"]),
    "witness of nothing": lambda fields: fields.update(witnesses=[{"head": fields["head"], "proof": ["0" * 64]}]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_no_field_of_a_bundle_can_change(change: str) -> None:
    """The same, field by field."""
    fields = json.loads(a_bundle(finalised(a_certificate())))
    CHANGES[change](fields)
    with pytest.raises(NotProven):
        check(canonical_bytes(fields), PEMS)


@pytest.mark.parametrize("garbage", [b"", b"[]", b"{", b"\xff", b"[" * 200_000, b'{"a":1,"a":1}', b"9" * 5000])
def test_what_is_no_bundle_is_refused(garbage: bytes) -> None:
    """Any file at all gives a refusal, never a crash."""
    with pytest.raises(NotProven):
        check(garbage, PEMS)


def test_no_field_stands_twice() -> None:
    """Two readers of one bundle must not read two different fields of one name."""
    with pytest.raises(NotProven, match="plain JSON"):
        check(a_bundle().replace(b'{"entries":', b'{"entries":[],"entries":', 1), PEMS)


def test_only_what_is_logged_is_bundled() -> None:
    """A certificate that was kept out of the log cannot be handed over, nor under the head of a longer log."""
    head = signed_head(a_log_around(), a_signer(), LATER)
    with pytest.raises(BadInput, match="append"):
        bundle.bundled([Logged(a_certificate().token)], a_log_around(), head)
    with pytest.raises(BadInput, match="entries"):
        bundle.bundled([], a_log_around(), LogHead(9, head.root, head.token))


def written(folder: Path, content: bytes = b"%PDF-1.7") -> Path:
    """A bundle with its files beside it, as it is handed over."""
    issued = a_certificate()
    sha256 = {"L-2026-0001.html": hashlib.sha256(b"<html>").hexdigest()}
    files = statements.attached(issued, sha256, a_signer(), LATER)
    (folder / "L-2026-0001.pdf").write_bytes(content)
    (folder / "L-2026-0001.html").write_bytes(b"<html>")
    (folder / "L-2026-0001.commitments.txt").write_bytes(an_erasure().subjects.lines)
    (folder / "L-2026-0001.json").write_bytes(a_bundle(files, confirmed(issued), pdf=b"%PDF-1.7"))
    (folder / "key.pem").write_bytes(a_signer().public_pem)
    (folder / "ward.pem").write_bytes(WARD.public_pem)
    return folder / "L-2026-0001.json"


def looked_at(path: Path) -> Verdict:
    return bundle.checked(path, [path.parent / "key.pem"], [path.parent / "ward.pem"])


def test_files_beside_the_bundle_are_compared(tmp_path: Path) -> None:
    """The PDF is the one that was issued, the list of commitments the one that was signed."""
    verdict = looked_at(written(tmp_path))
    endings = ("pdf", "html", "commitments.txt")
    assert verdict.files == {f"L-2026-0001.{ending}": "一致" for ending in endings}
    (tmp_path / "L-2026-0001.pdf").unlink()
    assert looked_at(tmp_path / "L-2026-0001.json").files["L-2026-0001.pdf"] == "手元になし"
    lines = dict(bundle.verdict_lines(verdict))
    assert (lines["状態"], lines["甲の確認"], lines["添付ファイル"].count("一致")) == ("暫定", "確認済", 3)


def test_another_pdf_is_refused(tmp_path: Path) -> None:
    """A PDF that was altered, or rendered anew, is not the one that was issued."""
    with pytest.raises(Tampered, match="the file is not"):
        looked_at(written(tmp_path, b"%PDF-1.7 altered"))


def test_another_list_of_persons_is_refused(tmp_path: Path) -> None:
    """One person more, one fewer, another order: not the list that was signed."""
    path = written(tmp_path)
    lines = an_erasure().subjects.lines.splitlines(keepends=True)
    more = an_erasure(subjects=[*SUBJECTS, "Udddd" + "f" * 28]).subjects.lines
    for other in (more, b"".join(lines[:2]), b"".join(reversed(lines)), b"x\n", b""):
        (tmp_path / "L-2026-0001.commitments.txt").write_bytes(other)
        with pytest.raises(Tampered):
            looked_at(path)


def test_missing_files_and_wrong_keys_are_said(tmp_path: Path) -> None:
    """A wrong path or key is told apart from a forged bundle."""
    path = written(tmp_path)
    with pytest.raises(NotFound, match="absent"):
        bundle.checked(path, [tmp_path / "absent.pem"])
    with pytest.raises(BadInput, match="PEM"):
        bundle.checked(path, [path])


def alone(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The verifier as 甲 has it: one file, in a folder without Tayori."""
    (folder / "verifier.py").write_bytes(standalone_verifier())
    line = [sys.executable, "-I", "-W", "error", "verifier.py", *arguments]
    return subprocess.run(line, cwd=folder, check=False, capture_output=True, text=True)


def test_the_verifier_stands_alone(tmp_path: Path) -> None:
    """One file proves the bundle, refuses a changed one with exit code 6 and a missing one with 2."""
    path = written(tmp_path)
    proven = alone(tmp_path, path.name, "--key", "key.pem", "--ward-key", "ward.pem")
    assert (proven.returncode, proven.stderr) == (0, "")
    assert json.loads(proven.stdout)["confirmed"] == "確認済"
    assert alone(tmp_path, "absent.json", "--key", "key.pem").returncode == 2
    assert alone(tmp_path, path.name, "--key", path.name).returncode == 2
    path.write_bytes(path.read_bytes().replace(b'"leaf_index":3', b'"leaf_index":2'))
    refused = alone(tmp_path, path.name, "--key", "key.pem")
    assert (refused.returncode, refused.stdout) == (6, "")
    assert "not proven: bundle.entries[0]" in refused.stderr


def test_the_verifier_depends_on_cryptography_alone() -> None:
    """No line of it imports anything of ours, so that it can be read and kept by itself."""
    source = standalone_verifier().decode()
    imported = [line.split()[1] for line in source.splitlines() if line.startswith(("import ", "from "))]
    assert {name.partition(".")[0] for name in imported} - sys.stdlib_module_names == {"cryptography"}
    assert len(imported) == len(set(imported))


def test_statements_keep_to_the_clock_and_the_words() -> None:
    """Nothing is stated before the certificate, without a reason, or in words that promise too much."""
    issued, signer = a_certificate(), a_signer()
    with pytest.raises(Refused, match="older"):
        statements.revoked(issued, "誤発行", signer, NOON - timedelta(seconds=1))
    for reason in ("", " ", "あ" * 301):
        with pytest.raises(BadInput):
            statements.revoked(issued, reason, signer, LATER)
    with pytest.raises(Refused, match="promise"):
        statements.confirmed(issued, Looked("W-001", "暫定", "完全消去を確認"), WARD, LATER)
    with pytest.raises(Refused, match="itself"):
        statements.corrected(issued, "L-2026-0001", "誤り", signer, LATER)
    with pytest.raises(BadInput, match="key"):
        statements.final(issued, EVIDENCE, a_last_probe(), "紛失", signer, LATER)


def test_a_certificate_that_is_final_needs_no_more() -> None:
    """Where nothing remained the certificate is 確定 itself."""
    issued = a_certificate(a_verified_erasure(an_erasure(remaining=())))
    assert check(a_bundle(issued=issued), PEMS).state == "確定"
    with pytest.raises(Refused, match="already"):
        statements.final(issued, {}, a_last_probe(), statements.KEY_DESTROYED, a_signer(), LATER)


def test_a_final_certificate_with_a_remainder_is_refused() -> None:
    """An issuer who signs 確定 beside a waiting backup is not believed."""
    issued = a_certificate()
    content = json.loads(issued.certificate.canonical()) | {"state": "確定"}
    forged = replace(issued, token=a_signer().sign(content, verifier.CERTIFICATE))
    with pytest.raises(NotProven, match="remains"):
        check(a_bundle(issued=forged), PEMS)


def test_a_rehearsals_certificate_says_that_it_is_one() -> None:
    """The verifier proves what was signed: that those erased were dummies is part of it, at the desk and in JSON."""
    verdict = check(a_bundle(), PEMS)
    assert verdict.rehearsal
    assert ("はい" in dict(bundle.verdict_lines(verdict)).values()) is True
