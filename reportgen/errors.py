"""The errors a user can cause: each says what is wrong, where, and what to do."""

from __future__ import annotations


class ReportgenError(Exception):
    """A problem the user can act on.

    ``message`` states what was expected and what was found, ``where`` names the place
    (``audit.yaml:7:5 models[0]``), ``hint`` says what to do about it.
    """

    def __init__(self, message: str, where: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        text = f"{self.where}: {self.message}" if self.where else self.message
        return f"{text}\n  {self.hint}" if self.hint else text


MOST_PROBLEMS = 100
"""Problems of a spec that are told; more are the same mistake made again and again."""


class SpecError(ReportgenError):
    """Everything found wrong in a spec, reported together: the first, and how many ``more``."""

    def __init__(self, problems: list[ReportgenError], more: int = 0) -> None:
        more += max(0, len(problems) - MOST_PROBLEMS)
        self.problems = problems[:MOST_PROBLEMS]
        if more:
            self.problems.append(ReportgenError(f"and {more:,} more problems"))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class ModelError(ReportgenError):
    """A model that cannot be loaded, or must not be trusted as it is."""


class InputError(ReportgenError):
    """One input that cannot be explained; the other inputs of the run are not affected."""


class ResultsError(ReportgenError):
    """Stored results that are missing, damaged or of a newer format."""
