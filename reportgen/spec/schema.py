"""JSON Schema of the spec, for editors that complete and check YAML while it is written."""

from __future__ import annotations

from itertools import combinations
from typing import Any

from reportgen.spec.methods import METHODS
from reportgen.spec.models import KINDS, PARTNERS, TASK_FIELDS, Spec

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """Return the schema (draft 2020-12), made from the models that ``load_spec`` checks with.

    What no schema can say (ids used twice, missing files) is left to ``load_spec``.
    """
    schema = _without_titles(Spec.model_json_schema())
    # A method is a name, or one name with its settings; the models know only the settings.
    schema["properties"]["methods"]["items"] = {
        "anyOf": [
            {
                "enum": list(METHODS),
                "description": "A method with its default settings",
            },
            *(_with_settings(name) for name in METHODS),
        ]
    }
    for part in ("InlineInput", "FileInput"):
        schema["$defs"][part] |= {
            "anyOf": [_given(*fields) for fields in dict.fromkeys(TASK_FIELDS.values())],
            "allOf": [
                {"if": _given(name), "then": _given(partner)} for name, partner in PARTNERS.items()
            ],
            "not": {"anyOf": [_given(a[0], b[0]) for a, b in combinations(KINDS, 2)]},
        }
    return {"$schema": DIALECT, "title": "reportgen spec", **schema}


def _given(*names: str) -> dict[str, Any]:
    """Demand keys that are more than null, which stands for a key that is not there."""
    return {"required": list(names), "properties": {name: {"type": "string"} for name in names}}


def _with_settings(name: str) -> dict[str, Any]:
    method = METHODS[name]
    return {
        "type": "object",
        "description": method.summary,
        "properties": {name: {"anyOf": [{"$ref": f"#/$defs/{method.__name__}"}, {"type": "null"}]}},
        "required": [name],
        "additionalProperties": False,
    }


def _without_titles(schema: Any) -> Any:
    """Drop the titles pydantic derives from names, which editors would show as noise."""
    if isinstance(schema, list):
        return [_without_titles(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _without_titles(value)
        for key, value in schema.items()
        if key != "title" or not isinstance(value, str)
    }
