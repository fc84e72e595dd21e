"""Sweep the paths that the methods ask for: once for all methods that agree on the course."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reportgen.engine.methods import MethodImplementation, NotApplicable, PredictionContext
from reportgen.engine.methods.path_method import PathMethod
from reportgen.engine.path.embedding_path import Line, NoRouteError, make_line, notebook_types
from reportgen.engine.path.integral import Integral
from reportgen.engine.path.node_values import Needs
from reportgen.engine.path.notebook import STEPS, integrate_as_notebook
from reportgen.engine.path.settings import Course, merged
from reportgen.engine.path.sweep import integrate
from reportgen.results.model import Target

RANDOM_TARGETS = 2
"""Targets of one input that are compared with another, drawn at random."""


def integrate_courses(
    contexts: Sequence[PredictionContext],
    methods: Sequence[MethodImplementation],
    with_others: bool = False,
) -> None:
    """Fill the contexts' ``integrals`` with what the methods' courses find.

    All contexts are of one model and take one sweep for each course. ``with_others``: explain
    another output, drawn at random, beside each of the first targets. What goes wrong for one
    context stands in place of its integral, to be raised by the methods that read it.
    """
    for course, needs in find_courses(contexts[0], methods).items():
        lines: dict[PredictionContext, Line] = {}
        for context in contexts:
            try:
                lines[context] = lay(context, course, with_others)
            except Exception as error:  # of this input alone
                context.integrals[course] = error
        for context, integral in zip(lines, follow(lines, course, needs), strict=True):
            context.integrals[course] = integral


def find_courses(
    context: PredictionContext, methods: Sequence[MethodImplementation]
) -> dict[Course, Needs]:
    """Return the different courses of the methods, each with what its sweep must collect."""
    asked: dict[Course, list[Needs]] = {}
    for method in methods:
        if isinstance(method, PathMethod):
            asked.setdefault(method.course(context), []).append(method.needs)
    return {course: merged(needs) for course, needs in asked.items()}


def sweep_needs(methods: Sequence[MethodImplementation]) -> Needs | None:
    """Return what the sweeps of the methods must collect; ``None`` where none needs one."""
    needs = [method.needs for method in methods if isinstance(method, PathMethod)]
    return merged(needs) if needs else None


def lay(context: PredictionContext, course: Course, with_others: bool) -> Line:
    encoding = notebook_types(context.encoding) if course.notebook else context.encoding
    targets = context.targets(course.target)
    # Words, positions and types together are one more path of the same method: not compared.
    compared = other_targets(context, targets) if with_others and course.route != "parts" else []
    others = [other for _, other in compared]
    try:
        return make_line(context.loaded, encoding, course.baseline, targets, course.route, others)
    except NoRouteError as error:
        raise NotApplicable(f"The model has no path for this method: {error}.") from error


def other_targets(
    context: PredictionContext, targets: Sequence[Target]
) -> list[tuple[Target, Target]]:
    """Pair the first targets with another each, drawn at random."""
    task = context.loaded.task
    pairs = [(t, task.other(t, context.encoding, context.seed)) for t in targets[:RANDOM_TARGETS]]
    return [(target, other) for target, other in pairs if other is not None]


def follow(
    lines: Mapping[PredictionContext, Line], course: Course, needs: Needs
) -> Sequence[Integral | Exception]:
    """Sweep the lines together; where that fails each alone, to know which of them it was."""
    found = attempt(lines, course, needs)
    if not isinstance(found, Exception):
        return found
    if len(lines) == 1:
        return [found]
    return [
        one for context, line in lines.items() for one in follow({context: line}, course, needs)
    ]


def attempt(
    lines: Mapping[PredictionContext, Line], course: Course, needs: Needs
) -> list[Integral] | Exception:
    """Sweep the lines; an error is returned without what it holds on to: the pass that failed."""
    try:
        return sweep(lines, course, needs)
    except Exception as error:
        error.__cause__ = error.__context__ = None
        return error.with_traceback(None)


def sweep(lines: Mapping[PredictionContext, Line], course: Course, needs: Needs) -> list[Integral]:
    if not lines:
        return []
    loaded = next(iter(lines)).loaded
    steps = None if course.steps == "auto" else course.steps
    if course.notebook:
        return [
            integrate_as_notebook(loaded, line, needs, steps or STEPS) for line in lines.values()
        ]
    return integrate(
        loaded,
        list(lines.values()),
        needs,
        steps=steps,
        tolerance=course.tolerance,
        max_steps=course.max_steps,
    )
