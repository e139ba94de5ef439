"""How the command shows what it read: a table for people, JSON for scripts. Times are Tokyo's."""

import dataclasses
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from tayori.office import TOKYO

Json = Annotated[bool, typer.Option("--json", help="JSON で出す")]
TERMS = {
    "received": "受信",
    "applied": "反映",
    "ignored": "対象外",
    "duplicate": "重複",
    "quarantined": "隔離",
    "reasons": "対象外の理由",
    "rules": "隔離の規則",
    "planned": "送信前",
    "sending": "送信中",
    "accepted": "送信済み",
    "refused": "断られた",
    "unknown": "結果待ち",
    "undecided": "不明",
}
"""Words of counts within a cell, as staff read them; scripts read the names in JSON."""
WIDE = 160  # columns for what is not shown at a terminal: nothing is cut


def plain(value: object) -> Any:  # noqa: ANN401 - any JSON value
    """Give a value as JSON has it: moments in Tokyo's time, bytes in hexadecimal."""
    match value:
        case datetime():
            return value.astimezone(TOKYO).isoformat(timespec="seconds")
        case date() | Path():
            return str(value)
        case bytes():
            return value.hex()
        case Enum():
            return value.value
        case Mapping():
            return {str(plain(key)): plain(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(item) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    return value


def print_json(value: object) -> None:
    """Print a value as JSON."""
    typer.echo(json.dumps(plain(value), ensure_ascii=False, indent=2))


def _as_written(value: object) -> Text:
    """A cell as it was written: brackets are no markup, signs that steer a terminal are shown and not obeyed."""
    return Text("".join(one if one == "\n" or one.isprintable() else repr(one)[1:-1] for one in _cell(value)))


def table(rows: Sequence[object], headings: Mapping[str, str], *, as_json: bool) -> None:
    """Show rows by the fields that the headings name; as JSON with every field under its own name."""
    written = [plain(row) for row in rows]
    if as_json:
        print_json(written)
        return
    drawn = Table(*headings.values(), box=None, pad_edge=False)
    for row in written:
        drawn.add_row(*(_as_written(row.get(name)) for name in headings))
    _console().print(drawn)


def facts(value: object, headings: Mapping[str, str], *, as_json: bool) -> None:
    """Show one thing, a line a field."""
    written = plain(value)
    if as_json:
        print_json(written)
        return
    drawn = Table(box=None, show_header=False, pad_edge=False)
    for name, heading in headings.items():
        drawn.add_row(heading, _as_written(written.get(name)))
    _console().print(drawn)


def done(sentence: str, value: object, *, as_json: bool) -> None:
    """Say what was done."""
    if as_json:
        print_json(value)
    else:
        typer.echo(sentence)


@contextmanager
def progress(what: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """Show a bar on standard error while long work goes on; give what moves it on. Without a terminal: nothing."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True) as bars:
        bar = bars.add_task(what, total=total)
        yield lambda steps: bars.advance(bar, steps)


def _console() -> Console:
    return Console(width=None if sys.stdout.isatty() else WIDE, highlight=False)


def _cell(value: object) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "はい" if value else "いいえ"
        case list():
            return "、".join(str(item) for item in value)
        case dict():
            return (
                "、".join(f"{TERMS.get(name, name)} {_cell(item)}" for name, item in value.items() if item != {}) or "-"
            )
    return str(value)
