"""Builders of dummy erasures and certificates; nobody in them exists."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tayori.certificates import statements
from tayori.certificates.bundle import Logged, bundled_now
from tayori.certificates.certificate import IssuedCertificate, Letterhead, Numbering, issue
from tayori.certificates.document import ErasedRecords, KeyEpoch, Method, Moment, Party, Remaining, Tool, Trigger
from tayori.certificates.erasure import CommitmentList, Erasure, VerifiedErasure
from tayori.certificates.jws import Signer
from tayori.certificates.log import logged_leaf
from tayori.certificates.statements import LastProbe, Looked
from tayori.certificates.verifier import AS_STATED
from tayori.certificates.wording import printed
from tayori.domain.identifiers import Contract
from tayori.vault.residue import INHERENT_LIMITS, ResidueReport

NOON = datetime(2026, 11, 22, 3, 0, 7, tzinfo=UTC)
COMMITMENT_KEY = bytes(range(32))
SUBJECTS = tuple(f"Udddd{number:028x}" for number in range(3))


def a_signer(seed: int = 1) -> Signer:
    """A key that is the same in every run."""
    return Signer(Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32))


CONTRACTOR = Party(organisation="（稽古）乙システム株式会社", post="取扱責任者", handler="H-001")
BACKUP = Remaining(id="backup:2026-11-21", what="バックアップ 2026-11-21 世代（固有鍵で暗号化）", until="2026-12-05")
EPOCH = Remaining(id="epoch:person:12", what="鍵世代 12（LINE 系統）の預託分", until="2026-11-23")


def an_erasure(
    *,
    contract: Contract = Contract.LINE,
    kind: str = "individual",
    subjects: Sequence[str] = SUBJECTS,
    remaining: tuple[Remaining, ...] = (BACKUP, EPOCH),
) -> Erasure:
    """An erasure of three dummy people who left, backups still running."""
    return Erasure(
        contract=contract,
        kind=kind,
        subjects=CommitmentList.of(COMMITMENT_KEY, subjects),
        records=(
            ErasedRecords(table="person", items=("LINEID", "生年", "性別", "居住地域"), rows=3),
            ErasedRecords(table="person_genre", items=("配信を希望する情報ジャンル",), rows=7),
        ),
        triggers=(
            Trigger(
                cause=printed("causes", "unfollow"),
                subjects=len(subjects),
                received_first=Moment.of(NOON - timedelta(hours=9)),
                received_last=Moment.of(NOON - timedelta(hours=1)),
            ),
        ),
        started_at=NOON - timedelta(minutes=5),
        completed_at=NOON - timedelta(minutes=4),
        methods=(
            Method(store="保管庫（鍵）", method=printed("methods", "key_destruction"), settings={"鍵長": "256"}),
            Method(
                store="倉庫（SQLite）",
                method=printed("methods", "row_deletion"),
                settings={"secure_delete": "1", "wal_checkpoint(TRUNCATE) busy": "0"},
            ),
        ),
        key_epochs=(KeyEpoch(space="LINE", epoch=12, algorithm="AES-256-GCM", destroyed_at=Moment.of(NOON)),),
        remaining=remaining,
        performed_by=CONTRACTOR,
    )


def a_residue_report(places: dict[str, int] | None = None, bytes_scanned: int = 73_400_320) -> ResidueReport:
    """A probe of four places that found nothing."""
    clean = {"倉庫": 0, "保管庫": 0, "Prefect の記録": 0, "ログ": 0}
    return ResidueReport(
        places=clean if places is None else places,
        markers=12,
        files=34,
        bytes_scanned=bytes_scanned,
        not_examined=INHERENT_LIMITS,
    )


def a_verified_erasure(erasure: Erasure | None = None, residue: ResidueReport | None = None) -> VerifiedErasure:
    """A verified erasure."""
    return VerifiedErasure(
        erasure=erasure or an_erasure(),
        residue=residue or a_residue_report(),
        examined_at=NOON - timedelta(minutes=2),
        verified_by=CONTRACTOR.model_copy(update={"handler": "H-002"}),
    )


LETTERHEAD = Letterhead(
    addressee="新宿区長",
    issuer=CONTRACTOR,
    place="（稽古用）東京都新宿区",
    contact="（稽古用）運用窓口",
    tool=Tool(name="tayori", version="0.1.0", commit="0" * 40),
)


def a_certificate(
    verified: VerifiedErasure | None = None, number: str = "L-2026-0001", letterhead: Letterhead = LETTERHEAD
) -> IssuedCertificate:
    """An issued certificate."""
    return issue(verified or a_verified_erasure(), a_signer(), letterhead, Numbering(number=number), NOON)


LATER = NOON + timedelta(days=14)
EVIDENCE = {BACKUP.id: "台帳に消去前のバックアップは残っていない", EPOCH.id: "鍵世代 12 は破棄済み"}


def a_ward_signer() -> Signer:
    """甲's own key."""
    return a_signer(9)


def a_last_probe(moment: datetime = LATER) -> LastProbe:
    """A last probe that found nothing."""
    return LastProbe(moment, ("目印", "データベースの写し"), 34, 73_400_320, INHERENT_LIMITS)


def finalised(issued: IssuedCertificate, key: str = statements.KEY_DESTROYED) -> str:
    """確定, stated by the issuer."""
    return statements.final(issued, EVIDENCE, a_last_probe(), key, a_signer(), LATER)


def confirmed(issued: IssuedCertificate, state: str = "暫定", result: str = AS_STATED, moment: datetime = LATER) -> str:
    """甲's look, under 甲's key."""
    return statements.confirmed(issued, Looked("W-001", state, "消去の状況を見た", result), a_ward_signer(), moment)


def confirmed_final(issued: IssuedCertificate) -> str:
    """甲's look after 確定."""
    return confirmed(issued, "確定")


def a_log_around(*documents: Logged) -> list[bytes]:
    """A log in which the documents stand between others."""
    leaves = [logged_leaf(f"x.y.{number}") for number in range(3)]
    for number, document in enumerate(documents):
        leaves += [document.leaf, logged_leaf(f"z.y.{number}")]
    return leaves


def a_bundle(*later: str, issued: IssuedCertificate | None = None, pdf: bytes | None = None) -> bytes:
    """A bundle of a certificate and later statements, under a head of a fortnight later."""
    documents = [Logged.of((issued or a_certificate()).token, pdf), *map(Logged, later)]
    return bundled_now(documents, a_log_around(*documents), a_signer(), LATER)
