"""The sanity tests that a job asks for, of what its methods found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from reportgen.engine.failures import failure
from reportgen.engine.measures.numerical_stability import numerical_stability
from reportgen.engine.measures.parameter_randomization import parameter_randomization
from reportgen.engine.methods import MethodImplementation, NotApplicable, PredictionContext
from reportgen.methods import known
from reportgen.methods.numerical_stability import NumericalStability
from reportgen.methods.parameter_randomization import ParameterRandomization
from reportgen.plan import Job
from reportgen.results.model import NumericalChange, RandomizedParameters, Target

NOT_REPEATED = "{} could not be computed for random weights, and was not tested with them ({})."


@dataclass
class Tested:
    """What the tests found, which of them do not apply or failed, and why."""

    randomized: tuple[RandomizedParameters, ...] = ()
    changes: tuple[NumericalChange, ...] = ()
    skipped: dict[str, str] = field(default_factory=dict)
    errors: dict[str, Exception] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def sanity_tests(
    job: Job,
    context: PredictionContext,
    methods: Sequence[MethodImplementation],
    arrays: Mapping[str, np.ndarray],
    targets: Sequence[Target],
    content: np.ndarray,
) -> Tested:
    """Run the tests among the job's methods; one that fails leaves the others and the job."""
    tested = Tested()
    for asked in job.methods:
        try:
            if isinstance(asked, ParameterRandomization):
                found = parameter_randomization(
                    context, methods, arrays, targets, content, asked.stages
                )
                tested.randomized = found.rows
                for name, error in found.errors.items():
                    why = failure(job, error, named=True).message
                    tested.warnings.append(NOT_REPEATED.format(known(name).title, why))
            elif isinstance(asked, NumericalStability):
                tested.changes = numerical_stability(context, targets, content)
        except NotApplicable as reason:
            tested.skipped[asked.name] = str(reason)
        except Exception as error:  # of this test alone
            tested.errors[asked.name] = error
    return tested
