"""What is recognised of a file: one guess for each setting, with how sure it is and why."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

Certainty = Literal["certain", "likely", "uncertain"]


class Guess(NamedTuple):
    """One setting as guessed.

    Parameters
    ----------
    setting : str
        Its name in the config.
    value : Any
        What the config gets.
    certainty : {'certain', 'likely', 'uncertain'}
        `certain`: nothing else fits the rows; `likely`: something else would be unusual; `uncertain`: look at it.
    because : str
        What in the file says so.
    """

    setting: str
    value: Any
    certainty: Certainty
    because: str


@dataclass(frozen=True)
class Sample:
    """The first rows of a table.

    Parameters
    ----------
    name : str
        The file's name, which often says what its rows are.
    columns : mapping of str to sequence of str
        Each column's texts, all of the same length; an empty text is no value.
    crs : str, optional
        Coordinate system that the file itself states.
    """

    name: str
    columns: Mapping[str, Sequence[str]]
    crs: str | None = None

    def filled(self, column: str) -> list[str]:
        """The texts of a column that are there."""
        return [text for text in self.columns[column] if text]


def words_of(name: str) -> list[str]:
    """The words of a column's or file's name in lower case, without accents.

    Examples
    --------
    >>> words_of("OffenceType"), words_of("fecha_hecho"), words_of("Año")
    (['offence', 'type'], ['fecha', 'hecho'], ['ano'])
    """
    import unicodedata

    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    plain = unicodedata.normalize("NFKD", spaced).encode("ascii", "ignore").decode().lower()
    return re.findall(r"[a-z]+|\d+", plain)


def share(matches: Sequence[bool]) -> float:
    """Which share is true; 0 of nothing."""
    return sum(matches) / len(matches) if matches else 0.0
