"""The corpus of mails read, each field that is expected compared, and damaged mails read without a crash."""

import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from random import Random
from typing import Final

from sandbox.mails.corpus import corpus
from sandbox.mails.writing import Specimen
from tayori.ingest.sources.mail.message import read_mail

DAMAGED: Final = 20_000


def measure(folder: Path) -> Mapping[str, float]:
    """Give `mails`, `mail_mismatches` (fields that are not as expected), `mails_fuzzed` and `mail_crashes`."""
    assert folder.is_dir()  # noqa: S101 - each part has a folder of its own; this one needs none
    specimens = corpus()
    mismatches = sum(_mismatches(one) for one in specimens)
    began, crashes = time.perf_counter(), 0
    for seed in range(DAMAGED):
        dice = Random(seed)  # noqa: S311 - replayable
        raw = _damaged(dice.choice(specimens).raw, dice)
        try:
            read_mail(raw)
        except Exception as fault:  # noqa: BLE001 - whatever it is, it is what is counted
            crashes += 1
            print(f"  FAILED seed {seed}: {type(fault).__name__}", flush=True)
    seconds = time.perf_counter() - began
    return {
        "mails": len(specimens),
        "mail_mismatches": mismatches,
        "mails_fuzzed": DAMAGED,
        "mail_crashes": crashes,
        "mails_a_second": round(DAMAGED / seconds),
    }


def _mismatches(specimen: Specimen) -> int:
    found = asdict(read_mail(specimen.raw))
    if isinstance(specimen.expected.get("history"), bool):
        found["history"] = bool(found["history"])
    return sum(found[name] != value for name, value in specimen.expected.items())


def _damaged(raw: bytes, dice: Random) -> bytes:
    changed = bytearray(raw)
    for _ in range(dice.randint(1, 10)):
        at, length = dice.randrange(len(changed) + 1), dice.randint(1, 60)
        piece = changed[at : at + length]
        changed[at : at + length] = dice.choice(
            [b"", piece + piece, dice.randbytes(length), b"=?", b"\r\n\r\n", b"--=_b1"]
        )
    return bytes(changed)
