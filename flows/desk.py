"""The opinion desk's quarter of an hour: letters are taken up, and what cannot wait is told at once (O1, O3)."""

from prefect import flow

from tasks.desk import take_letters_up, tell_flags
from tasks.opinions import mask_done
from tasks.support import sentence_only


@flow(name="desk", persist_result=False)
@sentence_only
def desk() -> None:
    """Take letters up, tell at once what cannot wait, and hand what is done over to analysis, mail or no mail."""
    take_letters_up()
    told = tell_flags(return_state=True)
    mask_done()
    told.result()
