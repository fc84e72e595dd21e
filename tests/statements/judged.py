"""What a run says of itself as a whole: checks, convergence, reasons to look at an input."""

from __future__ import annotations

from itertools import combinations

from reportgen.results.entities import entities, expected_entities, named
from reportgen.results.review import ReviewReason
from statements.facts import Facts, Job
from statements.written import Part, T

WORDS = {
    ReviewReason.NOT_EXPLAINED: "could not be explained",
    ReviewReason.METHOD_FAILED: "a method failed",
    ReviewReason.CHECK_FAILED: "check failed",
    ReviewReason.NOT_CONVERGED: "not converged",
    ReviewReason.WRONG: "wrong",
    ReviewReason.MODELS_DISAGREE: "models disagree",
    ReviewReason.TRUNCATED: "truncated",
    ReviewReason.LOW_CONFIDENCE: "low confidence",
}


GRAVITY = ("error", "failed", "warning", "skipped", "passed")


def by_place(facts: Facts) -> dict[str, str]:
    """Every check of the spec with its gravest outcome."""
    found: dict[str, str] = {}
    for row in facts.checks:
        before = found.get(row["place"], "passed")
        found[row["place"]] = min(before, row["status"], key=GRAVITY.index)
        if row["status"] == "skipped" and before == "passed":
            mine = [r["status"] for r in facts.checks if r["place"] == row["place"]]
            found[row["place"]] = "skipped" if set(mine) == {"skipped"} else before
    return found


def converged_paths(facts: Facts) -> list[bool]:
    """Whether each path converged: methods with the same ends and points share one."""
    found: dict[tuple, list[bool]] = {}
    for key, rows in facts.convergence.items():
        for row in rows:
            path = (key, row["target"], row["f_input"], row["f_baseline"], row["steps"])
            found.setdefault(path, []).append(row["converged"])
    return [all(rows) for rows in found.values()]


def disagreements(facts: Facts) -> dict[tuple[str, int], bool]:
    """By task and input that several models with a class in common answered: whether any differ."""
    labels = {i.id: {name.casefold() for name in i.labels} for i in facts.manifest.models}
    said: dict[tuple[str, int], list[tuple[str, str]]] = {}
    for job in facts.jobs.values():
        p, task = job.prediction, job.result.task
        free = p is not None and (
            p.kind == "regression" or (p.kind == "tokens" and task != "masked-lm")
        )
        if p is not None and not free:
            answers = said.setdefault((task, job.entry.input), [])
            answers.append((job.model, p.label.strip().casefold()))
    found = {}
    for key, answers in said.items():
        pairs = [
            one != other
            for (a, one), (b, other) in combinations(answers, 2)
            if labels[a] & labels[b] or not (labels[a] and labels[b])
        ]
        if pairs:
            found[key] = any(pairs)
    return found


def self_tests(jobs: list[Job]) -> list[tuple[str, tuple[Part, ...]]]:
    failed: dict[str, list[float]] = {}
    passed = 0
    for job in jobs:
        limit = 1e-3 if job.info.dtype in ("float64", "float32") else 0.05
        for name, number in job.result.self_tests.items():
            if name == "float32_logits":
                continue
            if number <= limit:
                passed += 1
            else:
                failed.setdefault(name, []).append(number)
    if failed:
        off = [number for numbers in failed.values() for number in numbers]
        told = (len(off), " of ", passed + len(off), " numeric self-test… off by up to ", max(off))
        return [("✗", (*told, " (", T(", ".join(failed)), ")"))]
    return [("✓", (passed, " numeric self-test… passed"))] if passed else []


def lead(job: Job) -> str:
    prediction = job.prediction
    if prediction.kind == "token-labels":
        return few(named(entities(job.result), job.result.fields))
    if job.result.given:
        return f"given: {prediction.label}"
    return f"“{prediction.label}”" if prediction.kind == "span" else prediction.label


def expected(job: Job) -> str:
    prediction = job.prediction
    if prediction is None or prediction.kind != "token-labels" or prediction.correct is None:
        return job.result.expect or ""
    found = expected_entities(job.result.tokens, prediction.steps)
    return few(named(found, job.result.fields))


def few(names: list[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more or "no entity"


def cut(text: str) -> str:
    return text if len(text) <= 200 else f"{text[:199]}…"


def reasons(briefs: list, several: bool) -> str:
    """Write the reasons to look at an input, with the models they are about."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for reason in ReviewReason:
        models = tuple(model for model, held in briefs if reason in held)
        if models:
            about = models if several and reason != ReviewReason.MODELS_DISAGREE else ()
            groups.setdefault(about, []).append(WORDS[reason])
    return "; ".join(
        ", ".join(held) + (f" ({', '.join(models)})" if models else "")
        for models, held in groups.items()
    )
