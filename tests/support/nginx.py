"""A real nginx before the doors, with the configuration that is shipped; only names, ports and files are a test's."""

import contextlib
import datetime as dt
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.support.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "deploy" / "nginx"
NAME = "localhost"  # what a browser takes for a safe place
MAIN = """
{user} daemon off; pid nginx.pid; error_log nginx-error.log notice; worker_processes 1;
events {{ worker_connections 1024; }}
http {{
  client_body_temp_path {folder}/bodies; proxy_temp_path {folder}/answers; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  include {folder}/tayori.conf;
}}
"""


@dataclass(frozen=True)
class Proxy:
    """An nginx that answers at `base` by TLS and at `plain` without."""

    base: str
    plain: str
    port: int
    folder: Path

    def touched(self) -> dict[str, int]:
        """When a file was last made or taken away in each folder for bodies and answers that do not fit in memory."""
        return {one: (self.folder / one).stat().st_mtime_ns for one in ("bodies", "answers")}

    def written(self) -> str:
        """Everything that it wrote to any of its files, bodies that it put aside included."""
        kept = {"tayori.conf", "nginx.conf", "key.pem", "certificate.pem"}
        files = [one for one in self.folder.rglob("*") if one.is_file() and one.name not in kept]
        return "".join(one.read_text("utf-8", "replace") for one in files if one.parent.name != "tayori")


def nginx() -> str:
    """Give the program; skip where it is not installed."""
    found = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin")
    if found is None:
        pytest.skip("nginx is not installed")
    return found


@contextlib.contextmanager
def running_proxy(folder: Path, door: int, resident: int, opinion: int, port: int | None = None) -> Iterator[Proxy]:
    """Serve the three doors through nginx until the block ends."""
    port, plain = port or free_port(), free_port()
    _configure(folder, {"door": door, "resident": resident, "opinion": opinion}, port, plain)
    process = subprocess.Popen([nginx(), "-p", str(folder), "-c", str(folder / "nginx.conf")], stderr=subprocess.PIPE)
    try:
        _wait_for(process, port)
        yield Proxy(f"https://{NAME}:{port}", f"http://{NAME}:{plain}", port, folder)
    finally:
        process.terminate()
        process.wait(10)
        assert process.stderr is not None
        process.stderr.close()


def _configure(folder: Path, doors: Mapping[str, int], port: int, plain: int) -> None:
    shutil.copytree(SHIPPED, folder, dirs_exist_ok=True)
    _certificate(folder)
    own = {
        "listen": f"listen 127.0.0.1:{port} ssl http2;",
        "listen_others": f"listen 127.0.0.1:{port} ssl http2 default_server;",
        "listen_plain": f"listen 127.0.0.1:{plain} default_server;",
        "name": f"server_name {NAME};",
        "certificate": f"ssl_certificate {folder}/certificate.pem; ssl_certificate_key {folder}/key.pem;",
        "log": f"access_log {folder}/access.log tayori;",
        "upstreams": "".join(
            f"upstream tayori_{name} {{ server 127.0.0.1:{at}; keepalive 16; }}\n" for name, at in doors.items()
        ),
    }
    for name, text in own.items():
        assert (folder / "tayori" / f"{name}.conf").exists(), "the shipped configuration has no such file"
        (folder / "tayori" / f"{name}.conf").write_text(text)
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder, user="user root;" if os.geteuid() == 0 else ""))


def _certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = dt.datetime.now(dt.UTC)
    number, day = x509.random_serial_number(), dt.timedelta(days=1)
    made = x509.CertificateBuilder(name, name, key.public_key(), number, now, now + day)
    signed = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False).sign(
        key, hashes.SHA256()
    )
    (folder / "certificate.pem").write_bytes(signed.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def _wait_for(process: "subprocess.Popen[bytes]", port: int) -> None:
    until = time.monotonic() + 10
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as asked:
            if asked.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    assert process.stderr is not None
    raise AssertionError(process.stderr.read().decode() or "nginx did not start")
