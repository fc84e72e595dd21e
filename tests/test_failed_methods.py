"""One method fails and the others are there: what a build says, shows, judges and tries again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

import reportgen
from test_method_plugins import DESCRIPTION, ROOT, install
from test_method_plugins import command as run_command
from tiny_models import save_tiny

PROMPT = "the movie was great , i"
OVERFLOW = (
    "gradients overflow near the baseline zero "
    "(RMSNorm divides by the size of a vector that is zero there)"
)


@pytest.fixture(scope="module")
def llama(tmp_path_factory) -> Path:
    """A deep random Llama whose tokenizer has no padding and adds no token of its own."""
    folder = tmp_path_factory.mktemp("models") / "llama"
    changes = {"num_hidden_layers": 16, "attention_bias": False}
    save_tiny(folder, "llama", "causal-lm", **changes)
    path = folder / "tokenizer.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"post_processor": None}))
    return folder


def write_spec(folder: Path, model: Path, *methods: object, **changes: object) -> Path:
    spec = {
        "models": [{"id": "tiny", "path": str(model), "device": "cpu"}],
        "inputs": [{"prompt": PROMPT}, {"prompt": "not bad at all"}],
        "methods": list(methods),
        **changes,
    }
    path = folder / "audit.yaml"
    path.write_text(yaml.safe_dump(spec, sort_keys=False))
    return path


def test_a_baseline_that_overflows_costs_only_the_methods_of_its_path(command, llama, tmp_path):
    gradients = {"integrated_gradients": {"baseline": "zero", "keep_first": False}}
    checks = [{"top_words": {"k": 1, "contain": ["great"]}}, {"probability": {"min": 0}}]
    spec = write_spec(tmp_path, llama, gradients, "attention", "vector_norms", checks=checks)
    out = tmp_path / "audit"
    code, printed, errors = command("build", spec, "--out", out)
    assert code == 1
    assert errors == (
        f"error: audit.yaml:6:3 inputs[0]: integrated gradients could not be computed: {OVERFLOW} "
        "(and for 1 more input)\n"
        "  try baseline: mean, or baseline: {text: ...}\n"
    )
    assert "2 inputs could not be explained by every method" in printed
    results = reportgen.load(out)
    assert results.matrix("tiny", 0, "attention").shape[0] == 16
    assert list(results.jobs()["status"]) == ["done", "done"]
    assert list(results.jobs()["error"]) == [f"integrated_gradients: {OVERFLOW}"] * 2
    page = (out / "report.html").read_text(encoding="utf-8")
    said = f"Not computed here: integrated gradients: {OVERFLOW}; try baseline: mean, or"
    assert said in page
    assert "a method failed" in page
    code, printed, _ = command("digest", out)
    assert "2 inputs could not be explained by every method." in printed
    code, printed, _ = command("check", out, "--junit", tmp_path / "junit.xml")
    assert code == 2
    junit = (tmp_path / "junit.xml").read_text(encoding="utf-8")
    assert junit.count("<error ") == 2
    assert f"integrated gradients could not be computed: {OVERFLOW}" in junit


def test_what_failed_is_tried_again_by_the_next_build(command, llama, tmp_path, monkeypatch):
    from reportgen.engine.methods.vector_norms import VectorNorms

    def explain(self, context):
        raise MemoryError

    spec = write_spec(tmp_path, llama, "attention", "vector_norms")
    with monkeypatch.context() as patched:
        patched.setattr(VectorNorms, "explain", explain)
        code, _, errors = command("build", spec, "--out", tmp_path / "audit")
    assert code == 1
    assert errors.startswith(
        "error: audit.yaml:6:3 inputs[0]: vector norms could not be computed: "
        "there is not enough memory to explain this input (and for 1 more input)\n"
    )
    assert command("build", spec, "--out", tmp_path / "audit")[::2] == (0, "")
    assert command("build", spec, "--out", tmp_path / "audit")[::2] == (0, "")
    failed = [result.failed for _, result in reportgen.load(tmp_path / "audit").entries]
    assert failed == [{}, {}]


def test_auto_starts_from_the_mean_where_zero_overflows(command, llama, tmp_path):
    spec = write_spec(tmp_path, llama, "integrated_gradients")
    assert command("build", spec, "--out", tmp_path / "audit")[::2] == (0, "")
    results = reportgen.load(tmp_path / "audit")
    assert results.convergence()["converged"].all()
    for _, result in results.entries:
        assert result.settings["integrated_gradients"]["baseline"] == "mean"
    page = (tmp_path / "audit" / "report.html").read_text(encoding="utf-8")
    assert "every word vector set to the mean of the word embeddings" in page


def test_a_method_of_a_package_that_raises_leaves_the_others(tmp_path):
    (tmp_path / "token_length.py").write_text(DESCRIPTION, encoding="utf-8")
    (tmp_path / "token_length_engine.py").write_text(
        "from reportgen.engine.methods import MethodImplementation\n\n\n"
        "class TokenLength(MethodImplementation):\n"
        "    name = 'token_length'\n\n"
        "    def explain(self, context):\n"
        "        return {}['length']\n"
    )
    install(tmp_path, "token_length:METHOD")
    spec = write_spec(
        tmp_path,
        ROOT / "examples" / "models" / "sentiment",
        {"integrated_gradients": {"steps": 4}},
        "token_length",
        inputs=[{"text": "A tremendously funny film."}],
    )
    done = run_command(tmp_path, "build", spec, "--out", tmp_path / "out")
    assert done.returncode == 1
    assert done.stderr == (
        "error: audit.yaml:6:3 inputs[0]: token length could not be computed: KeyError: 'length'\n"
    )
    results = reportgen.load(tmp_path / "out")
    assert set(results.words()["method"]) == {"integrated_gradients"}
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "Not computed here: token length: KeyError: &#39;length&#39;." in page
