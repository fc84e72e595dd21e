"""Where the jobs of a run are computed, as whoever starts it says."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec

from reportgen.errors import ReportgenError

LOCAL, RAY = "local", "ray"


@dataclass(frozen=True)
class Executor:
    """Where jobs run, and on how many workers: processes that each load a model once.

    ``local`` is this machine. ``ray`` is the Ray cluster at ``address``, by default one that is
    started on this machine and stopped afterwards; there ``cpus_per_worker`` (by default an equal
    part of this machine, or 1 of a cluster) and ``gpus_per_worker`` are what a worker takes. Raises
    ``ReportgenError`` for what does not fit together, and where Ray is not installed.
    """

    name: str = LOCAL
    workers: int = 1
    address: str | None = None
    cpus_per_worker: float | None = None
    gpus_per_worker: float = 0

    def __post_init__(self) -> None:
        if self.name not in (LOCAL, RAY):
            raise ReportgenError(f"expected local or ray, found {self.name!r}", "--executor")
        if self.workers < 1:
            raise ReportgenError(f"expected 1 worker or more, found {self.workers}", "--workers")
        cpus, gpus = self.cpus_per_worker, self.gpus_per_worker
        if cpus is not None and cpus <= 0:
            raise ReportgenError(f"expected more than 0, found {cpus:g}", "--cpus-per-worker")
        if gpus < 0:
            raise ReportgenError(f"expected 0 or more, found {gpus:g}", "--gpus-per-worker")
        if self.name == RAY:
            if not installed():
                raise ReportgenError(
                    "Ray is not installed", "--executor ray", "pip install 'reportgen[ray]'"
                )
            return
        only_ray = {
            "--address": self.address is not None,
            "--cpus-per-worker": cpus is not None,
            "--gpus-per-worker": gpus > 0,
        }
        for option, given in only_ray.items():
            if given:
                raise ReportgenError("is of Ray only", option, "add --executor ray")


def installed() -> bool:
    """Tell whether Ray is there; it is not loaded."""
    return find_spec("ray") is not None
