"""The sanity tests that a job asks for, of what its methods found and of the prediction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from reportgen.engine.failures import failure
from reportgen.engine.measures.numerical_stability import numerical_stability
from reportgen.engine.measures.parameter_randomization import parameter_randomization
from reportgen.engine.measures.robustness import robustness
from reportgen.engine.measures.sensitivity import sensitivity
from reportgen.engine.methods import MethodImplementation, NotApplicable, PredictionContext
from reportgen.jobs import Job
from reportgen.methods import Settings, known
from reportgen.methods.numerical_stability import NumericalStability
from reportgen.methods.parameter_randomization import ParameterRandomization
from reportgen.methods.robustness import Robustness
from reportgen.results.model import NumericalChange, RandomizedParameters, Sensitivity, Target
from reportgen.results.perturbation import Perturbation

NOT_REPEATED = "{} could not be computed for random weights, and was not tested with them ({})."
NOT_MOVED = (
    "{} could not be computed with noise on the word embeddings, and was not tested so ({})."
)


@dataclass
class Tested:
    """What the tests found, which of them do not apply or failed, and why.

    ``warnings`` are by test.
    """

    randomized: tuple[RandomizedParameters, ...] = ()
    changes: tuple[NumericalChange, ...] = ()
    sensitivity: tuple[Sensitivity, ...] = ()
    perturbations: tuple[Perturbation, ...] = ()
    skipped: dict[str, str] = field(default_factory=dict)
    errors: dict[str, Exception] = field(default_factory=dict)
    warnings: dict[str, tuple[str, ...]] = field(default_factory=dict)


def sanity_tests(
    job: Job,
    asked_for: Sequence[Settings],
    context: PredictionContext,
    methods: Sequence[MethodImplementation],
    arrays: Mapping[str, np.ndarray],
    targets: Sequence[Target],
    content: np.ndarray,
) -> Tested:
    """Run the tests among ``asked_for``; one that fails leaves the others and the job."""
    tested = Tested()
    for asked in asked_for:
        try:
            if isinstance(asked, ParameterRandomization):
                found = parameter_randomization(
                    context, methods, arrays, targets, content, asked.stages
                )
                tested.randomized = found.rows
                tested.warnings[asked.name] = untested(job, NOT_REPEATED, found.errors)
            elif isinstance(asked, NumericalStability):
                tested.changes = numerical_stability(context, targets, content)
                moved = sensitivity(context, methods, arrays, targets, asked.samples, asked.radius)
                tested.sensitivity = moved.rows
                tested.warnings[asked.name] = untested(job, NOT_MOVED, moved.errors)
            elif isinstance(asked, Robustness):
                tested.perturbations = robustness(context, asked, arrays, targets)
        except NotApplicable as reason:
            tested.skipped[asked.name] = str(reason)
        except Exception as error:  # of this test alone
            tested.errors[asked.name] = error
    return tested


def untested(job: Job, sentence: str, errors: Mapping[str, Exception]) -> tuple[str, ...]:
    """Say of each method that a test could not repeat that it did not, and why."""
    return tuple(
        sentence.format(
            known(name).title,
            str(error).rstrip(".")
            if isinstance(error, NotApplicable)
            else failure(job, error, named=True).message,
        )
        for name, error in errors.items()
    )
