"""Jobs on a real Ray cluster, which starts on loopback for each test."""

from __future__ import annotations

import os
import signal
import socket
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from executor_runs import assert_same, deadly, make_jobs, run_all
from reportgen.engine.events import Finished, Loading
from reportgen.engine.executors import execute
from reportgen.errors import ReportgenError
from reportgen.executor import Executor
from reportgen.results.store import Store

pytestmark = [
    pytest.mark.ray,
    pytest.mark.long("ray"),  # one after the other: a cluster takes all cores
    pytest.mark.skipif(
        find_spec("ray") is None and os.environ.get("REPORTGEN_RAY") != "required",
        reason="Ray is not installed (pip install -e '.[ray]')",
    ),
]


@pytest.fixture
def stores(tmp_path):
    return Store(tmp_path / "results"), Store(tmp_path / "expected")


def test_a_cluster_writes_the_results_of_one_process_and_is_stopped(tiny, stores, capfd):
    before = set(raylets())
    jobs = make_jobs([tiny(), tiny("electra")], 9)
    capfd.readouterr()  # what saving the models said
    loads, done = run_all(jobs, stores[0], Executor("ray", 2))
    run_all(jobs, stores[1], Executor())
    assert loads == list(dict.fromkeys(job.model.spec.id for job in jobs))
    assert sorted(step.job.id for step in done) == sorted(job.id for job in jobs)
    assert {step.info.id for step in done} == set(loads)
    assert_same(jobs, *stores)
    assert set(raylets()) <= before
    assert capfd.readouterr() == ("", "")


def test_an_actor_that_is_killed_in_mid_run_is_replaced_and_all_results_are_there(tiny, stores):
    jobs = make_jobs([tiny()], 60)
    loads, done, killed = [], [], []
    for step in execute(iter(jobs), stores[0], Executor("ray", 2)):
        (loads if isinstance(step, Loading) else done).append(step)
        if isinstance(step, Finished) and not killed:
            killed = actors()[:1]
            os.kill(killed[0], signal.SIGKILL)
    assert len(killed) == 1
    assert sorted(step.job.id for step in done) == sorted(job.id for job in jobs)
    assert {step.status for step in done} == {"done"}
    assert all(stores[0].has(job.id) for job in jobs)


def test_an_input_that_kills_every_actor_is_an_error_and_the_others_are_done(
    tiny, stores, tmp_path, monkeypatch
):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))  # where its module is found
    jobs = list(make_jobs([tiny()], 4))
    jobs[1] = deadly(jobs[1], tmp_path / "dead", 99)
    _, done = run_all(jobs, stores[0], Executor("ray", 1))
    assert sorted(step.job.id for step in done) == sorted(job.id for job in jobs)
    assert [step.job.id for step in done if step.status == "error"] == [jobs[1].id]
    message = "every worker that explained this input ended: it was killed, or its machine was lost"
    assert stores[0].read_header(jobs[1].id).error.message == message
    assert len(list((tmp_path / "dead").iterdir())) == 3


def test_results_that_an_actor_cannot_write_end_the_run(tiny, tmp_path):
    before = set(raylets())
    (tmp_path / "results").write_text("a file")
    with pytest.raises(ReportgenError, match="expected a folder, found a file"):
        run_all(make_jobs([tiny()], 4), Store(tmp_path / "results"), Executor("ray", 1))
    assert set(raylets()) <= before


def test_a_cluster_that_does_not_answer_is_told(tiny, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as unused:
        closed = f"127.0.0.1:{unused.getsockname()[1]}"
    for address, said in {
        closed: f"--address {closed}: no Ray cluster answers: Connection refused",
        "auto": "--address auto: cannot connect to the Ray cluster: ",
        "cluster": "--address cluster: expected HOST:PORT or auto",
        "ray://cluster:10001": "--address ray://cluster:10001: is of a Ray client",
    }.items():
        with pytest.raises(ReportgenError) as caught:
            run_all(make_jobs([tiny()], 1), Store(tmp_path), Executor("ray", address=address))
        assert str(caught.value).startswith(said)


def raylets() -> list[int]:
    return running("raylet/raylet")


def actors() -> list[int]:
    return running("ray::MapWorker")


def running(what: str) -> list[int]:
    """Return the processes of this user whose command begins so, or runs a program named so."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if what in words[0].decode(errors="replace"):
            found.append(int(path.parent.name))
    return sorted(found)
