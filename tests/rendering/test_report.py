"""Methods with the settings they ran with, and what is needed to make a report again."""

from __future__ import annotations

import pytest
import yaml

import fakes
from reportgen.methods import known
from reportgen.rendering.overview.method_cards import meanings
from reportgen.rendering.overview.provenance import provenance
from reportgen.rendering.overview.report import make_report
from reportgen.results.tables import Results


def with_settings(position, model, **changed):
    settings = {"integrated_gradients": fakes.SETTINGS["integrated_gradients"] | changed}
    return fakes.classified(
        "Hello", fakes.job_id(model, position), position=position, model=model,
        settings=settings,
    )  # fmt: skip


def settings_of(jobs, folder):
    (method,) = make_report(Results(fakes.write_run(folder, jobs))).methods
    return dict(method.settings)


def test_settings_are_said_once_where_they_are_the_same(tmp_path):
    found = settings_of([with_settings(0, "a"), with_settings(0, "b")], tmp_path)
    assert found["baseline"] == "pad"
    assert found["max steps"] == "256"


def test_settings_that_differ_between_models_name_them(tmp_path):
    jobs = [with_settings(0, "a"), with_settings(0, "b", baseline="zero")]
    assert settings_of(jobs, tmp_path)["baseline"] == "pad (a); zero (b)"


def test_settings_that_differ_between_inputs_count_them(tmp_path):
    jobs = [with_settings(0, "a"), with_settings(1, "a"), with_settings(2, "a", tolerance=0.1)]
    assert settings_of(jobs, tmp_path)["tolerance"] == "0.01 (a: 2 inputs); 0.1 (a: 1 input)"


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("notebook_compatible", True, "yes"),
        ("notebook_compatible", False, "no"),
        ("baseline", {"text": "ok"}, "the text “ok”"),
    ],
)
def test_settings_are_written_in_words(setting, value, said, tmp_path):
    found = settings_of([with_settings(0, "a", **{setting: value})], tmp_path)
    assert found[setting.replace("_", " ")] == said


def test_models_stand_in_columns_with_their_whole_hashes(complete):
    table = provenance(complete.manifest, "1" * 64).models
    assert table.columns == ("model", *(info.id for info in complete.manifest.models))
    rows = {row[0]: row[1:] for row in table.rows}
    assert rows["weights SHA-256"] == ("1" * 64,) * len(complete.manifest.models)
    assert rows["path"][0] == "./fake-qa"
    assert "classes" not in rows  # none of these models has any


def test_the_spec_is_yaml_without_what_was_left_out(complete):
    spec = {"title": "é", "models": [{"id": "m", "revision": None}], "seed": 0, "inputs": None}
    manifest = complete.manifest.model_copy(update={"spec": spec})
    text = provenance(manifest, "1" * 64).spec
    assert "é" in text
    assert yaml.safe_load(text) == {"title": "é", "models": [{"id": "m"}], "seed": 0}


def test_facts_say_what_was_audited(complete):
    report = make_report(complete)
    assert report.facts[:3] == ("6 models", "6 inputs", "32 methods")
    assert report.facts[3] == "2026-01-02 03:04:05 UTC"


def test_what_red_and_blue_mean_is_said_once():
    methods = [known(name) for name in ("occlusion", "input_x_gradient")]
    assert meanings([(method, method.score) for method in methods]) == (
        "occlusion; input × gradient: each word's vector times the gradient there"
    )
