"""Where every command begins: the office of this environment, and the handler who acts, proven by their passphrase."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from tasks.support import desk
from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import HandlerId
from tayori.errors import BadInput, NotFound, Refused, Unavailable
from tayori.office import TOKYO, Office
from tayori.opinions.period import YEAR, months_back, whole_months
from tayori.settings import Mode
from tayori.vault import roster
from tayori.vault.keyfile import read_secret
from tayori.vault.roster import Credential
from tayori.warehouse import setup
from tayori.warehouse.engines import reading

APRIL, QUARTER = "04", 3
FIRST_YEAR, LAST_YEAR = 1947, 2200  # since there are wards
MOST = 2**31 - 1  # that a number in a store can be
SPAN = re.compile(r"(?P<year>[0-9]{4})(?:-(?P<month>0[1-9]|1[0-2])|-Q(?P<quarter>[1-4]))?")
As = Annotated[str, typer.Option("--as", metavar="HANDLER", help="操作する取扱者 (handler) の ID")]


@contextmanager
def office_here() -> Iterator[Office]:
    """Open the office that the environment names, set up and of this version.

    Raises:
        Unavailable: a store was never set up, or another version left it.

    """
    with desk() as office:
        for store in setup.STORES:
            setup.require(getattr(office, store), store)
        yield office


def credential(office: Office, handler_id: str) -> Credential:
    """Open a handler's key with their passphrase.

    Raises:
        NotFound: nobody of this id is in the roster.
        Refused: wrong passphrase, or a handler whose time has not come or is over.

    """
    with reading(office.warehouse) as connection:
        passphrase = passphrase_of(office, handler_id)
        return roster.unlock(connection, office.handlers_folder, HandlerId(handler_id), passphrase, office.today())


def evidence(office: Office, handler_id: str, purpose: Purpose) -> Evidence:
    """Give the evidence of a handler who proved who they are, for one purpose."""
    return Evidence(credential(office, handler_id).handler_id, purpose)


def passphrase_of(office: Office, handler_id: str, *, new: bool = False) -> str:
    """Give a handler's passphrase: from the agent file of a rehearsal, else asked at the terminal.

    Raises:
        Refused: an agent file is set in live; there a passphrase is in nobody's file.
        Unavailable: there is neither an agent file nor a terminal.

    """
    agent = office.settings.passphrase_file
    if agent is not None:
        if office.settings.mode is Mode.LIVE:
            raise Refused("An agent file holds passphrases for rehearsals; in live they are typed in. Unset it.")
        return _from_agent(agent, handler_id)
    if not os.isatty(0):
        raise Unavailable("The passphrase is asked at a terminal, and there is none here; nothing was done.")
    asked: str = typer.prompt(f"{handler_id} のパスフレーズ", hide_input=True, confirmation_prompt=new, err=True)
    return asked


def _from_agent(agent: Path, handler_id: str) -> str:
    written = read_secret(agent, missing="write it with rights 0600, or unset TAYORI_PASSPHRASE_FILE")
    for line in written.decode("utf-8").splitlines():
        name, _, passphrase = line.strip().partition(" ")
        if name == handler_id:
            return passphrase.strip()
    raise NotFound(f"The agent file {agent.name} holds no passphrase of {handler_id}.")


def day(written: str) -> date:
    """Read a date as YYYY-MM-DD.

    Raises:
        BadInput: it is none.

    """
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise BadInput("A date is written as YYYY-MM-DD, as in 2026-11-02.") from None


def span(of: str) -> tuple[date, date]:
    """Give the first and last day of a month (2026-10), a quarter of a fiscal year (2026-Q2) or a fiscal year (2026).

    Raises:
        BadInput: it is none of the three.

    """
    found = SPAN.fullmatch(of)
    if found is None:
        raise BadInput("A period is a month as 2026-10, a quarter of the fiscal year as 2026-Q2, or a year as 2026.")
    year, month, quarter = int(found["year"]), found["month"], found["quarter"]
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise BadInput(f"A period lies between the years {FIRST_YEAR} and {LAST_YEAR}.")
    first = f"{year}-{month or APRIL}"
    count = 1 if month else QUARTER if quarter else YEAR
    if quarter:
        first = months_back(first, -QUARTER * (int(quarter) - 1))
    period = whole_months(first, months_back(first, 1 - count))
    return period.start, period.end


def moment(written: str) -> datetime:
    """Read a moment; without a time zone it is Tokyo's.

    Raises:
        BadInput: it is none.

    """
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        raise BadInput("A moment is written as YYYY-MM-DDTHH:MM, in Tokyo's time.") from None
    return found if found.tzinfo else found.replace(tzinfo=TOKYO)
