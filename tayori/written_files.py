"""Files that staff write by hand, in YAML (JSON is YAML): read so that nothing written in them is lost unseen."""

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import YAMLError

from tayori.errors import BadInput, NotFound


def read_yaml(path: Path) -> Any:  # noqa: ANN401 - any YAML or JSON value
    """Read a YAML or JSON file of one document. A name that stands twice in one place is refused, not overwritten.

    Raises:
        NotFound: there is no such file.
        BadInput: it is neither YAML nor JSON, or not UTF-8; the sentence names the line.

    """
    reader = YAML(typ="safe", pure=True)
    reader.version = (1, 1)  # yes and no are what they are in our own files  # type: ignore[assignment]
    try:
        return reader.load(path.read_text("utf-8-sig"))
    except OSError:
        raise NotFound(f"There is no file {path.name} that can be read.") from None
    except UnicodeDecodeError:
        raise BadInput(f"{path.name} is not a text in UTF-8; save it as UTF-8.") from None
    except DuplicateKeyError as fault:
        raise BadInput(f"{path.name} gives one name twice at {_place(fault)}; keep one of the two.") from None
    except (YAMLError, ValueError, RecursionError) as fault:
        raise BadInput(
            f"{path.name} is not YAML or JSON at {_place(fault)}; check indentation and quotes there."
        ) from None


def _place(fault: Exception) -> str:
    mark = getattr(fault, "problem_mark", None)
    return f"line {mark.line + 1}" if mark else "some line"
