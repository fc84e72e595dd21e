"""What is not the same about two runs beside what they found: weights, settings, libraries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from reportgen.results.matching import Matched, Side
from reportgen.results.model import JobResult

ACCURACY = ("steps", "tolerance", "max_steps")
"""Settings that change how exact a score is, not what it means; their effect is in the noise."""

SCALE = ("normalize",)
"""Settings that only rescale scores, of which shares are compared."""

ASKED = ("without",)
"""Settings that ask for more, and change nothing of the rest."""


HASHES = ("weights_sha256", "tokenizer_sha256")
"""What a model is described by as a hash."""


class Effect(Enum):
    """What a difference means for the comparison of explanations."""

    NONE = auto()
    WEIGHTS = auto()  # it is another model
    ACCURACY = auto()  # scores are more or less exact
    SCALE = auto()  # scores are scaled otherwise, which shares are not
    MEANING = auto()  # scores mean something else


@dataclass(frozen=True)
class Difference:
    """Something that is not the same on both sides, as text; ``""`` where there is none.

    ``method`` is the one whose settings differ; ``is_hash``: both sides are hashes.
    """

    what: str
    before: str
    after: str
    effect: Effect = Effect.NONE
    method: str = ""
    is_hash: bool = False

    @property
    def decisive(self) -> bool:
        """Tell whether explanations are not compared, as scores mean something else."""
        return self.effect is Effect.MEANING


def differences_between(before: Side, after: Side, matched: Matched) -> Iterator[Difference]:
    """Yield all that is not the same on both sides beside the inputs and what was found."""
    infos = before.info.model_dump(), after.info.model_dump()
    for name, here in infos[0].items():
        there = infos[1][name]
        if name != "id" and here != there:
            yield Difference(
                name.replace("_", " "),
                text(here),
                text(there),
                effect=Effect.WEIGHTS if name == "weights_sha256" else Effect.NONE,
                is_hash=name in HASHES,
            )
    manifests = before.results.manifest, after.results.manifest
    if manifests[0] is not manifests[1]:
        for name in ("reportgen", "python", "platform", "seed", "format"):
            here, there = (getattr(manifest, name) for manifest in manifests)
            if here != there:
                yield Difference(name, text(here), text(there))
        for name in sorted({*manifests[0].libraries, *manifests[1].libraries}):
            here, there = (manifest.libraries.get(name, "") for manifest in manifests)
            if here != there:
                yield Difference(name, here, there)
    seen: set[Difference] = set()
    for first, second in matched.pairs:
        for name in dict.fromkeys((*first.settings, *second.settings)):
            for difference in settings_differences(first, second, name):
                if difference not in seen:
                    seen.add(difference)
                    yield difference


def settings_differences(first: JobResult, second: JobResult, method: str) -> list[Difference]:
    """List the settings of one method that are not the same in two results."""
    if method not in first.settings or method not in second.settings:
        if method in first.settings or method in second.settings:
            ran = ["ran" if method in one.settings else "did not run" for one in (first, second)]
            return [Difference(method, ran[0], ran[1], method=method)]
        return []
    here, there = first.settings[method], second.settings[method]
    return [
        Difference(
            f"{method}: {name}",
            text(here.get(name, "")),
            text(there.get(name, "")),
            effect=effect_of(name),
            method=method,
        )
        for name in dict.fromkeys((*here, *there))
        if here.get(name) != there.get(name)
    ]


def effect_of(setting: str) -> Effect:
    if setting in ACCURACY:
        return Effect.ACCURACY
    if setting in ASKED:
        return Effect.NONE
    return Effect.SCALE if setting in SCALE else Effect.MEANING


def text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict):
        return ", ".join(f"{name}: {part}" for name, part in value.items())
    return ", ".join(map(text, value)) if isinstance(value, tuple | list) else str(value)
