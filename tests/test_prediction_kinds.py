"""What differs between kinds of prediction stands in one place, so that another is one class."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest
import yaml

import fakes
import reportgen
from reportgen import site
from reportgen.rendering.markdown.model_card import write_cards
from reportgen.rendering.predictions.bars import Bars
from reportgen.rendering.predictions.presenters import PRESENTERS, Presenter, presenter
from reportgen.rendering.predictions.view import PredictionView
from reportgen.resources import folder
from reportgen.results.kinds import KINDS, PredictionKind, find_kind
from reportgen.results.model import Prediction
from reportgen.results.tables import Results
from reportgen.spec.tasks import TASKS
from rewriting import result_files, rewrite_result

PACKAGE = Path(reportgen.__file__).parent
NAMES = {name for kind in KINDS.values() for name in (kind.name, kind.stored) if name}
KNOW_KINDS = ("results/kinds.py", "rendering/predictions/presenters.py", "engine/tasks/")
"""Where kinds are told apart: what they are, how they are told, and who makes them."""

KNOW_TASKS = ("engine/",)
"""Where tasks are told apart: each layer after the spec goes by what is said of them."""


def told_apart(source: str, attribute: str, names: set[str]) -> list[str]:
    """Return where ``source`` asks for one of ``names``: compared with, or as keys of a table."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare):
            asks = any(isinstance(n, ast.Attribute) and n.attr == attribute for n in ast.walk(node))
            values = {n.value for n in ast.walk(node) if isinstance(n, ast.Constant)}
            if asks and values & names:
                found.append(f"{node.lineno}: {ast.unparse(node)}")
        elif isinstance(node, ast.Dict):
            keys = {key.value for key in node.keys if isinstance(key, ast.Constant)}
            if attribute == "kind" and len(keys & names) > 1:
                found.append(f"{node.lineno}: {ast.unparse(node)}")
    return found


@pytest.mark.parametrize(
    ("attribute", "names", "allowed"),
    [("kind", NAMES, KNOW_KINDS), ("task", set(TASKS), KNOW_TASKS)],
)
def test_nobody_else_asks_for_one_by_its_name(attribute, names, allowed):
    files = {path.relative_to(PACKAGE).as_posix(): path for path in PACKAGE.rglob("*.py")}
    found = {
        name: places
        for name, path in files.items()
        if not name.startswith(allowed)
        and (places := told_apart(path.read_text(encoding="utf-8"), attribute, names))
    }
    assert found == {}


@pytest.mark.parametrize(
    "source",
    [
        'prediction.kind == "span"',
        '"regression" in (found.kind, before.kind)',
        'if result.prediction and result.prediction.kind != "tokens":\n    pass',
        'METRICS = {"single-label": 1, "multi-label": 2}',
    ],
)
def test_asking_is_seen(source):
    assert len(told_apart(source, "kind", NAMES)) == 1


def test_what_is_no_kind_of_prediction_may_be_asked_for():
    assert told_apart('event.kind == "loading"', "kind", NAMES) == []


def test_every_kind_has_who_tells_of_it():
    assert PRESENTERS.keys() == KINDS.keys()


def test_every_view_has_its_template(complete, sample):
    headers = [result for one in (complete, sample) for _, result in one.entries]
    views = [presenter(result).view() for result in headers if result.prediction]
    used = {f"{view.template}.html" for view in views}
    there = {path.name for path in (folder("templates") / "input" / "predictions").iterdir()}
    assert used == there


@pytest.mark.parametrize(
    ("stored", "task", "name"),
    [
        ("single-label", "sequence-classification", "single-label"),
        ("span", "question-answering", "span"),
        ("tokens", "masked-lm", "filled-gaps"),
        ("tokens", "causal-lm", "written-text"),
        ("tokens", "seq2seq-lm", "written-text"),
    ],
)
def test_a_stored_prediction_is_of_one_kind(stored, task, name):
    assert find_kind(stored, task).name == name


def test_a_kind_that_is_not_known_is_refused(tmp_path):
    run = fakes.write_run(tmp_path / "run", [fakes.classified("Hello", "1" * 32)])
    (path,) = result_files(run)
    rewrite_result(path, lambda header, arrays: header["prediction"].update(kind="guess"))
    page = site.render(run, out=tmp_path / "out").path.read_text(encoding="utf-8")
    assert "The stored result of this input cannot be used" in page
    assert "the kind of prediction &#39;guess&#39; is not known to this version" in page


@dataclass(frozen=True)
class Podium(PredictionView):
    """The first three of a ranking."""

    __module__ = "reportgen.rendering.predictions.view"  # templates see the package's views only
    template: ClassVar[str] = "podium"
    places: tuple[str, ...]


class Ranking(Presenter):
    """Classes in an order."""

    metric = ("exact_match", "Order right")

    @property
    def text(self) -> str:
        return " > ".join(self.prediction.labels)

    def output(self, target: str) -> str:
        return f"The place of {target}"

    def explained(self, target: str) -> str:
        return "who comes first"

    def view(self) -> Podium:
        return Podium(self.prediction.labels)


@pytest.fixture
def ranked(tmp_path, monkeypatch) -> Path:
    """A run of a kind of prediction that the package does not have."""
    monkeypatch.setitem(KINDS, "ranking", PredictionKind("ranking", classes=True))
    monkeypatch.setitem(PRESENTERS, "ranking", Ranking)
    said = Prediction(kind="ranking", label="first", labels=("<b>", "POSITIVE"), correct=True)
    return fakes.write_run(tmp_path / "run", [fakes.classified("Hello you", prediction=said)])


def test_another_kind_has_its_page_by_its_class_and_template(ranked, tmp_path):
    own = tmp_path / "own" / "input" / "predictions"
    own.mkdir(parents=True)
    (own / "podium.html").write_text(
        "<ol>{% for one in card.answer.places %}<li>{{ one }}</li>{% endfor %}</ol>"
    )
    out = site.render(ranked, out=tmp_path / "out", templates=tmp_path / "own").path
    page = out.read_text(encoding="utf-8")
    assert "<ol><li>&lt;b&gt;</li><li>POSITIVE</li></ol>" in page
    assert '<p class="label" dir="auto">&lt;b&gt; &gt; POSITIVE' in page
    assert "The place of POSITIVE was pushed up by" in " ".join(page.split())
    assert "for who comes first; red words raised its score" in page


def test_another_kind_is_in_the_table_of_predictions_and_the_model_card(ranked, tmp_path):
    results = Results(ranked)
    (row,) = results.predictions().to_dict("records")
    assert (row["label"], row["correct"]) == ("first", True)
    (card,) = write_cards(results, tmp_path / "cards")
    _, header, _ = card.read_text(encoding="utf-8").split("---", 2)
    ((found,),) = (one["results"][0]["metrics"] for one in yaml.safe_load(header)["model-index"])
    assert found == {"type": "exact_match", "value": 1.0, "name": "Order right"}


def test_another_kind_may_look_like_one_that_is_there(ranked, monkeypatch, tmp_path):
    monkeypatch.setattr(Ranking, "view", lambda self: Bars(()))
    page = site.render(ranked, out=tmp_path / "out").path.read_text(encoding="utf-8")
    assert "&lt;b&gt; &gt; POSITIVE" in page
