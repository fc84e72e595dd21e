"""What is told of each kind of prediction: one class for each, and one for what they share."""

from __future__ import annotations

from typing import ClassVar

from reportgen.methods import Method
from reportgen.rendering.predictions.bars import (
    Bars,
    answer_bars,
    answer_ends,
    class_bars,
    number_bars,
)
from reportgen.rendering.predictions.entities import entity_view
from reportgen.rendering.predictions.steps import gaps_view, text_view
from reportgen.rendering.predictions.view import PredictionView
from reportgen.rendering.wording.entities import predicted
from reportgen.rendering.wording.labels import begun, visible
from reportgen.results.entities import own_word
from reportgen.results.model import JobResult, Prediction, Step


class Presenter:
    """Tells what the model says in one result, and names its outputs.

    ``metric`` is what the Hub calls the part of right predictions, and its name for people;
    ``lists``: what is said is a list; ``wordy``: a list or a text, which needs room.
    """

    metric: ClassVar[tuple[str, str] | None] = None
    lists: ClassVar[bool] = False
    wordy: ClassVar[bool] = False

    def __init__(self, result: JobResult) -> None:
        self.result = result

    @property
    def prediction(self) -> Prediction:
        """The prediction, of a result that has one."""
        assert self.result.prediction is not None
        return self.result.prediction

    @property
    def text(self) -> str:
        """What is predicted, in one line; nothing where nothing is."""
        return self.result.prediction.label if self.result.prediction else ""

    @property
    def lead(self) -> str:
        """The same as it stands by itself, so that it is seen what it is."""
        return self.text

    def place(self, target: str) -> str:
        """Name an output by where it stands in the input; nothing of those of the whole input."""
        return ""

    def output(self, target: str) -> str:
        """Name an output as the subject of a sentence."""
        of = "choice" if contrast(self.result, target) else "score"
        return self.place(target) or f"The {of} of {target}"

    def explained(self, target: str) -> str:
        """Say which output an explanation is about, of one that is not the prediction itself."""
        if contrast(self.result, target):
            return begun(self.output(target))
        return "the first output that is explained"

    def colour_meaning(self, method: Method, target: str) -> str:
        """Say what the coloured words of a line of text are about, and what the colours mean."""
        prediction, array = self.result.prediction, method.score
        said = prediction is not None and target == prediction.label
        about = "what the model says" if said else self.explained(target)
        meaning = f"the darker, the more: {array.about}" if array else ""
        if array and array.sign == "signed":
            meaning = "red words raised its score, blue ones lowered it"
            if contrast(self.result, target):
                meaning = "red words pushed towards the first, blue ones towards the second"
        return (
            f"Colours: {method.short_title}, for {about}; {meaning}. Only the strongest are shown."
        )

    def view(self) -> PredictionView:
        """Show the prediction at the top of the input's page."""
        return Bars(class_bars(self.prediction))


class SingleLabel(Presenter):
    """One of several classes."""

    metric = ("accuracy", "Accuracy")


class MultiLabel(Presenter):
    """Any of several classes."""

    metric = ("accuracy", "Accuracy (all labels of an input right)")


class Regression(Presenter):
    """A number."""

    def view(self) -> PredictionView:
        return Bars(number_bars(self.prediction))


class AnswerSpan(Presenter):
    """A piece of the context that answers a question."""

    metric = ("exact_match", "Exact match")
    wordy = True

    @property
    def lead(self) -> str:
        return f"“{self.text}”"

    def place(self, target: str) -> str:
        index = next((t.index for t in self.result.targets if t.name == target), None)
        if index is None:
            return ""
        return f"The answer’s {target} at “{self.result.tokens[index].text}”"

    def explained(self, target: str) -> str:
        return "where the answer starts"

    def view(self) -> PredictionView:
        return Bars(answer_bars(self.prediction), answer_ends(self.result))


class Steps(Presenter):
    """Several decisions, each at its place; an output is named by the one it is about.

    ``ahead``: how many tokens a decision is ahead of the vector that it is read from.
    """

    ahead: ClassVar[int] = 0

    def place(self, target: str) -> str:
        found = next((t for t in self.result.targets if t.name == target), None)
        if found is None or found.position is None:
            return ""
        for number, step in enumerate(self.prediction.steps, 1):
            if step.position == found.position + self.ahead:
                if sides := contrast(self.result, target):
                    first, second = sides
                    other = second.rpartition(f" at {step.position}")[0]
                    return self.at(number, step, first, other)
                own = step.index == found.index
                label = (step.label if own else target.partition(" at ")[0]).strip()
                if own and step.text.isspace():
                    label = visible(step.text)
                return self.at(number, step, label)
        return ""

    def explained(self, target: str) -> str:
        if contrast(self.result, target):  # of which every text may have others
            return "the first contrast that is explained"
        return super().explained(target)

    def at(self, number: int, step: Step, label: str, other: str = "") -> str:
        """Name the output ``label`` of a step, the ``number``-th; ``other``: rather than this."""
        raise NotImplementedError


class TokenLabels(Steps):
    """A label for each token, read as entities."""

    lists = True
    wordy = True

    @property
    def text(self) -> str:
        return predicted(self.result)

    def at(self, number: int, step: Step, label: str, other: str = "") -> str:
        named = f"{label} rather than {other}" if other else label
        return f"The label {named} of “{labelled_word(self.result, step).strip()}”"

    def explained(self, target: str) -> str:
        if own_word(self.result, target) is None:
            return super().explained(target)
        what = "contrast" if contrast(self.result, target) else "label"
        return f"the first {what} that is explained (its own word left out)"

    def view(self) -> PredictionView:
        return entity_view(self.result)


class FilledGaps(Steps):
    """A word for each gap of a text."""

    def at(self, number: int, step: Step, label: str, other: str = "") -> str:
        several = len(self.prediction.steps) > 1
        named = f"“{label}” rather than “{other}”" if other else f"“{label}”"
        return f"{named} in {f'gap {number}' if several else 'the gap'}"

    def view(self) -> PredictionView:
        return gaps_view(self.prediction) if self.prediction.steps else super().view()


class WrittenTokens(Steps):
    """A text that the model wrote, or that was given to it, token by token."""

    ahead = 1
    wordy = True

    @property
    def lead(self) -> str:
        return f"given: {self.text}" if self.result.given else self.text

    def at(self, number: int, step: Step, label: str, other: str = "") -> str:
        if other:  # neither of which need be what was written
            return f"“{label}” rather than “{other}” as token {number} of the output"
        return f"Token {number} of the output (“{label}”)"

    def view(self) -> PredictionView:
        return text_view(self.result) if self.prediction.steps else super().view()


PRESENTERS: dict[str, type[Presenter]] = {
    "single-label": SingleLabel,
    "multi-label": MultiLabel,
    "regression": Regression,
    "span": AnswerSpan,
    "token-labels": TokenLabels,
    "filled-gaps": FilledGaps,
    "written-text": WrittenTokens,
}
"""Who tells of which kind, by the names of :data:`reportgen.results.kinds.KINDS`."""


def presenter(result: JobResult) -> Presenter:
    """Return what tells of a result's prediction; where nothing is predicted, of nothing."""
    kind = result.prediction_kind
    return Presenter(result) if kind is None else PRESENTERS[kind.name](result)


def contrast(result: JobResult, name: str) -> tuple[str, str] | None:
    """Return both sides of an output that is the difference of two; ``None`` of any other."""
    target = next((t for t in result.targets if t.name == name), None)
    if target is None or target.rather_than is None:
        return None
    first, _, second = name.partition(" rather than ")
    return first, second


def labelled_word(result: JobResult, step: Step) -> str:
    """Return the word whose label a step is: its first token speaks for all of it."""
    word = result.tokens[step.position].word
    if word is None or result.words[word].first != step.position:
        return step.text
    return result.words[word].text
