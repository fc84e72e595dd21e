"""The methods as they are computed, by name: one file each, all of the same shape."""

from importlib import import_module

from reportgen.engine.methods.base import (
    MethodImplementation,
    MethodOutput,
    NotApplicable,
    PredictionContext,
    require_finite,
)
from reportgen.errors import ReportgenError
from reportgen.methods import Method, all_methods


def implementation(described: Method) -> type[MethodImplementation]:
    """Import what computes a method; raise ``ReportgenError`` where that is not possible."""
    module, _, name = described.implementation.partition(":")
    try:
        found = getattr(import_module(module), name)
    except Exception as error:  # another package's code may raise anything
        raise unusable(described, f"{type(error).__name__}: {error}") from error
    if not (isinstance(found, type) and issubclass(found, MethodImplementation)):
        base = f"{MethodImplementation.__module__}.{MethodImplementation.__name__}"
        raise unusable(described, f"expected a subclass of {base}")
    if found.name != described.name:
        raise unusable(described, f"its name is {found.name!r}")
    return found


def unusable(described: Method, reason: str) -> ReportgenError:
    return ReportgenError(
        f"the method {described.name!r} cannot be computed: {reason}",
        where=described.implementation,
        hint="repair, update or uninstall the package that it comes from",
    )


REGISTRY: dict[str, type[MethodImplementation]] = {
    described.name: implementation(described)
    for described in all_methods()
    if described.implementation
}
"""What computes each method of :mod:`reportgen.methods`.

All but the tests of the others: the random-logit test, see :mod:`reportgen.engine.job`, and
those of :mod:`reportgen.engine.sanity`.
"""

__all__ = [
    "REGISTRY",
    "MethodImplementation",
    "MethodOutput",
    "NotApplicable",
    "PredictionContext",
    "require_finite",
]
