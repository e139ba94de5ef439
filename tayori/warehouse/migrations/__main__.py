"""Write revisions from the tables as the code declares them.

`python -m tayori.warehouse.migrations initial` writes each store's first revision anew (until the first release only);
`python -m tayori.warehouse.migrations next STORE WHAT_CHANGES` writes the step from the newest revision to the code.
Read what it wrote: a renamed column looks to it like one dropped and one added.
"""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.autogenerate.api import AutogenContext
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from tayori.warehouse import versions
from tayori.warehouse.engines import open_store, writing
from tayori.warehouse.schema.columns import Moment
from tayori.warehouse.setup import BESIDE_TABLES, STORES

TEMPLATE = '''"""{store}: {what}."""

import sqlalchemy as sa
from alembic import op

from tayori.warehouse.schema.columns import Moment

revision = {revision!r}
down_revision = {before!r}
branch_labels = None
depends_on = None
{constants}

def upgrade() -> None:
    """Go from {before} to {revision}."""
    {steps}
'''
BESIDE = """
    for statement in BESIDE_TABLES[op.get_bind().dialect.name]:
        op.execute(sa.text(statement))"""


def main(words: list[str]) -> int:
    """Write what was asked for; give the exit code."""
    match words:
        case ["initial"]:
            for store in STORES:
                _write(store, "0001", None, "initial")
            return 0
        case ["next", store, what] if store in STORES:
            newest = versions.head(store)
            _write(store, f"{int(newest) + 1:04d}", newest, what)
            return 0
    print(__doc__)  # noqa: T201 - a tool for the desk
    return 2


def _write(store: str, revision: str, before: str | None, what: str) -> None:
    with TemporaryDirectory() as folder:
        engine = open_store(f"sqlite:///{folder}/{store}.db", create=True)
        with writing(engine) as connection:
            if before is not None:
                versions.upgrade(connection, store)
            steps = _steps(connection, store)
        engine.dispose()
    first = store == "warehouse" and before is None
    written = TEMPLATE.format(
        store=store,
        what=what.replace("_", " "),
        revision=revision,
        before=before,
        steps=steps + (BESIDE if first else ""),
        constants=f"\nBESIDE_TABLES = {BESIDE_TABLES!r}\n" if first else "",
    )
    target = versions.FOLDER / "versions" / store / f"{revision}_{what}.py"
    target.write_text(written, "utf-8")
    for action in (["check", "--fix", "--quiet", "--exit-zero"], ["format", "--quiet"]):
        subprocess.run([Path(sys.executable).parent / "ruff", *action, target], check=True)  # noqa: S603 - our own linter


def _steps(connection: Connection, store: str) -> str:
    options = {"target_metadata": STORES[store], "version_table": versions.version_table(store)}
    context = MigrationContext.configure(connection, opts={**options, "render_item": _moment})
    produced = produce_migrations(context, STORES[store])
    assert produced.upgrade_ops is not None  # noqa: S101 - always given for one metadata
    return render_python_code(produced.upgrade_ops, render_item=_moment, migration_context=context)


def _moment(kind: str, thing: Any, _context: AutogenContext) -> str | Literal[False]:  # noqa: ANN401 - Alembic's own hook
    return "Moment()" if kind == "type" and isinstance(thing, Moment) else False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
