"""What is said of the training examples behind predictions."""

from __future__ import annotations

from reportgen.rendering.wording.numbers import count, number, percent
from reportgen.results.dataset.blamed_examples import BlamedExamples
from reportgen.results.training import TrainingData, TrainingInfluence

MEASURED = {
    "tracin": "Scores are products of gradients of the last layer: above 0, a step of training "
    "on the example lowers the loss of this input, below 0 it raises it. Examples that the model "
    "gets badly wrong have long gradients, and come first for many inputs.",
    "gradient_similarity": "Scores are cosines of two gradients of the last layer, from −1 to 1: "
    "1, a step of training on the example changes this input’s output as one on the input itself "
    "would.",
    "representation_similarity": "Scores are cosines of the vectors that the last layer reads, "
    "from −1 to 1: 1, the model cannot tell the two texts apart.",
}
"""What the scores of each measure are."""

CAUTION = (
    "What the model would say without an example only training it again tells; the layers below "
    "the last one are taken as they are."
)


def lead(found: TrainingInfluence) -> str:
    """Say what the examples are, and about which label."""
    whose = "the expected label" if found.expected else "the predicted label, as none is expected"
    return (
        f"Of {count(found.examples, 'training example')}, those that most helped "
        f"“{found.label}” ({whose}) for this input, and those that worked most against it."
    )


def sides(found: TrainingInfluence) -> tuple[str, str]:
    """Return what helpful and harmful examples are called."""
    if found.measure == "representation_similarity":
        return f"Most alike with the label {found.label}", "Most alike with another label"
    return f"Helped {found.label}", f"Worked against {found.label}"


def nothing(found: TrainingInfluence) -> str:
    """Say that a side has no examples."""
    if found.measure == "representation_similarity":
        return "None has such a label."
    return "None."


def returning(found: BlamedExamples) -> str:
    """Say in one sentence whether the same examples return, beside a random ranking."""
    wrong = count(found.inputs, "wrong prediction")
    what = (
        f"among the {found.kept:,} that worked most against the expected label of at least "
        f"{found.least:,} of them"
    )
    control = f"a random ranking of all {found.examples:,} would have {number(found.by_chance)}"
    if not found.repeated:
        return f"Behind {wrong} no training example returns: none is {what}; {control}."
    are = "is" if found.repeated == 1 else "are"
    return (
        f"Behind {wrong} the same training examples return: {found.repeated:,} {are} {what}; "
        f"{control}."
    )


def suspicious(data: TrainingData) -> str:
    """Say what the examples with the largest influence on themselves are."""
    share = percent(data.otherwise / data.examples)
    return (
        f"The model says another label than the file of {data.otherwise:,} of "
        f"{count(data.examples, 'training example')} ({share}). Listed are those with the largest "
        "influence on themselves, the hardest to fit: candidates for wrong labels, to be read by "
        "a person."
    )
