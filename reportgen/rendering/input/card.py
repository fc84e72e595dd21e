"""The view of one model on one input: everything its section of the page shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from reportgen.methods import all_methods, preferred
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
from reportgen.rendering.input.answer import (
    about_contrasts,
    more_outputs,
    notices,
    top_contributions,
)
from reportgen.rendering.input.brief import Brief
from reportgen.rendering.input.conductance import ConductanceCharts, conductance_charts
from reportgen.rendering.input.context import Context, context
from reportgen.rendering.input.evidence import Evidence, evidence
from reportgen.rendering.input.explorer import Explorer, explorers
from reportgen.rendering.input.facts import Facts, facts
from reportgen.rendering.input.head_effects import HeadGrids, head_effects
from reportgen.rendering.input.highlighted_text import HighlightedText, highlighted_texts
from reportgen.rendering.input.influence import InfluenceView, influence_view
from reportgen.rendering.input.methods_side_by_side import (
    MethodsSideBySide,
    Sheet,
    matrix,
    methods_side_by_side,
)
from reportgen.rendering.input.plausibility import PlausibilityView, plausibility_view
from reportgen.rendering.input.robustness import SmallChanges, small_changes
from reportgen.rendering.input.sanity import SanityTests, sanity_tests
from reportgen.rendering.input.score_rows import (
    layer_groups,
    left_out,
    method_groups,
)
from reportgen.rendering.input.sub_embeddings import SubEmbeddingTable, sub_embedding_tables
from reportgen.rendering.input.token_data import token_data
from reportgen.rendering.input.top_contributions import top_words
from reportgen.rendering.input.unreliable import Unreliable, unreliable
from reportgen.rendering.input.word_table import leading_group, words_table
from reportgen.rendering.predictions.presenters import presenter
from reportgen.rendering.predictions.view import PredictionView
from reportgen.rendering.wording import sentences
from reportgen.rendering.wording.baselines import history, kept
from reportgen.rendering.wording.labels import listed, title
from reportgen.rendering.wording.numbers import number
from reportgen.results.map_scores import is_map, mean_over_rows
from reportgen.results.model import JobResult
from reportgen.results.plausibility import plausibility
from reportgen.results.store import Store

MAPS = "attention maps"
BY_LAYER = "rows and charts by layer, feature and method"
WORDS = "coloured texts and tables of words"
LEFT_OUT = (MAPS, BY_LAYER, WORDS)
"""What is left out of a file that would be too large, in this order: the largest detail first. The
prediction, its sentence and its evidence always stay."""


PAPER = 9
"""Columns of a table of words that a page of paper has room for."""


@dataclass(frozen=True)
class Section:
    """One part of an input's section: ``templates/input/TEMPLATE.html``.

    It is there where a card has one of the ``fields``, or ``always``; they are empty where
    ``left_out``, one of ``LEFT_OUT``, is. ``place`` ends its address, and ``title`` is its name in
    the list of parts, where it has one.
    """

    template: str
    place: str = ""
    title: str = ""
    fields: tuple[str, ...] = ()
    left_out: str = BY_LAYER
    always: bool = False


SECTIONS = (
    Section("context", "context", "Sentences", ("context",), WORDS),
    Section("highlighted_text", "words", "Words", ("highlighted_texts", "top_words"), WORDS),
    Section("token_data", fields=("token_data",), left_out=WORDS),
    Section("evidence", "removal", "Removal", ("removal",)),
    Section("robustness", "robustness", "Small changes", ("small_changes",)),
    Section("outputs", "outputs", "Outputs", ("matrix",), WORDS),
    Section("plausibility", "rationale", "Rationale", ("plausibility",), WORDS),
    Section("influence", "influence", "Training", ("influence",), WORDS),
    Section("methods_side_by_side", "methods", "Methods", ("methods_side_by_side",)),
    Section("layers", "layers", "Layers", ("special_share", "mixing_ratio")),
    Section("head_effects", "heads", "Heads", ("head_effects",)),
    Section("explorers", "attention", "Attention", ("explorers",), MAPS),
    Section("not_kept", fields=("not_kept",)),
    Section("agreement", "agreement", "Agreement", ("agreement", "head_maps", "random_logit")),
    Section("sub_embeddings", "parts", "Positions", ("sub_embedding_tables",)),
    Section("conductance", "features", "One token", ("conductance",)),
    Section("sanity", "sanity", "Sanity", ("sanity",)),
    Section("completeness", "trust", "Trust", ("words",), WORDS, always=True),
)
"""In the order of the page."""


@dataclass(frozen=True)
class Card(Brief):
    """One explained (or failed) input; fields that do not apply are empty."""

    notices: tuple[str, ...] = ()
    answer: PredictionView | None = None
    unreliable: Unreliable | None = None
    facts: Facts | None = None
    top_contributions: tuple[sentences.TopContributions, ...] = ()
    more_outputs: str = ""
    contrast: str = ""
    evidence: tuple[sentences.Verdict, ...] = ()
    context: Context | None = None
    highlighted_texts: tuple[HighlightedText, ...] = ()
    means: str = ""
    kept: str = ""
    top_words: Table | None = None
    token_data: dict[str, Any] | None = None
    removal: Evidence | None = None
    small_changes: SmallChanges | None = None
    matrix: Sheet | None = None
    plausibility: PlausibilityView | None = None
    influence: InfluenceView | None = None
    sub_embedding_tables: tuple[SubEmbeddingTable, ...] = ()
    methods_side_by_side: MethodsSideBySide | None = None
    special_share: Chart | None = None
    special_note: str = ""
    mixing_ratio: Chart | None = None
    agreement: MethodAgreement | None = None
    head_maps: tuple[HeadMap, ...] = ()
    random_logit: RandomLogitTest | None = None
    conductance: ConductanceCharts | None = None
    head_effects: HeadGrids | None = None
    explorers: tuple[Explorer, ...] = ()
    not_kept: str | None = None
    sanity: SanityTests | None = None
    convergence: Table | None = None
    skipped: tuple[tuple[str, str], ...] = ()
    failed: tuple[tuple[str, str], ...] = ()
    words: tuple[Table, ...] = ()
    self_tests: tuple[tuple[str, str], ...] = ()
    method: str = ""
    recorded: str = ""
    seconds: str = ""
    snippet: str = ""
    left_out: tuple[str, ...] = ()

    @property
    def live(self) -> bool:
        """Whether it has charts that the chart library draws."""
        return self.conductance is not None or (self.removal is not None and self.removal.live)

    @property
    def sections(self) -> tuple[Section, ...]:
        """Those that it has something for."""
        return tuple(
            section
            for section in SECTIONS
            if section.always or any(getattr(self, field) for field in section.fields)
        )


def read_arrays(store: Store, job: str) -> dict[str, np.ndarray]:
    return {name: store.read_array(job, name) for name in store.array_names(job)}


def make_card(brief: Brief, store: Store, *, files: str | None = None) -> Card:
    """Read one job's arrays and turn them into what its section shows.

    ``brief`` has the whole result, of which a report keeps only some.

    ``files`` is where a site's page finds the files of its maps, as ``explorers`` takes it. Raises
    ``ResultsError`` where they cannot be read any more.
    """
    result = brief.result
    if result.status == "error" or result.prediction is None:
        return Card(**vars(brief))
    arrays = read_arrays(store, brief.job)
    blind = mean_over_rows(arrays)
    methods = list(method_groups(result, arrays))
    by_layer = list(layer_groups(result, arrays))
    main = leading_group(methods)
    every_word = words_table(result, methods, by_layer, arrays)
    agrees = sentences.agreement(result)
    shown = main.method if main else ""
    doubts = unreliable(result, main.method) if main else None
    convergence = sentences.convergence(result, shown)
    if doubts:  # which the page opens with
        convergence = convergence[1:]
    return Card(
        **vars(brief),
        notices=notices(result),
        answer=presenter(result).view(),
        unreliable=doubts,
        facts=facts(result),
        top_contributions=top_contributions(result, main),
        more_outputs=more_outputs(len(main.rows) if main else 0),
        contrast=about_contrasts(result, main),
        evidence=(*convergence, *((agrees,) if agrees else ())),
        context=context(result),
        highlighted_texts=highlighted_texts(result, methods),
        means=listed([title(group.method) for group in methods if not group.adds_up]),
        kept=kept(result),
        top_words=top_words(result, methods),
        token_data=token_data(result, methods, by_layer) if methods or by_layer else None,
        removal=evidence(result),
        small_changes=small_changes(result),
        matrix=matrix(result, methods),
        plausibility=plausibility_view(
            result, brief.rationale, tuple(plausibility(store, result, brief.rationale))
        ),
        influence=influence_view(result),
        sub_embedding_tables=sub_embedding_tables(result, arrays),
        methods_side_by_side=methods_side_by_side(
            result, methods, by_layer, left_out(result, arrays)
        ),
        special_share=layers.special_share(result, blind),
        special_note=layers.special_note(blind),
        mixing_ratio=layers.mixing_ratio(result, arrays),
        agreement=agreement(result),
        head_maps=head_maps(result, arrays),
        random_logit=random_logit(result),
        conductance=conductance_charts(result, arrays),
        head_effects=head_effects(result, arrays),
        explorers=explorers(result, arrays, files=files),
        not_kept=not_kept(result),
        sanity=sanity_tests(result),
        convergence=completeness.convergence(result),
        skipped=completeness.skipped(result),
        failed=completeness.failed(result),
        words=every_word.narrowed(PAPER) if every_word else (),
        self_tests=tuple(
            (self_test(name), number(value)) for name, value in result.self_tests.items()
        ),
        method=along_path(result),
        recorded=sentences.recorded(result, [title(name) for name in blind]),
        seconds=f"Computed in {number(result.seconds)} s.",
        snippet=snippet(brief, arrays),
    )


def snippet(brief: Brief, arrays: Mapping[str, np.ndarray]) -> str:
    """Write how one of the arrays is read in Python: maps where there are any."""
    maps = (array.name for method in preferred() for array in method.arrays if array.maps)
    example = next((name for name in maps if name in arrays), min(arrays, default=""))
    if not example:
        return ""
    return f"reportgen.load(folder).matrix({brief.model!r}, {brief.position}, {example!r})"


def not_kept(result: JobResult) -> str | None:
    """Say of which methods no maps were stored, since the spec asks for scores only."""
    if result.keep == "all":
        return None
    lacking = [
        title(method.name)
        for method in preferred()
        if method.name in result.computed and any(is_map(a.stored) for a in method.arrays)
    ]
    return sentences.not_kept(lacking) if lacking else None


def along_path(result: JobResult) -> str:
    """Say what the first method did that was integrated along a path."""
    for method in preferred():
        if method.path and method.name in result.computed:
            told = sentences.method(result.settings[method.name], method)
            return f"{told} {history(result, method.name)}".rstrip()
    return ""


SELF_TESTS = {
    "path_logits": "Logits at the end of the path and of the prediction differ at most by",
    "float32_logits": "Logits differ from those in float32 at most by",
}
"""What the engine tests of itself; a method's own tests are in its description."""


def self_test(name: str) -> str:
    """Say what a number tells by which the engine tests its own work."""
    of_methods = (m.self_tests[name] for m in all_methods() if name in m.self_tests)
    return SELF_TESTS.get(name) or next(of_methods, name.replace("_", " "))
