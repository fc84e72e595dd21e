"""JSON Schema of the spec, for editors that complete and check YAML while it is written."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain, combinations
from typing import Any

from reportgen.methods import Settings, all_methods
from reportgen.spec.checks import CHECKS, INPUT_CHECKS, Check
from reportgen.spec.entries import ENTRIES, KINDS, PARTNERS
from reportgen.spec.models import Spec
from reportgen.spec.tasks import TASKS

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
                "enum": [
                    method.name
                    for method in all_methods()
                    if not any(f.is_required() for f in method.settings.model_fields.values())
                ],
                "description": "A method with its default settings",
            },
            *(_with_settings(method.settings, method.summary) for method in all_methods()),
        ]
    }
    schema["properties"]["checks"]["items"] = _check(CHECKS)
    for check in CHECKS.values():
        if names := check.needs_one_of:
            schema["$defs"][check.__name__]["anyOf"] = [_given(name) for name in names]
    for part in ENTRIES:
        checks = schema["$defs"][part]["properties"]["checks"]["anyOf"][0]
        checks["items"] = _check(INPUT_CHECKS)
        schema["$defs"][part] |= {
            "anyOf": [
                _given(*fields)
                for fields in dict.fromkeys(
                    chain.from_iterable(task.fields for task in TASKS.values())
                )
            ],
            "allOf": [
                {"if": _given(name), "then": {"anyOf": [_given(partner) for partner in partners]}}
                for name, partners in PARTNERS.items()
            ],
            "not": {"anyOf": [_given(a[0], b[0]) for a, b in combinations(KINDS, 2)]},
        }
    return {"$schema": DIALECT, "title": "reportgen spec", **schema}


def _given(*names: str) -> dict[str, Any]:
    """Demand keys that are more than null, which stands for a key that is not there."""
    given = {"not": {"type": "null"}}
    return {"required": list(names), "properties": dict.fromkeys(names, given)}


def _check(checks: Mapping[str, type[Check]]) -> dict[str, Any]:
    """Return the schema of a check: one name with its settings, or alone where it needs none."""
    alone = [name for name, check in checks.items() if not check.needs_settings()]
    names = [{"enum": alone, "description": "A check without settings"}] if alone else []
    return {"anyOf": [*names, *(_with_settings(check, check.summary) for check in checks.values())]}


def _with_settings(part: type[Settings | Check], summary: str) -> dict[str, Any]:
    values: list[dict[str, Any]] = [{"$ref": f"#/$defs/{part.__name__}"}]
    if not (issubclass(part, Check) and part.needs_settings()):
        values.append({"type": "null"})
    return {
        "type": "object",
        "description": summary,
        "properties": {part.name: {"anyOf": values} if len(values) > 1 else values[0]},
        "required": [part.name],
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
