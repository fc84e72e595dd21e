"""The example of a data audit, built as its README says: what its page says can be recomputed."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from reportgen.resources import folder
from reportgen.results.tables import Results
from statements import check_page, dom

EXAMPLE = folder("examples") / "data-audit"
README = (EXAMPLE / "README.md").read_text(encoding="utf-8")
COMMANDS = re.search(r"```sh\n(.*?)```", README, re.S)[1].splitlines()

pytestmark = pytest.mark.long("data audit")  # a model is run for it


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> tuple[Path, dict[str, subprocess.CompletedProcess[str]]]:
    """Run every command of the README; return where, and what each did."""
    place = tmp_path_factory.mktemp("data-audit")
    (place / "examples").symlink_to(EXAMPLE.parent, target_is_directory=True)
    done = {}
    for line in COMMANDS:
        program, *arguments = shlex.split(line, comments=True)
        assert program == "reportgen"
        done[" ".join(arguments[:1] + arguments[3:5])] = subprocess.run(
            [sys.executable, "-m", "reportgen", *arguments],
            cwd=place,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=600,
        )
    return place, done


@pytest.fixture(scope="module")
def page(built) -> dom.Node:
    return dom.read((built[0] / "audit" / "report.html").read_text(encoding="utf-8"))


def test_all_commands_succeed(built):
    for name, process in built[1].items():
        assert process.returncode == 0, (name, process.stderr)


def test_the_page_has_every_section_about_all_inputs(page):
    names = [section.attrs["aria-labelledby"] for section in page.all("section.overview")]
    wanted = ("findings", "performance", "slices", "fillings", "words", "robustness", "regions")
    assert [name for name in names if name.removesuffix("-title") in wanted] == [
        f"{name}-title" for name in wanted
    ]
    assert names.index("says-title") > names.index("regions-title")


def test_every_sentence_and_number_is_recomputed_from_the_tables(built, page):
    assert check_page(page, Results(built[0] / "audit")) == []


def test_every_link_of_the_page_leads_somewhere(page):
    ids = {node.attrs["id"] for node in page.below if "id" in node.attrs}
    links = [node.attrs["href"] for node in page.all("a") if "href" in node.attrs]
    inside = [href[1:] for href in links if href.startswith("#")]
    assert len(inside) > 400
    assert set(inside) <= ids


def test_the_readme_says_what_the_run_found(built):
    results = Results(built[0] / "audit")
    predictions = results.predictions()
    judged = predictions[predictions.correct.notna()]
    told = re.search(r"right on (\d+) of (\d+) sentences", README)
    assert (int(told[1]), int(told[2])) == (judged.correct.astype(bool).sum(), len(judged))
    findings = results.findings()
    assert int(re.search(r"(\d+) things? stand", README)[1]) == len(findings)
    (typos,) = [row for row in findings.itertuples() if row.name == "typos"]
    told = re.search(r"prediction of (\d+) % of the sentences \((\d+) to (\d+) %\)", README)
    shown = [round(100 * value) for value in (typos.estimate, typos.low, typos.high)]
    assert [int(number) for number in told.groups()] == shown
