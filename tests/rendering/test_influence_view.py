"""Training examples on pages: what is said of both sides, of strangers' texts, and by chance."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

import fakes
from reportgen import site
from reportgen.rendering.input.influence import influence_view
from reportgen.rendering.wording.influence import returning
from reportgen.results.dataset.blamed_examples import Blame
from reportgen.results.tables import Results
from reportgen.results.training import (
    InfluentialExample,
    SelfInfluence,
    TrainingData,
    TrainingInfluence,
)


def example(row: int, score: float, text: str = "A film.", label: str = "POSITIVE"):
    return InfluentialExample(row=row, text=text, label=label, score=score)


def influence(**changes) -> TrainingInfluence:
    values = {
        "measure": "tracin",
        "label": "NEGATIVE",
        "expected": True,
        "examples": 1000,
        "proponents": (example(3, 2.5, label="NEGATIVE"),),
        "opponents": (example(1, -12.5), example(7, -0.5)),
    }
    return TrainingInfluence(**values | changes)


def traced(position: int = 0, **changes):
    header, arrays = fakes.classified("Not a bad film.", position=position)
    return header.model_copy(update={"influence": influence(**changes)}), arrays


def test_both_sides_are_told_with_the_label_they_are_about():
    view = influence_view(traced()[0])
    assert view.lead == (
        "Of 1,000 training examples, those that most helped “NEGATIVE” (the expected label) for "
        "this input, and those that worked most against it."
    )
    assert [side.title for side in view.sides] == ["Helped NEGATIVE", "Worked against NEGATIVE"]
    assert [row.score for row in view.sides[1].rows] == ["−12.5", "−0.500"]
    assert "as none is expected" in influence_view(traced(expected=False)[0]).lead


def test_likeness_does_not_claim_to_help():
    view = influence_view(traced(measure="representation_similarity", opponents=())[0])
    assert [side.title for side in view.sides] == [
        "Most alike with the label NEGATIVE",
        "Most alike with another label",
    ]
    assert view.sides[1].nothing == "None has such a label."


def test_an_input_without_it_has_no_such_section():
    assert influence_view(fakes.classified("Not a bad film.")[0]) is None


def test_texts_of_strangers_are_texts_on_the_page(tmp_path):
    bad = "<script>alert(1)</script>"
    pair = traced(opponents=(example(1, -1.0, bad, "<b>label</b>"),))
    results = Results(fakes.write_run(tmp_path, [pair]))
    page = site.render(results, tmp_path / "out").path.read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert bad not in page
    assert "<b>label</b>" not in page


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"opponents": (example(1001, -1.0),)}, "there is no row 1001 of 1000 training examples"),
        ({"proponents": (example(3, 1.0), example(3, 0.5))}, "a training example is there twice"),
        ({"examples": 0}, "greater than or equal to 1"),
        ({"measure": "other"}, "Input should be"),
    ],
)
def test_records_that_fit_no_training_file_are_refused(changes, said):
    with pytest.raises(ValidationError, match=said):
        influence(**changes)


def test_a_summary_of_more_than_there_is_is_refused():
    one = SelfInfluence(row=2, text="A film.", label="a", predicted="b", probability=0.1, score=2.0)
    values = {"file": "train.csv", "sha256": "0" * 64, "checkpoints": 0, "mean": 1.0}
    with pytest.raises(ValidationError, match="predicted otherwise than there are"):
        TrainingData(**values, examples=2, otherwise=3, suspicious=(one,))
    with pytest.raises(ValidationError, match="no row 2 of 1"):
        TrainingData(**values, examples=1, otherwise=1, suspicious=(one,))


def blamed(inputs: int, examples: int, *shared: int):
    """Wrong inputs with ten opponents each, of which some are the same for all."""
    blame, fresh = Blame(), iter(range(1, examples + 1))
    for row in range(inputs):
        own = list(shared)
        while len(own) < 10:
            number = next(fresh)
            if number not in shared:
                own.append(number)
        blame.see(row, influence(examples=examples, opponents=tuple(example(n, -1.0) for n in own)))
    return blame.examples()


def test_examples_that_return_are_counted_beside_a_random_ranking():
    found = blamed(5, 1000, 999, 998)
    assert [(one.example.row, len(one.rows)) for one in found.returning[:2]] == [(999, 5), (998, 5)]
    assert (found.least, found.repeated) == (2, 2)
    assert found.by_chance == pytest.approx(0.98, abs=0.01)  # 1000 · P(Bin(5, .01) ≥ 2)
    assert returning(found) == (
        "Behind 5 wrong predictions the same training examples return: 2 are among the 10 that "
        "worked most against the expected label of at least 2 of them; a random ranking of all "
        "1,000 would have 0.980."
    )


def test_where_none_returns_that_is_said_too():
    found = blamed(5, 1000)
    assert returning(found).startswith(
        "Behind 5 wrong predictions no training example returns: none is among the 10"
    )


def test_of_so_few_that_all_return_by_chance_nothing_is_said():
    assert blamed(2, 25, 1, 2, 3, 4, 5) is None
    assert Blame().examples() is None
