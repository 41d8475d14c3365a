"""Errors that a user can mend: each message says what is wrong and what to do.

The command line prints them without a traceback and leaves with their exit code; everything
else that is raised is our own fault (exit code 70). No row of data goes into a message.
"""

from __future__ import annotations

from collections.abc import Sequence


class GeoSafetyError(Exception):
    """Base of every error that the user can mend.

    Parameters
    ----------
    problem : str
        What is wrong, naming the file, setting or place.
    remedy : str
        What the user can do about it.
    """

    exit_code = 1

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem} {remedy}")
        self.problem = problem
        self.remedy = remedy


class ConfigError(GeoSafetyError):
    """The configuration file cannot be used as it is."""


class SourceError(GeoSafetyError):
    """An incident file cannot be read at all."""


class LabelError(SourceError):
    """No category of a feed belongs to any theme."""


class BoundaryError(GeoSafetyError):
    """A boundary or outline file cannot be used as it is."""


class OverlapError(GeoSafetyError):
    """Two primary feeds describe the same incidents."""


class ReleaseError(GeoSafetyError):
    """A release is missing, damaged or in use."""


class AnalysisError(GeoSafetyError):
    """A release cannot be analysed by this process."""


class WindowError(GeoSafetyError):
    """The wanted months cannot be judged together.

    Parameters
    ----------
    windows : sequence of (str, str)
        First and last month of runs without a gap, the longest first: any part of one of them will do.
    """

    def __init__(self, problem: str, remedy: str, *, windows: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(problem, remedy)
        self.windows = tuple(windows)


class KeyringError(GeoSafetyError):
    """A key cannot be made, found or taken back."""


class AuditError(GeoSafetyError):
    """A read cannot be written down."""


class OutputError(GeoSafetyError):
    """An output cannot be written in the wanted form."""


class FetchError(GeoSafetyError):
    """An official download cannot be had, or is not what it should be."""


class DeliveryError(GeoSafetyError):
    """A message to a subscriber could not be delivered."""


class WalkError(GeoSafetyError):
    """A record of a walk cannot be used or found."""


class InstallError(GeoSafetyError):
    """Files that come with the program are not where it is installed."""


class SchemaError(Exception):
    """A table breaks its own definition: our fault, never the user's."""


class ProblemsError(GeoSafetyError):
    """Several problems found at once, so that the user mends them in one go.

    Parameters
    ----------
    problems : sequence of GeoSafetyError
        All that was found, in order.
    """

    def __init__(self, problems: list[GeoSafetyError]) -> None:
        self.problems = tuple(problems)
        lines = "\n".join(f"- {problem}" for problem in problems)
        super().__init__(f"{len(problems)} problem(s) found:\n{lines}\n", "Mend them and run again.")
