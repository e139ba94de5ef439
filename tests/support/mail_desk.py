"""A mail server for tests: a real SMTP socket on the loopback address that keeps what it was given."""

import contextlib
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass
class MailDesk:
    """A running server: its port and the mails that came. With `refuses`, it takes no recipient, or not that one.

    With `hangs_up` it takes a mail and falls silent before it says so; with `curt` it has no time for a goodbye.
    """

    refuses: bool | str = False
    hangs_up: bool = False
    curt: bool = False
    port: int = 0
    received: list[EmailMessage] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The server's address."""
        return f"smtp://127.0.0.1:{self.port}"

    def texts(self) -> list[str]:
        """The texts of the mails that came."""
        return [mail.get_content().replace("\r\n", "\n") for mail in self.received]


@contextlib.contextmanager
def running_desk(  # noqa: C901 - one server
    *, refuses: bool | str = False, hangs_up: bool = False, curt: bool = False
) -> Iterator[MailDesk]:
    """Start a server, give it, and stop it."""
    desk = MailDesk(refuses, hangs_up, curt)

    class Talk(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self._say("220 desk")
            for line in iter(self.rfile.readline, b""):
                if self._answer(line.strip().upper()):
                    return

        def _answer(self, line: bytes) -> bool:
            refused = desk.refuses if isinstance(desk.refuses, bool) else desk.refuses.upper().encode() in line
            if line.startswith(b"RCPT") and refused:
                self._say("550 no such desk")
            elif line == b"DATA":
                self._say("354 go on")
                self._take()
                if desk.hangs_up:
                    return True
                self._say("250 kept")
            else:
                goodbye = "421 too busy" if desk.curt else "221 bye"
                self._say(goodbye if line == b"QUIT" else "250 ok")
            return line == b"QUIT"

        def _take(self) -> None:
            lines = []
            while (line := self.rfile.readline()) not in {b".\r\n", b""}:
                lines.append(line.removeprefix(b"."))
            parsed = message_from_bytes(b"".join(lines), policy=policy.default)
            desk.received.append(parsed)

        def _say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Talk) as server:
        server.daemon_threads = True
        desk.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        try:
            yield desk
        finally:
            server.shutdown()
