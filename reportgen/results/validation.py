"""Whether a stored result fits together: every index within what it points into.

What is validated once, when a run is loaded, everything after it may rely on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from reportgen.results import arrays
from reportgen.results.arrays import Shape
from reportgen.results.map_scores import kept_misfit
from reportgen.results.model import JobResult, Prediction, Token
from reportgen.results.removal_misfits import removal_misfits
from reportgen.spec.checks import read_checks
from reportgen.spec.entries import INPUT_FIELDS, has_fields, needs
from reportgen.spec.methods import METHODS
from reportgen.spec.report import ReportSpec
from reportgen.spec.tasks import TASKS

LARGEST_INTEGER = 2**53
"""Beyond it integers and floating-point numbers part, in JSON too."""

OWN_TARGETS = ("random_logit", "randomized", "changes")
"""Records that may name outputs which no method explains."""

LARGEST_NUMBER = 1e100
"""No logit, norm or time comes near it, and its square is still finite."""


def not_plain(data: Any) -> str:
    """Say what of parsed JSON no reader can rely on: huge or infinite numbers, half characters."""
    waiting = [data]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            if not value.isascii() and any("\ud800" <= c <= "\udfff" for c in value):
                return "a text has half a character (a lone surrogate)"
        elif isinstance(value, dict):
            waiting += value.keys()
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, int):
            if not -LARGEST_INTEGER <= value <= LARGEST_INTEGER:
                return f"a whole number is larger than {LARGEST_INTEGER:,}"
        elif isinstance(value, float) and not abs(value) <= LARGEST_NUMBER:
            return "a number is not finite, or too large"
    return ""


def first_problem(error: ValidationError) -> str:
    """Return the first thing that is wrong, with its place."""
    detail = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(map(str, detail["loc"]))
    return f"{place}: {detail['msg']}" if place else detail["msg"]


def misfit(result: JobResult, shapes: Mapping[str, Shape]) -> str:
    """Say what of a result does not fit together; nothing where all does.

    ``shapes`` are those of its arrays by name.
    """
    return next(_misfits(result, shapes), "")


def _misfits(result: JobResult, shapes: Mapping[str, Shape]) -> Iterator[str]:
    if result.task not in TASKS:
        yield f"the task {result.task!r} is not known to this version"
        return
    fields = result.fields.keys()
    if unknown := fields - set(INPUT_FIELDS):
        yield f"an input has no field {min(unknown)!r}"
    if not has_fields(result.task, fields):
        yield f"the input has no {needs(result.task)}, which {result.task} needs"
    try:
        texts = result.texts
    except ValidationError:
        yield "the input's messages are no list of roles and contents"
        return
    if (result.status == "error") != (result.error is not None):
        yield "the result is neither done nor an error"
    yield from _settings(result)
    if result.status == "error":
        return
    if result.prediction is None:
        yield "the result is done, but nothing is predicted"
        return
    yield from _tokens("tokens", result.tokens, texts, len(result.words))
    yield from _tokens("decoder_tokens", result.decoder_tokens, texts, None)
    yield from _words(result, texts)
    read = result.decoder_tokens if TASKS[result.task].decoder else result.tokens
    yield from _prediction(result.prediction, texts.get("context", ""), read)
    yield from _targets(result, len(read))
    layers = next(
        (shape[0] for name, shape in shapes.items() if (arrays.axes(name) or "")[:1] == "L"), None
    )
    yield from _records(result, layers)
    yield from removal_misfits(result)
    yield from _perturbations(result)
    tokens, decoder_tokens = len(result.tokens), len(result.decoder_tokens)
    yield arrays.misfit(shapes, tokens, decoder_tokens) or kept_misfit(shapes, result.targets)


def _settings(result: JobResult) -> Iterator[str]:
    for name, values in result.settings.items():
        method = METHODS.get(name)
        if method is None:  # of a later version
            continue
        known = {key: value for key, value in values.items() if key in method.model_fields}
        try:
            method.model_validate(known)
        except ValidationError as error:
            yield f"settings of {name}: {first_problem(error)}"


def _tokens(
    name: str, tokens: Sequence[Token], texts: Mapping[str, str], words: int | None
) -> Iterator[str]:
    for i, token in enumerate(tokens):
        place = f"{name}[{i}]"
        if (token.start is None) != (token.end is None):
            yield f"{place}: it begins or ends nowhere"
        elif token.start is not None and token.end is not None:
            text = texts.get(token.segment or "")
            if text is None:
                yield f"{place}: there is no text {token.segment!r}"
            elif not 0 <= token.start <= token.end <= len(text):
                yield f"{place}: it ends outside its text"
        if words is not None and token.word is not None and not 0 <= token.word < words:
            yield f"{place}: there is no word {token.word}"


def _words(result: JobResult, texts: Mapping[str, str]) -> Iterator[str]:
    before = 0
    for i, word in enumerate(result.words):
        text = texts.get(word.segment)
        if text is None or not 0 <= word.start <= word.end <= len(text):
            yield f"words[{i}]: it lies outside its text"
        if not before <= word.first <= word.last <= len(result.tokens):
            yield f"words[{i}]: it lies outside the tokens, or before the word in front of it"
        before = word.last


def _prediction(found: Prediction, context: str, tokens: Sequence[Token]) -> Iterator[str]:
    """Check that what is predicted lies within the tokens it was read from."""
    for i, span in enumerate(found.spans):
        if not 0 <= span.start <= span.end < len(tokens):
            yield f"prediction.spans[{i}]: it lies outside the tokens"
        if not 0 <= span.char_start <= span.char_end <= len(context):
            yield f"prediction.spans[{i}]: it lies outside the context"
    for i, end in enumerate(found.ends):
        if not all(0 <= at < len(tokens) for at in (end.index, end.expected) if at is not None):
            yield f"prediction.ends[{i}]: it lies outside the tokens"
    for i, step in enumerate(found.steps):
        if not 0 <= step.position < len(tokens):
            yield f"prediction.steps[{i}]: there is no token {step.position}"
    for i, step in enumerate(found.specials):
        if not 0 <= step.position < len(tokens):
            yield f"prediction.specials[{i}]: there is no token {step.position}"


def _targets(result: JobResult, read: int) -> Iterator[str]:
    names = Counter(target.name for target in result.targets)
    kind = result.prediction_kind
    if twice := [name for name, times in names.items() if times > 1]:
        yield f"targets: {twice[0]!r} is there twice"
    for i, target in enumerate(result.targets):
        if target.index < 0:
            yield f"targets[{i}]: the index {target.index} is negative"
        if target.rather_than is not None and target.rather_than < 0:
            yield f"targets[{i}]: the index {target.rather_than} is negative"
        if target.rather_than == target.index:
            yield f"targets[{i}]: the output {target.index} rather than itself"
        if kind is not None and kind.points and target.index >= len(result.tokens):
            yield f"targets[{i}]: there is no token {target.index}"
        if target.position is not None and not 0 <= target.position < read:
            yield f"targets[{i}]: there is no token {target.position}"
        if target.read_at is not None:
            if list(target.read_at) != sorted(set(target.read_at)) or not target.read_at:
                yield f"targets[{i}]: what it is read at is no list of tokens in order"
            elif not 0 <= target.read_at[0] <= target.read_at[-1] < len(result.tokens):
                yield f"targets[{i}]: it is read at a token that is not there"


def _records(result: JobResult, layers: int | None) -> Iterator[str]:
    """Check the targets and layers that the measures name.

    Measures of the others have targets of their own where no other method explains one. The
    layers of random weights are those of the model, whatever arrays there are.
    """
    targets = {target.name for target in result.targets}
    for name, asked in result.asked.items():
        if not all(place < len(result.targets) for place in asked.targets):
            yield f"asked: {name} explained an output that is not there"
    for place in ("convergence", "agreement", "random_logit", "randomized", "changes"):
        for row in getattr(result, place):
            if row.target not in (None, *targets) and place not in OWN_TARGETS:
                yield f"{place}: there is no target {row.target!r}"
            layer = None if place == "randomized" else getattr(row, "layer", None)
            if layer is not None and not 0 <= layer < (layers or layer + 1):
                yield f"{place}: there is no layer {layer}"
    if any(row.steps < 0 or row.gap < 0 for row in result.convergence):
        yield "convergence: a count or a gap is negative"
    if len({len(row.layer_gaps) for row in result.convergence if row.layer_gaps}) > 1:
        yield "convergence: layers differ in number"


def _perturbations(result: JobResult) -> Iterator[str]:
    """Check that each variant was either predicted or not, and changes texts that are there."""
    for i, one in enumerate(result.perturbations):
        place = f"perturbations[{i}]"
        if (one.kind == "word") != (one.word is not None):
            yield f"{place}: only where a word was removed there is one"
        if (one.label is None) != (one.reason is not None):
            yield f"{place}: it is neither predicted nor left out for a reason"
        told = (one.probability, one.correct, one.changed, one.change)
        if one.label is None and any(value is not None for value in told):
            yield f"{place}: it is not predicted, and yet there is more of it"
        if unknown := one.texts.keys() - result.texts.keys():
            yield f"{place}: there is no text {min(unknown)!r}"


def unreadable_spec(spec: Mapping[str, Any]) -> str:
    """Say what of a stored spec pages and checks cannot be made from; nothing where all can."""
    inputs = spec.get("inputs", [])
    if not isinstance(inputs, list) or not all(isinstance(entry, dict) for entry in inputs):
        return "inputs: expected a list of mappings"
    try:
        ReportSpec.model_validate(spec.get("report", {}))
        for part in (spec, *inputs):
            read_checks(part.get("checks"))
    except ValidationError as error:
        return first_problem(error)
    return ""
