"""A page whose tokens moved one at a time says what its scores are, and no more."""

from __future__ import annotations

import fakes
from one_method import visible
from reportgen import site
from reportgen.results.tables import Results


def page(folder, **changes) -> str:
    header, arrays = fakes.classified("Not a bad film.")
    name = "integrated_gradients"
    settings = {name: header.settings[name] | changes}
    run = fakes.write_run(folder, [(header.model_copy(update={"settings": settings}), arrays)])
    html = site.render(Results(run), folder / "out").path.read_text(encoding="utf-8")
    return " ".join(visible(html).split())


def test_scores_of_tokens_that_move_one_at_a_time_are_not_said_to_add_up(tmp_path):
    text = page(tmp_path, sequential=True)
    assert "Every explanation converged." in text
    assert "The tokens were faded in one at a time" in text
    assert "✓ Each score is its token’s own change of the output within" in text
    for claim in ("add up to the change", "adds up to the change", "add up to the output’s change"):
        assert claim not in text


def test_those_of_one_path_are(tmp_path):
    text = page(tmp_path)
    assert "Every explanation adds up to the change of its output (converged)." in text
    assert "The words were faded in, from" in text
    assert "The scores add up to the output’s change within" in text
