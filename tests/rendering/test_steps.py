"""Predictions made token by token: gaps have bars, written tokens their probability."""

from __future__ import annotations

import fakes
from reportgen.rendering.predictions.presenters import presenter
from reportgen.rendering.wording.labels import output


def test_every_gap_has_its_best_words():
    header, _ = fakes.filled("The [MASK] is [MASK] now.")
    view = presenter(header).view()
    assert [title for title, _ in view.gaps] == ["Gap 1", "Gap 2"]
    for _, bars in view.gaps:
        assert [(bar.label, bar.chosen) for bar in bars][:2] == [("cold", True), ("warm", False)]
        assert len(bars) == 5
    assert presenter(header).output(header.targets[1].name) == "“cold” in gap 2"


def test_written_tokens_stand_over_their_probability():
    header, _ = fakes.continued("The lighthouse stands on", " a rock")
    view = presenter(header).view()
    assert view.title == "What the model wrote"
    assert [[(m.text, m.says) for m in word] for word in view.written] == [
        [("a", "0.900")],
        [("rock", "0.450")],
    ]
    assert [presenter(header).output(target.name) for target in header.targets] == [
        "Token 1 of the output (“a”)",
        "Token 2 of the output (“rock”)",
    ]
    given = header.model_copy(update={"generated": {}, "fields": header.fields | header.generated})
    assert presenter(given).view().title == "How likely each token was"


def test_other_predictions_have_no_steps():
    header, _ = fakes.classified("Hello")
    assert presenter(header).view().template == "bars"
    assert presenter(header).output("POSITIVE") == "The score of POSITIVE"


def test_another_label_than_the_predicted_one_is_named_by_its_target():
    header, _ = fakes.labelled("Ada came.", {"Ada": "B-PER"})
    other = header.targets[0].model_copy(update={"name": "B-LOC at 1 Ada", "index": 5})
    header = header.model_copy(update={"targets": (other,)})
    assert presenter(header).output(other.name) == "The label B-LOC of “Ada”"


def test_an_output_of_whitespace_goes_by_one_sign_everywhere():
    result = fakes.continued("The year", " is 1871")[0]
    (step, *steps), (target, *targets) = result.prediction.steps, result.targets
    blank = step.model_copy(update={"text": " ", "label": "Ġ"})
    named = target.model_copy(update={"name": f"Ġ at {target.position + 1}"})
    prediction = result.prediction.model_copy(update={"steps": (blank, *steps)})
    changes = {"prediction": prediction, "targets": (named, *targets)}
    result = result.model_copy(update=changes)
    assert output(result, named.name) == f"␣ at {target.position + 2}"
    assert presenter(result).output(named.name) == "Token 1 of the output (“␣”)"
    assert output(result, targets[0].name).startswith(steps[0].label.strip())
