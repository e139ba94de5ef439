"""Long steps over many rows without the collector of cycles, which would walk all of them again and again."""

import functools
import gc
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def uncollected(step: Callable[P, R]) -> Callable[P, R]:
    """Let a step run without the collector of cycles: it makes none, and its rows would be walked again and again."""

    @functools.wraps(step)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        collects = gc.isenabled()
        gc.disable()
        try:
            return step(*args, **kwargs)
        finally:
            if collects:
                gc.enable()

    return run
