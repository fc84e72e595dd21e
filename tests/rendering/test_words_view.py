"""Which words decide, and how far methods agree, against the same numbers counted by hand."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest

import fakes
import reportgen
from pairs import one, run
from reportgen.rendering.dataset.words import AGAINST, TOWARDS, WordsView
from reportgen.rendering.overview.report import make_report
from reportgen.rendering.wording.numbers import correlation, signed
from reportgen.results.dataset.intervals import student
from reportgen.results.dataset.moments import MANY
from reportgen.results.model import Score
from reportgen.results.tables import Results
from reportgen.spec.text_words import bare
from statements import check_page, dom
from statements.facts import Facts
from statements.faithful import check_faithful
from statements.head_statistics import check_head_statistics
from statements.words import check_words
from statements.written import Ledger

TEXT = "good Good, bad (bad) film FILM! plot acting story ending night music slow long"


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
def made(tmp_path_factory):
    return Results(fakes.write_run(tmp_path_factory.mktemp("words"), jobs()))


def words_of(results: Results) -> WordsView | None:
    views = (section.view for section in make_report(results).dataset if section.id == "words")
    return next(views, None)


def page(results: Results, folder) -> dom.Node:
    text = reportgen.render(results.store.folder.parent, folder).path.read_text(encoding="utf-8")
    return dom.read(text)


RULES = {
    "words": check_words,
    "heads": check_head_statistics,
    "believe": check_faithful,
}


def problems(shown: dom.Node, results: Results, *names: str) -> list[str]:
    """What these sections say that the tables do not, or that no rule knows."""
    ledger, facts, found = Ledger(), Facts(results), []
    sections = {one.attrs["aria-labelledby"]: one for one in shown.all("section.overview")}
    for name in names:
        section = sections[f"{name}-title"]
        RULES[name](ledger, facts, section)
        found += ledger.left(section)
    return ledger.problems + found


def test_words_are_the_same_without_case_and_punctuation():
    same = ("“Great!”", "great", "(GREAT)", "...", "can't", "😍", "Straße")
    assert [bare(word) for word in same] == ["great"] * 3 + ["", "can't", "😍", "strasse"]


def far(row, spread: float) -> float:
    """How far a word's mean surely stays from 0."""
    quantile = student(np.array([row["count"] - 1]))[0]
    half = max((row["high"] - row["low"]) / 2, quantile * spread / np.sqrt(row["count"]))
    return abs(row["mean"]) - half


def test_words_that_push_are_means_over_inputs(made):
    by_input = defaultdict(lambda: defaultdict(list))
    for row in made.words().itertuples():
        if row.method == "integrated_gradients" and row.input != 3:  # did not converge
            by_input[bare(row.word)][row.input].append(row.score)
    scores = {
        word: {number: np.mean(values) for number, values in inputs.items()}
        for word, inputs in by_input.items()
        if len(inputs) >= 2
    }
    table = made.word_statistics().set_index("word")
    held = [np.array(list(values.values())) for values in scores.values()]
    squares = sum(((values - values.mean()) ** 2).sum() for values in held)
    spread = np.sqrt(squares / sum(len(values) - 1 for values in held))
    clear = {word: far(table.loc[word], spread) for word in scores}
    means = {word: np.mean(list(values.values())) for word, values in scores.items()}
    (found,) = words_of(made).models
    (effects,) = found.outputs
    assert (effects.model, effects.output, effects.inputs) == ("m", "POSITIVE", 23)
    order = sorted(means, key=lambda word: -clear[word])
    shown = [word for word in order if means[word] > 0][:TOWARDS]
    shown += [word for word in order if means[word] < 0][:AGAINST]
    shown.sort(key=lambda word: -means[word])
    assert [word.word for word in effects.words] == shown
    for word in effects.words:
        assert word.inputs == len(scores[word.word])
        assert word.value == signed(means[word.word])
        low, high = table.loc[word.word, ["low", "high"]]
        assert word.interval == f"{signed(low)} to {signed(high)}"
        sign = np.sign(means[word.word])
        largest = sorted(scores[word.word].items(), key=lambda one: -sign * one[1])
        wanted = [number for number, value in largest if sign * value > 0][:3]
        assert [brief.position for brief in word.examples] == wanted
    assert found.unconverged == 1


def test_a_word_of_one_input_is_no_word_of_the_run(tmp_path):
    inputs = [one("good film", (1, 1), number) for number in range(MANY)]
    inputs.append(one("good rare", (1, 9), MANY))
    (found,) = words_of(run(tmp_path, inputs)).models
    assert {word.word for word in found.outputs[0].words} == {"good", "film"}


def changing(model: str = "fake", amount: int = 12):
    """Inputs where "good" helps a little, and "not" goes either way."""
    return [
        one(
            "good not film",
            (1 + number / 100, (3, -2)[number % 3 == 0], 0.1 * (-1) ** number),
            number,
            model=model,
            expect=("POSITIVE", "NEGATIVE")[number % 2],
        )
        for number in range(amount)
    ]


def test_one_sentence_says_what_decides_and_what_changes(tmp_path):
    (found,) = words_of(run(tmp_path, changing())).models
    assert found.sentence == (
        "What pushes most clearly towards POSITIVE is “good” (+1.05 logits on average, +1.03 to "
        "+1.08, in 12 inputs). 1 word changes its sign with what is around it."
    )
    (change,) = found.outputs[0].changes
    assert change.word == "not"
    assert change.sides == (
        "pushes towards POSITIVE in 8 inputs (+3.00 on average) and against it in 4 (−2.00), of 12"
    )
    assert [brief.position for brief in change.towards] == [1, 2, 4]
    assert [brief.position for brief in change.against] == [0, 3, 6]


def test_where_no_word_is_clear_it_is_said(tmp_path):
    inputs = [one("good film", ((-1) ** i + 0.1, -((-1) ** i)), i) for i in range(MANY)]
    (found,) = words_of(run(tmp_path, inputs)).models
    assert found.sentence.startswith("No word clearly pushes towards POSITIVE.")


def test_few_inputs_are_no_data_set(tmp_path):
    assert words_of(run(tmp_path, changing(amount=MANY - 1))) is None


def test_agreement_is_a_mean_over_inputs_with_its_spread(made):
    frame = made.agreement()
    frame = frame[(frame.measure == "spearman")]
    means = frame.groupby(["method_a", "method_b", "input"])["value"].mean()
    (model,) = make_report(made).faithful_methods.models
    found = model.consensus
    assert model.rows == ()
    pair = means["integrated_gradients", "attention"]
    cells = {
        (row, column): text
        for row, values in found.heat.rows
        for column, (_, text) in zip(found.heat.columns, values, strict=True)
    }
    assert found.inputs == 24
    assert cells["integrated gradients", "attention"] == correlation(pair.mean())
    assert cells["attention", "integrated gradients"] == correlation(pair.mean())
    rows = {row[0]: row[1:] for row in found.statistics.rows}
    count, mean, interval, _, low, high = rows["attention and integrated gradients"]
    assert (count, mean) == ("24", correlation(pair.mean()))
    assert (low, high) == (correlation(pair.min()), correlation(pair.max()))
    ends = [float(end.replace("+", "")) for end in interval.split(" to ")]
    assert ends[0] <= round(pair.mean(), 2) <= ends[1]
    main = frame[frame.method_a == "integrated_gradients"]
    order = main.groupby(["input", "method_b"])["value"].mean().groupby("input").mean()
    least = order.sort_values().index[:3].tolist()
    assert [card.position for card, _ in found.least] == least
    assert found.summary.startswith("Most alike are ")


def test_every_number_of_it_is_what_the_tables_say(tmp_path, made):
    assert problems(page(made, tmp_path / "made"), made, "words", "believe") == []
    single = run(tmp_path / "single", changing())
    assert check_page(page(single, tmp_path / "page"), single) == []
    both = run(tmp_path / "run", [*changing(), *changing("other", 14)])
    found = page(both, tmp_path / "both")
    assert len(found.all("div.words-of")) == 2
    assert len(found.all("ul.changes > li")) == 2
    assert problems(found, both, "words") == []


def test_many_words_are_listed_by_how_clear_they_are(tmp_path):
    rng = np.random.default_rng(0)
    vocabulary = [f"w{i}" for i in range(40)]
    inputs = []
    for number in range(30):
        words = rng.choice(vocabulary, size=8, replace=False).tolist()
        scores = [float(rng.normal(int(word[1:]) / 20 - 1)) for word in words]
        inputs.append(one(" ".join(words), scores, number, expect=("POSITIVE", "B")[number % 2]))
    results = run(tmp_path / "run", inputs)
    (effects,) = words_of(results).models[0].outputs
    assert len(effects.listed) == effects.known == 40
    assert effects.labels == ("POSITIVE", "B")
    assert check_page(page(results, tmp_path / "page"), results) == []


@pytest.mark.parametrize(
    ("good", "wrong", "problem"),
    [
        ("against it in 4 (", "against it in 5 (", "says 5, the tables 4"),
        ("in 12 inputs)", "in 13 inputs)", "says 13, the tables 12"),
        (">+1.03 to +1.08<", ">+1.04 to +1.08<", "says +1.04, the tables 1.0"),
    ],
)
def test_a_wrong_number_of_it_is_told(tmp_path, good, wrong, problem):
    results = run(tmp_path / "run", changing())
    folder = results.store.folder.parent
    text = reportgen.render(folder, tmp_path / "out").path.read_text(encoding="utf-8")
    assert good in text
    found = check_page(dom.read(text.replace(good, wrong, 1)), results)
    assert any(problem in one for one in found)
