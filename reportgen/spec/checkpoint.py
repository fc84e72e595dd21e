"""The files behind a model of the spec: found, checked and hashed, without loading them."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reportgen.errors import ModelError, ReportgenError, SpecError
from reportgen.spec.adapters import TASK_TYPES, adapter_files, find_adapter, refuse_adapter
from reportgen.spec.config import read_json, require_plausible
from reportgen.spec.models import ModelSpec
from reportgen.spec.paths import require
from reportgen.spec.problem import quoted, shortened
from reportgen.spec.tasks import TASKS

CONFIG = "config.json"
VOCABULARIES = (
    "tokenizer.json",
    "vocab.txt",
    "vocab.json",
    "spiece.model",
    "sentencepiece.bpe.model",
    "sentencepiece.model",
    "tokenizer.model",
)
"""Files a tokenizer can be made from; one is enough."""

CHAT_TEMPLATE = "chat_template.jinja"
TOKENIZER_FILES = (
    *VOCABULARIES,
    "added_tokens.json",
    CHAT_TEMPLATE,
    "merges.txt",
    "special_tokens_map.json",
    "tokenizer_config.json",
)
SAFETENSORS = "model.safetensors"
PICKLE = "pytorch_model.bin"

ARCHITECTURES: dict[str, str | None] = {"WithLMHeadModel": None} | {
    end: task.name
    for end, task in sorted(
        ((end, task) for task in TASKS.values() for end in task.endings),
        key=lambda pair: -len(pair[0]),
    )
}
"""How transformers ends the class names of the tasks we explain, the longest ending first.

``WithLMHeadModel`` is a masked model in XLM and Flaubert: it tells nothing.
"""

BARE = re.compile(r"(?<!LMHead)Model$|SentenceTransformer$")
"""How transformers ends the class names of models that give vectors, as sentence encoders do."""

OTHER_SENSES = ("vision_config", "audio_config", "num_mel_bins")
"""Marks of models that generate text from images or sound, in their config."""


IN_MEMORY = "in-memory-"
"""How the folder of a model is called that was in memory: its weights' hash follows."""

MOST_NAMED = 8
"""Names of a model's own files that a message lists."""


@dataclass(frozen=True)
class Checkpoint:
    """A model's files on disk: ``weights`` and ``others`` are all that decides what it says.

    ``weights`` has the files of the ``adapter`` too.

    ``others`` are the tokenizer's files, the config, and the code where it is trusted.
    """

    folder: Path
    revision: str | None
    config: dict[str, Any]
    task: str
    weights: tuple[Path, ...]
    others: tuple[Path, ...]
    adapter: Path | None = None


def find_checkpoint(spec: ModelSpec, base: Path, where: str) -> Checkpoint:
    """Find the files of a model; a Hub id is downloaded (or taken from the cache) first.

    Raises ``SpecError`` with a ``ModelError`` for each thing that is missing or not allowed.
    """
    revision = None
    try:
        folder = spec.local_folder(base)
        if folder is not None:
            require(spec.path, base, "folder", allow_outside=True)
    except ReportgenError as error:
        raise SpecError([ModelError(error.message, where, error.hint)]) from error
    if folder is None:
        folder = _download(spec, where)
        revision = folder.name

    problems: list[ModelError] = []

    def attempt(find: Any, *arguments: Any, name: str = spec.path) -> Any:
        try:
            return find(*arguments)
        except ModelError as error:
            problems.append(ModelError(f"{name}: {error.message}", where, error.hint))
            return None

    attempt(refuse_adapter, spec, folder)
    if problems:
        raise SpecError(list(problems))
    adapter, trained = None, {}
    if spec.adapter is not None:
        found = attempt(find_adapter, spec.adapter, base, name=spec.adapter)
        adapter, trained = found or (None, {})
    config = attempt(read_json, folder / CONFIG)
    if config is not None:
        attempt(require_plausible, config)
    task: Any = spec.task or TASK_TYPES.get(str(trained.get("task_type")))
    if task is None and config is not None:
        task = attempt(infer_task, config)
    weights = attempt(find_weights, folder, spec.allow_pickle)
    others = attempt(_find_others, folder, spec.trust_remote_code)
    if problems:
        raise SpecError(list(problems))
    if adapter is not None:
        weights += adapter_files(adapter)
    return Checkpoint(folder, revision, config, task, weights, others, adapter)


def hash_files(files: tuple[Path, ...]) -> str:
    """Return the SHA-256 over names and contents, in the order of the names.

    Names count because shards and vocabularies are told apart by them. Each is preceded by
    its length and each content by its own digest, so that no two sets of files can collide.
    """
    total = hashlib.sha256()
    for path in sorted(files, key=lambda file: file.name):
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").digest()
        name = path.name.encode()
        total.update(len(name).to_bytes(4, "big") + name + content)
    return total.hexdigest()


def _download(spec: ModelSpec, where: str) -> Path:
    """Return the snapshot folder of a Hub id; its name is the resolved commit."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import (
        GatedRepoError,
        HFValidationError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    patterns = [
        CONFIG,
        *TOKENIZER_FILES,
        SAFETENSORS,
        "model-*.safetensors",
        f"{SAFETENSORS}.index.json",
    ]
    if spec.allow_pickle:
        patterns += [PICKLE, "pytorch_model-*.bin", f"{PICKLE}.index.json"]
    if spec.trust_remote_code:
        patterns += ["*.py"]
    name = f"{spec.path}@{spec.revision}" if spec.revision else spec.path
    try:
        return Path(snapshot_download(spec.path, revision=spec.revision, allow_patterns=patterns))
    except HFValidationError as error:
        reason, hint = f"not a Hub id: {error}", "a Hub id has the form org/name"
    except RevisionNotFoundError:
        reason, hint = "the Hub has no such revision", "give a commit, tag or branch of the model"
    except GatedRepoError:
        reason = "the model is gated"
        hint = "ask for access on its Hub page, and set HF_TOKEN"
    except RepositoryNotFoundError:
        reason = "there is no such model on the Hub, or it is private"
        hint = "a local folder starts with ./ and a private model needs HF_TOKEN to be set"
    except LocalEntryNotFoundError:
        reason = "it is not in the local cache and the Hub cannot be reached"
        hint = "connect and run again (HF_HUB_OFFLINE unset), or give a local folder as ./folder"
    except OSError as error:
        reason, hint = f"the download failed: {error}", "run again: it resumes where it stopped"
    raise SpecError([ModelError(f"{name}: {reason}", where, hint)])


def infer_task(config: dict[str, Any]) -> str:
    """Tell the task from a config's architectures; raises ``ModelError`` where none tells it."""
    names = config.get("architectures")
    names = names if isinstance(names, list) else []
    for name in names:
        task = next((task for end, task in ARCHITECTURES.items() if str(name).endswith(end)), None)
        if task and TASKS[task].decoder and not _reads_text_only(config):
            continue
        if task is not None:
            return task
    if names and all(BARE.search(str(name)) for name in names):
        raise ModelError(
            f"{shortened(str(names[0]))} has no head for a task: embeddings are not explained",
            hint="give a model that was fine-tuned for one; set task: only if it has that head",
        )
    listed = ", ".join(shortened(str(name)) for name in names[:MOST_NAMED])
    found = f"its architecture is {listed}" if names else "it names none"
    raise ModelError(
        f"no supported task can be told from {CONFIG}: {found}",
        hint=f"supported tasks: {', '.join(TASKS)}; set task: if it is one of them",
    )


def _reads_text_only(config: dict[str, Any]) -> bool:
    return bool(config.get("is_encoder_decoder")) and not any(map(config.get, OTHER_SENSES))


def find_weights(folder: Path, allow_pickle: bool) -> tuple[Path, ...]:
    """Return the files transformers would load: safetensors first, whole before sharded."""
    for name in (SAFETENSORS, PICKLE) if allow_pickle else (SAFETENSORS,):
        if (folder / name).is_file():
            return (folder / name,)
        index = folder / f"{name}.index.json"
        if index.is_file():
            return _find_shards(index)
    if (folder / PICKLE).is_file() or (folder / f"{PICKLE}.index.json").is_file():
        raise ModelError(
            f"the weights are a pickle file ({PICKLE}), which can run code when loaded",
            hint="save them as safetensors, or set allow_pickle: true if you trust their origin",
        )
    raise ModelError(
        f"there are no weights: no {SAFETENSORS}",
        hint="only safetensors are read, unless allow_pickle: true is set",
    )


def _find_shards(index: Path) -> tuple[Path, ...]:
    shards = read_json(index).get("weight_map")
    if not isinstance(shards, dict) or not shards:
        raise ModelError(f"{index.name} names no weight files")
    names = sorted(set(map(str, shards.values())))
    for name in names:
        if name in ("", "..") or name != os.path.basename(name):
            raise ModelError(
                f"{index.name} names {quoted(name)}, which is no file of the folder",
                hint="its weights lie beside it; copy or download the folder again",
            )
    files = [index.parent / name for name in names]
    missing = [shortened(file.name) for file in files if not os.path.isfile(file)]
    if missing:
        more = f" and {len(missing) - MOST_NAMED:,} more" if len(missing) > MOST_NAMED else ""
        raise ModelError(
            f"weight files are missing: {', '.join(missing[:MOST_NAMED])}{more}",
            hint=f"{index.name} names them; copy or download the folder again",
        )
    return tuple(files)


def _find_others(folder: Path, trust_remote_code: bool) -> tuple[Path, ...]:
    if not any((folder / name).is_file() for name in VOCABULARIES):
        raise ModelError(
            f"there is no tokenizer: none of {', '.join(VOCABULARIES)}",
            hint="save it beside the model: tokenizer.save_pretrained(folder)",
        )
    files = [folder / name for name in (CONFIG, *TOKENIZER_FILES)]
    if trust_remote_code:
        files += sorted(folder.glob("*.py"))
    return tuple(file for file in files if file.is_file())
