"""One method alone, computed by a real (tiny) model of each kind, from the run to the page."""

from __future__ import annotations

import re

import pytest

from one_method import assert_complete, visible
from reportgen import engine, methods, site
from reportgen.results.store import Store
from reportgen.results.tables import Results
from tiny_models import ANSWER, CLASSIFY, make_methods, make_plan, plan_model, save_tiny

RUNS = {
    "alti": ("bert", CLASSIFY, {"text": "not bad at all"}),
    "layer_conductance": ("bert", ANSWER, {"question": "who ?", "context": "not bad at all"}),
    "attention_relevance": ("bert", "token-classification", {"text": "not bad at all"}),
    "head_ablation": ("llama", "causal-lm", {"prompt": "not bad", "continuation": " at all"}),
    "vector_norms": ("gpt2", "causal-lm", {"prompt": "not bad", "continuation": " at all"}),
}


@pytest.mark.parametrize("name", RUNS)
def test_its_page_is_complete_and_says_nothing_of_others(name, tmp_path):
    architecture, task, fields = RUNS[name]
    model = plan_model(save_tiny(tmp_path / "model", architecture, task), task)
    store = Store(tmp_path / "results")
    engine.run(make_plan([model], [fields], make_methods(name)), store)
    results = Results(tmp_path)
    ((_, result),) = results.entries
    assert (result.status, result.skipped) == ("done", {})
    html = site.render(results, tmp_path / "out").path.read_text(encoding="utf-8")
    (section,) = re.findall(r'<article class="card view".*?</article>', html, re.S)
    assert_complete(methods.get(name), html, section)
    assert "Not computed here" not in visible(html)
