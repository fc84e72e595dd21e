"""Quantised checkpoints: the package they need is named, and so is what they cannot give."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import reportgen
from reportgen.engine.methods.vector_norms import VectorNorms
from reportgen.engine.models import quantised
from tiny_models import save_tiny

ROOT = Path(__file__).parents[2]
KIND = {"quant_method": "torchao", "quant_type": {"default": {"granularity": {"dim": -1}}}}
METHODS = ["integrated_gradients", "layer_conductance", "attention", "vector_norms", "alti"]

SAVE = """
import sys
import torch
from torchao.quantization import Int8WeightOnlyConfig
from transformers import AutoModelForSequenceClassification, TorchAoConfig

plain, folder = sys.argv[1:]
config = TorchAoConfig(Int8WeightOnlyConfig(version=2))
model = AutoModelForSequenceClassification.from_pretrained(
    plain, dtype=torch.float32, quantization_config=config
)
model.save_pretrained(folder)
"""


@pytest.fixture
def work(tmp_path, monkeypatch, capsys) -> Path:
    """A folder with a tiny classifier, and a spec that asks for it."""
    save_tiny(tmp_path / "model", "bert", "sequence-classification")
    capsys.readouterr()
    write_spec(tmp_path, "./model")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write_spec(folder: Path, *paths: str) -> None:
    spec = {
        "models": [{"id": path[2:], "path": path, "device": "cpu"} for path in paths],
        "inputs": [{"text": "the movie was great"}],
        "methods": METHODS,
    }
    (folder / "audit.yaml").write_text(yaml.safe_dump(spec, sort_keys=False))


def test_the_package_that_is_missing_is_named(command, work, monkeypatch):
    path = work / "model" / "config.json"
    config = json.loads(path.read_text())
    path.write_text(json.dumps(config | {"quantization_config": KIND}))
    monkeypatch.setitem(quantised.MODULES, "torchao", "no_such_module")
    code, _, errors = command("build", "audit.yaml", "--out", "out")
    assert (code, errors) == (
        1,
        "error: audit.yaml:2:3 models[0]: the weights are quantised (torchao), and the package "
        "torchao, which reads them, is not installed\n"
        "  pip install torchao; or name the model that it was made of\n",
    )


def test_what_the_weights_cannot_give_is_no_failure(command, work, monkeypatch):
    def explain(self, context):
        raise NotImplementedError("Int8Tensor dispatch: attempting to run aten.permute")

    monkeypatch.setattr(VectorNorms, "explain", explain)
    assert command("build", "audit.yaml", "--out", "out")[0] == 1  # of a model that is not
    monkeypatch.setattr(quantised, "quantisation", lambda config: "torchao")
    monkeypatch.setitem(quantised.MODULES, "torchao", "json")
    assert command("build", "audit.yaml", "--out", "out")[::2] == (0, "")
    ((_, result),) = reportgen.load(work / "out").entries
    assert result.failed == {}
    assert result.skipped == {
        "vector_norms": "It needs what quantised weights (torchao) do not give, their numbers or "
        "gradients."
    }


@pytest.mark.skipif(not importlib.util.find_spec("torchao"), reason="torchao is not installed")
def test_int8_weights_of_torchao_are_explained(work):
    """In processes of their own: torchao writes to the error output when it is imported."""

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        env = os.environ | {"PYTHONPATH": path}
        command = [sys.executable, *words]
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=300)

    done = run("-c", SAVE, "model", "int8")
    assert done.returncode == 0, done.stderr
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (work / "int8" / name).write_bytes((work / "model" / name).read_bytes())
    write_spec(work, "./model", "./int8")
    done = run("-m", "reportgen", "build", "audit.yaml", "--out", "out")
    assert done.returncode == 0, done.stderr
    results = reportgen.load(work / "out")
    plain, int8 = (result for _, result in results.entries)
    assert int8.prediction.probability == pytest.approx(plain.prediction.probability, abs=0.05)
    assert int8.prediction.probability != plain.prediction.probability
    assert all(row.converged for row in int8.convergence)
    assert int8.skipped.keys() == {"vector_norms", "alti"}
    assert plain.skipped == plain.failed == int8.failed == {}
    assert "The weights are quantised (torchao): explained is what the model says" in " ".join(
        int8.warnings
    )
