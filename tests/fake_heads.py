"""Inputs whose attention heads were switched off, with chosen numbers."""

from __future__ import annotations

import numpy as np

import fakes


def head_input(
    number: int,
    effects,
    attributed=None,
    on_words=None,
    *,
    text: str = "A warm film",
    model: str = "fake",
    target: str = "POSITIVE",
):
    """A classified text: what heads ``(L, H)`` do, were credited with, and how they look at words.

    Its first and last tokens are special; what is not on words is on the first.
    """
    effects = np.asarray(effects, np.float32)
    job = fakes.job_id(model, number, effects.tolist(), target)
    header, arrays = fakes.classified(text, job, position=number, model=model, seed=number)
    n = len(header.tokens)
    arrays = {f"head_ablation/{target}": effects}
    arrays["integrated_gradients/POSITIVE"] = np.arange(1, n + 1, dtype=np.float32)
    if attributed is not None:
        maps = np.zeros((*effects.shape, n, n), np.float32)
        maps[..., 0, 0] = np.asarray(attributed) / 2
        maps[..., 1, 0] = -np.asarray(attributed) / 2
        arrays[f"attention_attribution/{target}"] = maps
        arrays[f"attention_attribution_norm/{target}"] = np.abs(maps).sum(1)
    if on_words is not None:
        maps = np.zeros((*effects.shape, n, n), np.float32)
        maps[..., 1] = np.asarray(on_words)[..., None]
        maps[..., 0] = 1 - maps[..., 1]
        arrays["attention"] = maps
        arrays["attention_norm"] = np.sqrt((maps**2).sum(1))
    targets = (header.targets[0].model_copy(update={"name": target}),)
    if target != "POSITIVE":
        del arrays["integrated_gradients/POSITIVE"]
    changes = {
        "settings": fakes.SETTINGS | {"head_ablation": {"target": "predicted", "ablate": "zero"}},
        "targets": targets,
        "agreement": (),
        "convergence": (),
    }
    return header.model_copy(update=changes), arrays
