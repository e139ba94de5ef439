"""YAML in which every scalar is text and no key stands twice: `yes` stays "yes", `0312` keeps its zero."""

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from tayori.errors import BadInput, NotFound

Written = str | list["Written"] | dict[str, "Written"]


class _TextLoader(yaml.BaseLoader):
    """PyYAML's loader without types, strict about keys."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 - PyYAML's signature
        keys = [key.value for key, _ in node.value]
        twice = {str(key) for key in keys if keys.count(key) > 1}
        if twice:
            raise BadInput(f"line {node.start_mark.line + 1}: {min(twice)} is written twice; keep one.")
        return super().construct_mapping(node, deep=deep)


def read_plain_yaml(path: Path) -> Written:
    """Read a YAML file of the ward's own making.

    Raises:
        NotFound: there is no such file.
        BadInput: it is not UTF-8, not YAML, or a key stands twice; the sentence names the line.

    """
    try:
        loader = _TextLoader(path.read_text("utf-8-sig"))
        written: Written = loader.get_single_data()
    except FileNotFoundError:
        raise NotFound(f"There is no file {path.name}; check the path.") from None
    except (OSError, UnicodeDecodeError) as fault:
        raise BadInput(f"{path.name} cannot be read as a UTF-8 text ({type(fault).__name__}).") from None
    except yaml.YAMLError as fault:
        mark = getattr(fault, "problem_mark", None)
        place = f"line {mark.line + 1}" if mark else "somewhere"
        raise BadInput(f"{path.name} is not YAML at {place}; check indentation and quotes there.") from None
    except BadInput as fault:
        raise BadInput(f"{path.name}: {fault.sentence}") from None
    if written is None:
        raise BadInput(f"{path.name} is empty.")
    return written
