"""The erasure certificate (消去証明書) as a document: what it states, field by field. No resident stands in it."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from tayori.certificates.moments import JAPAN, utc_text
from tayori.certificates.verifier import FINAL, PROVISIONAL
from tayori.domain.canonical import canonical_bytes
from tayori.domain.identifiers import Contract

DOCUMENT_FORMAT = "tayori-erasure-certificate/1"

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Number = Annotated[str, StringConstraints(pattern=r"^[LO]-[0-9]{4}-[0-9]{4,9}$")]
Day = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Line = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=r"^[^\r\n]+$")]
Count = Annotated[int, Field(ge=0)]


class State(StrEnum):
    """暫定: erased in the live stores. 確定: nothing remains that a key or a backup could bring back."""

    PROVISIONAL = PROVISIONAL
    FINAL = FINAL


class Part(BaseModel):
    """A part of the document: closed, unchangeable, of exact types."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


class Moment(Part):
    """One moment in both clocks, whole seconds."""

    utc: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")]
    jst: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+09:00$")]

    @classmethod
    def of(cls, moment: datetime) -> Self:
        """Write an aware time in both clocks. Raises BadInput for a time without a zone."""
        utc = utc_text(moment)
        return cls(utc=utc, jst=datetime.fromisoformat(utc).astimezone(JAPAN).isoformat(timespec="seconds"))


class Party(Part):
    """Who acts: organisation, post, name if it is to be printed, and the handler's id in the roster."""

    organisation: Line
    post: Line
    name: Line | None = None
    handler: Line | None = None


class CitedClause(Part):
    """One clause of the contract's own paper."""

    cited: Line
    about: Line


class Commitments(Part):
    """Who was erased, told only to those who hold the key: the root over salted commitments, sorted.

    The list itself, one value a line, is a file beside the certificate.
    """

    scheme: Literal["HMAC-SHA-256; RFC 6962 root over the sorted values"]
    count: Count
    root: Sha256


class ErasedRecords(Part):
    """記録項目: what one table held of the persons erased, and how many rows went."""

    table: Line
    items: tuple[Line, ...]
    rows: Count


class Trigger(Part):
    """消去契機: why persons were erased, how many, and when the first and last reason arrived."""

    cause: Line
    subjects: Count
    received_first: Moment
    received_last: Moment


class Method(Part):
    """消去方法: how one store was cleared, with the settings that it ran under, read back."""

    store: Line
    method: Line
    settings: dict[str, str]


class KeyEpoch(Part):
    """One generation of keys. `destroyed_at` is empty while it waits, escrow included."""

    space: Line
    epoch: Count
    algorithm: Line
    destroyed_at: Moment | None


class ProbedPlace(Part):
    """A place that was searched, and what was found there: by construction, nothing."""

    place: Line
    hits: Literal[0]


class Verification(Part):
    """検証方法と結果: what was sought, where, how much was read, and what was not examined."""

    method: Line
    markers: Count
    places: tuple[ProbedPlace, ...]
    files: Count
    bytes_scanned: Count
    examined_at: Moment
    not_examined: tuple[Line, ...]


class Remaining(Part):
    """残存: something that still exists, and the day by which it will not."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9:._-]{0,79}$")]
    what: Line
    until: Day


class Tool(Part):
    """The program that erased and verified."""

    name: Line
    version: Line
    commit: Line


class Correction(Part):
    """訂正: the certificate that this one replaces, and why."""

    number: Number
    reason: Line


class ErasureCertificate(Part):
    """A certificate of erasure, as signed."""

    format: Literal["tayori-erasure-certificate/1"]
    number: Number
    state: State
    rehearsal: bool
    contract: Contract
    contract_title: Line
    contract_number: Line | None
    registered_business: Line
    kind: Line
    kind_name: Line
    basis: tuple[CitedClause, ...]
    law: tuple[Line, ...]
    addressee: Line
    issuer: Party
    place: Line
    contact: Line
    subjects: Annotated[int, Field(ge=1)]
    commitments: Commitments
    records: tuple[ErasedRecords, ...]
    triggers: tuple[Trigger, ...]
    started_at: Moment
    completed_at: Moment
    methods: tuple[Method, ...]
    key_epochs: tuple[KeyEpoch, ...]
    verification: Verification
    remaining: tuple[Remaining, ...]
    final_due: Day | None
    performed_by: Party
    verified_by: Party
    tool: Tool
    previous_sha256: Sha256 | None
    corrects: Correction | None
    issued_at: Moment

    def canonical(self) -> bytes:
        """The bytes that are signed."""
        return canonical_bytes(self.model_dump(mode="json"))
