"""How figures read in a pack: ranges for hidden counts, bands, shares, months."""

from __future__ import annotations

NO_BREAK = "\u00a0"
"""A space at which no line ends."""

_TO = f"{NO_BREAK}to{NO_BREAK}"

PERCENT_FROM = 20
"""No percentage where either count is smaller."""


def span(pair: tuple[float, float] | None, *, otherwise: str = "no data") -> str | int:
    """A sum that may hold hidden counts; `otherwise` where there is none.

    Examples
    --------
    >>> span((12.0, 12.0)), span((12.0, 1018.0)), span(None)
    (12, '12 to 1,018', 'no data')
    """
    if pair is None:
        return otherwise
    low, high = (round(value) for value in pair)
    return low if low == high else f"{low:,} to {high:,}"


def number(value: float | None, decimals: int | None = None) -> str:
    """A number to be read, with a true minus sign: with so many decimals, or with two at most.

    Examples
    --------
    >>> number(1234.567, 1), number(12, 1), number(-0.5), number(None)
    ('1,234.6', '12.0', '−0.5', 'not told')
    """
    if value is None:
        return "not told"
    text = f"{value:,.{2 if decimals is None else decimals}f}"
    if decimals is None:
        text = text.rstrip("0").rstrip(".")
    return text.replace("-", "−")


def interval(low: float | None, high: float | None, decimals: int | None = None) -> str:
    """Two ends of an interval.

    Examples
    --------
    >>> interval(1.5, 2.25).replace(NO_BREAK, " "), interval(None, 2), interval(3, 4.25, 1).replace(NO_BREAK, " ")
    ('1.5 to 2.25', 'not told', '3.0 to 4.2')
    """
    return "not told" if low is None or high is None else f"{number(low, decimals)}{_TO}{number(high, decimals)}"


def counted(band: str | None) -> str | None:
    """A count or its band, to be read.

    Examples
    --------
    >>> counted("4335"), counted("1-4"), counted(None)
    ('4,335', '1-4', None)
    """
    return f"{int(band):,}" if band and band.isdigit() else band


def ranked(rank: int | None, low: int | None, high: int | None) -> str | None:
    """A rank with its range; no rank without one.

    Examples
    --------
    >>> ranked(1200, 3, 1500).replace(NO_BREAK, " "), ranked(2, None, None)
    ('1,200 (3 to 1,500)', None)
    """
    if rank is None or low is None or high is None:
        return None
    return f"{rank:,}{NO_BREAK}({low:,}{_TO}{high:,})"


def share(value: float | None, decimals: int = 0) -> str:
    """A share as a percentage.

    Examples
    --------
    >>> share(0.924), share(None), share(0.0012), share(0.9999)
    ('92 %', 'not told', 'under 1 %', '100 %')
    """
    if value is None:
        return "not told"
    if 0 < value < 0.01 and decimals == 0:
        return "under 1 %"
    return f"{100 * value:.{decimals}f} %"


def change(before: tuple[float, float] | None, after: tuple[float, float] | None) -> str:
    """A change between two sums: a percentage where both are known and at least twenty, else why not.

    Examples
    --------
    >>> change((100, 100), (80, 80)), change((12, 12), (30, 30)), change((40, 60), (50, 50))
    ('−20 %', 'counts too small for a percentage', 'not told: hidden counts have a say')
    """
    if before is None or after is None:
        return "no data"
    if before[0] != before[1] or after[0] != after[1]:
        return "not told: hidden counts have a say"
    if min(before[0], after[0]) < PERCENT_FROM:
        return "counts too small for a percentage"
    return f"{100 * (after[0] / before[0] - 1):+.0f} %".replace("-", "−")


def listed(texts: list[str], last: str = "and") -> str:
    """A list in a sentence.

    Examples
    --------
    >>> listed(["a", "b", "c"]), listed(["a"]), listed([])
    ('a, b and c', 'a', 'none')
    """
    if len(texts) < 2:
        return texts[0] if texts else "none"
    return f"{', '.join(texts[:-1])} {last} {texts[-1]}"
