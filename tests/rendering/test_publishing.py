"""Documents for those who publish: what a run fills, and that it says what stays open."""

from __future__ import annotations

import re

import pytest

from memory_runs import Said, memory_run
from reportgen.rendering.markdown.annex_iv import POINTS, write_annex_iv
from reportgen.rendering.markdown.datasheet import OPEN, write_datasheet
from reportgen.rendering.markdown.digest import digest
from reportgen.rendering.markdown.digest_tables import subject
from reportgen.rendering.remarks import remarks
from reportgen.results.dataset.intervals import proportion


def site(i: int) -> str:
    return "shop" if i % 2 else "club"


@pytest.fixture(scope="module")
def weak():
    """A model that is right on 95 of 100 inputs of one site, and on 55 of 100 of the other."""
    said = [
        Said(
            f"text {i}",
            words=("text", f"w{i % 7}"),
            scores=(0.5, 0.1),
            label="POSITIVE" if (i // 2) % 20 < (19 if i % 2 else 11) else "NEGATIVE",
            expect="POSITIVE",
            columns={"site": site(i)},
        )
        for i in range(200)
    ]
    return memory_run({"m": [*said, Said("text 0", error="too long")]}, title="Shops | clubs")


def test_the_annex_goes_through_all_points_and_lists_the_open_ones(weak, tmp_path):
    (path,) = write_annex_iv(weak, tmp_path)
    text = path.read_text(encoding="utf-8")
    assert path.name == "annex-iv-m.md"
    headings = re.findall(r"^## (.+)$", text, re.M)
    assert headings == [f"{one.number} {one.asks}" for one in POINTS] + ["Fields that are open"]
    listed = text.partition("## Fields that are open")[2]
    for one in POINTS:
        assert (f"- {one.number} {one.asks}" in listed) == (one.fill is None or bool(one.open))
    counts = re.search(r"Of (\d+) points: (\d+) filled, (\d+) filled in part, (\d+) open", text)
    whole, filled, partly, still = map(int, counts.groups())
    assert whole == len(POINTS) == filled + partly + still
    assert still == sum(one.fill is None for one in POINTS)


def test_the_annex_has_the_accuracy_of_all_and_of_groups(weak, tmp_path):
    (path,) = write_annex_iv(weak, tmp_path)
    text = path.read_text(encoding="utf-8")
    found = proportion(150, 200)
    bounds = f"{100 * found.low:.0f} to {100 * found.high:.0f}"
    assert f"As expected: 150 of 200 predictions, 75\u00a0% ({bounds})" in text
    assert "201 inputs, of which 200 with an expected output; 1 input could not" in text
    assert "| `site: club` | 100 | 55\u00a0%" in text
    assert f"`{'1' * 64}`" in text  # the weights


def test_the_datasheet_counts_inputs_columns_and_what_repeats(weak, tmp_path):
    (path,) = write_datasheet(weak, tmp_path)
    text = path.read_text(encoding="utf-8")
    for part in (
        "| Inputs | 201 |",
        "| Fields | `text: 201` |",
        "| With an expected output | 200 |",
        "| Texts that stand there before | 1 |",
        "Column `site`:",
        "| `club` | 100 | 50.0\u00a0% |",
        "| `POSITIVE` | 200 | 100\u00a0% |",
        "### How `m` fares on it",
    ):
        assert part in text, part
    for name, questions in OPEN.items():
        section = text.partition(f"## {name}\n")[2].partition("\n## ")[0]
        assert all(f"- {one}" in section for one in questions)


def test_the_digest_and_junit_have_slices_and_findings(weak):
    text = digest(subject(weak))
    assert "#### For whom it is weak, or strong (2)" in text
    assert "| `site: club` | 100 | 55\u00a0%" in text
    assert "#### What stands out (1)" in text
    assert "Wrong on 45\u00a0% (36 to 55\u00a0%) of the 100 inputs where `site` is `club`" in text
    told = {one.about: one.text for one in remarks(weak)}
    assert told["weak: site club"].startswith("Wrong on 45\u00a0%")
    assert told["site: club"].startswith("Right on 55\u00a0% (45 to 64) of 100 inputs, −40 (")


def test_of_few_inputs_nothing_is_made(tmp_path):
    run = memory_run({"m": [Said("a film", expect="POSITIVE")]})
    assert remarks(run) == ()
    (path,) = write_annex_iv(run, tmp_path)
    assert "No groups of inputs were compared" in path.read_text(encoding="utf-8")
