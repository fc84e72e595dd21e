"""Tiny models with random weights, of every architecture, and plans that use them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForMaskedLM,
    AutoModelForQuestionAnswering,
    AutoModelForSeq2SeqLM,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    PreTrainedTokenizerBase,
)

from reportgen.engine.models.loaded_model import LoadedModel
from reportgen.engine.tokens import Encoding
from reportgen.jobs import Job, PlannedModel
from reportgen.methods import Settings
from reportgen.plan import Input, Plan
from reportgen.spec.entries import InlineInput
from reportgen.spec.methods import METHODS, settings
from reportgen.spec.models import ModelSpec, Spec
from tiny_tokenizers import make_tokenizer

CLASSIFY, ANSWER = "sequence-classification", "question-answering"
AUTO_CLASSES = {
    CLASSIFY: AutoModelForSequenceClassification,
    ANSWER: AutoModelForQuestionAnswering,
    "token-classification": AutoModelForTokenClassification,
    "masked-lm": AutoModelForMaskedLM,
    "causal-lm": AutoModelForCausalLM,
    "seq2seq-lm": AutoModelForSeq2SeqLM,
}
MODELS = Path(__file__).parents[2] / "examples" / "models"

WIDE = {"hidden_size": 16, "intermediate_size": 24}
DEEP = {"num_hidden_layers": 3, "num_attention_heads": 4}
BERT = WIDE | DEEP | {"max_position_embeddings": 64}
ROBERTA = BERT | {"max_position_embeddings": 66, "type_vocab_size": 1}
RELATIVE = {"relative_attention": True, "pos_att_type": ["p2c", "c2p"], "type_vocab_size": 0}
GROUPED = BERT | {"num_key_value_heads": 2}
GEMMA = GROUPED | {"head_dim": 8, "sliding_window": 6, "query_pre_attn_scalar": 8}
SHAPES: dict[str, dict[str, Any]] = {
    "bert": BERT,
    "distilbert": {
        "dim": 16,
        "n_layers": 3,
        "n_heads": 4,
        "hidden_dim": 24,
        "max_position_embeddings": 64,
    },
    "roberta": ROBERTA,
    "electra": BERT | {"embedding_size": 8},
    "xlm-roberta": ROBERTA,
    "albert": BERT | {"embedding_size": 8},
    "deberta": BERT | RELATIVE | {"position_biased_input": False},
    "deberta-v2": BERT
    | RELATIVE
    | {"position_biased_input": False, "position_buckets": 8, "norm_rel_ebd": "layer_norm"},
    "mpnet": BERT | {"max_position_embeddings": 66},
    "modernbert": BERT | {"local_attention": 6, "global_attn_every_n_layers": 2},
    "gpt2": {"n_embd": 16, "n_layer": 3, "n_head": 4, "n_inner": 24, "n_positions": 64},
    "gpt_neox": BERT,
    "llama": GROUPED | {"attention_bias": True},
    "qwen2": GROUPED,
    "qwen3": GROUPED | {"head_dim": 8},
    "gemma2": GEMMA | {"attn_logit_softcapping": 5.0, "final_logit_softcapping": 10.0},
    "gemma3_text": GEMMA | {"layer_types": ["sliding_attention"] * 2 + ["full_attention"]},
    "t5": {
        "d_model": 16,
        "d_kv": 8,
        "d_ff": 24,
        "num_layers": 3,
        "num_heads": 4,
        "feed_forward_proj": "gated-gelu",
    },
    "bart": {
        "d_model": 16,
        "max_position_embeddings": 64,
        **{f"{side}_layers": 3 for side in ("encoder", "decoder")},
        **{f"{side}_attention_heads": 4 for side in ("encoder", "decoder")},
        **{f"{side}_ffn_dim": 24 for side in ("encoder", "decoder")},
    },
}
ARCHITECTURES = tuple(SHAPES)
CLASSIC = ("bert", "distilbert", "roberta", "electra")
"""Encoders that read questions with contexts, of the shapes most are descended from."""


SPREAD = {"t5": 0.15, "gemma2": 0.2, "gemma3_text": 0.2}
"""Of the random weights, where 0.3 makes outputs oscillate: T5 does not scale its queries."""


def make_config(architecture: str, tokenizer: PreTrainedTokenizerBase, **changes: Any) -> Any:
    """Describe a model of three layers and four heads, with its tokenizer's special tokens."""
    specials = {
        f"{name}_token_id": getattr(tokenizer, f"{name}_token_id")
        for name in ("pad", "bos", "eos", "cls", "sep")
    }
    if architecture in ("t5", "bart"):
        start = tokenizer.pad_token_id if architecture == "t5" else tokenizer.eos_token_id
        specials["decoder_start_token_id"] = start
    shape = {"vocab_size": len(tokenizer)} | SHAPES[architecture] | specials
    return AutoConfig.for_model(architecture, **shape | changes)


def save_tiny(folder: Path, architecture: str, task: str, **changes: Any) -> Path:
    """Save a model whose weights and biases are all random, and its tokenizer."""
    torch.manual_seed(len(architecture))
    tokenizer = make_tokenizer(architecture)
    config = make_config(architecture, tokenizer, **changes)
    model = AUTO_CLASSES[task].from_config(config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            scales = name.endswith("weight") and ("norm" in name.lower() or ".ln_" in name)
            centre = 1.0 if scales and not architecture.startswith("gemma") else 0.0
            parameter.normal_(centre, SPREAD.get(architecture, 0.3))
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def plan_model(folder: Path, task: str = CLASSIFY, **spec: Any) -> PlannedModel:
    """Plan a model on the CPU; its hash is that of its weights file, if it has one."""
    spec = {"id": folder.name, "path": str(folder), "device": "cpu"} | spec
    weights = folder / "model.safetensors"
    data = weights.read_bytes() if weights.exists() else b""
    return PlannedModel(
        spec=ModelSpec(**spec),
        folder=folder,
        revision=None,
        task=task,
        weights_sha256=hashlib.sha256(data).hexdigest(),
        tokenizer_sha256="0" * 64,
        where="audit.yaml:3:5 models[0]",
    )


def read(model: LoadedModel, *texts: str) -> Encoding:
    """Encode the texts of an input in the order of its task's fields."""
    names = [name for name in model.task.segments if name != "messages"]  # texts alone
    fields = dict(zip(names, texts, strict=False))
    return model.task.encode(model.tokenizer, fields, model.max_length)


def make_methods(*names: str, **changes: Any) -> tuple[Settings, ...]:
    """Return methods by name; ``changes`` are settings of integrated gradients."""
    return tuple(
        METHODS[name](**(changes if name == "integrated_gradients" else {})) for name in names
    )


def make_job(
    model: PlannedModel,
    index: int,
    fields: dict[str, str],
    methods: tuple[Settings, ...],
    **more: Any,
) -> Job:
    expect = more.get("expect")
    asked = [model.weights_sha256, model.spec.max_length, model.spec.dtype, fields, expect]
    asked += [{method.name: settings(method)} for method in methods]
    identity = hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:32]
    where = f"audit.yaml:{10 + index}:5 inputs[{index}]"
    return Job(identity, model, Input(index, fields, expect, None, where), methods, 0, 1.0)


ALONE = [
    name
    for name, settings in METHODS.items()
    if not any(field.is_required() for field in settings.model_fields.values())
]
"""Methods that need no file beside the spec."""


def make_plan(
    models: list[PlannedModel],
    inputs: list[dict[str, str]],
    methods: tuple[Settings, ...] = make_methods(*ALONE),
) -> Plan:
    """Plan every model on every input; an input may have ``expect`` among its fields."""
    fields = [{k: v for k, v in item.items() if k != "expect"} for item in inputs]
    jobs = tuple(
        make_job(model, index, fields[index], methods, expect=item.get("expect"))
        for model in models
        for index, item in enumerate(inputs)
    )
    parts = {"inputs": [InlineInput(**item) for item in inputs], "methods": list(methods)}
    spec = Spec(models=[model.spec for model in models], **parts)
    unique = {job.input.index: job.input for job in jobs}
    return Plan(spec, "1" * 64, tuple(models), tuple(unique.values()), jobs)
