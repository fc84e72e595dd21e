"""Sweep the paths that the methods ask for: once for all methods that agree on how."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from reportgen.engine.methods import MethodImplementation, NotApplicable, PredictionContext
from reportgen.engine.methods.path_method import PathMethod
from reportgen.engine.models.loaded_model import LoadedModel
from reportgen.engine.path.baseline import candidates
from reportgen.engine.path.embedding_path import (
    EmbeddingPath,
    NoPathError,
    make_path,
    notebook_types,
)
from reportgen.engine.path.integral import Integral
from reportgen.engine.path.node_values import Needs
from reportgen.engine.path.notebook import STEPS, integrate_as_notebook
from reportgen.engine.path.sequential import integrate_one_by_one
from reportgen.engine.path.settings import SweepSettings, merged
from reportgen.engine.path.sweep import integrate
from reportgen.engine.tokens import Baseline
from reportgen.results.model import Target, TriedBaseline

RANDOM_TARGETS = 2
"""Targets of one input that are compared with another, drawn at random."""


def integrate_paths(
    contexts: Sequence[PredictionContext],
    methods: Sequence[MethodImplementation],
    with_others: bool = False,
    taken_over: Collection[str] = (),
) -> None:
    """Fill the contexts' ``integrals`` with what the methods' sweeps find.

    All contexts are of one model, and each sweep is taken once for all. ``with_others``: explain
    another output, drawn at random, beside each of the first targets. What goes wrong for one
    context stands in place of its integral, to be raised by the methods that read it. A sweep
    that only methods ``taken_over`` would read is not taken, and any other serves them as well, so
    that it finds what it would without them.

    From ``baseline: auto`` the first candidate is swept for all contexts, each of the others for
    those that did not converge from any before it.
    """
    for settings, needs in find_sweeps(methods, taken_over).items():
        left = list(contexts)
        for context in left:
            context.tried.pop(settings, None)
        for baseline in baselines(contexts[0].loaded, settings):
            sweep_from(baseline, left, settings, needs, with_others)
            left = [context for context in left if may_go_on(context, settings)]
            if not left:
                break


def baselines(loaded: LoadedModel, settings: SweepSettings) -> tuple[Baseline, ...]:
    """Return what to start from: the baseline that is set, or all that ``auto`` tries.

    The notebooks start from padding.
    """
    if settings.baseline != "auto":
        return (settings.baseline,)
    return ("pad",) if settings.notebook else candidates(loaded)


def may_go_on(context: PredictionContext, settings: SweepSettings) -> bool:
    """Tell whether another baseline may help: the last one tried failed, and not by an error."""
    found, tried = context.integrals[settings], context.tried.get(settings, ())
    return isinstance(found, Integral) and bool(tried) and not tried[-1].converged


def sweep_from(
    baseline: Baseline,
    contexts: Sequence[PredictionContext],
    settings: SweepSettings,
    needs: Needs,
    with_others: bool,
) -> None:
    """Sweep the paths of the contexts from ``baseline``, and keep the better integral of each."""
    paths: dict[PredictionContext, EmbeddingPath] = {}
    for context in contexts:
        try:
            paths[context] = path_of(context, settings, baseline, with_others)
        except Exception as error:  # of this input alone
            if not context.tried.get(settings):  # or what was found before is the best there is
                context.integrals[settings] = error
    for context, found in zip(paths, integrate_group(paths, settings, needs), strict=True):
        before = context.tried.get(settings, ())
        if settings.baseline != "auto" or settings.notebook or isinstance(found, Exception):
            if not before:  # or what was found from them is still the best there is
                context.integrals[settings] = found
            continue
        one = judged(found, str(baseline), settings.tolerance)
        context.tried[settings] = (*before, one)
        if all(better(one, other) for other in before):
            context.integrals[settings] = found


def judged(found: Integral, baseline: str, tolerance: float) -> TriedBaseline:
    """Say how the sweep from a baseline ended; a path's others are not judged."""
    if not found.finite:
        return TriedBaseline(baseline=baseline, gap=None, steps=found.steps, converged=False)
    gap, resolved = found.largest_gap(), bool(found.resolved.all())
    return TriedBaseline(
        baseline=baseline,
        gap=gap,
        steps=found.steps,
        converged=gap <= tolerance and resolved,
        jump=gap <= tolerance and not resolved,
    )


def better(one: TriedBaseline, other: TriedBaseline) -> bool:
    """Tell whether a baseline missed less than ``other``, or converged, which that did not."""
    if one.gap is None or other.gap is None:
        return one.gap is not None
    return one.converged or one.gap < other.gap


def find_sweeps(
    methods: Sequence[MethodImplementation], taken_over: Collection[str]
) -> dict[SweepSettings, Needs]:
    """Return the different sweeps of the methods, each with what its sweep must collect."""
    asked: dict[SweepSettings, list[PathMethod]] = {}
    for method in methods:
        if isinstance(method, PathMethod):
            asked.setdefault(method.sweep_settings(), []).append(method)
    return {
        settings: merged([method.needs for method in sharing])
        for settings, sharing in asked.items()
        if any(method.name not in taken_over for method in sharing)
    }


def sweep_needs(methods: Sequence[MethodImplementation]) -> Needs | None:
    """Return what the sweeps of the methods must collect; ``None`` where none needs one."""
    needs = [method.needs for method in methods if isinstance(method, PathMethod)]
    return merged(needs) if needs else None


def path_of(
    context: PredictionContext, settings: SweepSettings, baseline: Baseline, with_others: bool
) -> EmbeddingPath:
    encoding = notebook_types(context.encoding) if settings.notebook else context.encoding
    targets = context.targets(settings.target)
    # Words, positions and types together are one more path of the same method: not compared.
    alone = settings.path_kind == "components"
    compared = other_targets(context, targets) if with_others and not alone else []
    others = [other for _, other in compared]
    try:
        return make_path(
            context.loaded,
            encoding,
            baseline,
            targets,
            settings.path_kind,
            others,
            keep_first=settings.keep_first,
        )
    except NoPathError as error:
        raise NotApplicable(f"The model has no path for this method: {error}.") from error


def other_targets(
    context: PredictionContext, targets: Sequence[Target]
) -> list[tuple[Target, Target]]:
    """Pair the first targets with another each, drawn at random."""
    task = context.loaded.task
    pairs = [(t, task.other(t, context.encoding, context.seed)) for t in targets[:RANDOM_TARGETS]]
    return [(target, other) for target, other in pairs if other is not None]


def integrate_group(
    paths: Mapping[PredictionContext, EmbeddingPath], settings: SweepSettings, needs: Needs
) -> Sequence[Integral | Exception]:
    """Sweep the paths together; where that fails each alone, to know which of them it was."""
    found = attempt_sweep(paths, settings, needs)
    if not isinstance(found, Exception):
        return found
    if len(paths) == 1:
        return [found]
    return [
        one
        for context, path in paths.items()
        for one in integrate_group({context: path}, settings, needs)
    ]


def attempt_sweep(
    paths: Mapping[PredictionContext, EmbeddingPath], settings: SweepSettings, needs: Needs
) -> list[Integral] | Exception:
    """Sweep the paths; an error is returned without what it holds on to: the pass that failed."""
    try:
        return run_sweep(paths, settings, needs)
    except Exception as error:
        error.__cause__ = error.__context__ = None
        return error.with_traceback(None)


def run_sweep(
    paths: Mapping[PredictionContext, EmbeddingPath], settings: SweepSettings, needs: Needs
) -> list[Integral]:
    if not paths:
        return []
    loaded = next(iter(paths)).loaded
    steps = None if settings.steps == "auto" else settings.steps
    if settings.notebook:
        return [
            integrate_as_notebook(loaded, path, needs, steps or STEPS) for path in paths.values()
        ]
    limits: dict[str, Any] = {"tolerance": settings.tolerance, "max_steps": settings.max_steps}
    if settings.sequential:
        return [
            integrate_one_by_one(loaded, path, steps=steps, **limits) for path in paths.values()
        ]
    return integrate(loaded, list(paths.values()), needs, steps=steps, **limits)
