"""Two runs compared: what counts as a change, what does not, and what cannot be compared."""

from __future__ import annotations

import json

import pytest

import fakes
import reportgen
from pairs import TEXTS, changed_manifest, compared, one, run, showcase
from reportgen.errors import ResultsError
from reportgen.resources import folder
from reportgen.results.compare.as_json import comparison_data
from reportgen.results.compare.changes import FLOOR
from reportgen.results.compare.runs import compare, compare_models
from reportgen.results.matching import Side
from reportgen.site.compare import render_comparison

PATH = fakes.SETTINGS["integrated_gradients"]


def only(comparison):
    """Return the only change of the only model."""
    (model,) = comparison.models
    (change,) = model.changes
    return change


def test_flips_come_first_then_errors_then_the_largest_shifts(tmp_path):
    (model,) = showcase(tmp_path).models
    texts = [change.after.fields["text"] for change in model.changes]
    assert texts == [TEXTS[1], fakes.HOSTILE, TEXTS[3], TEXTS[2], TEXTS[0]]
    assert [change.flipped for change in model.changes] == [True, True, False, False, False]
    assert [change.broke for change in model.changes] == [False, False, True, False, False]
    assert [change.right_to_wrong for change in model.changes] == [True, False, False, False, False]
    assert [change.wrong_to_right for change in model.changes] == [False, True, False, False, False]
    assert [change.changed for change in model.changes] == [True] * 4 + [False]
    assert [result.fields["text"] for result in model.new] == ["quite new"]
    assert [result.fields["text"] for result in model.gone] == ["gone now"]


@pytest.mark.parametrize(("expected", "fixed"), [("NEGATIVE", True), (None, False)])
def test_only_what_was_wrong_can_turn_right(tmp_path, expected, fixed):
    before = [one("a b c", (1, 2, 3), expect=expected)]
    change = only(compared(tmp_path, before, [one("a b c", (1, 2, 3), expect="POSITIVE")]))
    assert (change.right_to_wrong, change.wrong_to_right) == (False, fixed)


def test_the_share_that_moved_is_half_of_what_all_shares_differ_by(tmp_path):
    change = only(compared(tmp_path, [one("a b c", (2, 1, 1))], [one("a b c", (1, -1, 2))]))
    # shares .5 .25 .25 and .25 -.25 .5
    assert change.share_moved == pytest.approx((0.25 + 0.5 + 0.25) / 2)
    assert change.drifted


@pytest.mark.parametrize(("moved", "drifted"), [(0.9 * FLOOR, False), (1.2 * FLOOR, True)])
def test_a_change_below_the_floor_is_none(tmp_path, moved, drifted):
    after = [one("a b c", (0.5 + moved, 0.3 - moved, 0.2))]
    change = only(compared(tmp_path, [one("a b c", (0.5, 0.3, 0.2))], after))
    assert change.share_moved == pytest.approx(moved, rel=1e-3)
    assert change.drifted is change.changed is drifted


def test_the_noise_of_both_sides_raises_the_threshold(tmp_path):
    before = [one("a b c", (0.5, 0.3, 0.2), coarse=(0.55, 0.25, 0.2))]
    after = [one("a b c", (0.58, 0.22, 0.2), coarse=(0.58, 0.27, 0.15))]
    change = only(compared(tmp_path, before, after))
    assert change.share_moved == pytest.approx(0.08, rel=1e-3)
    assert change.threshold == pytest.approx(0.05 + 0.05, rel=1e-3)
    assert not change.drifted


def test_a_planted_word_is_found(tmp_path):
    texts = [f"edited t{i} story" for i in range(4)]
    before = [one(text, (0.1, 0.1, 0.8), i) for i, text in enumerate(texts)]
    after = [one(text, (0.7, 0.1, 0.2), i) for i, text in enumerate(texts)]
    # A change below the floor in many texts does not add up to a finding.
    rest = [f"common x{i}" for i in range(40)]
    before += [one(text, (0.5, 0.5), 4 + i) for i, text in enumerate(rest)]
    after += [one(text, (0.515, 0.485), 4 + i) for i, text in enumerate(rest)]
    (model,) = compared(tmp_path, before, after).models
    first = model.words[0]
    assert (first.word, first.inputs, first.turned) in {("edited", 4, 0), ("story", 4, 0)}
    found = {word.word: word for word in model.words}
    assert found["edited"].before == pytest.approx(0.1)
    assert found["edited"].after == pytest.approx(0.7)
    assert "common" not in found


def test_a_word_that_pushes_the_other_way_is_counted(tmp_path):
    (model,) = compared(tmp_path, [one("a b", (0.6, 0.4))], [one("a b", (-0.6, 0.4))]).models
    assert {word.word: word.turned for word in model.words} == {"a": 1}


def test_a_sign_below_the_floor_is_none(tmp_path):
    weak, strong = FLOOR / 2, FLOOR * 4
    before, after = (1 - weak, weak), (1 - strong, -strong)  # "b" pushes the other way now
    (model,) = compared(tmp_path, [one("a b", before)], [one("a b", after)]).models
    assert {word.word: word.turned for word in model.words} == {"a": 0, "b": 0}


def with_settings(**changes):
    return {"integrated_gradients": PATH | changes}


def test_settings_that_only_make_scores_more_exact_are_shown_and_compared(tmp_path):
    after = one("a b c", (0.5, 0.3, 0.2), settings=with_settings(steps=80, normalize="sum"))
    comparison = compared(tmp_path, [one("a b c", (0.5, 0.3, 0.2))], [after])
    assert not only(comparison).changed
    differences = comparison.models[0].differences
    shown = {(one.what, one.decisive) for one in differences}
    assert ("integrated_gradients: steps", False) in shown
    assert ("integrated_gradients: normalize", False) in shown


def test_settings_that_change_what_a_score_means_refuse_to_compare(tmp_path):
    after = one("a b c", (0.1, 0.1, 0.8), settings=with_settings(baseline="zero"))
    comparison = compared(tmp_path, [one("a b c", (0.5, 0.3, 0.2))], [after])
    change = only(comparison)
    assert change.shifts == ()
    assert not change.drifted
    assert "baseline" in change.not_compared
    (difference,) = (one for one in comparison.models[0].differences if one.decisive)
    assert (difference.before, difference.after) == ("pad", "zero")


def test_what_else_differs_is_listed(tmp_path):
    jobs = [one("a b c", (0.5, 0.3, 0.2))]
    base, head = run(tmp_path / "a", jobs), run(tmp_path / "b", jobs)
    info = head.manifest.models[0].model_copy(update={"weights_sha256": "9" * 64})
    head = changed_manifest(head, models=(info,), libraries={"torch": "2.14.0"})
    found = {one.what: (one.before, one.after) for one in compare(base, head).models[0].differences}
    assert found == {
        "weights sha256": ("1" * 64, "9" * 64),
        "torch": ("2.13.0", "2.14.0"),
    }


def test_texts_are_compared_word_by_word_whatever_the_tokenizer(tmp_path):
    text = "extraordinary film"
    words, tokens = fakes.split(text, "text", 1, 0)
    assert len(tokens) == 4  # three pieces and one
    whole = [
        word.model_copy(update={"first": i + 1, "last": i + 2}) for i, word in enumerate(words)
    ]
    read = [
        tokens[0].model_copy(update={"text": word.text, "end": word.end, "start": word.start})
        for word in words
    ]
    after = one(
        text, (0.7, 0.3), words=tuple(whole),
        tokens=(fakes.special("[CLS]"), *read, fakes.special("[SEP]")),
    )  # fmt: skip
    change = only(compared(tmp_path, [one(text, (0.3, 0.2, 0.2, 0.3))], [after]))
    assert change.share_moved == pytest.approx(0, abs=1e-6)
    assert not change.changed


def test_words_that_one_side_did_not_read_count_as_moved(tmp_path):
    text = "a b c"
    words, tokens = fakes.split(text, "text", 1, 0)
    after = one(
        text, (0.5, 0.5), words=tuple(words[:2]),
        tokens=(fakes.special("[CLS]"), *tokens[:2], fakes.special("[SEP]")),
    )  # fmt: skip
    change = only(compared(tmp_path, [one(text, (0.25, 0.25, 0.5))], [after]))
    assert change.share_moved == pytest.approx(0.5)
    assert [word.after for word in change.shifts[0].words] == [0.5, 0.5, None]
    assert "c" in change.shifts[0].left()


@pytest.mark.parametrize(("before", "broke"), [(False, True), (True, False)])
def test_an_error_on_either_side_is_no_other_prediction(tmp_path, before, broke):
    explained, failed = one("a b c", (1, 2, 3)), fakes.failed("a b c")
    jobs = [[failed], [explained]] if before else [[explained], [failed]]
    change = only(compared(tmp_path, *jobs))
    assert not change.flipped
    assert change.broke is broke
    assert change.shifts == ()
    assert "only one side" in change.not_compared


def test_predicted_numbers_are_never_another_label(tmp_path):
    jobs = [
        [one("a b c", (1, 2, 3), prediction=pair_number(label))] for label in ("3.14", "3.15")
    ]  # fmt: skip
    assert not only(compared(tmp_path, *jobs)).flipped


def pair_number(label):
    score = fakes.Score(label="value", logit=float(label))
    return fakes.Prediction(kind="regression", label=label, scores=(score,))


def test_letter_case_is_no_other_prediction(tmp_path):
    jobs = [[one("a b c", (1, 2, 3), label=label)] for label in ("POSITIVE", "positive")]
    assert not only(compared(tmp_path, *jobs)).flipped


def test_other_outputs_are_compared_by_size(tmp_path):
    header, arrays = one("a b", (0.6, 0.4))
    target = fakes.Target(name="NEGATIVE", index=0)
    arrays = {"integrated_gradients/NEGATIVE": -arrays["integrated_gradients/POSITIVE"]}
    other = {"targets": (target,), "job": "d" * 32, "convergence": (), "agreement": ()}
    after = header.model_copy(update=other), arrays
    change = only(compared(tmp_path, [one("a b", (0.6, 0.4))], [after]))
    assert change.shifts[0].sizes_only
    assert change.share_moved == pytest.approx(0)


SHARE = {"attribution_share": {"words": ["good"], "max": 0.5}}


def test_checks_that_turned_say_from_what_to_what(tmp_path):
    texts = ("good film", "film good", "one film good")
    before = [(0.2, 0.8), (0.1, 0.9), (0.1, 0.1, 0.8)]
    after = [(0.8, 0.2), (0.9, 0.1), (0.1, 0.1, 0.8)]
    jobs = [
        [one(text, scores, i) for i, (text, scores) in enumerate(zip(texts, side, strict=True))]
        for side in (before, after)
    ]
    turned = compared(tmp_path, *jobs, checks=[SHARE]).turned
    statuses = {
        (check.after.inputs, check.before.status, check.after.status): (check.red, check.green)
        for check in turned
    }
    assert statuses == {
        ((0,), "passed", "failed"): (True, False),
        ((1,), "failed", "passed"): (False, True),
    }


def test_a_new_check_that_fails_is_red_and_one_that_passes_is_no_news(tmp_path):
    jobs = [one("good film", (0.8, 0.2))]
    base = run(tmp_path / "a", jobs)
    red = run(tmp_path / "b", jobs, checks=[SHARE])
    quiet = run(tmp_path / "c", jobs, checks=[{"prediction": {"equals": "POSITIVE"}}])
    (check,) = compare(base, red).turned
    assert check.red
    assert check.before is None
    assert compare(base, quiet).turned == ()
    (gone,) = compare(red, base).turned
    assert (gone.red, gone.green, gone.after) == (False, False, None)


def test_models_of_one_run_are_compared_alike(tmp_path):
    jobs = [
        one("a b c", (0.5, 0.3, 0.2), model="v1"),
        one("a b c", (0.2, 0.3, 0.5), model="v2", label="NEGATIVE"),
    ]
    results = run(tmp_path, jobs)
    (change,) = compare_models(Side(results, "v1"), Side(results, "v2")).changes
    assert change.flipped
    assert change.share_moved == pytest.approx(0.3)


def test_runs_without_a_common_model_are_refused(tmp_path):
    sides = [
        run(tmp_path / name, [one("a b", (1, 0), model=model) for model in models])
        for name, models in (("a", ("x", "y")), ("b", ("z", "w")))
    ]
    with pytest.raises(ResultsError, match="no model in common: base has x, y, head has z, w"):
        compare(*sides)


def test_a_method_is_asked_for_by_name(tmp_path):
    def both(scores, relevance):
        header, arrays = one("a b c", scores)
        settings = header.settings | {"attention_relevance": {}}
        arrays["attention_relevance/POSITIVE"] = fakes.np.array([0, *relevance, 0], dtype="f4")
        return header.model_copy(update={"settings": settings}), arrays

    jobs = [both((1, 2, 3), (1, 0, 0))], [both((1, 2, 3.001), (0, 0, 1))]
    assert only(compared(tmp_path / "a", *jobs)).share_moved < FLOOR
    found = only(compared(tmp_path / "b", *jobs, method="attention_relevance"))
    assert found.share_moved == pytest.approx(1)


@pytest.mark.parametrize(
    ("method", "message"),
    [("attention", "no score per word"), ("alti", "this run has no alti")],
)
def test_a_method_that_cannot_be_compared_by_is_refused(tmp_path, method, message):
    jobs = [one("a b c", (1, 2, 3))]
    with pytest.raises(ResultsError, match=message) as caught:
        compared(tmp_path, jobs, jobs, method=method)
    assert "both runs have integrated_gradients" in caught.value.hint


def test_the_data_holds_the_same_numbers_and_is_the_same_each_time(tmp_path):
    comparison = showcase(tmp_path)
    data = comparison_data(comparison)
    (model,) = data["models"]
    assert model["counts"] == {
        "inputs": 5,
        "predictions_changed": 2,
        "right_to_wrong": 1,
        "wrong_to_right": 1,
        "no_longer_explained": 1,
        "explanations_compared": 4,
        "explanations_changed": 3,
        "new": 1,
        "gone": 1,
    }
    first = model["inputs"][0]
    assert first["fields"] == {"text": TEXTS[1]}
    assert first["prediction_before"] == {"label": "POSITIVE", "probability": 0.9, "correct": True}
    assert first["prediction_after"] == {"label": "NEGATIVE", "probability": 0.9, "correct": False}
    assert first["share_moved"] == pytest.approx(0.5)
    assert model["inputs"][2]["not_compared"] == "only one side could be explained"
    written = [
        render_comparison(compare(*(reportgen.load(tmp_path / n) for n in ("base", "head"))), out)
        for out in (tmp_path / "x", tmp_path / "y")
    ]
    texts = [(file.path.parent / "compare.json").read_bytes() for file in written]
    assert texts[0] == texts[1]
    assert json.loads(texts[0]) == json.loads(json.dumps(data))


def test_folders_can_be_given_instead_of_results(tmp_path):
    jobs = [one("a b c", (1, 2, 3))]
    run(tmp_path / "a", jobs)
    found = reportgen.compare(tmp_path / "a", str(tmp_path / "a"))
    assert not only(found).changed


REVIEWS = ("This movie was not bad at all.", "A warm and funny film.", "Dull, and far too long.")


def test_the_same_model_with_other_steps_and_another_seed_did_not_change(tmp_path):
    def build(name, seed, **settings):
        spec = {
            "seed": seed,
            "models": [{"id": "v1", "path": str(folder("examples") / "models/sentiment")}],
            "inputs": [{"text": text} for text in REVIEWS],
            "methods": [{"integrated_gradients": settings}],
        }
        return reportgen.run(spec, out=tmp_path / name)

    (model,) = compare(build("a", 1), build("b", 2, steps=24)).models
    assert [change.changed for change in model.changes] == [False] * 3
    assert all(0 < change.share_moved < change.threshold for change in model.changes)
    assert {one.what for one in model.differences} == {"seed", "integrated_gradients: steps"}


def test_each_broken_expectation_is_paired_with_its_own(tmp_path):
    """Not only the gravest of an input: two limits of one check, and two equal inputs."""
    groups = {0: "g", 1: "g"}
    check = {"invariance": {"max_probability_change": 0.1, "max_share_moved": 0.1}}

    def pair(p, scores):
        other = one("she is good", scores, 1)
        label = other[0].prediction.model_copy(update={"probability": p})
        changed = other[0].model_copy(update={"prediction": label})
        return [one("he is good", (0.1, 0.3, 0.6)), (changed, other[1])]

    same, one_minus_rho = pair(0.9, (0.1, 0.3, 0.6)), pair(0.6, (0.6, 0.3, 0.1))
    found = compared(tmp_path, same, one_minus_rho, checks=[check], groups=groups)
    assert [(t.before.status, t.after.status, t.after.what[:11]) for t in found.turned] == [
        ("passed", "failed", "change of t"),
        ("passed", "failed", "attribution"),
    ]
    twice = [one("a b c", (1, 2, 3), n) for n in (0, 1)]
    wrong = [one("a b c", (1, 2, 3), n, label="NEGATIVE") for n in (0, 1)]
    check = {"prediction": {"equals": "POSITIVE"}}
    found = compared(tmp_path / "twice", twice, wrong, checks=[check])
    assert [(t.before.status, t.after.status) for t in found.turned] == [("passed", "failed")] * 2


def test_a_check_that_found_its_inputs_is_not_gone(tmp_path):
    check = {"attribution_share": {"words": ["updated"], "max": 0.9}}
    before = [one("a bad film", (1, 2, 3))]
    after = [*before, one("updated film again", (1, 0, 2, 3), 1)]
    found = compared(tmp_path, before, after, checks=[check])
    assert [outcome.status for outcome in found.checks] == ["skipped", "passed"]
    assert found.turned == ()


def test_labels_of_single_tokens_are_compared_beyond_what_is_shown(tmp_path):
    names = [f"N{i}" for i in range(10)]
    header, arrays = fakes.labelled(" ".join(names), dict.fromkeys(names, "PER"))
    steps = tuple(
        step.model_copy(update={"label": "LOC", "scores": ()}) if step.text == "N9" else step
        for step in header.prediction.steps
    )
    other = header.prediction.model_copy(update={"steps": steps})
    assert other.label == header.prediction.label
    after = header.model_copy(update={"prediction": other, "job": "9" * 32})
    assert only(compared(tmp_path, [(header, arrays)], [(after, arrays)])).flipped


def test_what_a_model_would_have_said_instead_of_a_given_text_is_compared(tmp_path):
    header, arrays = fakes.continued("The sky is", " blue")

    def choosing(label, job):
        steps = tuple(
            step.model_copy(
                update={"scores": (step.scores[0].model_copy(update={"label": label}),)}
            )
            for step in header.prediction.steps
        )
        given = header.prediction.model_copy(update={"steps": steps})
        return header.model_copy(update={"prediction": given, "job": job * 32}), arrays

    assert only(compared(tmp_path, [choosing(" blue", "1")], [choosing(" green", "2")])).flipped


def test_explanations_that_cannot_be_compared_are_told(tmp_path):
    other = {"settings": fakes.SETTINGS | {"integrated_gradients": PATH | {"baseline": "mask"}}}
    found = compared(tmp_path, [one("a b c", (1, 2, 3))], [one("a b c", (1, 2, 3), **other)])
    assert only(found).beyond
    assert not only(found).drifted
