"""What a model's folder must hold, and what is said where it does not."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import huggingface_hub
import numpy as np
import pytest
from huggingface_hub import constants
from huggingface_hub.errors import (
    GatedRepoError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from safetensors.numpy import save_file

from reportgen.errors import ModelError, SpecError
from reportgen.spec.checkpoint import Checkpoint, find_checkpoint, hash_files
from reportgen.spec.models import ModelSpec

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def write_model(
    folder: Path, architecture: str = "BertForSequenceClassification", **config
) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps({"architectures": [architecture], **config}))
    (folder / "tokenizer.json").write_text("{}")
    (folder / "tokenizer_config.json").write_text("{}")
    save_file({"weight": np.ones(3, np.float32)}, folder / "model.safetensors")
    return folder


def find(folder: Path, **settings) -> Checkpoint:
    spec = ModelSpec(id="v1", path=settings.pop("path", "./model"), **settings)
    return find_checkpoint(spec, folder, "audit.yaml:3:5 models[0]")


def problems(folder: Path, **settings) -> list[str]:
    with pytest.raises(SpecError) as caught:
        find(folder, **settings)
    assert all(type(problem) is ModelError for problem in caught.value.problems)
    assert all(problem.where == "audit.yaml:3:5 models[0]" for problem in caught.value.problems)
    return [
        f"{problem.message} | {problem.hint}".removesuffix(" | ")
        for problem in caught.value.problems
    ]


@pytest.fixture
def model(tmp_path):
    return write_model(tmp_path / "model")


@pytest.mark.parametrize(
    ("architecture", "task"),
    [
        ("DistilBertForSequenceClassification", "sequence-classification"),
        ("ElectraForQuestionAnswering", "question-answering"),
        ("DebertaV2ForTokenClassification", "token-classification"),
        ("ModernBertForMaskedLM", "masked-lm"),
        ("Qwen3ForCausalLM", "causal-lm"),
        ("GPT2LMHeadModel", "causal-lm"),
        ("OpenAIGPTLMHeadModel", "causal-lm"),
        ("MarianMTModel", "seq2seq-lm"),
    ],
)
def test_the_task_is_told_from_the_architecture(tmp_path, architecture, task):
    write_model(tmp_path / "model", architecture, is_encoder_decoder=task == "seq2seq-lm")
    assert find(tmp_path).task == task


def test_text_to_text_models_are_told_from_those_that_see_or_hear(tmp_path):
    name = "BartForConditionalGeneration"
    write_model(tmp_path / "model", name, is_encoder_decoder=True)
    assert find(tmp_path).task == "seq2seq-lm"
    for other in (
        {},
        {"is_encoder_decoder": True, "num_mel_bins": 80},
        {"is_encoder_decoder": True, "vision_config": {"hidden_size": 8}},
    ):
        write_model(tmp_path / "model", name, **other)
        assert problems(tmp_path)[0].startswith("./model: no supported task can be told")


@pytest.mark.parametrize("architecture", ["ElectraForPreTraining", "XLMWithLMHeadModel"])
def test_an_architecture_that_tells_no_task_is_named(tmp_path, architecture):
    write_model(tmp_path / "model", architecture)
    (problem,) = problems(tmp_path)
    assert f"its architecture is {architecture} | supported tasks: " in problem
    assert find(tmp_path, task="masked-lm").task == "masked-lm"


@pytest.mark.parametrize("architecture", ["BertModel", "MPNetModel", "SentenceTransformer"])
def test_a_sentence_encoder_is_refused_in_one_line(tmp_path, architecture):
    folder = write_model(tmp_path / "model", architecture)
    (folder / "modules.json").write_text("[]")
    assert problems(tmp_path) == [
        f"./model: {architecture} has no head for a task: embeddings are not explained | "
        "give a model that was fine-tuned for one; set task: only if it has that head"
    ]
    assert find(tmp_path, task="sequence-classification").task == "sequence-classification"


def test_the_first_architecture_that_tells_a_task_counts(tmp_path):
    folder = write_model(tmp_path / "model")
    names = ["BertForPreTraining", "BertForMaskedLM", "BertForQuestionAnswering"]
    (folder / "config.json").write_text(json.dumps({"architectures": names}))
    assert find(tmp_path).task == "masked-lm"


def test_a_given_task_is_not_doubted(tmp_path):
    write_model(tmp_path / "model", "BertForMaskedLM")
    assert find(tmp_path, task="question-answering").task == "question-answering"


def test_the_files_that_decide_are_found(model, tmp_path):
    (model / "merges.txt").write_text("")
    (model / "README.md").write_text("")
    (model / "modeling.py").write_text("")
    (model / "pytorch_model.bin").write_text("")
    checkpoint = find(tmp_path)
    assert checkpoint.folder == tmp_path / "model"
    assert checkpoint.revision is None
    assert [file.name for file in checkpoint.weights] == ["model.safetensors"]
    names = ["config.json", "tokenizer.json", "merges.txt", "tokenizer_config.json"]
    assert [file.name for file in checkpoint.others] == names
    trusted = find(tmp_path, trust_remote_code=True)
    assert [file.name for file in trusted.others] == [*names, "modeling.py"]


def test_shards_are_those_the_index_names(model, tmp_path):
    (model / "model.safetensors").rename(model / "model-2.safetensors")
    (model / "model-1.safetensors").write_bytes(b"")
    (model / "model-3.safetensors").write_bytes(b"")
    index = {"weight_map": {"b": "model-2.safetensors", "a": "model-1.safetensors"}}
    (model / "model.safetensors.index.json").write_text(json.dumps(index))
    names = [file.name for file in find(tmp_path).weights]
    assert names == ["model-1.safetensors", "model-2.safetensors"]
    (model / "model-1.safetensors").unlink()
    assert problems(tmp_path) == [
        "./model: weight files are missing: model-1.safetensors | "
        "model.safetensors.index.json names them; copy or download the folder again"
    ]
    (model / "model.safetensors.index.json").write_text("{}")
    assert problems(tmp_path) == ["./model: model.safetensors.index.json names no weight files"]


def test_pickles_are_read_only_when_allowed(model, tmp_path):
    (model / "model.safetensors").rename(model / "pytorch_model.bin")
    assert problems(tmp_path) == [
        "./model: the weights are a pickle file (pytorch_model.bin), which can run code when "
        "loaded | save them as safetensors, or set allow_pickle: true if you trust their origin"
    ]
    allowed = find(tmp_path, allow_pickle=True)
    assert [file.name for file in allowed.weights] == ["pytorch_model.bin"]


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ("{", "./model: config.json cannot be read: Expecting property name"),
        ("[]", "./model: config.json does not hold a JSON object"),
        ("[" * 100_000, "./model: config.json is nested too deeply"),
        ('{"a":' * 100_000, "./model: config.json is nested too deeply"),
        (
            '{"architectures": 7}',
            "./model: no supported task can be told from config.json: it names none | ",
        ),
        (
            '{"architectures": ["BertForMaskedLM"], "id2label": {"0": "\\ud83d"}}',
            "./model: config.json holds half a character (a lone surrogate)",
        ),
        (
            "{}",
            "./model: no supported task can be told from config.json: it names none | supported "
            "tasks: sequence-classification, question-answering, token-classification, masked-lm, "
            "causal-lm, seq2seq-lm; set task: if it is one of them",
        ),
        (
            '{"architectures": ["BertForPreTraining"]}',
            "./model: no supported task can be told from config.json: its architecture is "
            "BertForPreTraining | supported tasks: ",
        ),
    ],
)
def test_a_bad_config_is_explained(model, tmp_path, config, expected):
    (model / "config.json").write_text(config)
    (problem,) = problems(tmp_path)
    assert problem.startswith(expected)


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("num_hidden_layers", "x", "expected a whole number of at least 0 for num_hidden_layers"),
        ("num_hidden_layers", -1, "expected a whole number of at least 0 for num_hidden_layers"),
        ("n_layer", 2.5, "expected a whole number of at least 0 for n_layer, found the number 2.5"),
        ("num_hidden_layers", 10**7, "asks for 10,000,000 layers (num_hidden_layers); more than"),
        ("decoder_layers", 10**40, "asks for very many layers (decoder_layers); more than 1,000"),
        ("num_attention_heads", 10**6, "asks for 1,000,000 heads (num_attention_heads); more than"),
        ("num_local_experts", 10**6, "asks for 1,000,000 experts (num_local_experts); more than"),
        ("hidden_size", 10**9, "asks for 1,000,000,000 dimensions (hidden_size); more than"),
        ("intermediate_size", 10**9, "asks for 1,000,000,000 dimensions (intermediate_size)"),
        ("vocab_size", 10**9, "asks for 1,000,000,000 tokens (vocab_size); more than"),
        ("n_positions", 10**10, "asks for 10,000,000,000 positions (n_positions); more than"),
        ("num_labels", 10**9, "asks for 1,000,000,000 labels (num_labels); more than 100,000"),
        ("text_config", {"num_layers": 10**7}, "asks for 10,000,000 layers (num_layers)"),
    ],
)
def test_a_dimension_that_no_model_has_is_refused(tmp_path, key, value, expected):
    write_model(tmp_path / "model", **{key: value})
    (problem,) = problems(tmp_path)
    assert re.sub("^./model: config.json:? ", "", problem).startswith(expected)


def test_dimensions_as_configs_write_them_are_fine(tmp_path):
    config = {
        "num_hidden_layers": 126,
        "max_position_embeddings": 10_485_760,
        "vocab_size": 262_144,
        "n_inner": None,
        "intermediate_size": [8192, 8192],
        "attention_layers": ["global", "local"],
        "tie_layers": True,
        "id2label": {"0": "good"},
    }
    write_model(tmp_path / "model", **config)
    assert find(tmp_path).config == {"architectures": ["BertForSequenceClassification"], **config}


def test_json_files_that_are_too_large_or_no_files_are_not_read(model, tmp_path):
    (model / "config.json").unlink()
    with (model / "config.json").open("wb") as file:
        file.truncate(10**12)
    assert problems(tmp_path) == [
        "./model: config.json has 1,000,000,000,000 bytes; at most 20,000,000 are read"
    ]
    (model / "config.json").unlink()
    os.mkfifo(model / "config.json")
    assert problems(tmp_path) == ["./model: config.json is a pipe, not a file"]


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "..", ""])
def test_shards_are_files_of_the_folder(model, tmp_path, name):
    (model / "model.safetensors").unlink()
    index = {"weight_map": {"a": name}}
    (model / "model.safetensors.index.json").write_text(json.dumps(index))
    assert problems(tmp_path) == [
        f"./model: model.safetensors.index.json names {name!r}, which is no file of the folder | "
        "its weights lie beside it; copy or download the folder again"
    ]


def test_nobodys_home_is_no_folder(tmp_path):
    assert problems(tmp_path, path="~no-such-user/model") == [
        "there is no home folder '~no-such-user' | "
        "write the whole path, or ./~name where the name itself starts with '~'"
    ]


def test_all_that_a_folder_lacks_is_reported_together(tmp_path):
    (tmp_path / "model").mkdir()
    assert problems(tmp_path) == [
        "./model: there is no config.json | a model folder is what save_pretrained() writes",
        "./model: there are no weights: no model.safetensors | "
        "only safetensors are read, unless allow_pickle: true is set",
        "./model: there is no tokenizer: none of tokenizer.json, vocab.txt, vocab.json, "
        "spiece.model, sentencepiece.bpe.model, sentencepiece.model, tokenizer.model | "
        "save it beside the model: tokenizer.save_pretrained(folder)",
    ]


def test_a_folder_that_went_away_is_reported(tmp_path):
    assert problems(tmp_path) == ["no such folder: ./model"]


def test_a_hash_depends_on_names_and_contents_but_not_on_order_or_folder(tmp_path):
    hashes = []
    for folder, files in (
        ("a", {"x": b"12", "y": b"3"}),
        ("b", {"y": b"3", "x": b"12"}),
        ("c", {"x": b"1", "y": b"23"}),
        ("d", {"x": b"12", "z": b"3"}),
        ("e", {"x": b"12"}),
    ):
        (tmp_path / folder).mkdir()
        for name, content in files.items():
            (tmp_path / folder / name).write_bytes(content)
        hashes.append(hash_files(tuple(tmp_path / folder / name for name in files)))
    assert hashes[0] == hashes[1]
    assert len(set(hashes)) == 4
    assert all(len(digest) == 64 for digest in hashes)


def test_a_hub_id_is_taken_from_the_cache(tmp_path, monkeypatch):
    cache = tmp_path / "hub" / "models--org--name"
    write_model(cache / "snapshots" / COMMIT)
    (cache / "refs").mkdir()
    (cache / "refs" / "main").write_text(COMMIT)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    for revision in (None, "main", COMMIT):
        checkpoint = find(tmp_path, path="org/name", revision=revision)
        assert checkpoint.folder == cache / "snapshots" / COMMIT
        assert checkpoint.revision == COMMIT
    assert problems(tmp_path, path="org/other", revision="v2") == [
        "org/other@v2: it is not in the local cache and the Hub cannot be reached | "
        "connect and run again (HF_HUB_OFFLINE unset), or give a local folder as ./folder"
    ]


@pytest.fixture
def downloads(monkeypatch, tmp_path):
    """Stand in for the Hub's download; return what it was asked for."""
    asked = []

    def download(repo_id, *, revision, allow_patterns):
        asked.append((repo_id, revision, allow_patterns))
        return str(write_model(tmp_path / COMMIT))

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    return asked


def test_only_the_files_that_may_be_read_are_downloaded(downloads, tmp_path):
    find(tmp_path, path="org/name", revision="v1")
    find(tmp_path, path="org/name", allow_pickle=True, trust_remote_code=True)
    (first_name, first_revision, first), (_, _, second) = downloads
    assert (first_name, first_revision) == ("org/name", "v1")
    assert {"config.json", "tokenizer.json", "model-*.safetensors"} <= set(first)
    assert set(second) - set(first) == {
        "pytorch_model.bin",
        "pytorch_model-*.bin",
        "pytorch_model.bin.index.json",
        "*.py",
    }


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (LocalEntryNotFoundError("gone"), "org/name: it is not in the local cache and the Hub"),
        (OSError("disk full"), "org/name: the download failed: disk full | run again"),
        # Made without their __init__, which wants the server's whole response.
        (RepositoryNotFoundError.__new__(RepositoryNotFoundError), "org/name: there is no such"),
        (RevisionNotFoundError.__new__(RevisionNotFoundError), "org/name: the Hub has no such rev"),
        (GatedRepoError.__new__(GatedRepoError), "org/name: the model is gated | ask for"),
    ],
)
def test_a_failed_download_is_explained(monkeypatch, tmp_path, error, expected):
    def download(*arguments, **settings):
        raise error

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    (problem,) = problems(tmp_path, path="org/name")
    assert problem.startswith(expected)


def test_a_name_the_hub_does_not_allow_is_explained(tmp_path):
    (problem,) = problems(tmp_path, path="org/na me")
    assert problem.startswith("org/na me: not a Hub id: Repo id must use alphanumeric chars")
