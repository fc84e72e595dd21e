"""Stored runs with made-up numbers, so that the report is tested without torch or a model."""

from __future__ import annotations

import hashlib
import re
from itertools import combinations
from pathlib import Path

import numpy as np

import fake_arrays
from fake_arrays import maps
from reportgen.results.entities import find_entities, judge, named
from reportgen.results.model import (
    Agreement,
    AnswerEnd,
    Convergence,
    Failure,
    JobEntry,
    JobResult,
    Manifest,
    ModelInfo,
    NumericalChange,
    Prediction,
    RandomizedParameters,
    RandomLogitCorrelation,
    Score,
    Sensitivity,
    Span,
    Step,
    Target,
    Token,
    Truncation,
    Word,
)
from reportgen.results.store import Store
from reportgen.spec.methods import METHODS

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


def job_id(*parts: object) -> str:
    """Return an id as real ones are, another for other ``parts``."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def special(text: str) -> Token:
    return Token(text=text, id=1, special=True)


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
        targets=(Target(name="POSITIVE", index=1, read_at=(0,)),),
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
        self_tests={"attention_row_sum": 1e-7, "path_logits": 0.0},
        seconds=0.1,
    ).model_copy(update=changes)
    return header, arrays


COMPARED = (
    "integrated_gradients",
    "layer_conductance",
    "attention_attribution",
    "attention",
    "vector_norms",
)


def agreements(
    rng: np.random.Generator,
    targets: tuple[str, ...],
    methods: tuple[str, ...] = ("integrated_gradients", "attention", "vector_norms"),
    layers: int = 4,
) -> tuple[Agreement, ...]:
    """Every two methods, once for each target where one of them depends on it."""
    pairs = [(t, a, b) for a, b in combinations(methods, 2) if a not in BLIND for t in targets]
    pairs += [(None, a, b) for a, b in combinations(methods, 2) if a in BLIND]
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
        for layer in range(layers)
        for measure, k in (("spearman", None), ("kendall", None), ("top_k_overlap", 5))
        if measure != "kendall" or "layer_conductance" in methods
    )


BLIND = ("attention", "vector_norms")


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
            ends=(
                AnswerEnd(name="start", index=span.start, probability=0.75),
                AnswerEnd(name="end", index=span.end, probability=0.8),
            ),
            expected="something else",
            correct=False,
        ),
        targets=tuple(
            Target(name=name, index=place, position=place, read_at=(place,))
            for name, place in (("start", span.start), ("end", span.end))
        ),
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
        self_tests={"attention_row_sum": 1e-7},
    )
    return header, arrays


def with_everything(pair, *, layers: int = 4, heads: int = 6, width: int = 24, seed: int = 5):
    """Give a finished result the arrays and records of all methods."""
    header, arrays = pair
    rng = np.random.default_rng(seed)
    names = tuple(target.name for target in header.targets)
    n = len(header.tokens)
    arrays = (
        maps(rng, layers, heads, n)
        | fake_arrays.per_target(rng, names, layers, heads, n, width)
        | fake_arrays.rollouts(rng, names, layers, n)
        | fake_arrays.agreement_of_heads(rng, names, layers, heads)
    )
    sizes = {"L": layers, "H": heads, "n": n, "d": width, "D": width}
    arrays |= fake_arrays.described(rng, arrays, names, **sizes)
    gaps = tuple(0.001 * (i + 1) for i in range(layers))
    worst = {"gap": gaps[-1], "delta": 2.5 * gaps[-1], "layer_gaps": gaps}
    shared = [
        path_check(method, name, **(worst if method != "integrated_gradients" else {}))
        for name in names
        for method in ("integrated_gradients", "layer_conductance", "attention_attribution")
    ]
    own = [path_check("sub_embeddings", name, f_baseline=-0.4) for name in names]
    header = header.model_copy(
        update={
            "settings": {
                name: FULL_PATH if name in PATH_METHODS else NEEDED.get(name, {})
                for name in METHODS
            },
            "convergence": (*shared, *own),
            "agreement": agreements(rng, names, COMPARED, layers),
            "random_logit": random_logits(names, layers),
            "randomized": randomized(names, layers, n),
            "changes": changes(names),
            "sensitivity": tuple(
                Sensitivity(method=method, target=name, value=value)
                for method, value in (("integrated_gradients", 0.12), ("attention", 0.4))
                for name in names
            ),
        }
    )
    return header, arrays


NEEDED = {"influence": {"train": "train.csv"}}
"""Settings that have no default."""

PATH_METHODS = (
    "integrated_gradients",
    "sub_embeddings",
    "layer_conductance",
    "attention_attribution",
)

FULL_PATH = SETTINGS["integrated_gradients"] | {
    "interpolate": "words",
    "notebook_compatible": False,
}


def path_check(method: str, target: str, **changes) -> Convergence:
    values = {
        "f_input": 2.0,
        "f_baseline": -0.5,
        "delta": 0.005,
        "gap": 0.002,
        "steps": 33,
        "tolerance": 0.01,
        "converged": True,
    }
    return Convergence(method=method, target=target, **values | changes)


def random_logits(names: tuple[str, ...], layers: int) -> tuple[RandomLogitCorrelation, ...]:
    """Attention is the same for every output; the others are not."""
    values = {"integrated_gradients": 0.3, "attention": 1.0, "vector_norms": 1.0}
    return tuple(
        RandomLogitCorrelation(
            method=method,
            target=name,
            other="another",
            layer=layer,
            value=value + 0.1 * (layer or 0) / layers if value < 1 else value,
        )
        for name in names
        for method, value in values.items()
        for layer in ([None] if method == "integrated_gradients" else range(layers))
    )


def randomized(names: tuple[str, ...], layers: int, tokens: int):
    """Integrated gradients lose what they said of the trained model, attention keeps it."""
    parts = (("head", None), ("layers", layers // 2), ("layers", 0), ("embeddings", None))
    return tuple(
        RandomizedParameters(
            method=method,
            target=name,
            stage=stage,
            part=part,
            layer=layer,
            tokens=tokens,
            value=0.95 if method == "attention" else 0.7 - 0.25 * stage,
            size_value=0.9 - 0.1 * stage,
        )
        for stage, (part, layer) in enumerate(parts)
        for name in names
        for method in ("integrated_gradients", "attention")
    )


def changes(names: tuple[str, ...]):
    values = {"padding": (1e-7, 2e-6, 1.0), "dtype": (0.004, 0.06, 0.81)}
    return tuple(
        NumericalChange(test=test, target=name, logit=logit, scores=scores, correlation=alike)
        for test, (logit, scores, alike) in values.items()
        for name in names
    )


SKIPPED = {"globenc": "GlobEnc needs LayerNorm after each layer; this model has it before"}


def labelled(
    text: str,
    said: dict[str, str],
    job: str = "1" * 32,
    *,
    position: int = 0,
    expect: str | None = None,
    sure: dict[str, float] | None = None,
):
    """A token classification of ``text``: the tokens in ``said`` have labels, the others none.

    ``expect`` has a label for each word of the text, ``sure`` the probabilities of tokens.
    """
    words, body = split(text, "text", 1, 0)
    tokens = (special("[CLS]"), *body, special("[SEP]"))
    wanted = {word.first: label for word, label in zip(words, (expect or "").split(), strict=False)}
    steps = judge(
        tokens,
        tuple(
            Step(
                position=i,
                text=token.text,
                label=said.get(token.text, "O"),
                index=1,
                probability=(sure or {}).get(token.text, 0.97),
                expected=wanted.get(i),
            )
            for i, token in enumerate(tokens)
            if not token.special
        ),
    )
    found = find_entities(tokens, steps)
    judged = [step.correct for step in steps if step.correct is not None]
    targets = tuple(
        Target(
            name=f"{step.label} at {step.position} {step.text}",
            index=1,
            position=step.position,
            read_at=(step.position,),
        )
        for step in steps
        if step.label != "O"
    )
    header = JobResult(
        job=job,
        model="fake-ner",
        input=position,
        task="token-classification",
        status="done",
        fields={"text": text},
        expect=expect,
        tokens=tokens,
        words=tuple(words),
        prediction=Prediction(
            kind="token-labels",
            label=", ".join(named(found, {"text": text})) or "no entity",
            probability=min((one.probability for one in found), default=None),
            steps=steps,
            expected=expect,
            correct=all(judged) if judged else None,
        ),
        targets=targets,
        skipped=SKIPPED,
    )
    return with_everything((header, {}))


def vocabulary(*texts: str) -> tuple[Score, ...]:
    return tuple(
        Score(label=text, logit=5.0 - i, probability=0.5 / 2**i) for i, text in enumerate(texts)
    )


def filled(text: str, job: str = "2" * 32, *, position: int = 0):
    """A masked model's best tokens for each ``[MASK]`` of ``text``."""
    words, body = split(text, "text", 1, 0)
    tokens = (special("[CLS]"), *body, special("[SEP]"))
    steps = tuple(
        Step(
            position=i,
            text="[MASK]",
            label="cold",
            index=9,
            probability=0.5,
            scores=vocabulary("cold", "warm", "<b>bold</b>", "wet", "red"),
        )
        for i, token in enumerate(tokens)
        if token.text == "[MASK]"
    )
    header = JobResult(
        job=job,
        model="fake-mlm",
        input=position,
        task="masked-lm",
        status="done",
        fields={"text": text},
        tokens=tokens,
        words=tuple(words),
        prediction=Prediction(kind="tokens", label="cold", probability=0.5, steps=steps),
        targets=tuple(
            Target(
                name=f"cold at {step.position}",
                index=9,
                position=step.position,
                read_at=(step.position,),
            )
            for step in steps
        ),
    )
    return with_everything((header, {}))


def written_steps(pieces: list[str], first: int) -> tuple[Step, ...]:
    return tuple(
        Step(
            position=first + i,
            text=piece,
            label=piece,
            index=i,
            probability=0.9 / (i + 1),
            scores=vocabulary(piece, "other", "third"),
        )
        for i, piece in enumerate(pieces)
    )


def written_targets(steps: tuple[Step, ...], *, decoder: bool) -> tuple[Target, ...]:
    return tuple(
        Target(
            name=f"{step.text} at {step.position}",
            index=step.index,
            position=step.position - 1,
            read_at=None if decoder else (step.position - 1,),
        )
        for step in steps
    )


def continued(prompt: str, continuation: str, job: str = "3" * 32, *, position: int = 0):
    """A language model that wrote ``continuation`` after ``prompt``."""
    p_words, p_tokens = split(prompt, "prompt", 0, 0)
    c_words, c_tokens = split(continuation, "continuation", len(p_tokens), len(p_words))
    pieces = [token.text for token in c_tokens]
    steps = written_steps(pieces, len(p_tokens))
    header = JobResult(
        job=job,
        model="fake-lm",
        input=position,
        task="causal-lm",
        status="done",
        fields={"prompt": prompt},
        generated={"continuation": continuation},
        tokens=(*p_tokens, *c_tokens),
        words=(*p_words, *c_words),
        prediction=Prediction(kind="tokens", label=continuation.strip(), steps=steps),
        targets=written_targets(steps, decoder=False),
        skipped=SKIPPED,
    )
    return with_everything((header, {}))


def translated(source: str, output: str, job: str = "4" * 32, *, position: int = 0):
    """An encoder and decoder that wrote ``output`` for ``source``."""
    words, body = split(source, "source", 0, 0)
    tokens = (*body, special("</s>"))
    _, written = split(output, "target_text", 0, 0)
    decoder = (special("<s>"), *written)
    steps = written_steps([token.text for token in written], 1)
    header = JobResult(
        job=job,
        model="fake-mt",
        input=position,
        task="seq2seq-lm",
        status="done",
        fields={"source": source},
        generated={"target_text": output},
        tokens=tokens,
        words=tuple(words),
        decoder_tokens=decoder,
        prediction=Prediction(kind="tokens", label=output, steps=steps),
        targets=written_targets(steps, decoder=True),
        skipped={"alti": "ALTI is not defined for encoder-decoder models."},
    )
    header, arrays = with_everything((header, {}))
    rng = np.random.default_rng(6)
    return header, arrays | fake_arrays.other_maps(rng, 4, 6, len(decoder), len(tokens))


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


def complete_run(folder: Path) -> Path:
    """A run of every task with the arrays of all methods."""
    return write_run(
        folder,
        [
            with_everything(
                answered(
                    "What is important to us?",
                    "It is important to us to include, empower and support humans of all kinds.",
                )
            ),
            with_everything(classified(HOSTILE, "b" * 32, position=1)),
            labelled(
                "Ada Lovelace met <Babbage> in London.",
                {"Ada": "B-PER", "Lovela": "I-PER", "ce": "I-PER", "London": "B-LOC"},
                position=2,
            ),
            filled("The sea is [MASK] and the sand is [MASK] here.", position=3),
            continued("The lighthouse stands on", " a rock in <the> sea", position=4),
            translated("Das Haus <b>ist</b> alt.", "The house is old.", position=5),
        ],
    )


def checked_run(
    folder: Path,
    jobs,
    checks=(),
    inputs=(),
    groups=None,
    places=None,
    rows=(),
    rationales=None,
    columns=None,
) -> Path:
    """Store ``jobs`` as a run whose spec has ``checks``.

    ``inputs`` are the spec's entries, one for each input unless ``rows`` has the entry of each;
    ``groups`` names those of inputs, ``rationales`` has what people marked in them, ``columns``
    what is known of them beside their texts.
    """
    write_run(folder, jobs)
    store = Store(folder / "results")
    manifest = store.read_manifest()
    entries = tuple(
        entry.model_copy(
            update={
                "entry": rows[entry.input] if rows else entry.input,
                "group": (groups or {}).get(entry.input),
                "rationale": (rationales or {}).get(entry.input, {}),
                "columns": (columns or {}).get(entry.input, {}),
            }
        )
        for entry in manifest.jobs
    )
    spec = {"checks": list(checks), "inputs": list(inputs)}
    changes = {"spec": spec, "jobs": entries, "places": places or {}}
    store.write_manifest(manifest.model_copy(update=changes))
    return folder


def scored(text: str, scores, job: str = "c" * 32, *, array="integrated_gradients", **changes):
    """A classification of ``text`` whose words, each one token, have these scores."""
    header, arrays = classified(text, job, **changes)
    arrays[f"{array}/POSITIVE"] = np.array([0, *scores, 0], dtype=np.float32)
    return header, arrays
