"""What stands out, as the overview says it: every sentence against the tables of its run."""

from __future__ import annotations

import random

import pytest

import fakes
import reportgen
from reportgen.results.model import Prediction, Score
from reportgen.results.store import Store
from reportgen.results.tables import Results
from statements import check_first, dom
from statements.facts import Facts
from statements.written import Ledger

WORDS = ("good", "film", "but", "great", "fun", "and", "so", "very", "long", "dull", "a", "the")


def said(label: str, expected: str | None) -> Prediction:
    """A prediction of POSITIVE or NEGATIVE."""
    return Prediction(
        kind="single-label",
        label=label,
        labels=(label,),
        probability=0.9,
        scores=(
            Score(label=label, logit=1.0, probability=0.9),
            Score(label="other", logit=-1.0, probability=0.1),
        ),
        expected=expected,
        correct=None if expected is None else label == expected,
    )


def scanned_run(folder, inputs, wrong):
    """Inputs with a source each; ``wrong(text, source, rng)`` says which are predicted wrongly."""
    rng, jobs, columns = random.Random(5), [], {}
    for i in range(inputs):
        words = rng.choices(WORDS, k=rng.randint(3, 12)) + ["not"] * (rng.random() < 0.25)
        source = rng.choice(("tweets", "films", "news"))
        is_wrong = wrong(words, source, rng)
        label, other = rng.sample(("POSITIVE", "NEGATIVE"), 2)
        expected = None if is_wrong is None else other if is_wrong else label
        prediction = said(label, expected)
        header, arrays = fakes.classified(
            " ".join(words),
            fakes.job_id(i),
            position=i,
            seed=i,
            agreement=(),
            prediction=prediction,
            expect=expected,
        )
        name = "integrated_gradients/POSITIVE"  # of which a page is made soon
        jobs.append((header, {name: arrays[name]}))
        columns[i] = {"source": source}
    fakes.write_run(folder, jobs)
    store = Store(folder / "results")
    manifest = store.read_manifest()
    entries = tuple(
        entry.model_copy(update={"columns": columns[entry.input]}) for entry in manifest.jobs
    )
    store.write_manifest(manifest.model_copy(update={"jobs": entries}))
    return folder


def section(folder, out):
    page = dom.read(reportgen.render(folder, out).path.read_text(encoding="utf-8"))
    ledger, results = Ledger(), Results(folder)
    check_first(ledger, Facts(results), page)
    found = [
        one
        for one in page.all("section.overview")
        if one.attrs["aria-labelledby"] == "findings-title"
    ]
    (one,) = found or (None,)
    if one is not None:
        assert ledger.problems + ledger.left(one) == []
    return page, one


def weak_on_not(words, source, rng):
    return rng.random() < (0.8 if "not" in words else 0.1)


def test_a_weak_word_is_told_first_with_its_number_and_inputs(tmp_path):
    _, found = section(scanned_run(tmp_path / "run", 130, weak_on_not), tmp_path / "out")
    first = found.one("> ol").all("> li")[0]
    assert first.text.startswith("Wrong on ")
    assert "inputs with the word “not”, against " in first.text
    assert len(first.all("a")) == 5
    (row, *_) = Results(tmp_path / "run").findings().to_dict("records")
    assert (row["kind"], row["by"], row["name"]) == ("weak_slice", "word", "not")
    assert f"of the {row['count']} inputs with the word" in first.text
    assert f"and {row['count'] - 5} more" in first.text
    wrong = [not p for p in Results(tmp_path / "run").predictions()["correct"]]
    assert all(wrong[number] for number in row["inputs"][:5])


def test_the_section_is_the_first_of_those_about_all_inputs(tmp_path):
    page, _ = section(scanned_run(tmp_path / "run", 20, weak_on_not), tmp_path / "out")
    titles = [one.attrs["aria-labelledby"] for one in page.all("section.overview")]
    assert titles.index("findings-title") < titles.index("says-title")
    assert titles.index("findings-title") == titles.index("looks-title") + 1


def test_nothing_found_is_said_with_what_was_compared(tmp_path):
    run = scanned_run(tmp_path / "run", 100, lambda words, source, rng: rng.random() < 0.3)
    _, found = section(run, tmp_path / "out")
    headline, tried = found.all("> p")
    assert headline.text == "Nothing stands out."
    assert tried.text.startswith("Compared were ")
    assert tried.text.count("(100 inputs)") == 2
    assert Results(run).findings().empty


@pytest.mark.parametrize("inputs", [12])
def test_where_nothing_is_expected_that_is_said(tmp_path, inputs):
    run = scanned_run(tmp_path / "run", inputs, lambda words, source, rng: None)
    _, found = section(run, tmp_path / "out")
    assert [p.text for p in found.all("> p")] == [
        "Nothing stands out.",
        "Too few inputs are right or wrong, or explained, to tell where it is wrong more often "
        "and whether words contribute otherwise where it is wrong.",
    ]


def test_a_few_inputs_are_not_scanned(tmp_path):
    _, found = section(scanned_run(tmp_path / "run", 9, weak_on_not), tmp_path / "out")
    assert found is None
