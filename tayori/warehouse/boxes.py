"""Which box keys still seal something, in the inbox or in quarantine."""

from sqlalchemy import Engine, select

from tayori.warehouse.engines import reading
from tayori.warehouse.schema.records import quarantine
from tayori.warehouse.schema.stores import inbox_row


def sealed_epochs(inbox: Engine, warehouse: Engine) -> frozenset[int]:
    """Give the epochs to which a row of the inbox, or a row in quarantine that has its content, is sealed."""
    with reading(inbox) as connection:
        arrived = set(connection.execute(select(inbox_row.c.epoch).distinct()).scalars())
    with reading(warehouse) as connection:
        kept = select(quarantine.c.epoch).where(quarantine.c.sealed.is_not(None)).distinct()
        return frozenset(arrived | set(connection.execute(kept).scalars()))
