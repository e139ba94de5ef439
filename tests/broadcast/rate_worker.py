"""A sender in a process of its own: takes places of the shared rate as fast as it gets them, and asks for each."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor

from tasks.rate import shared_pacer
from tayori.line.client import LineClient, content_of
from tayori.settings import Settings

PATIENCE = 200.0  # seconds: a busy machine is no reason to end


def main(calls: int, to: str) -> None:
    """Make so many calls, each to one dummy person and under a key of its own."""
    settings = Settings()
    line = LineClient.from_settings(settings)
    content = content_of(b'[{"type":"text","text":"x"}]', "r1")
    with shared_pacer(settings, PATIENCE) as pacer, ThreadPoolExecutor(8) as threads:

        def call(number: int) -> None:
            pacer.take()
            line.multicast([to], content, f"{os.getpid():08x}-0000-4000-8000-{number:012x}")

        list(threads.map(call, range(calls)))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
