"""What the methods of a job find, each by itself, and what a result says of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from reportgen.engine.failures import failure, identity, used_settings
from reportgen.engine.measures.agreement import agreement, head_agreement
from reportgen.engine.methods import (
    REGISTRY,
    MethodImplementation,
    MethodOutput,
    NotApplicable,
    PredictionContext,
    require_finite,
)
from reportgen.engine.methods.path_method import PathMethod
from reportgen.engine.models.quantised import cannot_be_read
from reportgen.engine.path.embedding_path import EmbeddingPath
from reportgen.engine.path.integral import Integral
from reportgen.jobs import Job, finding_ids
from reportgen.methods import all_methods
from reportgen.results.model import AskedMethod, Convergence, JobResult, Target, TriedBaseline

Explained = tuple[JobResult, dict[str, np.ndarray]]
"""The result of a job, and its arrays."""


@dataclass(eq=False)
class Findings:
    """What each method found, or why it found nothing, by the methods' names.

    ``baselines`` has the baselines that ``auto`` stood for, and ``tried`` all that it tried;
    ``keeps_first`` are the methods whose paths left the first token as it is. ``warnings`` are of
    the measures; those of methods are in ``outputs``.
    """

    outputs: dict[str, MethodOutput] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    errors: dict[str, Exception] = field(default_factory=dict)
    baselines: dict[str, Any] = field(default_factory=dict)
    tried: dict[str, tuple[TriedBaseline, ...]] = field(default_factory=dict)
    keeps_first: set[str] = field(default_factory=set)
    warnings: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        return {name: a for found in self.outputs.values() for name, a in found.arrays.items()}

    @property
    def targets(self) -> tuple[Target, ...]:
        """The outputs that methods explained, each once."""
        return tuple(dict.fromkeys(t for found in self.outputs.values() for t in found.targets))

    @property
    def convergence(self) -> tuple[Convergence, ...]:
        return tuple(row for found in self.outputs.values() for row in found.convergence)

    @property
    def has_rows(self) -> bool:
        """Whether there are maps whose rows are scores of whatever output is read there."""
        arrays = self.arrays
        return any(about.rows and about.rows.name in arrays for about in all_methods())

    @property
    def has_maps(self) -> bool:
        """Whether which token an output is read from tells what of an array is about it."""
        arrays = self.arrays
        matrices = (about.matrix for about in all_methods())
        return self.has_rows or any(matrix and matrix.name in arrays for matrix in matrices)

    @property
    def self_tests(self) -> dict[str, float]:
        found: dict[str, float] = {}
        for output in self.outputs.values():
            for name, value in output.self_tests.items():
                found[name] = max(value, found.get(name, value))
        return found


def methods_of(job: Job) -> list[MethodImplementation]:
    """Return the methods of a job; what measures them is not one."""
    return [REGISTRY[method.name](method) for method in job.methods if method.name in REGISTRY]


def ask_methods(job: Job, context: PredictionContext, known: Findings) -> Findings:
    """Collect what every method finds; one that does not apply here is skipped with a reason.

    One that fails leaves the others; where nothing is left its error is raised. What is in
    ``known`` is not asked for.
    """
    found = Findings(
        skipped=dict(known.skipped),
        baselines=dict(known.baselines),
        tried=dict(known.tried),
        keeps_first=set(known.keeps_first),
        warnings=dict(known.warnings),
    )
    for method in methods_of(job):
        name = method.name
        if name in known.outputs:
            found.outputs[name] = known.outputs[name]
        elif name not in known.skipped:
            ask(method, context, found)
    if found.errors and not found.outputs:
        raise next(iter(found.errors.values()))
    return found


def ask(method: MethodImplementation, context: PredictionContext, found: Findings) -> None:
    """Add to ``found`` what one method finds, or why it finds nothing."""
    name = method.name
    path: EmbeddingPath | None = None
    self_tests: dict[str, float] = {}
    if isinstance(method, PathMethod):
        sweep = method.sweep_settings()
        integral = context.integrals[sweep]
        if isinstance(integral, Integral):
            path = integral.path
            if not sweep.notebook:  # whose path ends elsewhere
                self_tests = path_test(context, integral)
        if sweep in context.tried:
            found.tried[name] = context.tried[sweep]
    try:
        output = method.explain(context)
        require_finite(name, *output.arrays.values())
    except NotApplicable as reason:
        found.skipped[name] = str(reason)
    except Exception as error:  # of this method alone
        if lacking := cannot_be_read(context.loaded.model, error):
            found.skipped[name] = lacking
        else:
            found.errors[name] = error
    else:
        found.outputs[name] = replace(output, self_tests=self_tests | dict(output.self_tests))
        path = path or output.path
    if path is not None:
        baseline = path.baseline
        found.baselines[name] = baseline if isinstance(baseline, str) else baseline.model_dump()
        if path.keeps_first:
            found.keeps_first.add(name)


def path_test(context: PredictionContext, found: Integral) -> dict[str, float]:
    """Return how far the outputs at the end of a path are from the prediction's.

    The path over the input's own vectors ends where the prediction was made, but may be
    computed by another implementation of attention (sdpa), which rounds differently.
    """
    differences = [
        (found.f_input[row] - context.loaded.task.scalar(context.output, 0, target).cpu())
        .abs()
        .item()
        for row, target in enumerate(found.path.targets)
    ]
    return {"path_logits": max(differences)} if differences else {}


def make_result(
    job: Job,
    found: Findings,
    targets: Sequence[Target],
    content: np.ndarray,
    warnings: tuple[Sequence[str], Sequence[str]],
    **others: Any,
) -> Explained:
    """Return the result of what was found, with how far the methods agree.

    ``targets``: the outputs that are explained, with the tokens that they are read from;
    ``content``: the positions of the tokens that are compared; ``warnings``: those before and
    those after what methods warn of. ``others``: fields of the result that are of no one method.
    """
    arrays, ids = found.arrays, finding_ids(job.methods)
    used = {
        method.name: used_settings(job, method)
        | ({"baseline": found.baselines[method.name]} if method.name in found.baselines else {})
        for method in job.methods
    }
    before, after = warnings
    records = {name: one for f in found.outputs.values() for name, one in f.records.items()}
    result = JobResult(
        **identity(job) | {"settings": used} | records | others,
        status="done",
        warnings=(
            *before,
            *(warning for output in found.outputs.values() for warning in output.warnings),
            *after,
            *(text for method in job.methods for text in found.warnings.get(method.name, ())),
        ),
        targets=tuple(targets),
        asked={
            name: asked(found, name, ids[name], [target.name for target in targets])
            for name in ids
            if name not in found.errors
        },
        skipped=found.skipped,
        failed={name: failure(job, error, named=True) for name, error in found.errors.items()},
        convergence=found.convergence,
        tried=found.tried,
        agreement=agreement(arrays, targets, content),
        self_tests=found.self_tests,
    )
    return result, arrays | head_agreement(arrays, targets, content)


def asked(found: Findings, name: str, identity: str, targets: list[str]) -> AskedMethod:
    """Return what of a result one method gave, see ``AskedMethod``."""
    output = found.outputs.get(name)
    if output is None:
        return AskedMethod(id=identity, warnings=found.warnings.get(name, ()))
    return AskedMethod(
        id=identity,
        targets=tuple(targets.index(target.name) for target in output.targets),
        warnings=output.warnings,
        self_tests=dict(output.self_tests),
        keeps_first=name in found.keeps_first,
    )
