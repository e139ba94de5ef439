"""The documented dump of the old system (docs/migration.md): JSON Lines and a manifest with the hash of every part."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final

from tayori.domain.canonical import canonical_bytes
from tayori.errors import BadInput, NotFound, Tampered
from tayori.migration.cases import OldCase, OldPage, OldSystem, case_of
from tayori.warehouse.external import Watermark

FORM: Final = "tayori-old-cases/1"
MANIFEST: Final = "manifest.json"
PART_CASES: Final = 1_000


def members(old: OldSystem, now: datetime, changed: "Changed | None" = None) -> Iterator[tuple[str, bytes]]:
    """Give the parts of a dump as names and contents, the manifest last; `changed` is what each case becomes first."""
    cases = (case for page in old.pages(None, now) for case in page.cases)
    parts: dict[str, dict[str, object]] = {}
    total = 0
    while block := list(islice(cases, PART_CASES)):
        lines = b"".join(canonical_bytes((changed(case) if changed else case).plain()) + b"\n" for case in block)
        name = f"cases-{len(parts) + 1:06d}.jsonl"
        parts[name] = {"cases": len(block), "sha256": hashlib.sha256(lines).hexdigest()}
        total += len(block)
        yield name, lines
    head = {"form": FORM, "source": old.name, "made_at": now.isoformat(timespec="seconds"), "cases": total}
    yield MANIFEST, canonical_bytes({**head, "masked": changed is not None, "parts": parts})


class Changed:
    """What is done to each case before it is written."""

    def __call__(self, case: OldCase) -> OldCase:
        """Give the case as it is written."""
        return case


@dataclass(frozen=True, slots=True)
class DumpedSystem:
    """A dump as the old system: every case, each time; a later dump of the same source is how one catches up."""

    name: str
    folder: Path
    parts: Mapping[str, Mapping[str, Any]]

    def pages(self, after: Watermark | None, now: datetime | None) -> Iterator[OldPage]:  # noqa: ARG002 - the protocol's
        """Give the parts after a mark (the number of the last one, and the dump's own hash)."""
        mine = hashlib.sha256(canonical_bytes(dict(self.parts))).hexdigest()[:16]
        done = after.key if after is not None and after.updated_at == mine else ""
        for name, told in self.parts.items():
            if name > done:
                yield OldPage(tuple(self._cases(name, told)), Watermark(mine, name))

    def inspected(self) -> Mapping[str, int]:
        """Give nothing: a dump holds cases, and no rows that belong to none."""
        return {}

    def _cases(self, name: str, told: Mapping[str, Any]) -> Iterable[OldCase]:
        content = _content(self.folder / name)
        if hashlib.sha256(content).hexdigest() != told["sha256"]:
            raise Tampered(f"{name} is not what the manifest says: it was changed or cut. Nothing of it was taken in.")
        lines = content.splitlines()
        if len(lines) != told["cases"]:
            raise Tampered(f"{name} holds {len(lines)} cases, and the manifest says {told['cases']}.")
        cases = [_case(name, number, line) for number, line in enumerate(lines, 1)]
        if len({case.key for case in cases}) < len(cases):
            raise BadInput(f"{name}: a case number comes twice. Nothing of it was taken in.")
        return cases


def opened_dump(folder: Path) -> DumpedSystem:
    """Open a dump by its manifest; every part is there.

    Raises:
        NotFound, BadInput: there is no manifest, it is none of ours, or a part is missing.

    """
    try:
        told = json.loads(_content(folder / MANIFEST))
        parts = {str(name): dict(part) for name, part in sorted(told["parts"].items())}
        ours = told["form"] == FORM and isinstance(told["source"], str)
        whole = sum(int(part["cases"]) for part in parts.values()) == told["cases"]
    except (ValueError, KeyError, TypeError, AttributeError):
        ours, whole, parts = False, False, {}
    if not ours:
        raise BadInput(f"{MANIFEST} is not the manifest of a dump ({FORM}); see docs/migration.md.")
    if not whole:
        raise BadInput(f"{MANIFEST}: the parts do not add up to its number of cases.")
    missing = [name for name in parts if Path(name).name != name or not (folder / name).is_file()]
    if missing:
        raise BadInput(f"{len(missing)} parts of the dump are missing; hand it over whole.")
    return DumpedSystem(told["source"], folder, parts)


def _case(name: str, number: int, line: bytes) -> OldCase:
    try:
        return case_of(json.loads(line))
    except (ValueError, KeyError, TypeError):
        raise BadInput(f"{name}, line {number}: no case of the form {FORM}; see docs/migration.md.") from None


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise NotFound(f"There is no {path.name} that can be read in the dump.") from None
