"""Models of one run that read the same inputs, side by side."""

from __future__ import annotations

import fakes
import reportgen
from document import Document
from pairs import one, run
from reportgen.rendering.overview.report import make_report


def of_models(folder, *models, count=1):
    """``models`` are (id, label, scores) of the same texts."""
    return run(
        folder,
        [
            one(f"a b c{i}", scores, i, model=name, label=label)
            for name, label, scores in models
            for i in range(count)
        ],
    )


V1, V2 = ("v1", "POSITIVE", (0.5, 0.3, 0.2)), ("v2", "NEGATIVE", (0.2, 0.3, 0.5))
SAME = ("v3", "POSITIVE", (0.5, 0.3, 0.2))


def test_the_first_model_is_compared_with_each_other_one(tmp_path):
    report = make_report(of_models(tmp_path, V1, V2, SAME))
    assert [pair.names for pair in report.model_pairs.pairs] == [("v1", "v2"), ("v1", "v3")]
    first, second = report.model_pairs.pairs
    assert first.lead.startswith(
        "v1 and v2 predict otherwise for the only input; the only explanation differs by more "
        "than the method’s own error. They weigh “a” most differently"
    )
    assert second.lead == (
        "v1 and v3 predict the same for the only input; no explanation differs by more than "
        "the method’s own error."
    )
    (line,) = first.lines
    assert line.flipped
    assert line.anchors == ("v1-1", "v2-1")
    assert line.moved == "30.0\N{NO-BREAK SPACE}%"


def test_sections_say_on_which_words_the_other_model_relies(tmp_path):
    why = make_report(of_models(tmp_path, V1, V2, SAME)).model_pairs.differing_words
    assert {anchor: [one.other for one in found] for anchor, found in why.items()} == {
        "v1-1": ["v2"],
        "v2-1": ["v1"],
    }
    words = {word.word: (word.before, word.after) for word in why["v1-1"][0].words}
    assert words["a"] == ("+50.0\N{NO-BREAK SPACE}%", "+20.0\N{NO-BREAK SPACE}%")


def test_the_table_is_limited_and_its_links_lead_somewhere(tmp_path):
    results = of_models(tmp_path, V1, V2, count=25)
    (pair,) = make_report(results).model_pairs.pairs
    assert (len(pair.lines), pair.more) == (20, 5)
    document = Document(reportgen.render(results, tmp_path).path.read_text(encoding="utf-8"))
    ids = set(document.attributes("id"))
    assert all(place in ids for line in pair.lines for place in line.anchors)
    assert (
        "Why v2 differs: 30.0\N{NO-BREAK SPACE}% of the attribution lies elsewhere"
        in (document.texts["summary"])
    )


def test_one_model_and_other_tasks_have_no_rival(tmp_path):
    single = run(tmp_path / "a", [one("a b", (1, 0))])
    tasks = run(tmp_path / "b", [one("a b", (1, 0)), fakes.answered("Who?", "Ada did it")])
    for results in (single, tasks):
        report = make_report(results)
        assert report.model_pairs.pairs == ()
        assert report.model_pairs.differing_words == {}


def test_models_that_name_their_classes_otherwise_do_not_differ_in_them(tmp_path):
    results = of_models(tmp_path, V1, ("v2", "LABEL_0", (0.5, 0.3, 0.2)))
    labels = {"v1": ("NEGATIVE", "POSITIVE"), "v2": ("LABEL_0", "LABEL_1")}
    infos = tuple(
        info.model_copy(update={"labels": labels[info.id]}) for info in results.manifest.models
    )
    results.store.write_manifest(results.manifest.model_copy(update={"models": infos}))
    (pair,) = make_report(reportgen.load(tmp_path)).model_pairs.pairs
    assert not pair.lines[0].flipped
