"""The one shape in which opinions leave every source: text only, one column for each item, gaps as missing."""

from collections.abc import Mapping, Sequence
from typing import Final

import pandas as pd

PERSONAL_ITEMS: Final = ("name", "postal_code", "address", "telephone", "email", "fax", "opinion")
MANAGED_ITEMS: Final = (
    "source_key",
    "received_on",
    "channel",
    "addressee",
    "answer_wanted",
    "department",
    "kind",
)
ITEMS: Final = (*MANAGED_ITEMS, *PERSONAL_ITEMS)
FRAME_COLUMNS: Final = ("row", *ITEMS)
ALWAYS_GIVEN: Final = ("received_on", "channel", "addressee", "answer_wanted", "opinion")
CHUNK_ROWS: Final = 50_000  # the gate costs a third of a second a frame, whatever its length

Cell = str | None


def opinion_frame(rows: Sequence[str], items: Mapping[str, Sequence[Cell]]) -> pd.DataFrame:
    """Build a frame with exactly `FRAME_COLUMNS`, every cell text or missing.

    `rows` names each row at its source; `items` holds one list for each item, and may leave items out.
    """
    missing: list[Cell] = [None] * len(rows)
    columns: dict[str, Sequence[Cell]] = {"row": rows}
    columns |= {item: items.get(item, missing) for item in ITEMS}
    return pd.DataFrame(columns, dtype="str")
