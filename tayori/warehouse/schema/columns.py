"""How a column is declared: with its class, its erasure rule and, if personal, its entry in the register (I1, I2)."""

from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import Column, DateTime, MetaData
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from tayori.domain.columns import ColumnFacts, Erasure, Nearness

NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
warehouse = MetaData(naming_convention=NAMING)
inbox = MetaData(naming_convention=NAMING)
vault = MetaData(naming_convention=NAMING)


class Moment(TypeDecorator[datetime]):
    """A moment, always aware, stored as UTC; a naive one is a mistake and is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store in UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = "a moment needs its time zone"
            raise ValueError(message)
        moved = value.astimezone(UTC)
        return moved.replace(tzinfo=None) if dialect.name == "sqlite" else moved

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back aware moments on every database."""
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value


def classed(
    name: str,
    kind: TypeEngine[Any] | type[TypeEngine[Any]],
    nearness: Nearness,
    erasure: Erasure,
    *args: Any,  # noqa: ANN401 - what SQLAlchemy's Column takes
    item: str | None = None,
    **options: Any,  # noqa: ANN401
) -> Column[Any]:
    """Declare a column with its class, its erasure rule and its register entry."""
    facts: ColumnFacts = {"nearness": nearness, "erasure": erasure, "item": item}
    return Column(name, kind, *args, info=cast("dict[str, Any]", facts), **options)


def plain(name: str, kind: TypeEngine[Any] | type[TypeEngine[Any]], *args: Any, **options: Any) -> Column[Any]:  # noqa: ANN401
    """Declare a column about nobody."""
    return classed(name, kind, Nearness.NONE, Erasure.KEPT, *args, **options)
