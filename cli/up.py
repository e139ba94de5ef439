"""`tayori up`: Prefect, a worker, the door and, in a rehearsal, the sandbox platform, until it is told to end."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer

from cli.children import Household
from cli.show import facts
from tasks.support import settings_here
from tayori import deployment
from tayori.errors import BadInput, Unavailable
from tayori.office import Office, set_up, utc_now
from tayori.settings import Mode, Settings
from tayori.vault.keyfile import write_secret

app = typer.Typer(rich_markup_mode=None, add_completion=False)

ROOT: Final = Path(__file__).resolve().parent.parent
POOL: Final = "tayori"
HERE: Final = "127.0.0.1"
SHOWN: Final = {
    "prefect": "実行の画面 (Prefect)",
    "door": "受付口 (webhook)",
    "line": "LINE",
    "environment": "他の端末で使う環境変数",
    "logs": "ログ",
}
QUIET: Final = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
    "PREFECT_SERVER_DEPLOYMENTS_CONCURRENCY_SLOT_WAIT_SECONDS": "2",
}

Port = Annotated[int, typer.Option(min=1, max=65535)]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to run where."""

    settings: Settings
    prefect_port: int
    door_port: int
    line_port: int
    friends: int

    @property
    def rehearsal(self) -> bool:
        """Whether a sandbox plays LINE."""
        return self.settings.mode is Mode.REHEARSAL

    @property
    def webhook(self) -> str:
        """Where LINE posts."""
        return f"http://{HERE}:{self.door_port}/webhook/line"


@app.command()
def up(
    *,
    prefect_port: Port = 4200,
    door_port: Port = 8081,
    line_port: Port = 8082,
    friends: Annotated[int, typer.Option(min=0, help="模擬の LINE に初めからいる友だちの数")] = 0,
) -> None:
    """全部をこの機械で動かし、URL を表示する。Ctrl-C で止まる。"""
    settings = settings_here()
    if settings.mode is Mode.LIVE:
        deployment.refuse_strangers(settings)
    set_up(settings, utc_now())
    plan = Plan(settings, prefect_port, door_port, line_port, friends)
    told = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: told.set())
    refuse_taken(prefect_port, door_port, *([line_port] if plan.rehearsal else []))
    household = Household(settings.home.absolute() / "logs")
    try:
        _start(household, plan, told)
        _watch(household, told)
    finally:
        household.end()


def refuse_taken(*ports: int) -> None:
    """Refuse ports that another program listens on, before anything is started.

    Raises:
        Unavailable: one is taken.

    """
    for port in ports:
        with socket.socket() as asked:
            asked.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                asked.bind((HERE, port))
            except OSError:
                raise Unavailable(f"Port {port} is taken by another program; name another one. See --help.") from None


def _start(household: Household, plan: Plan, told: threading.Event) -> None:
    environment = _environment(plan)
    if plan.rehearsal:
        _start_platform(household, plan, environment)
    _start_door(household, plan, environment)
    api = environment["PREFECT_API_URL"]
    if "PREFECT_API_URL" not in os.environ:
        port = str(plan.prefect_port)
        server = household.start(
            "prefect", _python("prefect", "server", "start", "--host", HERE, "--port", port), environment
        )
        household.wait_until_it_answers(server, f"{api}/health")
    if not told.is_set():
        _deploy(environment)
        household.start(
            "worker", _python("prefect", "worker", "start", "--pool", POOL, "--type", "process"), environment
        )
        _tell(household, plan, environment)


def _start_platform(household: Household, plan: Plan, environment: dict[str, str]) -> None:
    account = {
        "channel_secret": environment["TAYORI_LINE_CHANNEL_SECRET"],
        "access_token": environment["TAYORI_LINE_ACCESS_TOKEN"],
    }
    command = _python("sandbox.line", "--port", str(plan.line_port), "--friends", str(plan.friends))
    told = environment | {"SANDBOX_ACCOUNT": json.dumps(account)}
    platform = household.start("line", [*command, "--webhook", plan.webhook], told)
    household.wait_until_it_answers(platform, f"http://{HERE}:{plan.line_port}/")


def _start_door(household: Household, plan: Plan, environment: dict[str, str]) -> None:
    """Start the door with what it needs and nothing else: no key, no vault, no token reaches it."""
    settings = plan.settings
    own = {name: value for name, value in environment.items() if not name.startswith(("TAYORI_", "PREFECT_"))}
    own |= {
        "TAYORI_LINE_CHANNEL_SECRET": environment["TAYORI_LINE_CHANNEL_SECRET"],
        "TAYORI_INBOX_PUBLIC_KEY_FILE": str(Office(settings).inbox_public_file.absolute()),
        "TAYORI_INBOX_URL": environment["TAYORI_INBOX_URL"],
        "TAYORI_MEDIA_FOLDER": str(Office(settings).media_folder.absolute()),
    }
    door = household.start("door", _python("web.door", "--host", HERE, "--port", str(plan.door_port)), own)
    household.wait_until_it_answers(door, f"http://{HERE}:{plan.door_port}/healthz")


def _environment(plan: Plan) -> dict[str, str]:
    """Give what the workers' environment holds; what a rehearsal lacks is made up, and kept for other shells."""
    home = plan.settings.home.absolute()
    settled = plan.settings.model_copy(update={"home": home})
    made = {"TAYORI_HOME": str(home), "TAYORI_ROOT": str(ROOT), "TAYORI_INBOX_URL": settled.inbox_address}
    made["PREFECT_API_URL"] = os.environ.get("PREFECT_API_URL", f"http://{HERE}:{plan.prefect_port}/api")
    if plan.rehearsal:
        made["TAYORI_LINE_API_BASE"] = f"http://{HERE}:{plan.line_port}"
        made["TAYORI_LINE_CHANNEL_SECRET"] = secrets.token_hex(16)
        made["TAYORI_LINE_ACCESS_TOKEN"] = secrets.token_hex(16)
        lines = "".join(f"export {name}='{value}'\n" for name, value in made.items())
        write_secret(home / "rehearsal.env", lines.encode())
    elif not plan.settings.line_channel_secret or not plan.settings.line_access_token:
        raise BadInput("Set TAYORI_LINE_CHANNEL_SECRET and TAYORI_LINE_ACCESS_TOKEN; live makes nothing up.")
    deployment.refuse_open_api(made["PREFECT_API_URL"])
    return {**os.environ, **QUIET, **made, "PREFECT_HOME": str(home / "prefect"), "PYTHONPATH": str(ROOT)}


def _deploy(environment: dict[str, str]) -> None:
    pool = ("prefect", "work-pool", "create", POOL, "--type", "process", "--overwrite")
    for words in (pool, ("prefect", "--no-prompt", "deploy", "--all"), ("tasks.rate",)):
        done = subprocess.run(  # noqa: S603 - our own program
            _python(*words), env=environment, cwd=ROOT, capture_output=True, check=False, text=True
        )
        if done.returncode != 0:
            said = (done.stdout + done.stderr).strip().splitlines()
            raise Unavailable(f"The deployments could not be registered: {said[-1] if said else 'no word'}")


def _tell(household: Household, plan: Plan, environment: dict[str, str]) -> None:
    shown = {
        "prefect": environment["PREFECT_API_URL"].removesuffix("/api"),
        "door": plan.webhook,
        "line": environment.get("TAYORI_LINE_API_BASE") or plan.settings.line_base,
        "environment": f"source {plan.settings.home / 'rehearsal.env'}" if plan.rehearsal else None,
        "logs": household.logs,
    }
    facts(shown, SHOWN, as_json=False)
    sys.stdout.flush()


def _watch(household: Household, told: threading.Event) -> None:
    while not told.wait(1):
        ended = household.one_that_ended()
        if ended is not None:
            raise Unavailable(f"{ended.name} ended by itself; what it said is in {ended.log}. Everything was stopped.")


def _python(module: str, *words: str) -> list[str]:
    return [sys.executable, "-m", module, *words]
