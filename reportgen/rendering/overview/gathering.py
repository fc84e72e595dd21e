"""What a report keeps of all results of a run, gathered as they are gone over once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reportgen.rendering.input.brief import Brief, make_brief
from reportgen.rendering.overview.coloured_text import mark_line
from reportgen.rendering.overview.findings import SelfTests
from reportgen.rendering.overview.method_cards import SanityTested
from reportgen.rendering.overview.predictions_table import Disagreements
from reportgen.rendering.overview.rationales import MeasuredRationales
from reportgen.rendering.wording.outcome_lines import by_input
from reportgen.results.checks.evaluation import Judge, Outcome
from reportgen.results.dataset.head_statistics import HeadNumbers, HeadStatistics
from reportgen.results.dataset.method_agreement import AgreementNumbers, MethodAgreements
from reportgen.results.dataset.observations import Observers
from reportgen.results.entities import SpanCounts
from reportgen.results.lean import LastArrays, Shared, in_order, lean
from reportgen.results.model import JobEntry, JobResult
from reportgen.results.removal_summary import Ranked, SharesShown
from reportgen.results.review import ReviewReason, with_reasons
from reportgen.results.tables import Results


class Gathered:
    """What is kept of all results: a brief of each, and numbers over all of them.

    A result itself is not kept: those of 100,000 inputs would take 6 GB.
    """

    def __init__(self, results: Results, slugs: Mapping[str, str]) -> None:
        self._store = LastArrays(results.store)
        self._slugs, self._shared = slugs, Shared()
        self._judge = Judge(results, store=self._store)
        self._marked: set[tuple[str, int]] = set()
        self._shown: dict[str, SharesShown] = {}
        self._observers = Observers(results.manifest)
        self._heads: dict[str, HeadNumbers] = {}
        self._agreements: dict[str, AgreementNumbers] = {}
        self.briefs: list[Brief] = []
        self.self_tests = SelfTests(results.manifest)
        self.sanity = SanityTested()
        self.rationales = MeasuredRationales()
        for entry, result in in_order(results):
            self._see(entry, result)
        self.outcomes = self._judge.outcomes()
        self.observed, self.fillings = self._observers.inputs(), self._observers.fillings()

    def _see(self, entry: JobEntry, result: JobResult) -> None:
        self._judge.see(entry, result)
        text, line = (result.task, entry.input), None
        if text not in self._marked:  # a text is coloured by the first model that it can be
            line = mark_line(result, self._store)
            if line is not None:
                self._marked.add(text)
        held = lean(result, self._shared)
        slug = self._slugs[entry.model]
        brief = make_brief(entry, result, slug, slugs=self._slugs, held=held, line=line)
        self._shown.setdefault(entry.model, SharesShown()).see(result)
        place = len(self.briefs)
        if self._observers.see(place, entry, result, self._store):
            heads = self._heads.setdefault(entry.model, HeadNumbers(entry.model))
            heads.see(place, result, self._store)
        self._agreements.setdefault(entry.model, AgreementNumbers()).see(place, result)
        self.self_tests.see(result)
        self.sanity.see(result)
        self.rationales.see(result, entry.rationale, self._store)
        self.briefs.append(brief)

    def finished(self, disagree: Disagreements) -> tuple[Brief, ...]:
        """Return the briefs with what checks and other models say of their inputs."""
        judged = by_input(self.outcomes)
        return tuple(
            self._finished(brief, judged.get((brief.model, brief.position), ()), disagree)
            for brief in self.briefs
        )

    def _finished(
        self, brief: Brief, judged: tuple[Outcome, ...], disagree: Disagreements
    ) -> Brief:
        more = []
        if any(one.status == "failed" for one in judged):
            more.append(ReviewReason.CHECK_FAILED)
        if disagree.get((brief.result.task, brief.position)) and brief.result.prediction:
            more.append(ReviewReason.MODELS_DISAGREE)
        reasons = self._shared(with_reasons(brief.reasons, more))
        return replace(brief, reasons=reasons, judged=judged)

    def heads(self) -> dict[str, HeadStatistics]:
        """Return what heads do in each model whose heads were switched off."""
        found = {model: numbers.statistics() for model, numbers in self._heads.items()}
        return {model: one for model, one in found.items() if one}

    def agreements(self, fewest: int) -> dict[str, MethodAgreements]:
        """Say how far the methods of each model agree that ``fewest`` inputs have."""
        found = {model: one.agreements(fewest) for model, one in self._agreements.items()}
        return {model: one for model, one in found.items() if one}

    def entities(self) -> dict[str, SpanCounts]:
        """Count the entities of each model, of all kinds together."""
        return {
            model: SpanCounts(*sum(kind.sum(axis=0) for kind in found.entities.values()).tolist())
            for model, found in self.observed.items()
            if found.entities
        }

    def ranked(self) -> dict[str, Ranked]:
        """Rank the methods of each model by what they show."""
        return {model: shown.ranked() for model, shown in self._shown.items()}
