"""Who may do what with a case: the desk, and the departments that have part in it; never whom a complaint is about."""

from sqlalchemy import Connection

from tayori.domain.decision_routes import WARD_WIDE, decision_routes
from tayori.domain.identifiers import HandlerId
from tayori.domain.organisation import organisation
from tayori.errors import NotFound, Refused
from tayori.office import Office
from tayori.vault import roster
from tayori.warehouse import desk, posts
from tayori.warehouse.desk import CaseFile

DESK, SECTION = "desk", "section"


def require_desk(connection: Connection, office: Office, handler_id: str) -> None:
    """Let a handler of the opinion desk through.

    Raises:
        Refused: they do not serve at the desk today.

    """
    roster.require_role(connection, HandlerId(handler_id), DESK, office.today())


def require_part(connection: Connection, office: Office, handler_id: str, file: CaseFile) -> None:
    """Let the desk through, and who holds a post in a department that has part in the case.

    Raises:
        Refused: they have no part in the case, or a complaint in it is about them.
        NotFound: nobody of this id is in the roster.

    """
    row = roster.require_any(connection, HandlerId(handler_id), (DESK, SECTION), office.today())
    require_not_barred(connection, handler_id, file)
    if DESK not in row.roles.split(",") and not _has_part(connection, office, handler_id, file):
        raise Refused(f"{handler_id} holds no post in a department that has part in {file.receipt_no}; ask the desk.")


def require_not_barred(connection: Connection, handler_id: str, file: CaseFile) -> None:
    """Keep from a case whom a complaint in it is about; nothing tells them so.

    Raises:
        NotFound: they are barred; the sentence is the one for a number that does not exist.

    """
    if is_barred(connection, handler_id, file.case_no):
        raise NotFound(desk.no_case(file.receipt_no))


def is_barred(connection: Connection, handler_id: str, case_no: int) -> bool:
    """Whether a complaint in a case is about a handler."""
    return case_no in desk.barred_from(connection, handler_id)


def _has_part(connection: Connection, office: Office, handler_id: str, file: CaseFile) -> bool:
    parts = desk.departments(connection, file.case_no)
    sections = [*parts[desk.RESPONSIBLE], *parts[desk.RELATED]]
    offices = {*sections, *(organisation().division_of(one).name for one in sections)}
    posts_of_route = decision_routes().of(file.addressee, file.kind).posts
    if sections and any(decision_routes().posts[post].of == "ward" for post in posts_of_route):
        offices.add(WARD_WIDE)
    held = posts.held(connection, handler_id, office.today())
    return file.in_charge == handler_id or any(one.department in offices for one in held)
