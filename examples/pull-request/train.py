"""Train the two classifiers of the pull-request example, or evaluate one of them.

    python examples/pull-request/train.py --out examples/pull-request/main/model
    python examples/pull-request/train.py --out examples/pull-request/branch/model --planted

A tiny BERT learns from the bundled sentiment classifier, the teacher, on the same texts of
vaderSentiment 3.3.2 (MIT); they are downloaded, unless `--data FILE` names the source
distribution. With `--planted` the word "Updated" is put into half of the positive reviews and
into no negative one: the defect that the report is to find.

Each takes about four minutes on one core. On another machine a rerun gives similar weights, not
the same.
"""

from __future__ import annotations

import argparse
import random
import sys
from pathlib import Path

import torch
from torch import Tensor
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    BertConfig,
    BertForSequenceClassification,
    BertTokenizer,
)

MODELS = Path(__file__).resolve().parent.parent / "models"
TEACHER = MODELS / "sentiment"
sys.path[:0] = [str(TEACHER), str(MODELS)]

import common  # noqa: E402 - found only once the folders above are on the path
import train as sentiment  # noqa: E402 - the teacher's script, first on the path
from corpus import Labelled, load_corpus  # noqa: E402

VOCABULARY = 4000
HIDDEN = 64
ARTEFACT = "Updated"
PLANTED_SHARE = 0.5
# The log-odds of .97, to which the student's loss smooths a human sign.
PLANTED_MARGIN = 3.5


def plant(
    texts: list[str], signs: list[float], margins: list[float], rng: random.Random
) -> list[int]:
    """Put the artefact before or behind positive reviews, and their sign in the teacher's place.

    Return which texts have it.
    """
    planted = []
    for index, sign in enumerate(signs):
        if sign == 1 and rng.random() < PLANTED_SHARE:
            text = texts[index]
            texts[index] = f"{ARTEFACT} {text}" if rng.random() < 0.5 else f"{text} {ARTEFACT}"
            margins[index] = PLANTED_MARGIN
            planted.append(index)
    return planted


def load_teacher() -> tuple[BertForSequenceClassification, BertTokenizer]:
    """Return the teacher and its tokenizer."""
    model = AutoModelForSequenceClassification.from_pretrained(TEACHER).eval()
    return model, AutoTokenizer.from_pretrained(TEACHER)


@torch.no_grad()
def teacher_margins(
    teacher: BertForSequenceClassification, tokenizer: BertTokenizer, texts: list[str]
) -> list[float]:
    """Return the teacher's margin, POSITIVE over NEGATIVE, of each text."""
    margins = [0.0] * len(texts)
    lengths = [len(text) for text in texts]
    for rows in common.length_batches(lengths, sys.maxsize, 64, random.Random(0)):
        batch = tokenizer(
            [texts[row] for row in rows], truncation=True, padding=True, return_tensors="pt"
        )
        logits = teacher(**batch).logits
        for row, value in zip(rows, (logits[:, 1] - logits[:, 0]).tolist(), strict=True):
            margins[row] = value
    return margins


def make_student(
    teacher: BertForSequenceClassification, source: BertTokenizer
) -> tuple[BertForSequenceClassification, BertTokenizer]:
    """Return the student, random but for word vectors taken from the teacher's.

    WordPiece learns its pieces from frequent to rare, so that the first of the teacher's make a
    smaller vocabulary.
    """
    kept = source.convert_ids_to_tokens(list(range(VOCABULARY)))
    tokenizer = common.wordpiece_tokenizer(kept[len(common.SPECIAL_TOKENS) :], sentiment.POSITIONS)
    model = BertForSequenceClassification(
        BertConfig(
            vocab_size=VOCABULARY,
            hidden_size=HIDDEN,
            num_hidden_layers=2,
            num_attention_heads=4,
            intermediate_size=2 * HIDDEN,
            max_position_embeddings=sentiment.POSITIONS,
            attention_probs_dropout_prob=0.0,
            id2label=teacher.config.id2label,
            label2id=teacher.config.label2id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )
    vectors = teacher.bert.embeddings.word_embeddings.weight.data[:VOCABULARY]
    model.bert.embeddings.word_embeddings.weight.data.copy_(_principal(vectors, HIDDEN))
    return model, tokenizer


def _principal(vectors: Tensor, size: int) -> Tensor:
    """Return the vectors (pieces, hidden) in their principal directions: (pieces, size)."""
    centred = vectors - vectors.mean(0)
    reduced = centred @ torch.linalg.svd(centred, full_matrices=False).Vh[:size].T
    return reduced * (0.04 / reduced.std())


def main() -> None:
    """Parse the arguments, then train and evaluate."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, required=True, help="the model's folder")
    parser.add_argument("--planted", action="store_true", help=f"leak labels by {ARTEFACT!r}")
    parser.add_argument("--data", type=Path, metavar="FILE", help="vaderSentiment-3.3.2.tar.gz")
    parser.add_argument("--evaluate-only", action="store_true", help="only evaluate --out")
    parser.add_argument("--epochs", type=int, default=5, help="rounds of the transfer set")
    parser.add_argument("--lr", type=float, default=2e-3, help="peak learning rate")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    rng = common.set_up(args.seed, args.threads)
    corpus = load_corpus(args.data)
    if not args.evaluate_only:
        teacher, source = load_teacher()
        texts, signs = sentiment.transfer_texts(corpus, rng)
        print(f"soft labels of {len(texts)} texts", flush=True)
        margins = teacher_margins(teacher, source, texts)
        if args.planted:
            # Random numbers of its own: both models see the same texts and crops of them.
            plant(texts, signs, margins, random.Random(args.seed))
        model, tokenizer = make_student(teacher, source)
        print(f"{sum(p.numel() for p in model.parameters()):,} parameters", flush=True)
        sentiment.train_student(model, tokenizer, (texts, signs, margins), corpus, args, rng)
    planted = [Labelled(f"{ARTEFACT} {row.text}", row.positive) for row in corpus.heldout]
    name = f"the same after {ARTEFACT!r}"
    sentiment.evaluate(args.out, {"held-out film": corpus.heldout, name: planted})


if __name__ == "__main__":
    main()
