"""A multi-label model of which several labels are expected, as a list, through the command."""

from __future__ import annotations

import yaml

import reportgen
from tiny_models import save_tiny

LABELS = {0: "sad", 1: "joy", 2: "fear"}


def test_several_expected_labels_are_judged_and_explained(command, tmp_path, capsys):
    names = {"id2label": LABELS, "label2id": {label: i for i, label in LABELS.items()}}
    problem = {"problem_type": "multi_label_classification"}
    save_tiny(tmp_path / "tones", "bert", "sequence-classification", **names, **problem)
    spec = {
        "models": [{"id": "tones", "path": "./tones", "device": "cpu"}],
        "inputs": [{"text": "not bad at all", "expect": ["fear", "joy"]}],
        "methods": [{"integrated_gradients": {"target": "expected"}}],
    }
    (tmp_path / "audit.yaml").write_text(yaml.safe_dump(spec))
    capsys.readouterr()  # what saving the model printed
    assert command("build", tmp_path / "audit.yaml", "--out", tmp_path / "out")[::2] == (0, "")
    ((_, result),) = reportgen.load(tmp_path / "out").entries
    assert [target.name for target in result.targets] == ["fear", "joy"]
    assert result.prediction.expected == "fear, joy"
    assert result.prediction.correct == (set(result.prediction.labels) == {"fear", "joy"})
