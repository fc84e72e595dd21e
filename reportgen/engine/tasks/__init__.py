"""What the model is asked: one class per task.

A task names the texts the model reads, turns its output into a prediction, and chooses and
freezes the scalar outputs to explain. Frozen means: the index is fixed on the real input and
kept along the whole path from the baseline, however the model's mind changes there.
"""

from reportgen.engine.tasks.base import Task
from reportgen.engine.tasks.generation import CausalLM, Seq2SeqLM
from reportgen.engine.tasks.masked_lm import MaskedLM
from reportgen.engine.tasks.question_answering import QuestionAnswering
from reportgen.engine.tasks.sequence_classification import SequenceClassification
from reportgen.engine.tasks.token_classification import TokenClassification

__all__ = ["TASKS", "Task"]

TASKS: dict[str, type[Task]] = {
    "sequence-classification": SequenceClassification,
    "question-answering": QuestionAnswering,
    "token-classification": TokenClassification,
    "masked-lm": MaskedLM,
    "causal-lm": CausalLM,
    "seq2seq-lm": Seq2SeqLM,
}
"""The tasks by the names of :data:`reportgen.spec.tasks.TASKS`."""
