"""Whether a page is what a run produced: every page unaltered, and 100 that were altered."""

from __future__ import annotations

import json
import random
import re
import shutil
from pathlib import Path

import pytest
import yaml

import fakes
from reportgen import verify as verification
from reportgen.rendering.seal import read_seal, seal
from reportgen.resources import folder
from reportgen.results.tables import Results
from rewriting import rewrite_manifest, rewrite_result

KINDS = ("report.html", "index.html", "inputs/fake-1.html", "compare.html", "runs/index.html")


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> Path:
    """Every kind of page, beside the run that they are of."""
    from reportgen import site
    from reportgen.results.compare.runs import compare
    from reportgen.results.tables import Results
    from reportgen.site.compare import render_comparison
    from reportgen.site.history import collect

    out = tmp_path_factory.mktemp("pages")
    jobs = [fakes.classified(f"Text number {i}.", f"{i}" * 32, position=i) for i in range(3)]
    results = Results(fakes.write_run(out, jobs))
    site.render(results, out)
    site.render(results, out, format="site")
    render_comparison(compare(results, results), out)
    collect([out], out / "runs")
    return out


@pytest.mark.parametrize("name", [*KINDS, "a page of one of many runs"])
def test_every_page_is_accepted_as_it_was_written(pages, command, name):
    if name not in KINDS:
        (path,) = (pages / "runs" / "runs").glob("*/index.html")
        name = path.relative_to(pages)
    code, printed, said = command("verify", pages / name, "--results", pages)
    lines = printed.splitlines()
    assert re.fullmatch(r"✓ content: as it was written, SHA-256 [0-9a-f]{64}", lines[0])
    assert command("verify", pages / name)[0] == 0
    if name in ("compare.html", "runs/index.html"):  # of several runs, or of none
        assert code == 2
        assert re.search(r"\? rendering: only pages of one run|✗ results: not those", printed)
        return
    assert (code, said) == (0, "")
    assert lines[-2].startswith("✓ results: those it was rendered from, SHA-256 ")
    assert lines[-1] == "✓ rendering: rendering the results again gives the same bytes"


def altered(rng: random.Random, html: str) -> str:
    """Return a page with one careless, or careful, change that no eye need notice."""
    place = rng.randrange(len(html))
    digits = [found.start() for found in re.finditer(r"\d", html)]
    changes = [
        lambda: html[:place] + html[place + 1 :],
        lambda: html[:place] + " " + html[place:],
        lambda: html[:place] + html[place:].replace("0", "1", 1),
        lambda: html.replace("POSITIVE", "NEGATIVE", 1),
        lambda: html.replace("</body>", "<p>And so on.</p></body>"),
        lambda: html + "\n",
        lambda: html.replace("\n", "\r\n"),
        lambda: html.replace("</head>", "<script>1</script></head>"),
        lambda: html.replace('"reportgen-seal" ', '"reportgen-seal"  '),
        lambda: html.replace("&quot;page&quot;:&quot;", "&quot;page&quot;: &quot;", 1),
        lambda: re.sub(r'<meta name="reportgen-seal"[^>]*>\n', "", html),
        lambda: html.replace(
            "<head>", f"<head>\n{re.search('<meta name=.reportgen-seal.*', html)[0]}"
        ),
        lambda: re.sub(r"(&quot;runs&quot;:\[&quot;)[0-9a-f]", r"\g<1>z", html),
    ]
    at = rng.choice(digits)
    changes.append(lambda: html[:at] + str((int(html[at]) + 1) % 10) + html[at + 1 :])
    changed = rng.choice(changes)()
    return changed if changed != html else html.replace("e", "a", 1)


@pytest.mark.parametrize("name", KINDS)
def test_altered_pages_are_rejected(pages, tmp_path, command, name):
    rng, path = random.Random(name), tmp_path / "page.html"
    whole = (pages / name).read_bytes().decode()
    for _ in range(20):
        path.write_bytes(altered(rng, whole).encode())
        code, printed, _ = command("verify", path)
        assert (code, printed[:10]) == (2, "✗ content:")


def test_a_file_of_a_site_that_was_changed_is_named(pages, tmp_path, command):
    out = shutil.copytree(pages, tmp_path / "site")
    page = out / "inputs" / "fake-2.html"
    page.write_text(page.read_text(encoding="utf-8") + " ", encoding="utf-8")
    (script,) = (out / "assets").glob("script.*.js")
    script.unlink()
    code, printed, _ = command("verify", out / "index.html")
    assert code == 2
    assert f"✗ files: changed or missing: assets/{script.name}, inputs/fake-2.html" in printed


def test_a_list_of_files_cannot_name_others(pages, tmp_path, command):
    out = shutil.copytree(pages, tmp_path / "site")
    listing = json.loads((out / ".reportgen-files.json").read_text())
    listing["../../etc/passwd"] = "0" * 64
    data = json.dumps(listing).encode()
    (out / ".reportgen-files.json").write_bytes(data)
    code, printed, _ = command("verify", out / "index.html")
    assert (code, "✗ files: .reportgen-files.json is not what was written" in printed) == (2, True)
    proof = verification.verify_files(out, verification.hashlib.sha256(data).hexdigest())
    assert (proof.holds, proof.found) == (False, "changed or missing: ../../etc/passwd")


def test_a_list_that_was_not_published_is_told(pages, tmp_path, command):
    out = shutil.copytree(pages, tmp_path / "site")
    (out / ".reportgen-files.json").unlink()
    code, printed, _ = command("verify", out / "index.html")
    assert code == 2
    assert "? files: .reportgen-files.json is not beside the page" in printed


def test_other_results_are_told(pages, tmp_path, command):
    run = shutil.copytree(pages, tmp_path / "run")
    file = run / "results" / f"{'1' * 32}.safetensors"
    rewrite_result(file, lambda header, arrays: header["prediction"].update(probability=0.91))
    code, printed, _ = command("verify", run / "report.html")
    assert code == 2
    assert "✗ results: not those that the page was rendered from" in printed
    assert "rendering" not in printed


def test_the_page_of_an_input_is_of_its_own_result(pages, tmp_path, command):
    run = shutil.copytree(pages, tmp_path / "run")
    other = run / "results" / f"{'2' * 32}.safetensors"
    rewrite_result(other, lambda header, arrays: header["prediction"].update(probability=0.91))
    page = run / "inputs" / "fake-1.html"
    code, printed, _ = command("verify", page)
    assert (code, "✓ results: those it was rendered from" in printed) == (0, True)
    assert command("verify", run / "index.html")[0] == 2  # which seals all of the run
    own = run / "results" / f"{'0' * 32}.safetensors"
    rewrite_result(own, lambda header, arrays: header["prediction"].update(probability=0.91))
    code, printed, _ = command("verify", page)
    assert (code, "✗ results: not those that the page was rendered from" in printed) == (2, True)


def test_the_page_of_an_input_that_says_other_than_its_result_is_told(pages, tmp_path, command):
    html = (pages / "inputs" / "fake-1.html").read_text(encoding="utf-8")
    found = read_seal(html)
    plain = re.sub(r'<meta name="reportgen-seal"[^>]*>\n', "", html).replace("POSITIVE", "NEUTRAL")
    path = tmp_path / "fake-1.html"
    path.write_text(seal(plain, *found.runs, made=found.made), encoding="utf-8")
    code, printed, _ = command("verify", path, "--results", pages)
    assert (code, "✗ rendering: rendering the results again gives" in printed) == (2, True)


def test_a_damaged_result_is_told(pages, tmp_path, command):
    run = shutil.copytree(pages, tmp_path / "run")
    (run / "results" / f"{'1' * 32}.safetensors").write_bytes(b"")
    code, printed, said = command("verify", run / "report.html")
    assert code == 2
    assert "✗ results: not those" in printed
    assert "fake, input 2: " in said


def test_a_page_that_says_other_than_its_results_is_told(pages, tmp_path, command):
    """Sealed again by someone who knows how: the results still tell."""
    html = (pages / "report.html").read_text(encoding="utf-8")
    found = read_seal(html)
    plain = re.sub(r'<meta name="reportgen-seal"[^>]*>\n', "", html).replace("POSITIVE", "NEUTRAL")
    path = tmp_path / "report.html"
    path.write_text(seal(plain, *found.runs, made=found.made), encoding="utf-8")
    code, printed, _ = command("verify", path, "--results", pages)
    assert code == 2
    assert "✓ content" in printed
    assert "✗ rendering: rendering the results again gives other bytes" in printed


def test_a_page_with_templates_of_its_authors_needs_them(pages, tmp_path, command):
    templates = tmp_path / "templates"
    templates.mkdir()
    (templates / "page.html").write_text(
        '{% extends "reportgen/page.html" %}{% block footer %}ours{% endblock %}'
    )
    out = tmp_path / "out"
    assert command("render", pages, "--out", out, "--templates", templates)[0] == 0
    words = ("verify", out / "report.html", "--results", pages)
    code, printed, _ = command(*words)
    assert code == 2
    assert "give them with --spec or --templates" in printed
    assert command(*words, "--templates", templates)[0] == 0


@pytest.mark.parametrize("data", [b"", b"not a page", b"\xff\xfe", b"<head></head>", b"<head>" * 9])
def test_what_is_no_page_has_no_seal(tmp_path, command, data):
    path = tmp_path / "page.html"
    path.write_bytes(data)
    code, printed, _ = command("verify", path)
    assert (code, printed.splitlines()[0]) == (2, "✗ content: it has no seal that can be read")


def test_seals_of_wrong_types_are_none(tmp_path):
    whole = seal("<head></head>", "1" * 64)
    assert read_seal(whole) is not None
    for one, other in (("runs", 7), ("page", None), ("made", []), ("files", 1)):
        facts = vars(read_seal(whole)) | {one: other}
        content = json.dumps(facts).replace('"', "&quot;")
        assert read_seal(f'<meta name="reportgen-seal" content="{content}">\n') is None
    deep = "[" * 100_000
    assert read_seal(f'<meta name="reportgen-seal" content="{deep}">\n') is None


def test_what_cannot_be_read_is_an_error(tmp_path, command):
    for path, message in (
        (tmp_path / "none.html", "cannot be read: No such file or directory"),
        (tmp_path, "expected a page, found a folder or a device"),
        (Path("/dev/zero"), "expected a page, found a folder or a device"),
    ):
        code, _, said = command("verify", path)
        assert (code, f"{path}: {message}" in said) == (1, True)


def test_which_models_are_run_is_not_for_a_run_to_say(pages, command):
    code, _, said = command("verify", pages / "report.html", "--recompute", 1)
    assert code == 1
    assert "which models are run is not for a stored run to say" in said
    assert "--spec SPEC" in said


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """A run of the bundled sentiment model, and its spec."""
    import reportgen

    place = tmp_path_factory.mktemp("built")
    model = folder("examples") / "models" / "sentiment"
    spec = {
        "models": [{"id": "sentiment", "path": str(model)}],
        "inputs": [{"text": "A warm and funny film."}, {"text": "Dull and far too long."}],
        "methods": ["integrated_gradients", "vector_norms"],
    }
    (place / "audit.yaml").write_text(yaml.safe_dump(spec))
    reportgen.render(reportgen.run(place / "audit.yaml", place / "out"), place / "out")
    return place


def test_results_computed_anew_are_those_that_are_stored(built, command):
    words = ("verify", built / "out" / "report.html", "--spec", built / "audit.yaml")
    code, printed, said = command(*words, "--recompute", 2)
    assert (code, said) == (0, "")
    anew = [line for line in printed.splitlines() if "computed anew" in line]
    assert len(anew) == 2
    assert all(line.startswith("✓ sentiment, input ") for line in anew)


def test_made_up_scores_are_found_when_they_are_computed_anew(built, tmp_path, command):
    run = shutil.copytree(built / "out", tmp_path / "run")

    def invent(header, arrays):
        for name in arrays:
            if name.startswith("integrated_gradients/"):
                arrays[name] = -arrays[name]

    for file in (run / "results").glob("*.safetensors"):
        rewrite_result(file, invent)
    assert command("render", run, "--out", run)[0] == 0
    words = ("verify", run / "report.html", "--spec", built / "audit.yaml")
    assert command(*words)[0] == 0  # the page is what these results give
    code, printed, _ = command(*words, "--recompute", 1)
    assert code == 2
    assert re.search(
        r"✗ sentiment, input [12]: computed anew it differs by at most 2 of the largest score, in "
        r"integrated_gradients/\w+ \(allowed: 0.01\)",
        printed,
    )


def test_a_spec_of_another_model_or_text_is_told(built, tmp_path, command):
    spec = yaml.safe_load((built / "audit.yaml").read_text())
    spec["inputs"] = [{"text": "Something else."}] * 2
    (tmp_path / "other.yaml").write_text(yaml.safe_dump(spec))
    words = ("verify", built / "out" / "report.html", "--spec", tmp_path / "other.yaml")
    code, printed, _ = command(*words, "--recompute", 2)
    assert code == 2
    assert printed.count("the spec has no such input for this model") == 2


def test_the_digest_of_a_run_is_of_its_manifest_too(tmp_path):
    run = fakes.sample_run(tmp_path / "run")
    before = Results(run).digest
    rewrite_manifest(run, lambda data: data.update(title="Another title"))
    assert Results(run).digest != before
