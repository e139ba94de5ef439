"""Pictures in the warehouse: stored once under the hash of their bytes, never changed."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, or_, select

from tayori.domain.pictures import PICTURE_NAME, Picture, sha256_of
from tayori.errors import NotFound
from tayori.warehouse.schema.messages import picture


def add(connection: Connection, pictures: Iterable[Picture], now: datetime) -> None:
    """Store pictures; one that is there already stays as it is."""
    for one in pictures:
        hashed = sha256_of(one.content)
        if connection.execute(select(picture.c.kind).where(picture.c.sha256 == hashed)).first() is None:
            values = {"sha256": hashed, "preview_sha256": sha256_of(one.preview), "stored_at": now}
            shape = {name: getattr(one, name) for name in ("kind", "width", "height", "content", "preview")}
            connection.execute(insert(picture).values(**values, **shape))


def find(connection: Connection, name: str) -> Picture:
    """Give a stored picture by its name.

    Raises:
        NotFound: there is none of this name.

    """
    matched = PICTURE_NAME.fullmatch(name)
    found = matched and connection.execute(select(picture).where(picture.c.sha256 == matched[1])).mappings().first()
    if not found or found["kind"] != name.rpartition(".")[2]:
        raise NotFound("A picture of the broadcast is not in the store; hand it in again.")
    return Picture(found["content"], found["kind"], found["width"], found["height"], found["preview"])


def files(connection: Connection, hashes: Sequence[str]) -> dict[str, bytes]:
    """Give what is to be served for these hashes: file name and bytes, as they are stored under each hash."""
    columns = picture.c
    chosen = select(picture).where(or_(columns.sha256.in_(hashes), columns.preview_sha256.in_(hashes)))
    served: dict[str, bytes] = {}
    for row in connection.execute(chosen).mappings():
        served[f"{row['sha256']}.{row['kind']}"] = row["content"]
        served[f"{row['preview_sha256']}.jpg"] = row["preview"]
    return {name: content for name, content in served.items() if name.partition(".")[0] in set(hashes)}
