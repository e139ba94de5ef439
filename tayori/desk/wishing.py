"""What writers say about a summary of their letter after they sent it, or where nobody asked them before (P4)."""

from tayori.desk.hand import in_hand
from tayori.domain.letters import NO, YES
from tayori.errors import BadInput
from tayori.office import Office
from tayori.vault.roster import Credential
from tayori.warehouse.letters import WISH


def record_wish(office: Office, by: Credential, receipt_no: str, *, may: bool, words: str | None = None) -> None:
    """Write down whether a summary of a letter may be published; the last word counts.

    That it may is the writer's own word, so how they were told and what they said is kept with it, sealed.

    Raises:
        BadInput: it may, and nothing says how the writer was told.
        NotFound: there is no such case for this handler.
        Refused: the handler does not serve at the desk today.

    """
    if may and not (words or "").strip():
        raise BadInput("Say how the writer was told of the summary and what they answered (--words); it is sealed.")
    with in_hand(office, by, receipt_no, desk_only=True) as hand:
        hand.note(WISH, YES if may else NO, words)
