"""Being connected to a Ray cluster, and its silence: a run has its own progress and journal."""

from __future__ import annotations

import logging
import math
import os
import secrets
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import ray
import ray.data

from reportgen.errors import ReportgenError
from reportgen.executor import Executor

TIMEOUT = 10
"""Seconds in which a cluster must answer."""

STORE_BYTES = 256 << 20
"""Memory for objects of a local cluster: what is passed is small, results go to the store."""

ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_BACKEND_LOG_LEVEL": "fatal",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_worker_niceness": "0",
}
"""What makes Ray silent, tell nobody that it is used, and give its workers their part."""

TOKEN = secrets.token_hex(32)
"""What is asked of who connects to a cluster of this process; Ray reads it once."""

AUTHENTICATION = ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH")


@dataclass(frozen=True)
class Cluster:
    """A cluster, and what workers there are to be; ``sharing`` of them share a machine's memory."""

    workers: int
    cpus_per_worker: float
    gpus_per_worker: float
    sharing: int


@contextmanager
def connected(executor: Executor) -> Iterator[Cluster]:
    """Connect to the cluster at the executor's address, or start one on this machine.

    One that was started is stopped at the end; who was connected before stays so. Raises
    ``ReportgenError`` where the cluster cannot be reached, or has not what a worker needs.
    """
    loggers = [logging.getLogger(name) for name in ("ray", "ray.data")]
    levels = [logger.level for logger in loggers]
    before = dict(os.environ)
    mine = not ray.is_initialized()
    try:
        os.environ.update({name: os.environ.get(name, v) for name, v in ENVIRONMENT.items()})
        if mine and executor.address is None:
            start(executor)
        elif mine and executor.address is not None:
            connect(executor.address)
        for logger in loggers:
            logger.setLevel(logging.CRITICAL)
        yield described(executor, local=mine and executor.address is None)
    finally:
        if mine:
            ray.shutdown()
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
        for name in (*ENVIRONMENT, *AUTHENTICATION):
            os.environ.pop(name, None)
            if name in before:
                os.environ[name] = before[name]


def cores() -> int:
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def start(executor: Executor) -> None:
    """Start a cluster for this process alone: on loopback, with a secret of its own."""
    if not any(name in os.environ for name in AUTHENTICATION):
        os.environ["RAY_AUTH_TOKEN"] = TOKEN  # or Ray would write one into the home folder
    asked = executor.workers * (executor.cpus_per_worker or 1)
    try:
        with stderr_nowhere():
            ray.init(
                address="local",
                num_cpus=max(cores(), math.ceil(asked)),
                object_store_memory=STORE_BYTES,
                include_dashboard=False,
                log_to_driver=False,
                logging_level=logging.CRITICAL,
                _node_ip_address="127.0.0.1",
            )
    except Exception as error:  # of many kinds
        hint = "is there room in /tmp, and in /dev/shm? Or use --executor local"
        raise ReportgenError(f"Ray cannot be started: {first_line(error)}", hint=hint) from error


def connect(address: str) -> None:
    """Connect to a cluster that runs already."""
    where = f"--address {address}"
    if address.startswith("ray://"):
        raise ReportgenError(
            "is of a Ray client, and Ray Data needs to be on the cluster itself",
            where,
            "run on a machine of the cluster, with --address auto or HOST:6379",
        )
    if address != "auto":
        host, colon, port = address.rpartition(":")
        if not colon or not port.isdigit():
            raise ReportgenError("expected HOST:PORT or auto", where)
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=TIMEOUT).close()
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or error
            hint = "is the cluster up? On its machines, ray status shows it"
            raise ReportgenError(f"no Ray cluster answers: {reason}", where, hint) from error
    try:
        with stderr_nowhere():
            ray.init(address=address, log_to_driver=False, logging_level=logging.CRITICAL)
    except Exception as error:  # of many kinds
        hint = "is the cluster up, and of the same versions of Ray and Python?"
        raise ReportgenError(
            f"cannot connect to the Ray cluster: {first_line(error)}", where, hint
        ) from error


def described(executor: Executor, *, local: bool) -> Cluster:
    """Say what workers a cluster is to have; by default they share the cores of this machine."""
    cpus = executor.cpus_per_worker
    if cpus is None:
        cpus = max(1, cores() // executor.workers) if local else 1
    gpus = executor.gpus_per_worker
    nodes = [node for node in ray.nodes() if node["Alive"]]
    if gpus and local and not ray.cluster_resources().get("GPU"):
        raise ReportgenError("Ray finds no GPU on this machine", "--gpus-per-worker")
    return Cluster(executor.workers, cpus, gpus, -(-executor.workers // max(1, len(nodes))))


@contextmanager
def stderr_nowhere() -> Iterator[None]:
    """Let nothing be seen of what is written to stderr: Ray tells there of its own settings."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


@contextmanager
def quiet_data() -> Iterator[None]:
    """Let datasets that are made in this block say nothing, and hand on each block at once."""
    context = ray.data.DataContext.get_current()
    settings = {"enable_progress_bars": False, "target_max_block_size": 1}
    before = {name: getattr(context, name) for name in settings}
    for name, value in settings.items():
        setattr(context, name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(context, name, value)


def first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
