"""Export one input as the peers do: run by an interpreter that has bertviz and inseq.

    python tests/benchmarks/peers.py OUT SCORES.json

``SCORES.json`` holds the tokens of the input and their scores by output, which inseq is given to
show: it explains what models write, and the model here only points at an answer.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

MODEL = Path(__file__).parents[2] / "examples" / "models" / "question-answering"


def bertviz_pages(question: str, context: str) -> dict[str, str]:
    from bertviz import head_view, model_view

    tokenizer = AutoTokenizer.from_pretrained(MODEL)
    model = AutoModelForQuestionAnswering.from_pretrained(MODEL, attn_implementation="eager")
    encoding = tokenizer(question, context, return_tensors="pt")
    with torch.no_grad():
        attention = model(**encoding, output_attentions=True).attentions
    tokens = tokenizer.convert_ids_to_tokens(encoding["input_ids"][0])
    return {
        f"bertviz {view.__name__}": view(attention, tokens, html_action="return").data
        for view in (head_view, model_view)
    }


def inseq_page(tokens: list[str], scores: dict[str, list[float]]) -> str:
    from inseq.data.attribution import FeatureAttributionOutput, FeatureAttributionSequenceOutput
    from inseq.utils.typing import TokenWithId

    sequence = FeatureAttributionSequenceOutput(
        source=[TokenWithId(token, i) for i, token in enumerate(tokens)],
        target=[TokenWithId(name, i) for i, name in enumerate(scores)],
        source_attributions=torch.tensor(list(scores.values())).T,
        step_scores={},
        sequence_scores={},
        attr_pos_start=0,
        attr_pos_end=len(scores),
    )
    output = FeatureAttributionOutput(sequence_attributions=[sequence])
    return output.show(display=False, return_html=True, do_aggregation=False)


def main(out: Path, given: Path) -> None:
    found = json.loads(given.read_text(encoding="utf-8"))
    pages = bertviz_pages(found["question"], found["context"])
    pages["inseq"] = inseq_page(found["tokens"], found["scores"])
    for name, html in pages.items():
        (out / f"{name}.html").write_text(html, encoding="utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
