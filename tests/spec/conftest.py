"""LINE's specification, where it is given; its tests are skipped where it is not."""

import pytest

from sandbox.line.spec import PLACE, LineSpec, load_spec, spec_folder


@pytest.fixture(scope="session")
def line_spec() -> LineSpec:
    folder = spec_folder()
    if folder is None:
        pytest.skip(f"{PLACE} names no folder with LINE's OpenAPI files")
    return load_spec(folder)
