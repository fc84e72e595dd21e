"""Made-up arrays of every method, shaped and scaled like real ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reportgen import methods


def maps(rng: np.random.Generator, layers: int, heads: int, n: int) -> dict[str, np.ndarray]:
    """Attention that rests on the last token, and norms that show how little it carries."""
    attention = softmax(rng, (layers, heads, n, n))
    f = rng.uniform(0.5, 2, (layers, heads, n))
    f[..., -1] = 0.05
    alpha_f = attention * f[:, :, None, :]
    return float32(
        {
            "attention": attention,
            "attention_norm": together(attention),
            "vector_norms/f": f,
            "vector_norms/alpha_f": alpha_f,
            "vector_norms/sum_alpha_f": together(alpha_f),
        }
    )


def softmax(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    logits = 2 * rng.standard_normal(shape)
    logits[..., -1] += 3
    return np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)


def together(heads: np.ndarray) -> np.ndarray:
    return np.sqrt((heads**2).sum(1))


def signed(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Heavy-tailed signed numbers: most near zero, a few large."""
    return rng.standard_normal(shape) * np.exp(rng.standard_normal(shape))


def per_target(
    rng: np.random.Generator, targets: Sequence[str], layers: int, heads: int, n: int, d: int
) -> dict[str, np.ndarray]:
    """The path methods and attention relevance, for each target."""
    arrays = {}
    for target in targets:
        features = signed(rng, (layers, n, d)) / d
        attributed = signed(rng, (layers, heads, n, n)) / n
        arrays |= {
            f"integrated_gradients/{target}": rng.standard_normal(n),
            f"sub_embeddings_word/{target}": rng.standard_normal(n),
            f"sub_embeddings_position/{target}": 0.5 * rng.standard_normal(n),
            f"sub_embeddings_token_type/{target}": 0.1 * rng.standard_normal(n),
            f"layer_conductance/{target}": features.sum(-1),
            f"layer_conductance_features/{target}": features,
            f"attention_attribution/{target}": attributed,
            f"attention_attribution_norm/{target}": together(attributed),
            f"attention_relevance/{target}": rng.uniform(0, 1, n),
            f"attention_relevance_matrix/{target}": rng.uniform(0, 1, (n, n)),
        }
    return float32(arrays)


def rollouts(
    rng: np.random.Generator, targets: Sequence[str], layers: int, n: int
) -> dict[str, np.ndarray]:
    """Norms with the residual and what is multiplied through: nothing depends on the target."""
    arrays = {}
    for name, matrix, by_layer in (
        ("globenc", "globenc_rollout", "globenc_layers"),
        ("alti", "alti_rollout", "alti_layers"),
        ("attention_rollout", "attention_rollout_matrix", None),
        ("value_zeroing", "value_zeroing_rollout", "value_zeroing_layers"),
    ):
        arrays[matrix] = rng.dirichlet(np.ones(n), n)
        arrays |= {f"{name}/{target}": arrays[matrix][0] for target in targets}
        if by_layer:
            arrays[by_layer] = rng.dirichlet(np.ones(n), (layers, n))
    for name, high in (("attention", 0.95), ("residual", 0.4), ("normalized", 0.3)):
        arrays[f"mixing_ratio/{name}"] = rng.uniform(0, high, (layers, n))
    for name in ("residual", "normalized"):
        arrays[f"residual_norms/{name}"] = rng.uniform(0, 1, (layers, n, n))
    return float32(arrays)


def agreement_of_heads(
    rng: np.random.Generator, targets: Sequence[str], layers: int, heads: int
) -> dict[str, np.ndarray]:
    arrays = {}
    for target in targets:
        for other in ("attention", "attention_attribution", "vector_norms"):
            values = rng.uniform(-1, 1, (layers, heads))
            values[0, 0] = np.nan
            arrays[f"agreement_heads/spearman/integrated_gradients/{other}/{target}"] = values
    arrays["agreement_heads/spearman/attention/vector_norms"] = rng.uniform(-1, 1, (layers, heads))
    return float32(arrays)


def other_maps(
    rng: np.random.Generator, layers: int, heads: int, m: int, n: int
) -> dict[str, np.ndarray]:
    """What the decoder of a sequence-to-sequence model looks at."""
    decoder, cross = softmax(rng, (layers, heads, m, m)), softmax(rng, (layers, heads, m, n))
    return float32(
        {
            "decoder_attention": decoder,
            "decoder_attention_norm": together(decoder),
            "cross_attention": cross,
            "cross_attention_norm": together(cross),
        }
    )


def described(
    rng: np.random.Generator, known: dict[str, np.ndarray], targets: Sequence[str], **sizes: int
) -> dict[str, np.ndarray]:
    """Arrays that descriptions have beside those that are ``known``, random, as they are shaped.

    ``sizes`` are those of the axes; decoders' arrays are left to :func:`other_maps`.
    """
    arrays = {}
    for array in methods.all_arrays():
        if not set(array.axes) <= sizes.keys() or array.reading is methods.Reading.COARSE:
            continue
        for target in targets if array.per_target else [""]:
            shape = tuple(sizes[letter] for letter in array.axes)
            scores = signed(rng, shape) if array.sign == "signed" else rng.uniform(0, 1, shape)
            if array.of(target) not in known:
                arrays[array.of(target)] = scores
    return float32(arrays)


def float32(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: array.astype(np.float32) for name, array in arrays.items()}
