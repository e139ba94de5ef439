"""What goes wrong beneath the desk: keys, stores, settings, the world outside."""

from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.bad_input import troubles
from tests.bad_input.cases import BAD, CSV, NOT_FOUND, REFUSED, TAMPERED, UNAVAILABLE, Case
from tests.bad_input.office import VALUE, an_event
from tests.bad_input.troubles import Trouble

LETTERS = "ingest opinions --file letters.csv --mapping desk_list.yaml"
EVENTS = "ingest events --file events.jsonl"
FILES: Mapping[str, str] = {"letters.csv": CSV, "events.jsonl": f'{an_event(1)}{{"{VALUE}\n'}
OPEN_KEY = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
COUNT = "segment count women --genre 子育て"
APPROVE = "broadcast approve {submitted} --as ken --content {content}"


def under(trouble: Trouble, line: str, says: str, code: int = UNAVAILABLE, **more: object) -> Case:
    """Give the case of a command under a trouble."""
    return Case(line, code, says, FILES, trouble, **more)  # type: ignore[arg-type]


def away(name: str, line: str, says: str, code: int = UNAVAILABLE, **more: object) -> Case:
    """Give the case of a file of the home that is not there."""
    return under(troubles.missing(name), line, says, code, **more)


def configured(line: str, code: int, says: str, **settings: str) -> Case:
    """Give the case of settings under which nothing may be done."""
    return Case(line, code, says, FILES, environment={f"TAYORI_{name}": value for name, value in settings.items()})


KEYS = {
    "no key-encryption keys, a letter comes": away("keys/kek.json", LETTERS, "kek.json", alone=True),
    "no key-encryption keys, a follower comes": away("keys/kek.json", EVENTS, "kek.json"),
    "no key-encryption keys, set up again": away("keys/kek.json", "init", "kek.json"),
    "no key of the blind index": away("keys/index.key", EVENTS, "index.key"),
    "no key of the blind index, set up again": away("keys/index.key", "init", "index.key"),
    "no signing key": away("keys/signing.pem", "audit verify", "signing.pem"),
    "no private key of the inbox": away("keys/inbox-1.key", "ingest events", "private key of the inbox"),
    "no private key of the inbox, set up again": away("keys/inbox-1.key", "init", "inbox-EPOCH.key"),
    "no public key of the inbox": away("keys/inbox.pub.json", f"{EVENTS}", "public key of the inbox"),
    "no key file of a handler": away("handlers/ken.pem", APPROVE, "the handler's own copy"),
    "no agent file": configured(APPROVE, UNAVAILABLE, "nowhere", PASSPHRASE_FILE="nowhere"),
    "keys that everybody may read": under(troubles.readable("keys/kek.json"), LETTERS, "kek.json", REFUSED),
    "a key file of a handler that is none": under(
        troubles.replaced("handlers/ken.pem", VALUE.encode()), APPROVE, "ken.pem is damaged"
    ),
    "a key file of a handler without a passphrase": under(
        troubles.replaced("handlers/ken.pem", OPEN_KEY), APPROVE, "ken.pem is damaged"
    ),
    "a wrong passphrase": Case(
        APPROVE, REFUSED, "passphrase of ken is wrong", {"agent": f"ken {VALUE} and more\n"}, alone=True
    ),
    "key-encryption keys that are damaged": under(
        troubles.replaced("keys/kek.json", b'{"person/1"'), LETTERS, "kek.json"
    ),
    "a signing key that is damaged": under(
        troubles.replaced("keys/signing.pem", b"PEM"), "audit verify", "signing.pem"
    ),
    "a key of the blind index that is damaged": under(troubles.replaced("keys/index.key", b"zz"), EVENTS, "index.key"),
    "a public key of the inbox that is damaged": under(
        troubles.replaced("keys/inbox.pub.json", b"{}"), EVENTS, "public key of the inbox"
    ),
}
STORES = {
    "a locked warehouse, letters": under(troubles.locked("warehouse.db"), LETTERS, "locked"),
    "a locked warehouse, events": under(troubles.locked("warehouse.db"), EVENTS, "locked"),
    "a locked warehouse, an approval": under(troubles.locked("warehouse.db"), APPROVE, "locked"),
    "a locked vault, letters": under(troubles.locked("vault.db"), LETTERS, "locked"),
    "a locked vault, events": under(troubles.locked("vault.db"), EVENTS, "locked"),
    "an absent warehouse": away("warehouse.db", COUNT, "The warehouse is not there", alone=True),
    "an absent warehouse, set up again": away("warehouse.db", "init", "Restore the warehouse"),
    "an absent vault, letters": away("vault.db", LETTERS, "The vault is not there"),
    "an absent vault, events": away("vault.db", EVENTS, "The vault is not there"),
    "an absent vault, set up again": away("vault.db", "init", "Restore the vault", alone=True),
    "an absent inbox": away("inbox.db", "ingest events", "The inbox is not there"),
    "an absent home": configured(COUNT, UNAVAILABLE, "tayori init", HOME="nowhere"),
    "a home that is a file": configured("init", UNAVAILABLE, "TAYORI_HOME", HOME="letters.csv"),
    "a home that cannot be made": configured("init", UNAVAILABLE, "TAYORI_HOME", HOME="/proc/tayori"),
    "a warehouse that is no database": under(
        troubles.replaced("warehouse.db", b"no database" * 99), COUNT, "file of the warehouse is damaged"
    ),
    "a vault that is no database": under(
        troubles.replaced("vault.db", b"no database" * 99), LETTERS, "file of the vault is damaged"
    ),
    "another's database": configured(COUNT, UNAVAILABLE, "not set up", DATABASE_URL="sqlite:///var/vault.db"),
    "a database server that is away": configured(
        COUNT,
        UNAVAILABLE,
        "server of the warehouse",
        DATABASE_URL=f"postgresql://kiku:{VALUE}@127.0.0.1:1/x?connect_timeout=1",
    ),
    "an address that is none": configured(COUNT, BAD, "address", DATABASE_URL=f"{VALUE}://{VALUE}"),
}
SETTINGS = {
    "a mode that there is not": configured(COUNT, BAD, "TAYORI_MODE", MODE=VALUE),
    "a share that is no number": configured(COUNT, BAD, "TAYORI_SEND_SHARE", SEND_SHARE=VALUE),
    "a rehearsal on LINE's own host": configured(COUNT, BAD, "rehearsal", LINE_API_BASE="https://api.line.me"),
    "live with passphrases in a file": configured(
        APPROVE, REFUSED, "agent file", MODE="live", DEPLOYMENT_ALLOWED_HOSTS="api.line.me,api-data.line.me"
    ),
    "live with hosts that are not listed": configured(APPROVE, REFUSED, "ALLOWED_HOSTS", MODE="live"),
    "live on an unverified server": configured(
        COUNT, BAD, "verify-full", MODE="live", DATABASE_URL="postgresql://u:p@db.example.jp/x"
    ),
    "no LINE": Case("retention reconcile", REFUSED, "TAYORI_LINE_API_BASE", changes=frozenset({"run"})),
    "LINE that is away": Case(
        "retention reconcile",
        UNAVAILABLE,
        "LINE did not answer",
        environment={"TAYORI_LINE_API_BASE": "http://127.0.0.1:1", "TAYORI_LINE_ACCESS_TOKEN": "a-token"},
        changes=frozenset({"run"}),
    ),
}
CALL_CENTRE = {"TAYORI_CALL_CENTRE_MAPPING": "call_centre.yaml"}
OUTSIDE = {
    "a call centre that is away": Case(
        "ingest opinions --source call_centre",
        UNAVAILABLE,
        "not there",
        environment=CALL_CENTRE | {"TAYORI_CALL_CENTRE_URL": "sqlite:///nowhere.db"},
    ),
    "a call centre of other tables": Case(
        "ingest opinions --source call_centre",
        BAD,
        "T_TOIAWASE",
        environment=CALL_CENTRE | {"TAYORI_CALL_CENTRE_URL": "sqlite:///var/vault.db"},
    ),
    "a call centre's address that is none": Case(
        "ingest opinions --source call_centre",
        BAD,
        "URL",
        environment=CALL_CENTRE | {"TAYORI_CALL_CENTRE_URL": f"{VALUE}://x"},
    ),
    "a certificate that breaks off": Case(
        "certificate verify c.json --key var/keys/signing.pub.pem", TAMPERED, "not proven", {"c.json": '{"jws": "x'}
    ),
    "a certificate that is none": Case(
        "certificate verify c.json --key var/keys/signing.pub.pem", TAMPERED, "not proven", {"c.json": "{}"}
    ),
    "a key that is none": Case(
        "certificate verify c.json --key k.pem", BAD, "public key", {"c.json": "{}", "k.pem": VALUE}
    ),
    "a row that is not in quarantine": Case("quarantine discard 99 --as hana", NOT_FOUND, "99"),
    "a report on the future": Case("opinions report --from 2098-01-01 --to 2099-01-01", BAD, "is not over"),
    "a report that runs backwards": Case("opinions report --from 2026-02-01 --to 2026-01-01", BAD, "backwards"),
    "a report on no letter": Case(
        "opinions report --from 2020-01-01 --to 2020-12-31", BAD, "no letter", changes=frozenset({"audit_entry"})
    ),
}
