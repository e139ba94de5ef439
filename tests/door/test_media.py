"""Pictures at the door: served under the hash of their bytes, for ever; nothing else of the machine is."""

from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tayori.broadcast.picturing import prepared
from tayori.domain.pictures import Picture
from tayori.office import Office
from tests.door.builders import RunningDoor, running_door, settings_of
from tests.support.wording import FLYER, a_photo, a_picture

PNG = prepared(a_photo(kind="PNG"), FLYER)


@pytest.fixture
def folder(sqlite_office: Office) -> Path:
    """Give the folder of pictures with two pictures in it, and a secret beside it."""
    made = sqlite_office.media_folder
    made.mkdir()
    for picture in (a_picture(), PNG):
        (made / picture.name).write_bytes(picture.content)
    (made / "notes.txt").write_text("secret")
    (sqlite_office.settings.home / "secret.jpg").write_text("secret")
    return made


@pytest.fixture
def door(sqlite_office: Office, folder: Path) -> Iterator[RunningDoor]:
    """Give a door that serves the folder."""
    with running_door(settings_of(sqlite_office, media_folder=folder)) as running:
        yield running


def get(door: RunningDoor, path: str, method: str = "GET") -> tuple[int, bytes]:
    """Ask for a path as it stands, dots and all."""
    connection = HTTPConnection(urlsplit(door.base).netloc, timeout=60)
    connection.request(method, path)
    answer = connection.getresponse()
    told = answer.status, answer.read()
    connection.close()
    return told


@pytest.mark.parametrize(("picture", "kind"), [(a_picture(), "image/jpeg"), (PNG, "image/png")])
def test_a_picture_is_served_with_its_type_for_ever(door: RunningDoor, picture: Picture, kind: str) -> None:
    """The right bytes and type, kept by every cache for a year, taken for nothing but a picture."""
    answer = httpx.get(f"{door.base}/media/{picture.name}", trust_env=False)
    assert (answer.status_code, answer.content) == (200, picture.content)
    assert answer.headers["content-type"] == kind
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert httpx.head(f"{door.base}/media/{picture.name}", trust_env=False).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/media/",
        "/media",
        "/media/notes.txt",
        "/media/../secret.jpg",
        "/media/%2e%2e/secret.jpg",
        "/media/..%2fsecret.jpg",
        "/media//etc/passwd",
        "/media/%2Fetc%2Fpasswd",
        f"/media/{a_picture().name}/",
        f"/media/{a_picture().name}%00",
        f"/media/{a_picture().name}%0A",
        f"/media/./../media/{a_picture().name}",
        f"/media/{a_picture().name.upper()}",
        f"/media/{PNG.name.replace('.png', '.jpg')}",
        f"/media/{'0' * 64}.jpg",
        f"/media/{a_picture().preview_name}",
    ],
)
def test_nothing_else_can_be_fetched(door: RunningDoor, path: str) -> None:
    """Other names, other folders, other spellings, pictures that nobody submitted: none of them exists."""
    status, body = get(door, path)
    assert status in {404, 307}
    assert b"secret" not in body
    assert a_picture().content != body


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_picture_can_only_be_read(door: RunningDoor, folder: Path, method: str) -> None:
    """No way in lies beside the way out."""
    assert get(door, f"/media/{PNG.name}", method)[0] == 405
    assert (folder / PNG.name).read_bytes() == PNG.content


def test_a_file_that_is_not_what_its_name_says_is_not_served(door: RunningDoor, folder: Path) -> None:
    """Replaced after it was served once, or a link to something else: from then on it does not exist."""
    path = f"/media/{PNG.name}"
    assert get(door, path)[0] == 200
    (folder / PNG.name).write_bytes(a_picture().content)
    assert get(door, path)[0] == 404
    (folder / PNG.name).unlink()
    (folder / PNG.name).symlink_to(folder.parent / "secret.jpg")
    assert get(door, path)[0] == 404
    (folder / PNG.name).unlink()
    (folder / "elsewhere.png").write_bytes(PNG.content)
    (folder / PNG.name).symlink_to(folder / "elsewhere.png")
    assert get(door, path)[0] == 404, "a link, even to the right bytes"
    (folder / PNG.name).unlink()
    (folder / PNG.name).write_bytes(PNG.content)
    assert get(door, path)[0] == 200


def test_a_door_without_a_folder_serves_no_picture(sqlite_office: Office, folder: Path) -> None:
    """The folder is named to the door, or there is none; an empty setting is none, not the folder it runs in."""
    for given in (None, ""):
        with running_door(settings_of(sqlite_office, media_folder=given)) as running:
            assert get(running, f"/media/{PNG.name}")[0] == 404
    assert folder.exists()
