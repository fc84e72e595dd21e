"""What is needed to make a report again: the run, its models and its spec."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml

from reportgen.rendering.drawing.tables import Table
from reportgen.rendering.wording.numbers import moment
from reportgen.results.model import Manifest


@dataclass(frozen=True)
class Provenance:
    """How a run was made; ``models`` has one column per model, ``spec`` is YAML to copy.

    ``digest`` is that of all results, which stands in the footer of printed pages.
    """

    command: str
    again: str
    verify: str
    digest: str
    run: Table
    models: Table
    spec: str


def provenance(manifest: Manifest, digest: str) -> Provenance:
    """Say how a run was made; ``digest`` is that of all its results."""
    return Provenance(
        command=manifest.command,
        again="reportgen render RESULTS --out DIR",
        verify="reportgen verify PAGE --results RESULTS",
        digest=digest,
        run=run(manifest, digest),
        models=models(manifest),
        spec=yaml.safe_dump(
            without_nothing(manifest.spec), sort_keys=False, allow_unicode=True, width=96
        ),
    )


def run(manifest: Manifest, digest: str) -> Table:
    rows = (
        ("run", moment(manifest.created)),
        ("made with", f"reportgen {manifest.reportgen}, Python {manifest.python}"),
        ("libraries", ", ".join(f"{k} {v}" for k, v in sorted(manifest.libraries.items()))),
        ("platform", manifest.platform),
        ("seed", str(manifest.seed)),
        ("spec SHA-256", manifest.spec_sha256),
        ("results SHA-256", digest),
    )
    return Table(("what", "value"), tuple(row for row in rows if row[1]))


def models(manifest: Manifest) -> Table:
    """Describe each model in a column of its own: there are more facts than models."""
    infos = manifest.models
    rows = (
        ("path", [info.path for info in infos]),
        ("revision", [info.revision or "local folder" for info in infos]),
        ("task", [info.task for info in infos]),
        ("architecture", [info.architecture for info in infos]),
        ("parameters", [f"{info.parameters:,}" for info in infos]),
        ("layers x heads", [f"{info.layers} x {info.heads}" for info in infos]),
        ("hidden size", [str(info.hidden_size) for info in infos]),
        ("longest input, tokens", [str(info.max_length) for info in infos]),
        ("classes", [", ".join(info.labels) or "–" for info in infos]),
        ("precision", [f"{info.dtype} on {info.device}" for info in infos]),
        ("weights SHA-256", [info.weights_sha256 for info in infos]),
        ("tokenizer SHA-256", [info.tokenizer_sha256 for info in infos]),
    )
    kept = tuple((name, *values) for name, values in rows if set(values) != {"–"})
    return Table(("model", *(info.id for info in infos)), kept)


def without_nothing(value: Any) -> Any:
    """Drop what was left out: a spec without it says the same and reads better."""
    if isinstance(value, dict):
        return {key: without_nothing(v) for key, v in value.items() if v is not None}
    return [without_nothing(item) for item in value] if isinstance(value, list) else value
