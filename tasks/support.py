"""What every step under Prefect needs: an office from the settings, and errors that say a sentence and nothing else."""

import contextlib
import functools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ParamSpec, TypeVar

from pydantic import ValidationError

from tayori.deployment import refuse_strangers
from tayori.errors import BadInput, TayoriError
from tayori.office import Office, open_office
from tayori.settings import Mode, Settings

P = ParamSpec("P")
R = TypeVar("R")


class Unforeseen(TayoriError):
    """An error that nobody foresaw: its kind and its place in the code, never its text, which may hold a value."""


@contextlib.contextmanager
def desk() -> Iterator[Office]:
    """Open the office that this worker's environment names.

    Raises:
        BadInput: a setting breaks a rule; the sentence names the setting.
        Refused: live, and a setting names a host that is not on the allowed list (L15).

    """
    settings = settings_here()
    if settings.mode is Mode.LIVE:
        refuse_strangers(settings)
    with open_office(settings) as office:
        yield office


def settings_here() -> Settings:
    """Read the settings from the environment.

    Raises:
        BadInput: a setting breaks a rule; the sentence names the setting and the rule, never the value.

    """
    try:
        return Settings()
    except ValidationError as error:
        broken = "; ".join(_rule(part["loc"], part["msg"]) for part in error.errors(include_input=False))
    raise BadInput(f"The settings break a rule: {broken}.")


def _rule(place: tuple[int | str, ...], rule: str) -> str:
    name = "TAYORI_" + "_".join(str(part) for part in place).upper() if place else "the settings"
    return f"{name}: {rule.removeprefix('Value error, ')}"


def sentence_only(step: Callable[P, R]) -> Callable[P, R]:
    """Let a step fail with one sentence: no chained cause, no foreign message reaches Prefect (I3).

    Stands directly under `@task` and `@flow`. A refusal of ours keeps its kind and sentence; any other error is told by
    its kind and the place in our code where it came up.
    """

    @functools.wraps(step)
    def told(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return step(*args, **kwargs)
        except TayoriError as error:
            refusal = type(error)(error.sentence)
        except Exception as error:  # noqa: BLE001 - whatever it is, its text must not travel
            refusal = Unforeseen(f"An error that nobody foresaw: {type(error).__name__} at {_place()}.")
        raise refusal

    return told


def _place() -> str:
    """Give file and line of the deepest frame in this tree, of the error in hand."""
    tree = Path(__file__).resolve().parent.parent
    found, frame = "an unknown place", sys.exc_info()[2]
    while frame is not None:
        path = Path(frame.tb_frame.f_code.co_filename)
        if path.is_relative_to(tree) and "site-packages" not in path.parts:
            found = f"{path.relative_to(tree)}:{frame.tb_lineno}"
        frame = frame.tb_next
    return found
