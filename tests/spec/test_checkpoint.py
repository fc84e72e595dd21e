"""What a model's folder must hold, and what is said where it does not."""

from __future__ import annotations

import json
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
