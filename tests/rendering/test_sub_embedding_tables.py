"""Sub-embeddings: the strongest tokens of either sign, three different columns, honest sums."""

from __future__ import annotations

import numpy as np

import fakes
from reportgen.rendering.input.sub_embeddings import sub_embedding_tables


def scored(**scores):
    header, arrays = fakes.with_everything(fakes.classified("Not a bad film today."))
    n = len(header.tokens)
    for name, values in scores.items():
        row = np.zeros(n, dtype=np.float32)
        row[: len(values)] = values
        arrays[f"sub_embeddings_{name}/POSITIVE"] = row
    return header, arrays


def test_the_strongest_tokens_come_with_their_sign_and_number_from_1():
    header, arrays = scored(word=[0, 0.3, -0.9, 0.1, 0.5, 0.2], position=[0.7], token_type=[])
    (view,) = sub_embedding_tables(header, arrays)
    assert view.table.columns == ("rank", "word", "position", "token type")
    words = [row[1] for row in view.table.rows]
    assert words == [
        "a (3) −0.900",
        "film (5) +0.500",
        "Not (2) +0.300",
        "today. (6) +0.200",
        "bad (4) +0.100",
        "+0.200",
    ]
    assert [row[2] for row in view.table.rows] == ["[CLS] (1) +0.700", *["–"] * 4, "+0.700"]
    assert [row[3] for row in view.table.rows] == [*["–"] * 5, "0"]


def test_the_sum_of_all_parts_stands_beside_the_change():
    header, arrays = scored(word=[1.5], position=[0.75], token_type=[0.15])
    (view,) = sub_embedding_tables(header, arrays)
    assert view.total == (
        "All parts together: +2.40 logits; change of the output from the baseline to the input: "
        "+2.40."
    )


def test_a_model_without_a_part_has_no_column_for_it():
    header, arrays = scored()
    del arrays["sub_embeddings_token_type/POSITIVE"]
    (view,) = sub_embedding_tables(header, arrays)
    assert view.table.columns == ("rank", "word", "position")
    assert sub_embedding_tables(*fakes.classified("Hello")) == ()
