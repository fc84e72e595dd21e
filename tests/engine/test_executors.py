"""Jobs that come from an iterator, in this process and in several."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
import yaml

from executor_runs import assert_same, counting, deadly, make_jobs, run_all
from reportgen.engine.events import Finished, Loading
from reportgen.engine.executors import execute, local, processes, windows
from reportgen.errors import ReportgenError
from reportgen.executor import Executor
from reportgen.resources import folder
from reportgen.results.store import Store

TWO = Executor("local", 2)


@pytest.fixture
def stores(tmp_path):
    return Store(tmp_path / "results"), Store(tmp_path / "expected")


def children(pid: int) -> list[int]:
    """Return the processes that a process has started and that have not ended."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(child) for child in text.split()]


def workers() -> list[int]:
    """Return the worker processes of this one, which may have other children."""
    found = []
    for child in children(os.getpid()):
        with suppress(OSError):
            command = Path(f"/proc/{child}/cmdline").read_bytes()
            found += [child] * (b"process_worker" in command)
    return found


def test_a_window_of_jobs_is_taken_at_a_time_and_a_model_loaded_once(tiny, stores, monkeypatch):
    monkeypatch.setattr(windows, "WINDOW", 4)
    loads, load = [], local.load
    monkeypatch.setattr(local, "load", lambda *about: loads.append(about) or load(*about))
    jobs, taken = make_jobs([tiny()], 11), []
    steps = execute(counting(jobs, taken), stores[0])
    assert isinstance(next(steps), Loading)
    assert len(taken) == 1
    assert isinstance(next(steps), Finished)
    assert len(taken) == 4
    rest = [step.job.id for step in steps]
    assert len(rest) == 10
    assert len(loads) == 1
    assert all(stores[0].has(job.id) for job in jobs)


def test_a_chunk_has_inputs_of_like_length_and_one_model(tiny):
    jobs = make_jobs([tiny(), tiny("electra")], 70)
    chunks = list(windows.chunks(iter(jobs), 2))
    assert [len(chunk) for chunk in chunks] == [18, 18, 18, 16] * 2
    assert sorted(job.id for chunk in chunks for job in chunk) == sorted(job.id for job in jobs)
    lengths = [windows.characters(job) for chunk in chunks[:4] for job in chunk]
    assert lengths == sorted(lengths)
    assert all(job.model is chunk[0].model for chunk in chunks for job in chunk)
    assert max(len(chunk) for chunk in windows.chunks(iter(make_jobs([tiny()], 200)), 1)) == 32


@pytest.mark.long
def test_two_workers_write_the_results_of_one(tiny, stores):
    jobs = make_jobs([tiny(), tiny("electra")], 9)
    loads, done = run_all(jobs, stores[0], TWO)
    run_all(jobs, stores[1], Executor())
    assert loads == list(dict.fromkeys(job.model.spec.id for job in jobs))
    assert sorted(step.job.id for step in done) == sorted(job.id for job in jobs)
    assert {step.info.id for step in done} == set(loads)
    assert_same(jobs, *stores)
    assert workers() == []


@pytest.mark.long
def test_a_worker_that_dies_is_replaced_and_nothing_is_lost(tiny, stores, tmp_path):
    jobs = list(make_jobs([tiny()], 8))
    jobs[3] = deadly(jobs[3], tmp_path / "dead", 1)
    _, done = run_all(jobs, stores[0], TWO)
    assert len(list((tmp_path / "dead").iterdir())) == 1
    assert sorted(step.job.id for step in done) == sorted(job.id for job in jobs)
    assert {step.status for step in done} == {"done"}


@pytest.mark.long
def test_an_input_that_kills_every_worker_is_an_error_and_the_others_are_done(
    tiny, stores, tmp_path
):
    jobs = list(make_jobs([tiny()], 8))
    jobs[3] = deadly(jobs[3], tmp_path / "dead", 99)
    _, done = run_all(jobs, stores[0], TWO)
    assert sorted(step.job.id for step in done) == sorted(job.id for job in jobs)
    assert [step.job.id for step in done if step.status == "error"] == [jobs[3].id]
    error = stores[0].read_header(jobs[3].id).error
    assert error.message == "every worker that explained this input ended: killed by SIGKILL"
    assert error.hint == "most often memory runs out: set max_length, or use fewer workers"
    assert len(list((tmp_path / "dead").iterdir())) <= 3
    assert workers() == []


def test_a_model_that_no_worker_lives_to_load_fails_its_jobs(tiny, stores, monkeypatch):
    monkeypatch.setattr(processes, "CHILD", "import sys; sys.exit(3)")
    jobs = make_jobs([tiny()], 9)
    _, done = run_all(jobs, stores[0], TWO)
    assert [step.status for step in done] == ["error"] * 9
    error = stores[0].read_header(jobs[0].id).error
    assert error.message == "every worker that loaded the model ended: with exit code 3"
    assert error.where == "audit.yaml:3:5 models[0]"


@pytest.mark.long
def test_a_model_that_cannot_be_loaded_fails_its_jobs_in_every_worker(tiny, stores, tmp_path):
    (tmp_path / "model").mkdir()
    for path in tiny().iterdir():
        if path.name != "tokenizer.json":
            (tmp_path / "model" / path.name).write_bytes(path.read_bytes())
    jobs = make_jobs([tmp_path / "model", tiny("electra")], 4)
    _, done = run_all(jobs, stores[0], TWO)
    status = {step.job.id: step.status for step in done}
    assert [status[job.id] for job in jobs] == ["error"] * 4 + ["done"] * 4
    assert stores[0].read_header(jobs[0].id).error.kind == "ModelError"


@pytest.mark.long
def test_results_that_a_worker_cannot_write_end_the_run(tiny, tmp_path):
    (tmp_path / "results").write_text("a file")
    with pytest.raises(ReportgenError, match="expected a folder, found a file"):
        run_all(make_jobs([tiny()], 4), Store(tmp_path / "results"), TWO)
    assert workers() == []


@pytest.mark.long
def test_a_run_that_is_given_up_leaves_no_worker(tiny, stores):
    steps = execute(iter(make_jobs([tiny()], 40)), stores[0], TWO)
    while not isinstance(next(steps), Finished):
        pass
    assert len(workers()) == 2
    steps.close()
    assert workers() == []


@pytest.mark.long
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL])
def test_a_build_that_is_ended_ends_its_workers(tmp_path, sent):
    spec = {
        "models": [{"id": "film", "path": str(folder("examples") / "models" / "sentiment")}],
        "inputs": [{"text": f"A warm and funny film {i}."} for i in range(400)],
        "methods": ["integrated_gradients"],
    }
    (tmp_path / "audit.yaml").write_text(yaml.safe_dump(spec))
    words = [sys.executable, "-m", "reportgen", "build", "audit.yaml", "--out", "out"]
    build = subprocess.Popen(
        [*words, "--workers", "2"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    until(lambda: list((tmp_path / "out").rglob("*.safetensors")))
    workers = children(build.pid)
    assert len(workers) == 2
    if sent == signal.SIGINT:
        os.killpg(build.pid, sent)  # as a terminal does
        said = build.communicate()[1]
        assert build.returncode == 130
        assert said.startswith("error: interrupted; finished results are kept\n")
    else:
        build.kill()
        build.communicate()
    until(lambda: not any(is_running(worker) for worker in workers))


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"  # which has ended, and nobody has asked how


def until(holds) -> None:
    for _ in range(1200):
        if holds():
            return
        time.sleep(0.1)
    raise AssertionError("it never was")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--workers", "0"], "--workers: expected 1 worker or more, found 0"),
        (["--executor", "slurm"], "--executor: expected local or ray, found 'slurm'"),
        (["--address", "auto"], "--address: is of Ray only"),
        (["--gpus-per-worker", "1"], "--gpus-per-worker: is of Ray only"),
        (
            ["--executor", "ray", "--cpus-per-worker", "0"],
            "--cpus-per-worker: expected more than 0, found 0",
        ),
    ],
)
def test_wrong_options_are_told(command, tmp_path, options, said):
    code, _, err = command("build", "audit.yaml", "--out", tmp_path, *options)
    assert code == 1
    assert err.splitlines()[0] == f"error: {said}"


def test_ray_that_is_not_installed_is_told(command, tmp_path, monkeypatch):
    monkeypatch.setattr("reportgen.executor.installed", lambda: False)
    code, _, err = command("build", "audit.yaml", "--out", tmp_path, "--executor", "ray")
    assert (code, err) == (
        1,
        "error: --executor ray: Ray is not installed\n  pip install 'reportgen[ray]'\n",
    )


FREED = """
import ctypes
from reportgen.engine.memory import give_back

def resident():
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * 4096

libc = ctypes.CDLL(None)
libc.malloc.restype, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
libc.memset.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t]
blocks = [libc.malloc(100_000) for _ in range(2_000)]
for block in blocks:
    libc.memset(block, 1, 100_000)
last, full = blocks.pop(), resident()  # what lies above the holes keeps them in the process
for block in blocks:
    libc.free(block)
kept = resident()
give_back()
print(full, kept, resident())
"""


def test_memory_that_is_free_goes_back_to_the_system():
    """As it does of itself where the C library is not glibc."""
    words = [sys.executable, "-c", FREED]
    found = subprocess.run(words, capture_output=True, text=True, check=True)
    full, _, left = map(int, found.stdout.split())
    assert left < full - 150_000_000
