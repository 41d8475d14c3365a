"""Charts as SVG that stands in the page: no script draws them, and a table beside them has the same numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .markup import element, said

WIDTH, HEIGHT = 640, 150
LEFT, RIGHT, TOP, BOTTOM = 44, 8, 12, 24


@dataclass(frozen=True)
class Month:
    """One month of a chart.

    Parameters
    ----------
    month : str
        As YYYY-MM.
    low, high : float or None
        The same where the count is shown, the ends of a hidden small count otherwise; None in a gap.
    """

    month: str
    low: float | None
    high: float | None


def month_of(month: str, count: int | None, band: str | None) -> Month:
    """A month as the series has it.

    Examples
    --------
    >>> month_of("2025-01", None, "1-4"), month_of("2025-02", None, None)
    (Month(month='2025-01', low=1.0, high=4.0), Month(month='2025-02', low=None, high=None))
    """
    if count is not None:
        return Month(month, float(count), float(count))
    if band is None or "-" not in band:
        return Month(month, None, None)
    low, high = band.split("-")
    return Month(month, float(low), float(high))


def month_chart(months: Sequence[Month], label: str, *, id: str) -> str:
    """A line through the months: short bars where a count is hidden, hatched bands where there are no data.

    Parameters
    ----------
    months : sequence of Month
        In order.
    label : str
        What the chart shows, for whoever cannot see it.
    """
    top = _round_up(max((one.high for one in months if one.high is not None), default=1.0))
    step = (WIDTH - LEFT - RIGHT) / max(len(months), 1)

    def x(place: float) -> str:
        return f"{LEFT + step * (place + 0.5):.1f}"

    def y(value: float) -> str:
        return f"{TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top):.1f}"

    grid = "".join(
        element("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y(value), y2=y(value), class_="chart__grid")
        + element("text", said(f"{value:,.0f}"), x=LEFT - 6, y=y(value), class_="chart__value")
        for value in (0, top / 2, top)
    )
    years = "".join(
        element("line", x1=f"{LEFT + step * place:.1f}", x2=f"{LEFT + step * place:.1f}", y1=HEIGHT - BOTTOM,
                y2=HEIGHT - BOTTOM + 5, class_="chart__axis")
        + element("text", said(one.month[:4]), x=f"{LEFT + step * place + 3:.1f}", y=HEIGHT - 7, class_="chart__year")
        for place, one in enumerate(months)
        if one.month.endswith("-01") and place + 4 < len(months)
    )  # fmt: skip
    gaps = "".join(
        element("rect", x=f"{LEFT + step * place:.1f}", y=TOP, width=f"{step:.1f}", height=HEIGHT - TOP - BOTTOM,
                fill=f"url(#{id}-gap)", class_="chart__gap")
        for place, one in enumerate(months)
        if one.low is None
    )  # fmt: skip
    small = "".join(
        element("line", x1=x(place), x2=x(place), y1=y(one.low), y2=y(one.high), class_="chart__small")
        for place, one in enumerate(months)
        if one.low is not None and one.high is not None and one.low != one.high
    )
    return element(
        "svg",
        element("title", said(label)),
        f'<defs><pattern id="{id}-gap" width="6" height="6" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><line x1="0" y1="0" x2="0" y2="6" class="chart__hatch"/></pattern></defs>',
        grid,
        gaps,
        small,
        _line(months, x, y),
        years,
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        role="img",
        class_="chart",
    )


def _line(months: Sequence[Month], at: Callable[[float], str], up: Callable[[float], str]) -> str:
    """Known months joined; whatever is hidden or missing between them breaks the line, and a lone month is a dot."""
    runs: list[list[tuple[str, str]]] = [[]]
    for place, one in enumerate(months):
        if one.low is not None and one.low == one.high:
            runs[-1].append((at(place), up(one.low)))
        elif runs[-1]:
            runs.append([])
    drawn = []
    for run in runs:
        if len(run) == 1:
            drawn.append(element("circle", cx=run[0][0], cy=run[0][1], r="2", class_="chart__dot"))
        elif run:
            points = " L".join(f"{across} {height}" for across, height in run)
            drawn.append(element("path", d=f"M{points}", class_="chart__line"))
    return "".join(drawn)


def _round_up(value: float) -> float:
    """The next of 4, 10, 20, 40, 50 times a power of ten, so that its half is a whole number.

    Examples
    --------
    >>> [_round_up(value) for value in (1.0, 7.0, 33.0, 401.0)]
    [4.0, 10.0, 40.0, 500.0]
    """
    if value <= 4:
        return 4.0
    power = 1.0
    while True:
        for number in (10.0, 20.0, 40.0, 50.0):
            if value <= number * power:
                return number * power
        power *= 10
