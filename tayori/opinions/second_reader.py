"""A second pair of eyes on masked letters: another program, in an environment of its own, says where it sees a person.

It is given masked text through a pipe and nothing else: no number, no argument, no environment, no terminal. The lines
that go to and fro are described where they are answered (`ginza_reader.py`); any program that speaks them will do.
"""

import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Timer
from typing import Any, Final, Self

from tayori.errors import Unavailable
from tayori.opinions.tokens import pieces

PROGRAM: Final = Path(__file__).with_name("ginza_reader.py")
AT_ONCE: Final = 8_000
"""Characters of one question at most, unless a single piece is longer."""
PATIENCE: Final = 300.0  # seconds for one answer; a processor that is busy elsewhere takes some of them
END_SECONDS: Final = 5.0
_LONGEST_NAME: Final = 80

Place = tuple[int, int]
"""The first character of a name, and the one after its last."""


def words_for(interpreter: Path) -> list[str]:
    """Give the command that starts GiNZA's reader: cut off from this environment, its folder and its settings."""
    return [str(interpreter), "-I", "-B", str(PROGRAM)]


class SecondReader:
    """The other program, from its first word to its end. Not shared between threads.

    Raises:
        Unavailable: it cannot be started, ends, or answers what is no answer. What it was asked counts as unread.

    """

    def __init__(self, words: Sequence[str], patience: float = PATIENCE) -> None:
        self._patience = patience
        try:
            self._process = subprocess.Popen(  # noqa: S603 - the interpreter of the settings, our own program
                list(words),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={},
                cwd="/",
            )
        except OSError:
            raise Unavailable(
                "The second reader cannot be started: TAYORI_GINZA_PYTHON names no interpreter that runs here. "
                "No letter was read a second time; all else goes on without it."
            ) from None
        try:
            self.name = self._named(self._hear())
        except Unavailable:
            self.close()
            raise

    def __enter__(self) -> Self:
        """Give the reader, to be closed at the end."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the other program."""
        self.close()

    @property
    def pid(self) -> int:
        """The other program's process."""
        return self._process.pid

    def persons(self, texts: Sequence[str]) -> list[list[Place]]:
        """Where the reader sees the name of a person in each text, in order. Raises as the class says."""
        found: list[list[Place]] = [[] for _ in texts]
        for asked in _questions(texts):
            answers = self._ask([piece for _, _, piece in asked])
            for (at, start, _), places in zip(asked, answers, strict=True):
                found[at] += [(start + begin, start + end) for begin, end in places]
        return found

    def close(self) -> None:
        """End the other program, whatever it does."""
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                if pipe is not None:
                    pipe.close()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _ask(self, texts: list[str]) -> list[list[Place]]:
        said = self._hear({"texts": texts})
        answers = said.get("persons")
        if not isinstance(answers, list) or len(answers) != len(texts):
            raise _silent()
        return [_places(one, len(text)) for one, text in zip(answers, texts, strict=True)]

    def _hear(self, question: object = None) -> dict[str, Any]:
        """Ask, if there is something to ask, and give the line that comes back."""
        late = Timer(self._patience, self._process.kill)
        late.daemon = True
        late.start()
        try:
            if question is not None:
                self._put(json.dumps(question).encode() + b"\n")
            return _read(self._process.stdout.readline() if self._process.stdout else b"")
        except OSError:
            raise _silent() from None
        finally:
            late.cancel()

    def _put(self, line: bytes) -> None:
        if self._process.stdin is not None:
            self._process.stdin.write(line)
            self._process.stdin.flush()

    @staticmethod
    def _named(said: dict[str, Any]) -> str:
        name = said.get("reader")
        if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
            raise _silent()
        return name


def _questions(texts: Sequence[str]) -> Iterator[list[tuple[int, int, str]]]:
    """Cut texts into pieces (number of the text, where the piece begins, the piece), some of them to a question."""
    asked: list[tuple[int, int, str]] = []
    held = 0
    for at, text in enumerate(texts):
        for start, piece in pieces(text):
            if asked and held + len(piece) > AT_ONCE:
                yield asked
                asked, held = [], 0
            asked.append((at, start, piece))
            held += len(piece)
    if asked:
        yield asked


def _read(line: bytes) -> dict[str, Any]:
    try:
        said = json.loads(line) if line.endswith(b"\n") else None
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise _silent()
    return said


def _places(said: object, length: int) -> list[Place]:
    """Check one answer: pairs of places within the text, in order, none overlapping."""
    places: list[Place] = []
    last = 0
    for one in said if isinstance(said, list) else [None]:
        match one:
            case [int(begin), int(end)] if last <= begin < end <= length:
                places.append((begin, end))
                last = end
            case _:
                raise _silent()
    return places


def _silent() -> Unavailable:
    return Unavailable(
        "The second reader stopped, or said what is no answer. Letters that it had read are kept as read; the others "
        "wait for its next run, and nothing else waits for it."
    )
