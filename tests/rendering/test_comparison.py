"""The page of two runs: its sentences, its cards, and what it leaves to the JSON."""

from __future__ import annotations

import pytest

import fakes
from document import Document
from pairs import TEXTS, compared, one, run, showcase
from reportgen.rendering.compare import runs as view
from reportgen.rendering.compare.runs import EFFECTS, make_comparison
from reportgen.rendering.compare.summary import lead, verdicts
from reportgen.results.compare.runs import compare
from reportgen.results.compare.settings import Effect
from reportgen.site.compare import render_comparison

PATH = fakes.SETTINGS["integrated_gradients"]


def page(comparison, out) -> Document:
    return Document(render_comparison(comparison, out).path.read_text(encoding="utf-8"))


def visible(document: Document) -> str:
    return " ".join("".join(document.visible).split())


def test_the_first_sentences_say_what_changed_and_name_the_word(tmp_path):
    text = lead(showcase(tmp_path))
    assert text.startswith(
        "2 of 4 predictions changed, 1 from right to wrong, and 3 of 4 explanations."
    )
    assert "1 input can no longer be explained." in text
    assert "Not compared: 1 new input, 1 input gone." in text


def test_verdicts_are_of_all_kinds(tmp_path):
    found = {(verdict.kind, verdict.text) for verdict in verdicts(showcase(tmp_path))}
    assert found == {
        ("bad", "1 prediction right before, wrong now"),
        ("bad", "1 input can no longer be explained"),
        ("good", "1 prediction wrong before, right now"),
        ("warn", "3 of 4 explanations changed"),
        ("warn", "1 input gone"),
    }


def test_words_are_named_with_their_shares_before_and_after(tmp_path):
    found = compared(tmp_path, [one("he is a", (1, 1, 6))], [one("he is a", (7, 1, 0))])
    text = lead(found)
    assert "“a” (75.0\N{NO-BREAK SPACE}% → 0\N{NO-BREAK SPACE}%)" in text
    assert "“is”" not in text


def test_no_change_is_one_clear_sentence_with_its_evidence(tmp_path):
    jobs = [one("a b c", (0.5, 0.3, 0.2)), one("d e", (1, 2), 1)]
    close = [one("a b c", (0.51, 0.29, 0.2)), one("d e", (1, 2), 1)]
    found = compared(tmp_path, jobs, close)
    assert lead(found) == (
        "No change: all 2 predictions are the same, and no explanation moved by more than its "
        "threshold (at most 1.00\N{NO-BREAK SPACE}% of the attribution, where "
        "2.00\N{NO-BREAK SPACE}% would count)."
    )
    assert {verdict.kind for verdict in verdicts(found)} == {"good"}
    text = visible(page(found, tmp_path))
    assert "All inputs" in text
    assert "one by one" not in text


def test_every_changed_input_is_shown_twice_on_one_scale(tmp_path):
    (model,) = make_comparison(showcase(tmp_path)).models
    card = model.cards[0]
    assert card.line.text == TEXTS[1]
    assert card.line.verdict.text == "was right, is wrong now"
    (shown,) = card.explained
    for reading in (shown.before, shown.after):
        (segment,) = reading.segments
        assert "".join(word.gap + word.text for word in segment.words) == TEXTS[1]
    assert [word.shade for word in shown.before.segments[0].words] == ["p8", "p3", "p3"]
    assert [word.shade for word in shown.after.segments[0].words] == ["p1", "p3", "p9"]
    assert shown.legend.high == "+70.0\N{NO-BREAK SPACE}%"
    assert [word.word for word in shown.words] == ["bad", "here"]


def test_an_input_of_one_side_only_has_its_text_and_the_reason(tmp_path):
    (model,) = make_comparison(showcase(tmp_path)).models
    (card,) = (card for card in model.cards if card.line.text == TEXTS[3])
    assert card.explained == ()
    assert card.plain == TEXTS[3]
    assert card.line.not_compared == "only one side could be explained"


def test_unchanged_inputs_are_in_the_table_and_no_input_is_lost(tmp_path, monkeypatch):
    monkeypatch.setattr(view, "CARDS", 2)
    monkeypatch.setattr(view, "LINES", 2)
    (model,) = make_comparison(showcase(tmp_path)).models
    assert len(model.cards) == 2
    assert (len(model.others.lines), model.others.more) == (2, 1)
    assert model.changed == 4
    assert not any(line.anchor for line in model.others.lines)


def test_links_of_the_page_lead_to_its_places(tmp_path):
    document = page(showcase(tmp_path), tmp_path)
    ids = document.attributes("id")
    links = [link for link in document.attributes("href") if link.startswith("#")]
    assert len(ids) == len(set(ids))
    assert len(links) > 5
    assert {link[1:] for link in links} <= set(ids)


def test_hostile_text_is_shown_as_it_is_and_nothing_has_its_own_style(tmp_path):
    document = page(showcase(tmp_path), tmp_path)
    assert "<script>alert(1)</script>" in "".join(document.visible)
    assert document.attributes("style") == []
    assert [name for _, attrs in document.elements for name in attrs if name.startswith("on")] == []


def test_a_decisive_setting_is_said_before_all_else(tmp_path):
    after = one(
        "a b c", (0.1, 0.1, 0.8), label="NEGATIVE",
        settings={"integrated_gradients": PATH | {"baseline": "zero"}},
    )  # fmt: skip
    found = compared(tmp_path, [one("a b c", (0.5, 0.3, 0.2))], [after])
    assert "explanations were not compared" in lead(found)
    text = visible(page(found, tmp_path))
    told = "integrated gradients: baseline is not the same (pad → zero)"
    assert told in text
    assert text.index(told) < text.index("Changed predictions")


CHECKS = [{"attribution_share": {"words": ["good"], "max": 0.5}}]


def test_checks_are_gathered_red_first(tmp_path):
    texts = ["film good", "good film", "good cast"]
    before = [one(t, (0.2, 0.8), i) for i, t in enumerate(texts)]
    after = [one(t, (0.8, 0.2), i) for i, t in enumerate(texts)]
    found = make_comparison(compared(tmp_path, before, after, checks=CHECKS)).turned
    (check,) = found.judged
    assert [line.about for line in check.lines] == ["fake #2", "fake #3", "fake #1"]
    kinds = [(line.before[0], line.after[0]) for line in check.lines]
    assert kinds == [("good", "bad"), ("good", "bad"), ("bad", "good")]
    assert found.others == ()


def test_several_models_have_sections_of_their_own(tmp_path):
    jobs = [one("a b c", (1, 2, 3), model="v1"), one("a b c", (1, 2, 3), model="v2")]
    later = [jobs[0], one("a b c", (3, 2, 1), model="v2")]
    found = compared(tmp_path, jobs, later)
    document = page(found, tmp_path)
    assert [text for text in document.texts["h2"] if text in ("v1", "v2")] == ["v1", "v2"]
    assert "in “v2”" in lead(found)
    first, second = make_comparison(found).models
    assert (first.changed, second.changed) == (0, 1)


@pytest.mark.parametrize(
    ("before", "after", "said", "verdict"),
    [
        (
            True,
            False,
            "No input was explained in both runs. 1 input can no longer",
            "can no longer",
        ),
        (False, True, "No input was explained in both runs.", "can be explained now"),
        (False, False, "No input was explained in both runs.", "neither side"),
    ],
)
def test_inputs_without_an_explanation_are_told(tmp_path, before, after, said, verdict):
    jobs = [
        [one("a b", (1, 2)) if explained else fakes.failed("a b")] for explained in (before, after)
    ]
    found = compared(tmp_path, *jobs)
    assert lead(found).startswith(said)
    assert verdict in visible(page(found, tmp_path))


def test_runs_without_a_common_input_say_so(tmp_path):
    found = compared(tmp_path, [one("a b", (1, 0))], [one("c d", (1, 0))])
    assert lead(found).startswith("The two runs read no input in common.")
    assert "Inputs of one run only" in visible(page(found, tmp_path))


@pytest.mark.parametrize(
    "make",
    [
        lambda i: fakes.answered("Who?", "Ada wrote the first program", f"{i}" * 32),
        lambda i: fakes.labelled("Ada met Bob", {"Ada": "B-PER"}, f"{i}" * 32),
        lambda i: fakes.filled("The sea is [MASK] here", f"{i}" * 32),
        lambda i: fakes.continued("The light stands on", " a rock", f"{i}" * 32),
        lambda i: fakes.translated("Das Haus ist alt", "The house is old", f"{i}" * 32),
    ],
    ids=["answers", "labels of tokens", "gaps", "continuations", "translations"],
)
def test_every_task_can_be_compared(tmp_path, make):
    sides = []
    for i, scale in ((1, 1), (2, -1)):
        header, arrays = make(i)
        name = next(n for n in arrays if n.startswith("integrated_gradients/"))
        sides.append(run(tmp_path / str(i), [(header, arrays | {name: scale * arrays[name]})]))
    (model,) = make_comparison(compare(*sides)).models
    (card,) = model.cards
    assert card.explained[0].moved == "100\N{NO-BREAK SPACE}%"
    page(compare(*sides), tmp_path)


def test_a_method_without_a_sign_has_its_own_hue(tmp_path):
    def both(*scores):
        header, arrays = one("a b", scores, method="alti")
        return [(header.model_copy(update={"settings": {"alti": {}}}), arrays)]

    (model,) = make_comparison(compared(tmp_path, both(3, 1), both(1, 3))).models
    (shown,) = model.cards[0].explained
    assert [word.shade for word in shown.before.segments[0].words] == ["v9", "v3"]
    assert shown.legend.low == "0"


def test_every_difference_that_is_not_decisive_has_its_words():
    assert EFFECTS.keys() == set(Effect) - {Effect.MEANING}
