"""What methods are: each described once, and everything that is said of them made from that."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import reportgen
from reportgen import methods
from reportgen.engine.methods import REGISTRY

METHODS = {method.name: method for method in methods.OWN}


@pytest.mark.parametrize("name", METHODS)
def test_a_description_is_complete(name):
    method = METHODS[name]
    told = (method.title, method.short_title, method.summary, method.how, method.says)
    assert all((*told, method.cannot_say, method.formula, method.source.authors))
    assert method.formula.count("`") % 2 == 0
    sentences = (method.summary, method.says, method.cannot_say)  # whose full stop is added
    assert not [text for text in sentences if text.endswith(".")]
    shown = (method.score, method.by_layer, *method.parts)
    assert all(array.label for array in shown if array)
    if method.score or method.by_layer:
        assert (method.score or method.by_layer).about


def test_every_method_has_an_implementation_but_the_tests_of_the_others():
    tests = {"random_logit", "parameter_randomization", "numerical_stability", "faithfulness"}
    tests |= {"robustness"}
    assert REGISTRY.keys() == METHODS.keys() - tests
    for name, implementation in REGISTRY.items():
        assert implementation.name == name


def test_rollouts_know_no_output_but_the_place_that_it_is_read_from():
    rollouts = {name for name, method in METHODS.items() if method.matrix}
    assert {"globenc", "alti", "attention_rollout"} <= rollouts
    about_one = {name for name, method in METHODS.items() if method.explains_target}
    assert {
        "integrated_gradients",
        "sub_embeddings",
        "attention_relevance",
        "head_ablation",
    } <= about_one
    assert not about_one & (rollouts | {"attention", "vector_norms", "residual_norms"})


def test_integrated_gradients_lead_by_their_preference_alone():
    assert methods.LEADING.name == "integrated_gradients"
    order = [method.preference for method in methods.scoring()]
    assert methods.scoring()[0] is methods.LEADING
    assert order == sorted(order)


def test_every_array_belongs_to_one_method():
    names = [array.name for array in methods.all_arrays()]
    assert len(names) == len(set(names))


PACKAGE = Path(reportgen.__file__).parent

HOME = ("methods/", "engine/methods/")
"""Where methods are named: what they are, and how they are computed."""

OTHER_MEANINGS = {
    "influence": {
        "rendering/input/card.py": "a field of a card, and where a section is in links",
        "rendering/dataset/sections.py": "where a section is in links",
        "engine/reuse.py": "a field of a result",
        "results/export.py": "a table of the Python API",
    },
    "attention": {
        "rendering/drawing/heatmap_png.py": "a colour of pictures, as the page's script knows it",
        "rendering/drawing/row_png.py": "the same colour",
        "rendering/drawing/palette.py": "the same colour",
        "rendering/input/card.py": "where a section is in links",
        "rendering/wording/removals.py": "a way to remove words",
        "engine/removal/operators.py": "the same way",
    },
    "faithfulness": {
        "results/export.py": "a table of the Python API",
        "results/compare/as_json.py": "a key of compare.json",
        "rendering/markdown/digest.py": "a table of digests",
        "rendering/markdown/digest_tables.py": "the same table",
    },
    "random_logit": {
        "rendering/input/card.py": "a field of a card",
        "results/export.py": "a table of the Python API",
        "results/validation.py": "a field of a result",
    },
    "robustness": {
        "rendering/dataset/sections.py": "a section of the overview",
        "rendering/input/card.py": "a template",
    },
    "mixing_ratio": {"rendering/input/card.py": "a field of a card"},
    "sub_embeddings": {"rendering/input/card.py": "a template"},
}
"""Words that are a method's or an array's name too, and what they mean in which modules."""


def test_no_other_module_names_a_method_or_an_array():
    arrays = {array.name for array in methods.all_arrays()}
    names = METHODS.keys() | arrays | {name.partition("/")[0] for name in arrays}
    found = set()
    for path in sorted(PACKAGE.rglob("*.py")):
        module = path.relative_to(PACKAGE).as_posix()
        if module.startswith(HOME):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                word = node.value.partition("/")[0]
                if word in names and word.isidentifier():
                    found.add((word, module))
    meant = {(word, module) for word, modules in OTHER_MEANINGS.items() for module in modules}
    assert found == meant
