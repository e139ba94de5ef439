"""A process forked for a trial: it tells by a pipe how far it is, and may be killed at any moment."""

import os
import selectors
import signal
import time
import traceback
from collections.abc import Callable
from typing import Final

PATIENCE: Final = 120.0
Tell = Callable[[bytes], object]


class Child:
    """A running child; `work` is given what tells the parent a byte."""

    def __init__(self, work: Callable[[Tell], None]) -> None:
        self._pipe, told = os.pipe()
        self._heard = b""
        self._ended: int | None = None
        self.pid = os.fork()
        if not self.pid:
            _live(lambda: work(lambda word: os.write(told, word)))
        os.close(told)

    def told(self, word: bytes, within: float = PATIENCE) -> bool:
        """Wait until it told a word; False when it ended before."""
        until = time.monotonic() + within
        with selectors.DefaultSelector() as waiting:
            waiting.register(self._pipe, selectors.EVENT_READ)
            while word not in self._heard and (left := until - time.monotonic()) > 0:
                if waiting.select(left) and not self._hear():
                    break
        return word in self._heard

    def has_told(self, word: bytes) -> bool:
        """Whether it told a word before it ended."""
        return word in self._heard

    def kill(self) -> None:
        """Kill it as a power cut would."""
        if self._ended is None:
            os.kill(self.pid, signal.SIGKILL)

    def wait(self, within: float = PATIENCE) -> bool:
        """Wait for its end; whether it was killed. A child that failed, or hangs, fails the trial."""
        until = time.monotonic() + within
        while self._ended is None:
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                self._ended = os.WTERMSIG(status) if os.WIFSIGNALED(status) else -os.WEXITSTATUS(status)
                while self._hear():
                    pass
                os.close(self._pipe)
            elif time.monotonic() > until:
                self.kill()
                raise AssertionError(f"A process did not end within {within:.0f} s.")
            else:
                time.sleep(0.002)
        assert self._ended in {0, signal.SIGKILL}, "a process failed; its own words are in the error output"
        return self._ended == signal.SIGKILL

    def _hear(self) -> bool:
        word = os.read(self._pipe, 64)
        self._heard += word
        return bool(word)


def _live(work: Callable[[], None]) -> None:
    """Be the child: never return into the parent's code."""
    try:
        work()
    except BaseException:  # noqa: BLE001 - the child must not go on as its parent
        traceback.print_exc()
        os._exit(1)
    os._exit(0)
