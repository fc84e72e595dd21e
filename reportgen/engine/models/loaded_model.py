"""Load a planned model and its tokenizer, and refuse what must not be trusted as it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence
from transformers import AutoConfig, PreTrainedModel, PreTrainedTokenizerBase

from reportgen.engine.models.adapters import brought, merge_adapter
from reportgen.engine.models.batching import make_batch, pooling
from reportgen.engine.models.capture import record
from reportgen.engine.models.hooks import observing, replacing
from reportgen.engine.models.loading import (
    LOADING_ERRORS,
    choose_device,
    load_tokenizer,
    longest_input,
    require_fitting_weights,
    require_size,
    require_weights,
    unreadable,
)
from reportgen.engine.models.module_lookup import embedding_layer, has_decoder, sub_embeddings
from reportgen.engine.models.quantised import quantisation, require_package
from reportgen.engine.models.self_tests import equals_sdpa, verify_recording
from reportgen.engine.quiet import quiet
from reportgen.engine.tasks import TASKS, Task
from reportgen.engine.tokens import Encoding
from reportgen.errors import ModelError
from reportgen.jobs import PlannedModel
from reportgen.results.model import ModelInfo

READ_TWICE = (
    "This model reads its input twice, by its encoder and by its decoder; explained is what the "
    "encoder reads."
)

AT_ONCE = 4096
"""Tokens of the vocabulary that are embedded together."""

QUANTISED = "The weights are quantised ({}): explained is what the model says with these."


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """A model ready to be explained: in evaluation mode, weights frozen, attention recordable.

    ``max_length`` is the longest input in tokens, special ones counted. ``has_sdpa``: the
    model gives the same outputs with PyTorch's fused attention, which is faster but cannot be
    recorded. ``warnings`` concern every result of the model.
    """

    planned: PlannedModel
    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    task: Task
    info: ModelInfo
    has_sdpa: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def max_length(self) -> int:
        return self.info.max_length

    @cached_property
    def sub_embeddings(self) -> dict[str, nn.Module]:
        """Lookups whose vectors are added to embed a token: word, position, token_type."""
        return sub_embeddings(self.model)

    @property
    def embedding(self) -> nn.Module:
        """The word embedding of the stack that reads the input."""
        return self.sub_embeddings["word"]

    @cached_property
    def embedding_layer(self) -> nn.Module | None:
        """The module that gives the sub-embeddings added up and normalised, if there is one."""
        return embedding_layer(self.model)

    @cached_property
    def causal(self) -> bool:
        """Whether no token attends to those after it, as measured on a short input."""
        probe = probe_input(self, 8)
        with (
            torch.no_grad(),
            self.attention("reportgen"),
            pooling(self.model, [probe]),
            record(self.model, values=False) as recording,
        ):
            self.model(**self.batch([probe]))
        return not any(layer.attention.triu(1).any() for layer in recording.layers)

    @cached_property
    def mean_embedding(self) -> Tensor:
        """The mean (d,) of the embeddings of all tokens that the tokenizer knows."""
        ids = torch.arange(len(self.tokenizer)).split(AT_ONCE)
        with torch.no_grad():
            total = sum(self.embed(some).double().sum(0) for some in ids)
            return (torch.as_tensor(total) / len(self.tokenizer)).to(self.embed(ids[0][:1]).dtype)

    def embed(self, ids: Tensor) -> Tensor:
        """Return the word embeddings (n, d) of ``ids`` (n,), on the model's device."""
        return self.embedding(ids.to(self.model.device))

    def forward(
        self,
        encodings: Sequence[Encoding],
        replaced: Mapping[nn.Module, Sequence[Tensor]] | None = None,
        *,
        hidden_states: bool = False,
    ) -> Any:
        """Run a batch of inputs of any lengths, padded on the right and masked.

        The model always reads token ids, so that what it derives from them (positions, the
        token it pools, what its decoder reads) is what it derives in any prediction.
        ``replaced``: for a module, one (n, d) tensor for each input, to stand in for what the
        module returns at its first call; gradients flow to them. Raises ``ModelError`` where
        a module is not called or returns another shape.
        """
        tensors = {
            module: pad_sequence(list(rows), batch_first=True)
            for module, rows in (replaced or {}).items()
        }
        asked = {"output_hidden_states": True} if hidden_states else {}
        with pooling(self.model, encodings), replacing(tensors):
            return self.model(**self.batch(encodings), **asked)

    def batch(self, encodings: Sequence[Encoding]) -> dict[str, Tensor]:
        """Return the keyword arguments of the model's forward pass for a padded batch."""
        return make_batch(self.model, encodings)

    def hidden_states(self, output: Any) -> tuple[Tensor, ...]:
        """Return what each layer of the stack that reads the input returned, L x (B, n, d).

        ``output`` is of a pass with ``hidden_states``; they are part of its graph. The last is
        taken after the model's final normalisation, where it has one.
        """
        states = getattr(output, "encoder_hidden_states", None) or output.hidden_states
        return tuple(states[1:])

    @torch.no_grad()
    def observe(self, encoding: Encoding, modules: Iterable[nn.Module]) -> list[Tensor]:
        """Return what ``modules`` return (n, d) when the model reads ``encoding``."""
        modules = list(modules)
        with observing(modules) as seen:
            self.forward([encoding])
        return [seen[module].squeeze(0) for module in modules]

    @contextmanager
    def attention(self, implementation: Literal["reportgen", "sdpa"]) -> Iterator[None]:
        """Compute attention by this implementation inside the ``with`` block.

        A model without sdpa goes on with its own.
        """
        before = self.model.config._attn_implementation
        if self.has_sdpa:
            self.model.set_attn_implementation(implementation)
        try:
            yield
        finally:
            if self.has_sdpa:
                self.model.set_attn_implementation(before)


def load(planned: PlannedModel, seed: int = 0) -> LoadedModel:
    """Load a model from its folder; nothing is fetched from the network.

    ``seed`` decides the weights that ``allow_random_head`` lets through. Raises
    ``ModelError`` for pickled, missing or unexpected weights, for a missing or slow
    tokenizer, an unusable device, and a model whose attention cannot be recorded exactly.
    """
    try:
        with quiet():
            return load_and_test(planned, seed)
    except ModelError as error:
        raise ModelError(error.message, error.where or planned.where, error.hint) from error


def load_and_test(planned: PlannedModel, seed: int) -> LoadedModel:
    spec, folder = planned.spec, planned.folder
    device = choose_device(spec.device)
    require_weights(folder, spec)
    tokenizer = load_tokenizer(folder, spec)
    try:
        shape = build_shape(planned)
        require_package(shape.config)
        require_size(shape, folder)
        torch.manual_seed(seed)
        model, found = read_weights(planned, folder)
    except LOADING_ERRORS as error:
        raise unreadable("the model", folder, error) from error
    if planned.adapter is not None:
        found["missing_keys"] = set(found["missing_keys"]) - brought(planned.adapter)
    warnings = require_fitting_weights(found, spec)
    if planned.adapter is not None:
        model = merge_adapter(model, planned.adapter)
    if kind := quantisation(model.config):
        warnings += (QUANTISED.format(kind),)
    if has_decoder(model) and planned.task != "seq2seq-lm":
        warnings += (READ_TWICE,)
    model.to(device).eval().requires_grad_(False)
    if len(tokenizer) > model.get_input_embeddings().weight.shape[0]:
        raise ModelError(
            f"the tokenizer has {len(tokenizer)} tokens, the model embeddings for "
            f"{model.get_input_embeddings().weight.shape[0]}: they do not belong together",
            hint="save the model with the tokenizer it was trained with",
        )
    turn_off_caches(model)
    loaded = LoadedModel(
        planned=planned,
        model=model,
        tokenizer=tokenizer,
        task=TASKS[planned.task](model.config),
        info=describe_model(planned, model, tokenizer, str(device)),
        warnings=warnings,
    )
    probes = [probe_input(loaded, 8), probe_input(loaded, 5)]
    with pooling(model, probes):
        inputs = loaded.batch(probes)
        verify_recording(model, inputs, causal=planned.task == "causal-lm")
        return replace(loaded, has_sdpa=equals_sdpa(model, inputs))


def read_weights(planned: PlannedModel, folder: Path) -> tuple[Any, dict[str, Any]]:
    """Return a model with its weights, and what transformers says of how they fit."""
    spec = planned.spec
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
    return model, found


def with_weights_of(loaded: LoadedModel, folder: Path) -> LoadedModel:
    """Return a model with the weights that it had at a checkpoint; the tokenizer stays.

    Raises ``ModelError`` where they do not fit.
    """
    planned = loaded.planned
    try:
        with quiet():
            model, found = read_weights(planned, folder)
    except LOADING_ERRORS as error:
        raise unreadable("the checkpoint", folder, error) from error
    require_fitting_weights(found, planned.spec)
    model.to(loaded.model.device).eval().requires_grad_(False)
    turn_off_caches(model)
    return replace(loaded, model=model)


def turn_off_caches(model: PreTrainedModel) -> None:
    """Keep a decoder from storing keys and values: every pass here reads all of its input."""
    for module in model.modules():
        if isinstance(module, PreTrainedModel) and hasattr(module.config, "use_cache"):
            module.config.use_cache = False


def describe(planned: PlannedModel) -> ModelInfo:
    """Describe a model without its weights: only its shape is built."""
    with quiet():
        tokenizer = load_tokenizer(planned.folder, planned.spec)
        model = build_shape(planned)
        device = str(choose_device(planned.spec.device))
        return describe_model(planned, model, tokenizer, device)


def build_shape(planned: PlannedModel) -> PreTrainedModel:
    """Build a model of which nothing is stored but the shapes of its weights."""
    trust = planned.spec.trust_remote_code
    config = AutoConfig.from_pretrained(planned.folder, trust_remote_code=trust)
    with torch.device("meta"):
        return TASKS[planned.task].auto_class.from_config(config, trust_remote_code=trust)


def describe_model(
    planned: PlannedModel, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, device: str
) -> ModelInfo:
    config = model.config.get_text_config()
    return ModelInfo(
        id=planned.spec.id,
        path=planned.shown_path,
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
        labels=TASKS[planned.task](model.config).labels,
        dtype=planned.spec.dtype,
        device=device,
    )


def probe_input(loaded: LoadedModel, length: int) -> Encoding:
    """Make an input of arbitrary ordinary tokens to test the model with."""
    special = set(loaded.tokenizer.all_special_ids)
    ordinary = [i for i in range(len(loaded.tokenizer)) if i not in special]
    ids = torch.tensor([ordinary[(7 * i) % len(ordinary)] for i in range(length)])
    end = loaded.model.config.get_text_config().eos_token_id
    if has_decoder(loaded.model) and isinstance(end, int):
        ids[-1] = end  # by which BART finds what to pool
    probe = Encoding({}, ids, torch.zeros_like(ids), (), (), None, loaded.tokenizer)
    return replace(probe, decoder=probe) if loaded.planned.task == "seq2seq-lm" else probe
