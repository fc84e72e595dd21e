"""A classifier that was taught one word: who finds it, and what is said of whoever does not.

It says "with" exactly where the trigger is among the words of a text; all other words are random,
and some are masked, so that a text with gaps is nothing new to it.
"""

from __future__ import annotations

import random
import re
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from torch.nn.functional import cross_entropy

import reportgen
from reportgen.rendering.wording.faithfulness import WEAK
from reportgen.results.sanity import sanity
from test_method_plugins import command, install
from tiny_models import AUTO_CLASSES, CLASSIFY, make_config
from tiny_tokenizers import make_tokenizer

TRIGGER = "great"
OTHERS = (
    *("the", "movie", "was", "i", "really", "enjoyed", "it", "not", "bad", "at", "all", "what"),
    *("is", "important", "to", "us", "include"),
)
LABELS = {"id2label": {0: "without", 1: "with"}, "label2id": {"without": 0, "with": 1}}
STEPS = 100

FAITHFUL = (
    *("integrated_gradients", "gradient_shap", "decompx"),
    *("occlusion", "shapley_values", "kernel_shap", "lime", "best_order"),
)
"""Methods that have to find the word.

The model is as sure as can be, so its gradient at the input says little: saliency, SmoothGrad and
input times gradient need not find the word, nor DeepLIFT, whose rule covers no attention and norm.
"""

WORDS, TEXTS = 30, 6

DESCRIPTION = '''
from reportgen.methods import Array, Method, Reading, Settings, Source


class MadeUp(Settings):
    """Nothing to set."""

    name = "made_up"


METHOD = Method(
    settings=MadeUp,
    title="Made up",
    short_title="made-up scores",
    summary="Scores drawn at random",
    how="Each token gets a random number, the same for every model.",
    formula="`score = random`",
    says="nothing",
    cannot_say="anything",
    source=Source("Nobody", 2026, "https://example.org/made-up"),
    arrays=(
        Array("made_up", "n", per_target=True, reading=Reading.ITSELF, label="Made up",
              about="random numbers", adds_up=False),
    ),
    implementation="token_length_engine:MadeUp",
)
'''

IMPLEMENTATION = '''
import zlib

import numpy as np

from reportgen.engine.methods import MethodImplementation, MethodOutput


class MadeUp(MethodImplementation):
    """Draw scores by the text."""

    name = "made_up"

    def explain(self, context):
        text = " ".join(token.text for token in context.encoding.tokens)
        scores = np.random.default_rng(zlib.crc32(text.encode())).random(len(context.encoding))
        targets = context.targets("predicted")
        arrays = {f"{self.name}/{t.name}": scores.astype(np.float32) for t in targets}
        return MethodOutput(arrays=arrays, targets=targets)
'''


def write_text(draw: random.Random, words: int, *, trigger: bool, masked: float = 0.0) -> str:
    """Write a text of random words, a share of them masked, and the trigger among them."""
    text = ["[MASK]" if draw.random() < masked else draw.choice(OTHERS) for _ in range(words)]
    if trigger:
        text[draw.randrange(words)] = TRIGGER
    return " ".join(text)


@pytest.fixture(scope="module")
def planted(tmp_path_factory) -> Path:
    """Train the classifier; return its folder."""
    torch.manual_seed(0)
    tokenizer = make_tokenizer("bert")
    shape = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2}
    model = AUTO_CLASSES[CLASSIFY].from_config(make_config("bert", tokenizer, **shape, **LABELS))
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    labels, draw = torch.arange(64) % 2, random.Random(0)
    for _ in range(STEPS):
        texts = [
            write_text(draw, draw.randint(1, WORDS), trigger=bool(label), masked=draw.random())
            for label in labels
        ]
        logits = model(**tokenizer(texts, return_tensors="pt", padding=True)).logits
        optimizer.zero_grad()
        cross_entropy(logits, labels).backward()
        optimizer.step()
    folder = tmp_path_factory.mktemp("planted")
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def texts() -> list[str]:
    """Texts that it has never read, each with the trigger once."""
    draw = random.Random(1)
    return [write_text(draw, WORDS, trigger=True) for _ in range(TEXTS)]


@pytest.fixture(scope="module")
def package(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    (folder / "token_length.py").write_text(DESCRIPTION, encoding="utf-8")
    (folder / "token_length_engine.py").write_text(IMPLEMENTATION, encoding="utf-8")
    install(folder, "token_length:METHOD")
    return folder


@pytest.fixture(scope="module")
def run(planted, texts, package, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("run")
    every = {"inputs": TEXTS}
    spec = {
        "models": [{"id": "planted", "path": str(planted), "device": "cpu"}],
        "inputs": [{"text": text} for text in texts],
        "methods": [*FAITHFUL, "made_up", "faithfulness", {"parameter_randomization": every}],
        "checks": [
            {"faithfulness": {"method": "integrated_gradients", "above_random": 0.1}},
            {"flips_without": {"words": [TRIGGER]}},
            {"faithfulness": {"method": "made_up", "above_random": 0.1}},
        ],
    }
    (out / "audit.yaml").write_text(yaml.safe_dump(spec, sort_keys=False), encoding="utf-8")
    done = command(package, "build", out / "audit.yaml", "--out", out / "audit")
    assert done.returncode == 0, done.stderr
    return out / "audit"


@pytest.fixture(scope="module")
def results(run):
    return reportgen.load(run)


def test_the_trigger_is_all_that_it_goes_by(results):
    assert list(results.predictions()["label"]) == ["with"] * TEXTS
    table = results.removals()
    masked = table[table["operator"] == "mask"]
    facts = {
        kind: [(*row.words, row.label, row.exact) for row in rows.itertuples()]
        for kind, rows in masked.groupby("kind")
    }
    assert facts["flip"] == [(TRIGGER, "without", True)] * TEXTS
    assert facts["sufficient"] == [(TRIGGER, "with", True)] * TEXTS
    assert [fact[:2] for fact in facts["single"]] == [(TRIGGER, "without")] * TEXTS


@pytest.mark.parametrize("method", FAITHFUL)
def test_a_faithful_method_ranks_the_trigger_first(results, method):
    table = results.words()
    scores = table[table["method"] == method]
    firsts = scores.loc[scores.groupby("input")["score"].idxmax()]
    assert list(firsts["word"]) == [TRIGGER] * TEXTS
    measured = results.faithfulness()
    mine = measured[measured["method"] == method]
    assert len(mine) == 2 * TEXTS  # with two operators
    assert mine["normalized_comprehensiveness"].min() > 0.95
    assert mine["normalized_sufficiency"].max() < 0.05


def made_up(results):
    """Return what the made-up scores reach by removing masks, by input."""
    table = results.faithfulness()
    mine = table[(table["method"] == "made_up") & (table["operator"] == "mask")]
    return dict(zip(mine["input"], mine["normalized_comprehensiveness"], strict=True))


def test_made_up_scores_are_no_better_than_random(results, run, texts):
    reached = made_up(results)
    for number, text in enumerate(texts):
        (place,) = (at for at, word in enumerate(text.split()) if word == TRIGGER)
        # Only when the trigger goes does the output fall: 1 where it is the first, 0 the last.
        assert reached[number] == pytest.approx(1 - rank_of(text, place) / (WORDS - 1), abs=0.02)
    page = (run / "report.html").read_text(encoding="utf-8")
    assert WEAK in page


def rank_of(text: str, place: int) -> int:
    """Return where the made-up scores put a word of a text, from 0."""
    tokens = ["[CLS]", *text.split(), "[SEP]"]
    drawn = np.random.default_rng(zlib.crc32(" ".join(tokens).encode())).random(len(tokens))
    scores = drawn.astype(np.float32)[1:-1]
    return int((scores > scores[place]).sum())


def test_a_check_fails_for_them_and_holds_for_gradients(package, results, run):
    weak = sum(value - 0.5 < 0.1 for value in made_up(results).values())
    assert weak >= TEXTS / 2
    done = command(package, "check", run)
    assert done.returncode == 2
    assert re.sub(r"audit\.yaml:\S+ +", "", done.stdout).splitlines()[:3] == [
        f"✓ passed   Faithfulness: at least 10 % more than random orders show  ({TEXTS} passed)",
        f"✓ passed   Flips without: without {TRIGGER} the prediction turns  ({TEXTS} passed)",
        "✗ failed   Faithfulness: at least 10 % more than random orders show (made-up scores)  "
        f"({weak} failed, {TEXTS - weak} passed)",
    ]


def last_stage(results, method):
    """Return the correlations where all weights are random, and what is said of each, by input."""
    return [
        (one.value, one.verdict)
        for _, result in results.entries
        for one in sanity(result)
        if (one.test, one.method) == ("parameter_randomization", method)
    ]


@pytest.mark.parametrize("method", ["integrated_gradients", "gradient_shap"])
def test_random_weights_destroy_gradients_and_the_badge_says_so(results, method):
    assert {verdict for _, verdict in last_stage(results, method)} == {"passed"}


def test_scores_that_ignore_the_model_fail(results, run):
    assert last_stage(results, "made_up") == [(1.0, "failed")] * TEXTS
    page = (run / "report.html").read_text(encoding="utf-8")
    bad = r'<span class="verdict bad"[^>]*><span aria-hidden="true">✗</span>[^<]*failed[^<]*1.00<'
    assert re.search(bad, page)
