"""Every byte that the stores' live rows hold, table by table: what an attacker reads with a copy of the databases."""

from collections.abc import Iterator

from sqlalchemy import select

from tayori.office import Office
from tayori.warehouse.engines import reading
from tayori.warehouse.setup import STORES


def rows_of(office: Office) -> Iterator[tuple[str, dict[str, object]]]:
    """Give every row of every table of every store, with the table's name."""
    for store, schema in STORES.items():
        with reading(getattr(office, store)) as connection:
            for table in schema.sorted_tables:
                for row in connection.execute(select(table)).mappings():
                    yield table.name, dict(row)


def tables_with_bytes(office: Office, *sought: bytes) -> set[str]:
    """Give the tables in which one of these byte strings stands, in a value or inside one."""
    return {
        name
        for name, row in rows_of(office)
        for value in row.values()
        for wanted in sought
        if wanted in (value.encode() if isinstance(value, str) else value if isinstance(value, bytes) else b"")
    }


def tables_with_number(office: Office, number: int) -> set[str]:
    """Give the tables in which a person's number stands, in a column of its own or in a packed list."""
    packed = number.to_bytes(8, "little", signed=True)
    found = set()
    for name, row in rows_of(office):
        spans = (row["first_no"], row["last_no"]) if "first_no" in row else ()
        own = number in (row.get("person_no"), row.get("number"), *spans)
        members = row.get("members")
        if own or (isinstance(members, bytes) and packed in [members[at : at + 8] for at in range(0, len(members), 8)]):
            found.add(name)
    return found
