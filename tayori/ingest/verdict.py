"""What the gate says of a frame: which rows may go on, and which rule refused each of the others. Never a value."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import pandas as pd


@dataclass(frozen=True, slots=True)
class Verdict:
    """The accepted rows, and for each refused one its position in the frame and the rule."""

    accepted: pd.DataFrame
    refused: tuple[tuple[int, str], ...]


Gate = Callable[[pd.DataFrame, str, datetime], Verdict]
"""A gate takes a frame, the name of its suite and the present moment."""
