"""Sanity tests of the methods on one input: badges, and how alike scores stay by stage."""

from __future__ import annotations

from dataclasses import dataclass

from reportgen.rendering.drawing.tables import Heat
from reportgen.rendering.input.agreement import heat_shade, mean, write
from reportgen.rendering.wording.labels import in_order, title
from reportgen.rendering.wording.sanity import MEANS, TITLES, Badge, badge, stage_name
from reportgen.results.model import JobResult
from reportgen.results.sanity import has_sanity_tests, sanity, together


@dataclass(frozen=True)
class SanityTests:
    """What the tests say of each method (rows of badges under ``columns``), and of the numbers.

    ``meanings`` are the tests with what their numbers are; ``stages`` the rank correlations by
    stage of the randomisation, of the scores and of their sizes.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Badge | None, ...]], ...]
    numbers: tuple[Badge, ...]
    meanings: tuple[tuple[str, str], ...]
    stages: tuple[tuple[str, Heat], ...]


def sanity_tests(result: JobResult) -> SanityTests | None:
    """Show the tests of an input that has those of a model's first inputs."""
    found = sanity(result)
    if not found or not has_sanity_tests(result):
        return None
    of_methods = [one for one in found if one.method is not None]
    there = {one.test for one in found}
    tests = [test for test in TITLES if any(one.test == test for one in of_methods)]
    methods = dict.fromkeys(one.method for one in of_methods if one.method)

    def cell(method: str | None, test: str) -> Badge | None:
        judged = together([[one for one in found if (one.method, one.test) == (method, test)]])
        return badge(judged) if judged else None

    return SanityTests(
        columns=tuple(TITLES[test] for test in tests),
        rows=tuple((title(name), tuple(cell(name, test) for test in tests)) for name in methods),
        numbers=tuple(filter(None, (cell(None, test) for test in TITLES))),
        meanings=tuple((TITLES[test], MEANS[test]) for test in TITLES if test in there),
        stages=stages(result),
    )


def stages(result: JobResult) -> tuple[tuple[str, Heat], ...]:
    """Write how alike each method's scores stay, means over outputs, from stage to stage."""
    if not result.randomized:
        return ()
    names = {row.stage: stage_name(row.part, row.layer) for row in result.randomized}
    scores: dict[str, dict[int, list[float]]] = {}
    sizes: dict[str, dict[int, list[float]]] = {}
    for row in result.randomized:
        for values, value in ((scores, row.value), (sizes, row.size_value)):
            mine = values.setdefault(row.method, {}).setdefault(row.stage, [])
            mine += [value] if value is not None else []
    return tuple(
        (
            of,
            Heat(
                "method",
                tuple(names[stage] for stage in sorted(names)),
                tuple(
                    (
                        title(method),
                        tuple(
                            (heat_shade(value), write(value))
                            for stage in sorted(names)
                            for value in [mean(by_stage.get(stage, ()))]
                        ),
                    )
                    for method in in_order(set(values))
                    for by_stage in [values[method]]
                ),
            ),
        )
        for of, values in (("Scores with their sign", scores), ("Their sizes alone", sizes))
    )
