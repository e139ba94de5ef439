"""Who stands in the roster: the responsible handler appoints and dismisses, with a line in the log (L17, P13)."""

from datetime import date

from sqlalchemy import Connection

from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import HandlerId
from tayori.errors import NotFound, Refused
from tayori.office import Office
from tayori.vault import audit, roster
from tayori.vault.audit import Action
from tayori.vault.roster import Credential, NewHandler
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
        _noted(connection, office, actor, f"handler {new.handler_id} added")
    return credential


def dismiss(office: Office, by: Credential, handler_id: HandlerId, last_day: date) -> None:
    """Set a handler's last day; what they signed until then stays theirs. Which follower they are is forgotten now.

    Raises:
        Refused: `by` is not a responsible handler today, or would leave the roster without one.
        NotFound: nobody of this id is in the roster.

    """
    with writing(office.warehouse) as connection:
        roster.require_role(connection, by.handler_id, APPOINTS, office.today())
        if rows.find(connection, handler_id) is None:
            raise NotFound(f"No handler {handler_id} is in the roster; see `tayori handler list`.")
        _refuse_leaving_none(connection, office, handler_id)
        rows.end(connection, handler_id, last_day)
        staff_links.unlink(connection, handler_id)
        _noted(connection, office, by.handler_id, f"handler {handler_id} until {last_day}")


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


def _refuse_leaving_none(connection: Connection, office: Office, leaving: HandlerId) -> None:
    left = [row for row in rows.everyone(connection) if row.handler_id != leaving and row.serves(office.today())]
    if not any(APPOINTS in row.roles.split(",") for row in left):
        raise Refused(f"{leaving} is the only responsible handler; appoint another one first.")


def _noted(connection: Connection, office: Office, actor: HandlerId, what: str) -> None:
    evidence = Evidence(actor, Purpose.ROSTER)
    audit.record(connection, evidence, Action.DECIDE, what, count=0, now=office.now())
