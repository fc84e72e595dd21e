"""A run of a classifier with so many judged inputs that something is said of all of them."""

from __future__ import annotations

import numpy as np

import fakes
from reportgen.results.model import Score

TEXT = "good Good, bad (bad) film FILM! plot acting story ending night music slow long"


def judged(amount: int = 24, *, model: str = "m", expected: bool = True, seed: int = 1) -> list:
    """Return results, some of them wrong; without ``expected`` none is judged."""
    rng = np.random.default_rng(seed)
    found = []
    for i in range(amount):
        text = " ".join(rng.choice(TEXT.split(), size=rng.integers(4, 12)))
        header, arrays = fakes.classified(
            text, f"{seed:08d}{i:024d}", position=i, seed=i, model=model
        )
        label, wanted = ("A", "B")[i % 3 == 0], ("A", "B")[i % 4 == 0]
        sure = round(float(rng.uniform(0.5, 1)), 3)
        scores = [Score(label=label, logit=1, probability=sure)]
        scores.append(Score(label="AB".replace(label, ""), logit=0, probability=1 - sure))
        prediction = header.prediction.model_copy(
            update={
                "label": label,
                "expected": wanted if expected else None,
                "correct": label == wanted if expected else None,
                "probability": sure,
                "scores": tuple(scores),
            }
        )
        update = {"prediction": prediction, "expect": wanted if expected else None}
        found.append((header.model_copy(update=update), arrays))
    return found
