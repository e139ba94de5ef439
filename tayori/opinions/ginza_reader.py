"""The second reader: a program for the environment that holds GiNZA (requirements/ginza.lock), apart from ours.

It imports nothing of Tayori. It says who it is, then answers each line of standard input with one line; both are JSON:

    it:  {"reader": "ja_ginza 5.3.0"}
    us:  {"texts": ["田中さんが来た。", "公園の遊具"]}
    it:  {"persons": [[[0, 2]], []]}

A span is the first character of a person's name and the one after its last, in characters of that text. Once it has
said who it is it opens no file and no socket and starts no program; what goes wrong ends it without a word. It ends
with whoever started it.
"""

import ctypes
import json
import os
import resource
import signal
import sys
from typing import Any, Final

MODEL: Final = "ja_ginza"
UNNEEDED: Final = ("parser", "morphologizer", "compound_splitter", "bunsetu_recognizer")  # of its steps, for names
PERSON: Final = "Person"
IN_A_ROW: Final = 32
_PARENT_DIES: Final = 1  # PR_SET_PDEATHSIG
_BARRED: Final = ("open", "socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.system", "urllib.")


def main() -> None:
    """Load the model, say who reads, answer line by line until the input ends."""
    _leave_nothing_behind()
    import spacy  # type: ignore[import-not-found]  # noqa: PLC0415 - the other environment's, not ours

    reader = spacy.load(MODEL, exclude=UNNEEDED)
    _persons(reader, ["新宿区の模擬花子さん。"])  # whatever is loaded at first use
    sys.addaudithook(_bar)
    _answer({"reader": f"{MODEL} {reader.meta['version']}"})
    for line in sys.stdin.buffer:
        _answer({"persons": _persons(reader, json.loads(line)["texts"])})


def _persons(reader: Any, texts: list[str]) -> list[list[tuple[int, int]]]:  # noqa: ANN401 - spaCy's own
    read = reader.pipe(texts, batch_size=IN_A_ROW)
    return [[(one.start_char, one.end_char) for one in document.ents if one.label_ == PERSON] for document in read]


def _answer(said: dict[str, Any]) -> None:
    sys.stdout.buffer.write(json.dumps(said).encode() + b"\n")
    sys.stdout.buffer.flush()


def _leave_nothing_behind() -> None:
    """No picture of the memory after a crash, and an end with the program that started this one."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    parent = os.getppid()
    ctypes.CDLL(None).prctl(_PARENT_DIES, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _bar(event: str, _: object) -> None:
    if event.startswith(_BARRED):
        os._exit(1)


if __name__ == "__main__":
    try:
        main()
    except BaseException:  # noqa: BLE001 - a text may stand in any message: it ends without a word
        os._exit(1)
