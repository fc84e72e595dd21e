"""What explaining an input takes, roughly, before anything is loaded."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from reportgen.methods import PathSettings, RemovalSettings, Settings, get
from reportgen.methods.numerical_stability import NumericalStability
from reportgen.methods.parameter_randomization import EVALUATIONS, STEPS, ParameterRandomization
from reportgen.methods.random_logit import RandomLogit
from reportgen.methods.robustness import Robustness
from reportgen.spec.inputs import Input
from reportgen.spec.methods import settings
from reportgen.spec.tasks import TASKS

AUTO_STEPS = 33
"""What ``steps: auto`` is taken to need."""

POSITIONS = ("max_position_embeddings", "n_positions")
WIDTH = ("hidden_size", "dim", "n_embd", "d_model")
LAYERS = ("num_hidden_layers", "n_layers", "n_layer", "num_layers", "encoder_layers")
INNER = ("intermediate_size", "hidden_dim", "n_inner", "d_ff", "encoder_ffn_dim")
"""What architectures call the dimensions of their encoder, or of their only stack."""


def estimate_cost(
    task: str,
    max_length: int | None,
    config: dict[str, Any],
    item: Input,
    methods: Sequence[Settings],
) -> float:
    """Return a rough number of floating-point operations, for progress and for planning.

    It is that of a forward pass times how many passes the methods take.
    """
    return float(count_passes(task, methods) * Stack(config, max_length).cost(item))


class Stack:
    """The dimensions by which a model's config tells what a forward pass costs.

    Unknown dimensions count as BERT base's; a decoder is not counted. ``max_length``: where
    inputs are cut.
    """

    def __init__(self, config: dict[str, Any], max_length: int | None) -> None:
        self.most = max_length or _dimension(config, *POSITIONS, default=0)
        self.width = _dimension(config, *WIDTH, default=768)
        self.layers = _dimension(config, *LAYERS, default=12)
        self.inner = _dimension(config, *INNER, default=4 * self.width)

    def cost(self, item: Input) -> int:
        """Return the floating-point operations of a forward pass over an input.

        Over n tokens they are, in each of L layers of width h and inner width f,
        ``2 n (4 h h + 2 h f)`` for the linear maps and ``4 n n h`` for attention.
        """
        tokens, width = estimate_tokens(item), self.width
        if self.most:
            tokens = min(tokens, self.most)
        linear = 2 * tokens * (4 * width**2 + 2 * width * self.inner)
        return self.layers * (linear + 4 * tokens**2 * width)


def count_passes(task: str, methods: Sequence[Settings]) -> int:
    """Return how many forward passes explaining an input takes, roughly.

    A backward pass costs as much as a forward pass, since weights are frozen and only activations
    are differentiated. Methods on the same path share one sweep: at each node a forward pass and
    a backward pass per target, and one more for the random-logit test. Every other method needs
    one forward pass. Where parameters are randomised, each stage is all of that again, with fewer
    nodes; where noise is added to the input each sample is, but for what removes words.
    """
    paths = {_path(method): method.steps for method in methods if isinstance(method, PathSettings)}
    nodes = sum(AUTO_STEPS if steps == "auto" else steps for steps in paths.values())
    backward = TASKS[task].outputs + any(isinstance(method, RandomLogit) for method in methods)
    removals = [m.max_evaluations for m in methods if isinstance(m, RemovalSettings)]
    passes = sum(
        known.passes
        for method in methods
        if (known := get(method.name)) and not isinstance(method, RemovalSettings)
    )
    others = passes + sum(removals)
    both = 1 + TASKS[task].outputs
    again = 0
    for method in methods:
        if isinstance(method, ParameterRandomization):
            removed = sum(min(EVALUATIONS, most) for most in removals)
            again += method.stages * (len(paths) * STEPS * both + passes + removed)
        elif isinstance(method, NumericalStability):
            again += method.samples * (nodes * both + passes)
        elif isinstance(method, Robustness):  # padding takes the input, and one twice as long
            again += 2 * method.cases + method.punctuation + method.typos
            again += 3 * method.padding + method.words
    return nodes * (1 + backward) + others + again


def estimate_tokens(item: Input) -> int:
    """Return a rough token count: four ASCII characters or one other each, and specials."""
    text = "".join(item.fields.values())
    ascii_only = len(text) if text.isascii() else len(text.encode("ascii", "ignore"))
    return ascii_only // 4 + len(text) - ascii_only + 1 + len(item.fields)


def _path(method: PathSettings) -> str:
    """Name the path a method is integrated along: equal names, one sweep."""
    shared = {"interpolate": "words"} | settings(method)
    return json.dumps({name: shared[name] for name in ("interpolate", *PathSettings.model_fields)})


def _dimension(config: dict[str, Any], *names: str, default: int) -> int:
    found = (config.get(name) for name in names)
    return next((value for value in found if isinstance(value, int) and value > 0), default)
