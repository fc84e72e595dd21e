"""Names in links: of models, and so of the sections and pages of their inputs."""

from __future__ import annotations

from itertools import count as count_from


def make_slugs(names: tuple[str, ...]) -> dict[str, str]:
    """Return a different link name for each model id, readable where it can be.

    Links are file names too, which can be no longer than 255 bytes.
    """
    slugs: dict[str, str] = {}
    for name in names:
        plain = "".join(c if c.isalnum() else "-" for c in name.lower())[:48].strip("-") or "model"
        numbered = (f"{plain}-v{i}" for i in count_from(2))
        slugs[name] = (
            plain
            if plain not in slugs.values()
            else next(slug for slug in numbered if slug not in slugs.values())
        )
    return slugs


def make_anchor(slug: str, position: int) -> str:
    """Return the link name of a model's input, which counts from 1."""
    return f"{slug}-{position + 1}"
