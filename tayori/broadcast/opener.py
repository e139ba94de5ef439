"""Opens LINE ids ahead of sending: a batch's list goes in, its ids come out, ready for LINE.

For large broadcasts a helper process does it, so that opening and sending each have a processor. Ids travel through
a socket pair between the two and are never written anywhere; the helper ends when its end of the pair closes. Every
block comes with its line in the access log, written by the sender before.
"""

import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from socket import socketpair
from typing import Final, Protocol

from tayori.domain.batches import unpack
from tayori.errors import TayoriError, Unavailable
from tayori.office import Office, open_office
from tayori.settings import Settings
from tayori.vault.audit import Recorded
from tayori.vault.identity import open_frozen_line_ids
from tayori.warehouse.batches import FrozenBatch
from tayori.warehouse.engines import reading

ID_LENGTH: Final = 33
END_SECONDS: Final = 5.0
READY: Final = "ready"
ROOT: Final = Path(__file__).resolve().parents[2]

Lists = Sequence[tuple[int, bytes]]
Ids = list[str]


@dataclass(frozen=True, slots=True)
class Opened:
    """The ids of one batch by its ordinal; None where somebody of the list cannot be opened any more."""

    ordinal: int
    ids: Ids | None = field(repr=False)


Take = Callable[[Opened | Exception], None]


class Opener(Protocol):
    """Takes blocks of batches, and hands each batch on as soon as its ids are open."""

    def ask(self, block: Sequence[FrozenBatch], recorded: Recorded) -> None:
        """Ask for the ids of a block; returns at once."""

    def close(self) -> None:
        """End; what was not handed on is dropped."""


def open_block(office: Office, lists: Lists, recorded: Recorded) -> Iterable[tuple[int, bytes | None]]:
    """Open a block: for each batch its ids, joined, in the order of its list; None where one is missing."""
    numbers = [unpack(members).tolist() for _, members in lists]
    everyone = sorted(number for part in numbers for number in part)
    with reading(office.warehouse) as people, reading(office.vault) as vault:
        opened = open_frozen_line_ids(people, vault, office.person_keys, everyone, recorded)
    for (ordinal, _), part in zip(lists, numbers, strict=True):
        found = [opened.get(number) for number in part]
        yield ordinal, None if None in found else "".join(filter(None, found)).encode("ascii")


def cut(joined: bytes | None) -> Ids | None:
    """Cut joined ids apart."""
    if joined is None:
        return None
    text = joined.decode("ascii")
    return [text[at : at + ID_LENGTH] for at in range(0, len(text), ID_LENGTH)]


class ThreadOpener:
    """Opens in a thread of the sender: at hand at once, for small broadcasts."""

    def __init__(self, office: Office, take: Take) -> None:
        self._office = office
        self._take = take
        self._asked: queue.SimpleQueue[tuple[Lists, Recorded] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="opener", daemon=True)
        self._thread.start()

    def ask(self, block: Sequence[FrozenBatch], recorded: Recorded) -> None:
        """Ask for the ids of a block."""
        self._asked.put((_lists(block), recorded))

    def close(self) -> None:
        """End after the block in hand."""
        self._asked.put(None)
        self._thread.join(END_SECONDS)

    def _work(self) -> None:
        while (asked := self._asked.get()) is not None:
            try:
                for ordinal, joined in open_block(self._office, *asked):
                    self._take(Opened(ordinal, cut(joined)))
            except Exception as error:  # noqa: BLE001 - whatever it is, the run has to hear of it, not the terminal
                self._take(error)


class HelperOpener:
    """Opens in a helper process that reads the stores and holds the keys; a thread takes what comes out."""

    def __init__(self, settings: Settings, take: Take) -> None:
        ours, theirs = socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own module, no shell
                [sys.executable, "-m", "tayori.broadcast.opener", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])},
                start_new_session=True,
            )
        self._pipe = Connection(ours.detach())
        self._pipe.send(settings)
        self._take = take
        self._closing = False
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._collect, name="opener", daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int:
        """The helper's process."""
        return self._process.pid

    @property
    def is_ready(self) -> bool:
        """Whether the helper has started and would open at once."""
        return self._ready.is_set()

    def ask(self, block: Sequence[FrozenBatch], recorded: Recorded) -> None:
        """Ask for the ids of a block.

        Raises:
            Unavailable: the helper is gone.

        """
        try:
            self._pipe.send((_lists(block), recorded))
        except OSError:
            raise _gone() from None

    def close(self) -> None:
        """End the helper."""
        self._closing = True
        with ExitStack() as stack:
            stack.callback(self._pipe.close)
            self._process.terminate()
            self._process.wait(END_SECONDS)
            self._thread.join(END_SECONDS)

    def _collect(self) -> None:
        while True:
            try:
                came = self._pipe.recv()
            except (EOFError, OSError):
                if not self._closing:
                    self._take(_gone())
                return
            if came == READY:
                self._ready.set()
            elif isinstance(came, TayoriError):
                self._take(came)
            else:
                ordinal, joined = came
                self._take(Opened(ordinal, cut(joined)))


class ReadyOpener:
    """Opens at once in a thread, and in a helper process as soon as that has started: nothing waits for it."""

    def __init__(self, office: Office, take: Take) -> None:
        self._thread = ThreadOpener(office, take)
        self._helper = HelperOpener(office.settings, take)

    def ask(self, block: Sequence[FrozenBatch], recorded: Recorded) -> None:
        """Ask for the ids of a block."""
        opener: Opener = self._helper if self._helper.is_ready else self._thread
        opener.ask(block, recorded)

    def close(self) -> None:
        """End both."""
        self._helper.close()
        self._thread.close()


def _lists(block: Sequence[FrozenBatch]) -> Lists:
    return [(one.ordinal, one.members) for one in block]


def _gone() -> Unavailable:
    return Unavailable("The helper that opens LINE ids ended; nothing was lost. Send again.")


def serve(pipe: Connection) -> None:
    """Be the helper: take settings, then open block after block until the other end closes.

    A thread takes in what is asked, so that the sender never waits to ask.
    """
    asked: queue.SimpleQueue[tuple[Lists, Recorded] | None] = queue.SimpleQueue()
    with open_office(pipe.recv()) as office:
        pipe.send(READY)
        threading.Thread(target=_listen, args=(pipe, asked), daemon=True).start()
        while (block := asked.get()) is not None:
            try:
                for opened in open_block(office, *block):
                    pipe.send(opened)
            except TayoriError as error:
                pipe.send(error)
            except OSError:
                return
            except Exception as error:  # noqa: BLE001 - its text may hold a value: its kind alone goes on
                pipe.send(Unavailable(f"LINE ids cannot be opened ({type(error).__name__}); nothing was lost."))


def _listen(pipe: Connection, asked: "queue.SimpleQueue[tuple[Lists, Recorded] | None]") -> None:
    with suppress(EOFError, OSError):
        while True:
            asked.put(pipe.recv())
    asked.put(None)


if __name__ == "__main__":
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):  # the sender is gone: nobody is left to be told
        serve(Connection(int(sys.argv[1])))
