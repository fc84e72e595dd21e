"""Stored runs with made-up numbers, so that the report is tested without torch or a model."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from reportgen.results.model import (
    Agreement,
    Convergence,
    Failure,
    JobEntry,
    JobResult,
    Manifest,
    ModelInfo,
    Prediction,
    Score,
    Span,
    Target,
    Token,
    Truncation,
    Word,
)
from reportgen.results.store import Store

HOSTILE = "<script>alert(1)</script> & \"quotes\" </mark> <!-- 'x' {{ 7*7 }} שלום 你好 👩‍👩‍👧 end"

SETTINGS = {
    "integrated_gradients": {
        "baseline": "pad",
        "target": "predicted",
        "steps": "auto",
        "tolerance": 0.01,
        "max_steps": 256,
        "normalize": "none",
    },
    "attention": {},
    "vector_norms": {},
}


def split(text: str, segment: str, first: int, first_word: int):
    """Cut a text into words and tokens (pieces of at most six characters)."""
    words, tokens = [], []
    for match in re.finditer(r"\S+", text):
        start = len(tokens)
        for piece in re.finditer(r".{1,6}", match.group()):
            begin = match.start() + piece.start()
            tokens.append(
                Token(
                    text=piece.group(),
                    id=7,
                    segment=segment,
                    start=begin,
                    end=begin + len(piece.group()),
                    word=first_word + len(words),
                )
            )
        words.append(
            Word(
                text=match.group(),
                segment=segment,
                start=match.start(),
                end=match.end(),
                first=first + start,
                last=first + len(tokens),
            )
        )
    return words, tokens


def special(text: str) -> Token:
    return Token(text=text, id=1, special=True)


def maps(rng: np.random.Generator, layers: int, heads: int, n: int) -> dict[str, np.ndarray]:
    logits = 2 * rng.standard_normal((layers, heads, n, n))
    logits[..., -1] += 3
    attention = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    f = rng.uniform(0.5, 2, (layers, heads, n))
    f[..., -1] = 0.05
    alpha_f = attention * f[:, :, None, :]
    arrays = {
        "attention": attention,
        "attention_norm": np.sqrt((attention**2).sum(1)),
        "vector_norms/f": f,
        "vector_norms/alpha_f": alpha_f,
        "vector_norms/sum_alpha_f": np.sqrt((alpha_f**2).sum(1)),
    }
    return {name: array.astype(np.float32) for name, array in arrays.items()}


def classified(
    text: str,
    job: str = "c" * 32,
    *,
    position: int = 0,
    model: str = "fake",
    converged: bool = True,
    seed: int = 0,
    **changes,
):
    """A finished classification of ``text`` with random scores."""
    rng = np.random.default_rng(seed)
    words, body = split(text, "text", 1, 0)
    tokens = (special("[CLS]"), *body, special("[SEP]"))
    arrays = maps(rng, 4, 6, len(tokens))
    scores = rng.standard_normal(len(tokens)).astype(np.float32)
    scores[[0, -1]] = 0
    arrays["integrated_gradients/POSITIVE"] = scores
    gap = 0.002 if converged else 0.4
    header = JobResult(
        job=job,
        model=model,
        input=position,
        task="sequence-classification",
        status="done",
        fields={"text": text},
        tokens=tokens,
        words=tuple(words),
        prediction=Prediction(
            kind="single-label",
            label="POSITIVE",
            labels=("POSITIVE",),
            probability=0.9,
            scores=(
                Score(label="NEGATIVE", logit=-1.1, probability=0.1),
                Score(label="POSITIVE", logit=1.1, probability=0.9),
            ),
        ),
        targets=(Target(name="POSITIVE", index=1),),
        settings=SETTINGS,
        convergence=(
            Convergence(
                method="integrated_gradients",
                target="POSITIVE",
                f_input=1.1,
                f_baseline=-0.2,
                delta=gap * 1.3,
                gap=gap,
                steps=16,
                tolerance=0.01,
                converged=converged,
            ),
        ),
        agreement=agreements(rng, ("POSITIVE",)),
        checks={"attention_row_sum": 1e-7, "embeds_logits": 0.0},
        seconds=0.1,
    ).model_copy(update=changes)
    return header, arrays


def agreements(rng: np.random.Generator, targets: tuple[str, ...]) -> tuple[Agreement, ...]:
    pairs = [(t, "integrated_gradients", m) for t in targets for m in ("attention", "vector_norms")]
    pairs.append((None, "attention", "vector_norms"))
    return tuple(
        Agreement(
            target=t,
            layer=layer,
            method_a=a,
            method_b=b,
            measure=measure,
            k=k,
            value=float(rng.uniform(0, 1)),
        )
        for t, a, b in pairs
        for layer in range(4)
        for measure, k in (("spearman", None), ("top_k_overlap", 5))
    )


def answered(
    question: str, context: str, job: str = "a" * 32, *, position: int = 0, model: str = "fake-qa"
):
    """An answered question whose span is the last two words of the context."""
    rng = np.random.default_rng(1)
    q_words, q_tokens = split(question, "question", 1, 0)
    c_words, c_tokens = split(context, "context", len(q_tokens) + 2, len(q_words))
    tokens = (special("[CLS]"), *q_tokens, special("[SEP]"), *c_tokens, special("[SEP]"))
    arrays = maps(rng, 4, 6, len(tokens))
    for target in ("start", "end"):
        arrays[f"integrated_gradients/{target}"] = rng.standard_normal(len(tokens)).astype("f4")
    first, last = c_words[-2], c_words[-1]
    span = Span(
        text=context[first.start : last.end],
        start=first.first,
        end=last.last - 1,
        char_start=first.start,
        char_end=last.end,
        probability=0.6,
    )
    header = JobResult(
        job=job,
        model=model,
        input=position,
        task="question-answering",
        status="done",
        fields={"question": question, "context": context},
        tokens=tokens,
        words=(*q_words, *c_words),
        settings=SETTINGS,
        expect="something else",
        prediction=Prediction(
            kind="span",
            label=span.text,
            probability=0.6,
            spans=(span,),
            expected="something else",
            correct=False,
        ),
        targets=(Target(name="start", index=span.start), Target(name="end", index=span.end)),
        convergence=tuple(
            Convergence(
                method="integrated_gradients",
                target=target,
                f_input=5.0,
                f_baseline=1.0,
                delta=0.004,
                gap=0.001,
                steps=32,
                tolerance=0.01,
                converged=True,
            )
            for target in ("start", "end")
        ),
        agreement=agreements(rng, ("start", "end")),
        checks={"attention_row_sum": 1e-7},
    )
    return header, arrays


def failed(text: str = "", job: str = "e" * 32, *, position: int = 0, model: str = "fake"):
    header = JobResult(
        job=job,
        model=model,
        input=position,
        task="sequence-classification",
        status="error",
        fields={"text": text},
        error=Failure(
            kind="InputError",
            message="the text is empty",
            where="audit.yaml:9:5",
            hint="write a text, or remove this input",
        ),
    )
    return header, {}


def write_run(folder: Path, jobs, title: str = "A made-up audit") -> Path:
    """Store ``jobs`` (pairs of header and arrays) as the run in ``folder``."""
    store = Store(folder / "results")
    for header, arrays in jobs:
        store.write(header, arrays)
    models = dict.fromkeys((header.model, header.task) for header, _ in jobs)
    store.write_manifest(
        Manifest(
            title=title,
            created="2026-01-02T03:04:05+00:00",
            command="reportgen build audit.yaml",
            reportgen="0.1.0",
            python="3.11.7",
            platform="Linux",
            libraries={"torch": "2.13.0"},
            spec_sha256="0" * 64,
            spec={},
            seed=0,
            models=tuple(
                ModelInfo(
                    id=name,
                    path=f"./{name}",
                    task=task,
                    architecture="FakeForTests",
                    weights_sha256="1" * 64,
                    tokenizer_sha256="2" * 64,
                    parameters=1234,
                    layers=4,
                    heads=6,
                    hidden_size=24,
                    max_length=128,
                    dtype="float32",
                    device="cpu",
                )
                for name, task in models
            ),
            jobs=tuple(
                JobEntry(id=h.job, model=h.model, input=h.input, status=h.status) for h, _ in jobs
            ),
        )
    )
    return folder


def sample_run(folder: Path) -> Path:
    """A run with every kind of card: right, wrong, hostile, truncated, not converged, failed."""
    long = " ".join(f"word{i} of a rather long text," for i in range(18)) + " and its unread tail."
    header, arrays = classified(long, "d" * 32, position=2, seed=3)
    kept = header.words[-4].start  # the tail was not read
    cut = sum(1 for token in header.tokens if token.start is None or token.start < kept)
    header = header.model_copy(
        update={
            "tokens": (*header.tokens[: cut - 1], special("[SEP]")),
            "words": tuple(word for word in header.words if word.start < kept),
            "truncation": Truncation(total=len(header.tokens), kept=cut, segment="text"),
        }
    )
    arrays = {
        name: array[..., :cut] if name.endswith(("/f", "/POSITIVE")) else array[..., :cut, :cut]
        for name, array in arrays.items()
    }
    return write_run(
        folder,
        [
            classified("Not a bad film, but hardly a great one.", expect="NEGATIVE"),
            classified(HOSTILE, "b" * 32, position=1, seed=2, converged=False),
            (header, arrays),
            failed(position=3),
            answered(
                "What is important to us?",
                "It is important to us to include, empower and support humans of all kinds.",
                position=4,
            ),
        ],
    )
