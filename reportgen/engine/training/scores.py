"""The influence of training examples by the gradients of the last layer, in closed form.

The gradient of the cross-entropy by the last layer's weights is the outer product of p - y and
of what the layer reads, h, with a 1 behind it where there is a bias. So the product of two
gradients is (h · h' + 1) ((p - y) · (p' - y')), and no gradient has to be held.
"""

from __future__ import annotations

import numpy as np

from reportgen.engine.training.last_layer import LastLayer


def gradient_products(
    train: LastLayer, labels: np.ndarray, test: LastLayer, test_labels: np.ndarray
) -> np.ndarray:
    """Return the products (n, m) of the gradients of training examples and of inputs.

    That times a learning rate is TracIn's first-order influence (Pruthi et al. 2020,
    arXiv:2002.08484) of one checkpoint, restricted to the last layer.
    """
    read = train.read @ test.read.T + float(train.has_bias)
    return read * (train.residuals(labels) @ test.residuals(test_labels).T)


def gradient_norms(layer: LastLayer, labels: np.ndarray) -> np.ndarray:
    """Return the norm (n,) of each gradient; its square is the influence on itself."""
    read = (layer.read**2).sum(1) + float(layer.has_bias)
    return np.sqrt(read * (layer.residuals(labels) ** 2).sum(1))


def gradient_cosines(
    train: LastLayer, labels: np.ndarray, test: LastLayer, test_labels: np.ndarray
) -> np.ndarray:
    """Return the cosines (n, m) of the gradients (Charpiat et al. 2019, NeurIPS)."""
    norms = gradient_norms(train, labels)[:, None] * gradient_norms(test, test_labels)[None]
    return over(gradient_products(train, labels, test, test_labels), norms)


def read_cosines(train: LastLayer, test: LastLayer) -> np.ndarray:
    """Return the cosines (n, m) of the vectors that the last layer reads."""
    norms = np.linalg.norm(train.read, axis=1)[:, None] * np.linalg.norm(test.read, axis=1)[None]
    return over(train.read @ test.read.T, norms)


def over(products: np.ndarray, norms: np.ndarray) -> np.ndarray:
    """Divide, 0 where a vector has no direction; rounding does not lead out of [-1, 1]."""
    found = np.divide(products, norms, out=np.zeros_like(products), where=norms > 0)
    return found.clip(-1, 1)
