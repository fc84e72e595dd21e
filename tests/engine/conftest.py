"""Fixtures of the engine's tests: tiny models, made and loaded once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from reportgen.engine.models.loaded_model import LoadedModel, load
from tiny_models import CLASSIFY, plan_model, save_tiny


@pytest.fixture(autouse=True, scope="session")
def _one_thread():
    """Matrices this small run faster, and the same everywhere, on one thread."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory) -> Callable[..., Path]:
    """Return the folder of a tiny model; the same call gives the same folder."""
    made: dict[str, Path] = {}

    def make(architecture: str = "bert", task: str = CLASSIFY, **changes: Any) -> Path:
        key = repr((architecture, task, sorted(changes.items())))
        if key not in made:
            folder = tmp_path_factory.mktemp(architecture)
            made[key] = save_tiny(folder, architecture, task, **changes)
        return made[key]

    return make


@pytest.fixture(scope="session")
def loaded(tiny) -> Callable[..., LoadedModel]:
    """Return a loaded tiny model; the same call gives the same model."""
    models: dict[str, LoadedModel] = {}

    def get(architecture: str = "bert", task: str = CLASSIFY, **changes: Any) -> LoadedModel:
        folder = tiny(architecture, task, **changes)
        if str(folder) not in models:
            models[str(folder)] = load(plan_model(folder, task))
        return models[str(folder)]

    return get
