"""The two stores beside the warehouse: the inbox that doors may only fill, and the vault that holds wrapped keys."""

from sqlalchemy import BigInteger, Integer, LargeBinary, PrimaryKeyConstraint, String, Table

from tayori.domain.columns import Erasure, Nearness
from tayori.warehouse.schema.columns import Moment, classed, inbox, plain, vault

inbox_row = Table(
    "inbox",
    inbox,
    plain("inbox_no", Integer, primary_key=True),
    plain("kind", String(16), nullable=False),
    plain("epoch", Integer, nullable=False),
    classed("sealed", LargeBinary, Nearness.PERSONAL, Erasure.EXPIRY, nullable=False, item="sealed_submission"),
    plain("received_at", Moment, nullable=False),
    sqlite_autoincrement=True,
)

NUMBER = BigInteger().with_variant(Integer, "sqlite")
PERSON_KEY = (Nearness.SECRET, Erasure.PERSON_KEY)
CASE_KEY = (Nearness.SECRET, Erasure.CASE_KEY)
LIST_KEY = (Nearness.SECRET, Erasure.LIST_KEY)
BACKUP_KEY = (Nearness.SECRET, Erasure.BACKUP_KEY)


def _wrapped_keys(name: str, item: str | None, rule: tuple[Nearness, Erasure]) -> Table:
    return Table(
        name,
        vault,
        classed("number", NUMBER, *rule, primary_key=True, autoincrement=False, item=item),
        classed("epoch", Integer, *rule, nullable=False, item=item),
        classed("wrapped", LargeBinary, *rule, nullable=False, item=item),
    )


person_key = _wrapped_keys("person_key", "person_no", PERSON_KEY)
person_key_next = _wrapped_keys("person_key_next", "person_no", PERSON_KEY)
case_key = _wrapped_keys("case_key", "case_no", CASE_KEY)
case_key_next = _wrapped_keys("case_key_next", "case_no", CASE_KEY)
list_key = _wrapped_keys("list_key", "batch_membership", LIST_KEY)
list_key_next = _wrapped_keys("list_key_next", "batch_membership", LIST_KEY)
backup_key = _wrapped_keys("backup_key", None, BACKUP_KEY)
backup_key_next = _wrapped_keys("backup_key_next", None, BACKUP_KEY)

key_epoch = Table(
    "key_epoch",
    vault,
    plain("space", String(16), nullable=False),
    plain("epoch", Integer, nullable=False),
    plain("state", String(16), nullable=False),
    plain("created_at", Moment, nullable=False),
    plain("destroyed_at", Moment, nullable=True),
    plain("check_value", LargeBinary, nullable=True),  # tells the epoch's key from every other, and leads to none
    plain("medium", String(16), nullable=True),  # the weakest medium that ever kept the epoch's key
    PrimaryKeyConstraint("space", "epoch"),
)
