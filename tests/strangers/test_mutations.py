"""Stored runs that are changed at random, against every command that reads runs.

Bytes are flipped, and JSON values, array shapes and names are changed under checksums that belong
to the change, as a stranger could. Whatever is read, no command ends in a traceback, writes
outside its folder, starts a program, opens a connection, takes a gibibyte or ten seconds.
"""

from __future__ import annotations

import math
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import fakes
from fake_games import with_removals
from reportgen.cli import app
from rewriting import result_files, rewrite_manifest, rewrite_result

EXAMPLES = 320

READING = {
    "render": lambda run, out: [
        ("render", run, "--out", out / "page"),
        ("render", run, "--out", out / "site", "--format", "site"),
    ],
    "check": lambda run, out: [("check", run, "--junit", out / "j.xml", "--json", out / "j.json")],
    "compare": lambda run, out: [("compare", run, run, "--out", out / "compare")],
    "digest": lambda run, out: [
        ("digest", run, "--out", out / "d.md", "--chart", out / "d.svg"),
        ("digest", run, "--base", run, "--out", out / "d.md", "--for", "summary"),
    ],
    "export": lambda run, out: [
        ("export", run, "--format", form, "--out", out / "tables")
        for form in ("csv", "json", "parquet", "model-card")
    ],
    "merge": lambda run, out: [("merge", run, "--out", out / "merged")],
    "site": lambda run, out: [("site", run, "--out", out / "runs")],
    "verify": lambda run, out: [
        ("verify", run / "report.html"),
        ("verify", run / "index.html", "--results", run),
    ],
}
"""What each reading command is asked."""

VALUES: list[Any] = [
    *(None, True, -1, 0, 1, 3, 100, 2**62, 10**300, int("9" * 4000)),
    *(0.5, -1e99, 1e38, 1e308, float("inf"), float("nan")),
    *("", "x", "\ud83d", "../../../outside", "/etc/passwd", "<script>", "9" * 50, "\x00", "NaN"),
    *("integrated_gradients", "attention", "POSITIVE", "all", "2026-13-45T99:99:99Z"),
    *([], [1], [None], [[]], {}, {"a": 1}, {"text": 7}),
]


@pytest.fixture(scope="module")
def originals(tmp_path_factory, module_command) -> list[Path]:
    """A run of every task with all arrays, and one with checks and an error, both with pages."""
    base = tmp_path_factory.mktemp("originals")
    checks = [
        {"prediction": {"equals": "expect"}},
        {"convergence": {"max": 0.05}},
        {"attribution_share": {"words": ["bad"], "max": 0.1}},
        {"top_words": {"contain": ["bad"], "k": 3}},
        {"rank_correlation": {"between": ["integrated_gradients", "attention"], "min": 0}},
        {"faithfulness": {"above_random": 0.1}},
        {"flips_without": {"words": ["film."]}},
    ]
    texts = ["Not a bad film.", ""]
    first = with_removals(fakes.classified(texts[0], expect="NEGATIVE"))
    jobs = [first, fakes.failed(position=1)]
    inputs = [{"text": "{how} film.", "fill": {"how": texts}}, {"text": ""}]
    columns = {0: {"how": "Not a bad", "source": "imdb"}, 1: {"how": ""}}
    small = fakes.checked_run(base / "small", jobs, checks, inputs, rows=(0, 0), columns=columns)
    runs = [fakes.complete_run(base / "complete"), small, small]
    for run in runs[:2]:
        module_command("render", run, "--out", run)
        module_command("render", run, "--out", run, "--format", "site")
    return runs


@pytest.fixture(scope="module")
def module_command():
    """Run a command in this process; its output goes to a file."""

    def run(*words: object) -> int:
        from reportgen import cli

        before = sys.argv, sys.stdout, sys.stderr
        with open(os.devnull, "w", encoding="utf-8") as nowhere:
            sys.argv = ["reportgen", *map(str, words)]
            sys.stdout = sys.stderr = nowhere
            try:
                cli.main()
            except SystemExit as stop:
                return int(stop.code or 0)
            finally:
                sys.argv, sys.stdout, sys.stderr = before
        return 0

    return run


class Watch:
    """Notes what is done that reading a run never needs, while it is ``on``."""

    def __init__(self) -> None:
        self.on, self.out, self.seen = False, "", []
        sys.addaudithook(self.note)  # which stays for as long as the process does

    def note(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.on:
            return
        if event in ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork"):
            self.seen.append((event, arguments[:2]))
        elif event.startswith("socket.connect"):
            self.seen.append((event, arguments[1:]))
        elif event in ("os.remove", "os.rename", "os.rmdir", "os.mkdir", "shutil.rmtree"):
            if os.path.isabs(arguments[0]):  # others lie in a folder that is removed as a whole
                self.outside(event, arguments[0])
        elif event == "open" and isinstance(arguments[0], str | bytes):
            mode, flags = arguments[1] or "", arguments[2] or 0
            if set(mode) & set("wax+") or flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
                self.outside(event, arguments[0])

    def outside(self, event: str, path: Any) -> None:
        name = os.path.realpath(os.fsdecode(path)) if not isinstance(path, int) else ""
        if not name.startswith(self.out) and name != os.devnull:
            self.seen.append((event, name))


@pytest.fixture(scope="module")
def watch() -> Watch:
    return Watch()


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the place of every value in JSON data, of long lists the first."""
    found = [at] if at else []
    inner = value.items() if isinstance(value, dict) else ()
    if isinstance(value, list):
        inner = enumerate(value[:12])
    for key, one in inner:
        found += places(one, (*at, key))
    return found


def change_values(rng: random.Random, data: dict[str, Any]) -> None:
    """Replace or remove one or two values, each top-level key as likely as any other."""
    for _ in range(rng.choice([1, 1, 2])):
        top = rng.choice(sorted(data)) if data else ""
        inside = [place for place in places(data) if place[0] == top]
        if not inside:
            return
        *way, last = rng.choice(inside)
        where = data
        for key in way:
            where = where[key]
        if rng.random() < 0.15:
            del where[last]
        else:
            where[last] = rng.choice(VALUES)


def change_arrays(rng: random.Random, arrays: dict[str, np.ndarray]) -> None:
    if not arrays:
        return
    name = rng.choice(sorted(arrays))
    array = arrays[name]
    match rng.randrange(7):
        case 0:
            arrays[name] = np.where(array < 0, -1e38, 1e38).astype(np.float32)
        case 1:
            del arrays[name]
        case 2:
            others = [f"{name}/x", "agreement_heads/spearman/a/b/c", "alti/POSITIVE", "zzz", ""]
            arrays[rng.choice(others)] = arrays.pop(name)
        case 3:
            arrays[name] = array * 0
        case 4:
            arrays[name] = -array
        case 5:
            arrays[name] = array.reshape(-1)[: max(1, array.size // 2)].copy()
        case 6:
            arrays[name] = np.zeros((0, 10**6, 10**6), np.float32)


def flip(rng: random.Random, path: Path) -> None:
    data = bytearray(path.read_bytes())
    for _ in range(rng.choice([1, 2, 5])):
        within = rng.choice([200, 5000, len(data)])
        data[rng.randrange(min(within, len(data)))] = rng.randrange(256)
    path.write_bytes(data)


def mutate(rng: random.Random, run: Path) -> str:
    kind = rng.choice(["manifest", "header", "header", "array", "bytes", "names"])
    file = rng.choice(result_files(run))
    if kind == "manifest":
        rewrite_manifest(run, lambda data: change_values(rng, data))
    elif kind == "header":
        rewrite_result(file, lambda header, arrays: change_values(rng, header))
    elif kind == "array":
        rewrite_result(file, lambda header, arrays: change_arrays(rng, arrays))
    elif kind == "bytes":
        flip(rng, rng.choice([file, run / "results" / "manifest.json", run / "report.html"]))
    else:
        other = rng.choice(result_files(run))
        rng.choice(
            [
                file.unlink,
                lambda: file.rename(file.with_name("..safetensors")),
                lambda: shutil.copy(other, file) if other != file else file.unlink(),
            ]
        )()
    return kind


def peak(*, reset: bool = False) -> int:
    """Return the most memory that was resident, in bytes, since it was ``reset``."""
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    (line,) = (
        line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line
    )
    return int(line.split()[1]) * 1024


def test_the_commands_that_read_runs_are_all_tried():
    names = {command.name or command.callback.__name__ for command in app.registered_commands}
    other = {"demo", "explain", "init", "validate", "build", "serve", "methods", "schema"}
    other.add("pdf")  # which reads pages
    assert names - other == set(READING)


@pytest.mark.long
@pytest.mark.parametrize("name", sorted(READING))
def test_no_changed_run_harms_its_reader(
    originals, module_command, watch, tmp_path_factory, monkeypatch, name
):
    base = tmp_path_factory.mktemp("changed")
    tried: Counter[tuple[str, int]] = Counter()
    before = peak(reset=True)

    @settings(
        max_examples=math.ceil(EXAMPLES / len(READING)),
        deadline=None,
        database=None,
        phases=[Phase.generate],  # a seed cannot be shrunk
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(seed=st.integers(0, 2**32))
    def harmless(seed: int) -> None:
        rng = random.Random(f"{name} {seed}")  # the seeds of all commands are the same
        run, out = base / "run", base / "out"
        shutil.rmtree(base)
        shutil.copytree(rng.choice(originals), run)
        out.mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(out))
        kind = mutate(rng, run)
        for words in READING[name](run, out):
            watch.out, watch.seen, watch.on = str(out.resolve()), [], True
            begun = time.process_time()
            try:
                code = module_command(*words)
            finally:
                watch.on = False
            assert code in (0, 1, 2)
            assert watch.seen == []
            assert time.process_time() - begun < 10
            tried[kind, code] += 1

    harmless()
    assert peak() - before < 2**30
    assert sum(tried.values()) >= EXAMPLES / len(READING)
    print(f"\n{sum(tried.values())} commands: {dict(sorted(tried.items()))}")
