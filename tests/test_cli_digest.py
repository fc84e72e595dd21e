"""The digest command: what it prints, what it writes, and what it refuses."""

from __future__ import annotations

import subprocess
import sys

import pytest

import fakes
from reportgen import cli


@pytest.fixture
def command(capfdbinary, monkeypatch):
    """Run a command in this process; return its exit code, output and error output."""

    def run(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["reportgen", *map(str, words)])
        try:
            cli.main()
            code = 0
        except SystemExit as stop:
            code = stop.code or 0
        printed = capfdbinary.readouterr()
        return code, printed.out.decode(), printed.err.decode()

    return run


def test_it_prints_markdown_and_nothing_else(command, sample_folder):
    code, out, err = command("digest", sample_folder)
    assert (code, err) == (0, "")
    assert out.startswith("<!-- reportgen:a-made-up-audit -->\n")
    assert out.endswith("\n")


def test_it_compares_writes_and_draws(command, sample_folder, tmp_path):
    base = fakes.write_run(tmp_path / "base", [fakes.classified("A film.", seed=1)])
    head = fakes.write_run(tmp_path / "head", [fakes.classified("A film.", seed=4)])
    file, chart = tmp_path / "new" / "digest.md", tmp_path / "new" / "words.png"
    options = ("--base", base, "--url", "https://example.org", "--marker", "Mine!", "--for")
    code, out, err = command("digest", head, *options, "summary", "--out", file, "--chart", chart)
    assert (code, out, err) == (0, "", "")
    text = file.read_text(encoding="utf-8")
    assert text.startswith("<!-- reportgen:mine -->\n")
    assert "[Full report](https://example.org)" in text
    assert "but the only explanation changed" in text
    assert chart.read_bytes().startswith(b"\x89PNG")


def test_a_run_without_words_has_no_chart_but_a_digest(command, tmp_path):
    run = fakes.write_run(tmp_path, [fakes.failed()])
    code, out, err = command("digest", run, "--chart", tmp_path / "words.svg")
    assert code == 0
    assert "1 input could not be explained" in out
    assert "no chart: no words were explained" in err
    assert not (tmp_path / "words.svg").exists()


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--url", "report.html"], 1, "not a web address: 'report.html'"),
        (["--chart", "words.gif"], 1, "a chart is a .png or .svg file, not .gif"),
        (["--base", "nowhere"], 1, "no results here"),
        (["--for", "mail"], 2, "mail"),
    ],
)
def test_what_cannot_be_is_refused_with_a_message(command, sample_folder, options, code, message):
    found, out, err = command("digest", sample_folder, *options)
    assert (found, out) == (code, "")
    assert message in err


def test_runs_without_a_common_model_are_refused(command, sample_folder, tmp_path):
    other = fakes.write_run(tmp_path, [fakes.classified("A film.", model="other")])
    code, _, err = command("digest", sample_folder, "--base", other)
    assert code == 1
    assert "no model in common" in err


def test_it_needs_no_torch_and_any_output_encoding_will_do(sample_folder):
    code = (
        "import sys; from reportgen import cli; "
        f"sys.argv = ['reportgen', 'digest', {str(sample_folder)!r}]; "
        "cli.main.__globals__['app'](standalone_mode=False); "
        "sys.exit('torch' in sys.modules)"
    )
    env = {"PYTHONIOENCODING": "ascii", "PATH": ""}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=env, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "✗" in done.stdout.decode("utf-8")
