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


class SpecError(ReportgenError):
    """Everything found wrong in a spec, reported together."""

    def __init__(self, problems: list[ReportgenError]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


class ModelError(ReportgenError):
    """A model that cannot be loaded, or must not be trusted as it is."""


class InputError(ReportgenError):
    """One input that cannot be explained; the other inputs of the run are not affected."""


class ResultsError(ReportgenError):
    """Stored results that are missing, damaged or of a newer format."""
