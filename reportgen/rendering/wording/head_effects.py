"""What is said of heads that are switched off."""

from __future__ import annotations

from collections.abc import Sequence

from reportgen.rendering.wording.numbers import correlation, signed
from reportgen.rendering.wording.sentences import WEAK_AGREEMENT, Verdict

STRONG_AGREEMENT = 0.6

ABLATED = {
    "zero": "what it puts out is set to 0",
    "mean": "what it puts out is set, at every token, to its mean over the tokens of the input",
}
"""How a head is switched off, by the setting ``ablate``."""


def ablated(setting: str, decoder: bool) -> str:
    """Say what switching a head off means, and, where there is a ``decoder``, whose heads."""
    whose = " Switched off are the heads of the encoder." if decoder else ""
    how = f": {ABLATED[setting]}" if setting in ABLATED else ""
    return f"Each head is switched off alone{how}, and the model computes the rest as ever.{whose}"


def evidence(value: float, heads: int) -> Verdict:
    """Say whether the heads that were credited most are those that matter most."""
    found = f"rank correlation {correlation(value)} over {heads:,} heads"
    if value < WEAK_AGREEMENT:
        kind, are = "warn", "are not"
    elif value < STRONG_AGREEMENT:
        kind, are = "warn", "are only in part"
    else:
        kind, are = "good", "are"
    return Verdict(
        kind,
        f"Heads whose looks were credited most {are} those that matter most when switched off: "
        f"{found}",
    )


Named = tuple[int, int, float]
"""A head by its layer and number, both from 1, and its effect."""


def extremes(supports: Sequence[Named], opposes: Sequence[Named]) -> str:
    """Name the heads that an output needs most, and those that speak against it most."""
    parts = (("Needed most: ", supports), ("Speak against it most: ", opposes))
    return " ".join(f"{label}{'; '.join(map(named, heads))}." for label, heads in parts if heads)


def named(head: Named) -> str:
    layer, number, effect = head
    return f"layer {layer}, head {number} ({signed(effect)})"
