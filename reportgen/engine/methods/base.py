"""What a method is given, and what it gives back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from reportgen.engine.models.capture import Recording
from reportgen.engine.models.loaded_model import LoadedModel
from reportgen.engine.path.embedding_path import EmbeddingPath
from reportgen.engine.path.integral import Integral
from reportgen.engine.path.settings import SweepSettings
from reportgen.engine.removal.outputs import RemovedOutputs
from reportgen.engine.tokens import Encoding
from reportgen.errors import InputError
from reportgen.methods import Contrast, Settings
from reportgen.results.model import Convergence, Prediction, Target, TriedBaseline


@dataclass(frozen=True, eq=False)
class PredictionContext:
    """One prediction to explain: what the model read, gave out, and what that says.

    ``recording`` is of the very pass that made the prediction, and empty where no method
    needs one. ``integrals`` holds what each sweep along the path found, or why it found nothing;
    ``tried`` the baselines that a sweep from ``auto`` tried; ``removed`` the outputs without units
    of the input that were asked for.
    ``about`` puts other targets in place of those that settings ask for.
    """

    loaded: LoadedModel
    encoding: Encoding
    output: Any
    prediction: Prediction
    expect: str | None
    recording: Recording
    seed: int = 0
    integrals: dict[SweepSettings, Integral | Exception] = field(default_factory=dict)
    tried: dict[SweepSettings, tuple[TriedBaseline, ...]] = field(default_factory=dict)
    removed: dict[Hashable, RemovedOutputs] = field(default_factory=dict)
    about: tuple[Target, ...] | None = None

    def targets(self, setting: str | int | Contrast) -> tuple[Target, ...]:
        if self.about is not None:
            return self.about
        task = self.loaded.task
        named = setting.this if isinstance(setting, Contrast) else setting
        task.require_explained(named, self.output, self.encoding)
        if isinstance(setting, Contrast):
            return task.contrasts(setting, self.prediction, self.encoding, self.expect)
        return task.targets(setting, self.prediction, self.encoding, self.expect)


@dataclass(frozen=True, eq=False)
class MethodOutput:
    """What one method found: arrays by name, float32, and what is known of their quality.

    ``path``: the baseline that it compared the input with, where it chose one by itself.
    ``records`` are fields of the result that it alone fills.
    """

    arrays: Mapping[str, np.ndarray]
    targets: tuple[Target, ...] = ()
    convergence: tuple[Convergence, ...] = ()
    self_tests: Mapping[str, float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    path: EmbeddingPath | None = None
    records: Mapping[str, Any] = field(default_factory=dict)


class NotApplicable(Exception):  # noqa: N818  (not an error)
    """A method does not apply to this architecture or task; ``str()`` says why in one sentence."""


class MethodImplementation(ABC):
    """One method with its settings, computed; ``reportgen.methods`` describes what it is.

    ``needs_recording``: it reads attention and values.
    """

    name: ClassVar[str]
    needs_recording: ClassVar[bool] = False

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @abstractmethod
    def explain(self, context: PredictionContext) -> MethodOutput:
        """Explain one prediction."""


def require_finite(name: str, *arrays: np.ndarray) -> None:
    """Raise ``InputError`` where ``name`` gave a number that is infinite or not a number."""
    if not all(np.isfinite(array).all() for array in arrays):
        raise InputError(
            f"{name} gave a number that is not finite",
            hint="check the model's weights; with dtype float16 or bfloat16, try float32",
        )
