"""The spec of one look: a model, a few inputs and some methods, without a file to write first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os.path import abspath, relpath
from pathlib import Path
from typing import Any

import yaml

from reportgen.errors import ReportgenError
from reportgen.methods import FIRST_LOOK
from reportgen.spec.checkpoint import IN_MEMORY, find_checkpoint
from reportgen.spec.entries import has_fields, needs
from reportgen.spec.loader import load_spec
from reportgen.spec.models import ModelSpec
from reportgen.spec.tasks import TASKS

SPEC = "audit.yaml"

MARK = "# Written by reportgen explain"


def quick_spec(
    model: Mapping[str, Any],
    texts: Sequence[str],
    methods: Sequence[str] = FIRST_LOOK,
    *,
    question: str | None = None,
    context: str | None = None,
    prompt: str | None = None,
    base: Path = Path(),
) -> dict[str, Any]:
    """Return a spec of a model (``path``, and what else it needs) and these inputs.

    What a plain text is to the model is told by its task. Relative paths start at ``base``.
    Raises ``ReportgenError`` where no task is found, or the inputs are none for it.
    """
    about = {"id": "model", **model}
    # What can be told without the model is told first, for it may have to be downloaded.
    others = {"inputs": [{"text": "-"}], "methods": list(methods)}
    load_spec({"models": [about | {"path": "org/name"}], **others})
    checked = ModelSpec.model_validate(about)
    folder = checked.local_folder(base)
    if folder is not None and not folder.exists():
        raise ReportgenError(
            f"no such folder: {model['path']}", hint="a Hub id has the form org/name"
        )
    found = find_checkpoint(checked, base, "")
    inputs: list[dict[str, str]] = []
    if question is not None or context is not None:
        pair = {"question": question, "context": context}
        if missing := [name for name, given in pair.items() if given is None]:
            other = "question" if missing == ["context"] else "context"
            raise ReportgenError(f"{other} needs {missing[0]} beside it", hint=f"give {missing[0]}")
        inputs.append({"question": question or "", "context": context or ""})
    if prompt is not None:
        inputs.append({"prompt": prompt})
    text_field = TASKS[found.task].text
    if texts and not text_field:
        raise ReportgenError(
            f"{model['path']} answers questions: a text alone is none",
            hint="give question and context",
        )
    inputs += [{text_field: text} for text in texts]
    if not inputs:
        raise ReportgenError(
            "there is nothing to explain", hint="give a text, a question and context, or a prompt"
        )
    name = model.get("id", Path(abspath(model["path"])).name)
    for item in inputs:
        if not has_fields(found.task, item):
            raise ReportgenError(
                f"{name} ({found.task}) reads no {' and '.join(item)}",
                hint=f"it needs {needs(found.task)}",
            )
    return {
        "title": f"A look at {name}",
        "models": [{"id": name, **model}],
        "inputs": inputs,
        "methods": list(methods),
    }


def write_spec(spec: Mapping[str, Any], out: Path, base: Path = Path()) -> Path:
    """Write a spec whose paths start at ``base`` beside what it is built to; return its place.

    The folder of a model that is in memory is written as it is: it will be gone.

    Raises ``ReportgenError`` with what is wrong with it, and where the folder holds a spec that
    somebody wrote.
    """
    load_spec(spec, base)  # before anything is written
    path = out / SPEC
    model = spec["models"][0]
    folder = ModelSpec.model_validate(model).local_folder(base)
    if folder is not None and not folder.name.startswith(IN_MEMORY):
        way = relpath(folder, out)
        model = model | {"path": way if way.startswith("..") else f"./{way}"}
    if out.exists() and not out.is_dir():
        raise ReportgenError("expected a folder, found a file", str(out), "name another")
    if path.exists() and not is_ours(path):
        raise ReportgenError(
            "this spec was not written by explain, so it is not written over",
            where=str(path),
            hint="name another folder with --out (out=), or build the spec itself: reportgen build",
        )
    text = yaml.safe_dump(
        {**spec, "models": [model]}, sort_keys=False, allow_unicode=True, width=100
    )
    out.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{MARK}; build it again with: reportgen build {SPEC} --out .\n{text}", "utf-8")
    return path


def is_ours(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(MARK)) == MARK.encode()
