"""The path from a baseline to the input, along which every path method works.

The path is a straight line between two sets of vectors that stand in for what a module of the
model returns, while everything else (token ids, mask, decoder) stays as in the prediction. Of
the words only the content changes; special tokens are the same at both ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from reportgen.engine.models.hooks import observing
from reportgen.engine.models.loaded_model import LoadedModel
from reportgen.engine.path.baseline import should_keep_first, with_vector
from reportgen.engine.tokens import Baseline, Encoding, substitute
from reportgen.results.model import Target

PathKind = Literal["words", "embeddings", "components"]
"""What moves along the path: the word embeddings; what the embedding layer returns; or word,
position and token type embeddings together."""


class NoPathError(Exception):
    """The model has nothing that could move on a kind of path; ``str()`` says what is missing."""


@dataclass(frozen=True, eq=False)
class InterpolatedEmbedding:
    """What ``module`` returns at both ends of the path, (n, d) each."""

    name: str
    module: nn.Module
    baseline: Tensor
    input: Tensor

    @property
    def change(self) -> Tensor:
        return self.input - self.baseline

    def at(self, node: float) -> Tensor:
        """Return the vectors (n, d) at ``node``; 0 is the baseline and 1 the input.

        Written so that both ends, and tokens that are the same at both, come out exactly.
        """
        if node == 1:
            return self.input
        return self.baseline + node * self.change


@dataclass(frozen=True, eq=False)
class EmbeddingPath:
    """The path of one input: what moves along it, and the frozen outputs it is asked about.

    ``baseline`` is what it starts from; ``keeps_first``: the first token of the text stays.
    ``others`` are outputs to compare the targets' explanations with; they need not converge.
    """

    encoding: Encoding
    targets: tuple[Target, ...]
    embeddings: tuple[InterpolatedEmbedding, ...]
    baseline: Baseline
    others: tuple[Target, ...] = ()
    keeps_first: bool = False

    @property
    def outputs(self) -> tuple[Target, ...]:
        return self.targets + self.others

    def __len__(self) -> int:
        return len(self.encoding)


@torch.no_grad()
def make_path(
    loaded: LoadedModel,
    encoding: Encoding,
    baseline: Baseline,
    targets: Sequence[Target],
    kind: PathKind = "words",
    others: Sequence[Target] = (),
    keep_first: bool = True,
) -> EmbeddingPath:
    """Make the path from ``baseline`` to the input.

    ``pad``, ``mask`` and ``full_stop`` put that token's embedding in place of each content token,
    a text its tokens in order and then padding, ``zero`` the zero vector, ``mean`` the mean of all
    word embeddings. ``keep_first``: but not in place of a causal model's first token. Of the kind
    ``components`` all tokens start at the first token's position and at token type 0. Raises
    ``NoPathError`` where the model has no module for the kind.
    """
    keeps = keep_first and should_keep_first(loaded, encoding, targets)
    moved = encoding.content[1:] if keeps else encoding.content
    words = InterpolatedEmbedding(
        "word",
        loaded.embedding,
        word_baseline(loaded, encoding, baseline, moved),
        loaded.embed(encoding.ids),
    )
    if kind == "words":
        moving: tuple[InterpolatedEmbedding, ...] = (words,)
    elif kind == "embeddings":
        zero = moved if baseline == "zero" else None
        moving = (layer_output(loaded, encoding, words, zero),)
    else:
        moving = (words, *positions_and_types(loaded, encoding))
    return EmbeddingPath(encoding, tuple(targets), moving, baseline, tuple(others), keeps)


def word_baseline(
    loaded: LoadedModel, encoding: Encoding, baseline: Baseline, moved: np.ndarray
) -> Tensor:
    """Return the word embeddings (n, d) the path starts from; ``moved``: where they differ."""
    here = loaded.embed(encoding.ids)
    if baseline == "zero":
        return with_vector(here, moved, torch.zeros_like(here[0]))
    if baseline == "mean":
        return with_vector(here, moved, loaded.mean_embedding)
    return loaded.embed(substitute(loaded.tokenizer, encoding, baseline, moved))


def layer_output(
    loaded: LoadedModel,
    encoding: Encoding,
    words: InterpolatedEmbedding,
    zero: np.ndarray | None,
) -> InterpolatedEmbedding:
    """Return both ends of what the embedding layer makes of the words; ``zero`` where asked."""
    layer = loaded.embedding_layer
    if layer is None:
        raise NoPathError("it has no module that adds up its embeddings")

    def embedded(vectors: Tensor) -> Tensor:
        with observing([layer]) as seen:
            loaded.forward([encoding], {loaded.embedding: [vectors]})
        return seen[layer][0]

    here = embedded(words.input)
    if zero is None:
        there = embedded(words.baseline)
    else:
        there = with_vector(here, zero, torch.zeros_like(here[0]))
    return InterpolatedEmbedding("embeddings", layer, there, here)


def positions_and_types(
    loaded: LoadedModel, encoding: Encoding
) -> tuple[InterpolatedEmbedding, ...]:
    """Return both ends of the position and token type embeddings."""
    names = [name for name in ("position", "token_type") if name in loaded.sub_embeddings]
    if not names:
        raise NoPathError("it adds nothing to its word embeddings")
    modules = [loaded.sub_embeddings[name] for name in names]
    found = []
    for name, module, here in zip(names, modules, loaded.observe(encoding, modules), strict=True):
        start = here[:1] if name == "position" else module.get_parameter("weight")[:1]
        found.append(InterpolatedEmbedding(name, module, start.expand_as(here), here))
    return tuple(found)


def notebook_types(encoding: Encoding) -> Encoding:
    """Give the first separator of a pair token type 1, as Captum's SQuAD notebooks do.

    The tokenizer, and so the model in its training, gives it type 0.
    """
    if encoding.types is None or not bool((encoding.types == 1).any()):
        return encoding
    types = encoding.types.clone()
    types[int((types == 1).nonzero()[0]) - 1] = 1
    return replace(encoding, types=types)
