"""Files that staff write by hand, in YAML (JSON is YAML): read so that nothing written in them is lost unseen."""

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from tayori.errors import BadInput, NotFound


class Twice(yaml.constructor.ConstructorError):
    """A name stands twice in one place: which of the two counts, nobody can know."""


class Once(yaml.constructor.BaseConstructor):
    """For a loader of PyYAML's: a name that stands twice is refused, not overwritten."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 - PyYAML's signature
        """Construct a mapping whose names all differ; only merges (<<) may be several."""
        seen = set[str]()
        for name, _ in node.value:
            if name.value in seen and name.tag != "tag:yaml.org,2002:merge":
                raise Twice(None, None, "a name stands twice", name.start_mark)
            if isinstance(name, yaml.ScalarNode):
                seen.add(name.value)
        return super().construct_mapping(node, deep=deep)


class _Loader(Once, yaml.SafeLoader):
    """PyYAML's safe loader, strict about names."""


def load_once(text: str, loader: type[Once] = _Loader) -> Any:  # noqa: ANN401 - any YAML or JSON value
    """Load one document; raises `yaml.YAMLError`, which is `Twice` where a name stands twice."""
    return yaml.load(text, Loader=loader)  # type: ignore[arg-type]  # noqa: S506 - safe ones alone


def read_yaml(path: Path, loader: type[Once] = _Loader) -> Any:  # noqa: ANN401 - any YAML or JSON value
    """Read a YAML or JSON file of one document.

    Raises:
        NotFound: there is no such file.
        BadInput: it is neither YAML nor JSON, or not UTF-8, or a name stands twice; the sentence names the line.

    """
    try:
        return load_once(path.read_text("utf-8-sig"), loader)
    except OSError:
        raise NotFound(f"There is no file {path.name} that can be read.") from None
    except UnicodeDecodeError:
        raise BadInput(f"{path.name} is not a text in UTF-8; save it as UTF-8.") from None
    except Twice as fault:
        raise BadInput(f"{path.name} gives one name twice at {_place(fault)}; keep one of the two.") from None
    except (yaml.YAMLError, ValueError, KeyError, RecursionError) as fault:
        raise BadInput(
            f"{path.name} is not YAML or JSON at {_place(fault)}; check indentation and quotes there."
        ) from None


def _place(fault: Exception) -> str:
    mark = getattr(fault, "problem_mark", None)
    return f"line {mark.line + 1}" if mark else "some line"
