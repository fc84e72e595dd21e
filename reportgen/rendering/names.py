"""What methods are called where space is short; ``spec.methods`` has their full titles."""

from __future__ import annotations

TITLES = {
    "integrated_gradients": "integrated gradients",
    "sub_embeddings": "words, positions and token types",
    "sub_embeddings_word": "word embeddings",
    "sub_embeddings_position": "position embeddings",
    "sub_embeddings_token_type": "token type embeddings",
    "layer_conductance": "layer conductance",
    "attention": "attention",
    "attention_attribution": "attention attribution",
    "vector_norms": "vector norms",
    "residual_norms": "norms with residual and LayerNorm",
    "globenc": "GlobEnc",
    "alti": "ALTI",
    "attention_rollout": "attention rollout",
    "attention_relevance": "attention relevance",
    "random_logit": "random-logit test",
}


def title(name: str) -> str:
    """Return the short title of a method; names of later versions are shown as they are."""
    return TITLES.get(name, name.replace("_", " "))
