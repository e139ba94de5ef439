"""`tayori up`: Prefect, a worker, the doors and, in a rehearsal, the sandbox platform, until it is told to end."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
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
from tayori.warehouse.addresses import as_role
from tayori.warehouse.roles import DoorRoles

app = typer.Typer(rich_markup_mode=None, add_completion=False)

ROOT: Final = Path(__file__).resolve().parent.parent
POOL: Final = "tayori"
HERE: Final = "127.0.0.1"
REHEARSAL_CHANNEL: Final = "1650000001"
SHOWN: Final = {
    "prefect": "実行の画面 (Prefect)",
    "resident": "受信設定の画面",
    "screen": "ご意見入力画面",
    "door": "受付口 (webhook)",
    "line": "LINE",
    "environment": "他の端末で使う環境変数",
    "logs": "ログ",
}
ENDING: Final = (
    "Ctrl-C で全部が止まります。ブラウザで開くのは実行の画面・受信設定の画面・ご意見入力画面です"
    "（受付口と LINE は機械どうしの口で、401 や 405 を返します）。"
)
QUIET: Final = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",  # runs with their logs and artifacts
    "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(14 * 24 * 3600),
    "PREFECT_SERVER_DEPLOYMENTS_CONCURRENCY_SLOT_WAIT_SECONDS": "2",
}

ROLES: Final = DoorRoles()
FIGURES: Final = 1000  # a door shows its figures at its own port and so many
Port = Annotated[int, typer.Option(min=1, max=65535)]
DoorPort = Annotated[int, typer.Option(min=1, max=65535 - FIGURES)]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to run where."""

    settings: Settings
    prefect_port: int
    door_port: int
    line_port: int
    resident_port: int
    opinion_port: int
    friends: int
    residents: int

    @property
    def rehearsal(self) -> bool:
        """Whether a sandbox plays LINE."""
        return self.settings.mode is Mode.REHEARSAL

    @property
    def webhook(self) -> str:
        """Where LINE posts."""
        return f"http://{HERE}:{self.door_port}/webhook/line"

    @property
    def screen(self) -> str:
        """Where residents write to the ward: by way of this machine in a rehearsal, at the ward's address in live."""
        return (
            f"http://{HERE}:{self.opinion_port}"
            if self.rehearsal
            else self.settings.opinion_base_url or self.settings.web_base_url
        )

    @property
    def pages(self) -> str:
        """Where residents set what they want: by way of this machine in a rehearsal, at the ward's address in live."""
        return f"http://{HERE}:{self.resident_port}" if self.rehearsal else self.settings.web_base_url

    def address(self, url: str, role: str) -> str:
        """Give a store's address for a door: under its own role in live; a rehearsal may run as the owner."""
        return url if self.rehearsal else as_role(url, role)


@app.command()
def up(
    *,
    prefect_port: Port = 4200,
    door_port: DoorPort = 8081,
    line_port: Port = 8082,
    resident_port: DoorPort = 8083,
    opinion_port: DoorPort = 8084,
    friends: Annotated[
        int, typer.Option(min=0, help="模擬の LINE に初めからいる友だちの数（通知も受信設定もない）")
    ] = 0,
    residents: Annotated[
        int, typer.Option(min=0, help="友だち登録をして受信設定を送る模擬の利用者の数（受付口を通る）")
    ] = 0,
) -> None:
    """全部をこの機械で動かし、アドレスを表示する。Ctrl-C で止まる。

    受付口と二つの画面は、それぞれのポート+1000 で数値 (Prometheus) をこの機械だけに出す。
    """
    settings = settings_here()
    if settings.mode is Mode.LIVE:
        deployment.refuse_strangers(settings)
        if friends or residents:
            raise BadInput("--friends and --residents make dummy people, and live has none; leave them out.")
    set_up(settings, utc_now())
    plan = Plan(settings, prefect_port, door_port, line_port, resident_port, opinion_port, friends, residents)
    told = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: told.set())
    doors = {"--door-port": door_port, "--resident-port": resident_port, "--opinion-port": opinion_port}
    refuse_taken(doors | {"--prefect-port": prefect_port} | ({"--line-port": line_port} if plan.rehearsal else {}))
    refuse_taken({option: port + FIGURES for option, port in doors.items()})
    household = Household(settings.home.absolute() / "logs")
    try:
        _start(household, plan, told)
        _watch(household, told)
    finally:
        household.end()


def refuse_taken(ports: Mapping[str, int]) -> None:
    """Refuse ports, by their options, that another program listens on, before anything is started.

    Raises:
        Unavailable: one is taken.

    """
    for option, port in ports.items():
        with socket.socket() as asked:
            asked.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                asked.bind((HERE, port))
            except OSError:
                raise Unavailable(f"Port {port} is taken by another program; name a free one with {option}.") from None


def _start(household: Household, plan: Plan, told: threading.Event) -> None:
    environment, login = _environment(plan), _login(plan)
    if plan.rehearsal:
        _say("模擬の LINE を起動しています")
        _start_platform(household, plan, environment, login)
    _say("受付口・ご意見入力画面・受信設定の画面を起動しています")
    _start_door(household, plan, environment)
    _start_opinion(household, plan, environment)
    _start_resident(household, plan, environment, login)
    if plan.residents:
        _say(f"模擬の利用者 {plan.residents} 人が友だち登録し、受信設定を送っています")
        _let_residents_join(plan)
    api = environment["PREFECT_API_URL"]
    if "PREFECT_API_URL" not in os.environ:
        _say("実行の画面 (Prefect) を起動しています（1 分ほどかかります）")
        port = str(plan.prefect_port)
        server = household.start(
            "prefect", _python("prefect", "server", "start", "--host", HERE, "--port", port), environment
        )
        household.wait_until_it_answers(server, f"{api}/health")
    if not told.is_set():
        _say("フローを登録しています")
        _deploy(environment)
        household.start(
            "worker", _python("prefect", "worker", "start", "--pool", POOL, "--type", "process"), environment
        )
        _tell(household, plan, environment)


def _start_platform(household: Household, plan: Plan, environment: dict[str, str], login: Mapping[str, str]) -> None:
    account = {
        "login_channel_id": login["TAYORI_LINE_LOGIN_CHANNEL_ID"],
        "login_channel_secret": login["TAYORI_LINE_LOGIN_CHANNEL_SECRET"],
        "channel_secret": environment["TAYORI_LINE_CHANNEL_SECRET"],
        "access_token": environment["TAYORI_LINE_ACCESS_TOKEN"],
    }
    command = _python("sandbox.line", "--port", str(plan.line_port), "--friends", str(plan.friends))
    told = environment | {"SANDBOX_ACCOUNT": json.dumps(account)}
    platform = household.start("line", [*command, "--webhook", plan.webhook], told)
    household.wait_until_it_answers(platform, f"http://{HERE}:{plan.line_port}/")


def _let_residents_join(plan: Plan) -> None:
    """Let dummy residents come in by the real door, after those who were friends from the start."""
    from sandbox.demo.residents import join  # noqa: PLC0415 - start-up time, and only a rehearsal needs it
    from sandbox.line.client import ControlClient  # noqa: PLC0415 - as above
    from sandbox.line.platform import Account  # noqa: PLC0415 - as above

    office = Office(plan.settings)
    try:
        line = ControlClient(f"http://{HERE}:{plan.line_port}")
        join(line, office, plan.residents, start=plan.friends, seed=Account().seed)
    finally:
        office.close()


def _start_door(household: Household, plan: Plan, environment: dict[str, str]) -> None:
    """Start the door with what it needs and nothing else: no key, no vault, no token reaches it."""
    settings = plan.settings
    own = _bare(environment) | {
        "TAYORI_LINE_CHANNEL_SECRET": environment["TAYORI_LINE_CHANNEL_SECRET"],
        "TAYORI_INBOX_PUBLIC_KEY_FILE": str(Office(settings).inbox_public_file.absolute()),
        "TAYORI_INBOX_URL": plan.address(environment["TAYORI_INBOX_URL"], ROLES.door),
        "TAYORI_MEDIA_FOLDER": str(Office(settings).media_folder.absolute()),
    }
    _serve(household, "door", plan.door_port, own)


def _start_opinion(household: Household, plan: Plan, environment: dict[str, str]) -> None:
    """Start the opinion screen with a public key and the inbox's address: not even the channel secret reaches it."""
    settings = plan.settings
    own = _bare(environment) | {
        "TAYORI_OPINION_BASE_URL": plan.screen,
        "TAYORI_WEB_BASE_URL": plan.pages,
        "TAYORI_WEB_ALLOWED_HOSTS": "" if plan.rehearsal else ",".join(settings.web_allowed_hosts),
        "TAYORI_INBOX_URL": plan.address(environment["TAYORI_INBOX_URL"], ROLES.opinion),
        "TAYORI_INBOX_PUBLIC_KEY_FILE": str(Office(settings).inbox_public_file.absolute()),
    }
    _serve(household, "opinion", plan.opinion_port, own)


def _start_resident(household: Household, plan: Plan, environment: dict[str, str], login: Mapping[str, str]) -> None:
    """Start the residents' pages with what they need: no key of the vault, no token that sends reaches them."""
    settings, office = plan.settings, Office(plan.settings)
    settled = settings.model_copy(update={"home": settings.home.absolute()})
    own = _bare(environment) | {
        **login,
        "TAYORI_MODE": settings.mode,
        "TAYORI_WEB_BASE_URL": plan.pages,
        "TAYORI_WEB_ALLOWED_HOSTS": ",".join(settings.web_allowed_hosts),
        "TAYORI_DATABASE_URL": plan.address(settled.warehouse_address, ROLES.resident),
        "TAYORI_INBOX_URL": plan.address(environment["TAYORI_INBOX_URL"], ROLES.resident),
        "TAYORI_INBOX_PUBLIC_KEY_FILE": str(office.inbox_public_file.absolute()),
        "TAYORI_INDEX_KEY_FILE": str(office.index_path.absolute()),
    }
    _serve(household, "resident", plan.resident_port, own)


def _serve(household: Household, name: str, port: int, environment: Mapping[str, str]) -> None:
    words = ("--host", HERE, "--port", str(port), "--metrics-port", str(port + FIGURES))
    child = household.start(name, _python(f"web.{name}", *words), environment)
    household.wait_until_it_answers(child, f"http://{HERE}:{port}/healthz")


def _bare(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if not name.startswith(("TAYORI_", "PREFECT_"))}


def _login(plan: Plan) -> dict[str, str]:
    """Give the LINE Login channel, for the pages alone: the workers never hold its secret from here."""
    settings = plan.settings
    channel = "TAYORI_LINE_LOGIN_CHANNEL_ID", "TAYORI_LINE_LOGIN_CHANNEL_SECRET"
    if plan.rehearsal:
        base = {"TAYORI_LINE_LOGIN_BASE": f"http://{HERE}:{plan.line_port}"}
        return base | dict(zip(channel, (REHEARSAL_CHANNEL, secrets.token_hex(16)), strict=True))
    if not settings.line_login_channel_id or not settings.line_login_channel_secret:
        raise BadInput(f"Set {' and '.join(channel)}; live makes nothing up.")
    given = settings.line_login_channel_id, settings.line_login_channel_secret.get_secret_value()
    return dict(zip(channel, given, strict=True))


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
        "resident": plan.pages,
        "screen": f"{plan.screen}/opinion/",
        "door": plan.webhook,
        "line": environment.get("TAYORI_LINE_API_BASE") or plan.settings.line_base,
        "environment": f"source {plan.settings.home / 'rehearsal.env'}" if plan.rehearsal else None,
        "logs": household.logs,
    }
    facts(shown, SHOWN, as_json=False)
    typer.echo(ENDING)
    sys.stdout.flush()


def _say(what: str) -> None:
    typer.echo(f"● {what}", err=True)


def _watch(household: Household, told: threading.Event) -> None:
    while not told.wait(1):
        ended = household.one_that_ended()
        if ended is not None:
            raise Unavailable(f"{ended.name} ended by itself; what it said is in {ended.log}. Everything was stopped.")


def _python(module: str, *words: str) -> list[str]:
    return [sys.executable, "-m", module, *words]
