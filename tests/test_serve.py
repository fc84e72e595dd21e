"""The server of one report: what it answers and to whom, and when it builds again."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

import reportgen
from document import Document
from own_pages import FOOTER, OTHER, SVG, logos, write_spec, write_templates
from reportgen.cli.serve import Builder
from reportgen.errors import ReportgenError
from reportgen.resources import folder
from reportgen.results.tables import Results
from reportgen.serve import rebuild
from reportgen.serve.frame import Published
from reportgen.serve.rebuild import keep_built, publish
from reportgen.serve.server import ADDRESS, Server, serving
from reportgen.serve.watch import Watch


def get(server: Server, path: str, host: str | None = "localhost", method: str = "GET"):
    """Return the answer and its body; ``host=None`` leaves the header out."""
    connection = http.client.HTTPConnection(ADDRESS, server.server_port, timeout=30)
    connection.putrequest(method, path, skip_host=True)
    if host is not None:
        connection.putheader("Host", host)
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body


def state(server: Server) -> dict:
    return json.loads(get(server, "/~version")[1])


@pytest.fixture
def server(tmp_path):
    """A server of a report of two files, in a folder with others."""
    for name in ("report.html", "logo.svg", "secret.txt", "results/manifest.json"):
        (tmp_path / "out" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "out" / name).write_text(f"<p>{name} ü", encoding="utf-8")
    (tmp_path / "beside.html").write_text("beside", encoding="utf-8")
    with serving(tmp_path / "out", 0) as server:
        report = Published(tmp_path / "out", "report.html", frozenset({"report.html", "logo.svg"}))
        once(server, lambda _: report)
        yield server


def once(server: Server, build, complaints=None) -> None:
    """Build once, with nothing that changes."""
    stop = threading.Event()
    stop.set()
    told = complaints.append if complaints is not None else pytest.fail
    keep_built(server, Still(), build, told, stop=stop)


class Still:
    """Files that never change."""

    def look(self) -> tuple[bool, bool]:
        return False, False


def test_a_page_is_the_file_byte_for_byte(server):
    answer, body = get(server, "/report.html")
    assert (answer.status, body) == (200, "<p>report.html ü".encode())
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert get(server, "/logo.svg")[0].headers["Content-Type"] == "image/svg+xml"


INERT = "default-src 'none'; frame-ancestors 'none'; sandbox"
OF_A_SITE = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)


def policy(server: Server, path: str, **how) -> str:
    (found,) = get(server, path, **how)[0].headers.get_all("Content-Security-Policy")
    return found


def test_what_is_no_page_runs_nothing_when_it_is_opened_alone(server):
    assert policy(server, "/logo.svg") == INERT
    assert policy(server, "/~version") == INERT
    assert policy(server, "/logo.svg", method="HEAD") == INERT
    for path, host in (("/gone.html", "localhost"), ("/report.html", "example.org")):
        assert policy(server, path, host=host) == "default-src 'none'; frame-ancestors 'self'"


@pytest.mark.parametrize("format", ["single-file", "site"])
def test_a_page_is_sent_with_its_own_policy(sample, tmp_path, format):
    with serving(tmp_path, 0) as server:
        written = reportgen.render(sample, tmp_path, format=format)
        names = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")}
        report = Published(tmp_path, written.path.name, frozenset(names))
        once(server, lambda _: report)
        for name in names:
            if name.endswith(".html"):
                document = Document((tmp_path / name).read_text(encoding="utf-8"))
                (own,) = (value for value in document.attributes("content") if "-src" in value)
                assert policy(server, f"/{name}") == f"{own}; frame-ancestors 'self'"
            elif "." in name:
                assert policy(server, f"/{name}") == INERT


META = '<meta http-equiv="{}" content="{}">'


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("<h1>no head at all", OF_A_SITE),
        ("<head><title>none</title></head><body>" + META.format("refresh", "0"), OF_A_SITE),
        (
            "<head><!-- " + META.format("Content-Security-Policy", "not this") + " --><style>"
            "</style>" + META.format("content-security-policy", "img-src\n&#39;self&#39;"),
            "img-src 'self'; frame-ancestors 'self'",
        ),
        # The browser holds a page to all of them.
        (
            META.format("Content-Security-Policy", "img-src a") * 2,
            "img-src a, img-src a; frame-ancestors 'self'",
        ),
        # Text of the body is no policy, and neither is what no header can hold.
        ("<body>" + META.format("Content-Security-Policy", "img-src *"), OF_A_SITE),
        (META.format("Content-Security-Policy", "img-src ü"), OF_A_SITE),
        (META.format("Content-Security-Policy", "img-src a&#13;&#10;X: b"), "img-src a X: b; "
         "frame-ancestors 'self'"),
        (META.format("Content-Security-Policy", ""), OF_A_SITE),
    ],
)  # fmt: skip
def test_the_policy_of_a_page_is_found(server, tmp_path, page, said):
    (tmp_path / "out" / "report.html").write_text(page, encoding="utf-8")
    answer, _ = get(server, "/report.html")
    assert answer.headers["Content-Security-Policy"] == said
    assert "X" not in answer.headers


def test_head_has_no_body(server):
    answer, body = get(server, "/report.html", method="HEAD")
    assert (answer.status, body) == (200, b"")
    assert answer.headers["Content-Length"] == str(len("<p>report.html ü".encode()))


@pytest.mark.parametrize(
    "path",
    [
        "/secret.txt",
        "/results/manifest.json",
        "/results/",
        "/results",
        "/../beside.html",
        "/%2e%2e/beside.html",
        "/..%2fbeside.html",
        "//report.html/../../beside.html",
        "/report.html/",
        "/%00",
        "/report.html%00",
        "/.",
    ],
)
def test_only_files_of_the_report_are_served(server, path):
    answer, body = get(server, path)
    assert answer.status == 404
    assert b"beside" not in body
    assert b"secret" not in body


def test_an_absolute_path_is_not_served(server, tmp_path):
    assert get(server, f"/{tmp_path}/beside.html")[0].status == 404


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8000", "127.0.0.1", "127.0.0.1:80", "[::1]", "[::1]:8000"]
)
def test_this_machine_is_answered(server, host):
    assert get(server, "/report.html", host)[0].status == 200


@pytest.mark.parametrize(
    "host",
    [
        "example.org",
        "localhost.example.org",
        "127.0.0.1.example.org",
        "localhost@example.org",
        "192.168.0.1",
        "[::1",
        "",
        None,
    ],
)
@pytest.mark.parametrize("path", ["/", "/~version", "/report.html"])
def test_other_hosts_are_refused(server, host, path):
    answer, body = get(server, path, host)
    assert answer.status == 403
    assert b"report.html" not in body


def test_other_methods_are_refused(server):
    assert get(server, "/report.html", method="POST")[0].status == 501


def test_the_server_listens_on_this_machine_only(server):
    assert server.server_address[0] == "127.0.0.1"


def test_the_frame_may_do_nothing_but_show_the_report(server):
    answer, body = get(server, "/")
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert b'<iframe title="The report" src="report.html">' in body


def test_what_is_wrong_is_shown_as_text(server):
    told: list[Exception] = []

    def build(_):
        raise ReportgenError('</script><b "quoted">', where="a.yaml:1:1", hint="mend it")

    once(server, build, told)
    assert [str(error) for error in told] == ['a.yaml:1:1: </script><b "quoted">\n  mend it']
    assert state(server)["problem"] == str(told[0])
    assert b"<b " not in get(server, "/")[1]


def test_the_last_good_report_stays_when_a_build_fails(server):
    told: list[Exception] = []

    def build(_):
        raise ZeroDivisionError("division by zero")  # of a template of the user's

    before = state(server)
    once(server, build, told)
    after = state(server)
    assert after["problem"] == "ZeroDivisionError: division by zero"
    assert (after["version"], after["page"]) == (before["version"], "report.html")
    assert get(server, "/report.html")[0].status == 200


def test_nothing_is_there_before_the_first_report(tmp_path):
    with serving(tmp_path, 0) as server:
        assert state(server) == {"version": 0, "page": "", "building": True, "problem": ""}
        assert b'<iframe title="The report">' in get(server, "/")[1]
        assert get(server, "/report.html")[0].status == 404


def test_a_port_that_is_taken_is_an_error_to_act_on(server, tmp_path):
    with (
        pytest.raises(ReportgenError, match="cannot listen on port") as error,
        serving(tmp_path, server.server_port),
    ):
        pass
    assert "0 for any that is free" in error.value.hint
    with pytest.raises(ReportgenError), serving(tmp_path, 70_000):
        pass


class Changes:
    """Tells of the changes it is given, then ends the loop; ``None`` is a look that finds none."""

    def __init__(self, stop: threading.Event, *changes: tuple[bool, bool]) -> None:
        self.stop = stop
        self.changes = list(changes)

    def look(self) -> tuple[bool, bool]:
        if self.changes:
            return self.changes.pop(0)
        self.stop.set()
        return False, False


@pytest.mark.parametrize(
    ("changes", "builds"),
    [
        ([], [True]),
        ([(False, True)], [True, False]),  # only a template: no run
        ([(True, False)], [True, True]),
        ([(False, False), (False, True)], [True, False]),
        # what goes on changing is built when it has settled, and once
        ([(False, True), (True, False), (False, False)], [True, True]),
    ],
)
def test_a_change_builds_what_it_is_about(tmp_path, changes, builds):
    stop, seen = threading.Event(), []

    def build(results):
        seen.append(results)
        return Published(tmp_path, "report.html", frozenset())

    # The last look, which ends the loop, also ends the wait of a change before it.
    watched = Changes(stop, *changes, *([(False, False)] if changes else []))
    with serving(tmp_path, 0) as server:
        keep_built(server, watched, build, pytest.fail, stop=stop, every=0.001)
        assert state(server)["version"] == len(builds)
    assert seen == builds


@pytest.fixture
def spec(tmp_path) -> Path:
    """A spec with files of every kind around it."""
    for name in ("model/config.json", "brand/templates/css/brand.css", "brand/logo.svg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1", encoding="utf-8")
    (tmp_path / "reviews.csv").write_text("text\ngood\n", encoding="utf-8")
    (tmp_path / "audit.yaml").write_text(
        yaml.safe_dump(
            {
                "models": [{"id": "a", "path": "./model"}, {"id": "hub", "path": "org/name"}],
                "inputs": [{"text": "x"}, {"file": "reviews.csv", "text": "text"}],
                "methods": ["attention"],
                "report": {"templates": "brand/templates", "logo": "brand/logo.svg"},
            }
        ),
        encoding="utf-8",
    )
    return tmp_path / "audit.yaml"


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("audit.yaml", (True, False)),
        ("reviews.csv", (True, False)),
        ("model/config.json", (True, False)),
        ("model/tokenizer.json", (True, False)),
        ("brand/templates/css/brand.css", (False, True)),
        ("brand/templates/new.html", (False, True)),
        ("brand/logo.svg", (False, True)),
        ("brand/templates/.page.html.swp", (False, False)),
        ("out/report.html", (False, False)),
        ("other.yaml", (False, False)),
    ],
)
def test_what_the_report_is_made_of_is_watched(spec, name, changed):
    watch = Watch(spec, spec.parent / "out")
    assert watch.look() == (False, False)
    path = spec.parent / name
    path.parent.mkdir(exist_ok=True)
    path.write_text((path.read_text() if path.exists() else "") + "\n# more", encoding="utf-8")
    assert watch.look() == changed
    assert watch.look() == (False, False)
    path.unlink()
    assert watch.look() == changed


def test_the_files_of_a_data_set_are_watched(spec):
    (spec.parent / "films").mkdir()
    (spec.parent / "films" / "data-00000-of-00001.arrow").write_text("1", encoding="utf-8")
    spec.write_text(spec.read_text().replace("reviews.csv", "films"))
    watch = Watch(spec, spec.parent / "out")
    assert watch.look() == (False, False)
    (spec.parent / "films" / "data-00000-of-00001.arrow").write_text("22", encoding="utf-8")
    assert watch.look() == (True, False)


def test_pages_written_into_a_watched_folder_are_no_change(spec):
    spec.write_text(spec.read_text().replace("brand/templates", "."))
    watch = Watch(spec, spec.parent / "out")
    (spec.parent / "out").mkdir()
    (spec.parent / "out" / "report.html").write_text("page")
    assert watch.look() == (False, False)


@pytest.mark.parametrize(
    "text", ["inputs: [", "- a list", "inputs: 3", "models: [{path: [a]}, 7]", "report: 'x'", ""]
)
def test_a_spec_with_mistakes_is_watched_on(spec, text):
    watch = Watch(spec, spec.parent / "out")
    spec.write_text(text, encoding="utf-8")
    assert watch.look()[0]
    spec.write_text(text + "\n# mended", encoding="utf-8")
    assert watch.look() == (True, False)


def test_a_file_that_was_missing_is_seen_when_it_comes(spec):
    (spec.parent / "reviews.csv").unlink()
    watch = Watch(spec, spec.parent / "out")
    (spec.parent / "reviews.csv").write_text("text\nfine\n", encoding="utf-8")
    assert watch.look() == (True, False)


def test_paths_that_cannot_be_are_no_trouble(spec):
    watch = Watch(spec, spec.parent / "out")
    for name in ('"a\\0b.csv"', "~nobody-of-this-name/x.csv", "x" * 5000):
        spec.write_text(f"inputs: [{{file: {name}}}]", encoding="utf-8")
        assert watch.look()[0]


@pytest.mark.parametrize("format", ["single-file", "site"])
def test_what_is_served_is_what_render_writes(sample_folder, tmp_path, monkeypatch, format):
    results = Results(sample_folder)
    manifest = results.manifest
    results.manifest = manifest.model_copy(update={"spec": {"report": {"format": format}}})
    reportgen.render(results, tmp_path / "rendered")
    report, written = publish(results, tmp_path / "served")
    assert contents(tmp_path / "served") == contents(tmp_path / "rendered")
    assert set(report.names) == set(contents(tmp_path / "served")) - {".reportgen-files.json"}
    assert report.page == written.path.name

    # A mistake that shows late leaves all as it was.
    def fail(*_, **__):
        (Path(_[1]) / report.page).write_text("half a report")
        raise ReportgenError("a template cannot be rendered")

    monkeypatch.setattr(rebuild.site, "render", fail)
    with pytest.raises(ReportgenError):
        publish(results, tmp_path / "served")
    assert contents(tmp_path / "served") == contents(tmp_path / "rendered")


def test_a_change_of_templates_runs_nothing(sample_folder, tmp_path, monkeypatch, capsys):
    builder = Builder(tmp_path / "audit.yaml", tmp_path / "out")
    monkeypatch.setattr(builder, "run", lambda: Results(sample_folder))
    first = builder(True)
    monkeypatch.setattr(builder, "run", lambda: pytest.fail("the engine was asked"))
    assert builder(False) == first
    assert capsys.readouterr().out.count("Wrote ") == 2


@pytest.mark.parametrize("format", ["single-file", "site"])
def test_a_change_of_the_logo_shows_without_a_run(sample_folder, tmp_path, monkeypatch, format):
    spec = write_spec(tmp_path, logo="us.svg", format=format, templates="own")
    write_templates(tmp_path / "own", page_html=FOOTER)
    (tmp_path / "us.svg").write_bytes(SVG)
    monkeypatch.setattr("reportgen.api.run_plan", lambda *_, **__: Results(sample_folder))
    builder = Builder(spec, tmp_path / "out")
    watch = Watch(spec, tmp_path / "out")
    page = tmp_path / "out" / builder(True).page
    assert "© Ours & yours" in page.read_text(encoding="utf-8")

    def shown() -> list[bytes]:
        return logos(page) or [path.read_bytes() for path in page.parent.glob("assets/logo.*.svg")]

    assert shown() == [SVG]
    (tmp_path / "us.svg").write_bytes(OTHER + b"\n")
    assert watch.look() == (False, True)
    monkeypatch.setattr(builder, "run", lambda: pytest.fail("the engine was asked"))
    builder(False)
    assert shown() == [OTHER + b"\n"]
    (tmp_path / "us.svg").write_bytes(b"no picture")
    with pytest.raises(ReportgenError, match=r"report\.logo: .*us\.svg: expected a picture"):
        builder(False)
    assert shown() == [OTHER + b"\n"]


def test_pages_wait_for_results_where_the_last_run_failed(sample_folder, tmp_path, monkeypatch):
    builder = Builder(tmp_path / "audit.yaml", tmp_path / "out")
    with pytest.raises(ReportgenError, match="no such file"):
        builder(True)
    monkeypatch.setattr(builder, "run", lambda: Results(sample_folder))
    assert builder(False).page == "report.html"


def contents(out: Path) -> dict[str, bytes]:
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in out.rglob("*")
        if path.is_file()
    }


def fetch(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=30) as answer:
        return answer.read()


@contextmanager
def command(*words: object, cwd: Path):
    """Run a command as a user would; a test that fails ends it too."""
    process = subprocess.Popen(
        [sys.executable, "-m", "reportgen", *map(str, words)],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        # Tests that run in the background ignore Ctrl-C, and hand that on.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_a_spec_is_built_served_and_built_again(tmp_path):
    model = folder("examples") / "models" / "sentiment"
    spec = {
        "title": "First",
        "models": [{"id": "sentiment", "path": str(model), "device": "cpu"}],
        "inputs": [{"text": "A warm film."}],
        "methods": [{"integrated_gradients": {"steps": 8}}],
    }
    path = tmp_path / "audit.yaml"
    path.write_text(yaml.safe_dump(spec))
    with command("serve", "audit.yaml", "--port", "0", cwd=tmp_path) as process:
        lines = process.stdout
        url = lines.readline().split()[1]
        assert url.startswith("http://127.0.0.1:")
        assert lines.readline().startswith("Wrote audit/report.html (")
        page = (tmp_path / "audit" / "report.html").read_bytes()
        while not json.loads(fetch(url + "~version"))["version"]:
            pass  # it is written a moment before it is shown
        assert fetch(url + "report.html") == page
        assert b"<h1>First</h1>" in page
        assert b"reportgen build audit.yaml --out audit" in page

        path.write_text(yaml.safe_dump(spec | {"titel": "Second"}))
        assert "unknown key 'titel'" in lines.readline()
        assert (tmp_path / "audit" / "report.html").read_bytes() == page

        path.write_text(yaml.safe_dump(spec | {"title": "Second"}))
        while not (line := lines.readline()).startswith("Wrote"):
            assert "did you mean" in line
        assert b"<h1>Second</h1>" in (tmp_path / "audit" / "report.html").read_bytes()

        process.send_signal(signal.SIGINT)
        rest = process.communicate(timeout=60)[0]
        assert rest.strip() == "Ended. The report stays in audit."
        assert process.returncode == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["missing.yaml"], "error: missing.yaml: no such file"),
        (["audit.yaml", "--out", "audit.yaml"], "error: audit.yaml: expected a folder"),
    ],
)
def test_a_command_line_that_cannot_work_ends_at_once(tmp_path, words, said):
    (tmp_path / "audit.yaml").write_text("title: x")
    with command("serve", *words, cwd=tmp_path) as process:
        printed = process.communicate(timeout=60)[0]
        assert printed.startswith(said)
        assert process.returncode == 1
