"""Where the mistakes of a model lie: in sentences."""

from __future__ import annotations

from reportgen.rendering.wording.labels import listed, quoted, title
from reportgen.rendering.wording.numbers import NBSP, count, fixed, percent
from reportgen.results.dataset.intervals import Estimate
from reportgen.results.dataset.regions import LEVEL, PERMUTATIONS, Region, Regions


def share(one: Estimate) -> str:
    return f"{fixed(100 * one.value, 0)}{NBSP}%"


def interval(one: Estimate) -> str:
    """Write ``71 % (58 to 82)``."""
    return f"{share(one)} ({fixed(100 * one.low, 0)} to {fixed(100 * one.high, 0)})"


def named(region: Region) -> str:
    """Name a region by the words that are typical for it."""
    words = [quoted(one.word) for one in region.words]
    return ", ".join(words) if words else "no typical words"


def chance(p: float) -> str:
    """Write a corrected p-value, which permutations tell no finer than so."""
    if p * (1 + PERMUTATIONS) < 1.5:
        return f"under {2 / (1 + PERMUTATIONS):.3f}"
    return f"{p:.3f}"


def summary(found: Regions) -> str:
    """Say in one sentence whether mistakes lie together, and where."""
    if not found.judged:
        return "No answer is judged here: the map shows which inputs are alike to the model."
    if not found.mistakes:
        return (
            f"None of {count(found.judged, 'judged input')} is wrong: the map shows which inputs "
            "are alike to the model."
        )
    if not found.groups:
        return f"{found.mistakes:,} of {count(found.judged, 'judged input')} are wrong."
    if not found.regions:
        return (
            f"No region stands out: of {count(found.groups, 'group')} of inputs that are alike to "
            f"the model, none has more of the {count(found.mistakes, 'mistake')} than there could "
            "be by chance."
        )
    first = found.regions[0]
    words = [f"“{one.word}”" for one in first.words[:3]]
    about = f" (typical: {listed(words)})" if words else ""
    text = (
        f"Mistakes lie together: of {count(len(first.rows), 'input')} that are alike to the model"
        f"{about} {share(first.wrong)} are wrong, of all others {share(first.elsewhere)}"
    )
    others = len(found.regions) - 1
    if others:
        text += f"; {count(others, 'other region')} {'has' if others == 1 else 'have'} more, too"
    return f"{text}."


def how(found: Regions, name: str) -> str:
    """Say what the map is made of, and what it leaves out."""
    made = f"scores of the most frequent words ({title(name)})" if found.method else title(name)
    text = f"Each input is a point by its {made}: points that are near each other are alike to "
    text += "the model."
    if found.way == "umap":
        return f"{text} Places are those of UMAP, which keeps neighbours together, not distances."
    return (
        f"{text} Shown are the two directions in which inputs differ most; they have "
        f"{percent(sum(found.shares))} of the variance."
    )


def which(shown: int, wrong: int, whole: int, mistakes: int) -> str:
    """Say how many of the points are shown, where that is not all."""
    if shown == whole:
        return ""
    some = "all" if wrong == mistakes else f"{wrong:,} of {mistakes:,}"
    return f"{shown:,} of {count(whole, 'input')} are shown, {some} wrong ones among them."


def on_map(there: int, whole: int, scores: str) -> str:
    """Say how many inputs are on the map, where not all are; ``scores``: it is made of these."""
    if there == whole:
        return ""
    why = "the others have no scores" if scores else "they were drawn at random"
    return f"{there:,} of {count(whole, 'input')} are on the map: {why}."


HOW_TO_READ = (
    "Inputs are put into groups of those near each other, without regard to what is right; a "
    "group is a region where mistakes dealt out at random would fill no group so, but for "
    f"{100 * LEVEL:.0f}{NBSP}% of the times (p, corrected for all groups). A rate has its interval "
    f"of 95{NBSP}%; that of a region is somewhat high, since regions were chosen for it. The words "
    "are those that stand in more of its inputs than elsewhere."
)
