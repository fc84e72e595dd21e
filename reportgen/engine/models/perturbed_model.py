"""A model that reads one input with noise on its word embeddings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from reportgen.engine.models.loaded_model import LoadedModel
from reportgen.engine.tokens import Encoding


@dataclass(frozen=True, eq=False, kw_only=True)
class PerturbedModel(LoadedModel):
    """A loaded model to which ``noise`` (n, d) is added wherever it embeds ``ids`` (n,).

    Each position has its own noise, whatever else has the same token. Where another token stands
    in place of the input's, as at the baseline of a path, it has none there; special tokens, which
    are the same at both ends of a path, have it at both. The weights stay as they are.
    """

    original: LoadedModel
    ids: Tensor
    noise: Tensor

    @classmethod
    def of(cls, loaded: LoadedModel, ids: Tensor, noise: Tensor) -> PerturbedModel:
        own = {field.name: getattr(loaded, field.name) for field in fields(LoadedModel)}
        return cls(**own, original=loaded, ids=ids, noise=noise)

    @cached_property
    def causal(self) -> bool:
        return self.original.causal

    @cached_property
    def mean_embedding(self) -> Tensor:
        return self.original.mean_embedding

    def embed(self, ids: Tensor) -> Tensor:
        """Return the word embeddings (n, d) of ``ids`` (n,), with the noise of this input."""
        plain = super().embed(ids)
        if ids.shape != self.ids.shape:
            return plain
        here = (ids.to(self.ids.device) == self.ids)[:, None]
        return plain + torch.where(here, self.noise, 0).to(plain)

    def forward(
        self,
        encodings: Sequence[Encoding],
        replaced: Mapping[nn.Module, Sequence[Tensor]] | None = None,
        *,
        hidden_states: bool = False,
    ) -> Any:
        own = {self.embedding: [self.embed(encoding.ids) for encoding in encodings]}
        return super().forward(encodings, own | dict(replaced or {}), hidden_states=hidden_states)
