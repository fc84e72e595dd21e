"""What each task is, as data: what it reads, what its models are called, what it explains.

How it is computed is one class of its name in ``engine/tasks``.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TaskDescription:
    """One task of transformers.

    ``fields``: the input fields it needs, one of several sets; the others are optional beside
    their partners. ``text`` is the field that a text alone is; none where it reads more than that.
    ``endings``: how transformers ends the names of its classes. ``hub`` is what the Hub and
    transformers' pipelines call it, ``aliases`` what else these do, ``peft`` what PEFT does.
    ``outputs``: scalar outputs it mostly explains, which decides how long a run is said to take.
    ``new_tokens``: how many tokens it writes, where the spec does not say.

    What can be explained: ``labels``: outputs are labels that the config names. ``by_token``:
    there is an output at each of several tokens, so that all of them can be asked for.
    ``choices``: outputs of the same names for every model. ``decoder``: a decoder reads what is
    written, while the scores are about what the encoder reads.
    """

    name: str
    fields: tuple[tuple[str, ...], ...]
    endings: tuple[str, ...]
    hub: str
    text: str = ""
    aliases: tuple[str, ...] = ()
    peft: str = ""
    outputs: int = 1
    new_tokens: int = 0
    labels: bool = False
    by_token: bool = False
    choices: tuple[str, ...] = ()
    decoder: bool = False


OWN = (
    TaskDescription(
        "sequence-classification",
        fields=(("text",),),
        text="text",
        endings=("ForSequenceClassification",),
        hub="text-classification",
        aliases=("sentiment-analysis",),
        peft="SEQ_CLS",
        labels=True,
    ),
    TaskDescription(
        "question-answering",
        fields=(("question", "context"),),
        endings=("ForQuestionAnswering",),
        hub="question-answering",
        peft="QUESTION_ANS",
        outputs=2,
        choices=("start", "end"),
    ),
    TaskDescription(
        "token-classification",
        fields=(("text",),),
        text="text",
        endings=("ForTokenClassification",),
        hub="token-classification",
        aliases=("ner",),
        peft="TOKEN_CLS",
        outputs=3,
        labels=True,
        by_token=True,
    ),
    TaskDescription(
        "masked-lm",
        fields=(("text",),),
        text="text",
        endings=("ForMaskedLM",),
        hub="fill-mask",
        by_token=True,
    ),
    TaskDescription(
        "causal-lm",
        fields=(("prompt",), ("messages",)),
        text="prompt",
        endings=("ForCausalLM", "LMHeadModel"),
        hub="text-generation",
        peft="CAUSAL_LM",
        outputs=1,
        new_tokens=1,
        by_token=True,
    ),
    TaskDescription(
        "seq2seq-lm",
        fields=(("source",),),
        text="source",
        endings=("ForConditionalGeneration", "MarianMTModel"),
        hub="text2text-generation",
        aliases=("summarization", "translation"),
        peft="SEQ_2_SEQ_LM",
        outputs=20,
        new_tokens=20,
        by_token=True,
        decoder=True,
    ),
)

TASKS = {task.name: task for task in OWN}
"""Tasks the engine explains, named as transformers names them."""

UNSUPPORTED_TASKS = (
    "image-classification",
    "multiple-choice",
    "next-sentence-prediction",
)
"""Tasks of transformers that the engine does not explain yet: known, so that we can say so."""

PIPELINES = {
    name: task.name for task in OWN for name in (task.hub, *task.aliases) if name not in TASKS
}
"""What transformers' pipelines call our tasks, where that is something else."""
