"""YAML in which every scalar is text and no key stands twice: `yes` stays "yes", `0312` keeps its zero."""

from pathlib import Path

import yaml

from tayori.errors import BadInput
from tayori.written_files import Once, read_yaml

Written = str | list["Written"] | dict[str, "Written"]


class _TextLoader(Once, yaml.BaseLoader):
    """PyYAML's loader without types, strict about keys."""


def read_plain_yaml(path: Path) -> Written:
    """Read a YAML file of the ward's own making.

    Raises:
        NotFound: there is no such file.
        BadInput: it is empty, or as `read_yaml`.

    """
    written: Written | None = read_yaml(path, _TextLoader)
    if written is None:
        raise BadInput(f"{path.name} is empty.")
    return written
