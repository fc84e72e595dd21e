"""Which baseline a path started from, which were tried before, and what stayed as it is."""

from __future__ import annotations

from collections.abc import Sequence

from reportgen.rendering.wording.labels import listed, output, visible
from reportgen.rendering.wording.numbers import count, percent, signed
from reportgen.results.model import JobResult, TriedBaseline

MOST_OUTPUTS = 4
"""Outputs whose share of the first token is told one by one."""


def how_it_ended(one: TriedBaseline) -> str:
    """Say how a sweep from a baseline ended: by its largest gap, or why there is none."""
    if one.gap is None:
        return f"{one.baseline}: not finite"
    if one.converged:
        return f"{one.baseline}: converged"
    return f"{one.baseline}: {percent(one.gap)}{' and a jump' if one.jump else ''}"


def history(result: JobResult, method: str) -> str:
    """Say what ``baseline: auto`` tried for a method, and what it took; nothing of one given."""
    tried = result.tried.get(method, ())
    if not tried:
        return ""
    used = result.settings[method]["baseline"]
    if tried[0].converged:
        return f"The baseline was chosen by auto: {used}, the first that it tries."
    ended = ", ".join(map(how_it_ended, tried))
    told = f"Tried (baseline: auto), with the largest gap of any output or layer: {ended}."
    if any(one.converged for one in tried):
        return told
    return f"{told} None converged throughout; {used} missed least."


def kept(result: JobResult) -> str:
    """Say what the first token does where the path left it as it is."""
    if result.kept is None:
        return ""
    token = f"“{visible(result.kept.text)}”"
    text = (
        f"The first token, {token}, was left as it is on the path and has no score there: a causal "
        "model rests its attention on it, whatever it says."
    )
    changes = [(output(result, name), change) for name, change in result.kept.changes.items()]
    return f"{text} {share(changes)}".rstrip()


def share(changes: Sequence[tuple[str, float]]) -> str:
    """Say what leaving the first token out changes, of few outputs each by itself."""
    if not changes:
        return ""
    lead = "Its own share, found by leaving it out, is"
    if len(changes) == 1:
        return f"{lead} {signed(changes[0][1])} logits."
    if len(changes) <= MOST_OUTPUTS:
        told = listed([f"{signed(change)} logits of {name}" for name, change in changes])
        return f"{lead} {told}."
    sizes = [change for _, change in changes]
    outputs = count(len(changes), "output")
    return f"{lead} from {signed(min(sizes))} to {signed(max(sizes))} logits of the {outputs}."
