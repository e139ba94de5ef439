"""The canary's world: a home, the door, a platform, a call centre, mail, and workers that run flows in processes."""

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from sandbox.demo.world import ROOT, Served, serving, wait_for
from sandbox.line.platform import Account
from sandbox.line.serve import RunningPlatform, running_platform
from tayori.office import Office, set_up, utc_now
from tayori.settings import Settings
from tests.canary.hostile_line import HostileLine, running_line
from tests.canary.marks import Marks
from tests.canary.steps import READY, Outcome, Step
from tests.feeds.builders import HERE, a_segment, news, rfc822, rss, rules_file
from tests.support.feed_site import FeedSite, running_site
from tests.support.mail_desk import MailDesk, running_desk
from tests.support.ports import free_port
from tests.support.prefect_server import PrefectServer

PATIENCE_SECONDS = 200
LOUD = {  # as much as an operator could ever make it say
    "PREFECT_LOGGING_LEVEL": "DEBUG",
    "PREFECT_LOGGING_EXTRA_LOGGERS": "tayori,httpx,linebot,urllib3,great_expectations",
}


@dataclass
class World:
    """Everything that runs, where it writes, and the environment in which workers work."""

    marks: Marks
    folder: Path
    prefect: PrefectServer
    platform: RunningPlatform
    line: HostileLine
    mail: MailDesk
    site: FeedSite
    environment: dict[str, str]
    office: Office
    door: Served | None = None
    _started: int = field(default=0, repr=False)

    @property
    def said(self) -> Path:
        """The folder of what processes print and log."""
        return self.folder / "said"

    @property
    def handed_in(self) -> Path:
        """The folder of what is handed in: the only place that may hold marks."""
        return self.folder / "handed-in"

    @property
    def webhook(self) -> str:
        """The address of the webhook."""
        assert self.door is not None
        return self.door.url.replace("/healthz", "/webhook/line")

    @contextlib.contextmanager
    def worker(self) -> Iterator["Worker"]:
        """Start a worker, and end it."""
        self._started += 1
        ours, theirs = socket.socketpair()
        outputs = [self.said / f"worker-{self._started}.{name}" for name in ("out", "err")]
        with ExitStack() as stack:
            out, err = (stack.enter_context(path.open("wb")) for path in outputs)
            stack.enter_context(theirs)
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.canary.worker", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                env=_bare() | self.prefect.environment | LOUD | self.environment | {"PYTHONPATH": str(ROOT)},
                stdout=out,
                stderr=err,
                cwd=self.folder,
            )
        worker = Worker(process, Connection(ours.detach()))
        try:
            yield worker
        finally:
            worker.end()


@dataclass
class Worker:
    """A worker's process as seen from outside."""

    process: "subprocess.Popen[bytes]"
    pipe: Connection
    ready: bool = False

    def begin(self, step: Step) -> None:
        """Let the worker begin a step; returns at once."""
        if not self.ready:
            assert self.take() == READY
            self.ready = True
        self.pipe.send(step)

    def take(self) -> Any:  # noqa: ANN401 - whatever the worker says
        """Take what the worker says next."""
        assert self.pipe.poll(PATIENCE_SECONDS), "the worker hangs"
        return self.pipe.recv()

    def run(self, name: str, parameters: Mapping[str, Any] | None = None, **how: Any) -> Outcome:  # noqa: ANN401
        """Run a step to its end."""
        self.begin(Step(name, dict(parameters or {}), **how))
        ended = self.take()
        assert isinstance(ended, Outcome)
        return ended

    def end(self) -> None:
        """Let the worker go, and wait until it has."""
        self.pipe.close()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextlib.contextmanager
def running_world(folder: Path, prefect: PrefectServer, marks: Marks) -> Iterator[World]:
    """Start a world whose every secret is a mark."""
    for name in ("said", "handed-in", "tmp"):
        (folder / name).mkdir(parents=True)
    account = Account(
        access_token=marks.secret("token"),
        channel_secret=marks.secret("channel"),
        login_channel_secret=marks.secret("login"),
    )
    with ExitStack() as stack:
        platform = stack.enter_context(running_platform(account=account))
        line, mail = stack.enter_context(running_line()), stack.enter_context(running_desk())
        site = stack.enter_context(running_site())
        environment = _environment(folder, marks, platform, mail) | _feeds(folder, site)
        settings = Settings(_env_file=None, **_fields(environment))
        set_up(settings, utc_now())
        office = Office(settings)
        stack.callback(office.close)
        a_segment(office)
        world = World(marks, folder, prefect, platform, line, mail, site, environment, office)
        world.door = stack.enter_context(_door(world))
        yield world


@contextlib.contextmanager
def _door(world: World) -> Iterator[Served]:
    port = free_port()
    command = ["-m", "web.door", "--port", str(port)]
    with serving(command, "/healthz", port, world.said / "door.log", world.environment) as served:
        wait_for(served)
        yield served


def _environment(folder: Path, marks: Marks, platform: RunningPlatform, mail: MailDesk) -> dict[str, str]:
    home = folder / "home"
    return {
        "TAYORI_MODE": "rehearsal",
        "TAYORI_HOME": str(home),
        "TAYORI_SCAN_HOURS": "0",
        "TAYORI_LINE_API_BASE": platform.base_url,
        "TAYORI_LINE_CHANNEL_SECRET": marks.secret("channel"),
        "TAYORI_LINE_ACCESS_TOKEN": marks.secret("token"),
        "TAYORI_INBOX_URL": f"sqlite:///{home / 'inbox.db'}",
        "TAYORI_INBOX_PUBLIC_KEY_FILE": str(home / "keys" / "inbox.pub.json"),
        "TAYORI_CALL_CENTRE_URL": f"sqlite:///{folder / 'handed-in' / 'call_centre.db'}",
        "TAYORI_CALL_CENTRE_MAPPING": str(ROOT / "docs" / "examples" / "call_centre.yaml"),
        "TAYORI_MAIL_URL": f"maildir://{folder / 'handed-in' / 'box'}",
        "TAYORI_MAIL_MAPPING": str(ROOT / "docs" / "examples" / "mail.yaml"),
        "TAYORI_SMTP_URL": mail.url,
        "TAYORI_ALARM_MAIL_TO": "desk@example.jp",
        "TMPDIR": str(folder / "tmp"),
    }


def _feeds(folder: Path, site: FeedSite) -> dict[str, str]:
    address = site.show(rss(news(pubDate=rfc822(utc_now()))))
    return {"TAYORI_FEEDS_FILE": str(rules_file(folder / "rules", address)), "TAYORI_FEED_ALLOWED_HOSTS": HERE}


def _fields(environment: Mapping[str, str]) -> dict[str, Any]:
    return {name.removeprefix("TAYORI_").lower(): value for name, value in environment.items() if name != "TMPDIR"}


def _bare() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "TAYORI_"))}
