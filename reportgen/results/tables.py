"""The results of a run as tables: the Python API over stored result files."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.methods import preferred
from reportgen.results.arrays import HEADS
from reportgen.results.baselines import used_baseline
from reportgen.results.checks.evaluation import COLUMNS, evaluate_checks
from reportgen.results.frames import frame
from reportgen.results.heads import head_effects
from reportgen.results.map_scores import has_layers, layer_scores
from reportgen.results.model import JobEntry, JobResult
from reportgen.results.plausibility import plausibility
from reportgen.results.removal_tables import RemovalTables
from reportgen.results.sanity import sanity
from reportgen.results.scores import (
    SIGNED,
    UNSIGNED,
    adds_up,
    by_word,
    normalization,
    normalize,
)
from reportgen.results.slice_tables import SliceTables
from reportgen.results.stored_run import key_of

if TYPE_CHECKING:
    import pandas as pd


SCORED = ("model", "input", "method", "target", "rows")
"""What a score of a token or a word is of."""


class Results(RemovalTables, SliceTables):
    """Stored results of one run as tables; models are named by id, inputs by position in the spec.

    All counts are from 0: of inputs, tokens, words, layers and heads, and of the tokens by which
    outputs are named. Pages count from 1.

    Raises ``ResultsError`` where the folder holds no results, or results of a newer format.
    """

    def jobs(self) -> pd.DataFrame:
        """Return one row per job: model, input, status, error, seconds.

        ``status`` is ``done`` or ``error``; ``error`` is its message, or those of methods that
        failed (``method: message``), ``None`` where there is none.
        """
        return frame(
            ("model", "input", "status", "error", "seconds"),
            (
                {
                    "status": result.status,
                    "error": result.error.message if result.error else _failed(result),
                    "seconds": result.seconds,
                }
                | key_of(entry)
                for entry, result in self.entries
            ),
        )

    def predictions(self) -> pd.DataFrame:
        """Return one row per finished job: model, input, label, probability, per_token, ...

        ``label`` is the class or answer, ``probability`` lies in [0, 1]. Of a text that is the
        product over its tokens, and ``per_token`` their geometric mean. ``expected`` and
        ``correct`` are ``None`` where nothing is expected.
        """
        return frame(
            ("model", "input", "label", "probability", "per_token", "expected", "correct"),
            (
                key_of(entry)
                | {"per_token": result.prediction.per_token}
                | result.prediction.model_dump(
                    include={"label", "probability", "expected", "correct"}
                )
                for entry, result in self.entries
                if result.prediction
            ),
        )

    def tokens(self) -> pd.DataFrame:
        """Return one row per token, by method and output: the score, normalised as the spec asks.

        Columns: model, input, method, target, rows, index (from 0), token, start, end (characters
        of the text, ``None`` for special tokens), score. Scores in logits are signed; sizes and
        shares (rollouts, relevance, attention, norms) are never negative.

        Attention and vector norms are means over layers and heads. ``rows`` says of which rows of
        their maps: ``read`` is the row of the token that the output is read from (the mean of the
        rows where there are several), ``all`` the mean over all rows, which is about no output
        (``target`` is ``None``). It is ``None`` for other methods. ``matrix`` has the arrays of
        all. Raises ``ResultsError`` where a file cannot be read.
        """
        return frame(
            (*SCORED, "index", "token", "start", "end", "score"),
            (
                key
                | {"index": i, "token": token.text, "start": token.start, "end": token.end}
                | {"score": float(score)}
                for key, result, scores in self._token_scores()
                for i, (token, score) in enumerate(zip(result.tokens, scores, strict=True))
            ),
        )

    def words(self) -> pd.DataFrame:
        """Return one row per word: the sum of its tokens' scores, as in ``tokens``.

        The punctuation around a word is a word of its own, and so are a line break and space at
        the end of a text: every token that is not special is in exactly one word.

        Columns: model, input, method, target, rows, index (from 0), word, segment (the input's
        field), start, end, score. It is the mean where a method's scores do not add up. Raises
        ``ResultsError`` where a file cannot be read.
        """
        return frame(
            (*SCORED, "index", "word", "segment", "start", "end", "score"),
            (
                key
                | {"index": i, "word": word.text, "segment": word.segment}
                | {"start": word.start, "end": word.end, "score": float(score)}
                for key, result, scores in self._token_scores()
                for i, (word, score) in enumerate(
                    zip(
                        result.words,
                        by_word(scores, result.words, adds_up=adds_up(key["method"])),
                        strict=True,
                    )
                )
            ),
        )

    def convergence(self) -> pd.DataFrame:
        """Return how far the scores of each path method add up, one row per output.

        Columns: model, input, method, target; baseline (its name, or ``a text``, with those that
        ``auto`` left: ``pad after mask``); f_input, f_baseline (the output at both ends, in
        logits); delta (the sum of the scores minus their difference, in logits); gap (the size of
        delta relative to the difference); steps (evaluations of the model on the path); converged;
        layer_gaps (a gap for each layer, where conductance ran).
        """
        return frame(
            (
                "model",
                "input",
                "method",
                "target",
                "baseline",
                "f_input",
                "f_baseline",
                "delta",
                "gap",
                "steps",
                "converged",
                "layer_gaps",
            ),
            (
                key_of(entry)
                | row.model_dump(exclude={"tolerance"})
                | {"baseline": used_baseline(result, row.method)}
                for entry, result in self.entries
                for row in result.convergence
            ),
        )

    def agreement(self) -> pd.DataFrame:
        """Return how far every two methods agree at each layer, over the content tokens.

        Columns: model, input, target, layer and head (from 0), method_a, method_b, measure
        (``spearman`` and ``kendall`` in [−1, 1]; ``top_k_overlap`` in [0, 1], of the ``k``
        largest), k, value (``None`` where it is undefined). ``head`` is set where single heads
        were compared, and ``None`` where a method's heads were taken together. ``target`` is
        ``None`` where neither side depends on it. Of attention and norms the rows that the output
        is read from are compared; the mean over all rows before format 6, and where it is not
        known which.
        """
        return frame(
            (
                "model",
                "input",
                "target",
                "layer",
                "head",
                "method_a",
                "method_b",
                "measure",
                "k",
                "value",
            ),
            (
                key_of(entry) | row
                for entry, result in self.entries
                for row in (
                    *(row.model_dump() | {"head": None} for row in result.agreement),
                    *self._agreement_of_heads(entry, result),
                )
            ),
        )

    def heads(self) -> pd.DataFrame:
        """Return what each attention head does to each output, one row per head.

        Columns: model, input, method, target, layer and head (from 0), effect (the output minus
        the output with the head switched off, in logits: above 0 where the head supports it),
        attribution (the sizes of the attributions of its attention weights, added up;
        ``None`` where attention was not attributed). Raises ``ResultsError`` where a file cannot
        be read.
        """
        return frame(
            ("model", "input", "method", "target", "layer", "head", "effect", "attribution"),
            (
                key_of(entry)
                | {"method": one.method, "target": one.target, "layer": layer, "head": head}
                | {"effect": float(effect)}
                | {"attribution": one.attribution(layer, head)}
                for entry, result in self.entries
                for one in head_effects(
                    result,
                    self._array_names(entry, result),
                    functools.partial(self.store.read_array, entry.id),
                )
                for (layer, head), effect in np.ndenumerate(one.values)
            ),
        )

    def random_logit(self) -> pd.DataFrame:
        """Return how alike each method's scores are when another output is explained instead.

        Columns: model, input, method, target, other, layer (from 0), value (Spearman's rank
        correlation, in [−1, 1]). ``layer`` is ``None`` for methods with one score per token.
        """
        return frame(
            ("model", "input", "method", "target", "other", "layer", "value"),
            (
                key_of(entry) | row.model_dump()
                for entry, result in self.entries
                for row in result.random_logit
            ),
        )

    def plausibility(self) -> pd.DataFrame:
        """Return how far each method points at the words that people marked, one row per output.

        Columns: model, input, target, method; auprc (average precision of the scores as a ranking
        of the words), token_f1 and iou (of the top words, as many as are marked), chance (the
        auprc of scores at random), all in [0, 1]; marked (how many words are). Of inputs with a
        rationale, over the words of the texts that have one.
        """
        return frame(
            (
                *("model", "input", "target", "method", "auprc", "token_f1", "iou"),
                "chance",
                "marked",
            ),
            (
                key_of(entry)
                | {"target": one.target, "method": one.method, "auprc": one.auprc}
                | {"token_f1": one.token_f1, "iou": one.iou}
                | {"chance": one.words.chance, "marked": one.words.count}
                for entry, result in self.entries
                for one in plausibility(self.store, result, entry.rationale)
            ),
        )

    def sanity(self) -> pd.DataFrame:
        """Return what sanity tests say of every method and output, each with a verdict.

        Columns: model, input, test, method, target, value, tokens, verdict. ``test`` is
        ``completeness`` (``value`` is the gap), ``random_logit`` (the rank correlation with the
        scores of another output, mean over layers), ``parameter_randomization`` (that with the
        scores of random weights, over so many ``tokens``), ``sensitivity`` (the
        largest relative change of the scores by noise on the word embeddings), ``padding`` (the
        largest relative change) or ``dtype`` (the rank correlation of scores in bfloat16 with those
        in float32).
        ``method`` is ``None`` where the model's numbers are tested. ``verdict`` is ``passed``,
        ``warning``, ``failed``, ``cannot tell`` or ``not applicable``.
        """
        return frame(
            ("model", "input", "test", "method", "target", "value", "tokens", "verdict"),
            (
                key_of(entry)
                | {"test": one.test, "method": one.method, "target": one.target}
                | {"value": one.value, "tokens": one.tokens, "verdict": one.verdict}
                for entry, result in self.entries
                if result.status == "done"
                for one in sanity(result)
            ),
        )

    def checks(self) -> pd.DataFrame:
        """Return one row per outcome of the spec's checks: check, status, expected, found, ...

        ``status`` is ``passed``, ``warning``, ``skipped``, ``failed`` or ``error``. ``expected``
        and ``found`` are texts; numbers and lists are written as JSON. Raises ``ResultsError``
        where a result file cannot be read.
        """
        columns = tuple(name for name in COLUMNS if name not in ("content", "part"))
        rows = ({name: getattr(one, name) for name in columns} for one in evaluate_checks(self))
        return frame(
            columns,
            (
                row
                | {side: _text(row[side]) for side in ("expected", "found")}
                | {name: str(row[name]) for name in ("relation", "unit")}
                for row in rows
            ),
        )

    def _token_scores(self) -> Iterator[tuple[dict[str, Any], JobResult, np.ndarray]]:
        for entry, result in self.entries:
            stored = set(self._array_names(entry, result))
            for method in (*SIGNED, *UNSIGNED):
                how = normalization(result.settings, method)
                for target in result.targets:
                    name = f"{method}/{target.name}"
                    if name not in stored:
                        continue
                    scores = normalize(self.store.read_array(entry.id, name), how)
                    yield (
                        key_of(entry) | {"method": method, "target": target.name, "rows": None},
                        result,
                        scores,
                    )
            for known in preferred():
                if known.rows and has_layers(known.rows, stored):
                    read = functools.cache(functools.partial(self.store.read_array, entry.id))
                    for about, read_at in _rows(result):
                        layers = layer_scores(known.rows, stored, read, result.targets, read_at)
                        scores = layers.mean(axis=0)
                        yield key_of(entry) | {"method": known.name} | about, result, scores

    def _agreement_of_heads(self, entry: JobEntry, result: JobResult) -> Iterator[dict[str, Any]]:
        for name in self._array_names(entry, result):
            if not name.startswith(f"{HEADS}/"):
                continue
            measure, first, second, *target = name.split("/", 4)[1:]
            for (layer, head), value in np.ndenumerate(self.store.read_array(entry.id, name)):
                yield {
                    "target": target[0] if target else None,
                    "layer": layer,
                    "head": head,
                    "method_a": first,
                    "method_b": second,
                    "measure": measure,
                    "k": None,
                    "value": None if np.isnan(value) else float(value),
                }

    def _array_names(self, entry: JobEntry, result: JobResult) -> list[str]:
        return self.store.array_names(entry.id) if result.status == "done" else []


def _rows(result: JobResult) -> Iterator[tuple[dict[str, str | None], tuple[int, ...] | None]]:
    """Yield the rows of maps that are scores: those that each output is read from, and all."""
    for target in result.targets:
        if target.read_at is not None:
            yield {"target": target.name, "rows": "read"}, target.read_at
    yield {"target": None, "rows": "all"}, None


def _failed(result: JobResult) -> str | None:
    """Write why methods of a result that is done could not be computed."""
    return "; ".join(f"{name}: {error.message}" for name, error in result.failed.items()) or None


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
