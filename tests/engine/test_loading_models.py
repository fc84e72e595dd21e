"""A model is loaded as it is, or refused with the reason and the way out."""

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer
from transformers.modeling_outputs import BaseModelOutputWithPastAndCrossAttentions
from transformers.utils import logging

from reportgen.engine.models.loaded_model import describe, load
from reportgen.errors import ModelError
from tiny_models import ANSWER, ARCHITECTURES, CLASSIC, CLASSIFY, plan_model, read


@pytest.fixture
def copy(tiny, tmp_path):
    """Return a tiny BERT classifier's folder that a test may spoil."""
    return shutil.copytree(tiny("bert"), tmp_path / "model")


def change_weights(folder, change):
    weights = load_file(folder / "model.safetensors")
    save_file(change(weights), folder / "model.safetensors", metadata={"format": "pt"})


def change_config(folder, **changes):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | changes))


def half(self, hidden_states, attention_mask=None, **kwargs):
    """Run a BERT encoder without its first layer."""
    for layer in self.layer[1:]:
        hidden_states = layer(hidden_states, attention_mask)
    return BaseModelOutputWithPastAndCrossAttentions(last_hidden_state=hidden_states)


@pytest.mark.parametrize(
    ("architecture", "task"),
    [(name, CLASSIFY) for name in ARCHITECTURES] + [(name, ANSWER) for name in CLASSIC],
)
def test_loads_ready_to_be_explained(loaded, architecture, task):
    model = loaded(architecture, task)
    assert not model.model.training
    assert not any(parameter.requires_grad for parameter in model.model.parameters())
    name = architecture.replace("-", "").replace("_", "")
    assert model.info.architecture.lower().startswith(name)
    assert (model.info.layers, model.info.heads, model.info.hidden_size) == (3, 4, 16)
    assert model.max_length == (512 if architecture == "t5" else 64)  # T5 has no limit
    labels = 0 if task == ANSWER else 3 if architecture == "bart" else 2  # BART's default is 3
    assert model.info.labels == ("LABEL_0", "LABEL_1", "LABEL_2")[:labels]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_describes_without_weights_what_it_loads(loaded, architecture):
    model = loaded(architecture)
    weights = model.planned.folder / "model.safetensors"
    hidden = weights.rename(weights.with_suffix(".hidden"))
    try:
        assert describe(model.planned) == model.info
    finally:
        hidden.rename(weights)


@pytest.mark.parametrize(
    ("architecture", "task"), [("gpt2", "causal-lm"), ("t5", "seq2seq-lm"), ("bart", "seq2seq-lm")]
)
def test_weights_that_are_stored_once_and_used_twice_are_not_missing(loaded, architecture, task):
    model = loaded(architecture, task)
    stored = load_file(model.planned.folder / "model.safetensors")
    assert not any("lm_head" in name for name in stored)
    assert torch.equal(model.model.get_output_embeddings().weight, model.embedding.weight)
    assert model.warnings == ()


@pytest.mark.parametrize("architecture", ["bart", "t5"])
def test_says_that_a_classifier_with_a_decoder_reads_its_input_twice(loaded, architecture):
    assert "reads its input twice" in loaded(architecture).warnings[0]
    assert loaded(architecture, "seq2seq-lm").warnings == ()


def test_missing_weights_are_refused(copy):
    change_weights(copy, lambda w: {k: v for k, v in w.items() if "classifier" not in k})
    with pytest.raises(ModelError, match=r"classifier\.bias, classifier\.weight.*random") as caught:
        load(plan_model(copy))
    assert "allow_random_head" in caught.value.hint
    assert caught.value.where == "audit.yaml:3:5 models[0]"


def test_random_weights_are_allowed_on_request_and_reproducible(copy):
    change_weights(copy, lambda w: {k: v for k, v in w.items() if "classifier" not in k})
    planned = plan_model(copy, allow_random_head=True)
    first, again, other = (load(planned, seed) for seed in (1, 1, 2))
    assert "random" in first.warnings[0]
    assert torch.equal(first.model.classifier.weight, again.model.classifier.weight)
    assert not torch.equal(first.model.classifier.weight, other.model.classifier.weight)


def test_unexpected_weights_are_refused(copy):
    change_weights(copy, lambda w: w | {"bert.adapter.weight": torch.zeros(2)})
    with pytest.raises(ModelError, match=r"does not have: bert\.adapter\.weight"):
        load(plan_model(copy))


def test_fewer_layers_in_the_config_than_in_the_weights_are_refused(copy):
    change_config(copy, num_hidden_layers=2)
    with pytest.raises(ModelError, match=r"encoder\.layer\.2.* and \d+ more"):
        load(plan_model(copy))


@pytest.mark.parametrize(
    "name",
    [
        "bert.pooler.dense.weight",
        "cls.predictions.bias",
        "lm_predictions.lm_head.bias",
        "sop_classifier.classifier.weight",
        "decoder.bias",
    ],
)
def test_weights_that_cannot_change_the_logits_are_ignored(tiny, tmp_path, name):
    folder = shutil.copytree(tiny("bert", ANSWER), tmp_path / "model")
    change_weights(folder, lambda w: w | {name: torch.zeros(16)})
    assert load(plan_model(folder, ANSWER)).warnings == ()


@pytest.mark.parametrize("name", ["score.weight", "classifier.weight", "decoder.layer.0.weight"])
def test_weights_that_could_matter_are_not_ignored(tiny, tmp_path, name):
    folder = shutil.copytree(tiny("bert", ANSWER), tmp_path / "model")
    change_weights(folder, lambda w: w | {name: torch.zeros(16)})
    with pytest.raises(ModelError, match=f"does not have: {name}"):
        load(plan_model(folder, ANSWER))


def test_a_head_of_another_width_is_refused(copy):
    change_config(copy, id2label={str(i): str(i) for i in range(5)}, num_labels=5)
    with pytest.raises(ModelError, match="cannot be loaded"):
        load(plan_model(copy))


@pytest.mark.parametrize(
    "changes",
    [
        {"vocab_size": 90_000_000},
        {"max_position_embeddings": 900_000_000},
        {"hidden_size": 9_000_000, "num_attention_heads": 4},
        {"intermediate_size": 9_000_000},
    ],
)
def test_a_config_that_asks_for_far_more_than_there_is_takes_no_memory(copy, monkeypatch, changes):
    """The model's own class would ask for memory for all of it before it finds them missing."""
    change_config(copy, **changes)
    loader = "transformers.AutoModelForSequenceClassification.from_pretrained"
    monkeypatch.setattr(loader, lambda *_, **__: pytest.fail("the model was built"))
    with pytest.raises(ModelError, match=r"config.json asks for [0-9,]+ parameters, and the weig"):
        load(plan_model(copy))


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("config.json", {"model_type": "bert", "hidden_act": [3]}),
        ("config.json", {"model_type": 7}),
        ("config.json", {"model_type": ["bert"]}),
        ("config.json", {"model_type": "bert", "num_attention_heads": 0}),
        ("config.json", {"model_type": "bert", "id2label": 3}),
        ("tokenizer_config.json", 7),
        ("tokenizer_config.json", {"tokenizer_class": 7}),
        ("tokenizer_config.json", {"tokenizer_class": "BertTokenizer", "cls_token": "\ud83d"}),
    ],
)
def test_files_of_wrong_types_are_refused(copy, file, content):
    (copy / file).write_text(json.dumps(content))
    with pytest.raises(ModelError, match="cannot be loaded: ") as caught:
        load(plan_model(copy))
    assert caught.value.where == "audit.yaml:3:5 models[0]"


@pytest.mark.parametrize("file", ["tokenizer_config.json", "tokenizer.json"])
def test_files_that_are_nested_too_deeply_are_refused(copy, file):
    (copy / file).write_text('{"a":' * 100_000)
    with pytest.raises(ModelError, match="cannot be loaded: RecursionError"):
        load(plan_model(copy))


def test_pickles_are_refused_unless_allowed(copy):
    weights = load_file(copy / "model.safetensors")
    torch.save(weights, copy / "pytorch_model.bin")
    (copy / "model.safetensors").unlink()
    with pytest.raises(ModelError, match=r"pickled \(pytorch_model\.bin\)") as caught:
        load(plan_model(copy))
    assert "allow_pickle" in caught.value.hint
    assert load(plan_model(copy, allow_pickle=True)).info.parameters > 0


def test_no_weights_at_all(copy):
    (copy / "model.safetensors").unlink()
    with pytest.raises(ModelError, match="no weights"):
        load(plan_model(copy))


def test_damaged_weights(copy):
    (copy / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(ModelError, match="cannot be loaded"):
        load(plan_model(copy))


def test_a_folder_without_tokenizer(copy):
    for path in copy.glob("tokenizer*"):
        path.unlink()
    with pytest.raises(ModelError, match="no tokenizer") as caught:
        load(plan_model(copy))
    assert "save" in caught.value.hint


def test_a_tokenizer_without_offsets(copy, monkeypatch):
    monkeypatch.setattr("transformers.BertTokenizer.is_fast", False)
    with pytest.raises(ModelError, match="no character offsets"):
        load(plan_model(copy))


def test_a_tokenizer_of_another_model(copy):
    change_weights(
        copy, lambda w: w | {k: v[:20].clone() for k, v in w.items() if "word_embeddings" in k}
    )
    change_config(copy, vocab_size=20)
    with pytest.raises(ModelError, match="do not belong together"):
        load(plan_model(copy))


def test_a_device_that_is_not_there(tiny):
    with pytest.raises(ModelError, match="'cuda:99' cannot be used"):
        load(plan_model(tiny(), device="cuda:99"))


def test_max_length_is_the_smaller_of_the_two(tiny):
    assert load(plan_model(tiny(), max_length=32)).max_length == 32
    with pytest.raises(ModelError, match="64 positions"):
        load(plan_model(tiny(), max_length=65))


def test_no_limit_of_length_is_given_one_that_the_spec_can_raise(tiny):
    assert load(plan_model(tiny("t5"))).max_length == 512
    assert load(plan_model(tiny("t5"), max_length=2000)).max_length == 2000


def test_the_tokenizers_limit_counts_where_it_is_one(tiny, tmp_path):
    folder = shutil.copytree(tiny("t5"), tmp_path / "model")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.model_max_length = 100
    tokenizer.save_pretrained(folder)
    assert load(plan_model(folder)).max_length == 100


def test_architectures_that_cannot_be_recorded_are_refused(tmp_path, tiny):
    tokenizer = AutoTokenizer.from_pretrained(tiny())
    config = AutoConfig.for_model(
        "xlnet", vocab_size=len(tokenizer), d_model=16, n_layer=1, n_head=2, d_inner=16
    )
    AutoModelForSequenceClassification.from_config(config).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    with pytest.raises(ModelError, match="cannot be recorded"):
        load(plan_model(tmp_path))


def test_a_language_model_that_sees_what_follows_is_refused(tiny):
    with pytest.raises(ModelError, match="layer 0 of BertLMHeadModel attends ahead"):
        load(plan_model(tiny("bert", "causal-lm"), "causal-lm"))
    folder = tiny("bert", "causal-lm", is_decoder=True)
    assert load(plan_model(folder, "causal-lm")).info.architecture == "BertLMHeadModel"


def test_layers_without_attention_are_refused(tiny, monkeypatch):
    monkeypatch.setattr("transformers.models.bert.modeling_bert.BertEncoder.forward", half)
    with pytest.raises(ModelError, match=r"of 2 layers of .* recorded, it has 3"):
        load(plan_model(tiny()))


def test_a_variant_whose_heads_are_mixed_after_the_softmax_is_refused(tiny):
    folder = tiny("deberta", talking_head=True)
    with pytest.raises(ModelError, match="not what it moves its values with"):
        load(plan_model(folder))


def test_transformers_is_quiet_while_loading_and_as_before_after(tiny, capfd):
    logging.set_verbosity_warning()
    logging.enable_progress_bar()
    load(plan_model(tiny()))
    assert capfd.readouterr() == ("", "")
    assert logging.get_verbosity() == logging.WARNING
    assert logging.is_progress_bar_enabled()


def test_outputs_a_config_asks_for_do_not_get_in_the_way(copy):
    change_config(copy, output_attentions=True, output_hidden_states=True, return_dict=False)
    model = load(plan_model(copy))
    assert list(model.forward([read(model, "not bad")])) == ["logits"]


def test_token_types_are_kept_from_a_model_that_has_none(tiny, tmp_path):
    folder = shutil.copytree(tiny("distilbert"), tmp_path / "model")
    AutoTokenizer.from_pretrained(tiny("bert")).save_pretrained(folder)
    model = load(plan_model(folder))
    encoding = read(model, "not bad", "at all")
    assert encoding.types is not None
    assert "token_type_ids" not in model.batch([encoding])


@pytest.mark.parametrize("architecture", ["bert", "deberta-v2", "llama", "t5"])
@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_lower_precision(tiny, architecture, dtype):
    model = load(plan_model(tiny(architecture), dtype=dtype))
    assert model.model.dtype == getattr(torch, dtype)
    assert model.info.dtype == dtype
