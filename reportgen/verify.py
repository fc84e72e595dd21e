"""Whether a page is what a run produced: unaltered, and what rendering the results gives again.

Digests find damage and careless editing. Whoever means to deceive can make new ones: who wrote a
file is told by a signature, which is for other tools (docs/security.md).
"""

from __future__ import annotations

import hashlib
import re
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from reportgen import __version__, site
from reportgen.errors import ReportgenError
from reportgen.methods import Reading, all_arrays
from reportgen.rendering.seal import Seal, read_seal
from reportgen.results.arrays import HEADS
from reportgen.results.model import JobResult
from reportgen.results.store import Store
from reportgen.results.tables import Results
from reportgen.site.folder import LISTING, OURS, listed
from reportgen.site.multi_page import ABOVE
from reportgen.spec.models import Spec

LARGEST_PAGE = 500_000_000
"""Bytes; no browser opens a larger page."""

TOLERANCE = 0.01
"""How far scores computed anew may be off, relative to the largest of their kind: what integrated
gradients may miss by default. Probabilities may be off by as much."""


@dataclass(frozen=True)
class Proof:
    """One thing that was looked at: what it is, whether it holds, and what was found.

    ``holds`` is ``None`` where it could not be told.
    """

    name: str
    holds: bool | None
    found: str
    hint: str = ""


def verify_content(path: Path) -> tuple[Seal | None, list[Proof]]:
    """Tell whether a page, and the files that a site's index lists, are as they were written.

    Raises ``ReportgenError`` where the page cannot be read.
    """
    html = read_page(path)
    found = None if html is None else read_seal(html)
    if html is None or found is None:
        hint = "it is no page of reportgen's, or its first lines were changed"
        return None, [Proof("content", False, "it has no seal that can be read", hint)]
    if not found.matches(html):
        hint = "it was changed after it was written: ask for it again, or render the results"
        return found, [Proof("content", False, "it is not what was written", hint)]
    proofs = [Proof("content", True, f"as it was written, SHA-256 {found.page}")]
    if found.files:
        proofs.append(verify_files(path.parent, found.files))
    return found, proofs


def read_page(path: Path) -> str | None:
    """Return the text of a page; ``None`` where it is no text.

    Raises ``ReportgenError`` for what is no file, or larger than any page.
    """
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise ReportgenError(
                "expected a page, found a folder or a device", where=str(path), hint="name a file"
            )
        if found.st_size > LARGEST_PAGE:
            message = f"expected a page, found {found.st_size:,} bytes"
            raise ReportgenError(message, where=str(path), hint="name a page of a report")
        return path.read_bytes().decode()
    except UnicodeDecodeError:
        return None
    except (OSError, ValueError) as error:  # the latter: names that no file can have
        reason = getattr(error, "strerror", None) or str(error)
        raise ReportgenError(f"cannot be read: {reason}", where=str(path)) from error


LISTED = re.compile(rf"\.nojekyll|(\.\./)*({OURS.pattern})")


def verify_files(out: Path, digest: str) -> Proof:
    """Tell whether the files of a site are those that its index was written with."""
    name = "files"
    listing = read_bytes(out / LISTING)
    if listing is None:
        hint = "it may be left out where a site is published: only this page was verified"
        return Proof(name, None, f"{LISTING} is not beside the page", hint)
    if hashlib.sha256(listing).hexdigest() != digest:
        return Proof(name, False, f"{LISTING} is not what was written with the page")
    files = listed(out)
    wrong = [one for one, sha in files.items() if not is_as_listed(out, one, sha)]
    if wrong:
        more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        return Proof(name, False, f"changed or missing: {', '.join(wrong[:3])}{more}")
    return Proof(name, True, f"all {len(files):,} files beside it are as they were written")


def read_bytes(path: Path) -> bytes | None:
    """Return what is in a file; ``None`` where there is no plain file that can be read."""
    try:
        return path.read_bytes() if path.is_file() and not path.is_symlink() else None
    except OSError:
        return None


def is_as_listed(out: Path, name: str, digest: str) -> bool:
    data = read_bytes(out / name) if LISTED.fullmatch(name) else None
    return data is not None and hashlib.sha256(data).hexdigest() == digest


def verify_results(seal: Seal, results: Results) -> Proof:
    """Tell whether a page was rendered from these results; one input's from that input's result."""
    digest = site.input_digest(results, str(seal.made.get("page"))) or results.digest
    if digest in seal.runs:
        return Proof("results", True, f"those it was rendered from, SHA-256 {digest}")
    hint = "they were changed, or built again, after the page was written"
    if results.manifest.planned is not None:
        hint += "; this run has not ended: what it has computed since is not on the page"
    return Proof("results", False, "not those that the page was rendered from", hint)


def verify_rendering(
    path: Path,
    seal: Seal,
    results: Results,
    spec: Spec | None = None,
    templates: Path | None = None,
) -> Proof:
    """Tell whether rendering the results again gives the bytes of the page.

    The index of a site has the hashes of all its files in what seals it.
    """
    name, made = "rendering", seal.made
    if made.get("page") is None:
        return Proof(name, None, "only pages of one run can be rendered again")
    try:
        same = render_again(results, made, spec, templates) == path.read_bytes()
    except (ReportgenError, OSError) as error:
        return Proof(name, None, f"it could not be rendered again: {error}")
    if same:
        return Proof(name, True, "rendering the results again gives the same bytes")
    hint = ""
    if seal.reportgen != __version__:
        hint = f"it was written by reportgen {seal.reportgen}, and this is {__version__}"
    elif made.get("own") and spec is None and templates is None:
        hint = "it was made with templates of its author's: give them with --spec or --templates"
    return Proof(name, False, "rendering the results again gives other bytes", hint)


def render_again(
    results: Results,
    made: Mapping[str, Any],
    spec: Spec | None,
    templates: Path | None,
) -> bytes:
    """Make the page of a run again as it was ``made``: alone where it is that of an input."""
    page, root = made["page"], made.get("root")
    if not isinstance(page, str) or root not in ("", ABOVE):
        raise ReportgenError("the page does not say how it was made")
    if page.startswith("inputs/"):
        return site.render_input(results, page, root, spec=spec, templates=templates)
    with tempfile.TemporaryDirectory() as place:
        out = Path(place)
        if root:
            out = site.render_below(results, out, spec=spec, templates=templates)
        else:
            form, budget = made.get("format"), made.get("size_budget")
            site.render(
                results, out, format=form, size_budget=budget, spec=spec, templates=templates
            )
        return (out / page).read_bytes()


def compare_results(stored: tuple[JobResult, Store], anew: tuple[JobResult, Store]) -> Proof:
    """Tell whether a result that was computed again is the stored one, and how far they differ."""
    (before, store), (after, other) = stored, anew
    name = f"{before.model}, input {before.input + 1}"
    if (error := after.error) is not None:
        return Proof(name, False, f"computed anew it fails: {error.message}", error.hint)
    if [token.id for token in before.tokens] != [token.id for token in after.tokens]:
        return Proof(name, False, "computed anew it is read as other tokens")
    names = [one for one in store.array_names(before.job) if is_first_hand(one)]
    if names != [one for one in other.array_names(after.job) if is_first_hand(one)]:
        return Proof(name, False, "computed anew it holds other scores")
    was, found = before.prediction, after.prediction
    if was is None or found is None or was.label != found.label:
        labels = [one.label if one else "nothing" for one in (found, was)]
        return Proof(name, False, f"computed anew the prediction is {labels[0]}, not {labels[1]}")
    worst, where = abs((was.probability or 0) - (found.probability or 0)), "the probability"
    for one in names:
        a, b = store.read_array(before.job, one), other.read_array(after.job, one)
        if a.shape != b.shape:
            return Proof(name, False, f"computed anew {one} has another shape")
        difference = float(np.abs(a - b).max()) / max(float(np.abs(a).max()), 1e-12)
        if difference > worst:
            worst, where = difference, one
    tolerances = (settings.get("tolerance", 0) for settings in before.settings.values())
    allowed = max(TOLERANCE, *tolerances, 0)
    if worst == 0:
        return Proof(name, True, "computed anew it is the same")
    how = f"computed anew it differs by at most {worst:.2g} of the largest score, in {where}"
    return Proof(name, worst <= allowed, f"{how} (allowed: {allowed:.2g})")


def is_first_hand(name: str) -> bool:
    """Tell whether an array is measured; others are ranks, or errors, of such."""
    coarse = {array.name for array in all_arrays() if array.reading is Reading.COARSE}
    return name.partition("/")[0] not in {HEADS, *coarse}
