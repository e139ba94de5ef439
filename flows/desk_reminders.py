"""Each open day everybody at the desk and in the divisions is told what is due (O2)."""

from prefect import flow

from tasks.desk import remind_divisions, show_due, take_letters_up
from tasks.support import sentence_only


@flow(name="desk-reminders", persist_result=False)
@sentence_only
def desk_reminders() -> None:
    """Take letters up, show what is due, and remind."""
    take_letters_up()
    show_due()
    remind_divisions()
