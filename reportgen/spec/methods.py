"""The settings of the methods that a spec can ask for, as :mod:`reportgen.methods` has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reportgen.methods import PathSettings, Settings, all_methods

METHODS: dict[str, type[Settings]] = {method.name: method.settings for method in all_methods()}

SHARED = (*PathSettings.model_fields, "operator", "granularity")
"""Settings that one method takes from another: equal ones share a path, or a game of removals."""


def share_settings(methods: Sequence[Settings]) -> list[Settings]:
    """Fill in the shared settings that a method leaves out from the first that sets them.

    So ``integrated_gradients: {baseline: mask}`` beside ``layer_conductance`` is one path.
    """
    given: dict[str, Any] = {}
    for method in methods:
        for name in SHARED:
            if name in method.model_fields_set:
                given.setdefault(name, getattr(method, name))
    return [
        method.model_copy(
            update={
                name: value
                for name, value in given.items()
                if name in type(method).model_fields and name not in method.model_fields_set
            }
        )
        for method in methods
    ]


def settings(method: Settings) -> dict[str, Any]:
    """Return the settings a method runs with, defaults included, as plain data."""
    return method.model_dump(mode="json")
