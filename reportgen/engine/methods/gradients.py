"""What the methods of the gradient family share: captum's, on word embeddings."""

from __future__ import annotations

import warnings
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from transformers import set_seed

from reportgen.engine.memory import in_passes
from reportgen.engine.methods.base import MethodImplementation, MethodOutput, PredictionContext
from reportgen.engine.models.loaded_model import LoadedModel
from reportgen.engine.path.baseline import candidates
from reportgen.engine.path.capacity import inputs_per_pass
from reportgen.engine.path.embedding_path import EmbeddingPath, make_path
from reportgen.engine.path.node_values import by_row, outputs_at
from reportgen.engine.tokens import Encoding
from reportgen.errors import InputError
from reportgen.methods import BaselineSettings, NoiseSettings, TargetSettings, known
from reportgen.results.model import Target
from reportgen.results.ranks import spearman

UNSTABLE = 0.8
"""Rank correlation between seeds below which scores are said to depend on them."""


class TargetLogit(nn.Module):
    """The logit of a frozen target as a function of word embeddings: (B, n, d) to (B,).

    A module that has the model in it, so that captum finds the model's activation functions.
    ``fixed`` (n,): tokens that stay as they are, whatever is given.
    """

    def __init__(
        self,
        loaded: LoadedModel,
        encoding: Encoding,
        target: Target,
        fixed: Tensor | None = None,
    ) -> None:
        super().__init__()
        self.model = loaded.model
        self.loaded, self.encoding, self.target, self.fixed = loaded, encoding, target, fixed
        self.words = loaded.embed(encoding.ids)

    @property
    def input(self) -> Tensor:
        """The input's own embeddings as a batch of one, to be differentiated by."""
        return self.words[None].float().requires_grad_()

    def forward(self, embeddings: Tensor) -> Tensor:
        if self.fixed is not None:
            embeddings = torch.where(self.fixed[:, None], self.words, embeddings)
        rows = embeddings.to(self.words.dtype).unbind()
        output = self.loaded.forward(
            [self.encoding] * len(rows), {self.loaded.embedding: list(rows)}
        )
        scalar = self.loaded.task.scalar
        return torch.stack([scalar(mine, 0, self.target) for mine in by_row(output)])


class GradientMethod(MethodImplementation):
    """A method that scores one output by gradients with respect to the word embeddings."""

    settings: TargetSettings

    def explain(self, context: PredictionContext) -> MethodOutput:
        targets = context.targets(self.settings.target)
        found = {}
        with context.loaded.attention("sdpa"):
            for target in targets:
                logit = TargetLogit(context.loaded, context.encoding, target)
                found[f"{self.name}/{target.name}"] = self.scores(logit)
        return MethodOutput({name: array(scores) for name, scores in found.items()}, targets)

    @abstractmethod
    def scores(self, logit: TargetLogit) -> Tensor:
        """Return the scores (n,) of the tokens for one output."""


class NoisyMethod(MethodImplementation):
    """A method that is averaged over noisy copies of the input, with several seeds.

    Arrays: ``NAME/TARGET`` (n,), the mean over seeds, ``NAME_spread/TARGET`` (n,), their standard
    deviation.
    """

    settings: NoiseSettings

    def explain(self, context: PredictionContext) -> MethodOutput:
        loaded, content = context.loaded, context.encoding.content
        targets = context.targets(self.settings.target)
        path = self.path(context, targets)
        if path is not None and path.keeps_first:
            content = content[1:]
        fixed = None if path is None else (path.embeddings[0].change == 0).all(dim=-1)
        arrays, stability = {}, {}
        with loaded.attention("sdpa"):
            for target in targets:
                logit = TargetLogit(loaded, context.encoding, target, fixed)
                by_seed = []
                for number in range(self.settings.seeds):
                    set_seed(context.seed + number)
                    by_seed.append(self.scores(logit, path).detach().double().cpu())
                scores = torch.stack(by_seed)
                arrays[f"{self.name}/{target.name}"] = array(scores.mean(0))
                arrays[f"{self.name}_spread/{target.name}"] = array(scores.std(0))
                alike = agreement(scores[:, content])
                if alike is not None:
                    stability[target.name] = alike
        return MethodOutput(arrays, targets, warnings=self.unstable(stability), path=path)

    def path(self, context: PredictionContext, targets: Sequence[Target]) -> EmbeddingPath | None:
        """Return the baseline and the input, where the method compares the two."""
        return None

    @abstractmethod
    def scores(self, logit: TargetLogit, path: EmbeddingPath | None) -> Tensor:
        """Return the scores (n,) of one seed, drawn from the generators of numpy and torch."""

    def unstable(self, stability: Mapping[str, float]) -> tuple[str, ...]:
        """Say of the output whose scores depend most on the seeds that they do, if they do."""
        worst = min(stability, key=lambda name: stability[name], default=None)
        if worst is None or stability[worst] >= UNSTABLE:
            return ()
        title = known(self.name).title
        return (
            f"Which tokens {title} ranks high for {worst} depends on the noise: between its "
            f"{self.settings.seeds} seeds the mean rank correlation is {stability[worst]:.2f}; "
            "ask for more samples.",
        )

    def deviation(self, logit: TargetLogit) -> float:
        """Return the standard deviation of the noise."""
        return self.settings.noise * logit.words.float().std().item()


def array(scores: Tensor) -> Any:
    return scores.detach().float().cpu().numpy()


def agreement(scores: Tensor) -> float | None:
    """Return the mean rank correlation of every two seeds of ``scores`` (S, c).

    ``None`` where it is undefined, as for fewer than two tokens.
    """
    rows = scores.numpy()
    pairs = [spearman(a, b) for i, a in enumerate(rows) for b in rows[:i]]
    defined = [value for value in pairs if value is not None]
    return sum(defined) / len(defined) if defined else None


def split(logit: TargetLogit) -> Callable[..., tuple[Tensor, ...]]:
    """Return what differentiates in place of captum's own, in passes that fit into memory.

    All noise is drawn before, so that what fits changes no number.
    """
    most = inputs_per_pass(logit.loaded, len(logit.encoding))

    def gradients(
        forward: Callable[[Tensor], Tensor], inputs: tuple[Tensor, ...], *_: Any
    ) -> tuple[Tensor, ...]:
        rows = inputs[0].split(1)
        found = in_passes(
            rows, most, partial(differentiate, forward), f"{inputs[0].shape[1]} tokens"
        )
        return (torch.cat(list(found)),)

    return gradients


def differentiate(forward: Callable[[Tensor], Tensor], rows: Sequence[Tensor]) -> Tensor:
    """Return the gradient of each input's logit; ``rows`` are batches of one."""
    with torch.enable_grad():
        batch = torch.cat(list(rows)).detach().requires_grad_()
        (gradient,) = torch.autograd.grad(forward(batch).sum(), batch, materialize_grads=True)
        return gradient


def of_captum(name: str, logit: TargetLogit, **settings: Any) -> Any:
    """Make one of captum's methods of an output; captum is imported only here, as it is slow."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its own imports
        from captum import attr

    made = getattr(attr, name)(logit, **settings)
    if name != "DeepLift":  # which reads the two that it compares in one pass of its own
        made.gradient_func = split(logit)
    return made


def through_noise(kind: str, logit: TargetLogit, samples: int, deviation: float) -> Tensor:
    """Return what captum's noise tunnel makes (n, d) of the gradients at noisy inputs."""
    gradients = of_captum("Saliency", logit)
    from captum.attr import NoiseTunnel

    (found,) = NoiseTunnel(gradients).attribute(
        logit.input, nt_type=kind, nt_samples=samples, stdevs=deviation, abs=False
    )
    return found


def baseline_path(
    context: PredictionContext, settings: BaselineSettings, targets: Sequence[Target]
) -> EmbeddingPath:
    """Return the baseline and the input as integrated gradients do; ``auto`` is the first usable.

    Raises ``InputError`` where an explained output is not finite at it.
    """
    loaded = context.loaded
    automatic = settings.baseline == "auto"
    for baseline in candidates(loaded) if automatic else (settings.baseline,):
        path = make_path(
            loaded, context.encoding, baseline, targets, keep_first=settings.keep_first
        )
        if outputs_at(loaded, path, 0.0).isfinite().all():
            return path
    name = path.baseline if isinstance(path.baseline, str) else "{text: ...}"
    tried = "any baseline that auto tries" if automatic else f"the baseline {name}"
    raise InputError(
        f"the explained output is not finite at {tried}",
        hint="try baseline: mean or baseline: {text: ...}, or dtype: float32",
    )
