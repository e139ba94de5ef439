"""The verification as a signed document: counts, checksums, checks, samples, every difference with its explanation.

Nothing in it is about a person: checksums are keyed with a key that is gone, cases are named by their numbers here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tayori.certificates import jws
from tayori.certificates.jws import Signer
from tayori.errors import BadInput
from tayori.ingest.sources.mapping import section, text
from tayori.ingest.sources.plain_yaml import read_plain_yaml
from tayori.migration.comparing import equal_columns
from tayori.migration.verifying import Verification
from tayori.office import Office
from tayori.warehouse import migrating
from tayori.warehouse.engines import writing

TYP: Final = "tayori-migration-verification+jws"
FORM: Final = "tayori migration verification 1"
EQUAL, EXPLAINED, DIFFERENT = "equal", "explained", "different"
_WORDS: Final = ("kind", "column", "count", "because", "decided_by")


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a difference is right: for exactly this kind, column and count, by whom decided."""

    kind: str
    column: str
    count: int
    because: str
    decided_by: str


def read_explanations(path: Path) -> tuple[Explanation, ...]:
    """Read the ward's explanations: a list of `{kind, column, count, because, decided_by}`.

    Raises:
        NotFound, BadInput: there is no such file, or an entry is not whole.

    """
    listed = read_plain_yaml(path)
    if not isinstance(listed, list):
        raise BadInput(f"{path.name}: write a list of explanations.")
    found = []
    for number, written in enumerate(listed, 1):
        told = section(written, f"{path.name}[{number}]", _WORDS)
        given = {word: text(told.get(word), f"{path.name}[{number}].{word}") for word in _WORDS if word != "column"}
        if not given["count"].isdecimal():
            raise BadInput(f"{path.name}[{number}].count: write a number.")
        column = str(told.get("column", ""))
        found.append(Explanation(given["kind"], column, int(given["count"]), given["because"], given["decided_by"]))
    return tuple(found)


def content(
    office: Office, source: str, verified: Verification, explanations: Sequence[Explanation] = ()
) -> dict[str, Any]:
    """Give what the document says."""
    comparison = verified.comparison
    differences = [
        _difference(kind, column, count, comparison.where.get((kind, column), []), explanations)
        for (kind, column), count in sorted(comparison.differs.items())
    ]
    columns = list(equal_columns(comparison))
    unequal = [one for one in columns if not one["equal"]]
    verdict = EQUAL if not differences and not unequal else DIFFERENT
    if differences and all(one["because"] for one in differences):
        verdict = EXPLAINED
    return {
        "form": FORM,
        "source": source,
        "verified_at": office.now().isoformat(timespec="seconds"),
        "verdict": verdict,
        "cases": {"source": comparison.source.cases, "here": comparison.here.cases},
        "columns": columns,
        "tables": verified.tables,
        "referential": verified.referential,
        "samples": {"looked_at": len(verified.samples), "equal": sum(bool(one["equal"]) for one in verified.samples)},
        "differences": differences,
    }


def _difference(
    kind: str, column: str, count: int, cases: Sequence[int], explanations: Sequence[Explanation]
) -> dict[str, Any]:
    known = next((one for one in explanations if (one.kind, one.column, one.count) == (kind, column, count)), None)
    return {
        "kind": kind,
        "column": column,
        "count": count,
        "cases": list(cases),
        "because": known.because if known else None,
        "decided_by": known.decided_by if known else None,
    }


def file_report(office: Office, source: str, told: Mapping[str, Any]) -> str:
    """Sign what was found and keep it with the migration; give the signed document."""
    token = Signer(office.signing_key).sign(told, TYP)
    with writing(office.warehouse) as people:
        migrating.find(people, source)
        migrating.note(people, source, report=token)
    return token


def opened_report(token: str, public_pems: Sequence[bytes]) -> dict[str, Any]:
    """Give what a signed document says. Raises Tampered where it is not what was signed."""
    return dict(jws.opened(token, public_pems, TYP))
