"""What makes the access log append-only in the database itself, for every program and every hand (L11)."""

from typing import Final

SQLITE: Final = tuple(
    f"CREATE TRIGGER audit_entry_no_{verb.lower()} BEFORE {verb} ON audit_entry "
    "BEGIN SELECT RAISE(ABORT, 'the access log is append-only'); END"
    for verb in ("UPDATE", "DELETE")
)
_REFUSE: Final = (
    "CREATE OR REPLACE FUNCTION audit_entry_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'the access log is append-only'; END $$"
)
_NO_CHANGE: Final = (
    "CREATE TRIGGER audit_entry_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry "
    "FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_refuse()"
)
POSTGRESQL: Final = (_REFUSE, _NO_CHANGE)
STATEMENTS: Final = {"sqlite": SQLITE, "postgresql": POSTGRESQL}
