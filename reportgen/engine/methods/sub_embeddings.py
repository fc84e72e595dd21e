"""Integrated gradients on word, position and token type embeddings, moved together."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from reportgen.engine.methods.path_method import PathMethod
from reportgen.engine.path.embedding_path import PathKind
from reportgen.engine.path.integral import Integral
from reportgen.methods import sub_embeddings as described


class SubEmbeddings(PathMethod):
    """Sundararajan, Taly and Yan 2017, arXiv:1703.01365, on several inputs at once.

    The path moves the word embeddings from the baseline's, every position embedding from the
    first token's, and every token type embedding from type 0, all at the same pace. Together,
    not each, they add up to F(x) - F(x').

    Arrays: ``sub_embeddings_word/TARGET``, ``sub_embeddings_position/TARGET`` and
    ``sub_embeddings_token_type/TARGET`` (n,), those that the model has; signed, in logits.
    """

    name = described.SubEmbeddings.name
    settings: described.SubEmbeddings
    judged = slice(1)

    @property
    def path_kind(self) -> PathKind:
        return "components"

    def scores(self, found: Integral, row: int) -> Mapping[str, Tensor]:
        return {f"{self.name}_{name}": scores[row] for name, scores in found.embeddings.items()}
