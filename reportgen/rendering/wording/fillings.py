"""What is said of the fillings of a template."""

from __future__ import annotations

import math

from reportgen.rendering.wording.labels import visible
from reportgen.rendering.wording.numbers import count, number, percent, probability, signed
from reportgen.results.dataset.fillings import FEW, Fillings, Slot
from reportgen.results.dataset.intervals import Estimate

LONGEST = 60
"""Characters of a value, or of an answer, that a cell or a sentence shows."""


def shown(value: str) -> str:
    """Write a value of a slot; an empty one so that it can be seen."""
    text = visible(value) or "(empty)"
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def output(found: Fillings, *, given: bool) -> str:
    """Name what is compared; ``given``: what the model is to write stands in the template."""
    if found.numeric:
        return f"number of {found.label}"
    if found.label:
        return f"probability of {found.label}"
    return "probability of the given text" if given else "confidence"


def value(found: Fillings, amount: float) -> str:
    """Write an output."""
    return number(amount) if found.numeric else probability(amount)


def lead(found: Fillings, name: str) -> str:
    """Say which slot moves the output most."""
    amount = count(len(found.rows), "filling")
    slot = found.slots[found.by_effect[0]]
    if math.isnan(slot.explained):
        return f"The {name} is the same in all {amount}: {value(found, found.output[0])}."
    low, high = slot.means.argmin(), slot.means.argmax()
    ends = (
        f"from {value(found, slot.means[low])} ({shown(slot.values[low])}) "
        f"to {value(found, slot.means[high])} ({shown(slot.values[high])})"
    )
    if len(found.slots) == 1:
        return f"With {{{slot.name}}} the {name} goes {ends}, over {amount}."
    return (
        f"{{{slot.name}}} moves the {name} most: {percent(slot.explained)} of its variance over "
        f"{amount} lies between its values, whose means go {ends}."
    )


def said(found: Fillings) -> str:
    """Say whether every filling is predicted alike, or as it expects."""
    whole = len(found.rows)
    if not found.usual:  # what is right depends on the filling
        if not len(found.others):
            return f"In all {count(whole, 'filling')} the prediction is as expected."
        return f"In {len(found.others):,} of {count(whole, 'filling')} it is not as expected"
    if not len(found.others):
        return f"In all {count(whole, 'filling')} the model predicts {shown(found.usual)}."
    if len(found.others) == whole - 1:
        return f"No two of the {count(whole, 'filling')} get the same prediction."
    return (
        f"In {len(found.others):,} of {count(whole, 'filling')} it predicts something else than "
        f"{shown(found.usual)}"
    )


def interval(found: Estimate) -> str:
    """Write the interval of a difference, or that there is none."""
    if math.isnan(found.low):
        return "too few"
    return f"{signed(found.low)} to {signed(found.high)}"


def pairs_note(found: Fillings, name: str) -> str:
    """Say what the table of pairs holds, and how its numbers are to be read."""
    listed, whole = len(found.pairs), found.compared
    which = "" if whole == listed else f"{listed} of {whole:,} pairs, the clearest first. "
    few = any(math.isnan(pair.p) for pair in found.pairs)
    tested = any(math.isfinite(pair.q) for pair in found.pairs)
    told = f"{which}Each is the mean {name} with the first value less that with the second, over "
    told += "the fillings that differ in nothing else"
    if tested:
        told += ", with its interval of 95\N{NO-BREAK SPACE}%. q is the p-value of a sign test by "
        told += "permutation, corrected for all pairs (Benjamini and Hochberg)"
    if few:
        told += f". With fewer than {FEW} such pairs of fillings there is no interval"
    return f"{told}."


def matrix_note(found: Fillings, *, marked: bool) -> str:
    """Say how the matrix of the output is to be read."""
    told = f"Red is above the mean ({value(found, float(found.output.mean()))}), blue below it."
    if len(found.slots) > 2:
        told += " A cell is the mean over the values of the other slots, and leads to its first "
        return f"{told}input."
    told += " Each cell leads to its input."
    return f"{told} A mark stands at each filling that is told above." if marked else told


def kept(slot: str, most: int, whole: int) -> str:
    """Say that a matrix has not all values of a slot."""
    return f"{most} of {whole:,} values of {{{slot}}}, those of the lowest and the highest means."


def at(found: Fillings, slot: Slot, place: int) -> str:
    """Write the mean output with a value of a slot, and the value."""
    return f"{value(found, float(slot.means[place]))} ({shown(slot.values[place])})"
