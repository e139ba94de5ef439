"""An office on PostgreSQL whose doors have the database roles that are shipped."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tayori.office import Office
from tayori.warehouse.roles import DoorRoles, give
from tests.support.builders import TestClock
from tests.support.copied import copied_office
from tests.support.postgres import Cluster


@dataclass(frozen=True)
class Narrow:
    """An office, the roles of its doors, and the addresses by which the doors reach the stores."""

    office: Office
    roles: DoorRoles
    door: str
    opinion: str
    resident: str


def some_roles() -> DoorRoles:
    """Give names that no other test has: roles belong to the cluster."""
    mark = uuid.uuid4().hex[:10]
    return DoorRoles(f"d{mark}", f"o{mark}", f"r{mark}")


@contextmanager
def narrow_office(cluster: Cluster, home: Path, clock: TestClock) -> Iterator[Narrow]:
    """Give such an office, as `tayori roles` leaves it."""
    roles = some_roles()
    with copied_office(home, clock, cluster) as office:
        give(office.warehouse, office.inbox, roles)
        addresses = [cluster.as_user(office.settings.database_url, name) for name in roles.names()]
        yield Narrow(office, roles, *addresses)
