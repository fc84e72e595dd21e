"""What methods are: each described once, and everything that is said of them made from that."""

from __future__ import annotations

import pytest

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
    if method.coloured:
        assert method.coloured.about


def test_every_method_has_an_implementation_but_the_test_of_the_others():
    assert REGISTRY.keys() == METHODS.keys() - {"random_logit"}
    for name, implementation in REGISTRY.items():
        assert implementation.name == name


def test_rollouts_know_no_output_but_the_place_that_it_is_read_from():
    about_one = {name for name, method in METHODS.items() if method.explains_target}
    assert about_one == {
        *("integrated_gradients", "sub_embeddings", "layer_conductance", "attention_attribution"),
        "attention_relevance",
    }


def test_integrated_gradients_lead_by_their_preference_alone():
    assert methods.LEADING.name == "integrated_gradients"
    assert [method.name for method in methods.scoring()] == [
        "integrated_gradients",
        "attention_relevance",
        "attention_rollout",
        "globenc",
        "alti",
    ]


def test_every_array_belongs_to_one_method():
    names = [array.name for array in methods.all_arrays()]
    assert len(names) == len(set(names))
