"""The tables of a digest: what fails, what changed, and which words are behind it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from reportgen.rendering.compare.faithfulness import MOST_TURNING, faithfulness_line
from reportgen.rendering.compare.faithfulness import turning as turning_sentence
from reportgen.rendering.compare.slices import slice_line
from reportgen.rendering.input.completeness import paths
from reportgen.rendering.markdown.cells import (
    NONE,
    WORD,
    WORDS,
    baselines,
    counted,
    expected,
    found,
    headings,
    named,
    prediction_cell,
    some,
    state,
    top_contributions,
    where,
)
from reportgen.rendering.markdown.dataset_tables import (
    SLICE_COLUMNS,
    finding_sentences,
    model_audits,
    slice_rows,
)
from reportgen.rendering.markdown.escape import literal, literals
from reportgen.rendering.overview.predictions_table import disagreements
from reportgen.rendering.wording import entities
from reportgen.rendering.wording.labels import title, visible
from reportgen.rendering.wording.numbers import correlation, count, percent
from reportgen.rendering.wording.outcomes import title as check_title
from reportgen.rendering.wording.sentences import REASONS
from reportgen.results.checks.evaluation import Outcome, evaluate_checks
from reportgen.results.compare.changes import InputChange
from reportgen.results.compare.runs import RunComparison, compare
from reportgen.results.compare.settings import Difference
from reportgen.results.lean import Shared, lean
from reportgen.results.model import JobResult
from reportgen.results.review import ReviewReason, review_reasons, with_reasons
from reportgen.results.tables import Results

MOST_REVIEWED = 200
"""Inputs worth a look whose cells are made: no digest lists more rows of a table."""

HASH = 13
"""Characters of a hash that are shown: enough to tell it from any other."""

TOTALS = 10
"""Words of each model whose weight changed most."""


@dataclass(frozen=True)
class DigestSubject:
    """What a digest is about: a run, what became of its checks, and what it changed."""

    results: Results
    outcomes: tuple[Outcome, ...]
    comparison: RunComparison | None = None


def subject(results: Results, base: Results | None = None) -> DigestSubject:
    """Judge a run, and compare it with ``base`` where there is one.

    Raises ``ResultsError`` where the runs have no model in common.
    """
    if base is None:
        return DigestSubject(results, evaluate_checks(results))
    comparison = compare(base, results)
    return DigestSubject(results, comparison.checks, comparison)


@dataclass(frozen=True)
class DigestTable:
    """One table of Markdown cells; the rows that matter most come first.

    ``more`` counts rows that are never shown, and are not made.
    """

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    more: int = 0


def digest_tables(about: DigestSubject) -> tuple[DigestTable, ...]:
    """Return the tables of a run in the order in which they are read, without empty ones."""
    results, comparison = about.results, about.comparison
    found = [checks(about)]
    if comparison:
        found += [
            turned(comparison),
            predictions(comparison),
            words(comparison),
            drifts(comparison),
            faithfulness(comparison),
            turning(comparison),
            changed_slices(comparison),
            inputs(comparison),
            differences(comparison),
        ]
    found += [*dataset(results), models(results), review(about)]
    runs = [results, *([comparison.base] if comparison else [])]
    several = any(len(run.manifest.models) > 1 for run in runs)
    return tuple(one if several else without_model(one) for one in found if one.rows)


def without_model(one: DigestTable) -> DigestTable:
    """Leave out the column that says the same in every row."""
    if "Model" not in one.columns or one.name == "models":
        return one
    kept = [i for i, name in enumerate(one.columns) if name != "Model"]

    def pick(row: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(row[i] for i in kept)

    return replace(one, columns=pick(one.columns), rows=tuple(map(pick, one.rows)))


def checks(about: DigestSubject) -> DigestTable:
    """List what was expected and not found; inputs that could not be explained once each."""
    comparison = about.comparison
    before = {
        id(one.after): one.before.status if one.before else "new"
        for one in (comparison.turned if comparison else ())
    }
    order = ("failed", "error", "warning")  # many errors have one cause, and say less
    groups: dict[object, list[Outcome]] = {}
    for place, one in enumerate(about.outcomes):
        if one.status in order:
            same = (one.models, one.inputs, one.note) if one.status == "error" else place
            groups.setdefault(same, []).append(one)
    ranked = sorted(
        groups.values(),
        key=lambda group: (order.index(group[0].status), id(group[0]) not in before),
    )
    columns: tuple[str, ...] = ("Status", "Check", "Model", "Input", "Expected", "Found")
    texts = headings(about.results)
    rows: list[tuple[str, ...]] = []
    for first, *others in ranked:
        name = count(len(others) + 1, "check") if others else check_title(first)
        about_it = (state(first), name, literals(first.models) or NONE, where(texts, first))
        row = (*about_it, expected(first), found(first))
        rows.append((*row, before.get(id(first), "the same")) if comparison else row)
    columns = (*columns, "Base run") if comparison else columns
    return DigestTable("checks", "Broken checks", columns, tuple(rows))


def turned(comparison: RunComparison) -> DigestTable:
    """List checks that came out otherwise and are not broken: better, or not there any more."""
    groups: dict[tuple[str, ...], list[tuple[Outcome, Outcome | None]]] = {}
    for one in comparison.turned:
        if one.before and (one.after is None or one.after.status in ("passed", "skipped")):
            now = one.after.status if one.after else ""
            same = (now, one.before.status, one.before.check, one.before.rule)
            groups.setdefault(same, []).append((one.before, one.after))
    base, head = headings(comparison.base), headings(comparison.head)
    rows = []
    for _, group in sorted(groups.items(), key=lambda item: item[0][0] != ""):
        before, after = group[0]
        shown = after or before
        more = f"; {len(group) - 1:,} more" if len(group) > 1 else ""
        rows.append(
            (
                check_title(shown),
                literals(shown.models) or NONE,
                where(head if after else base, shown) + more,
                state(before),
                state(after) if after else "no longer asked for",
            )
        )
    columns = ("Check", "Model", "Input", "Base run", "This run")
    return DigestTable("turned", "Other checks that turned", columns, tuple(rows))


def model_changes(comparison: RunComparison) -> Iterator[tuple[str, InputChange]]:
    for model in comparison.models:
        yield from ((model.after.model, change) for change in model.changes)


def predictions(comparison: RunComparison) -> DigestTable:
    rows = tuple(
        (
            named(change.after),
            literal(model),
            prediction_cell(change.before),
            prediction_cell(change.after),
            literal(entities.expected(change.after)) if change.after.expect else NONE,
        )
        for model, change in model_changes(comparison)
        if change.flipped or change.broke or change.right_to_wrong or change.wrong_to_right
    )
    columns = ("Input", "Model", "Base run", "This run", "Expected")
    return DigestTable("predictions", "Changed predictions", columns, rows)


def words(comparison: RunComparison) -> DigestTable:
    rows = tuple(
        (
            literal(visible(word.word), WORD),
            literal(model.after.model),
            percent(word.before),
            percent(word.after),
            f"{word.inputs:,}",
            f"in {count(word.turned, 'input')}" if word.turned else NONE,
        )
        for model in comparison.models
        for word in model.words[:TOTALS]
    )
    methods = dict.fromkeys(title(model.method) for model in comparison.models if model.method)
    note = (
        "A word’s share is the part of the attribution that rests on it "
        f"({', '.join(methods)}), here its mean size over the inputs with the word."
    )
    columns = (
        *("Word", "Model", "Share, base run", "Share, this run", "Inputs"),
        "Pushes the other way now",
    )
    return DigestTable("words", "Words whose weight changed most", columns, rows, note)


def drifts(comparison: RunComparison) -> DigestTable:
    rows = tuple(
        (
            named(change.after),
            literal(model),
            percent(change.share_moved),
            percent(change.threshold),
            NONE if change.correlation is None else correlation(change.correlation),
            some(change.shifts[0].entered(WORDS)),
            some(change.shifts[0].left(WORDS)),
        )
        for model, change in model_changes(comparison)
        if change.drifted
    )
    columns = (
        *("Input", "Model", "Share moved", "Counts from", "Rank correlation"),
        *(f"New in the top {WORDS}", f"Left the top {WORDS}"),
    )
    return DigestTable("drifts", "Changed explanations", columns, rows)


def faithfulness(comparison: RunComparison) -> DigestTable:
    """List what each method shows of what removing words could show, the worst changes first."""
    found = [(model.after.model, one) for model in comparison.models for one in model.faithfulness]
    ranked = sorted(found, key=lambda pair: (not pair[1].less, not pair[1].more))
    rows = []
    for model, one in ranked:
        line = faithfulness_line(one)
        judged = line.verdict.text if line.verdict else NONE
        rows.append(
            (line.method, literal(model), line.inputs, line.before, line.after, line.change, judged)
        )
    note = (
        "How much of what removing words could show the order of a method’s scores shows: 0 % is "
        "the worst order, 100 % the best. Changes are in points, with 95 % bootstrap intervals."
    )
    columns = ("Method", "Model", "Inputs", "Base run", "This run", "Change", "Finding")
    return DigestTable("faithfulness", "How faithful explanations are", columns, tuple(rows), note)


def turning(comparison: RunComparison) -> DigestTable:
    """List the inputs of which other words turn the prediction when they are removed alone."""
    rows = tuple(
        (named(one.after), literal(model.after.model), turning_sentence(one, literal))
        for model in comparison.models
        for one in model.turning_words[:MOST_TURNING]
    )
    columns = ("Input", "Model", "What changed")
    return DigestTable("turning", "Words that turn a prediction", columns, rows)


def changed_slices(comparison: RunComparison) -> DigestTable:
    """List the parts of the inputs whose accuracy changed by more than chance, the worst first."""
    found = [
        (model.after.model, one)
        for model in comparison.models
        for one in model.slices
        if one.changed
    ]
    rows = tuple(
        (
            literal(line.slice),
            literal(model),
            line.inputs,
            line.before,
            line.after,
            line.change,
            line.q,
        )
        for model, line in (
            (model, slice_line(one))
            for model, one in sorted(found, key=lambda pair: pair[1].difference.value)
        )
    )
    note = (
        "Accuracy over the inputs that both runs judge; changes are in points, with 95 % intervals "
        "of the difference, input by input. q: McNemar’s test, corrected for the number of slices."
    )
    columns = ("Inputs", "Model", "How many", "Base run", "This run", "Change", "q")
    return DigestTable("changed slices", "Slices whose accuracy changed", columns, rows, note)


def dataset(results: Results) -> tuple[DigestTable, DigestTable]:
    """List what stands out in the inputs, and the parts of them that differ from the others."""
    audits = model_audits(results)
    found = [
        (literal(model), sentence)
        for model, audit in audits.items()
        for sentence in finding_sentences(audit)
    ]
    slices = [
        (literal(model), *row)
        for model, audit in audits.items()
        for row in slice_rows([one for one in audit.slices if one.differs])
    ]
    return (
        DigestTable("findings", "What stands out", ("Model", "Finding"), tuple(found)),
        DigestTable(
            "slices",
            "For whom it is weak, or strong",
            ("Model", *SLICE_COLUMNS),
            tuple(slices),
            "With 95 % intervals; q: Fisher’s exact test, corrected for the number of slices.",
        ),
    )


def inputs(comparison: RunComparison) -> DigestTable:
    rows = tuple(
        (named(result), literal(model.after.model), word, prediction_cell(result))
        for model in comparison.models
        for word, results in (("new", model.new), ("gone", model.gone))
        for result in results
    )
    columns = ("Input", "Model", "In this run", "Prediction")
    return DigestTable("inputs", "New and gone inputs", columns, rows)


def differences(comparison: RunComparison) -> DigestTable:
    """List what else is not the same about the runs."""
    here = [("model", name, NONE, "new") for name in comparison.new_models]
    gone = [("model", name, "there", "gone") for name in comparison.gone_models]
    rows: list[tuple[str, ...]] = [
        (what, literal(name), was, now) for what, name, was, now in (*here, *gone)
    ]
    held: dict[Difference, list[str]] = {}
    for model in comparison.models:
        for one in model.differences:
            held.setdefault(one, []).append(model.after.model)
    for one, names in held.items():
        decisive = " (explanations are not compared)" if one.decisive else ""
        most = HASH if one.is_hash else WORD
        sides = (literal(text, most) if text else NONE for text in (one.before, one.after))
        rows.append((literal(one.what) + decisive, some(names), *sides))
    columns = ("What", "Model", "Base run", "This run")
    return DigestTable("differences", "What else differs between the runs", columns, tuple(rows))


@dataclass
class ModelCounts:
    """What is counted of one model's results."""

    inputs: int = 0
    judged: int = 0
    right: int = 0
    paths: int = 0
    converged: int = 0
    failed: int = 0
    baselines: Counter[str] = field(default_factory=Counter)

    def see(self, result: JobResult) -> None:
        prediction = result.prediction
        self.inputs += 1
        if prediction is not None and prediction.correct is not None:
            self.judged += 1
            self.right += prediction.correct
        converged = [path.converged for path in paths(result.convergence)]
        self.paths += len(converged)
        self.converged += sum(converged)
        self.failed += result.error is not None
        self.baselines.update(baselines(result))


def models(results: Results) -> DigestTable:
    found = {info.id: ModelCounts() for info in results.manifest.models}
    for entry, result in results.entries:
        found[entry.model].see(result)
    rows = tuple(
        (
            literal(model),
            f"{one.inputs:,}",
            f"{one.right:,} of {one.judged:,}" if one.judged else NONE,
            counted(one.baselines),
            f"{one.converged:,} of {one.paths:,}" if one.paths else NONE,
            f"{one.failed:,}",
        )
        for model, one in found.items()
    )
    columns = (
        *("Model", "Inputs", "As expected", "Baselines"),
        *("Explanations that converged", "Not explained"),
    )
    return DigestTable("models", "Models", columns, rows)


def review(about: DigestSubject) -> DigestTable:
    found = places_to_review(about)
    read = ((about.results.entries[place][1], reasons) for place, reasons in found[:MOST_REVIEWED])
    rows = tuple(
        (
            named(result),
            literal(result.model),
            ", ".join(REASONS[reason] for reason in reasons),
            prediction_cell(result),
            top_contributions(about.results, result),
        )
        for result, reasons in read
    )
    columns = ("Input", "Model", "Why", "Prediction", "Words that push it most")
    note = "Shares of the attribution; + pushes towards the output that is named, − away from it."
    more = len(found) - len(rows)
    return DigestTable("review", "Inputs worth a look", columns, rows, note, more)


def places_to_review(about: DigestSubject) -> list[tuple[int, tuple[ReviewReason, ...]]]:
    """Return the places of the results worth a look with the reasons, the gravest first.

    The results are gone over once.
    """
    shared = Shared()
    heads: list[JobResult] = []
    reasons: list[tuple[ReviewReason, ...]] = []
    for _, result in about.results.entries:
        heads.append(lean(result, shared))
        reasons.append(shared(review_reasons(result)))
    disagree = disagreements(heads, about.results.manifest)
    failed = [one for one in about.outcomes if one.status == "failed"]
    broken = {(model, i) for one in failed for model in one.models for i in one.inputs}
    order = list(ReviewReason)
    found = []
    for place, (head, own) in enumerate(zip(heads, reasons, strict=True)):
        more = []
        if disagree.get((head.task, head.input)) and head.prediction:
            more.append(ReviewReason.MODELS_DISAGREE)
        if (head.model, head.input) in broken:
            more.append(ReviewReason.CHECK_FAILED)
        if every := with_reasons(own, more):
            found.append((place, every))
    return sorted(
        found, key=lambda one: (order.index(one[1][0]), -len(one[1]), heads[one[0]].input)
    )
