"""Labels of the IOB and BILOU schemes: what is named, and where in it a token stands."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

PLACE = re.compile(r"^[BIESLU]-")
"""Where in an entity a token stands."""

OUTSIDE = "O"
"""The label of a token that is in no entity."""

BEGINS = ("B-", "S-", "U-")
"""What the label of an entity's first token may begin with."""

ENDS = ("E-", "L-", "S-", "U-")
"""What the label of an entity's last token may begin with."""


@dataclass(frozen=True)
class LabelSpan:
    """An entity: its kind, and the words ``[first, last]`` whose labels it was read from."""

    kind: str
    first: int
    last: int


def entity_kind(label: str) -> str:
    """Return a label without the token's place in the entity: ``B-PER`` is ``PER``."""
    return PLACE.sub("", label)


def spans(labels: Sequence[str]) -> list[LabelSpan]:
    """Read entities from the labels of the words of a text, by seqeval's rules (default mode).

    Labels are BIO, BIOES (BILOU) or plain: then a run of equal labels is one entity. An entity
    begins where a label says so, after an end, and where the kind changes; a missing B- is
    forgiven.
    """
    found: list[LabelSpan] = []
    for i, label in enumerate(labels):
        if label == OUTSIDE:
            continue
        kind, before = entity_kind(label), labels[i - 1] if i else OUTSIDE
        apart = before == OUTSIDE or before.startswith(ENDS) or entity_kind(before) != kind
        if apart or label.startswith(BEGINS):
            found.append(LabelSpan(kind, i, i))
        else:
            found[-1] = LabelSpan(kind, found[-1].first, i)
    return found
