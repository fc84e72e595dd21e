"""Results in an object store: a real S3 server on loopback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import fakes
import reportgen
from reportgen.errors import ReportgenError
from reportgen.resources import folder
from reportgen.results.journal import Journal, read_run
from reportgen.results.store import Store

MODEL = folder("examples") / "models" / "sentiment"

if os.environ.get("REPORTGEN_S3") != "required":
    pytest.importorskip("s3fs")
    pytest.importorskip("moto.server")


@pytest.fixture(scope="module")
def server():
    from moto.server import ThreadedMotoServer

    started = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    started.start()
    host, port = started.get_host_and_port()
    yield f"http://{host}:{port}"
    started.stop()


@pytest.fixture
def bucket(server, monkeypatch):
    """Return the name of a new bucket."""
    import s3fs

    for name, value in {
        "AWS_ENDPOINT_URL": server,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.delenv(name, raising=False)
    s3fs.S3FileSystem.clear_instance_cache()
    name = f"audit-{os.urandom(4).hex()}"
    s3fs.S3FileSystem().mkdir(name)
    yield name
    s3fs.S3FileSystem.clear_instance_cache()


def remove(bucket: str) -> None:
    import s3fs

    s3fs.S3FileSystem().rm(bucket, recursive=True)


def manifest_of(tmp_path: Path, *jobs):
    return Store(fakes.write_run(tmp_path / "local", jobs) / "results").read_manifest()


def test_results_and_journals_are_written_and_read(bucket, tmp_path):
    url = f"s3://{bucket}/runs/one"
    jobs = [fakes.classified(f"Text {i}.", f"{i}" * 32, position=i) for i in range(2)]
    manifest, store = manifest_of(tmp_path, *jobs), Store(url)
    for header, arrays in jobs:
        assert store.write(header, arrays) == f"{url}/{header.job}.safetensors"
    journal = Journal(store)
    journal.begin(manifest.model_copy(update={"planned": 2, "jobs": ()}))
    journal.add_job(manifest.jobs[1])
    assert reportgen.load(url).manifest.jobs == ()
    journal.close()
    assert read_run(store).manifest.jobs == manifest.jobs[1:]
    store.write_manifest(manifest)
    journal.remove()
    results = reportgen.load(url)
    assert (results.manifest, results.damaged) == (manifest, ())
    local = reportgen.load(tmp_path / "local")
    assert results.entries == local.entries
    assert results.digest == local.digest
    for name in store.array_names("0" * 32):
        assert (results.matrix("fake", 0, name) == local.matrix("fake", 0, name)).all()
    assert reportgen.load(f"s3://{bucket}/runs/one/").manifest == manifest
    assert store.has("0" * 32)
    assert store.prune({"1" * 32}) == 1
    assert not store.has("0" * 32)


def test_what_is_damaged_or_not_there_is_told_as_of_a_folder(bucket, tmp_path):
    url = f"s3://{bucket}/run"
    with pytest.raises(ReportgenError, match="no results here") as caught:
        reportgen.load(url)
    assert caught.value.where == f"{url}/manifest.json"
    job = fakes.classified("Text.", "1" * 32)
    store = Store(url)
    store.write_manifest(manifest_of(tmp_path, job))
    ((_, missing),) = reportgen.load(url).damaged
    assert (missing.message, missing.where) == (
        "the result is missing",
        f"{url}/{'1' * 32}.safetensors",
    )
    store.at.write(f"{'1' * 32}.safetensors", b"no result")
    ((_, damaged),) = reportgen.load(url).damaged
    assert damaged.message.startswith("damaged: ")


def test_a_bucket_that_is_not_there_says_what_to_do(bucket):
    store = Store("s3://no-such-bucket-at-all/run")
    with pytest.raises(ReportgenError) as caught:
        store.write(*fakes.classified("Text.", "1" * 32))
    assert caught.value.message.startswith("is not there: ")
    assert caught.value.where == f"s3://no-such-bucket-at-all/run/{'1' * 32}.safetensors"
    assert caught.value.hint == (
        "make the bucket, or name another, and run the same command again: "
        "all that was finished before is kept"
    )


def test_a_server_that_does_not_answer_is_named(bucket, monkeypatch):
    import s3fs

    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    s3fs.S3FileSystem.clear_instance_cache()
    monkeypatch.setattr(s3fs.S3FileSystem, "retries", 1)
    with pytest.raises(ReportgenError) as caught:
        reportgen.load(f"s3://{bucket}/run")
    assert caught.value.message.startswith("cannot be reached: ")
    assert caught.value.where.startswith(f"s3://{bucket}/run")


BUILD = """
import sys
import s3fs
from reportgen import engine
from reportgen.cli.app import tell
from reportgen.errors import ReportgenError
from reportgen.plan import make_plan
from reportgen.results.store import Store
from reportgen.spec.loader import load_spec

spec, url, vanishing = sys.argv[1:]

def progress(event):
    if event.kind == "done" and event.done == int(vanishing):
        system = s3fs.S3FileSystem()
        bucket = url.removeprefix("s3://").partition("/")[0]
        print(*system.ls(f"{bucket}/run"), sep="\\n", flush=True)
        system.rm(bucket, recursive=True)

try:
    engine.run(make_plan(load_spec(spec)), Store(url), progress=progress)
except ReportgenError as error:
    tell(error)
    sys.exit(1)
"""


def build(tmp_path: Path, url: str, vanishing: int) -> subprocess.CompletedProcess[str]:
    texts = [" ".join(["A warm and funny film,"] * n) for n in (1, 4, 16)]
    spec = {
        "models": [{"id": "sentiment", "path": str(MODEL)}],
        "inputs": [{"text": text} for text in texts],
        "methods": ["attention"],
    }
    path = tmp_path / "audit.yaml"
    path.write_text(yaml.safe_dump(spec))
    words = [sys.executable, "-c", BUILD, str(path), url, str(vanishing)]
    return subprocess.run(words, capture_output=True, text=True, check=False)


@pytest.mark.long
def test_a_build_into_a_bucket_and_one_whose_bucket_vanishes(bucket, tmp_path):
    url = f"s3://{bucket}/run"
    vanished = build(tmp_path, url, 1)
    assert vanished.returncode == 1
    assert vanished.stdout.count(".safetensors") == 1
    assert "is not there: " in vanished.stderr
    assert "Traceback" not in vanished.stderr
    import s3fs

    s3fs.S3FileSystem().mkdir(bucket)
    assert build(tmp_path, url, 0).returncode == 0
    results = reportgen.load(url)
    assert [entry.status for entry in results.manifest.jobs] == ["done"] * 3
    assert (results.manifest.planned, results.damaged) == (None, ())
    assert results.store.at.sizes("journal-") == {}


@pytest.mark.long
def test_commands_write_and_read_a_run_by_its_url(bucket, tmp_path, command):
    spec, url = tmp_path / "audit.yaml", f"s3://{bucket}/run"
    spec.write_text(
        yaml.safe_dump(
            {
                "models": [{"id": "sentiment", "path": str(MODEL)}],
                "inputs": [{"text": "A warm and funny film.", "expect": "POSITIVE"}],
                "methods": ["attention"],
                "checks": [{"prediction": {"equals": "expect"}}],
            }
        )
    )
    built = tmp_path / "built"
    assert command("build", spec, "--out", built, "--results", url)[0] == 0
    assert [path.name for path in sorted(built.iterdir())] == [
        ".reportgen-made.json",
        "report.html",
    ]
    assert command("render", url, "--out", tmp_path / "pages")[0] == 0
    assert (tmp_path / "pages" / "report.html").read_bytes() == (built / "report.html").read_bytes()
    assert command("check", url)[0] == 0
    assert command("compare", url, url, "--out", tmp_path / "compared")[0] == 0
    assert command("merge", url, "--out", tmp_path / "copied")[0] == 0
    assert reportgen.load(tmp_path / "copied").digest != ""
    assert command("merge", tmp_path / "copied", "--out", f"s3://{bucket}/other")[0] == 0
    assert reportgen.load(f"s3://{bucket}/other").damaged == ()
    assert command("build", spec, "--out", built, "--results", url)[0] == 0
