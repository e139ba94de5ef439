"""Attacks on the settings: an address that looks like another one."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from tayori.warehouse.addresses import is_protected
from tests.support.builders import some_settings

LINE = ("https://api.line.me", "https://API.LINE.ME", "https://api%2Eline.me/", "https://u:p@Api.Line.Me.:443/v2")
WEAK = (
    "postgresql://h/db",
    "postgresql://h/db?sslmode=require&application_name=sslmode=verify-full",
    "postgresql://u:sslmode=verify-full@h/db",
    "postgresql://h/db?sslmode=verify-full&sslmode=disable",
)
ELSEWHERE = (
    "postgresql://localhost/db?hostaddr=192.0.2.7",
    "postgresql:///db?host=localhost&hostaddr=192.0.2.7",
    "postgresql:///db?host=localhost&host=db.example.jp",
)


@pytest.mark.parametrize("address", LINE)
def test_rehearsal_never_reaches_line_under_any_spelling(tmp_path: Path, address: str) -> None:
    """Host names know no case, and a name may be written in percents: dummies are never sent to LINE itself."""
    with pytest.raises(ValidationError, match="rehearsal refuses"):
        some_settings(tmp_path, line_api_base=address)


@pytest.mark.parametrize("address", WEAK)
@pytest.mark.parametrize("store", ["database_url", "vault_url", "inbox_url"])
def test_live_reads_the_mode_of_the_wire_where_it_stands(tmp_path: Path, store: str, address: str) -> None:
    """What says verify-full has to be the one setting that decides it, not a word somewhere in the address (L8)."""
    changes: dict[str, Any] = {"mode": "live", store: address}
    with pytest.raises(ValidationError, match="verify-full"):
        some_settings(tmp_path, **changes)


def test_a_verified_wire_is_taken(tmp_path: Path) -> None:
    """The setting as it should be is accepted."""
    url = "postgresql://u@h/db?application_name=tayori&sslmode=verify-full"
    assert some_settings(tmp_path, mode="live", database_url=url).warehouse_address == url


@pytest.mark.parametrize("address", ELSEWHERE)
def test_a_door_judges_a_wire_by_where_it_leads(address: str) -> None:
    """A name of this machine beside the number of another one is no wire of this machine (L8)."""
    assert not is_protected(address)
    assert is_protected(f"{address}&sslmode=verify-full")
    assert is_protected("postgresql://localhost/db")
