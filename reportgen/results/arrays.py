"""Every array that a result can hold: what its axes are, and whether it fits the result."""

from __future__ import annotations

from collections.abc import Mapping

Shape = tuple[int, ...]

AXES = {
    "integrated_gradients/TARGET": "n",
    "integrated_gradients_coarse/TARGET": "n",
    "sub_embeddings_word/TARGET": "n",
    "sub_embeddings_position/TARGET": "n",
    "sub_embeddings_token_type/TARGET": "n",
    "layer_conductance/TARGET": "Ln",
    "layer_conductance_features/TARGET": "Lnd",
    "attention": "LHnn",
    "attention_norm": "Lnn",
    "decoder_attention": "KGmm",
    "decoder_attention_norm": "Kmm",
    "cross_attention": "KGmn",
    "cross_attention_norm": "Kmn",
    "attention_attribution/TARGET": "LHnn",
    "attention_attribution_norm/TARGET": "Lnn",
    "vector_norms/f": "LHn",
    "vector_norms/alpha_f": "LHnn",
    "vector_norms/sum_alpha_f": "Lnn",
    "residual_norms/residual": "Lnn",
    "residual_norms/normalized": "Lnn",
    "mixing_ratio/attention": "Ln",
    "mixing_ratio/residual": "Ln",
    "mixing_ratio/normalized": "Ln",
    "globenc_layers": "Lnn",
    "globenc_rollout": "nn",
    "globenc/TARGET": "n",
    "alti_layers": "Lnn",
    "alti_rollout": "nn",
    "alti/TARGET": "n",
    "attention_rollout_matrix": "nn",
    "attention_rollout/TARGET": "n",
    "attention_relevance_matrix/TARGET": "nn",
    "attention_relevance/TARGET": "n",
}
"""Axes by name: L layers, H heads, n tokens (row = query, column = key), d features; of a decoder
K layers, G heads and m tokens. TARGET is the name of an output, which may hold slashes itself."""

HEADS = "agreement_heads"
"""Arrays ``agreement_heads/MEASURE/A/B[/TARGET]`` are (L, H), NaN where undefined."""

SIZES = {
    "n": "tokens",
    "m": "decoder tokens",
    "L": "layers",
    "H": "heads",
    "K": "decoder layers",
    "G": "decoder heads",
    "d": "features",
}


def axes(name: str) -> str | None:
    """Return the axes of the array ``name``; ``None`` where this version knows no such array."""
    if name.startswith(f"{HEADS}/"):
        return "LH" if name.count("/") >= 3 else None
    return AXES.get(name) or AXES.get(f"{name.partition('/')[0]}/TARGET")


def misfit(shapes: Mapping[str, Shape], tokens: int, decoder_tokens: int) -> str:
    """Say how arrays do not fit the tokens they describe, or each other; nothing where they do."""
    known = {"n": (tokens, "the result")}
    if decoder_tokens:  # a decoder that only reads what the encoder read has none of its own
        known["m"] = (decoder_tokens, "the result")
    for name, shape in sorted(shapes.items()):
        if 0 in shape:
            return f"the array {name!r} is empty: its shape is {shape}"
        letters = axes(name)
        if letters is None:
            if name.startswith(f"{HEADS}/"):
                return f"the array {name!r} does not say what it compares"
            continue
        if len(letters) != len(shape):
            return f"expected {len(letters)} axes of the array {name!r}, found {len(shape)}"
        for letter, size in zip(letters, shape, strict=True):
            expected, where = known.setdefault(letter, (size, repr(name)))
            if size != expected:
                noun = SIZES[letter]
                return f"the array {name!r} has {size} {noun}, {where} has {expected}"
    return ""
