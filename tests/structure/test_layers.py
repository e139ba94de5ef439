"""The contracts of import-linter hold for every package, so that none can be added outside of them."""

import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
OUTSIDE = {"__init__"}


def _contracts() -> list[dict[str, Any]]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts: list[dict[str, Any]] = settings["tool"]["importlinter"]["contracts"]
    return contracts


def _layered(index: int) -> set[str]:
    return {name.strip() for line in _contracts()[index]["layers"] for name in line.replace("|", ":").split(":")}


def test_every_part_of_tayori_stands_in_a_layer() -> None:
    """A new package or module of `tayori` has to be given its layer."""
    parts = {
        path.stem for path in (ROOT / "tayori").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert {f"tayori.{part}" for part in parts - OUTSIDE} == _layered(1)


def test_every_top_level_package_is_watched() -> None:
    """Each package with code is a root package of the contracts."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert packages == set(settings["tool"]["importlinter"]["root_packages"])


def test_only_the_named_parts_may_know_prefect_and_the_others() -> None:
    """The four libraries that carry a person's data out of sight each have one place."""
    forbidden = {contract["forbidden_modules"][0] for contract in _contracts() if contract["type"] == "forbidden"}
    assert {"prefect", "great_expectations", "sqlalchemy", "linebot", "sandbox"} <= forbidden
