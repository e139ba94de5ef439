"""The verifier as it is handed over: one file, made of the three modules that are read and tested here."""

import ast
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Final

NAME: Final = "verifier.py"
PARTS: Final = ("merkle.py", "tokens.py", NAME)
FOLDER: Final = Path(__file__).parent


@cache
def standalone_verifier() -> bytes:
    """Join the verifier with the modules that it uses: its own description, every import once, then their code."""
    trees = {name: ast.parse((FOLDER / name).read_text("utf-8")) for name in PARTS}
    imports = _imports([node for tree in trees.values() for node in tree.body])
    code = "".join(f"\n\n{_code(name, tree)}\n" for name, tree in trees.items())
    return f'"""{ast.get_docstring(trees[NAME])}\n"""\n\n{chr(10).join(imports)}\n{code}'.encode()


def _code(name: str, tree: ast.Module) -> str:
    """Give a module from its first line of code, comments and blank lines as they are written."""
    first = next(node for node in tree.body if not isinstance(node, ast.Expr | ast.Import | ast.ImportFrom))
    start = min([first.lineno, *(one.lineno for one in getattr(first, "decorator_list", []))])
    return "\n".join((FOLDER / name).read_text("utf-8").splitlines()[start - 1 :]).strip()


def _imports(nodes: Iterable[ast.stmt]) -> list[str]:
    """Give every import that is not ours, each module once."""
    whole: set[str] = set()
    named: dict[str, set[str]] = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            whole |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not str(node.module).startswith("tayori."):
            named.setdefault(str(node.module), set()).update(alias.name for alias in node.names)
    parts = [f"from {module} import {', '.join(sorted(names))}" for module, names in sorted(named.items())]
    return [*(f"import {name}" for name in sorted(whole)), *parts]
