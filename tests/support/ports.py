"""A port that is free."""

import socket


def free_port() -> int:
    """Give a port of the loopback address that is free just now."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])
