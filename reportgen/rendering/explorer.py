"""The attention views: all maps of an input as pictures that a script can enlarge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from reportgen.rendering import atlas
from reportgen.rendering.grid import having
from reportgen.rendering.numbers import number
from reportgen.results.model import JobResult, Token

ATTRIBUTED = 3
"""Outputs whose attention attribution is drawn; the others are in the stored results."""


@dataclass(frozen=True)
class Picture:
    """All maps of one quantity: ``key`` names it to the script, ``verb`` says what a cell means."""

    key: str
    title: str
    about: str
    verb: str
    atlas: atlas.Atlas

    @property
    def ranges(self) -> str:
        low = f"−{number(self.atlas.head_scale)}" if self.atlas.signed else "0"
        sign = "+" if self.atlas.signed else ""
        return (
            f"heads {low} to {sign}{number(self.atlas.head_scale)}, "
            f"all heads 0 to {number(self.atlas.summary_scale)}"
        )


@dataclass(frozen=True)
class Explorer:
    """Maps that share their axes: ``rows`` are the tokens that look, ``columns`` those looked at.

    ``start`` is the row and column to point at first.
    """

    title: str
    about: str
    pictures: tuple[Picture, ...]
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    start: tuple[int, int]
    note: str = ""

    @property
    def data(self) -> dict:
        """What the page's script needs: the axes, and how to read values from the pictures."""
        return {
            "rows": self.rows,
            "columns": self.columns,
            "start": self.start,
            "order": [picture.key for picture in self.pictures],
            "pictures": {
                picture.key: picture.atlas.data | {"verb": picture.verb, "title": picture.title}
                for picture in self.pictures
            },
        }


def explorers(result: JobResult, arrays: Mapping[str, np.ndarray]) -> tuple[Explorer, ...]:
    """Draw the maps on scales that hold for the whole input, one view per pair of axes."""
    tokens, decoder = texts(result.tokens), texts(result.decoder_tokens)
    spans = result.prediction.spans if result.prediction else ()
    first = spans[0].start if spans else 0
    attributed = having(result, arrays, "attention_attribution")
    note = ""
    if len(attributed) > ATTRIBUTED:
        note = (
            f"Attribution is drawn for the first {ATTRIBUTED} of {len(attributed)} outputs; "
            "the others are in the stored results."
        )
    found = [
        Explorer(
            title="Attention, head by head",
            about="Rows of a map are the tokens that look, columns the tokens looked at.",
            pictures=tuple(own_pictures(arrays, attributed[:ATTRIBUTED])),
            rows=tokens,
            columns=tokens,
            start=(first, first),
            note=note,
        ),
        Explorer(
            title="Attention from output to input, head by head",
            about="Rows of a map are the tokens of the output as it was written, columns the "
            "tokens of the input they looked at (cross-attention).",
            pictures=tuple(attention_pictures(arrays, "cross_attention")),
            rows=decoder,
            columns=tokens,
            start=(0, 0),
        ),
        Explorer(
            title="Attention within the output, head by head",
            about="Rows of a map are the tokens of the output as it was written, columns the "
            "tokens before them that they looked at (decoder self-attention).",
            pictures=tuple(attention_pictures(arrays, "decoder_attention")),
            rows=decoder,
            columns=decoder,
            start=(0, 0),
        ),
    ]
    return tuple(explorer for explorer in found if explorer.pictures)


def texts(tokens: tuple[Token, ...]) -> tuple[str, ...]:
    return tuple(token.text for token in tokens)


def own_pictures(arrays: Mapping[str, np.ndarray], attributed: list[str]) -> Iterator[Picture]:
    """The quantities of the stack that reads the input, attribution for each output."""
    yield from attention_pictures(arrays, "attention")
    if "vector_norms/alpha_f" in arrays:
        yield Picture(
            "norm",
            "Vector norm",
            "what the look carries: attention times the size of the value",
            "takes from",
            drawn(arrays["vector_norms/alpha_f"], arrays["vector_norms/sum_alpha_f"], "norm"),
        )
    for i, name in enumerate(attributed):
        heads = arrays[f"attention_attribution/{name}"]
        yield Picture(
            f"attribution-{i + 1}",
            f"Attribution of {name}" if len(attributed) > 1 else "Attribution",
            f"what the look did to the output {name}, in logits: red up, blue down; all heads "
            "together (grey) is a size without direction",
            f"pushed {name} by looking at",
            drawn(heads, arrays[f"attention_attribution_norm/{name}"], "signed"),
        )


def attention_pictures(arrays: Mapping[str, np.ndarray], name: str) -> Iterator[Picture]:
    if name in arrays:
        heads = arrays[name]
        picture = atlas.draw(
            heads,
            arrays[f"{name}_norm"],
            "attention",
            head_scale=1.0,
            summary_scale=float(np.sqrt(heads.shape[1])),
        )
        yield Picture("attention", "Attention", "how much of the look", "looks at", picture)


def drawn(heads: np.ndarray, summary: np.ndarray, ink: atlas.Ink) -> atlas.Atlas:
    """Draw maps on scales that end at their own largest size."""
    return atlas.draw(
        heads,
        summary,
        ink,
        head_scale=float(np.abs(heads).max(initial=0)),
        summary_scale=float(summary.max(initial=0)),
    )
