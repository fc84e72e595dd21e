"""Results of other formats: those of an earlier version are read, those of a later are refused.

``tests/formats/N`` holds a run that a version with format N wrote.
"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from safetensors import safe_open
from safetensors.numpy import save_file

import reportgen
from reportgen.errors import ResultsError
from reportgen.results.checks.evaluation import evaluate_checks
from reportgen.results.compare.runs import compare
from reportgen.results.model import FORMAT
from reportgen.results.store import Store

KEPT = Path(__file__).parent.parent / "formats"
OLD = sorted(KEPT.iterdir())


def newer(folder: Path) -> Path:
    """Return a copy of the newest kept run as a later version might have written it."""
    shutil.copytree(OLD[-1], folder)
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    for file in folder.glob("*.safetensors"):
        with safe_open(file, framework="numpy") as stored:
            header = json.loads(stored.metadata()["reportgen"])
            arrays = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
        header |= {"format": FORMAT + 1, "a field from later": 1}
        save_file(arrays, file, metadata={"reportgen": json.dumps(header)})
    path.write_text(json.dumps(manifest | {"format": FORMAT + 1, "a field from later": 1}))
    return folder


def test_every_earlier_format_and_this_one_is_kept():
    assert [int(folder.name) for folder in OLD] == list(range(2, FORMAT + 1))
    for folder in OLD:
        assert json.loads((folder / "manifest.json").read_text())["format"] == int(folder.name)


def header(file: Path) -> dict:
    with safe_open(file, framework="numpy") as stored:
        return json.loads(stored.metadata()["reportgen"])


def test_a_result_that_is_read_is_written_with_the_same_names(tmp_path):
    """Whatever its fields are called in Python: a name in a file is part of its format."""
    (file,) = OLD[-1].glob("*.safetensors")
    result = Store(OLD[-1]).read_header(file.stem)
    assert result.self_tests == header(file)["checks"]
    Store(tmp_path).write(result, {})
    assert header(tmp_path / file.name) == header(file)


@pytest.mark.parametrize("folder", OLD, ids=lambda folder: folder.name)
def test_earlier_results_are_read_rendered_judged_and_compared(folder, tmp_path):
    results = reportgen.load(folder)
    assert list(results.predictions()["label"]) == ["POSITIVE"]
    scores = results.words().query("method == 'integrated_gradients'")
    assert list(scores["word"]) == ["A", "warm", "and", "funny", "film", "."]
    content = results.tokens().query("method == 'integrated_gradients' and start == start")
    assert scores["score"].sum() == pytest.approx(content["score"].sum())
    assert "funny" in reportgen.render(results, tmp_path).path.read_text(encoding="utf-8")
    assert evaluate_checks(results) == ()
    for other in OLD:
        (model,) = compare(reportgen.load(other), results).models
        assert [change.changed for change in model.changes] == [False]


def test_a_later_run_is_refused_with_what_to_do(tmp_path):
    folder = newer(tmp_path / "later")
    with pytest.raises(ResultsError, match=f"format {FORMAT + 1} is not known") as caught:
        reportgen.load(folder)
    assert "upgrade reportgen" in caught.value.hint


def test_a_later_result_in_a_run_of_this_version_is_refused(tmp_path):
    folder = newer(tmp_path / "later")
    shutil.copy(OLD[-1] / "manifest.json", folder)
    results = reportgen.load(folder)
    with pytest.raises(ResultsError, match=re.escape(f"reads up to {FORMAT}")):
        results.predictions()
