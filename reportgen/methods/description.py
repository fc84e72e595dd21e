"""What a method is, as data: everything that is said, drawn, stored or compared comes from it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal

from reportgen.errors import ReportgenError
from reportgen.methods.settings import Settings

Sign = Literal["signed", "size", "share"]
"""``signed`` scores push up or down, ``size`` are never negative, ``share`` lie in [0, 1]."""

Hue = Literal["signed", "attention", "norm"]
"""Colours of scores: red and blue by sign, violet, teal."""

NEUTRAL = "#7a7f8a"
"""The line colour of a method that has none of its own."""

AXES = {
    "n": "tokens",
    "m": "decoder tokens",
    "L": "layers",
    "H": "heads",
    "K": "decoder layers",
    "G": "decoder heads",
    "d": "features",
    "D": "dimensions",
}
"""What the letters of an array's axes stand for; in maps the row is the query, the column the key.
"""


class Reading(Enum):
    """How an array becomes scores of tokens."""

    ITSELF = "the scores themselves: (n,), or (L, n) by layer"
    COARSE = "the scores from about half the work, (n,): how far they may be off"
    PART = "one of several parts of the scores, (n,): they are listed, but rank nothing alone"
    ROW = "the row of the token that the output is read from: maps (…, n, n) for all outputs"
    RECEIVED = "what each token receives from all: maps (L, n, n) or (L, H, n, n) of one output"
    SHARE_BY_LAYER = "a share of each token at each layer, (L, n), shown as means over the words"


@dataclass(frozen=True)
class Maps:
    """How maps of layers and heads are drawn.

    ``key`` names them in links, ``verb`` says what a cell means, ``joined`` how the heads are
    put together in the array ``together``. Of an output, ``{target}`` stands for its name and
    ``title_of`` is the title where there are several.
    """

    key: str
    title: str
    about: str
    verb: str
    together: str
    joined: str
    title_of: str = ""


@dataclass(frozen=True)
class Array:
    """One stored array.

    ``axes`` has a letter of ``AXES`` for each axis; ``per_target``: there is one for each output,
    ``NAME/TARGET``. A word's score is the sum of its tokens' if the array ``adds_up``, else their
    mean. Scores that mean nothing alone are shown as ``shares`` of their sum; what is stored and
    exported stays as it is. ``note`` is what the documentation says of it. Scores have a ``label``
    and say what they are (``about``) beside their rows, in the colour ``hue`` where they have no
    sign; a share by layer has its line's name (``label``) and ``colour``.
    """

    name: str
    axes: str
    sign: Sign = "size"
    unit: str = ""
    per_target: bool = False
    reading: Reading | None = None
    adds_up: bool = True
    shares: bool = False
    note: str = ""
    label: str = ""
    about: str = ""
    hue: Hue = "norm"
    colour: str = NEUTRAL
    maps: Maps | None = None

    def __post_init__(self) -> None:
        if self.sign == "signed":
            object.__setattr__(self, "hue", "signed")

    @property
    def stored(self) -> str:
        """The name in a result, ``TARGET`` standing for an output's."""
        return f"{self.name}/TARGET" if self.per_target else self.name

    def of(self, target: str) -> str:
        """Return the name under which the array is stored for ``target``."""
        return f"{self.name}/{target}" if self.per_target else self.name


@dataclass(frozen=True)
class Source:
    """The paper that defines a method."""

    authors: str
    year: int
    link: str

    @property
    def reference(self) -> str:
        return f"{self.authors} {self.year}"

    @property
    def cited(self) -> str:
        """The paper as one line, arXiv's by their number."""
        place = self.link.replace("https://arxiv.org/abs/", "arXiv:")
        return f"{self.reference}, {place}"


@dataclass(frozen=True)
class Method:
    """One method: what it is called, what it can and cannot tell, and what it stores.

    ``how`` explains it in a few sentences, with parts of a ``formula`` in backticks; ``says`` and
    ``cannot_say`` go on after "Can tell" and "Cannot tell". ``preference`` decides which of
    several comes first wherever one leads or is chosen, the lowest first. ``colour`` is that of
    its lines; ``legend`` what its colours are, on the overview, where that is not its scores'
    ``about``. ``in_text``: its coloured texts stand on the page even where a script does not
    run. ``agreement``: it is compared with the others, layer by layer. ``path`` says what a
    method that is integrated along a path adds up there, ``complete`` that its scores add up to
    the change of the output. ``self_tests`` names the numbers by which the engine tests its own
    work. ``from_removals``: its scores are made of what the output is when words are removed, so
    that measures of the same kind favour it. ``passes`` is how many forward passes it takes,
    besides a sweep of the path.
    ``implementation`` is ``module:Class``, imported only where the model runs; a method without
    one measures the others.
    """

    settings: type[Settings]
    title: str
    short_title: str
    summary: str
    how: str
    formula: str
    says: str
    cannot_say: str
    source: Source
    arrays: tuple[Array, ...] = ()
    preference: int = 1000
    colour: str = NEUTRAL
    legend: str = ""
    in_text: bool = False
    agreement: bool = True
    path: str = ""
    complete: bool = False
    self_tests: Mapping[str, str] = field(default_factory=dict)
    from_removals: bool = False
    passes: int = 1
    implementation: str = ""

    def __post_init__(self) -> None:
        for problem in self._problems():
            raise ReportgenError(f"the description of the method {self.name!r}: {problem}")

    @property
    def name(self) -> str:
        """What a spec, a result and a table call the method."""
        return self.settings.name

    @property
    def score(self) -> Array | None:
        """The array of one score for each token and output, ``NAME/TARGET``."""
        return self._read("n", Reading.ITSELF)

    @property
    def coarse(self) -> Array | None:
        """The array of the same scores from less work."""
        return self._read("n", Reading.COARSE)

    @property
    def parts(self) -> tuple[Array, ...]:
        """The arrays that hold parts of the scores."""
        return tuple(array for array in self.arrays if array.reading is Reading.PART)

    @property
    def by_layer(self) -> Array | None:
        """The array that gives each token a score at each layer; heads are taken together."""
        layered = (self._read("Ln", Reading.ITSELF), self._maps("Lnn"))
        return next(filter(None, layered), self.by_head)

    @property
    def by_head(self) -> Array | None:
        """The array that gives each token a score at each head."""
        return self._maps("LHnn")

    @property
    def rows(self) -> Array | None:
        """The maps whose rows are scores, of each layer, for methods without scores otherwise."""
        array = self.by_layer
        return array if array and array.reading is Reading.ROW and not self.score else None

    @property
    def matrix(self) -> Array | None:
        """The map whose row is the score, for methods that know no output but where it is read."""
        return self._read("nn", Reading.ROW)

    @property
    def of_heads(self) -> Array | None:
        """The array of one number for each head and output."""
        return next((a for a in self.arrays if a.axes == "LH" and a.per_target), None)

    @property
    def vector(self) -> Array | None:
        """The array that is about an input as a whole, not its tokens."""
        return next((array for array in self.arrays if array.axes == "D"), None)

    @property
    def by_feature(self) -> Array | None:
        """The array of what each feature of a token has at each layer."""
        return next((array for array in self.arrays if array.axes == "Lnd"), None)

    def adds_up(self, settings: Mapping[str, Any]) -> bool:
        """Tell whether scores made with ``settings`` add up to the change of the output.

        Where the tokens move one at a time, each has a change of its own.
        """
        return self.complete and not settings.get("sequential", False)

    @property
    def explains_target(self) -> bool:
        """Whether what it finds is about one output, and another for another."""
        return self.matrix is None and any(array.per_target for array in self.arrays)

    def _read(self, axes: str, reading: Reading) -> Array | None:
        found = (a for a in self.arrays if a.axes == axes and a.reading is reading)
        return next(found, None)

    def _maps(self, axes: str) -> Array | None:
        return self._read(axes, Reading.ROW) or self._read(axes, Reading.RECEIVED)

    def _problems(self) -> Iterator[str]:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", self.name):
            yield "its name is small letters, digits and underscores"
        if not self.source.link.startswith("https://"):
            yield f"expected a source that starts with https://, found {self.source.link!r}"
        for array in self.arrays:
            if not array.axes or not set(array.axes) <= AXES.keys():
                yield f"the axes {array.axes!r} of {array.name!r} are not among {', '.join(AXES)}"
            if array.reading is Reading.ROW and array.per_target:
                yield f"{array.name!r} is of one output: what is read of it is not a row"
            if array.reading is Reading.RECEIVED and not array.per_target:
                yield f"{array.name!r} is the same for all outputs: what is read of it is a row"
            if not array.adds_up and array.axes != "n":
                yield f"{array.name!r} has to add up: words of layers and maps are sums"
        if self.score and (self.score.name, self.score.per_target) != (self.name, True):
            wanted, found = f"{self.name}/TARGET", self.score.stored
            yield f"scores of tokens are stored as {wanted!r}, found {found!r}"
        for colour in (self.colour, *(array.colour for array in self.arrays)):
            if not re.fullmatch(r"#[0-9a-f]{6}", colour):
                yield f"expected a colour such as {NEUTRAL}, found {colour!r}"
