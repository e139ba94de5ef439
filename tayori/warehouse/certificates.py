"""Certificates, and the leaves of their log in the order of issue: statements are added, nothing is taken away."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, text, update

from tayori.errors import NotFound
from tayori.warehouse.engines import is_sqlite
from tayori.warehouse.schema.records import certificate, log_leaf


@dataclass(frozen=True, slots=True)
class CertificateRow:
    """One certificate: number, kind, state when issued, the run that it is about, and its bundle (JSON)."""

    certificate_no: str
    kind: str
    state: str
    run_id: str
    bundle: str
    issued_at: datetime


def lock_log(connection: Connection) -> None:
    """Let nobody else append to the log until this transaction ends."""
    if not is_sqlite(connection):
        connection.execute(text("LOCK TABLE log_leaf IN EXCLUSIVE MODE"))


def leaves(connection: Connection) -> list[bytes]:
    """Give the hashes of the log's leaves, in the order of issue."""
    chosen = select(log_leaf.c.leaf_hash).order_by(log_leaf.c.leaf_index)
    return [bytes(leaf) for leaf in connection.execute(chosen).scalars()]


def is_logged(connection: Connection, certificate_no: str) -> bool:
    """Whether the log has a document of a certificate of this number."""
    chosen = select(log_leaf.c.leaf_index).where(log_leaf.c.certificate_no == certificate_no).limit(1)
    return connection.execute(chosen).first() is not None


def add_leaf(connection: Connection, index: int, leaf_hash: bytes, certificate_no: str) -> None:
    """Append a leaf; a second one at the same place is a conflict."""
    connection.execute(
        insert(log_leaf).values(leaf_index=index, leaf_hash=leaf_hash, certificate_no=certificate_no, kind=0)
    )


def add(connection: Connection, row: CertificateRow) -> None:
    """File a certificate."""
    connection.execute(insert(certificate).values({name: getattr(row, name) for name in CertificateRow.__slots__}))


def put_bundle(connection: Connection, certificate_no: str, bundle: str) -> None:
    """File a certificate's bundle anew, with the statements that were added to it."""
    connection.execute(update(certificate).where(certificate.c.certificate_no == certificate_no).values(bundle=bundle))


def put_state(connection: Connection, certificate_no: str, state: str) -> None:
    """Write down the state that a later statement gave a certificate."""
    connection.execute(update(certificate).where(certificate.c.certificate_no == certificate_no).values(state=state))


def find(connection: Connection, certificate_no: str) -> CertificateRow:
    """Give a certificate by its number.

    Raises:
        NotFound: there is none of this number.

    """
    found = connection.execute(select(certificate).where(certificate.c.certificate_no == certificate_no))
    row = found.mappings().first()
    if row is None:
        raise NotFound(f"There is no certificate {certificate_no}; see `tayori certificate list`.")
    return CertificateRow(**row)


def of_run(connection: Connection, run_id: str) -> CertificateRow | None:
    """Give the certificate that a run issued, if it did; of one that was corrected, the first."""
    mine = select(certificate).where(certificate.c.run_id == run_id).order_by(certificate.c.certificate_no)
    row = connection.execute(mine).mappings().first()
    return CertificateRow(**row) if row else None


def every(connection: Connection) -> list[CertificateRow]:
    """Give all certificates in the order of issue."""
    chosen = select(certificate).order_by(certificate.c.issued_at, certificate.c.certificate_no)
    return [CertificateRow(**row) for row in connection.execute(chosen).mappings()]


def count_with_prefix(connection: Connection, prefix: str) -> int:
    """Give how many certificates have numbers that begin so; the next one of a contract and year follows them."""
    chosen = select(func.count()).where(certificate.c.certificate_no.startswith(prefix, autoescape=True))
    return int(connection.execute(chosen).scalar_one())
