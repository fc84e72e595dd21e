"""The spec's ``report:`` part: how the pages are written, and what is the user's own on them."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from reportgen.spec.part import SIZE, SpecPart, in_bytes

COLOR = r"^#[0-9a-fA-F]{6}$"


def _color(value: str) -> str:
    if not re.fullmatch(COLOR, value):
        raise PydanticCustomError("color", "a colour in quotes, such as '#2b4fc7'")
    return value


class ReportSpec(SpecPart):
    """How the report is written."""

    format: Literal["single-file", "site"] | None = Field(
        default=None,
        description="One self-contained HTML file, or a site of a page per input, which is the "
        "default of a run of more than 1,000 results",
    )
    size_budget: str = Field(
        default="10MB",
        pattern=SIZE,
        description="Largest single file; what does not fit is left out, and the page says so",
    )
    templates: str | None = Field(
        default=None,
        min_length=1,
        description="Folder of Jinja templates, css/ and js/ used in place of those of the same "
        "name; relative to the spec",
    )
    map: Literal["pca", "umap"] = Field(
        default="pca",
        description="How the map of the inputs is drawn: by the two directions in which they "
        "differ most, or by UMAP (pip install 'reportgen[umap]')",
    )
    logo: str | None = Field(
        default=None,
        min_length=1,
        description="Picture above the title (svg, png, jpg or webp); relative to the spec",
    )
    color: Annotated[str, AfterValidator(_color)] | None = Field(
        default=None,
        description="Accent colour; adjusted where text in it could not be read",
        json_schema_extra={"pattern": COLOR},
    )

    @property
    def budget_bytes(self) -> int:
        """Return ``size_budget`` in bytes."""
        return in_bytes(self.size_budget)
