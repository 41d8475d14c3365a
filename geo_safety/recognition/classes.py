"""Which column says what happened, which themes its categories carry, and which column holds counts?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from geo_safety.recognition.guess import Guess, Sample, share, words_of
from geo_safety.themes import BUILT_IN_LABELS

_NAMES = (
    {"crime", "type"}, {"category"}, {"categoria"}, {"offence", "type"}, {"offense", "type"}, {"major", "category"}, {"majortext"},
    {"primary", "type"}, {"incident", "type"}, {"offence"}, {"offense"}, {"delito"}, {"modalidad"}, {"tipo"}, {"type"}, {"kind"},
    {"what"}, {"class"}, {"classification"}, {"crime"}, {"deliktsart"}, {"kategorie"},
)  # fmt: skip
_COUNT_NAMES = ({"count"}, {"crime", "count"}, {"incidents"}, {"n"}, {"number"}, {"total"}, {"weight"}, {"offences"})
_MOST_CATEGORIES = 200
_TOO_MANY_TO_LIST = 60

_KEYWORDS = {
    "robbery": ("robber", "robo", "asalto", "atraco", "raub", "mugging", "snatch"),
    "violence": ("violen", "assault", "homicid", "murder", "shooting", "stabbing", "wound", "battery", "manslaughter", "lesion",
                 "sexual", "rape", "arma blanca", "arma de fuego", "gewalt", "mord"),
    "asb": ("anti-social", "antisocial", "anti social", "disorder", "nuisance", "disturbance"),
    "theft": ("theft", "larceny", "hurto", "steal", "stolen", "diebstahl", "shoplift"),
    "burglary": ("burglar", "break and enter", "breaking", "einbruch"),
}  # fmt: skip
ANYTHING = "incidents"
"""Theme of what no word of the table explains."""


class Classes(NamedTuple):
    """What a table's rows are: guesses for `columns.category`, `labels` and `columns.weight`."""

    columns: dict[str, str]
    labels: str | dict[str, tuple[str, ...]]
    guesses: tuple[Guess, ...]


def find_classes(sample: Sample, *, taken: Sequence[str] = ()) -> Classes:
    """Which column says what happened, and which themes follow?

    Parameters
    ----------
    sample : Sample
        The table.
    taken : sequence of str
        Columns that mean something else.
    """
    columns: dict[str, str] = {}
    guesses: list[Guess] = []
    category = _category_column(sample, taken)
    if category:
        columns["category"] = category.value
        guesses.append(category)
        labels, guess = label_guess(Counter(sample.filled(category.value)), sample.name)
    else:
        stem = " ".join(words_of(re.split(r"\.", sample.name.rsplit("/", 1)[-1])[0])) or "incident"
        labels = {stem: (theme_in(stem) or ANYTHING,)}
        guess = Guess("labels", labels, "uncertain", "no column says what happened, so the file's name does")
    guesses.append(guess)
    if weight := _weight_column(sample, (*taken, *columns.values())):
        columns["weight"] = weight.value
        guesses.append(weight)
    return Classes(columns, labels, tuple(guesses))


def _category_column(sample: Sample, taken: Sequence[str]) -> Guess | None:
    candidates = [name for name in sample.columns if name not in taken and _is_class(sample.filled(name))]
    known = {category for table in BUILT_IN_LABELS.values() for category in table}
    for name in candidates:
        if share([text in known for text in sample.filled(name)]) > 0.9:
            return Guess("columns.category", name, "certain", "its values are offence classes known here")
    for words in _NAMES:
        for name in candidates:
            if words <= set(words_of(name)):
                number = len(set(sample.filled(name)))
                return Guess("columns.category", name, "likely", f"its name, and {number} different values")
    return None


def _is_class(texts: Sequence[str]) -> bool:
    distinct = set(texts)
    if not distinct or len(distinct) > _MOST_CATEGORIES or (len(distinct) > 20 and len(distinct) > len(texts) / 2):
        return False
    return share([bool(re.search(r"[^\W\d_]{2}", text)) for text in distinct]) > 0.9 and max(map(len, distinct)) <= 120


def label_guess(categories: Mapping[str, int], name: str) -> tuple[str | dict[str, tuple[str, ...]], Guess]:
    """Which themes do these categories carry?

    Parameters
    ----------
    categories : mapping of str to int
        Category → rows.
    name : str
        The file's name, which decides where a category's own words say nothing.

    Returns
    -------
    labels
        The name of a built-in table, or a table of its own.
    Guess
        The same, with its reason.

    Examples
    --------
    >>> label_guess({"Robbery": 3, "Drugs": 1}, "points.csv")[0]
    'police_uk'
    >>> label_guess({"Arma blanca": 3, "Caida": 1}, "homicides.csv")[0]
    {'Arma blanca': ('violence',), 'Caida': ('violence',)}
    """
    total = sum(categories.values())
    for table, labels in BUILT_IN_LABELS.items():
        if sum(rows for category, rows in categories.items() if category in labels) > 0.9 * total:
            has_theme = any(labels.get(category, ("context",)) != ("context",) for category in categories)
            if has_theme:
                return table, Guess(
                    "labels", table, "certain", f"{len(categories)} categories are in this built-in table"
                )
    of_file = theme_in(" ".join(words_of(name)))
    found: dict[str, tuple[str, ...]] = {}
    for category, _ in Counter(categories).most_common(_TOO_MANY_TO_LIST):
        found[category] = (theme_in(category) or of_file or ANYTHING,)
    because = "themes by words in the categories" + (f", else {of_file!r} from the file's name" if of_file else "")
    if len(categories) > len(found):
        because += f"; the {len(categories) - len(found)} rarest of the categories are left out"
    return found, Guess("labels", found, "uncertain", because)


def theme_in(text: str) -> str | None:
    """The theme that a word of this text stands for.

    Examples
    --------
    >>> theme_in("chicago aggravated assaults"), theme_in("lost property")
    ('violence', None)
    """
    lower = text.lower()
    return next((theme for theme, words in _KEYWORDS.items() if any(word in lower for word in words)), None)


def _weight_column(sample: Sample, taken: Sequence[str]) -> Guess | None:
    for words in _COUNT_NAMES:
        for name in sample.columns:
            texts = sample.filled(name)
            if name in taken or set(words_of(name)) != words or not texts:
                continue
            if share([text.removesuffix(".0").isdecimal() for text in texts]) > 0.99:
                return Guess("columns.weight", name, "likely", "its name, and whole numbers throughout")
    return None
