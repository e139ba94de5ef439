"""Ways to leak, one each: the search has to find every one of them, or its silence means nothing."""

import gzip
import sys
from collections.abc import Callable
from pathlib import Path

from prefect import flow, tags, task
from prefect.artifacts import create_markdown_artifact
from prefect.logging import get_run_logger

from tayori.office import Office
from tayori.warehouse import segments
from tayori.warehouse.engines import writing

Leak = Callable[[str, Office, Path], None]


def a_parameter(value: str, _office: Office, _folder: Path) -> None:
    """Hand a flow a value."""

    @flow(name="leak-parameter")
    def taking(given: str) -> None:
        assert given

    taking(value)


def a_log_line(value: str, _office: Office, _folder: Path) -> None:
    """Log a value in a flow."""

    @flow(name="leak-log")
    def logging() -> None:
        get_run_logger().info("who: %s", value)

    logging()


def an_exception(value: str, _office: Office, _folder: Path) -> None:
    """Raise a value in a task."""

    @flow(name="leak-exception")
    def failing() -> None:
        task(lambda given: int(given))(value)  # noqa: PLW0108 - `int` itself has no signature

    failing(return_state=True)


def a_name(value: str, _office: Office, _folder: Path) -> None:
    """Name a run after somebody."""
    flow(name="leak-name", flow_run_name=f"for {value}")(lambda: None)()


def a_tag(value: str, _office: Office, _folder: Path) -> None:
    """Tag a run with somebody."""
    with tags(value):
        flow(name="leak-tag")(lambda: None)()


def an_artifact(value: str, _office: Office, _folder: Path) -> None:
    """Show a value as an artifact."""

    @flow(name="leak-artifact")
    def showing() -> None:
        create_markdown_artifact(f"| {value} |", key="leak")

    showing()


def a_result(value: str, _office: Office, _folder: Path) -> None:
    """Keep a flow's result: it is stored as base64 of a pickle."""

    @flow(name="leak-result", persist_result=True)
    def keeping() -> dict[str, str]:
        return {"pad": "x", "who": value}

    keeping()


def a_column(value: str, office: Office, _folder: Path) -> None:
    """Write a value into a column that is not sealed."""
    with writing(office.warehouse) as connection:
        segments.add(connection, f"{value}の分", "{}", "writer", office.now())


def a_page(value: str, _office: Office, folder: Path) -> None:
    """Write a value into a report, as another machine's editor would."""
    (folder / "home" / "report.html").write_text(f"<p>{value}</p>", "utf-16")


def a_packed_log(value: str, _office: Office, folder: Path) -> None:
    """Write a value into a log that is rotated and packed."""
    (folder / "home" / "door.log.1.gz").write_bytes(gzip.compress(f"who: {value}\n".encode()))


def an_output(value: str, _office: Office, folder: Path) -> None:
    """Print a value."""
    with (folder / "said" / "worker.err").open("a", encoding="utf-8") as err:
        sys.stderr, before = err, sys.stderr
        print(f"who: {value.encode().hex()}", file=sys.stderr)  # noqa: T201 - the leak
        sys.stderr = before


WAYS: dict[str, tuple[Leak, ...]] = {
    "prefect": (a_parameter, a_log_line, an_exception, a_name, a_tag, an_artifact, a_result),
    "columns": (a_column,),
    "home": (a_column, a_page, a_packed_log),
    "said": (an_output,),
}
"""By the place in which each has to be found."""
