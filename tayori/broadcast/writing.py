"""A writer's material on a day, and texts that were written before: to be read, and to be used again."""

import json
from collections.abc import Callable
from typing import Any

from tayori.broadcast.picturing import prepared
from tayori.domain.identifiers import BroadcastId
from tayori.domain.material import Material
from tayori.domain.messages import pictures_named
from tayori.domain.pictures import PICTURE_NAME, Picture
from tayori.domain.placeholders import placeholders_on
from tayori.errors import NotFound, Refused
from tayori.office import Office
from tayori.warehouse import pictures, texts
from tayori.warehouse.engines import reading
from tayori.warehouse.texts import TextVersion


def material_of(office: Office, written: object, file: Callable[[str], bytes]) -> Material:
    """Give what these messages may use: the ward's sites, today's placeholders, and the pictures that they name.

    A picture is a file of the writer (`file` gives its bytes), or one of the store by its name, as a text that is used
    again names it.

    Raises:
        BadInput: a file is no picture that LINE takes.
        NotFound: a picture of the store is not there.

    """
    return Material(
        link_hosts=frozenset(office.settings.link_hosts),
        web_base=office.settings.web_base_url,
        placeholders=placeholders_on(office.today()),
        pictures={name: _picture(office, name, file) for name in pictures_named(written)},
    )


def kept_versions(office: Office, broadcast_id: BroadcastId) -> list[TextVersion]:
    """Give every version of a broadcast's text.

    Raises:
        NotFound: no text is kept under this id.

    """
    with reading(office.warehouse) as connection:
        return texts.versions(connection, broadcast_id)


def kept_version(office: Office, broadcast_id: BroadcastId, version: int = 0) -> TextVersion:
    """Give one version of a broadcast's text; without a number the newest one.

    Raises:
        NotFound: there is no such text or version.

    """
    kept = kept_versions(office, broadcast_id)
    chosen = [one for one in kept if version in {0, one.version}]
    if not chosen:
        raise NotFound(f"The text has the versions 1 to {kept[-1].version}; see `tayori broadcast versions`.")
    return chosen[-1]


def written_before(office: Office, broadcast_id: BroadcastId) -> Any:  # noqa: ANN401 - any JSON value
    """Give the words of an earlier text as its writer handed them in, and nothing of its signatures or counts.

    Raises:
        NotFound: there is no such text.
        Refused: it was not written from messages, so that there is nothing to use again.

    """
    source = kept_version(office, broadcast_id).source
    if not source:
        raise Refused("This text was not written by hand; there is nothing to use again. Write it anew.")
    return json.loads(source)


def _picture(office: Office, name: str, file: Callable[[str], bytes]) -> Picture:
    if not PICTURE_NAME.fullmatch(name):
        return prepared(file(name), name)
    with reading(office.warehouse) as connection:
        return pictures.find(connection, name)
