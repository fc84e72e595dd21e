"""The spec as typed models: what a user may write in ``audit.yaml``."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import (
    Field,
    PrivateAttr,
    field_serializer,
    field_validator,
)

from reportgen.methods import Settings
from reportgen.spec.checks import Check, CheckEntry, as_written
from reportgen.spec.entries import InputEntry
from reportgen.spec.methods import METHODS, settings, share_settings
from reportgen.spec.part import SIZE, SpecPart, in_bytes, one_of
from reportgen.spec.paths import locate
from reportgen.spec.report import ReportSpec
from reportgen.spec.rows import Row
from reportgen.spec.slices import SliceSettings
from reportgen.spec.tasks import TASKS

if TYPE_CHECKING:
    Task = str  # type checkers read no table
else:
    Task = Literal[tuple(TASKS)]

LARGEST_SEED = 2**32 - 1
"""What NumPy's generator of random numbers takes at most."""


Keep = Literal["all", "scores"]
"""Which arrays results keep: all, or what is told of tokens, without maps of pairs of them."""


class ModelSpec(SpecPart):
    """One model: a Hub id or a local folder."""

    id: str = Field(min_length=1, description="Short name used in results and pages")
    path: str = Field(
        min_length=1,
        description="Hub id (org/name), or local folder relative to the spec",
    )
    adapter: str | None = Field(
        default=None,
        min_length=1,
        description="Local folder of a LoRA adapter of PEFT that is merged into the model",
    )
    revision: str | None = Field(default=None, description="Pinned commit or tag for Hub ids")
    task: Task | None = Field(
        default=None, description="Inferred from the model's config when absent"
    )
    device: str = Field(default="auto", min_length=1, description="auto, cpu, cuda, cuda:1, mps")
    dtype: Literal["float32", "bfloat16", "float16"] = Field(
        default="float32", description="Number format the model runs in"
    )
    max_length: int | None = Field(
        default=None, ge=8, description="Truncate longer inputs here; default: the model's maximum"
    )
    max_new_tokens: int | None = Field(
        default=None,
        ge=1,
        description="Tokens a language model generates where the input gives no continuation; "
        "default: 1 for causal-lm, 20 for seq2seq-lm",
    )
    memory: str | None = Field(
        default=None,
        pattern=SIZE,
        description="Memory that the model may take while it is explained, beyond its weights, "
        "e.g. 2GB; default: half of what is free",
    )
    trust_remote_code: bool = Field(
        default=False, description="Run code that the model's repository ships"
    )
    allow_pickle: bool = Field(
        default=False, description="Load pickle checkpoints, which can run code"
    )
    allow_random_head: bool = Field(
        default=False, description="Accept weights that the checkpoint does not hold"
    )

    @property
    def memory_bytes(self) -> int | None:
        """Return ``memory`` in bytes."""
        return None if self.memory is None else in_bytes(self.memory)

    def local_folder(self, base: Path) -> Path | None:
        """Return the folder that ``path`` means, existing or not; ``None`` for a Hub id.

        Raises ``ReportgenError`` for the home folder of a user that there is not.
        """
        folder = locate(self.path, base)
        is_local = self.path.startswith((".", "/", "~")) or self.path.count("/") != 1
        return folder if is_local or os.path.exists(folder) else None


if TYPE_CHECKING:
    MethodEntry = Settings
else:
    MethodEntry = one_of(METHODS)


class Spec(SpecPart):
    """A whole audit: models x inputs x methods."""

    title: str = Field(default="Model audit", min_length=1, description="Heading of the report")
    models: list[ModelSpec] = Field(min_length=1, description="What is audited")
    inputs: list[InputEntry] = Field(min_length=1, description="What the models read")
    methods: list[MethodEntry] = Field(min_length=1, description="How predictions are explained")
    checks: list[CheckEntry] = Field(
        default=[], description="What must hold of predictions and explanations"
    )
    slices: SliceSettings = Field(
        default=SliceSettings(),
        exclude_if=lambda slices: slices == SliceSettings(),
        description="What inputs are told apart by, beside columns and labels, to see where a "
        "model is weak",
    )
    report: ReportSpec = Field(default=ReportSpec(), description="How the report is written")
    keep: Keep = Field(
        default="all",
        exclude_if=lambda keep: keep == "all",
        description="Arrays that results keep: all, or scores without the maps of pairs of tokens",
    )
    seed: int = Field(default=0, ge=0, le=LARGEST_SEED, description="Seed of everything random")

    _places: dict[str, str] = PrivateAttr(default_factory=dict)
    _base: Path = PrivateAttr(default=Path())
    _allow_outside: bool = PrivateAttr(default=False)
    _files: Mapping[int, Sequence[Row]] = PrivateAttr(default_factory=dict)

    @field_validator("methods", mode="after")
    @classmethod
    def _path_shared(cls, methods: list[Settings]) -> list[Settings]:
        return share_settings(methods)

    @field_serializer("methods")
    def _methods_as_written(self, methods: list[Settings]) -> list[dict[str, Any]]:
        return [{method.name: settings(method)} for method in methods]

    @field_serializer("checks")
    def _checks_as_written(self, checks: list[Check]) -> list[dict[str, Any]]:
        return [as_written(check) for check in checks]

    @property
    def base(self) -> Path:
        """The folder that model folders and data files are relative to."""
        return self._base

    @property
    def files(self) -> Mapping[int, Sequence[Row]]:
        """The rows of data files that were checked with the spec, by their entry's position."""
        return self._files

    @property
    def allow_outside(self) -> bool:
        """Whether links in ``base`` may lead out of it."""
        return self._allow_outside

    @property
    def check_places(self) -> dict[str, str]:
        """Where checks are written, by their path in the spec."""
        return {path: place for path, place in self._places.items() if "checks[" in path}

    def where(self, section: str, index: int) -> str:
        """Return ``audit.yaml:3:5 models[0]``, without the position where there is no file."""
        place = f"{section}[{index}]"
        return self._places.get(place, place)

    def __eq__(self, other: object) -> bool:
        """Compare what is asked for; where it was written makes no difference."""
        return isinstance(other, Spec) and self.model_dump() == other.model_dump()
