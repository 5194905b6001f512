"""Charts as PNG: curves on one or two pairs of axes, told apart by line as well as by colour."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gridmap.report.pictures import mark_figure, open_figure, save_figure

_INCHES = (8.0, 3.4)
_LOOKS = (
    {"color": "#2166ac", "linestyle": "-", "linewidth": 2.0},
    {"color": "#6b6b6b", "linestyle": "--", "linewidth": 1.5},
    {"color": "#d6604d", "linestyle": ":", "linewidth": 2.0},
)


@dataclass(frozen=True)
class Curve:
    """One curve: words of the legend, points (x, y), whether each point is marked."""

    label: str
    points: Sequence[tuple[float, float]]
    dots: bool = False


@dataclass(frozen=True)
class Chart:
    """What one pair of axes shows.

    Attributes
    ----------
    title, x_label, y_label : str
        Words, with units.
    curves : sequence of Curve
        At most three.
    at : float, optional
        Upright line, as of a norm, and ``at_label``, its words.
    shares : tuple of bool
        Whether x and y are shares, which are written as per cent.
    whole_x : bool
        Whether x counts things, so that nothing is written between whole numbers.
    """

    title: str
    x_label: str
    y_label: str
    curves: Sequence[Curve]
    at: float | None = None
    at_label: str = ""
    shares: tuple[bool, bool] = (False, True)
    whole_x: bool = False


def draw_charts(
    charts: Sequence[Chart], language: str, *, below: str = "", mark: str = ""
) -> bytes:
    """Draw charts side by side.

    Parameters
    ----------
    charts : sequence of Chart
        One or two.
    language : str
        Language of the words, which decides the font.
    below, mark : str
        Line below, and the mark of made-up data (empty for none).

    Returns
    -------
    bytes
        PNG.

    Raises
    ------
    AssetError
        If matplotlib is not installed.
    """
    figure = open_figure(language, _INCHES)
    grid: Any = figure.subplots(1, len(charts), squeeze=False)[0]
    for axes, chart in zip(grid, charts, strict=True):
        _draw(axes, chart)
    figure.subplots_adjust(left=0.09, right=0.98, top=0.90, bottom=0.24, wspace=0.27)
    figure.text(0.02, 0.02, below, fontsize=8, color="#6b6b6b")
    if mark:
        mark_figure(figure, mark)
    return save_figure(figure)


def _draw(axes: Any, chart: Chart) -> None:
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    for curve, look in zip(chart.curves, _LOOKS, strict=False):
        x, y = zip(*curve.points, strict=True) if curve.points else ((), ())
        marker: Mapping[str, Any] = {"marker": "o", "markersize": 4} if curve.dots else {}
        axes.plot(x, y, label=curve.label, **look, **marker)
    if chart.at is not None:
        axes.axvline(chart.at, color="#222222", linewidth=1, linestyle="-.", label=chart.at_label)
    for axis, is_share in zip((axes.xaxis, axes.yaxis), chart.shares, strict=True):
        if is_share:
            axis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    if chart.whole_x:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if chart.shares[1]:
        axes.set_ylim(0, 1.02)
    axes.set_xlim(left=0)
    axes.set_title(chart.title, loc="left", fontsize=10)
    axes.set_xlabel(chart.x_label, fontsize=8)
    axes.set_ylabel(chart.y_label, fontsize=8)
    axes.tick_params(labelsize=8)
    axes.grid(visible=True, color="#e5e5e5", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize=8, frameon=False, loc="best")
