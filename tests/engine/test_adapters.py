"""LoRA adapters beside a model: merged, part of what names a result, and refused with advice."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest
import torch
import yaml
from safetensors.torch import load_file, save_file
from transformers import AutoModelForSequenceClassification

import reportgen
from reportgen.plan import make_plan
from reportgen.spec.loader import load_spec
from tiny_models import save_tiny

TEXT = "the movie was great"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A tiny classifier, an adapter of it, and both merged by hand."""
    peft = pytest.importorskip("peft")
    root = tmp_path_factory.mktemp("adapted")
    save_tiny(root / "base", "bert", "sequence-classification")
    model = AutoModelForSequenceClassification.from_pretrained(root / "base")
    settings = {"r": 2, "lora_alpha": 4, "target_modules": ["query", "value"]}
    wrapped = peft.get_peft_model(model, peft.LoraConfig(task_type="SEQ_CLS", **settings))
    torch.manual_seed(3)
    with torch.no_grad():
        for name, parameter in wrapped.named_parameters():
            if "lora_" in name or "modules_to_save" in name:
                parameter.normal_(0, 0.5)
    wrapped.save_pretrained(root / "lora")
    merge_by_hand(root)
    return root


def merge_by_hand(root: Path) -> None:
    """Write W + (alpha / r) B A for each adapted weight, and the adapter's own head."""
    shutil.copytree(root / "base", root / "merged")
    weights = load_file(root / "base" / "model.safetensors")
    for name, tensor in load_file(root / "lora" / "adapter_model.safetensors").items():
        plain = name.removeprefix("base_model.model.")
        if plain.endswith("lora_A.weight"):
            above = load_file(root / "lora" / "adapter_model.safetensors")[
                name.replace("lora_A", "lora_B")
            ]
            weights[plain.replace("lora_A.weight", "weight")] += 4 / 2 * above @ tensor
        elif "lora_" not in plain:
            weights[plain] = tensor
    save_file(weights, root / "merged" / "model.safetensors", metadata={"format": "pt"})


@pytest.fixture
def work(folder, tmp_path, monkeypatch) -> Path:
    """A copy of all, in the current folder."""
    shutil.copytree(folder, tmp_path / "work")
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


def write_spec(work: Path, *models: dict) -> Path:
    spec = {
        "models": [{"id": f"m{i}", "device": "cpu", **model} for i, model in enumerate(models)],
        "inputs": [{"text": TEXT}],
        "methods": ["integrated_gradients", "attention"],
    }
    (work / "audit.yaml").write_text(yaml.safe_dump(spec, sort_keys=False))
    return work / "audit.yaml"


def change_config(work: Path, **changes: object) -> None:
    path = work / "lora" / "adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


ADAPTED = {"path": "./base", "adapter": "./lora"}


def test_an_adapter_gives_what_merging_by_hand_gives(command, work, recwarn):
    spec = write_spec(work, ADAPTED, {"path": "./merged"}, {"path": "./base"})
    assert command("build", spec, "--out", work / "out")[::2] == (0, "")
    assert [str(one.message) for one in recwarn if one.category is FutureWarning] == []
    results = reportgen.load(work / "out")
    words = results.words().query("method == 'integrated_gradients'")
    words = words.set_index(["model", "word"])["score"]
    predictions = results.predictions().set_index("model")
    for word in TEXT.split():
        assert words["m0", word] == pytest.approx(words["m1", word], rel=1e-3, abs=1e-5)
    p = predictions["probability"]
    assert p["m0"] == pytest.approx(p["m1"], rel=1e-5)
    assert abs(p["m0"] - p["m2"]) > 1e-3 or predictions["label"]["m0"] != predictions["label"]["m2"]
    assert "./base with ./lora" in (work / "out" / "report.html").read_text(encoding="utf-8")


def test_an_adapter_brings_the_head_that_its_model_lacks(command, work):
    """An adapter is trained beside a model of another task, and is of its own."""
    weights = load_file(work / "base" / "model.safetensors")
    headless = {name: w for name, w in weights.items() if not name.startswith("classifier")}
    save_file(headless, work / "base" / "model.safetensors", metadata={"format": "pt"})
    config = json.loads((work / "base" / "config.json").read_text())
    (work / "base" / "config.json").write_text(
        json.dumps(config | {"architectures": ["BertForMaskedLM"]})
    )
    spec = write_spec(work, ADAPTED, {"path": "./merged"})
    assert command("build", spec, "--out", work / "out")[::2] == (0, "")
    p = reportgen.load(work / "out").predictions()["probability"]
    assert p[0] == pytest.approx(p[1], rel=1e-5)


def test_a_result_is_named_by_the_adapter_too(work):
    def job() -> str:
        return make_plan(load_spec(write_spec(work, ADAPTED))).jobs[0].id

    first = job()
    assert job() == first
    change_config(work, lora_alpha=8)
    second = job()
    weights = load_file(work / "lora" / "adapter_model.safetensors")
    name = next(iter(weights))
    save_file(weights | {name: weights[name] + 1}, work / "lora" / "adapter_model.safetensors")
    alone = make_plan(load_spec(write_spec(work, {"path": "./base"}))).jobs[0].id
    assert len({first, second, job(), alone}) == 4


MODEL = "audit.yaml:2:3 models[0]: "


def refused(command, work: Path, *models: dict, words: str = "validate") -> str:
    out = ("--out", "out") if words == "build" else ()
    write_spec(work, *models)
    code, _, errors = command(words, "audit.yaml", *out)
    assert code == 1
    return errors


def test_an_adapter_alone_says_what_is_missing(command, work):
    change_config(work, base_model_name_or_path="org/film-model")
    assert refused(command, work, {"path": "./lora"}) == (
        "error: audit.yaml:4:9 models[0].path: ./lora: an adapter (adapter_config.json), which is "
        "no model by itself\n"
        "  name the model it was trained on ('org/film-model') as path:, and this folder beside it "
        "as adapter: ./lora\n"
    )


def test_an_adapter_that_is_not_there(command, work):
    errors = refused(command, work, {"path": "./base", "adapter": "./lorra"})
    assert errors == (
        "error: audit.yaml:5:12 models[0].adapter: ./lorra: there is no such folder\n"
        "  an adapter is a local folder, looked for relative to the spec\n"
    )
    errors = refused(command, work, {"path": "./base", "adapter": "./merged"})
    assert errors == (
        "error: audit.yaml:5:12 models[0].adapter: ./merged: there is no adapter_config.json\n"
        "  an adapter is what save_pretrained() of PEFT writes\n"
    )


def test_a_pickled_adapter_is_never_loaded(command, work):
    (work / "lora" / "adapter_model.safetensors").rename(work / "lora" / "adapter_model.bin")
    errors = refused(command, work, ADAPTED | {"allow_pickle": True})
    assert errors == (
        "error: audit.yaml:5:12 models[0].adapter: ./lora: the adapter is a pickle file "
        "(adapter_model.bin), which can run code when loaded\n"
        "  save it as safetensors: save_pretrained(folder, safe_serialization=True)\n"
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"peft_type": "PROMPT_TUNING"}, "expected peft_type 'LORA', found 'PROMPT_TUNING'"),
        ({"target_modules": "(a+)+$"}, "expected a list of module names for target_modules, found"),
        ({"target_modules": ["(a+)+$"]}, "expected a list of module names for target_modules"),
        ({"rank_pattern": {"(a+)+$": 2}}, "expected module names as keys of rank_pattern"),
        ({"r": 10**9}, "expected a rank of 1 to 4,096, found the number 1000000000"),
        ({"megatron_config": {"a": 1}}, "sets 'megatron_config', which is not merged here"),
        ({"bias": "all"}, "sets 'bias', which is not merged here"),
    ],
)
def test_an_adapter_that_cannot_be_merged_is_refused_before_anything_runs(
    command, work, changes, message
):
    change_config(work, **changes)
    assert message in refused(command, work, ADAPTED)


def test_an_adapter_of_another_model_fails_with_what_does_not_fit(command, work):
    weights = load_file(work / "lora" / "adapter_model.safetensors")
    other = {name.replace("layer.0", "layer.9"): tensor for name, tensor in weights.items()}
    save_file(other, work / "lora" / "adapter_model.safetensors")
    errors = refused(command, work, ADAPTED, words="build")
    assert "the adapter and the model do not belong together: base_model.model" in errors
    assert "name the model that the adapter was trained on as path:" in errors


def test_without_the_package_it_is_named(command, work, monkeypatch):
    monkeypatch.setitem(sys.modules, "peft", None)
    errors = refused(command, work, ADAPTED, words="build")
    assert errors == (
        f"error: {MODEL}an adapter needs the package peft, which is not installed\n"
        "  pip install 'reportgen[peft]'\n"
    )
