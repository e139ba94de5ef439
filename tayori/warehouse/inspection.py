"""What the stores really hold beside what the code declares: a column that nobody declared shows here (I1)."""

from collections.abc import Mapping

from sqlalchemy import Engine, inspect

from tayori.warehouse.engines import reading
from tayori.warehouse.setup import STORES
from tayori.warehouse.versions import version_table


def undeclared(engines: Mapping[str, Engine]) -> list[str]:
    """Give every table and column that a store holds and no schema declares, as `store.table[.column]`."""
    ours = {
        str(table.name): {column.name for column in table.columns}
        for kind in STORES.values()
        for table in kind.sorted_tables
    }
    found = []
    for store, engine in engines.items():
        with reading(engine) as connection:
            seen = inspect(connection)
            for table in sorted(set(seen.get_table_names()) - {version_table(name) for name in STORES}):
                if table not in ours:
                    found.append(f"{store}.{table}")
                    continue
                names = {column["name"] for column in seen.get_columns(table)}
                found.extend(f"{store}.{table}.{name}" for name in sorted(names - ours[table]))
    return found


def declared_columns() -> int:
    """Give the number of columns that the code declares."""
    return sum(len(table.columns) for kind in STORES.values() for table in kind.sorted_tables)
