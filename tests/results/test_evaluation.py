"""The spec's checks, judged from stored results: what passes, warns, fails, skips and errs."""

from __future__ import annotations

import pytest

import fakes
from fake_games import SHOWN, removal, with_removals
from reportgen.errors import ResultsError
from reportgen.results.checks.evaluation import by_check, evaluate_checks, placed_checks
from reportgen.results.model import Agreement, Failure, Prediction, Score, Span, Target
from reportgen.results.removal import RemovalOutcome as Said
from reportgen.results.segmentation import find_words
from reportgen.results.tables import Results

HE = ("He is good", (0.1, 0.3, 0.6))
SHE = ("She is good", (0.1, 0.3, 0.6))


def said(label: str, p: float = 0.9, **changes) -> Prediction:
    other = "NEGATIVE" if label == "POSITIVE" else "POSITIVE"
    scores = (
        Score(label=label, logit=1.0, probability=p),
        Score(label=other, logit=-1.0, probability=1 - p),
    )
    return Prediction(
        kind="single-label", label=label, labels=(label,), probability=p, scores=scores, **changes
    )


def one(text=HE[0], scores=HE[1], number=0, model="fake", **changes):
    """A classified input; ``number`` is its position."""
    job = fakes.job_id(number, model)
    return fakes.scored(text, scores, job, position=number, model=model, **changes)


def judged(folder, jobs, *checks, base=None, **run):
    """Return the outcomes of ``checks`` over ``jobs``."""
    results = Results(fakes.checked_run(folder / "run", jobs, checks, **run))
    before = Results(fakes.checked_run(folder / "base", base)) if base is not None else None
    return evaluate_checks(results, before)


def statuses(outcomes) -> list[str]:
    return [outcome.status for outcome in outcomes]


CASES = [
    ({"prediction": {"equals": "POSITIVE"}}, "passed", "POSITIVE"),
    ({"prediction": {"equals": " positive"}}, "passed", "POSITIVE"),
    ({"prediction": {"equals": "NEGATIVE"}}, "failed", "POSITIVE"),
    ({"prediction": {"equals": "NEGATIVE", "severity": "warn"}}, "warning", "POSITIVE"),
    ({"prediction": {"one_of": ["NEUTRAL", "POSITIVE"]}}, "passed", "POSITIVE"),
    ({"prediction": {"one_of": ["NEUTRAL", "NEGATIVE"]}}, "failed", "POSITIVE"),
    ({"probability": {"min": 0.9}}, "passed", 0.9),
    ({"probability": {"min": 0.91}}, "failed", 0.9),
    ({"probability": {"max": 0.9}}, "passed", 0.9),
    ({"probability": {"max": 0.89}}, "failed", 0.9),
    ({"probability": {"of": "NEGATIVE", "max": 0.2}}, "passed", pytest.approx(0.1)),
    ({"convergence": {"max": 0.01}}, "passed", 0.002),
    ({"convergence": {"max": 0.001}}, "failed", 0.002),
    ({"attribution_share": {"words": ["he"], "max": 0.1}}, "passed", pytest.approx(0.1)),
    ({"attribution_share": {"words": ["he", "GOOD"], "max": 0.6}}, "failed", pytest.approx(0.7)),
    ({"attribution_share": {"words": ["good!"], "min": 0.5}}, "passed", pytest.approx(0.6)),
    ({"attribution_share": {"words": ["good"], "min": 0.7}}, "failed", pytest.approx(0.6)),
    ({"top_words": {"k": 2, "contain": ["good", "is"]}}, "passed", ("good", "is")),
    ({"top_words": {"k": 1, "contain": ["is"]}}, "failed", ("good",)),
    ({"top_words": {"k": 2, "contain": ["good", "He"]}}, "failed", ("good", "is")),
    ({"top_words": {"k": 2, "exclude": ["He"]}}, "passed", ("good", "is")),
    ({"top_words": {"k": 3, "exclude": ["He"]}}, "failed", ("good", "is", "He")),
    ({"rank_correlation": {"between": ["attention", "vector_norms"], "min": -1}}, "passed", None),
]


@pytest.mark.parametrize(("check", "status", "found"), CASES)
def test_a_check_is_judged(tmp_path, check, status, found):
    (outcome,) = judged(tmp_path, [one()], check)
    assert outcome.status == status
    assert outcome.breaks == (status == "failed")
    if found is not None:
        assert outcome.found == found
    assert (outcome.models, outcome.inputs) == (("fake",), (0,))
    assert outcome.content == (("sequence-classification", (("text", HE[0]),)),)
    assert outcome.what
    assert outcome.relation
    assert not outcome.note


def test_both_limits_are_two_outcomes(tmp_path):
    check = {"attribution_share": {"words": ["he"], "min": 0.05, "max": 0.08}}
    low, high = judged(tmp_path, [one()], check)
    assert (low.relation, low.expected, low.status) == ("is at least", 0.05, "passed")
    assert (high.relation, high.expected, high.status) == ("is at most", 0.08, "failed")
    assert low.unit == high.unit == "of the attribution"


def test_words_without_a_share_are_never_among_the_top(tmp_path):
    check = {"top_words": {"k": 3, "exclude": ["he"]}}
    (outcome,) = judged(tmp_path, [one(scores=(0, 0.3, 0.6))], check)
    assert (outcome.status, outcome.found) == ("passed", ("good", "is"))


def test_scores_against_an_output_count_by_size(tmp_path):
    check = {"attribution_share": {"words": ["good"], "max": 0.5}}
    (outcome,) = judged(tmp_path, [one(scores=(0.1, 0.3, -0.6))], check)
    assert outcome.found == pytest.approx(0.6)


def test_the_full_stop_behind_a_word_has_a_share_of_its_own(tmp_path):
    header, arrays = fakes.scored("He is in Berlin .", (0, 0, 0, 0.1, 0.9))
    text, stop = "He is in Berlin.", header.tokens[5]
    tokens = (
        *header.tokens[:5],
        stop.model_copy(update={"start": 15, "end": 16}),
        header.tokens[6],
    )
    words = find_words(tokens, {"text": text})
    header = header.model_copy(update={"fields": {"text": text}, "tokens": tokens, "words": words})
    checks = (
        {"attribution_share": {"words": ["Berlin."], "max": 0.2}},
        {"top_words": {"k": 1, "exclude": ["berlin"]}},
        {"top_words": {"k": 1, "contain": ["."]}},
    )
    found = [one for check in checks for one in judged(tmp_path, [(header, arrays)], check)]
    assert [one.status for one in found] == ["passed"] * 3
    assert [one.found for one in found] == [pytest.approx(0.1), (".",), (".",)]


def test_a_word_is_all_its_tokens_and_all_its_places(tmp_path):
    job = fakes.classified("wonderful, he said: wonderful!")
    job[1]["integrated_gradients/POSITIVE"][:] = 0
    job[1]["integrated_gradients/POSITIVE"][[1, 2, 3, 6]] = (1, 1, 1, 3)
    check = {"attribution_share": {"words": ["Wonderful"], "min": 0.1}}
    (outcome,) = judged(tmp_path, [job], check)
    names = [token.text for token in job[0].tokens]
    assert names[1:3] == ["wonder", "ful,"]
    whole = {1, 2} | {i for i, token in enumerate(job[0].tokens) if token.word == 3}
    sizes = job[1]["integrated_gradients/POSITIVE"]
    assert outcome.found == pytest.approx(sizes[sorted(whole)].sum() / sizes.sum())


@pytest.mark.parametrize(
    ("correct", "expected", "status"),
    [(True, "POSITIVE", "passed"), (False, "NEGATIVE", "failed")],
)
def test_expect_stands_for_what_an_input_expects(tmp_path, correct, expected, status):
    prediction = said("POSITIVE", correct=correct, expected=expected)
    first, second = judged(
        tmp_path,
        [one(prediction=prediction)],
        {"prediction": {"equals": "expect"}},
        {"probability": {"of": "expect", "min": 0.5}},
    )
    assert first.status == second.status == status
    assert (first.expected, first.found) == (expected, "POSITIVE")
    assert second.what == f"probability of {expected}"


def test_the_probability_of_an_answer_is_known(tmp_path):
    span = {"start": 1, "end": 1, "char_start": 0, "char_end": 0}
    spans = (
        Span(text="a rock", probability=0.7, **span),
        Span(text="the sea", probability=0.2, **span),
    )
    prediction = Prediction(kind="span", label="a rock", probability=0.7, spans=spans)
    check = {"probability": {"of": "The sea", "max": 0.25}}
    (outcome,) = judged(tmp_path, [one(prediction=prediction)], check)
    assert (outcome.status, outcome.found) == ("passed", 0.2)


SKIPS = [
    ({"prediction": {"equals": "expect"}}, "nothing is expected of this input"),
    ({"probability": {"of": "expect", "min": 0.1}}, "nothing is expected of this input"),
    ({"probability": {"of": "NEUTRAL", "min": 0.1}}, "the model gives no probability of NEUTRAL"),
    ({"attribution_share": {"words": ["zebra"], "max": 0.1}}, "none of these words is in the text"),
    ({"top_words": {"contain": ["zebra"]}}, "none of these words is in the text: zebra"),
    ({"top_words": {"contain": ["he"], "method": "alti"}}, "alti gives no score per word"),
    (
        {"attribution_share": {"words": ["he"], "max": 1, "method": "alti"}},
        "alti gives no score per word",
    ),
    ({"rank_correlation": {"between": ["alti", "globenc"], "min": 0}}, "no scores of the same"),
]


@pytest.mark.parametrize(("check", "why"), SKIPS)
@pytest.mark.parametrize("severity", ["fail", "warn"])
def test_what_judges_nothing_fails_loudly(tmp_path, check, why, severity):
    ((name, settings),) = check.items()
    jobs = [one(), one(number=1)]
    (outcome,) = judged(tmp_path, jobs, {name: settings | {"severity": severity}})
    assert outcome.status == "failed"
    assert outcome.note.startswith("nothing could be judged: ")
    assert why in outcome.note
    assert outcome.note.endswith("(2 times)")
    assert (outcome.models, outcome.inputs) == ((), ())


def test_an_input_that_a_check_does_not_fit_is_skipped(tmp_path):
    outcomes = judged(
        tmp_path,
        [one(), one("It is bad", number=1)],
        {"attribution_share": {"words": ["he", "she"], "max": 0.1}},
    )
    assert statuses(outcomes) == ["passed", "skipped"]
    assert outcomes[1].note == "none of these words is in the text: he, she"
    assert not any(outcome.breaks for outcome in outcomes)


def test_a_check_that_matches_no_input_fails(tmp_path):
    (outcome,) = judged(
        tmp_path,
        [one()],
        {"prediction": {"equals": "POSITIVE", "models": ["other"], "severity": "warn"}},
    )
    assert outcome.status == "failed"
    assert outcome.note == "nothing could be judged: it matched no input"


def test_an_input_without_a_result_is_an_error(tmp_path):
    outcomes = judged(
        tmp_path,
        [one(), fakes.failed(position=1)],
        {"prediction": {"equals": "POSITIVE", "severity": "warn"}},
        {"convergence": {"max": 0.1}},
    )
    assert statuses(outcomes) == ["passed", "error"] * 2
    assert outcomes[1].note == "the input could not be explained: the text is empty"
    assert outcomes[1].breaks


def test_convergence_is_that_of_the_worst_path(tmp_path):
    rows = (
        fakes.path_check("integrated_gradients", "POSITIVE", gap=0.01),
        fakes.path_check("sub_embeddings", "POSITIVE", gap=0.2),
    )
    (outcome,) = judged(tmp_path, [one(convergence=rows)], {"convergence": {"max": 0.1}})
    assert (outcome.status, outcome.found) == ("failed", 0.2)
    assert "sub embeddings" in outcome.what
    nothing = judged(tmp_path / "none", [one(convergence=())], {"convergence": {"max": 0.1}})
    assert statuses(nothing) == ["failed"]
    assert "nothing was integrated along a path" in nothing[0].note


def test_a_jump_that_was_not_resolved_fails_however_small_the_gap(tmp_path):
    rows = (
        fakes.path_check("integrated_gradients", "POSITIVE", gap=0.000467, converged=False),
        fakes.path_check("sub_embeddings", "POSITIVE", gap=0.002),
    )
    (outcome,) = judged(tmp_path, [one(convergence=rows)], {"convergence": {"max": 0.1}})
    assert (outcome.status, outcome.found) == ("failed", 0.002)
    assert outcome.note == ("a jump on the path was not resolved (integrated gradients, POSITIVE)")


def test_a_check_may_allow_more_than_the_run_did_but_says_so(tmp_path):
    rows = (fakes.path_check("integrated_gradients", "POSITIVE", gap=0.03, converged=False),)
    (outcome,) = judged(tmp_path, [one(convergence=rows)], {"convergence": {"max": 0.05}})
    assert outcome.status == "passed"
    assert outcome.note == "not converged: the run's own tolerance is 0.01"


def test_rank_correlation_is_the_mean_over_layers_of_each_output(tmp_path):
    rows = tuple(
        Agreement(
            target="POSITIVE",
            layer=layer,
            method_a="integrated_gradients",
            method_b="attention",
            measure=measure,
            value=value,
        )
        for measure, values in {"spearman": (0.2, None, 0.6), "kendall": (1, 1, 1)}.items()
        for layer, value in enumerate(values)
    )
    check = {"rank_correlation": {"between": ["attention", "integrated_gradients"], "min": 0.4}}
    (outcome,) = judged(tmp_path, [one(agreement=rows)], check)
    assert outcome.found == pytest.approx(0.4)
    assert outcome.unit == "Spearman's rank correlation"


def test_methods_with_a_score_per_token_are_ranked_by_size(tmp_path):
    header, arrays = one("He is good now", (-0.4, 0.1, 0.3, 0.2), agreement=())
    arrays["alti/POSITIVE"] = arrays["integrated_gradients/POSITIVE"].clip(0)
    arrays["alti/POSITIVE"][1] = 0.4
    arrays["integrated_gradients/POSITIVE"][[0, -1]] = 9, -5  # special tokens have no say
    between = {"between": ["integrated_gradients", "alti"], "min": 0.99}
    (outcome,) = judged(tmp_path, [(header, arrays)], {"rank_correlation": between})
    assert (outcome.status, outcome.found) == ("passed", pytest.approx(1))


def test_a_check_looks_only_at_its_models_and_its_group(tmp_path):
    jobs = [one(number=n, model=m) for m in ("v1", "v2") for n in (0, 1, 2)]
    groups = {0: "doctor", 1: "doctor", 2: "nurse"}
    by_model, by_group, both = (
        {"prediction": {"equals": "POSITIVE"} | scope}
        for scope in ({"models": ["v2"]}, {"group": "nurse"}, {"models": ["v1"], "group": "nurse"})
    )
    outcomes = judged(tmp_path, jobs, by_model, by_group, both, groups=groups)
    seen = [(outcome.place, *outcome.models, *outcome.inputs) for outcome in outcomes]
    assert seen == [
        *(("checks[0]", "v2", n) for n in (0, 1, 2)),
        *(("checks[1]", model, 2) for model in ("v1", "v2")),
        ("checks[2]", "v1", 2),
    ]


def test_a_check_beside_an_input_is_about_this_input(tmp_path):
    inputs = [{}, {"checks": [{"prediction": {"equals": "NEGATIVE"}}]}, {"checks": None}]
    places = {"inputs[1].checks[0]": "audit.yaml:9:20 inputs[1].checks[0]"}
    run = {"inputs": inputs, "places": places}
    outcomes = judged(
        tmp_path, [one(number=n) for n in (0, 1, 2)], {"convergence": {"max": 1}}, **run
    )
    assert [outcome.inputs for outcome in outcomes] == [(0,), (1,), (2,), (1,)]
    own = outcomes[-1]
    assert (own.place, own.where) == (*places, *places.values())
    assert own.status == "failed"
    manifest = Results(tmp_path / "run").manifest
    assert [check.entry for check in placed_checks(manifest)] == [None, 1]
    assert [check.where for check in by_check(manifest, outcomes)] == [
        "checks[0]",
        "audit.yaml:9:20",
    ]
    # of some outcomes, as a model card has them, only the checks that these are of
    assert [check.where for check in by_check(manifest, [own])] == ["audit.yaml:9:20"]


UNCHANGED = {"prediction": {"unchanged": True}}


def test_without_a_base_run_nothing_is_known_to_be_unchanged(tmp_path):
    (outcome,) = judged(tmp_path, [one()], UNCHANGED)
    assert (outcome.status, outcome.note) == ("skipped", "there is no base run to compare with")
    assert not outcome.breaks


def test_what_needs_no_base_run_is_judged_all_the_same(tmp_path):
    both = {"prediction": {"unchanged": True, "equals": "NEGATIVE"}}
    assert statuses(judged(tmp_path, [one()], both)) == ["skipped", "failed"]


def test_predictions_are_compared_with_those_of_the_same_text(tmp_path):
    base = [
        one("He is bad", number=0, prediction=said("NEGATIVE")),
        one("He is good", number=1),
        one("He was here", number=2),
    ]
    head = [
        one("He is good", number=0),
        one("He is bad", number=1),
        one("He is new", number=2),
    ]
    outcomes = judged(tmp_path, head, UNCHANGED, base=base)
    assert statuses(outcomes) == ["passed", "failed", "skipped"]
    assert (outcomes[1].expected, outcomes[1].found) == ("NEGATIVE", "POSITIVE")
    assert outcomes[2].note == "the base run has no prediction of this input"


def test_the_only_models_of_two_runs_are_compared_whatever_their_ids(tmp_path):
    outcomes = judged(tmp_path, [one(model="new")], UNCHANGED, base=[one(model="old")])
    assert statuses(outcomes) == ["passed"]


GROUP = {0: "doctor", 1: "doctor"}


def test_alike_inputs_are_the_same_for_the_same_reasons(tmp_path):
    check = {"invariance": {"max_probability_change": 0.05, "max_share_moved": 0.2}}
    jobs = [one(*HE), one(*SHE, number=1, prediction=said("POSITIVE", 0.8))]
    prediction, change, moved = judged(tmp_path, jobs, check, groups=GROUP)
    assert (prediction.status, prediction.found) == ("passed", "POSITIVE")
    assert (change.status, change.found) == ("failed", pytest.approx(0.1))
    assert (moved.status, moved.found) == ("passed", pytest.approx(0, abs=1e-6))
    assert prediction.inputs == change.inputs == moved.inputs == (0, 1)


def test_he_is_compared_with_she(tmp_path):
    jobs = [one(*HE), one("She is good", (0.3, 0.1, 0.6), number=1)]
    check = {"invariance": {"max_share_moved": 0.1}}
    _, moved = judged(tmp_path, jobs, check, groups=GROUP)
    assert (moved.status, moved.found) == ("failed", pytest.approx(0.2))


def test_another_prediction_breaks_invariance(tmp_path):
    jobs = [one(), one(*SHE, number=1, prediction=said("NEGATIVE"))]
    check = {"invariance": {"max_probability_change": 0.5, "severity": "warn"}}
    prediction, change = judged(tmp_path, jobs, check, groups=GROUP)
    assert prediction.status == "warning"
    assert (prediction.expected, prediction.found) == ("POSITIVE", "NEGATIVE")
    # Both are probabilities of the first one's label.
    assert change.found == pytest.approx(0.8)


def test_each_model_and_group_is_compared_with_its_first_input(tmp_path):
    jobs = [one(number=n, model=m) for m in ("v1", "v2") for n in range(5)]
    groups = {0: "a", 1: "b", 2: "a", 3: "b", 4: "a"}
    outcomes = judged(tmp_path, jobs, {"invariance": {}}, groups=groups)
    pairs = [(0, 2), (0, 4), (1, 3)]
    assert [(o.models, o.inputs) for o in outcomes] == [
        ((m,), p) for m in ("v1", "v2") for p in pairs
    ]


def test_a_group_of_one_is_nothing_to_compare(tmp_path):
    (outcome,) = judged(tmp_path, [one()], {"invariance": {}}, groups={0: "doctor"})
    assert (outcome.status, "one input only" in outcome.note) == ("failed", True)
    (outcome,) = judged(tmp_path / "none", [one()], {"invariance": {}})
    assert outcome.note == "nothing could be judged: it matched no input"


def test_alike_inputs_of_which_one_failed_are_an_error(tmp_path):
    outcomes = judged(tmp_path, [one(), fakes.failed(position=1)], {"invariance": {}}, groups=GROUP)
    assert statuses(outcomes) == ["error"]
    assert outcomes[0].inputs == (1,)


def test_alike_inputs_are_compared_with_the_first_that_was_explained(tmp_path):
    jobs = [fakes.failed(position=0), one(number=1), one(number=2)]
    groups = dict.fromkeys(range(3), "g")
    outcomes = judged(tmp_path, jobs, {"invariance": {}}, groups=groups)
    assert [(o.status, o.inputs) for o in outcomes] == [("error", (0,)), ("passed", (1, 2))]


def agreement(least: float) -> dict:
    return {"model_agreement": {"models": ["v1", "v2"], "min": least}}


@pytest.mark.parametrize(("least", "status"), [(0.75, "passed"), (0.8, "failed")])
def test_models_agree_on_the_inputs_that_both_read(tmp_path, least, status):
    jobs = [one(number=n, model="v1") for n in range(5)]
    jobs += [one(number=n, model="v2") for n in range(3)]
    jobs += [one(number=3, model="v2", prediction=said("NEGATIVE"))]
    (outcome,) = judged(tmp_path, jobs, agreement(least))
    assert (outcome.status, outcome.found) == (status, 0.75)
    assert (outcome.models, outcome.inputs) == (("v1", "v2"), (3,))
    assert outcome.unit == "of the inputs"


def test_models_that_share_no_input_cannot_agree(tmp_path):
    jobs = [one(number=0, model="v1"), one(number=1, model="v2")]
    (outcome,) = judged(tmp_path, jobs, agreement(0.5))
    assert (outcome.status, outcome.note) == (
        "failed",
        "nothing could be judged: v1 and v2 share no input that both explained",
    )


def test_the_rule_tells_checks_apart_but_not_by_severity(tmp_path):
    rules = [
        judged(tmp_path / str(n), [one(model="v1"), one(model="v2")], check)[0].rule
        for n, check in enumerate(
            (
                {"convergence": {"max": 0.1}},
                {"convergence": {"max": 0.1, "severity": "warn", "models": ["v1"]}},
                {"convergence": {"max": 0.2}},
                {"model_agreement": {"models": ["v1", "v2"], "min": 0.1}},
                {"model_agreement": {"models": ["v2", "v1"], "min": 0.1}},
            )
        )
    ]
    assert rules[0] == rules[1]
    assert len(set(rules)) == 4


def test_the_status_of_a_check_is_the_gravest_of_what_was_judged(tmp_path):
    jobs = [one(), one("It is bad", number=1), fakes.failed(position=2)]
    checks = [
        {"attribution_share": {"words": ["he"], "max": 0.2}},
        {"prediction": {"equals": "NEGATIVE", "severity": "warn"}},
        UNCHANGED,
    ]
    outcomes = judged(tmp_path, jobs[:2], *checks)
    manifest = Results(tmp_path / "run").manifest
    assert statuses(by_check(manifest, outcomes)) == ["passed", "warning", "skipped"]
    outcomes = judged(tmp_path / "failed", jobs, *checks)
    assert statuses(by_check(manifest, outcomes)) == ["error", "error", "skipped"]


def test_a_run_without_checks_has_no_outcome(tmp_path):
    assert judged(tmp_path, [one()]) == ()


def test_a_share_of_agreement_is_exact_at_its_limit(tmp_path):
    jobs = [one(number=n, model="v1") for n in range(5)]
    labels = ["POSITIVE", *["NEGATIVE"] * 4]
    jobs += [one(number=n, model="v2", prediction=said(labels[n])) for n in range(5)]
    assert statuses(judged(tmp_path, jobs, agreement(0.2))) == ["passed"]


def test_models_agree_on_nothing_that_one_could_not_explain(tmp_path):
    jobs = [one(number=n, model="v1") for n in range(3)]
    jobs += [one(number=0, model="v2"), *(fakes.failed(position=n) for n in (1, 2))]
    jobs[4:] = [
        (h.model_copy(update={"model": "v2", "job": f"{n}".ljust(32, "e")}), a)
        for n, (h, a) in enumerate(jobs[4:])
    ]
    outcomes = judged(tmp_path, jobs, agreement(0.9))
    assert statuses(outcomes) == ["error", "error", "passed"]


def test_words_without_any_share_are_not_judged(tmp_path):
    nothing = one(scores=(0.0,) * len(HE[1]))
    for check in (
        {"attribution_share": {"words": ["he"], "max": 0.1}},
        {"top_words": {"exclude": ["he"]}},
    ):
        (outcome,) = judged(tmp_path / next(iter(check)), [nothing], check)
        assert outcome.status == "failed"
        assert "gives no score per word" in outcome.note


def test_punctuation_is_a_word_of_its_own_and_letters_have_one_form(tmp_path):
    job = one("good - cafe\u0301", (0.6, 0.3, 0.1))
    smile, dash, coffee = judged(
        tmp_path,
        [job],
        {"attribution_share": {"words": [":)", "good"], "max": 0.7}},
        {"attribution_share": {"words": ["-"], "max": 0.2}},
        {"attribution_share": {"words": ["caf\u00e9"], "max": 0.05}},
    )
    assert (smile.status, smile.found) == ("passed", pytest.approx(0.6))
    assert (dash.status, dash.found) == ("failed", pytest.approx(0.3))
    assert (coffee.status, coffee.found) == ("failed", pytest.approx(0.1))


def test_numbers_are_not_compared_as_texts(tmp_path):
    number = Prediction(kind="regression", label="3.20")
    other = Prediction(kind="regression", label="3.21")
    (unchanged,) = judged(
        tmp_path,
        [one(prediction=number)],
        {"prediction": {"unchanged": True}},
        base=[one(prediction=other)],
    )
    assert "numbers, which are not compared" in unchanged.note


def test_a_check_of_a_later_version_is_refused_with_what_to_do(tmp_path):
    run = fakes.checked_run(tmp_path, [one()], [{"prediction": {"equals": "POSITIVE"}}])
    store = Results(run).store
    manifest = store.read_manifest()
    spec = manifest.spec | {"checks": [{"from_later": {}}]}
    store.write_manifest(manifest.model_copy(update={"spec": spec}))
    with pytest.raises(ResultsError, match="cannot read") as caught:
        evaluate_checks(Results(run))
    assert "upgrade" in caught.value.hint


FAILED = {"integrated_gradients": Failure(kind="InputError", message="gradients overflow")}


@pytest.mark.parametrize(
    ("check", "status"),
    [
        ({"top_words": {"k": 1, "contain": ["good"]}}, "error"),
        ({"convergence": {"max": 1}}, "error"),
        ({"prediction": {"one_of": ["POSITIVE"]}}, "passed"),
    ],
)
def test_what_a_method_that_failed_leaves_open_is_an_error(tmp_path, check, status):
    header, arrays = one()
    left = {name: array for name, array in arrays.items() if not name.startswith("integrated")}
    header = header.model_copy(update={"failed": FAILED, "convergence": ()})
    (outcome,) = judged(tmp_path, [(header, left)], check)
    assert outcome.status == status
    if status == "error":
        assert outcome.note == "integrated gradients could not be computed: gradients overflow"


def test_a_check_beside_an_input_is_about_it_alone_whatever_rows_come_before(tmp_path):
    jobs = [one(number=n) for n in range(3)]
    inputs = [
        {"file": "two-rows.csv", "text": "t"},
        {"text": "a", "checks": [{"prediction": {"equals": "POSITIVE"}}]},
    ]
    folder = fakes.checked_run(tmp_path, jobs, inputs=inputs, rows=(0, 0, 1))
    (outcome,) = evaluate_checks(Results(folder))
    assert outcome.inputs == (2,)


def shown(**values):
    """An input whose explanations show so much of what removing words could show."""
    header, arrays = one()
    return with_removals((header, arrays), removal(header, SHOWN | values))


@pytest.mark.parametrize(
    ("settings", "status", "what", "found"),
    [
        ({"min": 0.7}, "passed", "faithfulness of integrated gradients (POSITIVE)", 0.7),
        ({"min": 0.71}, "failed", "faithfulness of integrated gradients (POSITIVE)", 0.7),
        (
            {"above_random": 0.35},
            "passed",
            "faithfulness of integrated gradients above random orders (POSITIVE)",
            0.4,
        ),
        (
            {"above_random": 0.1, "method": "attention"},
            "passed",
            "faithfulness of attention above random orders (POSITIVE)",
            0.1,
        ),
        (
            {"above_random": 0.2, "method": "attention"},
            "failed",
            "faithfulness of attention above random orders (POSITIVE)",
            0.1,
        ),
    ],
)
def test_how_faithful_a_method_is_is_judged(tmp_path, settings, status, what, found):
    (outcome,) = judged(tmp_path, [shown(random=0.3)], {"faithfulness": settings})
    assert (outcome.status, outcome.what) == (status, what)
    assert outcome.found == pytest.approx(found)
    assert outcome.unit == "of what removing words could show"


def two_outputs():
    header, arrays = one()
    other = Target(name="NEGATIVE", index=0, read_at=(0,))
    return header.model_copy(update={"targets": (*header.targets, other)}), arrays


def test_a_method_is_judged_with_the_operator_that_leads_and_by_output(tmp_path):
    header, arrays = two_outputs()
    games = [
        removal(header, {"integrated_gradients": 0.5}, target="POSITIVE"),
        removal(header, {"integrated_gradients": 0.9}, target="POSITIVE", operator="delete"),
        removal(header, {"integrated_gradients": 0.8}, target="NEGATIVE"),
    ]
    pair = with_removals((header, arrays), *games)
    outcomes = judged(tmp_path, [pair], {"faithfulness": {"min": 0.6}})
    assert [one.found for one in outcomes] == [0.5, 0.8]
    assert statuses(outcomes) == ["failed", "passed"]


def without(text: str = HE[0], label: str = "NEGATIVE", removed=(0,), **changes):
    """An input, and what the model says where units of it are removed."""
    header, arrays = one(text=text, scores=[0.1] * len(text.split()))
    turned = label != header.prediction.label
    asked = [Said(removed=removed, turned=turned, label=label, probability=0.62, output=0.4)]
    return with_removals((header, arrays), removal(header, asked=asked, **changes))


@pytest.mark.parametrize(
    ("name", "label", "status"),
    [
        ("flips_without", "NEGATIVE", "passed"),
        ("flips_without", "POSITIVE", "failed"),
        ("stable_without", "NEGATIVE", "failed"),
        ("stable_without", "POSITIVE", "passed"),
    ],
)
def test_words_are_removed_and_the_prediction_turns_or_stays(tmp_path, name, label, status):
    check = {name: {"words": ["she", "HE"]}}
    (outcome,) = judged(tmp_path, [without(label=label)], check)
    assert (outcome.status, outcome.what) == (status, "prediction without He")
    assert (outcome.expected, outcome.found) == ("POSITIVE", label)
    assert outcome.relation == ("is not" if name == "flips_without" else "is")


def test_all_places_of_the_words_are_removed_together(tmp_path):
    pair = without(text="He said he is good", removed=(0, 2, 4))
    check = {"flips_without": {"words": ["he", "good"]}}
    (outcome,) = judged(tmp_path, [pair], check)
    assert (outcome.status, outcome.what) == ("passed", "prediction without He, good")


def test_where_sentences_are_removed_the_outcome_says_so(tmp_path):
    pair = without(granularity="sentence", units=((1, 4),))
    (outcome,) = judged(tmp_path, [pair], {"flips_without": {"words": ["good"]}})
    assert (outcome.status, outcome.note) == ("passed", "whole sentences were removed")


def test_each_explained_tag_is_judged(tmp_path):
    header, arrays = fakes.labelled("Ada met Bea", {"Ada": "B-PER", "Bea": "I-PER"})
    first, second = (target.name for target in header.targets)
    said = {"removed": (1,), "label": "B-PER", "probability": 0.9, "output": 0.9}
    games = [
        removal(header, target=name, asked=[Said(turned=name == second, **said)])
        for name in (first, second)
    ]
    pair = with_removals((header, arrays), *games)
    outcomes = judged(tmp_path, [pair], {"stable_without": {"words": ["met"]}})
    assert [(one.what, one.expected, one.found, one.status) for one in outcomes] == [
        (f"prediction without met ({first})", "B-PER", "B-PER", "passed"),
        (f"prediction without met ({second})", "I-PER", "B-PER", "failed"),
    ]


@pytest.mark.parametrize(("output", "ahead"), [(0.7, "POSITIVE"), (0.2, "NEGATIVE")])
def test_of_a_contrast_it_is_which_of_the_two_is_ahead(tmp_path, output, ahead):
    header, arrays = one(text=HE[0], scores=[0.1] * 3)
    target = Target(name="POSITIVE rather than NEGATIVE", index=1, rather_than=0, read_at=(0,))
    header = header.model_copy(update={"targets": (*header.targets, target)})
    asked = [Said(removed=(0,), turned=False, label=ahead, probability=output, output=output)]
    game = removal(header, target=target.name, asked=asked, output=output)
    pair = with_removals((header, arrays), game)
    (outcome,) = judged(tmp_path, [pair], {"stable_without": {"words": ["he"]}})
    assert (outcome.status, outcome.expected, outcome.found) == ("passed", ahead, ahead)


def test_a_written_text_turns_with_any_of_its_tokens(tmp_path):
    header, arrays = fakes.continued("The lighthouse stands on", " a rock")
    asked = [Said(removed=(1,), turned=True, label="the", probability=0.9, output=0.9)]
    pair = with_removals((header, arrays), removal(header, target=None, asked=asked))
    (outcome,) = judged(tmp_path, [pair], {"flips_without": {"words": ["lighthouse"]}})
    assert (outcome.status, outcome.expected, outcome.found) == ("passed", "a rock", "the")


def test_outputs_that_no_method_was_measured_by_are_left_out(tmp_path):
    header, arrays = two_outputs()
    games = [removal(header), removal(header, {}, target="NEGATIVE")]
    pair = with_removals((header, arrays), *games)
    (outcome,) = judged(tmp_path, [pair], {"faithfulness": {"min": 0.5}})
    assert outcome.status == "passed"


NOT_REMOVED = {
    "flips_without": ({"words": ["zebra"]}, "none of these words is in the text: zebra"),
    "stable_without": (
        {"words": ["good"]},
        "what the model says without good was not computed",
    ),
    "faithfulness": ({"min": 0.1, "method": "alti"}, "alti has no score per word that could be"),
}


@pytest.mark.parametrize("name", NOT_REMOVED)
def test_what_was_not_removed_or_measured_is_not_judged(tmp_path, name):
    settings, why = NOT_REMOVED[name]
    (outcome,) = judged(tmp_path, [without()], {name: settings})
    assert outcome.status == "failed"
    assert outcome.note.startswith(f"nothing could be judged: {why}")


def test_words_of_a_part_that_stays_are_not_judged(tmp_path):
    header, arrays = one()
    game = removal(header, units=((2, 3), (3, 4)))
    pair = with_removals((header, arrays), game)
    (outcome,) = judged(tmp_path, [pair], {"flips_without": {"words": ["he"]}})
    assert outcome.note == (
        "nothing could be judged: no word of this part of the input is removed: He"
    )


@pytest.mark.parametrize("name", ["faithfulness", "flips_without", "stable_without"])
def test_why_no_words_were_removed_is_told(tmp_path, name):
    header, arrays = one()
    check = {name: {"min": 0.1} if name == "faithfulness" else {"words": ["he"]}}
    (outcome,) = judged(tmp_path / "unasked", [(header, arrays)], check)
    asked = "no words were removed: faithfulness was not asked for of this input"
    assert outcome.note == f"nothing could be judged: {asked}"
    skipped = header.model_copy(update={"skipped": {"faithfulness": "there is one word only"}})
    (outcome,) = judged(tmp_path, [(skipped, arrays)], check)
    why = "no words were removed: there is one word only"
    assert outcome.note == f"nothing could be judged: {why}"


def test_where_all_orders_are_alike_nothing_is_judged(tmp_path):
    (outcome,) = judged(
        tmp_path, [shown(integrated_gradients=None)], {"faithfulness": {"above_random": 0.1}}
    )
    assert outcome.note == (
        "nothing could be judged: no order of removal differs from another (POSITIVE)"
    )


def test_a_measure_that_failed_is_an_error(tmp_path):
    header, arrays = one()
    failed = {"faithfulness": Failure(kind="MethodError", message="out of memory")}
    pair = header.model_copy(update={"failed": failed}), arrays
    (outcome,) = judged(tmp_path, [pair], {"stable_without": {"words": ["he"]}})
    assert (outcome.status, outcome.note) == (
        "error",
        "faithfulness could not be computed: out of memory",
    )
