"""Great Expectations at work: one pass over a frame, positions and rules out, values nowhere.

Results are asked for with `exclude_unexpected_values`; the positions they hold are those of a fresh index, which says
nothing of a row but where it stands. Nothing of a result is printed, logged, stored or rendered.
"""

import logging
import os
import warnings
from datetime import datetime
from functools import cache
from typing import Any, Final

import pandas as pd

from tayori.errors import BadInput, NotFound
from tayori.ingest.verdict import Verdict

os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
with warnings.catch_warnings():  # it imports sre_constants, which Python means to drop
    warnings.simplefilter("ignore", DeprecationWarning)
    import great_expectations as gx
    from great_expectations.core.batch_definition import BatchDefinition
    from great_expectations.data_context.types.base import ProgressBarsConfig
    from great_expectations.expectations.core.expect_table_columns_to_match_set import ExpectTableColumnsToMatchSet

    from expectations.rules import Suite
    from expectations.suites import SUITES

POSITIONS_ONLY: Final = {"result_format": "COMPLETE", "exclude_unexpected_values": True}
COLUMNS: Final = "exact_columns"


def judge(frame: pd.DataFrame, suite_name: str, now: datetime) -> Verdict:
    """Judge a frame by a suite; see `expectations.gate.gate`."""
    suite = SUITES.get(suite_name)
    if suite is None:
        raise NotFound(f"The gate has no suite {suite_name}.")
    _require_columns(frame, suite)
    if frame.empty:
        return Verdict(frame, ())
    return _verdict(frame.reset_index(drop=True), suite, now)


def _require_columns(frame: pd.DataFrame, suite: Suite) -> None:
    expected = ExpectTableColumnsToMatchSet(column_set=list(suite.columns), exact_match=True)
    batch = _definition().get_batch({"dataframe": frame.head(1).reset_index(drop=True)})
    if not batch.validate(expected, result_format="BOOLEAN_ONLY").success:
        unknown, missing = set(frame.columns) - set(suite.columns), set(suite.columns) - set(frame.columns)
        raise BadInput(
            f"The columns are not those of the register: {len(unknown)} that it does not know, "
            f"{len(missing)} missing ({', '.join(sorted(missing)) or 'none'}). No row was taken in."
        )


def _verdict(frame: pd.DataFrame, suite: Suite, now: datetime) -> Verdict:
    refused: dict[int, str] = {}
    for rule, positions in _broken(frame, suite, now):
        for position in positions:
            refused.setdefault(position, rule)
    accepted = frame.drop(index=list(refused)) if refused else frame
    return Verdict(accepted, tuple(sorted(refused.items())))


def _broken(frame: pd.DataFrame, suite: Suite, now: datetime) -> list[tuple[str, list[int]]]:
    """Give, for each rule in order, the positions of the rows that break it."""
    expected = []
    for rule in suite.rules:
        expectation = rule.expect(now)
        expectation.meta = {"rule": rule.name}
        expected.append(expectation)
    asked = gx.ExpectationSuite(name="asked", expectations=expected)
    result = _definition().get_batch({"dataframe": frame}).validate(asked, result_format=POSITIONS_ONLY)
    by_rule = {_rule_of(one): one for one in result.results}
    return [(rule.name, _positions(by_rule[rule.name])) for rule in suite.rules]


def _rule_of(result: Any) -> str:  # noqa: ANN401 - untyped by nature
    return str(result.expectation_config.meta["rule"])


def _positions(result: Any) -> list[int]:  # noqa: ANN401 - untyped by nature
    if result.exception_info.get("raised_exception") or "unexpected_index_list" not in result.result:
        raise BadInput("The gate could not judge the frame: a column is not of the kind its rule is about.")
    return list(result.result["unexpected_index_list"])


@cache
def _definition() -> BatchDefinition[Any]:
    logging.getLogger("great_expectations.data_context.types.base").setLevel(logging.WARNING)  # it sets its own
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas("frames").add_dataframe_asset("frame")
    return asset.add_batch_definition_whole_dataframe("whole")
