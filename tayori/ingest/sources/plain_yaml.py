"""YAML in which every scalar is text and no key stands twice: `yes` stays "yes", `0312` keeps its zero."""

from pathlib import Path

import yaml

from tayori.errors import BadInput, NotFound
from tayori.written_files import Once, Twice

Written = str | list["Written"] | dict[str, "Written"]


class _TextLoader(Once, yaml.BaseLoader):
    """PyYAML's loader without types, strict about keys."""


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
    except Twice as fault:
        line = fault.problem_mark.line + 1 if fault.problem_mark else 0
        raise BadInput(f"{path.name}: line {line}: a key is written twice; keep one.") from None
    except yaml.YAMLError as fault:
        mark = getattr(fault, "problem_mark", None)
        place = f"line {mark.line + 1}" if mark else "somewhere"
        raise BadInput(f"{path.name} is not YAML at {place}; check indentation and quotes there.") from None
    if written is None:
        raise BadInput(f"{path.name} is empty.")
    return written
