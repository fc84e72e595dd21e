"""What a job takes over from an earlier result of the same subject, and what it need not compute.

A result that is made of an earlier one is what a new one would be: what depends on one method
alone is taken over as it is, what depends on several is made again from all of it, unless all of
them are the same. Numbers that another pass computes may differ in their last digits, as those of
two batches do.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from reportgen.engine.events import Finished, Loading
from reportgen.engine.findings import Explained, Findings, make_result
from reportgen.engine.methods import MethodOutput
from reportgen.engine.other_outputs import NO_OTHER
from reportgen.engine.run_paths import RANDOM_TARGETS
from reportgen.errors import ResultsError
from reportgen.jobs import Job
from reportgen.methods import Settings, known, random_logit
from reportgen.methods.faithfulness import Faithfulness
from reportgen.methods.influence import Influence
from reportgen.methods.numerical_stability import NumericalStability
from reportgen.methods.parameter_randomization import ParameterRandomization
from reportgen.methods.robustness import Robustness
from reportgen.results.earlier import Earlier, reusable
from reportgen.results.model import JobResult, KeptToken, RandomLogitCorrelation, Target
from reportgen.results.store import Store

NOT_READ = (
    "From which tokens the output is read could not be found, so rows of maps are means over all"
)

ABOUT = ("generated", "truncation", "tokens", "words", "decoder_tokens", "prediction")
"""What a result says of the input and the prediction, whatever methods are asked for."""

RECORDS: dict[type[Settings], tuple[str, ...]] = {
    Faithfulness: ("removals",),
    ParameterRandomization: ("randomized",),
    NumericalStability: ("changes", "sensitivity"),
    Robustness: ("perturbations",),
    Influence: ("influence",),
}
"""Where a result has what is found that is no array, and what measures of all methods found."""

RANDOM_LOGIT = random_logit.METHOD.name


@dataclass(frozen=True, eq=False)
class TakenOver:
    """The earlier result of a job, and what the methods ``names`` found for it."""

    result: JobResult | None = None
    names: frozenset[str] = frozenset()
    findings: Findings = field(default_factory=Findings)

    def whole(self, job: Job) -> bool:
        """Tell whether that is all that the job asks for."""
        return self.result is not None and all(m.name in self.names for m in job.methods)

    def fits(self, targets: Sequence[Target], kept: KeptToken | None) -> bool:
        """Tell whether the measures that are taken over are of these outputs and tokens."""
        if self.result is None or all(known(name).implementation for name in self.names):
            return True
        first = [bare(target) for target in self.result.targets[:RANDOM_TARGETS]]
        same = first == list(targets[:RANDOM_TARGETS])
        return same and (kept is None) == (self.result.kept is None)

    def records(self, job: Job) -> dict[str, Any]:
        """Return what the measures that are taken over found, by the names of a result's fields."""
        mine = (type(method) for method in job.methods if method.name in self.names)
        fields = (name for kind in mine for name in RECORDS.get(kind, ()))
        return {name: getattr(self.result, name) for name in fields}

    @property
    def correlations(self) -> tuple[RandomLogitCorrelation, ...]:
        """What the random-logit test found of the methods that are taken over."""
        rows = self.result.random_logit if self.result and RANDOM_LOGIT in self.names else ()
        return tuple(row for row in rows if row.method in self.names)


NOTHING = TakenOver()


def take_over(job: Job, store: Store | None, *, only_whole: bool = False) -> TakenOver:
    """Read what the job's earlier result has of what it asks for; nothing of a damaged one.

    ``only_whole``: nothing, unless that is all.
    """
    if job.earlier is None or store is None:
        return NOTHING
    try:
        result = store.read_header(job.earlier)
        asked = (job.model.task, job.input.fields, job.input.expect)
        if (result.task, result.fields, result.expect) != asked:  # the manifest was changed
            return NOTHING
        if any(warning.startswith(NOT_READ) for warning in result.warnings):
            return NOTHING
        taken = TakenOver(result, reusable(job.methods, result))
        if not taken.names or (only_whole and not taken.whole(job)):
            return NOTHING
        return replace(taken, findings=read_findings(job, result, taken.names, store))
    except ResultsError:
        return NOTHING


def read_findings(job: Job, result: JobResult, names: frozenset[str], store: Store) -> Findings:
    """Read what the methods ``names`` found, in the order of the job."""
    found = Findings()
    stored = store.array_names(result.job)
    for name in (method.name for method in job.methods if method.name in names):
        part = result.asked.get(name)
        if name in result.skipped and name != RANDOM_LOGIT:
            found.skipped[name] = result.skipped[name]
        elif known(name).implementation and part is not None:
            found.outputs[name] = MethodOutput(
                arrays={
                    array: store.read_array(result.job, array).astype(np.float32, copy=False)
                    for array in stored
                    if belongs(array, name)
                },
                targets=tuple(bare(result.targets[place]) for place in part.targets),
                convergence=tuple(row for row in result.convergence if row.method == name),
                self_tests=part.self_tests,
                warnings=part.warnings,
            )
        elif part is not None and part.warnings:
            found.warnings[name] = part.warnings
        if "baseline" in (used := result.settings.get(name, {})):
            found.baselines[name] = used["baseline"]
        if name in result.tried:
            found.tried[name] = result.tried[name]
        if part is not None and part.keeps_first:
            found.keeps_first.add(name)
    return found


def belongs(array: str, method: str) -> bool:
    """Tell whether an array is one of a method's."""
    return any(
        array.startswith(f"{one.name}/") if one.per_target else array == one.name
        for one in known(method).arrays
    )


def bare(target: Target) -> Target:
    """Return a target as methods name it: where it is read from is found later."""
    return target.model_copy(update={"read_at": None})


def compose(job: Job, taken: TakenOver) -> Explained | None:
    """Make the whole result of an earlier one, without the model; ``None`` where that needs it."""
    if taken.result is None or not taken.whole(job):
        return None
    started = time.perf_counter()
    before, found = taken.result, taken.findings
    targets = found.targets
    if found.has_rows and not targets:
        if any(part.targets for part in before.asked.values()):
            return None  # rows of maps were shown for what another method explained
        targets = tuple(map(bare, before.targets))
    kept = before.kept if found.keeps_first else None
    if not taken.fits(targets, kept):
        return None
    names = {target.name for target in targets}
    if kept is not None:
        changes = {name: change for name, change in kept.changes.items() if name in names}
        kept = kept.model_copy(update={"changes": changes})
    if found.has_maps:
        read = {target.name: target for target in before.targets}
        targets = tuple(read[target.name] for target in targets)
    correlations = tuple(r for r in taken.correlations if r.method in found.outputs)
    if RANDOM_LOGIT in taken.names and not correlations:
        found.skipped[RANDOM_LOGIT] = NO_OTHER
    own = [text for part in before.asked.values() for text in part.warnings]
    content = np.array([i for i, token in enumerate(before.tokens) if not token.special])
    result, arrays = make_result(
        job,
        found,
        targets,
        content[kept is not None :],
        ([text for text in before.warnings if text not in own], ()),
        **{name: getattr(before, name) for name in ABOUT},
        **taken.records(job),
        kept=kept,
        random_logit=correlations,
    )
    seconds = time.perf_counter() - started
    return with_general_tests(result, before).model_copy(update={"seconds": seconds}), arrays


def with_general_tests(result: JobResult, before: JobResult | None) -> JobResult:
    """Add the self-tests of an earlier result that are of no one method, but of the model."""
    if before is None:
        return result
    own = {name for part in before.asked.values() for name in part.self_tests}
    general = {name: value for name, value in before.self_tests.items() if name not in own}
    return result.model_copy(update={"self_tests": result.self_tests | general})


def with_earlier(jobs: Iterable[Job], earlier: Earlier) -> Iterator[Job]:
    """Yield jobs with the results that they may take something over from."""
    for job in jobs:
        yield replace(job, earlier=earlier.find(job))


def run_rest(
    jobs: Iterable[Job],
    store: Store,
    execute: Callable[[Iterable[Job]], Iterator[Loading | Finished]],
) -> Iterator[Loading | Finished]:
    """Write the results that are made of earlier ones alone, and let ``execute`` run the rest.

    It asks for one job after the other, so that the others need not be there before it begins.
    """
    made: deque[Finished] = deque()

    def rest() -> Iterator[Job]:
        for job in jobs:
            explained = compose(job, take_over(job, store, only_whole=True))
            if explained is None:
                yield job
            else:
                store.write(*explained)
                made.append(Finished(job, "done", None))

    for step in execute(rest()):
        while made:
            yield made.popleft()
        yield step
    yield from made
