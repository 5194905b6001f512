"""Colours of maps: status and value classes that survive colour blindness and grey printing.

Colour never stands alone: the unknown is hatched, estimates carry thin lines, what is not due is
an empty outline, and every class has its words in the legend.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from gridmap.errors import InputError
from gridmap.maps.words import words

Pattern = Literal["plain", "hatch", "empty"]

STATUSES = ("met", "partly", "missed", "unknown", "not_due")
STATUS_COLOURS: Mapping[str, str] = {
    "met": "#2166ac",
    "partly": "#92c5de",
    "missed": "#d6604d",
    "unknown": "#8a8a8a",
    "not_due": "#6b6b6b",
}
_STATUS_PATTERNS: Mapping[str, Pattern] = {"unknown": "hatch", "not_due": "empty"}

SCHEMES: Mapping[str, Mapping[int, tuple[str, ...]]] = {
    "YlGnBu": {
        1: ("#41b6c4",),
        2: ("#a1dab4", "#225ea8"),
        3: ("#edf8b1", "#7fcdbb", "#2c7fb8"),
        4: ("#ffffcc", "#a1dab4", "#41b6c4", "#225ea8"),
        5: ("#ffffcc", "#a1dab4", "#41b6c4", "#2c7fb8", "#253494"),
        6: ("#ffffcc", "#c7e9b4", "#7fcdbb", "#41b6c4", "#2c7fb8", "#253494"),
        7: ("#ffffcc", "#c7e9b4", "#7fcdbb", "#41b6c4", "#1d91c0", "#225ea8", "#0c2c84"),
    },
    "cividis": {
        1: ("#7c7b78",),
        2: ("#ffea46", "#00204c"),
        3: ("#ffea46", "#7c7b78", "#00204c"),
        4: ("#ffea46", "#a59c74", "#575c6d", "#00204c"),
        5: ("#ffea46", "#bcae6c", "#7c7b78", "#414d6b", "#00204c"),
        6: ("#ffea46", "#c9b969", "#958f78", "#666970", "#31446b", "#00204c"),
        7: ("#ffea46", "#d3c164", "#a59c74", "#7c7b78", "#575c6d", "#233e6c", "#00204c"),
    },
    "OrRd": {
        1: ("#fc8d59",),
        2: ("#fdcc8a", "#d7301f"),
        3: ("#fdd49e", "#fc8d59", "#b30000"),
        4: ("#fef0d9", "#fdcc8a", "#fc8d59", "#d7301f"),
        5: ("#fef0d9", "#fdcc8a", "#fc8d59", "#e34a33", "#b30000"),
        6: ("#fef0d9", "#fdd49e", "#fdbb84", "#fc8d59", "#e34a33", "#b30000"),
        7: ("#fef0d9", "#fdd49e", "#fdbb84", "#fc8d59", "#ef6548", "#d7301f", "#990000"),
    },
}
"""Sequential schemes, light for little and dark for much, by number of classes.

``OrRd`` is for gaps: red is what is missing on every page.
"""

SHARE_BREAKS = (0.2, 0.4, 0.6, 0.8, 0.95)
"""Breaks of a share where no norm says otherwise."""


@dataclass(frozen=True)
class LegendClass:
    """One class of a legend: its words, its look, and what falls into it.

    Attributes
    ----------
    key : str
        A status, or ``c0`` … ``c6`` for a class of values.
    label : str
        Words or bounds, ready to read.
    colour : str
        ``#rrggbb``.
    pattern : {"plain", "hatch", "empty"}
        How it is filled.
    low, high : float, optional
        Bounds of a class of values, low included; empty is open.
    cells : int, optional
        How many cells fall into it.
    """

    key: str
    label: str
    colour: str
    pattern: Pattern = "plain"
    low: float | None = None
    high: float | None = None
    cells: int | None = None


def status_classes(
    statuses: Iterable[str] | None = None, language: str = "en"
) -> tuple[LegendClass, ...]:
    """Legend of the statuses, worst last, in the words of a language.

    Parameters
    ----------
    statuses : iterable of str, optional
        Status of every cell, to count them; without it all classes come without a count, with it
        only those that occur.
    language : str
        Language of the labels.

    Examples
    --------
    >>> [(c.label, c.cells) for c in status_classes(["met", "missed", "met"])]
    [('met', 2), ('missed', 1)]
    """
    known = words(language)
    counts = None if statuses is None else pd.Series(list(statuses), dtype=object).value_counts()
    return tuple(
        LegendClass(
            key=status,
            label=known[status],
            colour=STATUS_COLOURS[status],
            pattern=_STATUS_PATTERNS.get(status, "plain"),
            cells=None if counts is None else int(counts.get(status, 0)),
        )
        for status in STATUSES
        if counts is None or status in counts.index
    )


def value_classes(
    values: Iterable[float | None],
    *,
    unit: str = "",
    breaks: Sequence[float] | None = None,
    scheme: str = "YlGnBu",
    count: int = 5,
    language: str = "en",
) -> tuple[LegendClass, ...]:
    """Legend of a value: five to seven classes, and one for cells without a figure.

    Parameters
    ----------
    values : iterable of float
        Value of every cell in ``unit``; empty where it is not known.
    unit : str
        ``share`` is written as per cent; any other unit is written behind the bounds.
    breaks : sequence of float, optional
        Inner bounds, rising, e.g. from a norm; default fixed for shares, else quantiles.
    scheme : {"YlGnBu", "cividis"}
        Colours, light for little.
    count : int
        Number of classes where the breaks are quantiles.
    language : str
        Language of the words.

    Raises
    ------
    InputError
        If the breaks do not rise, are too many for the scheme, or the scheme is unknown.

    Examples
    --------
    >>> [(c.label, c.cells) for c in value_classes([0.1, 0.5, None], unit="share", breaks=[0.4])]
    [('< 40 %', 1), ('≥ 40 %', 1), ('no figure', 1)]
    """
    numbers = pd.to_numeric(pd.Series(list(values), dtype=object), errors="coerce").astype(float)
    if breaks is None:
        breaks = SHARE_BREAKS if unit == "share" else quantile_breaks(numbers, count)
    colours = _colours(scheme, breaks)
    bounds = [None, *(float(b) for b in breaks), None]
    # Cells without a figure are of class -1, which comes first.
    members = np.bincount(class_of(numbers, breaks) + 1, minlength=len(colours) + 1)
    classes = tuple(
        LegendClass(
            key=f"c{place}",
            label=_bounds_label(bounds[place], bounds[place + 1], unit),
            colour=colour,
            low=bounds[place],
            high=bounds[place + 1],
            cells=int(members[place + 1]),
        )
        for place, colour in enumerate(colours)
    )
    absent = int(members[0])
    if absent:
        label = words(language)["no_value"]
        classes += (
            LegendClass("unknown", label, STATUS_COLOURS["unknown"], "hatch", cells=absent),
        )
    return classes


def rank_classes(bounds: Sequence[tuple[int, int]]) -> tuple[LegendClass, ...]:
    """Legend of ranks, the first ranks darkest.

    Parameters
    ----------
    bounds : sequence of tuple of int
        First and last rank of each class, from the first class on; seven classes at most.

    Examples
    --------
    >>> [(c.label, c.low, c.high) for c in rank_classes([(1, 50), (51, 100)])]
    [('1 – 50', None, 51.0), ('51 – 100', 51.0, None)]
    >>> rank_classes([])
    ()
    """
    if not bounds:
        return ()
    colours = SCHEMES["OrRd"][len(bounds)][::-1]
    nexts = [float(low) for low, _ in bounds[1:]]
    return tuple(
        LegendClass(
            key=f"c{place}",
            label=_bounds_label(float(first), float(last), ""),
            colour=colour,
            low=low,
            high=high,
        )
        for place, ((first, last), colour, low, high) in enumerate(
            zip(bounds, colours, [None, *nexts], [*nexts, None], strict=True)
        )
    )


def quantile_breaks(values: Iterable[float], count: int = 5) -> tuple[float, ...]:
    """Inner bounds that put about equally many values into each class, rounded to read well.

    Parameters
    ----------
    values : iterable of float
        Values; empty ones are left out.
    count : int
        Number of classes wanted; fewer come out where values repeat.

    Examples
    --------
    >>> quantile_breaks(range(101), 4)
    (25.0, 50.0, 75.0)
    >>> quantile_breaks([3, 3, 3])
    ()
    """
    numbers = np.asarray(pd.Series(values, dtype=float).dropna(), dtype=float)
    if numbers.size == 0:
        return ()
    cuts = np.quantile(numbers, np.linspace(0, 1, count + 1)[1:-1])
    kept = sorted({_round_figure(cut) for cut in cuts})
    return tuple(cut for cut in kept if numbers.min() < cut <= numbers.max())


def class_of(
    values: pd.Series, breaks: Sequence[float]
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Class of each value, 0 for the lowest and −1 where there is no value.

    Examples
    --------
    >>> class_of(pd.Series([1.0, 5.0, None]), [5]).tolist()
    [0, 1, -1]
    """
    numbers = values.to_numpy(dtype=float)
    places = np.searchsorted(np.asarray(breaks, dtype=float), numbers, side="right")
    return np.where(np.isnan(numbers), -1, places).astype(np.int64)


def _colours(scheme: str, breaks: Sequence[float]) -> tuple[str, ...]:
    if scheme not in SCHEMES:
        raise InputError(f"Unknown colour scheme '{scheme}'. Choose one of: {', '.join(SCHEMES)}.")
    if list(breaks) != sorted(set(breaks)):
        raise InputError(f"Class breaks must rise; found {list(breaks)}. Sort them.")
    if len(breaks) + 1 not in SCHEMES[scheme]:
        raise InputError(
            f"{len(breaks)} breaks make {len(breaks) + 1} classes; a legend can be read with "
            "seven at most. Give six breaks or fewer."
        )
    return SCHEMES[scheme][len(breaks) + 1]


def _round_figure(value: float) -> float:
    """Two significant figures: a bound must be easy to say."""
    return float(f"{value:.2g}")


def _bounds_label(low: float | None, high: float | None, unit: str) -> str:
    below, above = _write(low, unit), _write(high, unit)
    suffix = " %" if unit == "share" else f" {unit}" if unit else ""
    if low is None and high is None:
        return unit or "–"
    if low is None:
        return f"< {above}{suffix}"
    if high is None:
        return f"≥ {below}{suffix}"
    return f"{below} – {above}{suffix}"


def _write(bound: float | None, unit: str) -> str:
    if bound is None:
        return ""
    shown = bound * 100 if unit == "share" else bound
    return f"{shown:,.10g}".replace(",", "\u202f")
