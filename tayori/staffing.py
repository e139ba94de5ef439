"""Who stands in the roster: the responsible handler appoints and dismisses, with a line in the log (L17, P13)."""

from datetime import date, timedelta

from sqlalchemy import Connection

from tayori.domain.canonical import canonical_digest
from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import HandlerId
from tayori.errors import BadInput, NotFound, Refused, Tampered
from tayori.office import Office
from tayori.vault import audit, roster
from tayori.vault.audit import Action
from tayori.vault.roster import Credential, NewHandler
from tayori.warehouse import audit as lines
from tayori.warehouse import roster as rows
from tayori.warehouse import staff_links
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.roster import HandlerRow

APPOINTS = "responsible"


def appoint(office: Office, by: Credential | None, new: NewHandler, passphrase: str) -> Credential:
    """Add a handler with a key of their own. Only the very first, a responsible handler, is added by nobody.

    Raises:
        Refused: `by` is nobody although the roster holds somebody, or is not a responsible handler today; or the first
            handler is to be another than a responsible one.

    """
    with writing(office.warehouse) as connection:
        actor = _appointing(connection, office, by, new)
        credential = roster.enrol(connection, office.handlers_folder, new, passphrase, office.now())
        _noted(connection, office, actor, _added(roster_row(connection, new.handler_id)))
    return credential


def dismiss(office: Office, by: Credential, handler_id: HandlerId, last_day: date) -> None:
    """Set a handler's last day; what they signed until then stays theirs. Which follower they are is forgotten now.

    Raises:
        Refused: `by` is not a responsible handler today, or would leave the roster without one.
        NotFound: nobody of this id is in the roster.
        BadInput: the last day lies before the first.

    """
    with writing(office.warehouse) as connection:
        roster.require_role(connection, by.handler_id, APPOINTS, office.today())
        row = roster_row(connection, handler_id)
        if last_day < row.starts_on:
            raise BadInput(f"{handler_id} starts on {row.starts_on}; the last day cannot lie before that.")
        _refuse_leaving_none(connection, office, handler_id, last_day)
        rows.end(connection, handler_id, last_day)
        staff_links.unlink(connection, handler_id)
        _noted(connection, office, by.handler_id, _until(row, last_day))


def verify(connection: Connection) -> int:
    """Hold the roster against the access log: who was added with which key and roles, and whose time was ended when.

    Gives how many handlers it holds.

    Raises:
        Tampered: naming the first handler whose row is not what the log says was decided.

    """
    everybody = rows.everyone(connection)
    for row in everybody:
        decided = list(lines.decisions(connection, f"handler {row.handler_id} "))
        ends = [one.removeprefix(_until(row, "")) for one in decided if one.startswith(_until(row, ""))]
        if decided[:1] != [_added(row)] or ends[-1:] != ([str(row.ends_on)] if row.ends_on else []):
            raise Tampered(f"The roster's row of {row.handler_id} is not what the access log says was decided.")
    return len(everybody)


def roster_row(connection: Connection, handler_id: HandlerId) -> HandlerRow:
    """Give a handler's row.

    Raises:
        NotFound: nobody of this id is in the roster.

    """
    row = rows.find(connection, handler_id)
    if row is None:
        raise NotFound(f"No handler {handler_id} is in the roster; see `tayori handler list`.")
    return row


def _added(row: HandlerRow) -> str:
    """Write the line of an appointment: it binds key, roles, side and first day by their digest."""
    bound = {"key": row.public_key.hex(), "roles": row.roles, "side": row.side, "from": row.starts_on.isoformat()}
    return f"handler {row.handler_id} added, {canonical_digest(bound)[:32]}"


def _until(row: HandlerRow, last_day: date | str) -> str:
    return f"handler {row.handler_id} until {last_day}"


def everyone(office: Office) -> list[HandlerRow]:
    """Give the whole roster."""
    with reading(office.warehouse) as connection:
        return rows.everyone(connection)


def _appointing(connection: Connection, office: Office, by: Credential | None, new: NewHandler) -> HandlerId:
    if by is not None:
        roster.require_role(connection, by.handler_id, APPOINTS, office.today())
        return by.handler_id
    if rows.everyone(connection):
        raise Refused("Only a responsible handler adds others to the roster; name yourself with --as.")
    if APPOINTS not in new.roles:
        raise Refused(f"The first handler has to be a responsible one (role {APPOINTS}).")
    return new.handler_id


def _refuse_leaving_none(connection: Connection, office: Office, leaving: HandlerId, last_day: date) -> None:
    without = max(last_day, office.today()) + timedelta(days=1)
    left = [row for row in rows.everyone(connection) if row.handler_id != leaving and row.serves(without)]
    if not any(APPOINTS in row.roles.split(",") for row in left):
        raise Refused(f"{leaving} is the only responsible handler; appoint another one first.")


def _noted(connection: Connection, office: Office, actor: HandlerId, what: str) -> None:
    evidence = Evidence(actor, Purpose.ROSTER)
    audit.record(connection, evidence, Action.DECIDE, what, count=0, now=office.now())
