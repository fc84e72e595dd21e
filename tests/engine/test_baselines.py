"""``baseline: auto``: what is tried and in which order; and the token that a causal model keeps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from paths import TEXTS, explain, make_context, path_of
from reportgen import engine
from reportgen.engine import run_paths
from reportgen.engine.path import baseline as baselines
from reportgen.engine.tasks import SequenceClassification
from reportgen.results.store import Store
from tiny_models import ANSWER, make_methods, make_plan, plan_model, read

LM = "causal-lm"
IG = "integrated_gradients"
GOOD, BAD = {"text": "not bad at all"}, {"text": "it was bad"}


@pytest.fixture
def run(tmp_path):
    """Run a plan of one model; return the headers, and the store."""

    def start(folder, items, methods, task="sequence-classification"):
        store = Store(tmp_path / "results")
        plan = make_plan([plan_model(folder, task)], items, methods)
        manifest = engine.run(plan, store, "reportgen build audit.yaml")
        return [store.read_header(entry.id) for entry in manifest.jobs], store

    return start


def tried(result, method=IG):
    return [(one.baseline, one.converged) for one in result.tried[method]]


def break_mask(monkeypatch):
    """Make the path of one input from mask tokens meet numbers that are not finite."""
    original = run_paths.make_path

    def broken(loaded, encoding, baseline, *more, **settings):
        path = original(loaded, encoding, baseline, *more, **settings)
        if encoding.segments == BAD and baseline == "mask":
            (words,) = path.embeddings
            words = replace(words, baseline=words.baseline * float("nan"))
            path = replace(path, embeddings=(words,))
        return path

    monkeypatch.setattr(run_paths, "make_path", broken)


class TestAuto:
    def test_takes_the_mask_token_where_that_converges(self, tiny, run):
        (result,), _ = run(tiny(), [GOOD], make_methods(IG, "layer_conductance"))
        for method in (IG, "layer_conductance"):
            assert tried(result, method) == [("mask", True)]
            assert result.settings[method]["baseline"] == "mask"

    def test_goes_on_for_the_inputs_that_fail_and_for_no_other(self, tiny, run, monkeypatch):
        break_mask(monkeypatch)
        (good, bad), _ = run(tiny(), [GOOD, BAD], make_methods(IG, "layer_conductance"))
        assert tried(good) == [("mask", True)]
        assert tried(bad) == tried(bad, "layer_conductance") == [("mask", False), ("pad", True)]
        assert bad.tried[IG][0].gap is None
        assert (good.settings[IG]["baseline"], bad.settings[IG]["baseline"]) == ("mask", "pad")
        assert all(row.converged for row in (*good.convergence, *bad.convergence))

    def test_keeps_what_it_found_where_a_later_baseline_cannot_be_made(
        self, tiny, run, monkeypatch
    ):
        original = run_paths.make_path

        def broken(loaded, encoding, baseline, *more, **settings):
            if baseline != "mask":
                raise RuntimeError("no memory for another")
            return original(loaded, encoding, baseline, *more, **settings)

        monkeypatch.setattr(run_paths, "make_path", broken)
        (result,), _ = run(tiny(), [GOOD], make_methods(IG, max_steps=3, tolerance=1e-9))
        assert tried(result) == [("mask", False)]
        assert result.failed == {}
        assert [row.converged for row in result.convergence] == [False]

    def test_is_what_its_choice_is_by_name(self, tiny, run, monkeypatch):
        break_mask(monkeypatch)
        (auto,), store = run(tiny(), [BAD], make_methods(IG))
        (named,), _ = run(tiny(), [BAD], make_methods(IG, baseline="pad"))
        assert named.tried == {}
        name = f"{IG}/{auto.targets[0].name}"
        scores = [store.read_array(one.job, name) for one in (auto, named)]
        assert np.array_equal(*scores)

    def test_keeps_what_missed_least_where_none_converges(self, tiny, run, monkeypatch):
        original = SequenceClassification.scalar

        def scalar(self, output, row, target):
            return (3000 * original(self, output, row, target)).sin()

        monkeypatch.setattr(SequenceClassification, "scalar", scalar)
        (result,), _ = run(tiny(), [GOOD], make_methods(IG, max_steps=17))
        assert tried(result) == [(name, False) for name in baselines.ORDER]
        least = min(result.tried[IG], key=lambda one: one.gap)
        assert result.settings[IG]["baseline"] == least.baseline
        assert result.convergence[0].gap == pytest.approx(least.gap)

    def test_leaves_a_baseline_where_gradients_overflow(self, tiny, run, monkeypatch):
        monkeypatch.setattr(baselines, "ORDER", ("zero", "mean"))
        deep = tiny("llama", LM, num_hidden_layers=16, attention_bias=False)
        original = run_paths.make_path

        def without_start(loaded, encoding, *more, **settings):
            path = original(loaded, encoding, *more, **settings)
            (words,) = path.embeddings
            start = words.baseline.clone()
            start[0] = words.baseline[1]  # or the special token keeps the vectors from zero
            return replace(path, embeddings=(replace(words, baseline=start),))

        monkeypatch.setattr(run_paths, "make_path", without_start)
        (result,), _ = run(deep, [{"prompt": "the movie was great , i"}], make_methods(IG), LM)
        assert tried(result)[0] == ("zero", False)
        assert result.settings[IG]["baseline"] == "mean"

    def test_of_the_notebooks_is_padding(self, tiny, run):
        item = {"question": "what is important ?", "context": "it is important to us ."}
        methods = make_methods(IG, notebook_compatible=True)
        (result,), _ = run(tiny(task=ANSWER), [item], methods, ANSWER)
        assert result.settings[IG]["baseline"] == "pad"
        assert result.tried == {}


class TestFirstToken:
    @pytest.mark.parametrize(
        ("architecture", "task", "causal"),
        [
            ("gpt2", LM, True),
            ("llama", LM, True),
            ("gpt2", "sequence-classification", True),
            ("bert", "sequence-classification", False),
            ("t5", "seq2seq-lm", False),
            ("bart", "sequence-classification", False),
        ],
    )
    def test_whether_a_model_is_causal_is_measured(self, loaded, architecture, task, causal):
        assert loaded(architecture, task).causal is causal

    @pytest.mark.parametrize("task", [LM, "sequence-classification"])
    @pytest.mark.parametrize("kind", ["words", "components"])
    def test_of_a_causal_model_does_not_move(self, loaded, task, kind):
        model = loaded("gpt2", task)
        texts = (TEXTS[1], " ok") if task == LM else (TEXTS[1],)
        path = path_of(model, *texts, baseline="mean", kind=kind)
        change = path.embeddings[0].change
        assert path.keeps_first
        assert not change[0].any()
        assert change[1:].any(dim=1).all()
        moved = path_of(model, *texts, baseline="mean", kind=kind, keep_first=False)
        assert moved.embeddings[0].change[0].any()

    def test_of_an_encoder_moves(self, loaded):
        path = path_of(loaded(), TEXTS[1], baseline="mean")
        assert not path.keeps_first
        assert path.embeddings[0].change[path.encoding.content].any(dim=1).all()

    def test_that_is_all_there_is_moves(self, loaded):
        model = loaded("gpt2", LM)
        encoding = read(model, "the")
        assert len(encoding) == 1
        path = path_of(model, "the", " movie", baseline="mean")
        assert not path.keeps_first
        assert path.embeddings[0].change[0].any()

    def test_has_no_score_and_the_others_add_up_to_the_change(self, loaded):
        context = make_context(loaded("gpt2", LM), "the movie was", " great")
        output = explain(context, IG, tolerance=1e-3)
        (scores, _), (row,) = output.arrays.values(), output.convergence
        assert scores[0] == 0
        assert row.converged
        change = row.f_input - row.f_baseline
        assert scores.sum() == pytest.approx(change, abs=2e-3 * abs(change))

    def test_is_told_by_leaving_it_out(self, tiny, loaded, run):
        item = {"prompt": "the movie was", "continuation": " great fun"}
        methods = make_methods(IG, "attention")
        (result,), _ = run(tiny("gpt2", LM), [item], methods, LM)
        model = loaded("gpt2", LM)
        encoding = read(model, *item.values())
        with torch.no_grad():
            whole = model.model(encoding.ids[None]).logits[0]
            rest = model.model(encoding.ids[None, 1:]).logits[0]
        assert result.kept.text == "the"
        assert result.kept.changes == pytest.approx(
            {
                one.name: (whole[one.position] - rest[one.position - 1])[one.index].item()
                for one in result.targets
            },
            abs=1e-4,
        )

    def test_moves_where_the_spec_says_so(self, tiny, run):
        methods = make_methods(IG, keep_first=False)
        (result,), store = run(tiny("gpt2", LM), [{"prompt": "the movie was"}], methods, LM)
        assert result.kept is None
        assert store.read_array(result.job, f"{IG}/{result.targets[0].name}")[0] != 0
