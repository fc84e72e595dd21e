"""What small changes of an input do to the prediction, against transformers' own pipelines."""

from __future__ import annotations

from collections import Counter

import pytest
from transformers import pipeline

from reportgen import engine
from reportgen.engine.measures.variants import Changeable
from reportgen.methods.robustness import Robustness
from reportgen.results.store import Store
from tiny_models import CLASSIFY, MODELS, make_methods, make_plan, plan_model

FILM = "A tremendously funny film, and the film is not at all dull."
TAG, FILL = "token-classification", "masked-lm"


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "results")


def explain(store, planned, fields, *methods, **settings):
    asked = (*make_methods(*methods), Robustness(**settings))
    manifest = engine.run(make_plan([planned], [fields], asked), store)
    return store.read_header(manifest.jobs[0].id)


def of_kind(result, kind):
    return [one for one in result.perturbations if one.kind == kind]


def edited(text, settings=None, words=None, tokens=()):
    made = Changeable.without({"text": text}, tokens)
    asked = settings or Robustness(typos=0)
    return [v.texts["text"].text for v in made.variants(asked, words or {}, 0)]


def test_every_variant_is_what_the_pipeline_says_of_its_text(store):
    folder = MODELS / "sentiment"
    result = explain(store, plan_model(folder), {"text": FILM, "expect": "POSITIVE"})
    asked = pipeline("text-classification", model=str(folder), top_k=None, device="cpu")
    before = result.prediction
    lower, upper = of_kind(result, "case")
    assert lower.texts == {"text": FILM.lower()}
    assert upper.texts == {"text": FILM.upper()}
    (bare,) = of_kind(result, "punctuation")
    assert bare.texts == {"text": "A tremendously funny film and the film is not at all dull"}
    texts = [(one, one.texts["text"]) for one in (lower, upper, bare, *of_kind(result, "typos"))]
    words = {one.word: one for one in of_kind(result, "word")}
    texts += [
        (words["film"], "A tremendously funny, and the is not at all dull."),
        (words["dull"], "A tremendously funny film, and the film is not at all."),
        (words["a"], "tremendously funny film, and the film is not at all dull."),
    ]
    assert len(texts) == 9
    for variant, text in texts:
        chances = {row["label"]: row["score"] for row in asked([text])[0]}
        label = max(chances, key=chances.get)
        assert variant.label == label
        assert variant.probability == pytest.approx(chances[label], abs=1e-5)
        assert variant.correct is (label == "POSITIVE")
        assert variant.changed is (label != before.label)
        change = chances[before.label] - before.probability
        assert variant.change == pytest.approx(change, abs=1e-5)


def test_words_are_those_of_the_largest_attribution(store):
    planned = plan_model(MODELS / "sentiment")
    result = explain(store, planned, {"text": FILM}, "input_x_gradient", words=3, typos=0)
    scores = store.read_array(result.job, "input_x_gradient/" + result.targets[0].name)
    sizes = Counter()
    for word in result.words:
        sizes[word.text.lower()] += abs(scores[word.first : word.last].sum())
    largest = {word for word, _ in Counter({w: s for w, s in sizes.items() if w.isalpha()})
               .most_common(3)}  # fmt: skip
    assert {one.word for one in of_kind(result, "word")} == largest


def test_without_attribution_they_are_the_first(store):
    result = explain(store, plan_model(MODELS / "sentiment"), {"text": FILM}, words=3)
    assert [one.word for one in of_kind(result, "word")] == ["a", "tremendously", "funny"]


def test_what_is_switched_off_is_not_computed(store):
    off = {"cases": False, "punctuation": False, "typos": 0, "words": 0}
    result = explain(store, plan_model(MODELS / "sentiment"), {"text": FILM}, **off)
    assert [one.kind for one in result.perturbations] == ["padding"]


def test_what_changes_nothing_or_leaves_nothing_is_said_so(store):
    result = explain(store, plan_model(MODELS / "sentiment"), {"text": "bad"}, typos=0)
    reasons = [(one.kind, one.reason) for one in result.perturbations]
    assert reasons == [
        *[("case", "same"), ("case", None), ("punctuation", "same"), ("padding", None)],
        ("word", "unread"),
    ]
    unread = result.perturbations[-1]
    assert (unread.label, unread.changed, unread.change) == (None, None, None)


@pytest.mark.parametrize("architecture", ["bert", "roberta", "gpt2", "t5", "bart"])
def test_padding_changes_nothing(tiny, store, architecture):
    fields = {"text": "the movie was great , i really enjoyed it ."}
    (padding,) = of_kind(explain(store, plan_model(tiny(architecture)), fields), "padding")
    assert padding.changed is False
    assert abs(padding.change) < 1e-5


def test_an_input_as_long_as_the_model_reads_is_not_padded(tiny, store):
    planned = plan_model(tiny(), max_length=8)
    fields = {"text": "the movie was great , i really enjoyed it ."}
    (padding,) = of_kind(explain(store, planned, fields), "padding")
    assert padding.reason == "no room"


def test_of_a_question_and_its_context_the_question_is_changed(store):
    folder = MODELS / "question-answering"
    fields = {"question": "Who came home late?", "context": "Ada came home late. Bo did not."}
    result = explain(store, plan_model(folder, "question-answering"), fields | {"expect": "ada"})
    before = result.prediction
    for one in (*of_kind(result, "case"), *of_kind(result, "typos")):
        if one.reason is None:
            assert one.texts.keys() == {"question"}
            if not one.changed and one.label == before.label:
                assert one.change == pytest.approx(one.probability - before.probability, abs=1e-5)
    assert {one.word for one in of_kind(result, "word")} == {"who", "came", "home", "late"}
    answers = {"ada": True}
    for one in result.perturbations:
        if one.label is not None:
            assert one.correct is answers.get(one.label.strip(" .").lower(), False)


def test_labels_are_compared_word_by_word_over_those_that_are_left(tiny, store):
    planned = plan_model(tiny("bert", TAG, id2label={0: "O", 1: "B-LOC"},
                              label2id={"O": 0, "B-LOC": 1}), TAG)  # fmt: skip
    text = "the movie was great , i really enjoyed it ."
    labels = "O B-LOC O O O O B-LOC O O O"
    result = explain(store, planned, {"text": text, "expect": labels}, typos=0)
    model = pipeline("token-classification", model=planned.spec.path, device="cpu",
                     ignore_labels=[])  # fmt: skip

    def said(sentence):
        firsts = [row for row in model(sentence) if not row["word"].startswith("##")]
        return [row["entity"] for row in firsts]

    own, right = said(text), labels.split()
    assert len(own) == 10
    for one in of_kind(result, "word"):
        gone = text.split().index(one.word)
        kept = [i for i in range(10) if i != gone]
        there = said(" ".join(word for word in text.split() if word != one.word))
        assert one.changed is (there != [own[i] for i in kept])
        assert one.correct is (there == [right[i] for i in kept])
    assert len(of_kind(result, "word")) == 8
    (bare,) = of_kind(result, "punctuation")
    assert bare.texts == {"text": "the movie was great i really enjoyed it"}
    assert -1 <= bare.change <= 1


def test_masks_stay_as_they_are_written(tiny, store):
    fields = {"text": "the movie was [MASK] , i really enjoyed it ."}
    planned = plan_model(tiny("bert", FILL), FILL)
    result = explain(store, planned, fields)
    upper = of_kind(result, "case")[-1]
    assert upper.texts == {"text": "THE MOVIE WAS [MASK] , I REALLY ENJOYED IT ."}
    assert "mask" not in {one.word for one in of_kind(result, "word")}
    fill = pipeline("fill-mask", model=planned.spec.path, device="cpu")
    for one in (*of_kind(result, "punctuation"), *of_kind(result, "typos")):
        best = fill(one.texts["text"], top_k=1)[0]
        assert one.probability == pytest.approx(best["score"], abs=1e-5)
        own = fill(one.texts["text"], targets=[result.prediction.label], top_k=1)[0]
        change = own["score"] - result.prediction.probability
        assert one.change == pytest.approx(change, abs=1e-5)


def test_of_a_text_that_is_given_the_probability_per_token_changes(tiny, store):
    planned = plan_model(tiny("gpt2", "causal-lm"), "causal-lm")
    fields = {"prompt": "the movie was", "continuation": " great"}
    result = explain(store, planned, fields, typos=0, padding=False)
    (gone,) = [one for one in result.perturbations if one.word == "movie"]
    alone = explain(store, planned, fields | {"prompt": "the was"})
    assert gone.changed is None
    assert gone.probability == pytest.approx(alone.prediction.per_token, abs=1e-6)
    change = alone.prediction.per_token - result.prediction.per_token
    assert gone.change == pytest.approx(change, abs=1e-6)
    assert {one.word for one in of_kind(result, "word")} == {"the", "movie", "was"}


def test_of_a_translation_the_source_is_changed(tiny, store):
    planned = plan_model(tiny("t5", "seq2seq-lm"), "seq2seq-lm")
    fields = {"source": "the movie was great", "target_text": "not bad"}
    result = explain(store, planned, fields, typos=0)
    assert {one.word for one in of_kind(result, "word")} == {"the", "movie", "was", "great"}
    assert all(one.change is not None for one in of_kind(result, "word"))


def test_a_text_that_the_model_writes_itself_has_no_variants(tiny, store):
    planned = plan_model(tiny("gpt2", "causal-lm"), "causal-lm", max_new_tokens=2)
    result = explain(store, planned, {"prompt": "the movie was"}, "attention")
    assert result.perturbations == ()
    assert result.skipped == {
        "robustness": "The text was written by the model itself: of a changed input it would "
        "write another."
    }


@pytest.mark.parametrize("labels", [1, 3])
def test_numbers_and_several_labels_have_no_probability_to_change(tiny, store, labels):
    kind = "regression" if labels == 1 else "multi_label_classification"
    planned = plan_model(tiny("bert", CLASSIFY, num_labels=labels, problem_type=kind))
    result = explain(store, planned, {"text": "not bad at all"}, typos=0)
    upper = of_kind(result, "case")[-1]
    assert upper.label is not None
    assert (upper.change, upper.changed is None) == (None, labels == 1)


def test_typos_swap_two_neighbours_in_one_word_of_ten_and_are_the_same_again(store):
    text = " ".join(["wonderful"] * 20)
    drawn = edited(text, Robustness(cases=False, punctuation=False, typos=4))
    again = edited(text, Robustness(cases=False, punctuation=False, typos=4))
    assert drawn == again
    assert len(set(drawn)) == 4
    for one in drawn:
        pairs = zip(text.split(), one.split(), strict=True)
        moved = [(old, new) for old, new in pairs if old != new]
        assert len(moved) == 2
        for old, new in moved:
            differs = [i for i in range(9) if old[i] != new[i]]
            assert len(differs) == 2
            assert differs[1] == differs[0] + 1
            assert sorted(old) == sorted(new)


def test_punctuation_within_words_stays():
    text = "Don’t miss it - a well-made film (3.5 stars)!"
    assert edited(text)[-1] == "Don’t miss it a well-made film 3.5 stars"


def test_text_in_scripts_without_case_is_the_same(store):
    assert edited("好电影。") == ["好电影。", "好电影。", "好电影"]


def test_special_tokens_are_kept():
    lower, upper, bare = edited("Fill [MASK] in!", tokens=("[MASK]",))
    assert (lower, upper, bare) == ("fill [MASK] in!", "FILL [MASK] IN!", "Fill [MASK] in")
