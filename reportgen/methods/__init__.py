"""The methods, described: one file each, and those of other packages.

Another package adds a method by an entry point of the group ``reportgen.methods`` that is a
:class:`Method`; its ``implementation`` is imported only where models run.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterator
from importlib.metadata import EntryPoint, entry_points

from reportgen.errors import ReportgenError
from reportgen.methods import (
    alti,
    attention,
    attention_attribution,
    attention_relevance,
    attention_rollout,
    best_order,
    decompx,
    deeplift,
    faithfulness,
    globenc,
    gradient_shap,
    head_ablation,
    influence,
    input_x_gradient,
    integrated_gradients,
    kernel_shap,
    layer_conductance,
    lime,
    numerical_stability,
    occlusion,
    parameter_randomization,
    random_logit,
    representation,
    residual_norms,
    robustness,
    saliency,
    shapley_values,
    smoothgrad,
    sub_embeddings,
    value_zeroing,
    vargrad,
    vector_norms,
)
from reportgen.methods.description import Array, Hue, Maps, Method, Reading, Sign, Source
from reportgen.methods.settings import (
    BaselineSettings,
    Contrast,
    FirstInputs,
    Granularity,
    NoiseSettings,
    Operator,
    Output,
    PathSettings,
    RemovalSettings,
    Settings,
    TargetSettings,
    TextBaseline,
)

GROUP = "reportgen.methods"
"""The entry points of other packages' methods."""

OWN = tuple(
    module.METHOD
    for module in (
        integrated_gradients,
        sub_embeddings,
        layer_conductance,
        attention,
        attention_attribution,
        vector_norms,
        residual_norms,
        decompx,
        globenc,
        alti,
        value_zeroing,
        attention_rollout,
        attention_relevance,
        occlusion,
        shapley_values,
        kernel_shap,
        lime,
        best_order,
        saliency,
        input_x_gradient,
        smoothgrad,
        vargrad,
        gradient_shap,
        deeplift,
        head_ablation,
        representation,
        influence,
        random_logit,
        faithfulness,
        robustness,
        parameter_randomization,
        numerical_stability,
    )
)
"""The methods of this package, in the order in which they are listed."""


@functools.cache
def all_methods() -> tuple[Method, ...]:
    """Return every method, those of other packages after this one's, by name.

    Raises ``ReportgenError`` where another package's method cannot be loaded, or takes a name
    that there is already.
    """
    found = list(OWN)
    for point in sorted(entry_points(group=GROUP), key=lambda point: (point.name, point.value)):
        method = load(point)
        if method not in found:  # a package that is found in two places
            require_own_names(method, found, point)
            found.append(method)
    return tuple(found)


def get(name: str) -> Method | None:
    """Return the method ``name``; ``None`` where this version and its plugins know none."""
    return by_name().get(name)


def known(name: str) -> Method:
    """Return the method ``name``; raise ``ReportgenError`` where there is none."""
    method = get(name)
    if method is None:
        raise ReportgenError(
            f"expected a method that is known here, found {name!r}",
            hint="install the version of reportgen, and the plugin, that made the results",
        )
    return method


def score_of(name: str) -> Array:
    """Return the array of the method's scores, one per token and output.

    Raises ``ReportgenError`` where the method is not known or has none.
    """
    array = known(name).score
    if array is None:
        raise ReportgenError(f"the method {name!r} has no score per token and output")
    return array


@functools.cache
def by_name() -> dict[str, Method]:
    return {method.name: method for method in all_methods()}


@functools.cache
def preferred() -> tuple[Method, ...]:
    """Return every method, the one that leads first."""
    return tuple(sorted(all_methods(), key=lambda method: method.preference))


@functools.cache
def scoring() -> tuple[Method, ...]:
    """Return the methods with one score per token, in the order in which one is chosen."""
    return tuple(method for method in preferred() if method.score)


def leading(names: Collection[str]) -> str:
    """Return the method with scores of its own that comes first; nothing where there is none."""
    return next(
        (method.name for method in preferred() if method.score and method.name in names), ""
    )


def credited() -> Array | None:
    """Return the maps of what each head's looks did to an output, of the method that leads."""
    found = (m.by_head for m in preferred())
    return next((array for array in found if array and array.per_target), None)


def all_arrays() -> Iterator[Array]:
    """Yield every array that a method may store."""
    for method in all_methods():
        yield from method.arrays


LEADING = min((method for method in OWN if method.score), key=lambda method: method.preference)
"""The method that is meant where a spec names none."""


FIRST_LOOK = ("integrated_gradients", "attention", "vector_norms")
"""What is shown of a model at a first look, unless methods are named."""


def load(point: EntryPoint) -> Method:
    """Load another package's method; raise ``ReportgenError``, naming it, where that fails."""
    try:
        method = point.load()
    except Exception as error:  # another package's code may raise anything
        raise unusable(point, f"{type(error).__name__}: {error}") from error
    if not isinstance(method, Method):
        raise unusable(point, f"expected a Method, found {type(method).__name__}")
    return method


def require_own_names(method: Method, others: list[Method], point: EntryPoint) -> None:
    names = {other.name for other in others}
    arrays = {array.name for other in others for array in other.arrays}
    if method.name in names:
        raise unusable(point, f"there is a method {method.name!r} already")
    if method.settings.__name__ in {other.settings.__name__ for other in others}:
        raise unusable(point, f"there are settings {method.settings.__name__!r} already")
    if taken := [array.name for array in method.arrays if array.name in arrays]:
        raise unusable(point, f"there is an array {taken[0]!r} already")


def unusable(point: EntryPoint, reason: str) -> ReportgenError:
    package = f"the package {point.dist.name}" if point.dist else "an unknown package"
    return ReportgenError(
        f"the method {point.name!r} of {package} cannot be used: {reason}",
        where=f"entry point {point.value}",
        hint=f"repair, update or uninstall {package}",
    )


__all__ = [
    "FIRST_LOOK",
    "GROUP",
    "LEADING",
    "OWN",
    "Array",
    "BaselineSettings",
    "Contrast",
    "FirstInputs",
    "Granularity",
    "Hue",
    "Maps",
    "Method",
    "NoiseSettings",
    "Operator",
    "Output",
    "PathSettings",
    "Reading",
    "RemovalSettings",
    "Settings",
    "Sign",
    "Source",
    "TargetSettings",
    "TextBaseline",
    "all_arrays",
    "all_methods",
    "by_name",
    "credited",
    "get",
    "known",
    "preferred",
    "score_of",
    "scoring",
]
