"""Where a store's address leads, and whether the way there is protected (L8)."""

import os
from typing import Final

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


def is_protected(url: str) -> bool:
    """Whether nothing on the way to the store can be read: a file, a socket of this machine, or verified TLS."""
    try:
        address = make_url(url)
    except ArgumentError:
        return False
    if address.get_backend_name() == "sqlite":
        return True
    host = address.query.get("hostaddr", address.query.get("host", address.host))
    here = isinstance(host, str) and (host in LOOPBACK or host.startswith("/"))
    return here or address.query.get("sslmode") == "verify-full"


def host_of(url: str) -> str | None:
    """Give the host that a store's address names: None for a file or a socket of this machine; several as one text.

    None too for what is no store's address: nothing opens it. Where that of a PostgreSQL server names no host, libpq
    takes it from the environment. A service (pg_service.conf) stands for whatever host its file names, and is no host
    of this machine.
    """
    try:
        address = make_url(url)
    except ArgumentError:
        return None
    if address.get_backend_name() != "postgresql":
        return None
    host = address.query.get("hostaddr", address.query.get("host", address.host))
    if host is None:
        host = _unsaid(address.query.get("service"))
    named = host if isinstance(host, str) or host is None else ",".join(host)
    return named if named and not named.startswith("/") else None


def _unsaid(service: object) -> str | None:
    """Give the host that libpq takes where an address names none."""
    if service := service or os.environ.get("PGSERVICE"):
        return f"service {service}"
    return os.environ.get("PGHOSTADDR") or os.environ.get("PGHOST")


def engine_of(url: str) -> str:
    """Give the kind of database that an address names: sqlite or postgresql."""
    return make_url(url).get_backend_name()


def as_role(url: str, role: str) -> str:
    """Give the address of a store for a role of the server, without a password; a SQLite file's as it is.

    How the role logs in is libpq's to find: its password file, or a certificate.
    """
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        return url
    return address._replace(username=role, password=None).render_as_string(hide_password=False)
