"""Templates: never those that a stored run names, and the user's own only in a sandbox.

A run may be a stranger's, and templates may be copied from anywhere: neither runs code here.
"""

from __future__ import annotations

import re

import pytest

import fakes
import reportgen
from own_pages import FOOTER, running, write_run, write_spec, write_templates
from reportgen import site
from reportgen.errors import ReportgenError
from reportgen.resources import folder


@pytest.mark.parametrize("form", ["single-file", "site"])
def test_templates_that_a_run_names_are_never_used(tmp_path, monkeypatch, command, form):
    hostile = write_templates(tmp_path / "hostile", page_html=running(tmp_path))
    for name in (str(hostile), "hostile", "../hostile"):
        run = write_run(tmp_path, report={"templates": name, "format": form})
        for place in (tmp_path, run):
            monkeypatch.chdir(place)
            out = tmp_path / "out"
            assert command("render", run, "--out", out)[0] == 0
            assert command("site", run, "--out", tmp_path / "runs")[0] == 0
            assert reportgen.render(run, out).lacks_templates
            assert "Hello" in reportgen.load(run)._repr_html_()
    assert not (tmp_path / "ran").exists()
    for page in (tmp_path / "out").rglob("*.html"):
        assert "Made with reportgen" in page.read_text(encoding="utf-8")


def test_a_run_that_was_built_with_templates_is_said_to_lack_them(tmp_path, command):
    run = write_run(tmp_path, report={"templates": "own"})
    hint = "\n  to have those, name the spec: --spec SPEC (or their folder: --templates DIR)\n"
    said = "note: reportgen's own templates are used for {}, built with others" + hint
    code, _, err = command("render", run, "--out", tmp_path / "out")
    assert (code, err) == (0, said.format("this run"))
    code, _, err = command("site", run, "--out", tmp_path / "runs")
    assert (code, err) == (0, said.format("1 run"))
    # It is there by now, and written again by nobody.
    assert command("site", run, "--out", tmp_path / "runs")[2] == ""
    own = write_templates(tmp_path / "own", page_html=FOOTER)
    assert command("render", run, "--out", tmp_path, "--templates", own)[2] == ""
    spec = write_spec(tmp_path, templates="own")
    assert command("render", run, "--out", tmp_path, "--spec", spec)[2] == ""


ESCAPES = {
    "a class's module": '{{ cycler.__init__.__globals__.os.popen("touch ran").read() }}',
    "a function's module": '{{ lipsum.__globals__["os"].popen("touch ran").read() }}',
    "a filter's attribute": '{{ (""|attr("__class__")).mro()[1] }}',
    "an item": '{{ ""["__class__"].mro()[1] }}',
    "map": '{{ [""]|map(attribute="__class__.__mro__")|list }}',
    "format": '{{ "{0.__class__.__init__.__globals__}".format(report) }}',
    "format_map": '{{ "{a.__class__}".format_map({"a": report}) }}',
    "format as a filter's attribute": '{{ ("{0.__class__}"|attr("format"))(report) }}',
    "format kept": '{% set f = "{0.__class__}".format %}{{ f(report) }}',
    "format of markup": '{{ ("{0.__class__}"|escape).format(report) }}',
    "self": "{{ self._TemplateReference__context.environment }}",
    "self's class": "{{ self.__init__.__globals__ }}",
    "a macro": "{% macro m() %}{% endmacro %}{{ m._func.__globals__ }}",
    "an old macro": "{% macro m() %}{% endmacro %}{{ m.func_globals.x }}",
    "joiner": '{{ joiner.__init__["__globals__"] }}',
    "namespace": "{{ namespace.__init__.__globals__ }}",
    "range": "{{ range.__class__ }}",
    "loop": "{% for x in [1] %}{{ loop.__class__.__init__ }}{% endfor %}",
    "a generator": "{{ ([1]|map('upper')).gi_frame.f_globals }}",
    "a pickle": (
        "{{ report.manifest.parse_raw(\"cos\\nsystem\\n(S'touch ran'\\ntR.\".encode(), "
        'proto="pickle", allow_pickle=True) }}'
    ),
    "a file": '{{ report.manifest.parse_file("/etc/passwd") }}',
    "a record's maker": "{{ report.manifest.model_construct() }}",
    "a record's settings": "{{ report.manifest.model_config }}",
    "a list that is changed": "{{ [].append(1) }}",
    "a long range": "{{ range(10 ** 9) | list }}",
}


@pytest.mark.parametrize("template", ESCAPES.values(), ids=ESCAPES)
def test_templates_are_kept_in_a_sandbox(tmp_path, monkeypatch, command, template):
    monkeypatch.chdir(tmp_path)
    run = write_run(tmp_path)
    write_templates(tmp_path / "own", overview__overview_html=f"\n\n{template}\n")
    code, printed, err = command("render", run, "--out", "out", "--templates", "own")
    assert (code, printed) == (1, "")
    assert err.startswith("error: own/overview/overview.html:3: the template cannot be rendered: ")
    assert re.search("is unsafe|Range too big|has no attribute 'func_globals'", err)
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "ran").exists()
    code, _, err = command("site", run, "--out", "runs", "--templates", "own")
    assert (code, "own/overview/overview.html:3: " in err) == (1, True)


def test_what_the_sandbox_refuses_is_named(tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    write_templates(tmp_path / "own", overview__overview_html=running(tmp_path))
    run = write_run(tmp_path)
    assert command("render", run, "--out", "out", "--templates", "own")[2] == (
        "error: own/overview/overview.html:1: the template cannot be rendered: "
        "access to attribute '__init__' of 'type' object is unsafe.\n"
        "  templates of your own are written in Jinja and use the values that those of reportgen "
        "use\n"
    )


def test_arrays_cannot_write_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = fakes.complete_run(tmp_path / "run")
    text = (folder("templates") / "input/explorer.html").read_text()
    assert "summary.values.max()" in text
    changed = text.replace("summary.values.max()", 'summary.values.tofile("ran")')
    own = write_templates(tmp_path / "own", input__explorer_html=changed)
    with pytest.raises(ReportgenError, match="access to attribute 'tofile' of 'ndarray'"):
        site.render(run, tmp_path / "out", templates=own)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{% if %}", r"own/overview/methods\.html:1: the template cannot be rendered: Expected"),
        (
            "\n\n{{ nothing.at_all }}",
            r"own/overview/methods\.html:3: the template cannot be rendered: ",
        ),
        ("\n{{ 1 / 0 }}", r"own/overview/methods\.html:2: .*: division by zero"),
        (
            '{% include "overview/methods.html" %}',
            r"own/overview/methods\.html:1: .*: maximum recursion depth",
        ),
    ],
    ids=["syntax", "name", "number", "endless"],
)
def test_a_mistake_in_a_template_is_found(tmp_path, template, said):
    own = write_templates(tmp_path / "own", overview__methods_html=template)
    with pytest.raises(ReportgenError) as caught:
        site.render(write_run(tmp_path), tmp_path, templates=own)
    assert re.search(said, f"{caught.value.where}: {caught.value.message}")


@pytest.mark.parametrize("name", ["page.html", "css/brand.css", "js/brand.js", "js/bundle.js"])
def test_a_template_that_is_no_text_is_named(tmp_path, name):
    path = write_templates(tmp_path / "own", css__brand_css="", js__brand_js="") / name
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ReportgenError) as caught:
        site.render(write_run(tmp_path), tmp_path, templates=tmp_path / "own")
    assert str(caught.value) == f"{path}: not UTF-8 text\n  save it as UTF-8"
    assert not (tmp_path / "report.html").exists()


@pytest.mark.parametrize("form", ["single-file", "site"])
@pytest.mark.parametrize("by", ["spec", "templates"])
def test_templates_of_ones_own_stand_in_for_ours(tmp_path, command, form, by):
    own = write_templates(
        tmp_path / "specs" / "own",
        page_html=FOOTER,
        css__brand_css="h1 { letter-spacing: 1px; }",
        js__brand_js='document.title += " (ours)";',
    )
    given = {"spec": write_spec(own.parent, templates="own", format=form), "templates": own}[by]
    run = write_run(tmp_path)
    out = tmp_path / "out"
    code, _, err = command("render", run, "--out", out, f"--{by}", given, "--format", form)
    assert (code, err) == (0, "")
    pages = [path.read_text(encoding="utf-8") for path in out.rglob("*.html")]
    assert len(pages) == {"single-file": 1, "site": 2}[form]
    for page in pages:
        assert "© Ours & yours" in page
        assert "Made with reportgen" not in page
    everything = "".join(path.read_text() for path in out.rglob("*") if path.is_file())
    assert "h1 { letter-spacing: 1px; }" in everything
    assert everything.count('})();\n\ndocument.title += " (ours)";') == 1
    assert "Hello" in everything
    assert command("site", run, "--out", tmp_path / "runs", f"--{by}", given)[0] == 0
    (page,) = (tmp_path / "runs" / "runs").glob("*/index.html")
    assert "© Ours & yours" in page.read_text(encoding="utf-8")


def test_a_script_of_ones_own_stands_in_for_all_of_ours(tmp_path):
    own = write_templates(tmp_path / "own", js__bundle_js="document.title;")
    site.render(write_run(tmp_path), tmp_path / "out", format="site", templates=own)
    (script,) = (tmp_path / "out" / "assets").glob("script.*.js")
    ours = (folder("templates") / "js" / "brand.js").read_text()
    assert script.read_text() == f"document.title;\n{ours}"


@pytest.mark.parametrize("form", ["single-file", "site"])
def test_a_module_of_the_script_is_not_passed_over(tmp_path, command, form):
    own = write_templates(tmp_path / "own", js__dom_js="document.title;")
    run = write_run(tmp_path)
    out = tmp_path / "out"
    code, printed, err = command("render", run, "--out", out, "--templates", own, "--format", form)
    assert (code, printed) == (1, "")
    assert err == (
        f"error: {own / 'js' / 'dom.js'}: pages have js/bundle.js, of which this file is only a "
        "part\n  put a script of your own into js/brand.js, or make a bundle.js\n"
    )
    assert not out.exists()


def test_folders_that_are_not_there_are_named(tmp_path, command):
    run = write_run(tmp_path)
    gone = tmp_path / "gone"
    for name in ("render", "site"):
        code, _, err = command(name, run, "--out", tmp_path / name, "--templates", gone)
        assert code == 1
        assert err.startswith(f"error: templates: no such folder: {str(gone)[:50]}")
        code, _, err = command(name, run, "--out", tmp_path / name, "--spec", gone)
        assert code == 1
        assert err.startswith(f"error: {gone}: the spec cannot be read: no such file")
