"""The export command: which files it writes for each format."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("format", ["parquet", "csv", "json"])
def test_tables_are_written_and_named(command, sample_folder, tmp_path, format):
    code, out, err = command("export", sample_folder, "--format", format, "--out", tmp_path)
    assert (code, err) == (0, "")
    assert out.startswith("Wrote 23 files to ")
    assert {path.name for path in tmp_path.iterdir()} == {
        "run.json",
        *(
            f"{name}.{format}"
            for name in (
                *("jobs", "predictions", "columns", "tokens", "words", "convergence", "agreement"),
                *("heads", "random_logit", "plausibility", "sanity", "influence"),
                *("removals", "faithfulness", "removal_curves", "perturbations", "checks"),
                *("word_statistics", "head_statistics", "slices", "findings", "self_influence"),
            )
        ),
    }


def test_model_cards_are_written(command, sample_folder, tmp_path):
    code, _, _ = command("export", sample_folder, "--format", "model-card", "--out", tmp_path)
    assert code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fake-qa.md", "fake.md"]


def test_other_formats_are_refused(command, sample_folder, tmp_path):
    code, _, err = command("export", sample_folder, "--format", "xlsx", "--out", tmp_path)
    assert code == 2
    assert "xlsx" in err


def test_a_folder_without_results_is_refused(command, tmp_path):
    code, _, err = command("export", tmp_path, "--format", "csv", "--out", tmp_path / "out")
    assert code == 1
    assert "no results here" in err
    assert not (tmp_path / "out").exists()
