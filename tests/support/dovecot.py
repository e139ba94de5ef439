"""A real IMAP server for tests: Debian's dovecot in a folder of its own, on the loopback address, one user."""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.support.ports import free_port

PATIENCE_SECONDS: Final = 20
USER, PASSWORD = "desk", "dummy-password"
CONFIG: Final = """
base_dir = {base}/run
state_dir = {base}/run
log_path = {base}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
default_internal_user = {internal}
default_internal_group = {group}
default_login_user = {login}
first_valid_uid = 1
last_valid_uid = 0
mail_location = maildir:{base}/mail
imap_capability = {capability}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={base}/home
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


@dataclass(frozen=True, slots=True)
class MailServer:
    """A running server."""

    port: int
    mail: Path

    def url(self, folder: str = "INBOX") -> str:
        """Give the address of a folder."""
        return f"imap://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{folder}"


def program() -> str | None:
    """Give the server's program, where it is installed."""
    return shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@contextlib.contextmanager
def running_dovecot(capability: str = "") -> Iterator[MailServer]:
    """Start the server, give it, end it. `capability`: what it says it can do, where not all."""
    with tempfile.TemporaryDirectory(prefix="tayori-dovecot-") as made:
        folder, port = Path(made), free_port()
        config = _configured(folder, port, capability)
        process = subprocess.Popen([program() or "dovecot", "-F", "-c", str(config)])
        try:
            _wait_for(port, process)
            yield MailServer(port, folder / "mail")
        finally:
            process.terminate()
            process.wait(PATIENCE_SECONDS)


def _configured(folder: Path, port: int, capability: str) -> Path:
    root = os.geteuid() == 0
    who = pwd.getpwnam("mail") if root else pwd.getpwuid(os.geteuid())
    for part in ("run", "mail", "home"):
        (folder / part).mkdir()
    if root:  # the server lets root read no mail: it is another user's
        folder.chmod(0o755)
        for part in ("mail", "home"):
            os.chown(folder / part, who.pw_uid, who.pw_gid)
    config = folder / "dovecot.conf"
    config.write_text(
        CONFIG.format(
            base=folder,
            internal="dovecot" if root else who.pw_name,
            group="dovecot" if root else "",
            login="dovenull" if root else who.pw_name,
            capability=capability,
            password=PASSWORD,
            uid=who.pw_uid,
            gid=who.pw_gid,
            port=port,
        )
    )
    return config


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    message = "dovecot did not start"
    raise RuntimeError(message)
