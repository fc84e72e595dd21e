"""The training file and the checkpoints that a spec names, and what a user reads of bad ones."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml

from reportgen.errors import SpecError
from reportgen.plan import make_plan
from reportgen.resources import folder
from reportgen.spec.loader import load_spec
from reportgen.spec.training import Example, examples

MODEL = folder("examples") / "pull-request" / "main" / "model"
OTHER = folder("examples") / "models" / "sentiment"
TRAIN = "text,label\nA fine film.,POSITIVE\nA dull one.,negative\nBad.,0\n"


@pytest.fixture
def place(tmp_path) -> Path:
    shutil.copytree(MODEL, tmp_path / "model")
    (tmp_path / "train.csv").write_text(TRAIN, encoding="utf-8")
    return tmp_path


def write(place: Path, **settings: object) -> Path:
    spec = {
        "models": [{"id": "film", "path": "./model"}],
        "inputs": [{"text": "A film."}, {"text": "A dull film."}],
        "methods": ["attention", {"influence": {"train": "train.csv"} | settings}],
    }
    (place / "audit.yaml").write_text(yaml.safe_dump(spec, sort_keys=False))
    return place / "audit.yaml"


def problems(place: Path, **settings: object) -> list[str]:
    with pytest.raises(SpecError) as caught:
        load_spec(write(place, **settings))
    return [
        f"{one.where.rpartition('/')[2]}: {one.message}" + (f"; {one.hint}" if one.hint else "")
        for one in caught.value.problems
    ]


def ids(place: Path, **settings: object) -> list[str]:
    spec = load_spec(write(place, **settings))
    return [job.id for job in make_plan(spec).jobs]


HERE = "methods[1].influence"


def test_a_file_that_is_not_there(place):
    found = problems(place, train="trian.csv")
    assert found == [
        f"audit.yaml:10:12 {HERE}.train: no such file: trian.csv; did you mean 'train.csv'?"
    ]


def test_a_file_without_labels(place):
    (place / "train.csv").write_text("text,lable\nA fine film.,POSITIVE\n")
    assert problems(place) == [
        f"audit.yaml:10:5 {HERE}.label: train.csv has no column 'label'; did you mean 'lable'?"
    ]


def test_labels_that_the_model_does_not_have_are_told_with_their_lines(place):
    (place / "train.csv").write_text("text,label\nFine.,POSITIVE\nSo so.,neutral\nNo.,\n")
    assert problems(place) == [
        "train.csv:3: the model 'film' (sequence-classification) has no label 'neutral'; "
        "it has: NEGATIVE, POSITIVE",
        "train.csv:4: the label is empty; each training example needs the label that the model "
        "was trained on",
    ]


def test_many_wrong_labels_are_counted(place):
    rows = "".join(f"Text {i}.,neutral\n" for i in range(25))
    (place / "train.csv").write_text("text,label\n" + rows)
    found = problems(place)
    assert len(found) == 11
    assert any("15 more rows of train.csv have no label of the model" in one for one in found)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"train": "train.txt"}, "expected a .csv, .jsonl, .parquet file, found 'train.txt'"),
        ({"examples": 0}, "expected a number of at least 1"),
        ({"method": "tracing"}, "did you mean 'tracin'?"),
        ({"train_checksum": "0" * 64}, "another file than the one that train_checksum tells of"),
        (
            {"method": "gradient_similarity", "checkpoints": ["model"]},
            "gradient_similarity asks the model alone: it reads no checkpoints",
        ),
        (
            {"checkpoints": ["model"], "learning_rates": [0.1, 0.2]},
            "expected a learning rate for each checkpoint, found 2 for 1",
        ),
        ({"checkpoints": ["nowhere"]}, "no such folder: nowhere"),
        ({"checkpoints": ["."]}, ".: there is no config.json"),
    ],
)
def test_other_settings_that_cannot_be(place, settings, said):
    (one,) = problems(place, **settings)
    assert said in one


def test_an_empty_file(place):
    (place / "train.csv").write_text("text,label\n")
    assert problems(place) == [f"audit.yaml:10:12 {HERE}.train: train.csv has no rows"]


def test_without_a_file_it_is_no_method(place):
    spec = yaml.safe_load(write(place).read_text())
    with pytest.raises(SpecError) as caught:
        load_spec(spec | {"methods": ["influence"]}, place)
    assert [str(one) for one in caught.value.problems] == ["methods[0]: the key 'train' is missing"]


def test_a_checkpoint_of_another_size_or_with_other_labels(place):
    shutil.copytree(OTHER, place / "large")
    assert problems(place, checkpoints=["model", "large"]) == [
        f"audit.yaml:13:7 {HERE}.checkpoints[1]: the checkpoint large is of another model than "
        "film: hidden_size is 192, that of the model 64; a checkpoint is the same model, as it was "
        "saved during its training"
    ]
    shutil.copytree(MODEL, place / "renamed")
    config = json.loads((place / "renamed" / "config.json").read_text())
    config["id2label"] = {"0": "bad", "1": "good"}
    (place / "renamed" / "config.json").write_text(json.dumps(config))
    (one,) = problems(place, checkpoints=["renamed"])
    assert "its labels are bad, good, those of the model NEGATIVE, POSITIVE" in one


def test_rows_are_counted_from_the_first_example_and_read_up_to_a_limit(place):
    spec = load_spec(write(place, limit=2))
    plan = make_plan(spec)
    assert list(examples(plan.methods[1], place)) == [
        Example(1, {"text": "A fine film."}, "POSITIVE"),
        Example(2, {"text": "A dull one."}, "negative"),
    ]


def test_what_the_file_holds_decides_the_result_and_not_what_it_is_called(place):
    before = ids(place)
    shutil.copy(place / "train.csv", place / "other.csv")
    assert ids(place, train="other.csv") == before
    (place / "other.csv").write_text(TRAIN.replace("fine", "good"))
    assert not set(ids(place, train="other.csv")) & set(before)
    shutil.copytree(MODEL, place / "checkpoint")
    assert not set(ids(place, checkpoints=["checkpoint"])) & set(before)


def test_a_file_that_changes_after_it_was_planned_is_refused(place):
    plan = make_plan(load_spec(write(place)))
    (place / "train.csv").write_text(TRAIN.replace("fine", "good"))
    with pytest.raises(Exception, match="not the one that the run was planned with"):
        list(examples(plan.methods[1], place))


def test_a_link_out_of_the_folder_of_the_spec_is_refused(place, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "train.csv"
    outside.write_text(TRAIN)
    (place / "link.csv").symlink_to(outside)
    (one,) = problems(place, train="link.csv")
    assert "link.csv is a link that leads out of the spec's folder" in one
