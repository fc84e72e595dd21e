"""What the page says about a result follows from its numbers."""

from __future__ import annotations

import numpy as np
import pytest

import fakes
from reportgen.rendering.input.agreement import agreement
from reportgen.rendering.input.answer import notices
from reportgen.rendering.overview.method_cards import closing
from reportgen.rendering.predictions.bars import class_bars, number_bars
from reportgen.rendering.wording import sentences
from reportgen.results.model import Agreement, Prediction, Score, Target, Truncation, Word
from reportgen.results.review import review_reasons


@pytest.fixture
def result():
    return fakes.classified("Not a bad film, but hardly a great one.")[0]


def test_push_names_the_strongest_words_as_they_are_scored(result):
    """The tokenizer of this result has one token for ``one.``: what it covers is not divided."""
    scores = np.array([0.0, 0.01, 0.9, -0.5, 0, 0.4, 0, -0.3, 0.2])
    named = sentences.signed_contributions("POSITIVE", "lead", result.words, scores)
    assert named.towards == (("bad", "+0.900"), ("hardly", "+0.400"), ("one.", "+0.200"))
    assert named.against == (("film,", "−0.500"), ("great", "−0.300"))


def test_a_word_is_named_with_its_own_score_and_punctuation_as_itself():
    text = "She lives in Berlin.\n"
    pieces = ("She", "lives", "in", "Berlin", ".", "\n")
    starts = [text.index(piece) for piece in pieces]
    words = tuple(
        Word(text=piece, segment="text", start=at, end=at + len(piece), first=i, last=i + 1)
        for i, (piece, at) in enumerate(zip(pieces, starts, strict=True))
    )
    scores = np.array([0.1, 0.2, 0.3, 1.2, 10.67, -4.0])
    named = sentences.signed_contributions("B-LOC", "lead", words, scores)
    assert named.towards == (("“.”", "+10.7"), ("Berlin", "+1.20"))
    assert named.against == (("↵", "−4.00"),)
    sizes = sentences.largest_contributions("", "", words, np.abs(scores), "attention", "attention")
    assert sizes.towards == (("“.”", "10.7"), ("↵", "4.00"), ("Berlin", "1.20"))


def test_push_leaves_out_noise(result):
    scores = np.array([0.0, 0.05, 1.0, 0, 0, 0, 0, 0, -0.09])
    named = sentences.signed_contributions("POSITIVE", "lead", result.words, scores)
    assert named.towards == (("bad", "+1.00"),)
    assert named.against == ()


def test_convergence_is_praised_or_warned_about(result):
    (good,) = sentences.convergence(result, "integrated_gradients")
    assert good.kind == "good"
    assert "within 0.200" in good.text
    bad = fakes.classified("Hello", converged=False)[0]
    (verdict,) = sentences.convergence(bad, "integrated_gradients")
    assert (verdict.kind, plain(verdict.text)) == (
        "bad",
        "Did not converge: the scores miss the change of the output by 40.0 % after 16 points "
        "(allowed: 1.00 %). Do not rely on these colours; what may help: baseline: auto instead "
        "of pad: it tries several and takes one that converges",
    )
    assert sentences.convergence(result.model_copy(update={"convergence": ()}), "") == ()


def said(*rows, shown="integrated_gradients"):
    header = fakes.classified("Hello")[0].model_copy(update={"convergence": rows})
    return [(v.kind, plain(v.text)) for v in sentences.convergence(header, shown)]


def plain(text):
    return text.replace("\u00a0", " ")


GOOD = fakes.path_check("integrated_gradients", "x", gap=0.004, steps=23)


def test_the_verdict_is_about_the_scores_that_are_shown():
    layers = (0.001, 0.008)
    rows = (
        GOOD,
        fakes.path_check("layer_conductance", "x", gap=0.008, steps=23, layer_gaps=layers),
        fakes.path_check("sub_embeddings", "x", gap=0.009, steps=91),
    )
    text = "The scores add up to the output’s change within 0.400 % (23 points on the path)"
    assert said(*rows) == [("good", text)]
    assert said(*rows[::-1]) == [("good", text)]
    text = "The scores add up to the output’s change within 0.900 % (91 points on the path)"
    assert said(*rows[1:], shown="") == [("good", text)]


def test_other_methods_that_did_not_converge_are_named():
    changes = {"gap": 0.3, "converged": False, "steps": 91}
    rows = (
        GOOD,
        fakes.path_check("sub_embeddings", "x", **changes),
        fakes.path_check("layer_conductance", "x", layer_gaps=(0.1, 0.3), **changes),
        fakes.path_check("attention_attribution", "x", layer_gaps=(0.1, 0.3), **changes),
    )
    good, *others = said(*rows)
    assert good[0] == "good"
    missed = "miss the change of the output by 30.0 % after 91 points (allowed: 1.00 %)"
    assert others == [
        (
            "bad",
            "Of other methods, words, positions and token types did not converge: the scores "
            f"{missed}",
        ),
        (
            "bad",
            "Of other methods, layer conductance and attention attribution did not converge: the "
            f"layers {missed}",
        ),
    ]


def test_a_jump_is_said_where_the_sum_is_within_what_is_allowed():
    row = fakes.path_check("integrated_gradients", "x", gap=0.000467, steps=257, converged=False)
    ((kind, text),) = said(row)
    assert kind == "bad"
    assert text == (
        "Did not converge: the output jumps on the path where 257 points could not resolve it, so "
        "errors may cancel out, though the scores add up within 0.0467 %. Do not rely on these "
        "colours; what may help: a larger max_steps: 256 points were allowed, and used up"
    )


@pytest.mark.parametrize(("value", "kind"), [(0.1, "warn"), (0.9, "good"), (-0.8, "warn")])
def test_disagreement_is_named(result, value, kind):
    row = Agreement(
        target="POSITIVE",
        layer=0,
        method_a="integrated_gradients",
        method_b="attention",
        measure="spearman",
        value=value,
    )
    verdict = sentences.agreement(result.model_copy(update={"agreement": (row,)}))
    assert verdict.kind == kind
    assert f"attention {value:+.2f}".replace("-", "−") in verdict.text


def test_undefined_agreement_says_nothing(result):
    rows = tuple(row.model_copy(update={"value": None}) for row in result.agreement)
    empty = result.model_copy(update={"agreement": rows})
    assert sentences.agreement(empty) is None
    assert agreement(empty) is None


def test_reasons_to_look_come_gravest_first(result):
    prediction = result.prediction.model_copy(update={"correct": False, "probability": 0.51})
    cut = Truncation(total=300, kept=128, segment="text")
    worst = fakes.classified("Hello", converged=False)[0].model_copy(
        update={"prediction": prediction, "truncation": cut}
    )
    assert [sentences.REASONS[reason] for reason in review_reasons(worst)] == [
        "not converged",
        "wrong",
        "truncated",
        "low confidence",
    ]
    assert review_reasons(result) == ()
    (reason,) = review_reasons(fakes.failed()[0])
    assert sentences.REASONS[reason] == "could not be explained"


def test_a_cut_is_told_with_its_numbers(result):
    cut = Truncation(total=300, kept=128, segment="text_pair")
    (note,) = notices(result.model_copy(update={"truncation": cut}))
    assert "Only 128 of 300 tokens were read: the text pair is longer" in note


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"baseline": "mask", "normalize": "none"}, "replaced by the mask token"),
        ({"baseline": {"text": "ok"}, "normalize": "sum"}, "the text “ok”"),
        ({"baseline": "zero", "normalize": "l2"}, "scaled to unit length"),
        ({"baseline": "auto"}, "a baseline that says nothing"),
        ({"interpolate": "words"}, "Only the word embeddings change"),
        ({"interpolate": "embeddings"}, "The output of the whole embedding layer"),
        ({"notebook_compatible": True}, "Captum’s BERT-SQuAD notebooks"),
    ],
)
def test_the_method_is_told_with_its_settings(settings, said):
    assert said in sentences.method(settings)


def test_settings_of_the_first_format_are_told(result):
    said = sentences.method({"baseline": "pad", "steps": "auto"})
    assert "replaced by the padding token" in said
    assert "notebooks" not in said
    assert sentences.method({}) == ""


def test_a_cut_prompt_loses_its_beginning(result):
    cut = Truncation(total=300, kept=128, segment="prompt")
    (note,) = notices(result.model_copy(update={"truncation": cut}))
    assert "Words before the cut had no say" in note


def test_regression_shows_its_number_without_a_probability():
    prediction = Prediction(
        kind="regression", label="3.2", scores=(Score(label="LABEL_0", logit=3.2),)
    )
    (bar,) = number_bars(prediction)
    assert (bar.value, bar.share) == ("3.20", None)


def test_every_label_of_a_multi_label_prediction_is_marked():
    scores = tuple(
        Score(label=label, logit=logit, probability=p)
        for label, logit, p in (("a", 2.0, 0.88), ("b", -1.0, 0.27), ("c", 0.5, 0.62))
    )
    prediction = Prediction(
        kind="multi-label", label="a, c", labels=("a", "c"), probability=None, scores=scores
    )
    assert [(bar.label, bar.chosen) for bar in class_bars(prediction)] == [
        ("a", True),
        ("c", True),
        ("b", False),
    ]


def read_at(result, *places):
    """Give a result an output for each of ``places``."""
    targets = tuple(
        Target(name=f"output {i}", index=i, read_at=place) for i, place in enumerate(places)
    )
    return result.model_copy(update={"targets": targets})


@pytest.mark.parametrize(
    ("places", "said"),
    [
        ([(0,)], "the row of [CLS], from which the output is read,"),
        ([(2,), (2,)], "the row of “a” (3), from which the output is read,"),
        ([(3,)], "the row of “bad”, from which the output is read,"),
        ([(1, 2)], "the mean over the rows that the output is read from"),
        ([tuple(range(11))], "the mean over all rows, since the output is read from all tokens,"),
        ([(1,), (2,)], "for each output the row of the token that it is read from"),
        ([None], "the mean over all rows"),
        ([(1,), None], "the mean over all rows"),
        ([], "the mean over all rows"),
    ],
)
def test_it_is_said_which_rows_of_maps_are_shown_and_compared(result, places, said):
    assert len(result.tokens) == 11
    assert [i for i, token in enumerate(result.tokens) if token.text == "a"] == [2, 7]
    found = read_at(result, *places)
    assert sentences.rows_used(found) == said
    names = ("attention", "vector norms")
    assert sentences.recorded(found, names).endswith(f"Of their maps, {said} is shown.")
    assert sentences.recorded(found, ()) == ""
    rows = f" Of the maps of attention and vector norms, {said} is compared."
    assert agreement(found).rows == rows


def test_only_signed_colours_are_said_to_have_a_direction():
    assert closing(sizes=False, signed=True) == ""
    assert closing(sizes=True, signed=False) == (
        "No colour here says which way a word pushed the output."
    )
    assert closing(sizes=True, signed=True) == (
        "Only red and blue say which way a word pushed the output. How much a word matters, the "
        "other colours told about as well as the size of red and blue, or better, where it was "
        "measured: by leaving words out, on the bundled models (docs/methods.md)."
    )
