"""The shared sweep: complete at every layer, adaptive, and the same however it is cut up."""

from __future__ import annotations

import functools
from collections import Counter
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from encoder import save_encoder
from paths import EVERYTHING, PAIRS, QUESTION, REVIEWS, TEXTS, close, path_of
from reportgen.engine import memory
from reportgen.engine.models.loaded_model import load
from reportgen.engine.path import capacity, sweep
from reportgen.engine.path.adaptive_quadrature import AdaptiveQuadrature
from reportgen.engine.path.baseline import candidates
from reportgen.engine.path.embedding_path import EmbeddingPath, InterpolatedEmbedding
from reportgen.engine.path.node_values import Needs, evaluate_nodes, outputs_at
from reportgen.engine.path.quadrature import simpson
from reportgen.engine.path.sweep import integrate
from reportgen.engine.tasks import SequenceClassification
from reportgen.engine.tokens import Encoding
from reportgen.errors import InputError
from reportgen.results.model import Target
from tiny_models import ANSWER, ARCHITECTURES, CLASSIC, CLASSIFY, MODELS, plan_model

LAYERS = Needs(layers=True)
STEEP_AT_ZERO = ("t5", "qwen3", "gemma2", "gemma3_text")
"""Models that scale their words to unit size, and those as well: at zero words, a cliff."""


@pytest.fixture(scope="module")
def sentiment():
    return load(plan_model(MODELS / "sentiment"))


@pytest.fixture(scope="module")
def answerer():
    return load(plan_model(MODELS / "question-answering", ANSWER))


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    return load(plan_model(save_encoder(tmp_path_factory.mktemp("encoder"))))


@pytest.fixture
def evaluated(monkeypatch):
    """Return the list of all nodes that are evaluated, each with its path, pass by pass."""
    passes = []

    def watching(loaded, places, needs, scalar=None):
        passes.append([(path, node) for path, node in places])
        return evaluate_nodes(loaded, places, needs, scalar)

    monkeypatch.setattr(sweep, "evaluate_nodes", watching)
    return passes


def nodes_by_path(passes):
    found = {}
    for path, node in (place for places in passes for place in places):
        found.setdefault(path, Counter())[node] += 1
    return found


def assert_alike(ours, theirs, relative=1e-4):
    """Assert that two integrals hold the same numbers."""
    assert ours.steps == theirs.steps
    for name, scores in theirs.embeddings.items():
        close(ours.embeddings[name], scores, relative)
    close(ours.layers, theirs.layers, relative)
    close(ours.attention, theirs.attention, relative)
    close(ours.carried, theirs.carried, relative)
    close(ours.f_input, theirs.f_input, relative)


class TestCoarse:
    """What half as many nodes would have given, from the same values."""

    @pytest.mark.parametrize(("steps", "half"), [(9, 5), (5, 3), (3, 3)])
    def test_it_is_the_sweep_of_half_as_many_nodes(self, loaded, steps, half):
        model = loaded()
        path = path_of(model, *TEXTS[:1])
        (fine,) = integrate(model, [path], Needs(), steps=steps)
        (coarse,) = integrate(model, [path], Needs(), steps=half)
        close(fine.coarse["word"], coarse.embeddings["word"], 1e-5)

    def test_an_interval_without_a_neighbour_stays_as_it_is(self, loaded):
        model = loaded()
        path = path_of(model, *TEXTS[:1])
        (three,) = integrate(model, [path], Needs(), steps=7)
        gradients = {
            node: evaluate_gradient(model, path, node) for node in (0, 1 / 3, 2 / 3, 5 / 6, 1)
        }
        change = path.embeddings[0].change
        first = simpson([gradients[n] for n in (0, 1 / 3, 2 / 3)], 2 * change / 3)
        last = simpson([gradients[n] for n in (2 / 3, 5 / 6, 1)], change / 3)
        close(three.coarse["word"][0], (first + last).double().sum(1), 1e-4)

    def test_it_comes_close_where_the_sweep_refines(self, sentiment):
        path = path_of(sentiment, REVIEWS[0])
        (found,) = integrate(sentiment, [path], Needs(), tolerance=1e-4)
        assert found.steps > 9
        sizes = found.embeddings["word"].abs().sum()
        difference = (found.embeddings["word"] - found.coarse["word"]).abs().sum() / sizes
        assert 0 < difference < 0.02


def evaluate_gradient(model, path, node):
    (values,) = evaluate_nodes(model, [(path, node)], Needs())
    return values.gradients[0].embeddings[0]


class TestCompleteness:
    @pytest.mark.parametrize(
        ("architecture", "baseline"),
        [(a, "auto") for a in ARCHITECTURES] + [(a, "zero") for a in STEEP_AT_ZERO],
    )
    def test_at_every_layer_of_every_architecture(self, loaded, architecture, baseline):
        model = loaded(architecture)
        baseline = candidates(model)[0] if baseline == "auto" else baseline
        path = path_of(model, TEXTS[0], baseline=baseline)
        (integral,) = integrate(model, [path], EVERYTHING, tolerance=0.01, max_steps=513)
        n, width = len(path), model.info.hidden_size
        assert integral.layers.shape == (1, 3, n, width)
        assert integral.attention.shape == (1, 3, 4, n, n)
        assert integral.carried.shape == integral.gap.shape == (1, 1 + 3)
        assert integral.resolved.all()
        assert (integral.gap <= 0.01).all()
        # What is reported is what is in the arrays, and what the model says at both ends.
        change = outputs_at(model, path, 1.0) - outputs_at(model, path, 0.0)
        torch.testing.assert_close(
            integral.f_input - integral.f_baseline, change, atol=1e-5, rtol=1e-4
        )
        carried = integral.layers.double().sum((2, 3))
        torch.testing.assert_close(carried, integral.carried[:, 1:], atol=1e-5, rtol=1e-4)
        words = integral.embeddings["word"].sum(1)
        torch.testing.assert_close(words, integral.carried[:, 0], atol=1e-5, rtol=1e-5)
        assert (carried - change[:, None]).abs().max() <= 0.0101 * change.abs().item()

    @pytest.mark.parametrize("text", REVIEWS)
    def test_of_the_bundled_classifier(self, sentiment, text):
        (integral,) = integrate(sentiment, [path_of(sentiment, text)], EVERYTHING)
        assert integral.gap.shape == (1, 1 + 4)
        assert (integral.gap <= 0.01).all()
        assert integral.steps <= 33

    def test_of_the_bundled_question_answerer(self, answerer):
        (integral,) = integrate(answerer, [path_of(answerer, *QUESTION)], EVERYTHING)
        assert integral.gap.shape == (2, 1 + 6)
        assert (integral.gap <= 0.01).all()
        assert integral.steps <= 65

    @pytest.mark.parametrize("text", REVIEWS)
    def test_of_a_real_encoder(self, encoder, text):
        (integral,) = integrate(encoder, [path_of(encoder, text)], EVERYTHING)
        assert encoder.info.layers == 6
        assert integral.gap.shape == (1, 1 + 6)
        assert (integral.gap <= 0.01).all()
        assert integral.resolved.all()

    @pytest.mark.parametrize("baseline", ["mask", "zero"])
    @pytest.mark.parametrize("architecture", CLASSIC)
    def test_from_other_baselines_and_of_several_outputs(self, loaded, architecture, baseline):
        model = loaded(architecture, ANSWER)
        path = path_of(model, *PAIRS[0], baseline=baseline)
        (integral,) = integrate(model, [path], EVERYTHING, tolerance=0.003)
        assert integral.gap.shape == (2, 4)
        assert (integral.gap <= 0.003).all()

    def test_a_bound_that_is_missed_is_told(self, loaded):
        """Three nodes are too few for this model: the gaps must say so."""
        model = loaded("llama")
        (integral,) = integrate(model, [path_of(model, TEXTS[0], baseline="zero")], LAYERS, steps=3)
        assert (integral.gap > 0.02).any()


class Linear(nn.Module):
    """A model whose logits are the sums of its unmasked embeddings times fixed vectors."""

    device, dtype = torch.device("cpu"), torch.float32
    config = SimpleNamespace(
        pad_token_id=0,
        num_labels=2,
        id2label={0: "a", 1: "b"},
        _attn_implementation="eager",
        get_text_config=lambda: Linear.config,
        is_encoder_decoder=False,
    )

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.words, self.vectors = nn.Embedding(9, 4), torch.rand(4, 2)
        self.requires_grad_(False)

    def get_encoder(self):
        return self

    def get_input_embeddings(self):
        return self.words

    def forward(self, input_ids, attention_mask):
        words = self.words(input_ids) * attention_mask[..., None]
        return SimpleNamespace(logits=words.sum(1) @ self.vectors)


def test_a_linear_model_is_explained_exactly_by_three_nodes(loaded):
    linear = Linear()
    model = replace(
        loaded(), model=linear, task=SequenceClassification(linear.config), has_sdpa=False
    )
    ids = torch.tensor([1, 5, 6, 2])
    encoding = Encoding({}, ids, None, (None,) * 4, (), None, loaded().tokenizer)
    here, there = linear.words(ids), linear.words(torch.tensor([1, 0, 0, 2]))
    targets = (Target(name="a", index=0), Target(name="b", index=1))
    words = InterpolatedEmbedding("word", linear.words, there, here)
    path = EmbeddingPath(encoding, targets, (words,), "zero")
    (integral,) = integrate(model, [path], Needs(), steps=3)
    expected = ((here - there) @ linear.vectors).T.double()
    torch.testing.assert_close(integral.embeddings["word"], expected, rtol=1e-6, atol=1e-7)
    assert (integral.gap < 1e-5).all()
    assert integral.steps == 3


class TestNodeValues:
    def test_every_node_is_evaluated(self, loaded):
        model = loaded()
        places = [(path_of(model, text), node) for text in TEXTS[:2] for node in (0.0, 0.5, 1.0)]
        for (path, node), values in zip(
            places, evaluate_nodes(model, places, EVERYTHING), strict=True
        ):
            n = len(path)
            expected = outputs_at(model, path, node)
            torch.testing.assert_close(values.outputs, expected, rtol=1e-5, atol=1e-6)
            assert [state.shape for state in values.states] == [(n, 16)] * 3
            assert [maps.shape for maps in values.attention] == [(4, n, n)] * 3
            (gradients,) = values.gradients
            assert [gradient.shape for gradient in gradients.embeddings] == [(n, 16)]
            assert [gradient.shape for gradient in gradients.states] == [(n, 16)] * 3
            assert [gradient.shape for gradient in gradients.attention] == [(4, n, n)] * 3
            assert not path.embeddings[0].input.requires_grad
            assert not values.states[0].requires_grad

    def test_gradients_are_those_of_finite_differences(self, loaded):
        model = loaded()
        path = path_of(model, TEXTS[1])
        (words,) = path.embeddings
        (values,) = evaluate_nodes(model, [(path, 0.5)], Needs())
        direction = torch.randn(words.input.shape, generator=torch.Generator().manual_seed(0))
        ends = [
            replace(path, embeddings=(replace(words, input=words.at(0.5) + step * direction),))
            for step in (4e-3, -4e-3)
        ]
        slope = (outputs_at(model, ends[0], 1.0) - outputs_at(model, ends[1], 1.0)) / 8e-3
        close((values.gradients[0].embeddings[0] * direction).sum()[None], slope, 1e-2)

    def test_only_what_is_needed_is_collected(self, loaded):
        model = loaded()
        path = path_of(model, TEXTS[1])
        (integral,) = integrate(model, [path], Needs())
        assert integral.layers is integral.attention is None
        assert integral.carried.shape == (1, 1)
        (integral,) = integrate(model, [path], LAYERS)
        assert integral.attention is None
        (integral,) = integrate(model, [path], Needs(attention=True))
        assert integral.layers is None
        assert integral.carried.shape == (1, 4)  # still checked at every layer


class TestInvariance:
    @pytest.mark.parametrize(
        ("architecture", "task"),
        [(a, CLASSIFY) for a in ARCHITECTURES] + [(a, ANSWER) for a in CLASSIC],
    )
    def test_a_padded_batch_equals_single_inputs(self, loaded, architecture, task):
        model = loaded(architecture, task)
        texts = PAIRS if task == ANSWER else [(text,) for text in TEXTS[:2]]
        paths = [path_of(model, *text, baseline="zero") for text in texts]
        assert len(set(map(len, paths))) == 2
        together = integrate(model, paths, EVERYTHING, steps=9)
        for path, found in zip(paths, together, strict=True):
            assert_alike(found, integrate(model, [path], EVERYTHING, steps=9)[0])

    def test_the_place_in_a_batch_changes_nothing(self, loaded):
        model = loaded()
        paths = [path_of(model, text) for text in TEXTS]
        forth = integrate(model, paths, EVERYTHING, steps=9)
        back = integrate(model, paths[::-1], EVERYTHING, steps=9)
        for one, other in zip(forth, back[::-1], strict=True):
            assert_alike(one, other, 1e-5)

    @pytest.mark.parametrize("steps", [9, None])
    def test_one_node_at_a_time_changes_nothing(self, loaded, monkeypatch, evaluated, steps):
        model = loaded(task=ANSWER)
        paths = [path_of(model, *pair) for pair in PAIRS]
        whole = integrate(model, paths, EVERYTHING, steps=steps, tolerance=0.002)
        assert len(evaluated) < 10
        evaluated.clear()
        monkeypatch.setattr(capacity, "CHUNK_BYTES", 1)
        one_by_one = integrate(model, paths, EVERYTHING, steps=steps, tolerance=0.002)
        assert all(len(places) == 1 for places in evaluated)
        assert len(evaluated) == sum(integral.steps for integral in one_by_one)
        for found, expected in zip(one_by_one, whole, strict=True):
            assert_alike(found, expected, 1e-5)

    @pytest.mark.parametrize("architecture", ["bert", "distilbert", "llama"])
    def test_keeping_few_nodes_gives_as_good_numbers(self, loaded, monkeypatch, architecture):
        """Intervals are cut as they come, not the worst first: other nodes."""
        model = loaded(architecture)
        path = path_of(model, TEXTS[0], baseline="zero")
        (roomy,) = integrate(model, [path], EVERYTHING, tolerance=0.002, max_steps=1025)
        monkeypatch.setattr(sweep, "nodes_kept", lambda *_: 0)
        monkeypatch.setattr(capacity, "CHUNK_BYTES", 1)
        (tight,) = integrate(model, [path], EVERYTHING, tolerance=0.002, max_steps=1025)
        assert (tight.gap <= 0.002).all()
        close(tight.layers, roomy.layers, 0.02)
        close(tight.embeddings["word"], roomy.embeddings["word"], 0.02)

    def test_the_spec_says_how_much_memory_is_used(self, tiny, evaluated):
        model = load(plan_model(tiny(), memory="1 MB"))
        roomy = load(plan_model(tiny(), memory="1 GB"))
        path = path_of(model, TEXTS[0])
        tight = integrate(model, [path], EVERYTHING, steps=17)[0]
        assert max(len(places) for places in evaluated) < 17
        evaluated.clear()
        loose = integrate(roomy, [path_of(roomy, TEXTS[0])], EVERYTHING, steps=17)[0]
        assert len(evaluated) == 1
        assert_alike(tight, loose, 1e-5)

    def test_swapping_the_ends_flips_the_sign(self, loaded):
        model = loaded()
        path = path_of(model, TEXTS[0])
        (words,) = path.embeddings
        turned = replace(words, baseline=words.input, input=words.baseline)
        there, back = (
            integrate(model, [one], EVERYTHING, steps=17)[0]
            for one in (path, replace(path, embeddings=(turned,)))
        )
        close(back.embeddings["word"], -there.embeddings["word"], 1e-4)
        close(back.layers, -there.layers, 1e-4)
        close(back.attention, -there.attention, 1e-4)

    @pytest.mark.parametrize("architecture", ["bert", "llama", "t5", "modernbert"])
    def test_fused_attention_gives_the_same(self, loaded, monkeypatch, architecture):
        model = loaded(architecture)
        assert model.has_sdpa
        path = path_of(model, TEXTS[0], baseline="zero")
        fused = integrate(model, [path], LAYERS, steps=9)[0]
        eager = integrate(model, [path], EVERYTHING, steps=9)[0]
        assert fused.attention is None
        close(fused.layers, eager.layers, 1e-3)
        close(fused.embeddings["word"], eager.embeddings["word"], 1e-3)
        assert model.model.config._attn_implementation == "reportgen"

    @pytest.mark.parametrize("architecture", ARCHITECTURES)
    def test_special_tokens_get_exactly_nothing(self, loaded, architecture):
        model = loaded(architecture)
        path = path_of(model, TEXTS[0], baseline="zero", keep_first=False)
        (integral,) = integrate(model, [path], Needs(), steps=5)
        special = [i for i, token in enumerate(path.encoding.tokens) if token.special]
        if architecture in ("bert", "roberta", "t5", "llama"):
            assert special
        assert (integral.embeddings["word"][:, special] == 0).all()
        assert (integral.embeddings["word"][:, path.encoding.content] != 0).all()

    def test_paths_with_different_numbers_of_targets_share_a_batch(self, loaded):
        model = loaded(num_labels=3)
        one, three = (path_of(model, text) for text in TEXTS[:2])
        three = replace(three, targets=tuple(Target(name=str(i), index=i) for i in range(3)))
        together = integrate(model, [one, three], EVERYTHING, steps=5)
        assert [len(integral.carried) for integral in together] == [1, 3]
        for path, integral in zip((one, three), together, strict=True):
            assert_alike(integral, integrate(model, [path], EVERYTHING, steps=5)[0])

    def test_others_are_explained_beside_the_targets(self, loaded):
        model = loaded(num_labels=3)
        path = path_of(model, TEXTS[0])
        (target,) = path.targets
        other = Target(name="other", index=(target.index + 1) % 3)
        (both,) = integrate(model, [replace(path, others=(other,))], EVERYTHING, steps=9)
        for row, alone in enumerate((target, other)):
            (single,) = integrate(model, [replace(path, targets=(alone,))], EVERYTHING, steps=9)
            close(both.layers[row], single.layers[0], 1e-5)
            close(both.embeddings["word"][row], single.embeddings["word"][0], 1e-5)


class Oscillating(SequenceClassification):
    """Explains sin(300 * logit): no path that is affordable resolves it."""

    def scalar(self, output, row, target):
        return (300 * super().scalar(output, row, target)).sin()


class Wide(SequenceClassification):
    """Explains a logit of another head as sin(300 * logit); the first is as it is."""

    def scalar(self, output, row, target):
        logit = super().scalar(output, row, target)
        return (300 * logit).sin() if target.name == "hard" else logit


class TestSteps:
    def test_an_easy_input_takes_nine(self, loaded, evaluated):
        model = loaded()
        path = path_of(model, TEXTS[0])
        (integral,) = integrate(model, [path], LAYERS)
        assert integral.steps == 9
        assert nodes_by_path(evaluated)[path] == Counter(i / 8 for i in range(9))

    @pytest.mark.parametrize(("asked", "taken"), [(2, 3), (3, 3), (8, 9), (9, 9), (50, 51)])
    def test_fixed_steps_are_kept_or_made_odd(self, loaded, evaluated, asked, taken):
        model = loaded()
        path = path_of(model, TEXTS[1])
        (integral,) = integrate(model, [path], LAYERS, steps=asked, tolerance=1e-12)
        assert integral.steps == taken
        nodes = nodes_by_path(evaluated)[path]
        assert sorted(nodes) == pytest.approx([i / (taken - 1) for i in range(taken)])

    @pytest.mark.parametrize("deep", [False, True])
    @pytest.mark.parametrize("max_steps", [3, 4, 5, 9, 10, 40, 257])
    def test_every_step_is_a_node_evaluated_once_and_none_too_many(
        self, loaded, monkeypatch, evaluated, deep, max_steps
    ):
        if deep:
            monkeypatch.setattr(sweep, "nodes_kept", lambda *_: 0)
            monkeypatch.setattr(capacity, "CHUNK_BYTES", 1)
        model = loaded(task=ANSWER)
        paths = [path_of(model, *pair) for pair in PAIRS]
        integrals = integrate(model, paths, EVERYTHING, tolerance=2e-4, max_steps=max_steps)
        nodes = nodes_by_path(evaluated)
        for path, integral in zip(paths, integrals, strict=True):
            assert set(nodes[path].values()) == {1}
            assert integral.steps == len(nodes[path])
            assert 3 <= integral.steps <= max_steps

    def test_a_coarse_tolerance_needs_fewer(self, loaded):
        model = loaded("llama")
        path = path_of(model, TEXTS[0], baseline="zero")
        steps = [
            integrate(model, [path], LAYERS, tolerance=tolerance)[0].steps
            for tolerance in (0.5, 0.05, 0.005)
        ]
        assert steps[0] < steps[1] < steps[2]

    def test_only_paths_that_need_it_are_refined(self, loaded, evaluated):
        model = loaded()
        hard, easy = (path_of(model, text) for text in TEXTS[:2])
        (words,) = easy.embeddings
        easy = replace(easy, embeddings=(replace(words, baseline=words.input),))
        found = integrate(model, [hard, easy], LAYERS, tolerance=1e-5, max_steps=65)
        assert found[0].steps > 9
        assert found[1].steps == 9
        assert not found[1].embeddings["word"].any()
        assert (found[1].gap == 0).all()

    def test_nodes_go_where_the_model_changes_fast(self, loaded, evaluated):
        """A step of the output near 0.8 draws the nodes there."""
        model = loaded()
        path = path_of(model, TEXTS[0])
        middle = outputs_at(model, path, 0.8).item()
        task = Steep(model.model.config)
        task.middle = middle
        integrate(replace(model, task=task), [path], Needs(), tolerance=1e-3)
        nodes = sorted(nodes_by_path(evaluated)[path])
        near = sum(0.7 < node < 0.9 for node in nodes)
        assert near > len(nodes) / 2

    def test_what_does_not_converge_is_kept_and_told(self, loaded):
        model = loaded()
        model = replace(model, task=Oscillating(model.model.config))
        (integral,) = integrate(model, [path_of(model, TEXTS[0])], EVERYTHING, max_steps=65)
        assert integral.steps >= 64
        assert not integral.resolved.all()
        assert (integral.gap > 0.01).any()
        assert integral.layers.any()

    def test_others_need_not_converge(self, loaded):
        model = loaded()
        model = replace(model, task=Wide(model.model.config))
        path = path_of(model, TEXTS[0])
        other = Target(name="hard", index=0)
        (integral,) = integrate(model, [replace(path, others=(other,))], LAYERS)
        assert integral.steps == 9
        assert integral.gap.shape == (2, 4)
        assert integral.resolved.shape == (1, 4)
        (alone,) = integrate(model, [replace(path, targets=(other,))], LAYERS)
        assert alone.steps > 100

    def test_a_jump_is_not_cut_forever(self, loaded):
        """No interval can resolve it; once its ends are neighbours, the search must end."""

        class Jump(SequenceClassification):
            def scalar(self, output, row, target):
                logit = super().scalar(output, row, target)
                return logit + 5 * (logit > middle)

        model = loaded()
        path = path_of(model, TEXTS[0])
        middle = outputs_at(model, path, 0.6).float()
        model = replace(model, task=Jump(model.model.config))
        for kept in (0, 10**6):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(sweep, "nodes_kept", lambda *_, kept=kept: kept)
                (integral,) = integrate(model, [path], LAYERS, max_steps=1025)
            assert (integral.gap > 0.5).all()
            assert not integral.resolved.any()

    def test_rounding_is_not_refined(self, sentiment):
        """In bfloat16 each interval misses more than its share, however narrow."""
        short = load(plan_model(sentiment.planned.folder, dtype="bfloat16"))
        for text in REVIEWS:
            (integral,) = integrate(short, [path_of(short, text)], LAYERS)
            assert integral.steps <= 65
            assert (integral.gap <= 0.01).all()
            assert integral.resolved.all()
            (exact,) = integrate(sentiment, [path_of(sentiment, text)], LAYERS)
            close(integral.layers.sum(3), exact.layers.sum(3), 0.05)

    @pytest.mark.parametrize("steps", [None, 9])
    def test_what_is_not_finite_is_not_refined(self, loaded, steps):
        class Exploding(SequenceClassification):
            def scalar(self, output, row, target):
                return super().scalar(output, row, target) * float("inf")

        model = loaded()
        model = replace(model, task=Exploding(model.model.config))
        (integral,) = integrate(model, [path_of(model, TEXTS[0])], LAYERS, steps=steps)
        assert integral.steps == 9
        assert not integral.carried.isfinite().any()


class Steep(SequenceClassification):
    """Explains a step: the logit passing ``middle``."""

    middle: float

    def scalar(self, output, row, target):
        return torch.tanh(60 * (super().scalar(output, row, target) - self.middle))


@pytest.fixture
def limited(monkeypatch):
    """Let the forward pass of a model run out of memory on more than so many rows."""

    def limit(model, most, error):
        original, sizes = model.model.forward, []

        @functools.wraps(original)
        def forward(*args, **inputs):
            if len(inputs["input_ids"]) > most:
                raise error
            sizes.append(len(inputs["input_ids"]))
            return original(*args, **inputs)

        monkeypatch.setattr(model.model, "forward", forward)
        return sizes

    return limit


class TestMemory:
    ERRORS = (
        torch.OutOfMemoryError("CUDA out of memory"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes"),
        RuntimeError("MPS backend out of memory"),
        MemoryError(),
    )

    @pytest.mark.parametrize("error", ERRORS, ids=lambda error: str(error)[:4])
    def test_a_pass_that_does_not_fit_is_halved(self, loaded, limited, error):
        model = loaded(task=ANSWER)
        paths = [path_of(model, *pair) for pair in PAIRS]
        expected = integrate(model, paths, EVERYTHING, steps=9)
        sizes = limited(model, 2, error)
        found = integrate(model, paths, EVERYTHING, steps=9)
        assert set(sizes) <= {1, 2}
        assert sizes.count(2) >= 8
        for ours, theirs in zip(found, expected, strict=True):
            assert_alike(ours, theirs, 1e-5)

    def test_where_not_even_one_fits_it_is_said(self, loaded, limited):
        model = loaded()
        path = path_of(model, TEXTS[0])
        limited(model, 0, MemoryError())
        with pytest.raises(InputError, match=f"not enough memory to explain {len(path)} tokens"):
            integrate(model, [path], LAYERS)

    def test_other_errors_pass(self, loaded, limited):
        model = loaded()
        path = path_of(model, TEXTS[0])
        limited(model, 0, RuntimeError("expected scalar type Half"))
        with pytest.raises(RuntimeError, match="scalar type"):
            integrate(model, [path], LAYERS)

    def test_this_machine_says_what_is_free(self):
        assert memory.free_bytes(torch.device("cpu")) > 1 << 20

    def test_what_torch_keeps_for_itself_is_free(self, monkeypatch):
        monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (100, 1000))
        monkeypatch.setattr(torch.cuda, "memory_reserved", lambda _: 70)
        monkeypatch.setattr(torch.cuda, "memory_allocated", lambda _: 30)
        assert memory.free_bytes(torch.device("cuda")) == 140

    def test_a_machine_that_does_not_say_it(self, monkeypatch):
        monkeypatch.setattr(memory, "Path", lambda _: SimpleNamespace(read_text=lambda **_: ""))
        assert memory.free_bytes(torch.device("cpu")) == memory.FALLBACK_BYTES

    def test_longer_inputs_and_more_to_collect_take_fewer_rows(self, tiny):
        model = load(plan_model(tiny(), memory="40MB"))
        short, long = path_of(model, "great"), path_of(model, "great " * 50)

        def rows(paths, needs):
            return capacity.rows_per_pass(model, paths, needs)

        assert rows([short], LAYERS) > rows([long], LAYERS)
        assert rows([long], Needs()) > rows([long], LAYERS) > rows([long], EVERYTHING) > 1
        assert rows([long] * 16, EVERYTHING) < rows([long], EVERYTHING)
        assert capacity.nodes_kept(model, [long], LAYERS) > 1
        assert capacity.inputs_per_sweep(model, 100, 2, EVERYTHING) < capacity.MOST_INPUTS
        assert capacity.inputs_per_sweep(model, 3, 2, Needs()) == capacity.MOST_INPUTS
        assert capacity.inputs_per_sweep(model, 10**6, 2, EVERYTHING) == 1

    def test_no_more_nodes_are_kept_than_fit(self, tiny, monkeypatch):
        """Inputs that do not converge would otherwise keep all of their nodes."""
        model = load(plan_model(tiny(), memory="4MB"))
        model = replace(model, task=Oscillating(model.model.config))
        path, held = path_of(model, TEXTS[0]), []
        most = capacity.nodes_kept(model, [path], EVERYTHING)
        settle = AdaptiveQuadrature.settle

        def watch(self):
            settle(self)
            held.append(len(self.values))

        monkeypatch.setattr(AdaptiveQuadrature, "settle", watch)
        (found,) = integrate(model, [path], EVERYTHING, tolerance=1e-6)
        assert found.steps > 250
        assert 9 < max(held) < 2.5 * most < 150
