"""Where a model is weak without being asked: everything that a scan looks for, put together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reportgen.results.dataset.attribution_differs import attribution_differs
from reportgen.results.dataset.findings import Finding, FindingKind, Tried
from reportgen.results.dataset.observations import Observations
from reportgen.results.dataset.perturbations import perturbation_findings
from reportgen.results.dataset.weak_slices import MOST, weak_slices

Found = tuple[tuple[Finding, ...], tuple[Tried, ...]]


@dataclass(frozen=True)
class Scan:
    """What was found in the inputs of a model, at most ten things, and all that was tried."""

    findings: tuple[Finding, ...]
    tried: tuple[Tried, ...]


def search_slices(found: Observations, seed: int) -> Found:
    findings, tried = weak_slices(found, seed)
    return findings, (tried,)


def search_words(found: Observations, seed: int) -> Found:
    findings, tried = attribution_differs(found, seed)
    return findings, (tried,)


def search_changes(found: Observations, seed: int) -> Found:
    return perturbation_findings(found)


SEARCHES: tuple[Callable[[Observations, int], Found], ...] = (
    search_slices,
    search_words,
    search_changes,
)
"""All that is looked for, each with its own bound on what is found by coincidence."""


def scan(found: Observations, seed: int) -> Scan:
    """Look for what stands out in the inputs of a model; equal seeds find the same.

    Findings come by evidence: first those that are least likely a coincidence, then those about
    more inputs. Every kind of search finds something by coincidence in at most 5 % of the data
    sets where there is nothing.
    """
    order = list(FindingKind)
    searched = [search(found, seed) for search in SEARCHES]
    every = [one for findings, _ in searched for one in findings]
    every.sort(key=lambda one: (one.p, -len(one.places), order.index(one.kind)))
    return Scan(tuple(every[:MOST]), tuple(one for _, tried in searched for one in tried))
