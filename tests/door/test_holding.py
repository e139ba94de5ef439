"""What the webhook's door holds, and that none of it opens a row of the inbox: settings, files, memory (I5, P8).

Its rights in the database are `test_door_role.py`.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli import up
from cli.children import Household
from tayori.office import Office
from tayori.settings import Settings
from tayori.vault.sealed_box import BOX
from tests.door.builders import RunningDoor
from tests.ingest.builders import an_event
from tests.support.doors import DOOR, SECRET, door
from tests.support.ports import free_port
from web.door.settings import DoorSettings

ROOT = Path(__file__).resolve().parents[2]
HELD = {
    "line_channel_secret": "checks signatures; sends nothing and opens nothing of ours",
    "inbox_public_key_file": "seals, and opens nothing",
    "inbox_url": "a role that may only INSERT",
    "media_folder": "pictures that everybody may see",
}
NEVER_LOADED = (
    "tayori.office",
    "tayori.vault.keyring",
    "tayori.vault.identity",
    "tayori.vault.roster",
    "tayori.line.client",
    "linebot",
    "prefect",
    "great_expectations",
    "sandbox",
    "web.opinion",
    "jinja2",
)
MARK = "marked-value-of-a-setting"
READABLE = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) r\S+ \S+ \S+ (\d+) *(.*)$", re.MULTILINE)


def memory_of(pid: int) -> Iterator[bytes]:
    """Give all memory of a process that can be read, map by map."""
    maps = Path(f"/proc/{pid}/maps").read_text()
    with Path(f"/proc/{pid}/mem").open("rb", 0) as memory:
        for start, end, _, name in READABLE.findall(maps):
            if name.startswith(("[vvar", "[vsyscall")):
                continue
            memory.seek(int(start, 16))
            yield memory.read(int(end, 16) - int(start, 16))


def found_in(pid: int, needles: dict[str, bytes]) -> set[str]:
    """Give the names of what is anywhere in the memory of a process."""
    return {name for part in memory_of(pid) for name, needle in needles.items() if needle in part}


def what_opens(office: Office) -> dict[str, bytes]:
    """Give everything that opens a row, or leads to what does: private key, what seals it, and the files of both."""
    epoch = office.box_keys.epochs()[-1]
    private = office.box_keys._private(epoch).private_bytes_raw()  # noqa: SLF001 - the very key
    keeper = office.key_provider.key(BOX, epoch)
    needles = {"private": private, "private in hex": private.hex().encode(), "keeper": keeper}
    for path in office.keys_folder.iterdir():
        if path != office.inbox_public_file and path.is_file():
            needles[path.name] = path.read_bytes().strip()[-40:]
    return needles


def test_the_list_of_what_it_holds_is_whole() -> None:
    """A further setting has to be written down here, with what could be done with it."""
    assert set(DoorSettings.model_fields) <= set(HELD)
    assert set(DoorSettings.model_fields) <= set(Settings.model_fields)


def test_tayori_up_hands_over_exactly_that(tmp_path: Path) -> None:
    """The door started by `tayori up` gets no other setting of ours, whatever stands in the environment."""
    plan = up.Plan(Settings(_env_file=None, home=tmp_path), 1, 2, 3, 4, 5, 0, 0)
    kept: dict[str, Any] = {}

    class Listening(Household):
        """A household that only notes what a child would be given."""

        def start(self, name: str, command: Any, environment: Any) -> Any:  # noqa: ANN401 - the household's own types
            kept.update(environment)
            return name, command

        def wait_until_it_answers(self, child: Any, url: str) -> None:  # noqa: ANN401 - as above
            """Nobody was started."""

    environment = {"PATH": "/bin", "TAYORI_INBOX_URL": "x", "TAYORI_LINE_CHANNEL_SECRET": "y"}
    environment |= {"TAYORI_LINE_ACCESS_TOKEN": MARK, "TAYORI_VAULT_URL": MARK, "PREFECT_API_URL": MARK}
    up._start_door(Listening(tmp_path), plan, environment)  # noqa: SLF001 - the step alone
    ours = {name for name in kept if name.startswith(("TAYORI_", "PREFECT_"))}
    assert ours == {f"TAYORI_{name.upper()}" for name in DoorSettings.model_fields}
    assert MARK not in kept.values()


def test_it_loads_nothing_that_opens_or_sends() -> None:
    """The modules that hold keys of the vault, LINE's client or the sandbox are not even in its memory."""
    asked = f"import sys, web.door.app; print([one for one in {NEVER_LOADED!r} if one in sys.modules])"
    told = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="the memory of a process is read by Linux' /proc")
def test_nothing_in_its_memory_or_files_opens_a_row(sqlite_office: Office) -> None:
    """A door at work, searched whole: the public key and its secret are found, what opens a row is not."""
    office = sqlite_office
    public = office.inbox_public_file.read_bytes().split(b'"public": "')[1][:64]
    with door(office, DOOR, "--metrics-port", str(free_port())) as (port, process):
        running = RunningDoor(f"http://127.0.0.1:{port}")
        for person in range(20):
            assert running.deliver(an_event("follow", person)).status_code == 200
        held = {"public": public, "public raw": bytes.fromhex(public.decode()), "secret": SECRET.encode()}
        assert found_in(process.pid, held) & {"public", "public raw"}, "the search finds nothing at all"
        assert "secret" in found_in(process.pid, held)
        assert found_in(process.pid, what_opens(office)) == set()
        opened = {path.resolve() for path in Path(f"/proc/{process.pid}/fd").iterdir()}
        mapped = {Path(name) for *_, name in READABLE.findall(Path(f"/proc/{process.pid}/maps").read_text()) if name}
    ours = {path.name for path in opened | mapped if path.is_relative_to(office.settings.home.resolve())}
    assert ours
    assert all(name.startswith("inbox.db") for name in ours)


def test_it_works_where_nothing_else_is(sqlite_office: Office, tmp_path: Path) -> None:
    """With its three things in a folder of their own, and everything else taken away, the door keeps deliveries."""
    office = sqlite_office
    alone = tmp_path / "alone"
    alone.mkdir()
    for path in (office.inbox_public_file, *office.settings.home.glob("inbox.db*")):
        (alone / path.name).write_bytes(path.read_bytes())
    office.settings.home.rename(tmp_path / "away")
    places = {
        "TAYORI_INBOX_PUBLIC_KEY_FILE": str(alone / office.inbox_public_file.name),
        "TAYORI_INBOX_URL": f"sqlite:///{alone / 'inbox.db'}",
    }
    with door(office, DOOR, **places) as (port, _):
        running = RunningDoor(f"http://127.0.0.1:{port}")
        assert running.health() == 200
        assert running.deliver(an_event("follow", 1)).status_code == 200
    (tmp_path / "away").rename(office.settings.home)
