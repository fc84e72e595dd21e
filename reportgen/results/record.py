"""What all stored records are made of."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """Base of all stored records: immutable, no unknown fields, NaN and infinity refused.

    A field that is stored under another name can be given by its own name, too.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, populate_by_name=True
    )
