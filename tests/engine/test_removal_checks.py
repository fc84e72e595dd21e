"""Checks of what words decide, through the commands: built, judged, and built again."""

from __future__ import annotations

import json

import yaml

import reportgen
from tiny_models import save_tiny

TEXT = "the movie was not bad"
METHODS = ["integrated_gradients", "attention", "faithfulness"]


def write(folder, checks, **changes) -> str:
    spec = {
        "models": [{"id": "tiny", "path": "./tiny", "device": "cpu"}],
        "inputs": [{"text": TEXT}, {"text": "i enjoyed it"}],
        "methods": METHODS,
        "checks": checks,
    }
    (folder / "audit.yaml").write_text(yaml.safe_dump(spec | changes))
    return str(folder / "audit.yaml")


def test_words_of_checks_are_removed_and_judged(command, tmp_path, capsys):
    save_tiny(tmp_path / "tiny", "bert", "sequence-classification")
    capsys.readouterr()  # what saving the model printed
    out = tmp_path / "out"
    without = {"words": ["Not", "bad", "zebra"]}
    checks = [
        {"flips_without": without},
        {"stable_without": without},
        {"faithfulness": {"min": 0, "method": "attention"}},
    ]
    assert command("build", write(tmp_path, checks), "--out", out)[0] == 0
    run = reportgen.load(out)
    asked = run.removals().query("kind == 'asked'")
    assert list(asked["input"]) == [0]
    assert list(asked["words"]) == [["not", "bad"]]
    command("check", out, "--json", tmp_path / "checks.json")
    found = json.loads((tmp_path / "checks.json").read_text())["outcomes"]
    label = run.predictions().iloc[0]["label"]
    turned = list(asked["label"]) != [label]
    flips, stays = (
        [one["status"] for one in found if one["check"] == name and one["inputs"] == [0]]
        for name in ("flips_without", "stable_without")
    )
    assert (flips, stays) == ((["passed"], ["failed"]) if turned else (["failed"], ["passed"]))
    skipped = [one["note"] for one in found if one["inputs"] == [1] and "words" in one["note"]]
    assert skipped == ["none of these words is in the text: Not, bad, zebra"] * 2
    shown = run.faithfulness().query("method == 'attention' and operator == 'mask'")
    judged = [one["found"] for one in found if one["check"] == "faithfulness"]
    assert judged == list(shown["normalized_comprehensiveness"])


def test_only_inputs_that_have_the_words_are_computed_again(command, tmp_path, capsys):
    save_tiny(tmp_path / "tiny", "bert", "sequence-classification")
    capsys.readouterr()
    out = tmp_path / "out"
    assert command("build", write(tmp_path, []), "--out", out)[0] == 0
    before = [entry.id for entry, _ in reportgen.load(out).entries]
    spec = write(tmp_path, [{"stable_without": {"words": ["not"], "severity": "warn"}}])
    assert command("build", spec, "--out", out)[0] == 0
    after = [entry.id for entry, _ in reportgen.load(out).entries]
    assert [one == other for one, other in zip(before, after, strict=True)] == [False, True]
