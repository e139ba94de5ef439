"""A ward with both contracts, its keys, and the two sides that sign; every person and letter is a dummy."""

import io
import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pyrage import decrypt  # type: ignore[import-untyped]  # pyrage has no types
from pyrage.x25519 import Identity  # type: ignore[import-untyped]  # as above

from tayori.certificates.jws import Signer
from tayori.domain.identifiers import Contract
from tayori.errors import NotFound
from tayori.office import Office
from tayori.retention import closing, ending, returning
from tayori.retention.closing import Order
from tayori.retention.end_job import Around
from tayori.retention.ending import Ended
from tayori.retention.returning import Returned
from tayori.retention.ward_statements import INSTRUCTION, INSTRUCTION_FORM, RECEIPT, RECEIPT_FORM
from tayori.vault.roster import Credential
from tayori.warehouse import journal
from tayori.warehouse.engines import reading
from tayori.warehouse.people import Chosen
from tests.support.builders import a_line_id
from tests.support.handlers import a_handler
from tests.support.letters import ALetter, receive
from tests.support.people import choose, follow

ORDER = Order("令8政情第100号")


@dataclass
class Ward:
    """甲 with its keys, both sides' handlers, and an office that both contracts run in."""

    office: Office
    ours: Credential
    theirs: Credential
    signer: Signer
    identity: Any
    people: list[int] = field(default_factory=list)
    letters: list[int] = field(default_factory=list)

    def sign(self, contract: Contract, order: Order = ORDER) -> None:
        """Have both sides sign the end of a contract."""
        closing.sign(self.office, self.ours, contract, order)
        closing.sign(self.office, self.theirs, contract, None)

    def hand_over(self, contract: Contract) -> Returned:
        """Return what a contract holds."""
        return returning.hand_over(self.office, self.ours, contract)

    def receipt(self, ends: Contract, /, **changes: object) -> str:
        """Have 甲 sign a receipt for what was returned last."""
        with reading(self.office.warehouse) as warehouse:
            row = closing.standing(warehouse, ends)
            step = journal.finished_steps(warehouse, row.closing_id)["archive"].found
        said = {
            "form": RECEIPT_FORM,
            "contract": ends.value,
            "dated": self.office.today().isoformat(),
            "closing": row.closing_id,
            "archive_sha256": step["sha256"],
            "classes": sorted(step["rows"]),
            "receiver": "区政情報課",
        }
        return self.signer.sign(said | changes, RECEIPT)

    def instruct(self, ends: Contract, /, **told: object) -> Order:
        """Have 甲 sign another instruction."""
        said = {
            "form": INSTRUCTION_FORM,
            "contract": ends.value,
            "dated": self.office.today().isoformat(),
            "document_no": ORDER.document_no,
        }
        return Order(ORDER.document_no, self.signer.sign(said | told, INSTRUCTION))

    def received(self, contract: Contract) -> Returned:
        """Sign, return and record the receipt."""
        self.sign(contract)
        returned = self.hand_over(contract)
        returning.receive_receipt(self.office, self.ours, contract, self.receipt(contract))
        return returned

    def erase(self, contract: Contract, **around: object) -> Ended:
        """Erase the contractor's copy before a witness of 甲."""
        given = Around(**around)  # type: ignore[arg-type]
        return ending.erase(self.office, self.ours, self.theirs, contract, ending.phrase(contract), given)

    def opened(self, path: Path) -> dict[str, bytes]:
        """Open an archive with 甲's key; give its files."""
        content = decrypt(path.read_bytes(), [self.identity])
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            return {one.name: archive.extractfile(one).read() for one in archive}  # type: ignore[union-attr]


def lines(files: dict[str, bytes], table: str) -> list[dict[str, Any]]:
    """Give the rows of a table in an opened archive."""
    parts = [content for name, content in sorted(files.items()) if name.startswith(f"data/{table}/")]
    return [json.loads(line) for part in parts for line in part.splitlines()]


@dataclass
class SomeBackups:
    """Backups that behave: each opens until it is ended; a new one is made of what goes on."""

    ids: list[str] = field(default_factory=lambda: ["b-1", "b-2"])
    stubborn: frozenset[str] = frozenset()
    made: int = 0

    def standing(self) -> list[str]:
        """Give those that were not ended."""
        return list(self.ids)

    def end(self, backup_id: str) -> None:
        """End one."""
        if backup_id not in self.stubborn:
            self.ids.remove(backup_id)

    def restore(self, backup_id: str) -> None:
        """Open one, or refuse."""
        if backup_id not in self.ids:
            raise NotFound(backup_id)

    def renew(self) -> None:
        """Make a new one."""
        self.made += 1
        self.ids.append(f"b-new-{self.made}")


@pytest.fixture
def ward(office: Office, tmp_path: Path) -> Iterator[Ward]:
    """Give a ward with four residents and three letters, all finished, and a fifth resident who set nothing."""
    signer, identity = Signer(Ed25519PrivateKey.generate()), Identity.generate()
    (tmp_path / "ward.pub.pem").write_bytes(signer.public_pem)
    (tmp_path / "ward.age.pub").write_text(f"# 甲\n{identity.to_public()}\n", "utf-8")
    keys = {"ward_public_key_file": tmp_path / "ward.pub.pem", "ward_recipient_file": tmp_path / "ward.age.pub"}
    opened = Office(office.settings.model_copy(update=keys), office.clock, office.rng)
    ours, theirs = a_handler(opened, "chief"), a_handler(opened, "sakura", side="甲")
    people = list(follow(opened, [a_line_id(number) for number in range(1, 6)]))
    choose(opened, [Chosen(no, "2026-11", opened.now(), 1980, 1, 3, frozenset({1, 3})) for no in people[:4]])
    letters = receive(
        opened,
        ALetter(done_on=date(2026, 5, 7), said="目印の意見 一"),
        ALetter(done_on=date(2026, 6, 1), said="目印の意見 二", addressee="department"),
        ALetter(done_on=date(2020, 5, 7), said="目印の意見 三", masked=False),
    )
    yield Ward(opened, ours, theirs, signer, identity, people, letters)
    opened.close()
