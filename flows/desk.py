"""The opinion desk's day: letters are taken up within minutes, and each open day everybody is told what is due (O2)."""

from prefect import flow

from tasks.desk import remind_divisions, show_due, take_letters_up, tell_flags
from tasks.opinions import mask_done
from tasks.support import sentence_only


@flow(name="desk", persist_result=False)
@sentence_only
def desk() -> None:
    """Take letters up, tell at once what cannot wait, and hand what is done over to analysis."""
    take_letters_up()
    tell_flags()
    mask_done()


@flow(name="desk-reminders", persist_result=False)
@sentence_only
def desk_reminders() -> None:
    """Take letters up, show what is due, and remind."""
    take_letters_up()
    show_due()
    remind_divisions()
