"""The gate: no frame reaches the warehouse before its suite of rules has judged every row.

Great Expectations takes seconds and 260 MB to load, so it is loaded by the first frame, not by whoever names the gate.
"""

from datetime import datetime

import pandas as pd

from tayori.ingest.verdict import Verdict


def gate(frame: pd.DataFrame, suite_name: str, now: datetime) -> Verdict:
    """Judge a frame by a suite: the accepted rows, and position and rule of each refused one, never a value.

    A row that breaks several rules is told by the first in the suite's order.

    Raises:
        NotFound: there is no such suite.
        BadInput: the columns are not exactly those of the suite's contract; no row was judged.

    """
    from expectations.judging import judge  # noqa: PLC0415 - start-up time: seconds that most commands do not need

    return judge(frame, suite_name, now)


def load() -> None:
    """Load the gate's rules beforehand, so that the first frame does not wait for them."""
    import expectations.judging  # noqa: F401, PLC0415 - start-up time, as above
