"""A page beside results that say otherwise: every number that was changed is missed on it.

So the test of statements can fail, for each kind of number and for each array.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open

import fakes
import reportgen
from reportgen.results.store import HEADER
from reportgen.results.tables import Results
from rewriting import rewrite_result
from statements import check_card, check_first, dom, runs
from statements.facts import Facts
from statements.written import Ledger

RECORDS = (
    *("prediction", "convergence", "agreement", "random_logit", "randomized", "changes"),
    *("checks", "seconds"),
)
"""Parts of a header whose numbers are on pages."""

UNSEEN_FIELDS = {
    "prediction.scores.*.logit",  # of classes there are the probabilities
    "prediction.steps.*.scores.*.logit",
    "prediction.steps.*.index",
    "prediction.spans.*.start",
    "prediction.spans.*.end",
    "prediction.spans.*.char_start",
    "prediction.spans.*.char_end",
    "convergence.*.tolerance",  # what was allowed is told of those that missed it
    "random_logit.*.layer",  # there is the mean over layers
    "randomized.*.layer",  # likewise
    "randomized.*.tokens",  # one more or less decides no verdict
    "changes.*.correlation",  # of padding there is the largest change
}
"""Kinds of numbers of a header that no page has."""

UNSEEN_LABELS = {
    "prediction.steps.*.scores.*.probability",  # of a token there is its own label
    *(f"prediction.specials.*.{name}" for name in ("index", "position")),
    *(f"prediction.specials.*.scores.*.{name}" for name in ("logit", "probability")),
}
"""Those that no page of a tagger has."""


class Page:
    """The page of a run, and one of its inputs, whose result is changed afterwards."""

    def __init__(self, run: Path, index: int, scratch: Path) -> None:
        self.run, self.scratch = run, scratch
        self.page = dom.read((run / "report.html").read_text(encoding="utf-8"))
        self.card = self.page.all("article.card")[index]
        facts = Facts(Results(run))
        self.key = facts.keys[index]
        self.file = run / "results" / f"{facts.jobs[self.key].entry.id}.safetensors"
        with safe_open(self.file, framework="numpy") as file:
            self.header = json.loads(file.metadata()[HEADER])
            self.arrays = sorted(file.keys())

    def problems(self, run: Path) -> list[str]:
        results = Results(run)
        facts, ledger = Facts(results), Ledger()
        check_card(ledger, facts.jobs[self.key], self.card)
        if not ledger.problems:
            check_first(ledger, facts, self.page)
        # The digest of all results is another one whatever was changed.
        return [problem for problem in ledger.problems if results.digest[:40] not in problem]

    def notices(self, change: Callable[[dict, dict], None]) -> bool:
        """Tell whether the page is found to be wrong beside a changed result."""
        shutil.rmtree(self.scratch, ignore_errors=True)
        shutil.copytree(self.run / "results", self.scratch / "results")
        rewrite_result(self.scratch / "results" / self.file.name, change)
        try:
            return bool(self.problems(self.scratch))
        except (AssertionError, IndexError, KeyError, StopIteration, ValueError):
            return True  # what belongs together does no more

    def unnoticed_fields(self, records: Iterable[str]) -> set[str]:
        """Return the kinds of numbers in the header that may be changed without notice."""
        kinds: dict[str, tuple] = {}
        for path in leaves(self.header):
            if path[0] in records:
                kind = ".".join("*" if isinstance(step, int) else step for step in path)
                kinds.setdefault(kind, path)
        return {kind for kind, path in kinds.items() if not self.notices(partial(alter, path))}

    def unnoticed_arrays(self) -> set[str]:
        """Return the arrays whose largest numbers may be changed without notice."""
        return {name for name in self.arrays if not self.notices(partial(scale, name))}


def leaves(value: Any, path: tuple = ()) -> Iterator[tuple]:
    """Yield the way to every number, and to everything that is true or false."""
    steps = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for step, below in steps:
        yield from leaves(below, (*path, step))
    if isinstance(value, bool | int | float):
        yield path


def alter(path: tuple, header: dict, arrays: dict) -> None:
    *way, last = path
    place: Any = header
    for step in way:
        place = place[step]
    value = place[last]
    if isinstance(value, bool):
        place[last] = not value
    else:
        place[last] = value + 1 if isinstance(value, int) else 0.63 * value + 0.01


def scale(name: str, header: dict, arrays: dict) -> None:
    """Double the numbers of an array that are larger than most."""
    values = arrays[name]
    sizes = np.abs(np.nan_to_num(values))
    arrays[name] = np.where(sizes >= np.quantile(sizes, 0.75), 2 * values, values).astype(
        values.dtype
    )


BY_HEAD = "agreement_heads"
UNSEEN_ARRAYS = {
    "integrated_gradients_coarse",
    "gradient_shap_spread",
    "shapley_values_error",
    "smoothgrad_spread",
    "vargrad_spread",
    "value_zeroing_layers",
    "value_zeroing_rollout",
    "globenc_layers",
    "globenc_rollout",
    "alti_layers",
    "alti_rollout",
    "attention_rollout_matrix",
    "attention_relevance_matrix",
    "residual_norms/residual",
    "residual_norms/normalized",
    "representation",
}
"""Arrays that no page has; of single heads, those with the leading method are drawn."""


@pytest.fixture(scope="module")
def page(once, tmp_path_factory) -> Callable[..., Page]:
    def make(name: str, index: int = 0) -> Page:
        fill = partial(runs.make, name) if name in runs.RUNS else fakes_page
        return Page(once(f"statements-{name}", fill), index, tmp_path_factory.mktemp(name))

    return make


def fakes_page(folder: Path) -> None:
    reportgen.render(fakes.sample_run(folder), folder)


@pytest.mark.parametrize(
    ("name", "index", "records", "unseen"),
    [
        ("pair", 0, RECORDS, set()),
        ("answers", 4, RECORDS, set()),
        ("language-model", 1, ("prediction",), {"prediction.steps.*.correct"}),
        ("tagger", 1, ("prediction",), UNSEEN_LABELS),
        ("few-steps", 0, ("convergence", "prediction"), {"convergence.*.layer_gaps.*"}),
    ],
)
def test_a_number_that_was_changed_is_missed(page, name, index, records, unseen):
    shown = page(name, index)
    assert shown.problems(shown.run) == []
    assert shown.unnoticed_fields(records) - UNSEEN_FIELDS <= unseen


def test_arrays_that_were_changed_are_missed(page):
    unnoticed = page("pair").unnoticed_arrays()
    by_head = {name for name in unnoticed if name.startswith(BY_HEAD)}
    assert {name.removesuffix("/yes") for name in unnoticed - by_head} == UNSEEN_ARRAYS
    main = f"{BY_HEAD}/spearman/integrated_gradients/"
    assert not [name for name in by_head if name.startswith(main)]
