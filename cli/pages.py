"""`python -m cli.pages` writes the generated pages of docs/ from the code; `--check` says whether they differ."""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import typer
import yaml

from cli.app import WORDS, app
from tayori.domain.states import BATCH_STEPS, BROADCAST_STEPS, CASE_STEPS
from tayori.errors import TayoriError
from tayori.settings import Settings
from tayori.vault.keyfile import write_secret
from web.documents import document_of
from web.door import app as door
from web.door.settings import DoorSettings
from web.opinion import app as opinion
from web.opinion.settings import OpinionSettings
from web.resident import app as resident
from web.resident.settings import ResidentSettings

HERE: Final = "http://127.0.0.1:1"
DOCS: Final = Path(__file__).resolve().parent.parent / "docs"
NOTE: Final = "<!-- Written by `make docs` from the code; `make check` compares. -->"
SECRET: Final = "**secret**"  # noqa: S105 - a word of the table
WIDTH: Final = "100"
MACHINES: Final[dict[str, Mapping[Any, frozenset[Any]]]] = {
    "Broadcast (配信)": BROADCAST_STEPS,
    "Batch (送信の束)": BATCH_STEPS,
    "Case (意見等)": CASE_STEPS,
}


def main(words: list[str]) -> int:
    """Write the pages, or compare them; 1 where one differs."""
    pages = {
        "settings.md": settings_page(),
        "cli.md": command_page(),
        "deployments.md": deployments_page(),
        "states.md": states_page(),
        **{f"openapi/{name}.json": _as_json(document) for name, document in documents().items()},
    }
    if words != ["--check"]:
        for name, text in pages.items():
            (DOCS / name).write_text(text, "utf-8")
        return 0
    stale = [name for name, text in pages.items() if _stored(name) != text]
    for name in stale:
        sys.stderr.write(f"docs/{name} is not what the code says; run `make docs`.\n")
    return int(bool(stale))


def documents() -> dict[str, dict[str, Any]]:
    """Give the OpenAPI documents of the doors, by the name of the process."""
    with TemporaryDirectory() as folder:
        key = Path(folder) / "index.key"
        write_secret(key, b"0" * 64)
        held = {"inbox_public_key_file": key, "inbox_url": f"sqlite:///{key}", "line_channel_secret": "x" * 32}
        screen = OpinionSettings(opinion_base_url=HERE, **held)  # type: ignore[arg-type]
        login = {"line_login_base": HERE, "line_login_channel_id": "1", "line_login_channel_secret": "x" * 32}
        stores = {"web_base_url": HERE, "database_url": f"sqlite:///{key}", "index_key_file": key}
        pages = ResidentSettings(**{**held, **login, **stores})  # type: ignore[arg-type]
        return {
            "door": document_of(door.make_app(DoorSettings(**held))),  # type: ignore[arg-type]
            "opinion": document_of(opinion.make_app(opinion.make_screen(screen))),
            "resident": document_of(resident.make_app(resident.make_context(pages))),
        }


def _as_json(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def settings_page() -> str:
    """Give the table of settings."""
    lines = ["# Settings", "", NOTE, "", "Read from the environment, prefix `TAYORI_`. No secret has a default.", ""]
    lines += ["| name | default | what it is |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        secret = "Secret" in str(field.annotation)
        default = SECRET if secret else _default(field.default)
        lines.append(f"| `TAYORI_{name.upper()}` | {default} | {field.description} |")
    lines += ["", "Beside these, Prefect's own: `PREFECT_API_URL` (https or this machine), `PREFECT_HOME`,"]
    lines += ["`PREFECT_SERVER_ANALYTICS_ENABLED=false`; Great Expectations: `GX_ANALYTICS_ENABLED=false`.", ""]
    return "\n".join(lines)


def command_page() -> str:
    """Give every command's own help text, and the exit codes."""
    os.environ["COLUMNS"] = os.environ["TERMINAL_WIDTH"] = WIDTH
    lines = ["# The command `tayori`", "", NOTE, "", "Every reading command takes `--json`. Errors are one sentence on"]
    lines += ["standard error; the exit code says their kind:", "", "| code | kind |", "|---|---|", "| 0 | done |"]
    tree: list[type[TayoriError]] = [TayoriError, *TayoriError.__subclasses__()]
    kinds = {kind.exit_code: kind for kind in tree if kind.__module__ == TayoriError.__module__}
    lines += [f"| {code} | {_first_line(kind.__doc__)} |" for code, kind in sorted(kinds.items())]
    root: Any = typer.main.get_command(app)
    for title, text in _helps(root, "tayori", None):
        lines += ["", f"## `{title}`", "", "```text", text.rstrip(), "```"]
    return "\n".join([*lines, ""])


def deployments_page() -> str:
    """Give the table of deployments, as prefect.yaml has them."""
    plan: list[dict[str, Any]] = yaml.safe_load((DOCS.parent / "prefect.yaml").read_text("utf-8"))["deployments"]
    lines = [
        "# Deployments",
        "",
        NOTE,
        "",
        "What Prefect runs, and when (Asia/Tokyo). Staff read these descriptions on the",
    ]
    lines += ["page of each deployment.", "", "| name | when | story | what staff read |", "|---|---|---|---|"]
    for one in plan:
        when = "、".join(f"`{schedule['cron']}`" for schedule in one.get("schedules", [])) or "随時"
        told = " ".join(str(one["description"]).split())
        lines.append(f"| `{one['name']}` | {when} | `{one['entrypoint']}` | {told} |")
    return "\n".join([*lines, ""])


def states_page() -> str:
    """Give the diagrams of the state machines, drawn from their tables."""
    lines = [
        "# States",
        "",
        NOTE,
        "",
        "Each machine is one table in `tayori/domain/states.py`; these are its pictures.",
    ]
    for title, machine in MACHINES.items():
        steps = [f"    {before} --> {after}" for before, following in machine.items() for after in sorted(following)]
        begin, ends = next(iter(machine)), [state for state, following in machine.items() if not following]
        drawn = [f"    [*] --> {begin}", *steps, *(f"    {state} --> [*]" for state in ends)]
        lines += ["", f"## {title}", "", "```mermaid", "stateDiagram-v2", *drawn, "```"]
    return "\n".join([*lines, ""])


def _helps(command: Any, path: str, parent: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - typer's own types
    context = command.context_class(
        command,
        info_name=path.rsplit(" ", 1)[-1],
        parent=parent,
        terminal_width=int(WIDTH),
        max_content_width=int(WIDTH),
    )
    yield path, command.get_help(context)
    if not hasattr(command, "list_commands"):
        return
    for name in WORDS if parent is None else command.list_commands(context):
        yield from _helps(command.get_command(context, name), f"{path} {name}", context)


def _default(value: object) -> str:
    return f"`{value}`" if value not in ("", None, ()) else "-"


def _first_line(text: str | None) -> str:
    return (text or "").strip().splitlines()[0]


def _stored(name: str) -> str:
    path = DOCS / name
    return path.read_text("utf-8") if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
