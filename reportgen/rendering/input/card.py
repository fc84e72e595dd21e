"""The view of one model on one input: everything its section of the page shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from reportgen.methods import all_methods, get, preferred
from reportgen.rendering.drawing.charts import Chart
from reportgen.rendering.drawing.tables import Table
from reportgen.rendering.input import completeness, layers
from reportgen.rendering.input.agreement import (
    HeadMap,
    MethodAgreement,
    RandomLogitTest,
    agreement,
    head_maps,
    random_logit,
)
from reportgen.rendering.input.conductance import ConductanceCharts, conductance_charts
from reportgen.rendering.input.explorer import Explorer, explorers
from reportgen.rendering.input.highlighted_text import HighlightedText, highlighted_texts
from reportgen.rendering.input.methods_side_by_side import (
    MethodsSideBySide,
    Sheet,
    matrix,
    methods_side_by_side,
)
from reportgen.rendering.input.score_rows import (
    FEW,
    Group,
    ScoreRow,
    having,
    layer_groups,
    left_out,
    method_groups,
)
from reportgen.rendering.input.steps import Bar, Steps, bar, steps
from reportgen.rendering.input.sub_embeddings import SubEmbeddingTable, sub_embedding_tables
from reportgen.rendering.input.token_data import token_data
from reportgen.rendering.input.top_contributions import top_words, written
from reportgen.rendering.overview.checks import OutcomeLine
from reportgen.rendering.wording import sentences
from reportgen.rendering.wording.labels import listed, title
from reportgen.rendering.wording.numbers import count, number, probability, signed
from reportgen.results.model import JobEntry, JobResult, Prediction
from reportgen.results.review import ReviewReason, review_reasons
from reportgen.results.scores import by_word, received_by_layer
from reportgen.results.store import Store


@dataclass(frozen=True)
class Brief:
    """What the overview shows of one model on one input: all that needs no arrays."""

    anchor: str
    job: str
    position: int
    result: JobResult
    model: str
    heading: str
    lead: str
    verdict: sentences.Verdict | None
    reasons: tuple[ReviewReason, ...]
    outcomes: tuple[OutcomeLine, ...] = ()


@dataclass(frozen=True)
class Card(Brief):
    """One explained (or failed) input; fields that do not apply are empty."""

    notices: tuple[str, ...] = ()
    bars: tuple[Bar, ...] = ()
    steps: Steps | None = None
    top_contributions: tuple[sentences.TopContributions, ...] = ()
    more_outputs: str = ""
    evidence: tuple[sentences.Verdict, ...] = ()
    highlighted_texts: tuple[HighlightedText, ...] = ()
    means: str = ""
    top_words: Table | None = None
    token_data: dict[str, Any] | None = None
    matrix: Sheet | None = None
    matrix_range: str = ""
    sub_embedding_tables: tuple[SubEmbeddingTable, ...] = ()
    methods_side_by_side: MethodsSideBySide | None = None
    special_share: Chart | None = None
    special_note: str = ""
    mixing_ratio: Chart | None = None
    agreement: MethodAgreement | None = None
    head_maps: tuple[HeadMap, ...] = ()
    random_logit: RandomLogitTest | None = None
    conductance: ConductanceCharts | None = None
    explorers: tuple[Explorer, ...] = ()
    convergence: Table | None = None
    skipped: tuple[tuple[str, str], ...] = ()
    words: Table | None = None
    self_tests: tuple[tuple[str, str], ...] = ()
    method: str = ""
    received: str = ""
    seconds: str = ""
    snippet: str = ""
    left_out: tuple[str, ...] = ()

    @property
    def live(self) -> bool:
        """Whether it has charts that the chart library draws."""
        return self.conductance is not None


def make_brief(
    entry: JobEntry,
    result: JobResult,
    slug: str,
    *,
    disagree: bool = False,
    outcomes: tuple[OutcomeLine, ...] = (),
) -> Brief:
    """Say what one result holds.

    ``slug`` stands for the model in the section's link; ``disagree`` says that models of the
    same task answer this input differently; ``outcomes`` are those of the spec's checks.
    """
    check_failed = any(line.status == "failed" for line in outcomes)
    return Brief(
        anchor=f"{slug}-{entry.input + 1}",
        job=entry.id,
        position=entry.input,
        result=result,
        model=entry.model,
        heading=heading(result.fields),
        lead=lead(result.prediction),
        verdict=sentences.correctness(result),
        reasons=review_reasons(result, disagree=disagree, check_failed=check_failed),
        outcomes=outcomes,
    )


def read_arrays(store: Store, job: str) -> dict[str, np.ndarray]:
    return {name: store.read_array(job, name) for name in store.array_names(job)}


def make_card(brief: Brief, store: Store, *, files: str | None = None) -> Card:
    """Read one job's arrays and turn them into what its section shows.

    ``files`` is where a site's page finds the files of its maps, as ``explorers`` takes it.
    """
    result = brief.result
    if result.status == "error" or result.prediction is None:
        return Card(**vars(brief))
    arrays = read_arrays(store, brief.job)
    received = received_by_layer(arrays)
    methods = list(method_groups(result, arrays))
    by_layer = list(layer_groups(result, arrays))
    main = leading_group(methods)
    evidence = (sentences.convergence(result.convergence), sentences.agreement(result))
    return Card(
        **vars(brief),
        notices=notices(result),
        bars=bars(result.prediction),
        steps=steps(result),
        top_contributions=top_contributions(result, main),
        more_outputs=more_outputs(len(main.rows) if main else 0),
        evidence=tuple(verdict for verdict in evidence if verdict),
        highlighted_texts=highlighted_texts(result, methods),
        means=listed([title(group.method) for group in methods if not group.adds_up]),
        top_words=top_words(result, methods),
        token_data=token_data(result, methods, by_layer) if methods or by_layer else None,
        matrix=matrix(methods),
        matrix_range=methods[0].range if methods else "",
        sub_embedding_tables=sub_embedding_tables(result, arrays),
        methods_side_by_side=methods_side_by_side(
            result, methods, by_layer, left_out(result, arrays)
        ),
        special_share=layers.special_share(result, received),
        special_note=layers.special_note(received),
        mixing_ratio=layers.mixing_ratio(result, arrays),
        agreement=agreement(result),
        head_maps=head_maps(result, arrays),
        random_logit=random_logit(result),
        conductance=conductance_charts(result, arrays),
        explorers=explorers(result, arrays, files=files),
        convergence=completeness.convergence(result),
        skipped=completeness.skipped(result),
        words=words_table(result, methods, by_layer, arrays),
        self_tests=tuple(
            (self_test(name), number(value)) for name, value in result.self_tests.items()
        ),
        method=along_path(result),
        received=sentences.received([title(name) for name in received]),
        seconds=f"Computed in {number(result.seconds)} s.",
        snippet=snippet(brief, arrays),
    )


def snippet(brief: Brief, arrays: Mapping[str, np.ndarray]) -> str:
    """Write how one of the arrays is read in Python: maps where there are any."""
    maps = (array.name for known in preferred() for array in known.arrays if array.maps)
    example = next((name for name in maps if name in arrays), min(arrays, default=""))
    if not example:
        return ""
    return f"reportgen.load(folder).matrix({brief.model!r}, {brief.position}, {example!r})"


def leading_group(methods: Sequence[Group]) -> Group | None:
    """Return the group of the first method with scores of its own for an output."""
    return next((group for group in methods if get(group.method).score), None)


def top_contributions(
    result: JobResult, main: Group | None
) -> tuple[sentences.TopContributions, ...]:
    """Name the words that moved each of the first outputs, or got the largest sizes."""
    if main is None:
        return ()
    shown = list(zip(main.rows, main.words, strict=True))[:FEW]
    if main.hue == "signed":
        return tuple(
            sentences.signed_contributions(row.name, row.title, result.words, scores)
            for row, scores in shown
        )
    by = title(main.method)
    leads = [sentences.output_lead(result, row.name) if row.name else "" for row, _ in shown]
    if len(result.targets) == 1:
        leads = [sentences.output_lead(result, result.targets[0].name)]
    return tuple(
        sentences.largest_contributions(row.name, lead, result.words, scores, by, main.hue)
        for lead, (row, scores) in zip(leads, shown, strict=True)
    )


def along_path(result: JobResult) -> str:
    """Say what the first method did that was integrated along a path."""
    for known in preferred():
        if known.path and known.name in result.settings and known.name not in result.skipped:
            return sentences.method(result.settings[known.name], known)
    return ""


def more_outputs(amount: int) -> str:
    """Say that sentences and texts are for the first outputs only, where there are many."""
    if amount <= FEW:
        return ""
    return (
        f"These are the first {FEW} of {count(amount, 'output')} that were explained; "
        "the table below has them all."
    )


CHECKS = {
    "path_logits": "Logits at the end of the path and of the prediction differ at most by",
    "float32_logits": "Logits differ from those in float32 at most by",
}
"""What the engine checks whatever the methods; those of a method are in its description."""


def self_test(name: str) -> str:
    """Say what a number tells by which the engine checks its own work."""
    of_methods = (m.self_tests[name] for m in all_methods() if name in m.self_tests)
    return CHECKS.get(name) or next(of_methods, name.replace("_", " "))


def heading(fields: dict[str, str]) -> str:
    if not fields:  # of a result that cannot be read, where the spec does not have the text
        return "(text not known)"
    return fields.get("question") or fields.get("text") or next(iter(fields.values()), "")


def lead(prediction: Prediction | None) -> str:
    if prediction is None:
        return ""
    return prediction.label if prediction.kind != "span" else f"“{prediction.label}”"


def notices(result: JobResult) -> tuple[str, ...]:
    cut = result.truncation
    if cut is None:
        return result.warnings
    side = "before" if cut.segment == "prompt" else "after"
    note = (
        f"Only {cut.kept} of {cut.total} tokens were read: the {cut.segment.replace('_', ' ')} is "
        f"longer than the model’s maximum. Words {side} the cut had no say."
    )
    return (note, *result.warnings)


def bars(prediction: Prediction) -> tuple[Bar, ...]:
    """Classes by probability, or the best answer spans; at most ten."""
    if prediction.kind == "span":
        return tuple(
            Bar(span.text, probability(span.probability), span.probability, i == 0)
            for i, span in enumerate(prediction.spans[:5])
        )
    chosen = set(prediction.labels) or {prediction.label}
    scores = sorted(prediction.scores, key=lambda score: -score.logit)[:10]
    if prediction.kind == "regression":
        return tuple(Bar(score.label, number(score.logit), None, True) for score in scores)
    return tuple(bar(score, score.label in chosen) for score in scores)


def words_table(
    result: JobResult,
    methods: Sequence[Group],
    by_layer: Sequence[Group],
    arrays: Mapping[str, np.ndarray],
) -> Table | None:
    """Every word with its numbers, for reading exactly and without colours.

    Where no method has one score per word, the numbers are those of each layer, or of the parts
    of a score.
    """
    main = leading_group(methods)
    columns: dict[str, list[str]] = {}
    for group in methods:
        for row, values in zip(group.rows, group.words, strict=True):
            name = column(group, row, plain=group is main and group.hue == "signed")
            columns[name] = [written(group, value) for value in values]
    if not columns:
        for group in by_layer:
            for row, values in zip(group.rows, group.words, strict=True):
                name = f"{group.title}, {row.label} ({group.unit})"
                columns[name] = [written(group, value) for value in values]
    if not columns:
        for part in (part for known in preferred() for part in known.parts):
            for target in having(result, arrays, part.name):
                values = by_word(arrays[part.of(target)], result.words, adds_up=part.adds_up)
                columns[f"{part.label}: {target} ({part.unit})"] = [signed(v) for v in values]
    if not columns:
        return None
    return Table(
        ("word", *columns),
        tuple(
            (word.text, *(values[i] for values in columns.values()))
            for i, word in enumerate(result.words)
        ),
    )


def column(group: Group, row: ScoreRow, *, plain: bool) -> str:
    """Name a column: of the leading method by the output alone, else by what is shown."""
    name = row.name if plain else row.label
    if not plain and not get(group.method).score:
        name = f"{title(group.method)} received"
    return f"{name} ({group.unit})" if group.unit else name
