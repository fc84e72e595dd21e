"""What each method is, with the settings it ran with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from reportgen.methods import Array, Method, all_methods, preferred
from reportgen.methods.numerical_stability import METHOD as STABILITY
from reportgen.rendering.drawing.palette import CALLED, PREFIX
from reportgen.rendering.input.brief import Brief
from reportgen.rendering.overview.faithful_methods import most_faithful
from reportgen.rendering.wording.numbers import count
from reportgen.rendering.wording.sanity import Badge, badges
from reportgen.results.model import JobResult
from reportgen.results.removal_summary import Ranked
from reportgen.results.sanity import Sanity, has_sanity_tests, sanity, together


@dataclass(frozen=True)
class MethodCard:
    """What a method is; ``settings`` are names and values, by model where they differ.

    ``formula`` is pieces of text, each with whether it is a formula. ``sanity`` are its tests on
    all inputs that were tested, by model, each with the number of inputs.
    """

    anchor: str
    title: str
    summary: str
    how: str
    formula: tuple[tuple[str, bool], ...]
    says: str
    cannot_say: str
    paper: str
    url: str
    settings: tuple[tuple[str, str], ...]
    sanity: tuple[tuple[str, tuple[Badge, ...]], ...] = ()


Tests = Mapping[str, tuple[tuple[str, tuple[Badge, ...]], ...]]
"""By method, and by model with the number of its inputs, what sanity tests found."""


@dataclass(frozen=True)
class Way:
    """How methods ran on ``inputs`` of one model, of which ``result`` is one."""

    model: str
    result: JobResult
    inputs: int


def ways(briefs: Iterable[Brief]) -> tuple[Way, ...]:
    """Tell apart how methods ran, in the order in which each way came first."""
    first: dict[tuple[object, ...], JobResult] = {}
    times: Counter[tuple[object, ...]] = Counter()
    for brief in briefs:
        one = brief.result  # of which what is written alike is held once
        key = (brief.model, one.status, id(one.settings), id(one.skipped), id(one.failed))
        first.setdefault(key, one)
        times[key] += 1
    return tuple(Way(str(key[0]), result, times[key]) for key, result in first.items())


def method_cards(
    ran: Sequence[Way], ranked: Iterable[Ranked] = (), tests: Tests = MappingProxyType({})
) -> tuple[MethodCard, ...]:
    """Describe each method that ran, in the order in which methods are listed everywhere.

    Where removing words told how much each shows, those that show most come first.
    """
    names = {name for way in ran for name in way.result.settings}
    places = {method: place for place, method in enumerate(most_faithful(ranked))}
    return tuple(
        MethodCard(
            anchor=f"method-{known.name.replace('_', '-')}",
            title=known.title,
            summary=known.summary,
            how=known.how,
            formula=pieces(known.formula),
            says=known.says,
            cannot_say=known.cannot_say,
            paper=known.source.reference,
            url=known.source.link,
            settings=settings(known.name, ran),
            sanity=tests.get(known.name, ()),
        )
        for known in sorted(all_methods(), key=lambda method: places.get(method.name, len(places)))
        if known.name in names
    )


class SanityTested:
    """What sanity tests found on the inputs that were tested: those that come first in a model."""

    def __init__(self) -> None:
        self._inputs: dict[str, list[tuple[Sanity, ...]]] = {}

    def see(self, result: JobResult) -> None:
        if result.status == "done" and has_sanity_tests(result):
            self._inputs.setdefault(result.model, []).append(sanity(result))

    def judged(self) -> Tests:
        """Judge each method on all inputs of a model together; the model's numbers, too.

        By method; those of the model's numbers by the test that measured them.
        """
        found: dict[str, list[tuple[str, tuple[Badge, ...]]]] = {}
        for model, results in self._inputs.items():
            every = [one for result in results for one in result]
            name = f"{model}, {count(len(results), 'input')}"
            for method in dict.fromkeys(one.method for one in every):
                mine = [[one for one in result if one.method == method] for result in results]
                tests = dict.fromkeys(one.test for result in mine for one in result)
                judged = [
                    together([[one for one in of if one.test == test] for of in mine])
                    for test in tests
                ]
                found.setdefault(method or STABILITY.name, []).append((name, badges(judged)))
        return {method: tuple(by_model) for method, by_model in found.items()}


def pieces(text: str) -> tuple[tuple[str, bool], ...]:
    """Cut a text at its backticks: what stands between two of them is a formula."""
    cut = enumerate(text.split("`"))
    return tuple((piece, i % 2 == 1) for i, piece in cut if piece)


@dataclass(frozen=True)
class ColourLegend:
    """What the colours on a page mean.

    ``complete`` is the method whose signed scores are explained in full, where it ran; else
    ``signed`` names those with a sign. ``others`` are a shade, the colour's name and what has it;
    ``closing`` says what the colours do not tell.
    """

    complete: str
    signed: str
    others: tuple[tuple[str, str, str], ...]
    closing: str


def colours(ran: Sequence[Way]) -> ColourLegend | None:
    """Explain the colours of the methods that ran, and of no others."""
    results = [way.result for way in ran]
    names = {name for one in results if one.status == "done" for name in one.computed}
    shown = [
        (known, array)
        for known in preferred()
        if known.name in names and (array := known.score or known.by_layer)
    ]
    if not shown:
        return None
    signed = [pair for pair in shown if pair[1].hue == "signed"]
    complete = next(
        (
            known
            for known, _ in signed
            if known.score
            and all(known.adds_up(one.settings.get(known.name, {})) for one in results)
        ),
        None,
    )
    of = {hue: [pair for pair in shown if pair[1].hue == hue] for hue in CALLED}
    return ColourLegend(
        complete=complete.short_title if complete else "",
        signed=meanings(signed),
        others=tuple(
            (f"{PREFIX[hue]}5", CALLED[hue], meanings(known)) for hue, known in of.items() if known
        ),
        closing=closing(len(shown) > len(signed), bool(signed)),
    )


def meanings(shown: list[tuple[Method, Array]]) -> str:
    """Name methods with what their colours are about, where that is more than red and blue."""

    def meaning(method: Method, array: Array) -> str:
        told = array.about.startswith("red ") or array.about.startswith("red:")
        return method.short_title if told else f"{method.short_title}: {array.about}"

    return "; ".join(known.legend or meaning(known, array) for known, array in shown)


MEASURED = (
    "How much a word matters, the other colours told about as well as the size of red and blue, or "
    "better, where it was measured: by leaving words out, on the bundled models (docs/methods.md)."
)
"""What docs/methods.md has the table of, under "Against leaving words out"."""


def closing(sizes: bool, signed: bool) -> str:
    """Say which colours tell a direction, where some do not, and what sizes were found to tell."""
    if not sizes:
        return ""
    if not signed:
        return "No colour here says which way a word pushed the output."
    return f"Only red and blue say which way a word pushed the output. {MEASURED}"


def settings(method: str, ran: Sequence[Way]) -> tuple[tuple[str, str], ...]:
    """Write each setting of a method once, or with where each value was used."""
    used = [(way, way.result.settings[method]) for way in ran if method in way.result.settings]
    found = []
    for key in dict.fromkeys(key for _, values in used for key in values):
        places: dict[str, list[Way]] = {}
        for way, values in used:
            if key in values:
                places.setdefault(describe(values[key]), []).append(way)
        found.append((key.replace("_", " "), differing(places)))
    return tuple(found)


def differing(places: dict[str, list[Way]]) -> str:
    """Name the models of each value; where they do not tell values apart, count inputs too."""
    if len(places) == 1:
        return next(iter(places))
    models = {value: list(dict.fromkeys(way.model for way in at)) for value, at in places.items()}
    distinct = sum(map(len, models.values())) == len(set().union(*models.values()))
    inputs = {value: count(sum(way.inputs for way in at), "input") for value, at in places.items()}
    return "; ".join(
        f"{value} ({', '.join(models[value])}{'' if distinct else ': ' + inputs[value]})"
        for value in places
    )


def describe(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(describe, value)) or "none"
    match value:
        case {"text": text}:
            return f"the text “{text}”"
        case {"this": this, "rather_than": other}:
            return f"{token(this)} rather than {token(other)}"
        case _:
            return str(value)


def token(name: object) -> str:
    """Write a label or a token as it is, or in quotation marks where a space ends it."""
    text = str(name)
    return text if text == text.strip() else f"“{text}”"
