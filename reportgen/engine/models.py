"""Load a planned model and its tokenizer, and refuse what must not be trusted as it is."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from transformers import AutoConfig, PreTrainedModel, PreTrainedTokenizerBase

from reportgen.engine.capture import intercept
from reportgen.engine.loading import (
    LOADING_ERRORS,
    check_weights,
    first_line,
    quiet,
    require_weights,
    unreadable,
)
from reportgen.engine.tasks import TASKS, Task
from reportgen.engine.tokens import Encoding, load_tokenizer
from reportgen.errors import ModelError
from reportgen.plan import PlannedModel
from reportgen.results.model import ModelInfo
from reportgen.spec.models import ModelSpec


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """A model ready to be explained: in evaluation mode, weights frozen, attention recordable.

    ``max_length`` is the longest input in tokens, special ones counted. ``warnings`` concern
    every result of the model.
    """

    planned: PlannedModel
    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    task: Task
    info: ModelInfo
    warnings: tuple[str, ...] = ()

    @property
    def max_length(self) -> int:
        return self.info.max_length

    def embed(self, ids: Tensor) -> Tensor:
        """Return the word embeddings (n, d) of ``ids`` (n,), on the model's device."""
        return self.model.get_input_embeddings()(ids.to(self.model.device))

    def forward(
        self, encodings: Sequence[Encoding], embeddings: Sequence[Tensor] | None = None
    ) -> Any:
        """Run a batch of inputs of any lengths, padded on the right and masked.

        ``embeddings``, one (n, d) tensor for each input, stand in for the word embeddings of
        its ids.
        """
        return self.model(**self.batch(encodings, embeddings))

    def batch(
        self, encodings: Sequence[Encoding], embeddings: Sequence[Tensor] | None = None
    ) -> dict[str, Tensor]:
        """Return the keyword arguments of the model's forward pass for a padded batch."""
        columns: dict[str, Sequence[Tensor]] = {
            "attention_mask": [torch.ones_like(encoding.ids) for encoding in encodings]
        }
        if embeddings is None:
            columns["input_ids"] = [encoding.ids for encoding in encodings]
        else:
            columns["inputs_embeds"] = embeddings
        if "token_type_ids" in accepted(self.model) and encodings[0].types is not None:
            columns["token_type_ids"] = [encoding.types for encoding in encodings]
        # Padding is masked, but RoBERTa counts positions by its id.
        ids = (self.tokenizer.pad_token_id, self.model.config.pad_token_id, 0)
        padding = {"input_ids": next(found for found in ids if found is not None)}
        return {
            name: pad_sequence(list(rows), batch_first=True, padding_value=padding.get(name, 0)).to(
                self.model.device
            )
            for name, rows in columns.items()
        }


def accepted(model: PreTrainedModel) -> frozenset[str]:
    """Name the arguments of the model's forward pass (DistilBERT has no token types)."""
    return frozenset(inspect.signature(model.forward).parameters)


def load(planned: PlannedModel, seed: int = 0) -> LoadedModel:
    """Load a model from its folder; nothing is fetched from the network.

    ``seed`` decides the weights that ``allow_random_head`` lets through. Raises
    ``ModelError`` for pickled, missing or unexpected weights, for a missing or slow
    tokenizer, an unusable device, and a model whose attention cannot be recorded exactly.
    """
    try:
        with quiet():
            return load_checked(planned, seed)
    except ModelError as error:
        raise ModelError(error.message, error.where or planned.where, error.hint) from error


def load_checked(planned: PlannedModel, seed: int) -> LoadedModel:
    spec, folder = planned.spec, planned.folder
    device = choose_device(spec.device)
    require_weights(folder, spec)
    tokenizer = load_tokenizer(folder, spec)
    torch.manual_seed(seed)
    try:
        model, found = TASKS[planned.task].auto_class.from_pretrained(
            folder,
            dtype=getattr(torch, spec.dtype),
            attn_implementation="eager",
            use_safetensors=None if spec.allow_pickle else True,
            trust_remote_code=spec.trust_remote_code,
            local_files_only=True,
            output_loading_info=True,
            # A config may ask for more than logits; attention is recorded another way.
            output_attentions=False,
            output_hidden_states=False,
            return_dict=True,
        )
    except LOADING_ERRORS as error:
        raise unreadable("the model", folder, error) from error
    warnings = check_weights(found, spec)
    model.to(device).eval().requires_grad_(False)
    if len(tokenizer) > model.get_input_embeddings().weight.shape[0]:
        raise ModelError(
            f"the tokenizer has {len(tokenizer)} tokens, the model embeddings for "
            f"{model.get_input_embeddings().weight.shape[0]}: they do not belong together",
            hint="save the model with the tokenizer it was trained with",
        )
    loaded = LoadedModel(
        planned=planned,
        model=model,
        tokenizer=tokenizer,
        task=TASKS[planned.task](model.config),
        info=describe_model(planned, model, tokenizer, str(device)),
        warnings=warnings,
    )
    probe = [probe_input(loaded, 8), probe_input(loaded, 5)]
    intercept(model, loaded.batch(probe))
    check_embeddings(loaded, probe[0])
    return loaded


def describe(planned: PlannedModel) -> ModelInfo:
    """Describe a model without its weights: only its shape is built."""
    with quiet():
        tokenizer = load_tokenizer(planned.folder, planned.spec)
        trust = planned.spec.trust_remote_code
        config = AutoConfig.from_pretrained(planned.folder, trust_remote_code=trust)
        with torch.device("meta"):
            model = TASKS[planned.task].auto_class.from_config(config, trust_remote_code=trust)
        device = str(choose_device(planned.spec.device))
        return describe_model(planned, model, tokenizer, device)


def describe_model(
    planned: PlannedModel, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, device: str
) -> ModelInfo:
    config = model.config
    return ModelInfo(
        id=planned.spec.id,
        path=planned.spec.path,
        revision=planned.revision,
        task=planned.task,
        architecture=type(model).__name__,
        weights_sha256=planned.weights_sha256,
        tokenizer_sha256=planned.tokenizer_sha256,
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        layers=config.num_hidden_layers,
        heads=config.num_attention_heads,
        hidden_size=config.hidden_size,
        max_length=longest_input(planned.spec, model, tokenizer),
        labels=TASKS[planned.task](config).labels,
        dtype=planned.spec.dtype,
        device=device,
    )


def choose_device(name: str) -> torch.device:
    """Return the device called ``name``; ``auto`` takes an accelerator where there is one."""
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise ModelError(
            f"device {name!r} cannot be used: {first_line(error)}", hint="set device: auto"
        ) from error
    return device


def longest_input(
    spec: ModelSpec, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase
) -> int:
    """Return the number of tokens the model can read, or the smaller one the spec asks for."""
    positions = getattr(model.config, "max_position_embeddings", tokenizer.model_max_length)
    for module in model.modules():
        # RoBERTa starts counting positions behind the padding index.
        if hasattr(module, "create_position_ids_from_input_ids"):
            positions -= module.padding_idx + 1
            break
    limit = min(positions, tokenizer.model_max_length)
    if spec.max_length is None:
        return limit
    if spec.max_length > positions:
        raise ModelError(
            f"max_length is {spec.max_length}, the model has {positions} positions",
            hint=f"set max_length to {positions} or less",
        )
    return spec.max_length


def probe_input(loaded: LoadedModel, length: int) -> Encoding:
    """Make an input of arbitrary ordinary tokens to check the model with."""
    special = set(loaded.tokenizer.all_special_ids)
    ordinary = [i for i in range(len(loaded.tokenizer)) if i not in special]
    ids = torch.tensor([ordinary[(7 * i) % len(ordinary)] for i in range(length)])
    return Encoding({}, ids, torch.zeros_like(ids), (), (), None)


@torch.no_grad()
def check_embeddings(loaded: LoadedModel, probe: Encoding) -> None:
    """Refuse a model that does not compute the same from its word embeddings as from ids."""
    logits = loaded.task.logits(loaded.forward([probe]))
    difference = embeddings_difference(loaded, probe, logits)
    if diverging(difference, logits):
        raise ModelError(
            f"{type(loaded.model).__name__} computes other logits from word embeddings than "
            f"from token ids (they differ by up to {difference:.2g})",
            hint="its inputs cannot be attributed along a path of embeddings",
        )


@torch.no_grad()
def embeddings_difference(loaded: LoadedModel, encoding: Encoding, logits: Tensor) -> float:
    """Return how far the logits from word embeddings are from ``logits``, those from ids.

    The largest absolute difference.
    """
    output = loaded.forward([encoding], [loaded.embed(encoding.ids)])
    return (loaded.task.logits(output) - logits).abs().max().item()


def diverging(difference: float, logits: Tensor) -> bool:
    """Tell whether a difference from ``logits`` is more than rounding, in any dtype."""
    return difference > 1e-3 * max(logits.abs().max().item(), 1e-6)
