"""Labels of the IOB and BILOU schemes: what is named, and where in it a token stands."""

from __future__ import annotations

import re

PLACE = re.compile(r"^[BIESLU]-")
"""Where in an entity a token stands."""

OUTSIDE = "O"
"""The label of a token that is in no entity."""

BEGINS = ("B-", "S-", "U-")
"""What the label of an entity's first token may begin with."""


def entity_kind(label: str) -> str:
    """Return a label without the token's place in the entity: ``B-PER`` is ``PER``."""
    return PLACE.sub("", label)
