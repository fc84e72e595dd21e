"""Tiny models with random weights, of every architecture, and plans that use them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from tokenizers import ByteLevelBPETokenizer
from transformers import (
    AutoConfig,
    BertTokenizer,
    DistilBertTokenizer,
    ElectraTokenizer,
    PreTrainedTokenizerBase,
    RobertaTokenizer,
)

from reportgen.engine.models import LoadedModel
from reportgen.engine.tasks import TASKS
from reportgen.engine.tokens import Encoding
from reportgen.plan import Input, Job, Plan, PlannedModel
from reportgen.spec.methods import METHODS, Method, settings
from reportgen.spec.models import InlineInput, ModelSpec, Spec

ARCHITECTURES = ("bert", "distilbert", "roberta", "electra")
CLASSIFY, ANSWER = "sequence-classification", "question-answering"
MODELS = Path(__file__).parents[2] / "examples" / "models"

SENTENCES = (
    "the movie was great , i really enjoyed it .",
    "not bad at all",
    "what is important to us ? it is important to us to include all .",
)
CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789.,!?<>/()&\"'-好电影שלום"


def wordpieces() -> dict[str, int]:
    words = sorted(set(" ".join(SENTENCES).split()) - set(CHARACTERS))
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words, *CHARACTERS]
    pieces += [f"##{character}" for character in CHARACTERS]
    return {piece: number for number, piece in enumerate(pieces)}


def make_tokenizer(architecture: str) -> PreTrainedTokenizerBase:
    if architecture == "roberta":
        trained = ByteLevelBPETokenizer()
        specials = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
        texts = SENTENCES * 2  # a merge must be seen twice
        trained.train_from_iterator(texts, 400, special_tokens=specials, show_progress=False)
        model = json.loads(trained._tokenizer.to_str())["model"]
        return RobertaTokenizer(vocab=model["vocab"], merges=[tuple(m) for m in model["merges"]])
    classes = {"distilbert": DistilBertTokenizer, "electra": ElectraTokenizer}
    return classes.get(architecture, BertTokenizer)(vocab=wordpieces())


def make_config(architecture: str, size: int, **changes: Any) -> Any:
    shape = {"vocab_size": size, "max_position_embeddings": 64, "pad_token_id": 0}
    if architecture == "distilbert":
        shape |= {"dim": 16, "n_layers": 3, "n_heads": 4, "hidden_dim": 24}
    else:
        shape |= {
            "hidden_size": 16,
            "num_hidden_layers": 3,
            "num_attention_heads": 4,
            "intermediate_size": 24,
        }
    if architecture == "roberta":
        shape |= {"pad_token_id": 1, "max_position_embeddings": 66, "type_vocab_size": 1}
    if architecture == "electra":
        shape |= {"embedding_size": 8}
    return AutoConfig.for_model(architecture, **shape | changes)


def save_tiny(folder: Path, architecture: str, task: str, **changes: Any) -> Path:
    """Save a model whose weights and biases are all random, and its tokenizer."""
    torch.manual_seed(len(architecture))
    tokenizer = make_tokenizer(architecture)
    config = make_config(architecture, len(tokenizer), **changes)
    model = TASKS[task].auto_class.from_config(config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            centre = 1.0 if "norm" in name.lower() and name.endswith("weight") else 0.0
            parameter.normal_(centre, 0.3)
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
    fields = dict(zip(model.task.segments, texts, strict=False))
    return model.task.encode(model.tokenizer, fields, model.max_length)


def make_methods(*names: str, **changes: Any) -> tuple[Method, ...]:
    """Return methods by name; ``changes`` are settings of integrated gradients."""
    return tuple(
        METHODS[name](**(changes if name == "integrated_gradients" else {})) for name in names
    )


def make_job(
    model: PlannedModel,
    index: int,
    fields: dict[str, str],
    methods: tuple[Method, ...],
    **more: Any,
) -> Job:
    expect = more.get("expect")
    asked = [model.weights_sha256, model.spec.max_length, model.spec.dtype, fields, expect]
    asked += [{method.name: settings(method)} for method in methods]
    identity = hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:32]
    where = f"audit.yaml:{10 + index}:5 inputs[{index}]"
    return Job(identity, model, Input(index, fields, expect, None, where), methods, 0, 1.0)


def make_plan(
    models: list[PlannedModel],
    inputs: list[dict[str, str]],
    methods: tuple[Method, ...] = make_methods(*METHODS),
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
