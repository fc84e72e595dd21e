"""Tiny tokenizers of the kinds that architectures use, all knowing the same few sentences."""

from __future__ import annotations

import json
from typing import NamedTuple

from tokenizers import (
    ByteLevelBPETokenizer,
    Tokenizer,
    decoders,
    models,
    pre_tokenizers,
    processors,
)
from transformers import (
    BertTokenizer,
    DistilBertTokenizer,
    ElectraTokenizer,
    PreTrainedTokenizerBase,
    PreTrainedTokenizerFast,
    RobertaTokenizer,
)

SENTENCES = (
    "the movie was great , i really enjoyed it .",
    "not bad at all",
    "what is important to us ? it is important to us to include all .",
)
CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789.,!?<>/()&\"'-好电影שלום"


class Kind(NamedTuple):
    """A tokenizer: its pieces, its special tokens in the order of their ids, what it puts round.

    ``single`` and ``pair`` are templates of ``tokenizers``; empty: nothing is added.
    """

    pieces: str
    specials: dict[str, str]
    single: str = ""
    pair: str = ""
    side: str = "right"


ROBERTA = {"bos": "<s>", "pad": "<pad>", "eos": "</s>", "unk": "<unk>", "mask": "<mask>"}
BERT = {"pad": "[PAD]", "unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]", "mask": "[MASK]"}
GEMMA = {"pad": "<pad>", "eos": "<eos>", "bos": "<bos>", "unk": "<unk>", "mask": "<mask>"}
T5 = {"pad": "<pad>", "eos": "</s>", "unk": "<unk>"}
BERT_FORM = ("[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1")
ROBERTA_FORM = ("<s> $A </s>", "<s> $A </s> </s> $B </s>")

KINDS = {
    "xlm-roberta": Kind("unigram", ROBERTA, *ROBERTA_FORM),
    "albert": Kind("unigram", BERT, *BERT_FORM),
    "deberta": Kind("bytes", BERT, *BERT_FORM),
    "deberta-v2": Kind("unigram", BERT, *BERT_FORM),
    "mpnet": Kind("wordpiece", ROBERTA, *ROBERTA_FORM),
    "modernbert": Kind("bytes", BERT, "[CLS] $A [SEP]", "[CLS] $A [SEP] $B [SEP]"),
    "gpt2": Kind("bytes", {"eos": "<|endoftext|>"}),
    "gpt_neox": Kind("bytes", {"eos": "<|endoftext|>", "pad": "<|padding|>"}),
    "llama": Kind(
        "bytes", {"unk": "<unk>", "bos": "<s>", "eos": "</s>"}, "<s> $A", "<s> $A $B", "left"
    ),
    "qwen2": Kind("bytes", {"pad": "<|endoftext|>", "eos": "<|im_end|>"}, side="left"),
    "qwen3": Kind("bytes", {"pad": "<|endoftext|>", "eos": "<|im_end|>"}, side="left"),
    "gemma2": Kind("unigram", GEMMA, "<bos> $A", "<bos> $A $B", "left"),
    "gemma3_text": Kind("unigram", GEMMA, "<bos> $A", "<bos> $A $B", "left"),
    "t5": Kind("unigram", T5, "$A </s>", "$A </s> $B </s>"),
    "bart": Kind("bytes", ROBERTA, *ROBERTA_FORM),
}


def make_tokenizer(architecture: str) -> PreTrainedTokenizerBase:
    if architecture in KINDS:
        return assemble(KINDS[architecture])
    if architecture == "roberta":
        vocab, merges = byte_pairs(list(ROBERTA.values()))
        return RobertaTokenizer(vocab=vocab, merges=merges)
    classes = {"distilbert": DistilBertTokenizer, "electra": ElectraTokenizer}
    return classes.get(architecture, BertTokenizer)(vocab=wordpieces([*BERT.values()]))


def assemble(kind: Kind) -> PreTrainedTokenizerBase:
    specials = list(kind.specials.values())
    if kind.pieces == "bytes":
        vocab, merges = byte_pairs(specials)
        backend = Tokenizer(models.BPE(vocab, merges))
        backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        backend.decoder = decoders.ByteLevel()
    elif kind.pieces == "unigram":
        backend = unigram(specials, kind.specials["unk"])
    elif kind.pieces == "words":
        backend = Tokenizer(models.WordLevel(wordpieces(specials), unk_token=kind.specials["unk"]))
        backend.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    else:
        backend = Tokenizer(models.WordPiece(wordpieces(specials), unk_token=kind.specials["unk"]))
        backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        backend.decoder = decoders.WordPiece()
    if kind.single:
        named = [(token, backend.token_to_id(token)) for token in specials]
        backend.post_processor = processors.TemplateProcessing(kind.single, kind.pair, named)
    read = ["input_ids", "attention_mask"] + ["token_type_ids"] * (":1" in kind.pair)
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        padding_side=kind.side,
        model_input_names=read,
        **{f"{name}_token": token for name, token in kind.specials.items()},
    )


def wordpieces(specials: list[str]) -> dict[str, int]:
    words = sorted(set(" ".join(SENTENCES).split()) - set(CHARACTERS))
    pieces = [*specials, *words, *CHARACTERS]
    pieces += [f"##{character}" for character in CHARACTERS]
    return {piece: number for number, piece in enumerate(pieces)}


def byte_pairs(specials: list[str]) -> tuple[dict[str, int], list[tuple[str, str]]]:
    trained = ByteLevelBPETokenizer()
    texts = SENTENCES * 2  # a merge must be seen twice
    trained.train_from_iterator(texts, 400, special_tokens=specials, show_progress=False)
    model = json.loads(trained._tokenizer.to_str())["model"]
    return model["vocab"], [tuple(merge) for merge in model["merges"]]


def unigram(specials: list[str], unknown: str) -> Tokenizer:
    words = sorted(set(" ".join(SENTENCES).split()) - set(CHARACTERS))
    pieces = [(token, 0.0) for token in specials]
    pieces += [(f"▁{word}", -float(len(word))) for word in words]
    pieces += [(character, -10.0) for character in ("▁", *CHARACTERS)]
    tokenizer = Tokenizer(models.Unigram(pieces, specials.index(unknown)))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    return tokenizer
