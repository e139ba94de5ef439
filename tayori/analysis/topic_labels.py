"""Labels of topics: made of words, put right by people, and checked so that no label names anybody."""

from typing import Final

from tayori.analysis.settle import example
from tayori.desk.cases import ROLE
from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import HandlerId
from tayori.errors import BadInput, NotFound
from tayori.office import Office
from tayori.opinions.masking import mask
from tayori.opinions.tokens import Tokeniser
from tayori.vault import roster
from tayori.vault.audit import Action, record
from tayori.vault.roster import Credential
from tayori.warehouse import analysis
from tayori.warehouse.engines import writing

LONGEST: Final = 60


def label_topic(office: Office, by: Credential, topic_no: int, label: str) -> None:
    """Give a topic the label that a handler of the desk chose; it stays when the topic's words change.

    Raises:
        BadInput: the label is empty, too long, or holds what would be masked in a letter.
        NotFound: there is no such topic.
        Refused: the handler does not serve at the desk today.

    """
    chosen = label.strip()
    if not 0 < len(chosen) <= LONGEST or not chosen.isprintable():
        raise BadInput(f"A label is one line of 1 to {LONGEST} characters. Nothing was changed.")
    if mask(chosen, Tokeniser()).counts:
        raise BadInput("The label looks like a name, number or address of a person; reports print it. Write another.")
    with writing(office.warehouse) as people:
        roster.require_role(people, HandlerId(by.handler_id), ROLE, office.today())
        if not analysis.label_topic(people, topic_no, chosen, by.handler_id):
            raise NotFound(f"There is no topic {topic_no}; see `tayori opinions topics`. Nothing was changed.")
        evidence = Evidence(by.handler_id, Purpose.ANALYSIS)
        record(people, evidence, Action.DECIDE, f"label of topic {topic_no}", count=1, now=office.now())


def example_of(office: Office, by: Credential, topic_no: int) -> str:
    """Show a handler of the desk the masked sentence that speaks most for a topic; empty where no letter is left.

    Raises:
        Refused: the handler does not serve at the desk today.

    """
    with writing(office.warehouse) as people:
        roster.require_role(people, HandlerId(by.handler_id), ROLE, office.today())
    return example(office, topic_no, Evidence(by.handler_id, Purpose.ANALYSIS))
