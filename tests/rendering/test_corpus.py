"""Means over all inputs, against the same numbers counted by hand."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest

import fakes
from pairs import one
from reportgen.rendering.overview.corpus import AGAINST, MANY, TOWARDS
from reportgen.rendering.overview.report import make_report
from reportgen.rendering.wording.numbers import correlation, signed
from reportgen.results.model import Score
from reportgen.results.tables import Results
from reportgen.spec.text_words import bare

TEXT = "good Good, bad (bad) film FILM! plot acting story ending night music slow long"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return Results(fakes.write_run(tmp_path_factory.mktemp("corpus"), jobs()))


def jobs():
    rng = np.random.default_rng(1)
    found = []
    for i in range(24):
        text = " ".join(rng.choice(TEXT.split(), size=rng.integers(4, 12)))
        header, arrays = fakes.classified(
            text, f"{i:032d}", position=i, seed=i, converged=i != 3, model="m"
        )
        label, expected = ("A", "B")[i % 3 == 0], ("A", "B")[i % 4 == 0]
        prediction = header.prediction.model_copy(
            update={
                "label": label,
                "expected": expected,
                "correct": label == expected,
                "scores": (Score(label="A", logit=0), Score(label="B", logit=1)),
            }
        )
        found.append((header.model_copy(update={"prediction": prediction}), arrays))
    return found


@pytest.fixture(scope="module")
def found(run):
    return make_report(run).corpus


def test_words_are_the_same_without_case_and_punctuation():
    same = ("“Great!”", "great", "(GREAT)", "...", "can't", "😍", "Straße")
    assert [bare(word) for word in same] == ["great"] * 3 + ["", "can't", "😍", "strasse"]


def test_words_that_push_are_means_over_inputs(run, found):
    by_input = defaultdict(lambda: defaultdict(list))
    for row in run.words().itertuples():
        if row.method == "integrated_gradients" and row.input != 3:  # did not converge
            by_input[bare(row.word)][row.input].append(row.score)
    means = {
        word: np.mean([np.mean(scores) for scores in inputs.values()])
        for word, inputs in by_input.items()
        if len(inputs) >= 2
    }
    (word_effects,) = found.word_effects
    assert (word_effects.model, word_effects.output, word_effects.inputs) == ("m", "POSITIVE", 23)
    towards = sorted((w for w in means if means[w] > 0), key=lambda w: -means[w])[:TOWARDS]
    against = sorted((w for w in means if means[w] < 0), key=lambda w: -means[w])[-AGAINST:]
    assert [word.word for word in word_effects.words] == towards + against
    largest = max(abs(means[word]) for word in towards + against)
    for word in word_effects.words:
        assert word.inputs == len(by_input[word.word])
        assert word.value == signed(means[word.word])
        assert word.share == pytest.approx(means[word.word] / largest, rel=1e-4)


def test_agreement_is_a_mean_over_inputs_with_its_spread(run, found):
    frame = run.agreement()
    frame = frame[(frame.measure == "spearman")]
    means = frame.groupby(["method_a", "method_b", "input"])["value"].mean()
    (consensus,) = found.consensus
    pair = means["integrated_gradients", "attention"]
    cells = {
        (row, column): text
        for row, values in consensus.heat.rows
        for column, (_, text) in zip(consensus.heat.columns, values, strict=True)
    }
    assert consensus.inputs == 24
    assert cells["integrated gradients", "attention"] == correlation(pair.mean())
    assert cells["attention", "integrated gradients"] == correlation(pair.mean())
    rows = {row[0]: row[1:] for row in consensus.statistics.rows}
    count, mean, _, low, high = rows["attention and integrated gradients"]
    assert (count, mean) == ("24", correlation(pair.mean()))
    assert (low, high) == (correlation(pair.min()), correlation(pair.max()))
    main = frame[frame.method_a == "integrated_gradients"]
    order = main.groupby(["input", "method_b"])["value"].mean().groupby("input").mean()
    least = order.sort_values().index[:3].tolist()
    assert [card.position for card, _ in consensus.least] == least


def test_little_is_not_made_much_of(tmp_path):
    def corpus(name, chosen):
        return make_report(Results(fakes.write_run(tmp_path / name, chosen))).corpus

    assert not corpus("few", jobs()[: MANY - 1])
    assert corpus("enough", jobs()[4 : 4 + MANY]).word_effects


def test_a_word_of_one_input_is_no_word_of_the_run(tmp_path):
    jobs = [one("good film", (1, 1), number) for number in range(MANY)]
    jobs.append(one("good rare", (1, 9), MANY))
    (effects,) = make_report(Results(fakes.write_run(tmp_path, jobs))).corpus.word_effects
    assert {word.word for word in effects.words} == {"good", "film"}
