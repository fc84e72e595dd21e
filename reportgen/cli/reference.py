"""Commands that tell what can be asked for."""

from __future__ import annotations

import json

from reportgen.cli.app import app


@app.command()
def methods() -> None:
    """List the methods with their settings."""
    from reportgen.methods import all_methods

    for method in all_methods():
        print(f"{method.name}\n  {method.summary}.\n  {method.source.cited}")
        for name, field in method.settings.model_fields.items():
            default = "required" if field.is_required() else json.dumps(field.default)
            print(f"    {name}: {default}  {field.description}")
        print()


@app.command()
def schema() -> None:
    """Print the JSON Schema of specs, for editors."""
    from reportgen.spec.schema import json_schema

    print(json.dumps(json_schema(), indent=2))
