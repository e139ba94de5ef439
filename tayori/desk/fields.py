"""A letter whose field (分野) neither the dictionary nor the classifier could tell gets it from the desk, once.

What was decided stays: no later run looks at a letter that was settled. The line of its trail says who decided.
"""

import difflib

from tayori.desk.hand import in_hand
from tayori.errors import BadInput, NotFound
from tayori.office import Office
from tayori.opinions.themes import theme_rules
from tayori.vault.roster import Credential
from tayori.warehouse import fields
from tayori.warehouse.engines import reading
from tayori.warehouse.fields import Undecided

DECIDED = "field"


def waiting(office: Office) -> list[Undecided]:
    """List the letters that wait for a field; opens nothing."""
    with reading(office.warehouse) as people:
        return fields.waiting(people, theme_rules().undecided)


def decide_field(office: Office, by: Credential, receipt_no: str, theme: str) -> None:
    """Give a letter that waits for it a field of the ward's duties.

    Raises:
        BadInput: there is no such field.
        NotFound: there is no such case for this handler, or it does not wait for a field.
        Refused: the handler does not serve at the desk today, or the contract has ended.

    """
    known = theme_rules().fields
    if theme not in known:
        near = difflib.get_close_matches(theme, known, n=1, cutoff=0.3)
        hint = f"is {near[0]} meant?" if near else f"take one of {'、'.join(known)}."
        raise BadInput(f"There is no field of this name; {hint} Nothing was done.")
    with in_hand(office, by, receipt_no, desk_only=True) as hand:
        if not fields.decide(hand.people, hand.file.case_no, theme, theme_rules().undecided):
            raise NotFound(f"The letter {receipt_no} does not wait for a field; see `tayori case themes`.")
        hand.note(DECIDED, theme)
