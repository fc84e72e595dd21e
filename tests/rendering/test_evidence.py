"""How much of what removing words shows each method foretells: sentences, table and chart."""

from __future__ import annotations

import itertools
import re

import pytest

import fakes
import reportgen
from fake_removals import with_removals
from reportgen.methods.description import NEUTRAL
from reportgen.rendering.drawing import vega
from reportgen.rendering.input.evidence import apart, evidence, line_colours
from reportgen.rendering.pages import safe_json
from reportgen.results.tables import Results
from statements import check_page, dom

TEXT = "The plot is a tedious mess and the acting is stupid , sadly"
METHODS = (
    "integrated_gradients",
    "attention_relevance",
    "globenc",
    "alti",
    "attention_rollout",
)
WEIGHTS = (0.1, -0.3, 0, 0.1, 1.5, 1.2, 0.2, 0, -0.4, 0.1, 1.9, 0, 0.6)


def measures(**values: tuple[float | None, float | None]):
    """Return a result whose methods have these normalised measures, by both operators."""
    header, _ = with_removals(fakes.classified(TEXT), methods=tuple(values)[:-1])
    games = [
        game.model_copy(
            update={
                "measures": tuple(
                    row.model_copy(
                        update={
                            "normalized_comprehensiveness": values[row.method][0],
                            "normalized_sufficiency": values[row.method][1],
                        }
                    )
                    for row in game.measures
                )
            }
        )
        for game in header.removals
    ]
    return header.model_copy(update={"removals": tuple(games)})


def test_the_leading_method_is_told_beside_chance_and_the_best():
    header = measures(
        integrated_gradients=(0.71, 0.2), attention_relevance=(0.82, 0.1), random=(0.31, 0.31)
    )
    (output,) = evidence(header).outputs
    assert output.sentences == (
        "Of what removing words could show, integrated gradients show 71.0\u00a0% here, a random "
        "order 31.0\u00a0%. Attention relevance shows most: 82.0\u00a0%.",
        "0 % is the worst order of removing the words that was found, 100 % the best: not all "
        "orders could be tried.",
    )
    assert [row.title for row in output.rows] == [
        "attention relevance",
        "integrated gradients",
        "random order",
    ]
    assert output.rows[0].cells == ("82.0\u00a0%", "82.0\u00a0%", "10.0\u00a0%", "10.0\u00a0%")


def test_a_method_that_is_no_better_than_chance_is_marked():
    header = measures(
        integrated_gradients=(0.31, 0.2),
        attention_relevance=(0.32, 0.1),
        globenc=(None, None),
        random=(0.31, 0.31),
    )
    rows = {row.title: row for row in evidence(header).outputs[0].rows}
    assert rows["integrated gradients"].weak == "no better than a random order"
    assert rows["attention relevance"].weak == ""
    assert rows["random order"].weak == ""
    assert rows["GlobEnc"].cells == ("–",) * 4


def test_bounds_are_exact_or_the_best_that_was_found():
    header, _ = with_removals(fakes.classified("Not a bad film"))
    assert header.removals[0].exact
    assert evidence(header).outputs[0].sentences[-1] == (
        "0 % is the worst of all orders in which the words could be removed, 100 % the best."
    )


def test_methods_made_of_removals_are_favoured(monkeypatch):
    from reportgen.methods import get

    header, _ = with_removals(fakes.classified(TEXT))
    assert not any("favours" in line for line in evidence(header).outputs[0].sentences)
    known = get("attention_relevance")
    monkeypatch.setitem(known.__dict__, "from_removals", True)
    assert evidence(header).outputs[0].sentences[-1] == (
        "Attention relevance is made of removals like these, so this favours it."
    )


def test_one_way_to_remove_is_not_told_as_two():
    header, _ = with_removals(fakes.classified(TEXT), operators=("delete",))
    view = evidence(header)
    assert view.ways == ("deleted",)
    assert view.intro.endswith("the model may read them oddly.")
    assert len(view.outputs[0].rows[0].cells) == 2


def test_without_a_measured_method_there_is_no_evidence():
    header, _ = with_removals(fakes.classified(TEXT), methods=())
    assert evidence(header) is None
    assert evidence(fakes.classified(TEXT)[0]) is None


def test_a_single_word_has_no_order_to_show():
    header, _ = with_removals(fakes.classified("Boring"))
    assert evidence(header) is None


def test_a_lead_that_cannot_be_seen_is_not_told():
    header = measures(
        integrated_gradients=(0.99991, 0.2),
        attention_relevance=(0.99996, 0.1),
        random=(0.31, 0.31),
    )
    assert "most" not in evidence(header).outputs[0].sentences[0]


def test_sentences_are_called_so():
    question = fakes.answered("When?", "It opened in May. It closed in 1989.")
    header, _ = with_removals(question, [0, 2], targets=(None,), granularity="sentence")
    view = evidence(header)
    assert view.noun == "sentence"
    assert view.outputs[0].sentences[0].startswith("Of what removing sentences could show, ")


def test_the_chart_draws_every_method_most_and_least_important_first():
    header, _ = with_removals(fakes.classified(TEXT), methods=METHODS)
    chart = evidence(header).outputs[0].chart
    vega.alt.Chart.from_dict(chart.spec)  # validates against Vega-Lite's schema
    most, least = chart.spec["datasets"]["curves"]
    (game, _) = header.removals
    curves = {(curve.order, curve.ascending): curve for curve in game.curves}
    n = len(game.units)
    for panel, ascending in ((most, False), (least, True)):
        assert panel["removed %"] == pytest.approx([100 * k / n for k in range(n + 1)], abs=0.06)
        values = curves["integrated_gradients", ascending].values
        assert panel["integrated gradients"] == pytest.approx(values, abs=6e-4)
    assert most["random order"] == least["random order"]
    assert chart.svg.count('stroke="#') == 3 * len(METHODS)  # legend and two panels


def test_a_chart_of_a_usual_input_is_small():
    header, _ = with_removals(fakes.classified(TEXT), methods=METHODS)
    assert len(header.removals[0].units) == 13
    chart = evidence(header).outputs[0].chart
    assert len(safe_json(chart.spec)) + len(chart.svg) < 10_000


def test_long_texts_are_drawn_at_few_places():
    header, _ = with_removals(fakes.classified("Fine . " * 60))
    chart = evidence(header).outputs[0].chart
    assert len(chart.spec["datasets"]["curves"][0]["removed %"]) == 16
    assert len(chart.table.rows) == 14


def test_methods_of_one_chart_have_colours_of_their_own():
    header, _ = with_removals(fakes.classified(TEXT), methods=METHODS)
    spec = evidence(header).outputs[0].chart.spec
    encodings = [layer.get("encoding", {}) for layer in spec["spec"]["layer"]]
    (scale,) = [encoding["color"]["scale"] for encoding in encodings if "color" in encoding]
    colours = dict(zip(scale["domain"], scale["range"], strict=True))
    assert len(set(colours.values())) == len(METHODS)
    assert colours["integrated gradients"] == "#c2603f"


@pytest.mark.parametrize(
    "names",
    [
        ("attention", "shapley_values", "saliency", "occlusion"),
        ("shapley_values", "integrated_gradients", "decompx", "lime", "kernel_shap", "attention"),
        ("integrated_gradients", "smoothgrad", "vargrad", "gradient_shap", "deeplift", "saliency"),
    ],
)
def test_no_two_lines_look_the_same(names):
    colours = line_colours(names)
    assert NEUTRAL not in colours.values()
    assert all(apart(a, b) for a, b in itertools.combinations(colours.values(), 2))


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("removals")
    question = fakes.answered("When?", "It opened in May. Nobody came. It closed in 1989.")
    run = fakes.write_run(
        folder / "run",
        [
            with_removals(fakes.classified(TEXT), WEIGHTS, bias=-3.2, methods=METHODS),
            with_removals(fakes.classified(fakes.HOSTILE, "d" * 32, position=1), seed=4, bias=1),
            with_removals(
                question, [0, -1, 4], targets=(None,), granularity="sentence", other="<1871>"
            ),
        ],
    )
    return run, reportgen.render(run, folder).path.read_text(encoding="utf-8")


def test_every_number_is_what_the_games_say(page):
    run, html = page
    assert check_page(dom.read(html), Results(run)) == []


@pytest.mark.parametrize(
    "pattern",
    [
        r"answer turns to NEGATIVE \((0\.\d+)\)",
        r"alone suffice for POSITIVE \((0\.\d+)\)",
        r"probability of the answer falls from (0\.\d+) to",
        r"<small>\+(\d\.\d+)</small>",
        r"could show, integrated gradients show (\d\d\.\d)",
        r"a random order (\d\d\.\d)",
        r"<th scope=row>GlobEnc</th><td>(\d\d\.\d)",
        r"most first, 2</th><td>(0\.\d+)",
        r'"integrated gradients":\[(0\.\d+)',
    ],
)
def test_another_number_is_missed(page, pattern):
    run, html = page
    found = re.search(pattern, html)
    assert found, pattern
    start, end = found.span(1)
    wrong = html[:start] + found[1][:-1] + str((int(found[1][-1]) + 5) % 10) + html[end:]
    assert check_page(dom.read(wrong), Results(run))
