"""Logo and colour: stored with a run when it is built, or those of a spec that the user names."""

from __future__ import annotations

import pytest
import yaml

import reportgen
from own_pages import OTHER, SVG, logos, stored, write_run, write_spec
from reportgen import site
from reportgen.errors import ResultsError, SpecError
from reportgen.resources import folder
from reportgen.results.store import Store
from reportgen.results.tables import Results
from reportgen.site.history import collect
from reportgen.spec.loader import load_spec


def test_a_spec_says_how_stored_results_are_written(tmp_path, command):
    run = write_run(
        tmp_path, report={"format": "single-file", "color": "#ffd400"}, logo=stored(OTHER)
    )
    (tmp_path / "us.svg").write_bytes(SVG)
    spec = write_spec(tmp_path, logo="us.svg", color="#2b4fc7", format="site", size_budget="7MB")
    out = tmp_path / "site"
    assert command("render", run, "--out", out, "--spec", spec)[0] == 0
    assert "--accent: light-dark(#2b4fc7," in "".join(
        path.read_text() for path in out.glob("assets/style.*.css")
    )
    (logo,) = out.glob("assets/logo.*.svg")
    assert logo.read_bytes() == SVG
    # What the command line says comes first.
    words = ("--format", "single-file", "--size-budget", "100kB")
    code, _, err = command("render", run, "--out", tmp_path / "one", "--spec", spec, *words)
    assert (code, "over its size budget" in err) == (0, True)
    assert logos(tmp_path / "one" / "report.html") == [SVG]


def test_a_spec_can_be_given_in_three_ways(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "us.svg").write_bytes(SVG)
    path = write_spec(tmp_path, logo="us.svg")
    content = yaml.safe_load(path.read_text())
    run = write_run(tmp_path)
    for spec in (path, str(path), content, load_spec(path)):
        assert logos(reportgen.render(run, tmp_path / "out", spec=spec).path) == [SVG]
    with pytest.raises(SpecError, match="unknown key 'titel'"):
        reportgen.render(run, tmp_path / "out", spec=content | {"titel": "x"})


def test_a_logo_and_a_colour_are_on_every_page(tmp_path):
    run = write_run(tmp_path, report={"logo": "us.svg", "color": "#ffd400"}, logo=stored(SVG))
    single = site.render(run, tmp_path / "one").path
    assert logos(single) == [SVG]
    assert "--accent: light-dark(#" in single.read_text()
    out = site.render(run, tmp_path / "site", format="site").path.parent
    (logo,) = out.glob("assets/logo.*.svg")
    for page in out.rglob("*.html"):
        assert f"assets/{logo.name}" in page.read_text()


@pytest.mark.parametrize("name", ["/etc/passwd", "secret.svg", "../secret.svg"])
def test_a_file_that_a_run_names_as_its_logo_is_not_read(tmp_path, monkeypatch, name):
    (tmp_path / "secret.svg").write_bytes(SVG)
    run = write_run(tmp_path, report={"logo": name})
    for place in (tmp_path, run):
        monkeypatch.chdir(place)
        assert logos(site.render(run, tmp_path / "out").path) == []


LIVE = SVG.replace(b"/>", b"><script>alert(1)</script></svg>")


@pytest.mark.parametrize(
    ("logo", "said"),
    [
        (stored(LIVE), "expected an SVG that only draws, found <script> in line 1"),
        (stored(b"a secret"), "expected a picture (svg, png, jpg or webp), found none of them"),
        (stored(SVG, "png"), "expected png, as its type says; found svg"),
        (stored(bytes(600_000)), "expected a logo of at most 500 kB, found a larger one"),
        ({"type": "svg", "data": "<svg/>"}, "expected base64"),
        ({"type": "svg", "data": "ü"}, "expected base64"),
    ],
)
def test_a_stored_logo_is_checked_again(tmp_path, command, logo, said):
    run = write_run(tmp_path, logo=logo)
    code, _, err = command("render", run, "--out", tmp_path / "out")
    assert (code, err) == (
        1,
        f"error: {run}/results/manifest.json logo: {said}\n"
        "  with --spec SPEC the logo of a spec is used instead (spec= in Python)\n",
    )
    found = collect([write_run(tmp_path / "good"), run], tmp_path / "runs")
    assert (found.runs, [problem.message for problem in found.problems]) == (1, [said])
    assert command("render", run, "--out", tmp_path, "--spec", write_spec(tmp_path))[0] == 0


@pytest.mark.parametrize("logo", [{"type": "gif", "data": ""}, "us.svg", {"type": "svg"}])
def test_a_stored_logo_of_no_known_type_is_damage(tmp_path, logo):
    with pytest.raises(ResultsError, match=r"manifest.json: damaged: logo"):
        Results(write_run(tmp_path, logo=logo))


@pytest.mark.parametrize("report", ["x", [], {"format": "pdf"}, {"color": "red;}"}, {"new": 1}])
def test_a_run_that_does_not_say_how_it_is_written_is_damaged(tmp_path, command, report):
    run = write_run(tmp_path, report=report)
    code, _, err = command("render", run, "--out", tmp_path / "out")
    assert code == 1
    assert err.startswith(
        f"error: {run}/results/manifest.json: the spec of these results is one that this version "
        "cannot read: "
    )


def test_a_logo_is_stored_with_its_run_and_changes_no_result(tmp_path):
    """The whole way: built, built again with another logo, and rendered elsewhere."""
    (tmp_path / "brand").mkdir()
    (tmp_path / "brand" / "us.png").write_bytes(SVG)  # whatever it is called
    spec = {
        "models": [{"id": "a", "path": str(folder("examples") / "models" / "sentiment")}],
        "inputs": [{"text": "A warm film."}],
        "methods": ["attention"],
        "report": {"logo": "brand/us.png", "format": "site"},
    }
    path, out = tmp_path / "audit.yaml", tmp_path / "out"
    path.write_text(yaml.safe_dump(spec))
    reportgen.run(path, out)
    first = Store(out / "results").read_manifest()
    assert first.logo.model_dump() == stored(SVG)
    files = {file: file.stat().st_mtime_ns for file in out.rglob("*.safetensors")}

    (tmp_path / "brand" / "us.png").write_bytes(OTHER)
    reportgen.run(path, out)
    second = Store(out / "results").read_manifest()
    assert second.logo.model_dump() == stored(OTHER)
    assert (second.jobs, second.spec_sha256) == (first.jobs, first.spec_sha256)
    assert {file: file.stat().st_mtime_ns for file in out.rglob("*.safetensors")} == files

    (tmp_path / "brand" / "us.png").write_bytes(LIVE)
    with pytest.raises(SpecError, match=r"audit\.yaml:\d+:\d+ report\.logo: brand/us\.png: "):
        reportgen.run(path, out)
    (tmp_path / "brand" / "us.png").unlink()
    (logo,) = reportgen.render(out, tmp_path / "pages").path.parent.glob("assets/logo.*.svg")
    assert logo.read_bytes() == OTHER
