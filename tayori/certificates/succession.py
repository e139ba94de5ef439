"""Which signing key followed which: the old key names the new one in the log, and signs nothing after that."""

from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tayori.certificates.jws import Signer
from tayori.certificates.moments import utc_text
from tayori.certificates.tokens import thumbprint, unpadded
from tayori.certificates.verifier import SUCCESSION
from tayori.errors import Refused


def succession(old: Signer, successor: Ed25519PublicKey, now: datetime) -> str:
    """State under the old key who follows it. Raises Refused when a key would follow itself."""
    if thumbprint(successor) == old.kid:
        raise Refused("A signing key cannot follow itself; make a new one.")
    stated = {"successor": unpadded(successor.public_bytes_raw()), "stated_at": utc_text(now)}
    return old.sign(stated, SUCCESSION)
