"""The section that says for whom a model is weak, against what its run's tables say."""

from __future__ import annotations

import random

import pytest

import fakes
import reportgen
from reportgen.results.model import Prediction, Score
from reportgen.results.store import Store
from reportgen.results.tables import Results
from statements import check_page, dom

WORDS = ("not", "a", "good", "film", "but", "great", "fun", "and", "so", "very", "long", "dull")

LENGTHS = {"lengths": [8]}


def said(right: bool, rng: random.Random) -> Prediction:
    p = round(rng.uniform(0.6, 0.99), 3)
    scores = (
        Score(label="POSITIVE", logit=1.0, probability=p),
        Score(label="NEGATIVE", logit=-1.0, probability=1 - p),
    )
    return Prediction(
        kind="single-label",
        label="POSITIVE",
        labels=("POSITIVE",),
        probability=p,
        scores=scores,
        expected="POSITIVE" if right else "NEGATIVE",
        correct=right,
    )


def sliced_run(folder, inputs=120, columns=lambda i: {}, right=lambda i: i % 5 > 0, **spec):
    """Inputs with these columns, of which those are right that ``right`` says."""
    rng, jobs = random.Random(3), []
    for i in range(inputs):
        text = " ".join(rng.choices(WORDS, k=rng.randint(3, 14)))
        correct = right(i)
        prediction = None if correct is None else said(correct, rng)
        expect = prediction.expected if prediction else None
        changes = {"prediction": prediction, "expect": expect} if prediction else {}
        header, arrays = fakes.classified(
            text, fakes.job_id(i), position=i, seed=i, converged=i % 7 > 0, agreement=(), **changes
        )
        name = "integrated_gradients/POSITIVE"  # of which a page is made soon
        jobs.append((header, {name: arrays[name]}))
    fakes.write_run(folder, jobs)
    store = Store(folder / "results")
    manifest = store.read_manifest()
    entries = tuple(
        entry.model_copy(update={"entry": 0, "columns": columns(entry.input)})
        for entry in manifest.jobs
    )
    places = {f"checks[{k}]": f"audit.yaml:{9 + k}:5 checks[{k}]" for k in range(3)}
    changes = {"jobs": entries, "spec": spec, "places": places}
    store.write_manifest(manifest.model_copy(update=changes))
    return folder


def columns(i: int) -> dict[str, str]:
    return {"source": "tweet" if i % 4 == 0 else "review", "id": str(i)}


def page_of(folder, out):
    return dom.read(reportgen.render(folder, out).path.read_text(encoding="utf-8"))


def section(page):
    found = [
        one
        for one in page.all("section.overview")
        if one.attrs["aria-labelledby"] == "slices-title"
    ]
    return found[0] if found else None


def weak_on_tweets(i: int) -> bool:
    return i % 8 > 0 if i % 4 == 0 else i % 11 > 0


def test_every_number_of_slices_is_what_the_tables_say(tmp_path):
    asked = {"slices": {"words": ["good", "absent"]}}
    checks = [{"slice_gap": {"by": by, "max": 0.05}} for by in ("source", "label", "id")]
    run = sliced_run(tmp_path, 60, columns, weak_on_tweets, checks=checks, **asked)
    page = page_of(run, tmp_path / "out")
    assert check_page(page, Results(run)) == []
    found = section(page)
    assert found.one("h2").text == "For whom it is weak"
    assert "The clearest is “label: NEGATIVE”" in found.all("p")[0].text
    names = [row.attrs["data-slice"] for row in found.all("tbody > tr")]
    assert {"source=tweet", "source=review", "word=good", "label=NEGATIVE"} <= set(names)
    assert found.all("p")[1].text == (
        "Not compared, with fewer than 10 inputs: 60 values of id, 1 group by length and 1 value "
        "of word."
    )


def test_a_slice_that_is_weak_is_named_and_links_to_its_wrong_inputs(tmp_path):
    known = {"label": "all"}  # a column of this name stands before the expected label
    run = sliced_run(tmp_path, 80, lambda i: columns(i) | known, weak_on_tweets, slices=LENGTHS)
    found = section(page_of(run, tmp_path / "out"))
    assert found.all("p")[0].text == (
        "4 slices of the inputs were compared with all others (2 by source and 2 by length); "
        "1 is worse and 1 is better by more than chance. The clearest is “source: tweet”: of "
        "20 inputs 50 % (30 to 70) are right, 40 percentage points (18 to 61) below all others."
    )
    first = found.all("tbody > tr")[0]
    assert "worse" in first.text
    assert [a.attrs["href"] for a in first.all("a")] == ["#fake-1", "#fake-9", "#fake-17"]
    assert "and 7 more" in first.text


def test_that_none_differs_is_said_with_what_was_tried(tmp_path):
    run = sliced_run(tmp_path, 40, lambda i: {"half": str(i % 2), "label": "all"}, slices=LENGTHS)
    found = section(page_of(run, tmp_path / "out"))
    assert found.all("p")[0].text == (
        "4 slices of the inputs were compared with all others (2 by half and 2 by length); "
        "none differs by more than chance."
    )
    assert found.all("em") == []


def test_where_nothing_is_expected_confidence_is_shown(tmp_path):
    run = sliced_run(tmp_path, 40, lambda i: {"half": str(i % 2)}, lambda i: None, slices=LENGTHS)
    page = page_of(run, tmp_path / "out")
    assert check_page(page, Results(run)) == []
    assert section(page).all("p")[0].text == (
        "Nothing is expected of these inputs, so that no accuracy is compared: of 4 slices only "
        "the confidence is known."
    )


def test_many_slices_fold(tmp_path):
    run = sliced_run(tmp_path, 60, lambda i: {f"c{k}": str(i // k % 3) for k in range(1, 9)})
    page = page_of(run, tmp_path / "out")
    assert check_page(page, Results(run)) == []
    first, rest = section(page).all("table.data")
    assert len(first.all("tbody > tr")) == 20
    assert len(rest.all("tbody > tr")) > 0


@pytest.mark.parametrize("inputs", [12, 19])
def test_too_few_inputs_have_no_slices(tmp_path, inputs):
    run = sliced_run(tmp_path, inputs, lambda i: {"half": str(i % 2)})
    assert section(page_of(run, tmp_path / "out")) is None
    assert Results(run).slices().empty
