"""Models that are in memory: written to a folder for as long as they are explained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from transformers import PreTrainedModel, PreTrainedTokenizerBase

from reportgen.engine.quiet import quiet
from reportgen.errors import ModelError
from reportgen.spec.checkpoint import IN_MEMORY, hash_files


def save(model: Any, tokenizer: Any, base: Path) -> dict[str, Any]:
    """Write a model and its tokenizer below ``base``; return what a spec says of the model.

    The folder is named by a hash of the weights. Raises ``ModelError`` for what is no model of
    transformers, and without a tokenizer.
    """
    if not isinstance(model, PreTrainedModel):
        kind = type(model).__name__
        raise ModelError(
            f"expected a Hub id, a folder or a model of transformers, found a {kind}",
            hint="of a model of PEFT give model.merge_and_unload()",
        )
    if not isinstance(tokenizer, PreTrainedTokenizerBase):
        found = "nothing" if tokenizer is None else f"a {type(tokenizer).__name__}"
        raise ModelError(
            f"a model in memory needs its tokenizer, found {found}",
            hint="explain(model, texts, tokenizer=tokenizer)",
        )
    folder = base / "model"
    with quiet():
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
    name = f"{IN_MEMORY}{hash_files(tuple(folder.glob('*.safetensors')))[:12]}"
    folder.rename(base / name)
    dtype = str(model.dtype).removeprefix("torch.")
    return {
        "id": type(model).__name__,
        "path": f"./{name}",
        "device": str(model.device),
        "dtype": dtype if dtype in ("bfloat16", "float16") else "float32",
    }
