"""Steps of the receipts' story: confirm by mail, bring what writers are told up to date. Counts out, never a letter."""

from dataclasses import asdict

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.support import desk, sentence_only
from tayori.domain.identifiers import Contract
from tayori.ingest.confirming import send_confirmations
from tayori.warehouse import closing, letters
from tayori.warehouse.engines import writing


@task(name="受付の知らせ", persist_result=False, cache_policy=NO_CACHE)
@sentence_only
def confirm() -> dict[str, int] | None:
    """Send the mails that are due; None where no mail is set up."""
    with desk() as office:
        told = send_confirmations(office)
        return None if told is None else asdict(told)


@task(name="照会の状態", persist_result=False, cache_policy=NO_CACHE)
@sentence_only
def tell_states() -> int:
    """Let writers who ask see the present state of their case; give how many letters changed."""
    with desk() as office, writing(office.warehouse) as people:
        return 0 if closing.is_frozen(people, Contract.OPINIONS) else letters.tell_states(people)
