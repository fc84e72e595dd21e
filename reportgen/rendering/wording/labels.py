"""What methods, inputs and predictions are called where space is short."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from reportgen.methods import all_methods, get
from reportgen.rendering.wording.numbers import probability
from reportgen.results.model import JobResult, Prediction
from reportgen.spec.chat import ROLES, texts_of
from reportgen.spec.text_words import core


def title(name: str) -> str:
    """Return the short title of a method; those that are not known are shown as they are."""
    known = get(name)
    return known.short_title if known else name.replace("_", " ")


def in_order(names: Collection[str]) -> list[str]:
    """Put names of methods in the order in which they are listed, those not known last."""
    known = [method.name for method in all_methods()]
    return [name for name in known if name in names] + sorted(set(names) - set(known))


def listed(names: list[str]) -> str:
    """Write names as one list: ``a``, ``a and b``, ``a, b and c``."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def output(result: JobResult, name: str) -> str:
    """Name an output as it is shown: where it names a token by its place, from 1, as pages do.

    The name itself counts from 0, as the tables of ``Results`` do.
    """
    if result.prediction_kind is not None and result.prediction_kind.classes:
        return name
    text = PLACE.sub(lambda place: f" at {int(place[1]) + 1}", name, count=1)
    return f"{space}{text[text.index(' at ') :]}" if (space := blank(result, name)) else text


def blank(result: JobResult, name: str) -> str:
    """Return how an output that is nothing but whitespace is seen, which its name spells."""
    target = next((t for t in result.targets if t.name == name), None)
    if target is None or target.position is None or result.prediction is None:
        return ""
    if target.rather_than is not None:  # whose name has whitespace in quotes
        return ""
    places = (target.position, target.position + 1)  # a text is written one token ahead
    steps = (s for s in result.prediction.steps if s.position in places)
    found = next((s for s in steps if s.index == target.index and s.text.isspace()), None)
    return visible(found.text) if found else ""


PLACE = re.compile(r" at (\d+)(?= |$)")


def row_of(result: JobResult, read_at: Sequence[int] | None) -> str:
    """Name the rows of a map that an output is read from: ``row of [CLS]``, or a mean of rows.

    A token that the input has more than once has its place, from 1, behind it.
    """
    if read_at is None or len(read_at) == len(result.tokens):
        return "mean over rows"
    if len(read_at) > 1:
        return "mean over the rows read"
    token = result.tokens[read_at[0]]
    text = visible(token.text.strip() or token.text)
    name = text if token.special else f"“{text}”"
    alike = sum(other.text.strip() == token.text.strip() for other in result.tokens)
    return f"row of {name}" + (f" ({read_at[0] + 1})" if alike > 1 else "")


def begun(sentence: str) -> str:
    """Go on with ``sentence`` within another; names keep their letters."""
    return "the" + sentence[3:] if sentence.startswith("The ") else sentence


def visible(text: str) -> str:
    """Write a word or token of nothing but whitespace so that it can be seen; others as it is."""
    if not text.isspace():
        return text
    return "".join(SPACES.get(char, "␣") for char in text.replace("\r\n", "\n"))


def quoted(word: str) -> str:
    """Name a word within a sentence: punctuation alone in quotation marks."""
    start, end = core(word)
    return visible(word) if start < end else f"“{word}”"


SPACES = dict.fromkeys("\n\r\v\f\x85\u2028\u2029", "↵") | {"\t": "⇥"}


SEGMENT_TITLES = {
    "text": "Text",
    "text_pair": "Second text",
    "question": "Question",
    "context": "Context",
    "prompt": "Prompt",
    "continuation": "Continuation",
    "source": "Source",
    "target_text": "Target",
}
"""The texts of an input as headings."""


def heading(fields: Mapping[str, str]) -> str:
    """Return the text that stands for an input: of a prompt its end, which is what goes on."""
    if not fields:  # of a result that cannot be read, where the spec does not have the text
        return "(text not known)"
    texts = texts_of(fields)
    name = heading_segment(texts)
    text = texts[name]
    start = heading_start(name, text)
    return f"…{text[start:]}" if start else text


def heading_segment(texts: Mapping[str, str]) -> str:
    """Return which of an input's texts stands for it: of messages the last."""
    named = (name for name in ("question", "text") if texts.get(name))
    last = (name for name in reversed(list(texts)) if name.partition(" ")[0] in ROLES)
    return next(named, None) or next(last, None) or next(iter(texts))


def heading_start(segment: str, text: str) -> int:
    """Return where the part of a text that stands for an input begins: of a prompt at a word."""
    start = len(text.rstrip()) - ENDING
    if segment != "prompt" or start <= 0:
        return 0
    space = re.search(r"\s+", text[start - 1 : start + ENDING // 3])
    return start - 1 + space.end() if space else start


ENDING = 60
"""Characters at the end of a prompt that stand for it."""


def confidence(prediction: Prediction) -> str:
    """Write how probable a prediction is; of several tokens also their geometric mean."""
    if prediction.probability is None:
        return ""
    text = probability(prediction.probability)
    if prediction.per_token is None or len(prediction.steps) < 2:
        return text
    return f"{text} ({probability(prediction.per_token)} per token)"


SAYS = {"causal-lm": "continues with", "seq2seq-lm": "writes"}
"""What a model does, by task; those of all other tasks say something."""


CUT = 200
"""Characters of an input's text, and of a written answer, that its line shows."""


def cut(text: str) -> str:
    return text if len(text) <= CUT else f"{text[: CUT - 1]}…"
