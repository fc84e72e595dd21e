"""One look without a spec: the command and the function, as a user would try them."""

from __future__ import annotations

import pytest
import yaml
from transformers import AutoModelForSequenceClassification, AutoTokenizer

import reportgen
from reportgen.errors import ModelError, ReportgenError
from reportgen.spec.quick import MARK
from tiny_models import save_tiny

TEXT = "the movie was great"


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Return the folder of a tiny model by its task."""
    folder = tmp_path_factory.mktemp("models")
    architectures = {"causal-lm": "gpt2"}
    tasks = ("sequence-classification", "question-answering", "causal-lm")
    made = {task: save_tiny(folder / task, architectures.get(task, "bert"), task) for task in tasks}
    return lambda task="sequence-classification": made[task]


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def spec_in(folder):
    return yaml.safe_load((folder / "audit.yaml").read_text(encoding="utf-8"))


def test_texts_are_explained_and_the_spec_builds_the_same_again(command, models, tmp_path):
    code, printed, errors = command("explain", models(), TEXT, "not bad")
    assert (code, errors) == (0, "")
    out = tmp_path / "explained"
    assert printed.startswith("Wrote explained/audit.yaml.\nWrote explained/report.html (")
    assert f"Open it in any browser: {(out / 'report.html').as_uri()}" in printed
    spec = spec_in(out)
    assert spec["inputs"] == [{"text": TEXT}, {"text": "not bad"}]
    assert spec["methods"] == ["integrated_gradients", "attention", "vector_norms"]
    assert spec["models"][0]["id"] == "sequence-classification"
    stored = {path: path.stat().st_mtime_ns for path in (out / "results").iterdir()}
    assert command("build", out / "audit.yaml", "--out", out)[0] == 0
    assert {path: path.stat().st_mtime_ns for path in (out / "results").iterdir()} == stored


def test_a_second_look_takes_the_place_of_the_first(command, models, tmp_path):
    words = ("explain", models(), "--methods", "attention", "--out", "look")
    assert command(*words, TEXT)[0] == 0
    assert command(*words, "not bad")[0] == 0
    assert spec_in(tmp_path / "look")["inputs"] == [{"text": "not bad"}]
    assert len(reportgen.load("look").jobs()) == 1


@pytest.mark.parametrize(
    ("task", "words", "inputs"),
    [
        ("causal-lm", ["the movie"], [{"prompt": "the movie"}]),
        ("causal-lm", ["--prompt", "not bad"], [{"prompt": "not bad"}]),
        (
            "question-answering",
            ["--question", "what is important", "--context", "it is important to us"],
            [{"question": "what is important", "context": "it is important to us"}],
        ),
    ],
)
def test_each_task_gets_what_it_reads(command, models, tmp_path, task, words, inputs):
    folder = models(task)
    code, _, errors = command("explain", folder, *words, "--methods", "attention")
    assert (code, errors) == (0, "")
    assert spec_in(tmp_path / "explained")["inputs"] == inputs


@pytest.mark.parametrize(
    ("words", "code", "expected"),
    [
        (["--question", "who?"], 2, "--question needs --context beside it"),
        (["--context", "Ada."], 2, "--context needs --question beside it"),
        ([], 2, "give a TEXT, --question and --context, or --prompt"),
        (
            [TEXT, "--methods", "atention"],
            1,
            "error: methods[0]: unknown method 'atention'\n  did you mean 'attention'?\n",
        ),
        (
            [TEXT, "--methods", ","],
            1,
            "error: methods: expected at least one entry, found an empty list\n",
        ),
        (
            [TEXT, "--task", "sentiment-analysis"],
            1,
            "found 'sentiment-analysis'\n  did you mean 'sequence-classification'?\n",
        ),
        (
            ["--prompt", "Once"],
            1,
            "error: sequence-classification (sequence-classification) reads no prompt\n"
            "  it needs text\n",
        ),
    ],
)
def test_what_cannot_be_asked_is_told_and_nothing_is_written(
    command, models, tmp_path, words, code, expected
):
    found, _, errors = command("explain", models(), *words)
    assert (found, expected in errors) == (code, True), errors
    assert not (tmp_path / "explained").exists()


def test_a_question_answerer_is_not_given_a_text(command, models):
    folder = models("question-answering")
    code, _, errors = command("explain", folder, TEXT)
    assert code == 1
    assert errors == (
        f"error: {folder} answers questions: a text alone is none\n  give question and context\n"
    )


def test_a_model_that_is_not_there_and_one_without_a_task_are_told(command, models, tmp_path):
    code, _, errors = command("explain", "./nope", TEXT)
    assert (code, errors) == (
        1,
        "error: no such folder: ./nope\n  a Hub id has the form org/name\n",
    )
    folder = tmp_path / "bare"
    save_tiny(folder, "bert", "sequence-classification")
    config = folder / "config.json"
    text = config.read_text().replace("BertForSequenceClassification", "BertModel")
    config.write_text(text)
    code, _, errors = command("explain", folder, TEXT)
    assert code == 1
    assert "BertModel has no head for a task: embeddings are not explained" in errors
    assert command("explain", folder, TEXT, "--task", "sequence-classification")[0] == 0


def test_a_spec_that_somebody_wrote_is_not_written_over(command, models, tmp_path):
    (tmp_path / "own").mkdir()
    mine = tmp_path / "own" / "audit.yaml"
    mine.write_text("title: Mine\n")
    code, _, errors = command("explain", models(), TEXT, "--out", "own")
    assert code == 1
    assert errors == (
        "error: own/audit.yaml: this spec was not written by explain, so it is not written over\n"
        "  name another folder with --out (out=), or build the spec itself: reportgen build\n"
    )
    assert mine.read_text() == "title: Mine\n"
    (tmp_path / "file").write_text("")
    code, _, errors = command("explain", models(), TEXT, "--out", "file")
    assert (code, errors) == (1, "error: file: expected a folder, found a file\n  name another\n")


def test_the_exit_code_is_that_of_the_build(command, models):
    code, printed, errors = command("explain", models(), TEXT, "", "--methods", "attention")
    assert code == 1
    assert "Wrote explained/report.html" in printed
    assert "the text is empty" in errors


def test_in_python_it_shows_itself_and_says_where_the_page_is(models, tmp_path):
    found = reportgen.explain(str(models()), TEXT, methods=["attention"], out="look")
    assert isinstance(found, reportgen.Results)
    assert found.page.resolve() == tmp_path / "look" / "report.html"
    assert found.spec.read_text(encoding="utf-8").startswith(MARK)
    assert found._repr_html_().startswith("<iframe")
    assert list(found.jobs()["status"]) == ["done"]
    with pytest.raises(ReportgenError, match="question needs context beside it"):
        reportgen.explain(models(), question="who?")


@pytest.fixture(scope="module")
def memory(models):
    folder = models()
    model = AutoModelForSequenceClassification.from_pretrained(folder)
    return model, AutoTokenizer.from_pretrained(folder)


def test_a_model_in_memory_is_known_by_its_weights(command, memory, tmp_path):
    model, tokenizer = memory
    how = {"tokenizer": tokenizer, "methods": ["attention"], "out": "look"}
    found = reportgen.explain(model, [TEXT], **how)
    (info,) = found.manifest.models
    path = spec_in(tmp_path / "look")["models"][0]["path"]
    known = path.removeprefix("./in-memory-")
    assert info.path == f"memory (weights {known}): there is no path to load it from again"
    assert "there is no path to load it from again" in found.page.read_text(encoding="utf-8")
    ids = [entry.id for entry, _ in found.entries]
    assert [entry.id for entry, _ in reportgen.explain(model, [TEXT], **how).entries] == ids
    before = model.classifier.weight.detach().clone()
    model.classifier.weight.data += 1
    assert [entry.id for entry, _ in reportgen.explain(model, [TEXT], **how).entries] != ids
    model.classifier.weight.data = before


def test_its_results_are_rendered_and_built_again_once_it_is_saved(command, memory, tmp_path):
    model, tokenizer = memory
    out = tmp_path / "look"
    reportgen.explain(model, TEXT, tokenizer=tokenizer, methods=["attention"], out=out)
    assert command("render", out, "--out", out)[0] == 0
    code, _, errors = command("build", out / "audit.yaml", "--out", out)
    assert code == 1
    path = spec_in(out)["models"][0]["path"]
    assert f"no such folder: {path}\n  that model was in memory when it was explained: " in errors
    model.save_pretrained(out / path)
    tokenizer.save_pretrained(out / path)
    code, printed, _ = command("build", out / "audit.yaml", "--out", out, "--dry-run")
    assert code == 0
    assert "1 jobs, 0 to run" in printed


def test_what_is_no_model_is_told(memory):
    model, tokenizer = memory
    with pytest.raises(ModelError) as caught:
        reportgen.explain(model, TEXT)
    assert str(caught.value) == (
        "a model in memory needs its tokenizer, found nothing\n"
        "  explain(model, texts, tokenizer=tokenizer)"
    )
    with pytest.raises(ModelError, match="or a model of transformers, found a int"):
        reportgen.explain(3, TEXT, tokenizer=tokenizer)
