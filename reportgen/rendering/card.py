"""The view of one model on one input: everything its section of the page shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from reportgen.rendering import layers, sentences, trust
from reportgen.rendering.agreement import (
    Agreement,
    HeadMap,
    RandomLogit,
    agreement,
    head_maps,
    random_logit,
)
from reportgen.rendering.charts import Chart
from reportgen.rendering.checks import Line
from reportgen.rendering.compared import Compared, Sheet, compare, matrix
from reportgen.rendering.explorer import Explorer, explorers
from reportgen.rendering.features import Features, features
from reportgen.rendering.grid import FEW, layer_groups, left_out, method_groups
from reportgen.rendering.names import TITLES
from reportgen.rendering.numbers import count, number, probability, signed
from reportgen.rendering.parts import Parts, parts
from reportgen.rendering.steps import Bar, Steps, bar, steps
from reportgen.rendering.strips import Strip, make_strips
from reportgen.rendering.table import Table
from reportgen.rendering.token_data import token_data
from reportgen.rendering.top import top_words
from reportgen.results.model import JobEntry, JobResult, Prediction
from reportgen.results.scores import by_word, normalize, received_by_layer
from reportgen.results.store import Store

UNITS = {"none": "logits", "sum": "of the change", "l2": ""}


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
    looks: list[str]
    outcomes: tuple[Line, ...] = ()


@dataclass(frozen=True)
class Card(Brief):
    """One explained (or failed) input; fields that do not apply are empty."""

    notices: tuple[str, ...] = ()
    bars: tuple[Bar, ...] = ()
    steps: Steps | None = None
    pushes: tuple[sentences.Push, ...] = ()
    more_outputs: str = ""
    evidence: tuple[sentences.Verdict, ...] = ()
    strips: tuple[Strip, ...] = ()
    top_words: Table | None = None
    token_data: dict[str, Any] | None = None
    matrix: Sheet | None = None
    matrix_range: str = ""
    parts: tuple[Parts, ...] = ()
    compared: Compared | None = None
    special_share: Chart | None = None
    mixing_ratio: Chart | None = None
    agreement: Agreement | None = None
    head_maps: tuple[HeadMap, ...] = ()
    random_logit: RandomLogit | None = None
    features: Features | None = None
    explorers: tuple[Explorer, ...] = ()
    convergence: Table | None = None
    skipped: tuple[tuple[str, str], ...] = ()
    words: Table | None = None
    checks: tuple[tuple[str, str], ...] = ()
    method: str = ""
    received: str = ""
    seconds: str = ""
    snippet: str = ""
    left_out: tuple[str, ...] = ()

    @property
    def live(self) -> bool:
        """Whether it has charts that the chart library draws."""
        return self.features is not None


def make_brief(
    entry: JobEntry,
    result: JobResult,
    slug: str,
    *,
    disagree: bool = False,
    outcomes: tuple[Line, ...] = (),
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
        looks=sentences.needs_look(result, disagree=disagree, check_failed=check_failed),
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
    settings = result.settings.get("integrated_gradients", {})
    how = settings.get("normalize", "none")
    unit = UNITS[how]
    scores = {
        target.name: normalize(arrays[name], how)
        for target in result.targets
        if (name := f"integrated_gradients/{target.name}") in arrays
    }
    received = received_by_layer(arrays)
    methods = list(method_groups(result, arrays, scores, received, unit))
    by_layer = list(layer_groups(result, arrays, received))
    example = "attention" if "attention" in arrays else min(arrays, default="")
    evidence = (sentences.convergence(result.convergence), sentences.agreement(result))
    return Card(
        **vars(brief),
        notices=notices(result),
        bars=bars(result.prediction),
        steps=steps(result),
        pushes=tuple(
            sentences.push(
                name, sentences.push_lead(result, name), result.words, by_word(row, result.words)
            )
            for name, row in list(scores.items())[:FEW]
        ),
        more_outputs=more_outputs(len(scores)),
        evidence=tuple(verdict for verdict in evidence if verdict),
        strips=make_strips(result, methods),
        top_words=top_words(result, methods),
        token_data=token_data(result, methods, by_layer) if methods or by_layer else None,
        matrix=matrix(methods),
        matrix_range=methods[0].range if methods else "",
        parts=parts(result, arrays),
        compared=compare(result, methods, by_layer, left_out(result, arrays)),
        special_share=layers.special_share(result, received),
        mixing_ratio=layers.mixing_ratio(result, arrays),
        agreement=agreement(result),
        head_maps=head_maps(result, arrays),
        random_logit=random_logit(result),
        features=features(result, arrays),
        explorers=explorers(result, arrays, files=files),
        convergence=trust.convergence(result),
        skipped=trust.skipped(result),
        words=words_table(result, scores, received, unit),
        checks=tuple(
            (CHECKS.get(name, name.replace("_", " ")), number(value))
            for name, value in result.checks.items()
        ),
        method=sentences.method(settings or path_settings(result)),
        received=sentences.RECEIVED if received else "",
        seconds=f"Computed in {number(result.seconds)} s.",
        snippet=f"reportgen.load(folder).matrix({brief.model!r}, {brief.position}, {example!r})",
    )


def path_settings(result: JobResult) -> dict[str, Any]:
    """Return the settings of the first method that was integrated along a path."""
    return next((result.settings.get(row.method, {}) for row in result.convergence), {})


def more_outputs(amount: int) -> str:
    """Say that sentences and texts are for the first outputs only, where there are many."""
    if amount <= FEW:
        return ""
    return (
        f"These are the first {FEW} of {count(amount, 'output')} that were explained; "
        "the table below has them all."
    )


CHECKS = {
    "attention_row_sum": "Rows of the attention maps add up to 1, at most off by",
    "norms_reconstruction": "Value vectors add up to the attention module's output, relative error",
    "path_logits": "Logits at the end of the path and of the prediction differ at most by",
    "residual_reconstruction": "Parts with the residual add up to the layer's output, relative "
    "error",
    "float32_logits": "Logits differ from those in float32 at most by",
    "alti_reconstruction": "Parts of ALTI add up to the layer's output, relative error",
}


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
    result: JobResult, scores: dict[str, np.ndarray], received: dict[str, np.ndarray], unit: str
) -> Table:
    """Every word with its numbers, for reading exactly and without colours."""
    columns = {
        f"{name} ({unit})" if unit else name: by_word(row, result.words)
        for name, row in scores.items()
    }
    columns |= {
        f"{TITLES[name]} received": by_word(rows.mean(axis=0), result.words)
        for name, rows in received.items()
    }
    return Table(
        ("word", *columns),
        tuple(
            (
                word.text,
                *(
                    signed(v[i]) if n < len(scores) else number(v[i])
                    for n, v in enumerate(columns.values())
                ),
            )
            for i, word in enumerate(result.words)
        ),
    )
