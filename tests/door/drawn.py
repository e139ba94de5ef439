"""Webhook bodies drawn from LINE's own schema, and the same bodies damaged: what may come, and what should not.

Own code, since the library for it (hypothesis-jsonschema) no longer runs with the present Hypothesis and knows nothing
of OpenAPI's discriminators (ADR 0035).
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import yaml
from hypothesis import strategies as st

Drawn = st.SearchStrategy[Any]
Schema = Mapping[str, Any]

ODD: Final = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(1 << 70), 1 << 70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=300),
    st.just([]),
    st.just({}),
    st.just([[[[[[[[]]]]]]]]),
)
PLAIN: Final[Mapping[str, Drawn]] = {
    "string": st.text(max_size=40),
    "integer": st.integers(-(1 << 53), 1 << 53),
    "number": st.floats(allow_nan=False, allow_infinity=False),
    "boolean": st.booleans(),
}


class Drawer:
    """Draws values of the schemas of one OpenAPI file, discriminators obeyed."""

    def __init__(self, file: Path) -> None:
        self._schemas: Mapping[str, Schema] = yaml.safe_load(file.read_text("utf-8"))["components"]["schemas"]
        self._known: dict[str, Drawn] = {}

    def named(self, name: str) -> Drawn:
        """Give the strategy of a schema by its name."""
        if name not in self._known:
            self._known[name] = st.deferred(lambda: self._of(self._schemas[name]))
        return self._known[name]

    def _of(self, schema: Schema) -> Drawn:
        if "$ref" in schema:
            return self.named(schema["$ref"].rsplit("/", 1)[1])
        if "discriminator" in schema:
            named, mapping = schema["discriminator"]["propertyName"], schema["discriminator"]["mapping"]
            return st.one_of([self._kind(named, kind, ref.rsplit("/", 1)[1]) for kind, ref in mapping.items()])
        if "enum" in schema:
            return st.sampled_from(schema["enum"])
        if schema.get("type") == "array":
            return st.lists(self._of(schema["items"]), max_size=3)
        if schema.get("type") == "object" or "properties" in schema or "allOf" in schema:
            return self._object(schema)
        return PLAIN.get(schema.get("type", ""), ODD)

    def _kind(self, named: str, kind: str, name: str) -> Drawn:
        return self._object(self._schemas[name], {named: st.just(kind)})

    def _object(self, schema: Schema, fixed: Mapping[str, Drawn] | None = None) -> Drawn:
        properties, required = self._parts(schema)
        drawn = {name: self._of(part) for name, part in properties.items()} | dict(fixed or {})
        needed = {name: one for name, one in drawn.items() if name in required or name in (fixed or {})}
        return st.fixed_dictionaries(needed, optional={name: drawn[name] for name in drawn if name not in needed})

    def _parts(self, schema: Schema) -> tuple[dict[str, Schema], set[str]]:
        properties, required = dict(schema.get("properties", {})), set(schema.get("required", []))
        for part in schema.get("allOf", []):
            whole = self._schemas[part["$ref"].rsplit("/", 1)[1]] if "$ref" in part else part
            more, needed = self._parts(whole)
            properties, required = more | properties, required | needed
        return properties, required


def bodies(file: Path) -> st.SearchStrategy[bytes]:
    """Give bodies of deliveries: a third as LINE's schema has them, a third with values replaced, a third cut up."""
    whole = Drawer(file).named("CallbackRequest")
    replaced = st.builds(_replaced, whole, st.integers(0, 60), ODD)
    cut = st.builds(_cut, whole.map(_written), st.integers(0, 2000), st.integers(0, 40), st.binary(max_size=8))
    return st.one_of(whole.map(_written), replaced.map(_written), cut)


def _written(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _replaced(value: object, at: int, odd: object) -> object:
    """Put something odd at the n-th place of a value, counted from its outside."""
    left = [at]

    def walk(part: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
        left[0] -= 1
        if left[0] < 0:
            left[0] = 1 << 60
            return odd
        return _inside(part, walk)

    return walk(value)


def _inside(part: Any, walk: Callable[[Any], Any]) -> Any:  # noqa: ANN401 - as above
    if isinstance(part, dict):
        return {name: walk(one) for name, one in part.items()}
    return [walk(one) for one in part] if isinstance(part, list) else part


def _cut(body: bytes, at: int, length: int, put: bytes) -> bytes:
    start = at % (len(body) + 1)
    return body[:start] + put + body[start + length :]
