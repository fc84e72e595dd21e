"""Checkpoints whose weights are quantised: which package reads them, and what they cannot do."""

from __future__ import annotations

import importlib.util
from typing import Any

from transformers import PreTrainedModel

from reportgen.errors import ModelError

PACKAGES = {
    "torchao": "torchao",
    "bitsandbytes": "bitsandbytes",
    "bitsandbytes_4bit": "bitsandbytes",
    "bitsandbytes_8bit": "bitsandbytes",
    "gptq": "gptqmodel",
    "awq": "gptqmodel",
    "compressed-tensors": "compressed-tensors",
    "hqq": "hqq",
    "quanto": "optimum-quanto",
    "aqlm": "aqlm",
    "vptq": "vptq",
}
"""The package that transformers reads weights of each kind with; of others it tells itself."""

MODULES = {"compressed-tensors": "compressed_tensors", "optimum-quanto": "optimum"}
"""What is imported of packages that go by another name."""


def quantisation(config: Any) -> str | None:
    """Return how the weights of a model are quantised, ``None`` where they are not."""
    found = getattr(config, "quantization_config", None)
    if found is None:
        return None
    method = found.get("quant_method") if isinstance(found, dict) else found.quant_method
    return str(getattr(method, "value", method))


def require_package(config: Any) -> None:
    """Raise ``ModelError`` where the package that reads a model's weights is not installed."""
    kind = quantisation(config)
    package = PACKAGES.get(kind or "")
    if package is None or importlib.util.find_spec(MODULES.get(package, package)) is not None:
        return
    raise ModelError(
        f"the weights are quantised ({kind}), and the package {package}, which reads them, is not "
        "installed",
        hint=f"pip install {package}; or name the model that it was made of",
    )


def cannot_be_read(model: PreTrainedModel, error: Exception) -> str:
    """Say that a method needs what quantised weights do not give, where that is the error.

    Such weights are tensors of a class of their own, which raises for what it does not implement.
    """
    kind = quantisation(model.config)
    if kind is None or not isinstance(error, NotImplementedError):
        return ""
    return f"It needs what quantised weights ({kind}) do not give, their numbers or gradients."
