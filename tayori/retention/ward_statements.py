"""What 甲 states under its own key at a contract's end: a receipt for what was returned, and any other instruction.

Both are compact JWS (Ed25519). 甲 holds the private key; this installation is given the public half as a file.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tayori.certificates.jws import opened
from tayori.domain.identifiers import Contract
from tayori.errors import BadInput, NotFound, Refused, Tampered
from tayori.office import Office

RECEIPT, INSTRUCTION = "contract-receipt+jws", "contract-instruction+jws"
RECEIPT_FORM: Final = "tayori contract receipt 1"
INSTRUCTION_FORM: Final = "tayori contract instruction 1"
LARGEST: Final = 1 << 20
_TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


class _Stated(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    form: str
    contract: Contract
    dated: date


Kind = TypeVar("Kind", bound=_Stated)


class Receipt(_Stated):
    """甲 has received exactly this archive, holding these classes of record, of this end of a contract."""

    closing: str
    archive_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    classes: tuple[str, ...]
    receiver: str = Field(min_length=1, max_length=80)


class Instruction(_Stated):
    """甲's other instruction: classes to erase without their return, or to keep everything until a day."""

    document_no: str = Field(min_length=1, max_length=80)
    erase_without_return: tuple[str, ...] = ()
    keep_until: date | None = None


@dataclass(frozen=True, slots=True)
class Handed:
    """What a receipt has to be for: the end of which contract, which archive, which classes, written on which day."""

    closing_id: str
    contract: Contract
    archive_sha256: str
    classes: frozenset[str]
    written_on: date


def ward_key(office: Office) -> bytes:
    """Give 甲's public key (PEM), as the setting names its file.

    Raises:
        BadInput: no file is set.
        NotFound: the file is not there.

    """
    path = office.settings.ward_public_key_file
    if path is None:
        raise BadInput("The public key of 甲 is not set; put its file into TAYORI_WARD_PUBLIC_KEY_FILE.")
    try:
        return path.read_bytes()
    except OSError:
        raise NotFound(f"The public key of 甲, {path.name}, cannot be read.") from None


def read_token(path: Path) -> str:
    """Read a signed statement from a file.

    Raises:
        NotFound: it cannot be read.
        BadInput: it holds no compact JWS.

    """
    try:
        with path.open("rb") as opened_file:
            written = opened_file.read(LARGEST + 1)
    except OSError:
        raise NotFound(f"There is no file {path.name} that can be read.") from None
    token = written.decode("ascii", "replace").strip()
    if len(written) > LARGEST or not _TOKEN.fullmatch(token):
        raise BadInput(f"{path.name} holds no signed statement (a compact JWS).")
    return token


def receipt_of(token: str, key: bytes, handed: Handed, today: date) -> Receipt:
    """Give what a receipt states, if it is 甲's and is for exactly what was handed over.

    Raises:
        Tampered: it is not signed by 甲's key, or was changed.
        BadInput: it has not the form of a receipt.
        Refused: it is for another contract, end, archive or classes, or is dated before the archive or after today.

    """
    stated = _parsed(Receipt, opened(token, [key], RECEIPT), RECEIPT_FORM)
    faults = {
        "another contract": stated.contract is not handed.contract,
        "another end of the contract": stated.closing != handed.closing_id,
        "another archive": stated.archive_sha256 != handed.archive_sha256,
        "other classes of record": frozenset(stated.classes) != handed.classes,
        "a day before the archive was written": stated.dated < handed.written_on,
        "a day in the future": stated.dated > today,
    }
    wrong = [fault for fault, is_so in faults.items() if is_so]
    if wrong:
        raise Refused(f"The receipt names {wrong[0]}; nothing was recorded. Ask 甲 for one for this archive.")
    return stated


def instruction_of(token: str, key: bytes, contract: Contract, today: date) -> Instruction:
    """Give 甲's other instruction, if it is 甲's and of this contract.

    Raises:
        Tampered: it is not signed by 甲's key, or was changed.
        BadInput: it has not the form of an instruction, or instructs nothing.
        Refused: it is for another contract, or dated in the future.

    """
    stated = _parsed(Instruction, opened(token, [key], INSTRUCTION), INSTRUCTION_FORM)
    if stated.contract is not contract:
        raise Refused("The instruction is for another contract; nothing was recorded.")
    if stated.dated > today:
        raise Refused("The instruction is dated in the future; nothing was recorded.")
    if not stated.erase_without_return and stated.keep_until is None:
        raise BadInput("The instruction names neither classes to erase without return nor a day to keep until.")
    return stated


def _parsed(kind: type[Kind], content: Mapping[str, Any], form: str) -> Kind:
    try:
        stated = kind.model_validate(dict(content))
    except ValidationError as error:
        where = ", ".join(str(fault["loc"][0]) for fault in error.errors(include_input=False))
        raise BadInput(f"The signed statement of 甲 has not its form; check: {where}.") from None
    if stated.form != form:
        raise Tampered(f"The signed statement of 甲 is of another form than {form}.")
    return stated
