"""Maps as PNG: cells by class, with legend, scale bar, north, day, and the mark of made-up data."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import shapely

from gridmap.errors import AssetError

_INCHES = (8.0, 6.2)
_LOWEST_INCHES = 3.2
_DOTS_PER_INCH = 150
_COLOURS = 128
_GREY, _LIGHT = "#6b6b6b", "#dddddd"
_SCALE_SHARE = 0.22
_STEPS = (1.0, 2.0, 5.0)


@dataclass(frozen=True)
class MapClass:
    """One class of the legend: words, fill, hatch (empty for none), and the cells in it."""

    label: str
    colour: str
    hatch: str
    cell_ids: frozenset[str]


@dataclass(frozen=True)
class Drawing:
    """What a map shows.

    Attributes
    ----------
    title, day, mark : str
        Words above, the day, and the mark of made-up data (empty for none).
    classes : sequence of MapClass
        Classes in the order of the legend.
    lines : sequence of ndarray
        Layers of thin grey lines below the cells' borders.
    points : mapping of str to ndarray
        Places marked by class of marker (``o``, ``s``, ``^``, ``D``, ``X``): x and y [m].
    point_labels : mapping of str to str
        Words of the legend for markers.
    below : str
        Line below the map: what the shares are of.
    estimated : frozenset of str
        Cells whose figure is estimated or poor: they are hatched thinly.
    """

    title: str
    day: str
    mark: str
    classes: Sequence[MapClass]
    lines: Sequence[Any] = ()
    points: Mapping[str, Any] | None = None
    point_labels: Mapping[str, str] = field(default_factory=dict)
    below: str = ""
    estimated: frozenset[str] = frozenset()


_ESTIMATED = MapClass("", "none", "....", frozenset())


def draw_png(cells: Any, drawing: Drawing, language: str, words: Mapping[str, str]) -> bytes:
    """Draw a map of the cells.

    Parameters
    ----------
    cells : GeoDataFrame
        cell_id and polygons, in a metric CRS.
    drawing : Drawing
        What to show.
    language : str
        Language of the words, which decides the font.
    words : mapping of str to str
        Words of the language.

    Returns
    -------
    bytes
        PNG.

    Raises
    ------
    AssetError
        If matplotlib is not installed.

    Notes
    -----
    Nothing of pyplot is used: pictures are drawn without a window and in any thread. Colour never
    stands alone: unknown is hatched, what is not due is an empty outline.
    """
    figure = open_figure(language, _size(cells.total_bounds))
    axes = figure.add_axes((0.02, 0.08, 0.73, 0.82))
    ids = cells["cell_id"].astype(str).to_numpy()
    shapes = np.asarray(cells.geometry, dtype=object)
    for lines in drawing.lines:
        _add_lines(axes, lines)
    for one in drawing.classes:
        _add_cells(axes, shapes[np.isin(ids, list(one.cell_ids))], one)
    _add_cells(axes, shapes[np.isin(ids, list(drawing.estimated))], _ESTIMATED)
    for marker, place in (drawing.points or {}).items():
        axes.plot(*place, marker, **_point_look(marker))
    _frame(axes, cells.total_bounds)
    _scale_bar(axes, cells.total_bounds)
    _legend(axes, drawing, words)
    axes.set_title(drawing.title, loc="left", fontsize=12)
    below = " · ".join(filter(None, (drawing.day, drawing.below, words["made_on"])))
    figure.text(0.02, 0.012, below, fontsize=8, color=_GREY)
    if drawing.mark:
        mark_figure(figure, drawing.mark)
    return save_figure(figure)


def open_figure(language: str, inches: tuple[float, float] = _INCHES) -> Any:
    """Figure without a window, in a font that has the characters of the language.

    Raises
    ------
    AssetError
        If matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise AssetError(
            "Pictures need matplotlib, which is not installed. Install the extra: "
            "pip install 'gridmap[report]'."
        ) from error
    import matplotlib as mpl

    from gridmap.report.fonts import picture_fonts

    mpl.rcParams["font.family"] = list(picture_fonts(language))
    mpl.rcParams["axes.unicode_minus"] = False
    figure = Figure(figsize=inches, facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def _size(bounds: Any) -> tuple[float, float]:
    """Size of a picture [inches] in which the ground leaves little empty."""
    west, south, east, north = bounds
    width, highest = _INCHES
    ground = 0.73 * width * (north - south) / max(east - west, 1e-6) / 0.82
    return width, min(highest, max(_LOWEST_INCHES, ground))


def save_figure(figure: Any) -> bytes:
    """PNG of a figure, in as many colours as a map needs: a third of the size."""
    from PIL import Image

    whole, file = io.BytesIO(), io.BytesIO()
    figure.savefig(whole, format="png", dpi=_DOTS_PER_INCH)
    picture = Image.open(whole).convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
    picture.save(file, format="png", dpi=(_DOTS_PER_INCH, _DOTS_PER_INCH))
    return file.getvalue()


def _add_lines(axes: Any, lines: Any) -> None:
    from matplotlib.collections import LineCollection

    parts = [shapely.get_coordinates(one) for one in shapely.get_parts(lines)]
    axes.add_collection(LineCollection(parts, colors=_LIGHT, linewidths=0.5, zorder=3, alpha=0.7))


def _add_cells(axes: Any, shapes: Any, one: MapClass) -> None:
    from matplotlib.collections import PathCollection
    from matplotlib.path import Path

    paths = [
        Path.make_compound_path(
            *(Path(shapely.get_coordinates(ring)) for ring in shapely.get_rings(part))
        )
        for part in shapely.get_parts(shapes)
    ]
    axes.add_collection(
        PathCollection(
            paths,
            facecolors=one.colour,
            edgecolors=_GREY,
            linewidths=0.6,
            hatch=one.hatch or None,
            zorder=2,
        )
    )


def _frame(axes: Any, bounds: Any) -> None:
    west, south, east, north = bounds
    margin = 0.03 * max(east - west, north - south)
    axes.set_xlim(west - margin, east + margin)
    axes.set_ylim(south - 3 * margin, north + margin)
    axes.set_aspect("equal", adjustable="box", anchor="W")
    axes.set_axis_off()
    axes.annotate(
        "N", xy=(0.985, 0.985), xytext=(0.985, 0.90), xycoords="axes fraction", ha="center",
        arrowprops={"arrowstyle": "-|>", "color": "#333333"}, fontsize=9,
    )  # fmt: skip


def _scale_bar(axes: Any, bounds: Any) -> None:
    west, south, east, north = bounds
    length = round_length(_SCALE_SHARE * (east - west))
    margin = 0.03 * max(east - west, north - south)
    y, label = south - 2 * margin, f"{length:g} m" if length < 1000 else f"{length / 1000:g} km"
    axes.plot([west, west + length], [y, y], color="#333333", linewidth=2.5)
    axes.text(west + length / 2, y + margin / 3, label, ha="center", va="bottom", fontsize=8)


def round_length(wanted_m: float) -> float:
    """Longest of 1, 2, 5 · 10ⁿ that is no longer than wanted [m].

    Examples
    --------
    >>> round_length(340.0), round_length(99.0)
    (200.0, 50.0)
    """
    power = 10.0 ** np.floor(np.log10(max(wanted_m, 1e-6)))
    return float(max(step * power for step in _STEPS if step * power <= wanted_m * (1 + 1e-9)))


def _legend(axes: Any, drawing: Drawing, words: Mapping[str, str]) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    told = [*drawing.classes]
    if drawing.estimated:
        told.append(replace(_ESTIMATED, label=words["hatched"], cell_ids=drawing.estimated))
    shown: list[Any] = [
        Patch(
            facecolor=one.colour,
            edgecolor=_GREY,
            hatch=one.hatch or None,
            label=f"{one.label}（{len(one.cell_ids)}）"
            if not one.label.isascii()
            else f"{one.label} ({len(one.cell_ids)})",
        )
        for one in told
        if one.cell_ids
    ]
    shown += [
        Line2D([], [], linestyle="", marker=marker, label=label, **_point_look(marker))
        for marker, label in drawing.point_labels.items()
        if marker in (drawing.points or {})
    ]
    axes.legend(
        handles=shown, loc="upper left", bbox_to_anchor=(1.0, 0.98), frameon=False, fontsize=9
    )


def _point_look(marker: str) -> dict[str, Any]:
    # What is new stands out by shape and size, not by colour alone.
    new = marker in {"^", "X"}
    colour, size = ("#d6604d", 8) if new else ("#222222", 4.5)
    return {"color": colour, "markersize": size, "markeredgecolor": "white"}


def mark_figure(figure: Any, mark: str) -> None:
    """Say in the corner of a picture that what it shows is made up."""
    figure.text(
        0.98, 0.012, mark, ha="right", fontsize=8, color="#222222",
        bbox={"facecolor": "#f6e3b4", "edgecolor": "#8a6d1d", "boxstyle": "square,pad=0.3"},
    )  # fmt: skip
