"""Divide a district into cells: what ``gridmap divide`` asks for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from gridmap.district import District
from gridmap.errors import InputError
from gridmap.grid.codes import SERIAL_DIGITS
from gridmap.grid.divide import lay_h3, lay_hexagons, lay_squares, size_for_households
from gridmap.grid.quality import examine_tiling
from gridmap.progress import Progress, silent
from gridmap.schema import Finding
from gridmap.studies.divide_streets import TARGET_HOUSEHOLDS, divide_along_streets
from gridmap.studies.people import count_people

METHODS = ("streets", "square", "hexagon", "h3")
"""Ways to lay cells."""
STREET_OPTIONS = ("weights", "household_size", "dedicated_m2", "events")
"""Options that only the method streets takes, see :func:`divide_along_streets`."""
DEFAULT_SIZE_M = 500.0
DEFAULT_RESOLUTION = 9


@dataclass(frozen=True, eq=False)
class Division:
    """A district with new cells.

    Attributes
    ----------
    district : District
        The district with its layer ``cells`` replaced.
    replaced : int
        Cells that were there before.
    findings : list of Finding
        Cells that do not tile, rows of other layers that name cells no longer there, and what a
        division along streets has to say.
    source : str
        Where the households that cells along streets are balanced by come from; else empty.
    """

    district: District
    replaced: int
    findings: list[Finding]
    source: str = field(default="")


def divide(
    district: District,
    method: str = "square",
    *,
    size_m: float | None = None,
    resolution: int | None = None,
    households: float | None = None,
    serial_digits: int = SERIAL_DIGITS,
    seed: int = 0,
    streets: Mapping[str, Any] | None = None,
    progress: Progress = silent,
) -> Division:
    """Lay new cells over a district and count its people into them.

    Parameters
    ----------
    district : District
        With communities, or taken as one community.
    method : {"streets", "square", "hexagon", "h3"}
        Blocks between streets, or a pattern.
    size_m : float, optional
        Side of a square, width of a hexagon across its flats [m]; default 500.
    resolution : int, optional
        H3 resolution; default 9.
    households : float, optional
        Households wanted per cell: along streets in each (default 400), else on average,
        instead of ``size_m``.
    serial_digits : int
        Digits of the serial in the cell codes.
    seed : int
        Seed of the method streets; patterns draw no lots.
    streets : mapping, optional
        Further options of :func:`gridmap.studies.divide_streets.divide_along_streets`, those of
        :data:`STREET_OPTIONS`.
    progress : callable
        Told of the stages.

    Raises
    ------
    InputError
        If the method is unknown, an option does not belong to it, or the size cannot be.

    Notes
    -----
    ``population`` and ``households`` come from the layer ``population``, placed as the services
    are measured (:func:`gridmap.studies.people.count_people`). Without it, or where it has no
    figures, they stay empty.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> division = divide(toy_district(), "square", size_m=200)
    >>> division.replaced, division.district["cells"].population.tolist()
    (4, [200.0, 100.0, 160.0, 40.0])
    """
    _check_options(method, size_m, resolution, households, streets)
    if method == "streets":
        made = divide_along_streets(
            district,
            TARGET_HOUSEHOLDS if households is None else households,
            seed=seed,
            serial_digits=serial_digits,
            progress=progress,
            **(streets or {}),
        )
        return _divided(district, made.cells, made.findings, made.source)
    if households is not None:
        size_m = _size_for(district, method, households)
    cells = _lay(district, method, size_m, resolution, serial_digits)
    if "population" in district:
        counts = count_people(district.with_layers(cells=cells))
        cells[counts.columns] = counts.to_numpy()
    return _divided(district, cells, [], "")


def _divided(district: District, cells: Any, found: list[Finding], source: str) -> Division:
    told = _provenance(district, cells, source)
    divided = district.with_layers(cells=cells, provenance=told)
    findings = examine_tiling(divided["cells"], divided.communities) + _orphans(divided)
    return Division(divided, len(district["cells"]), found + findings, source)


def _lay(
    district: District,
    method: str,
    size_m: float | None,
    resolution: int | None,
    serial_digits: int,
) -> Any:
    communities = district.communities
    if method == "h3":
        level = DEFAULT_RESOLUTION if resolution is None else resolution
        return lay_h3(communities, level, serial_digits=serial_digits)
    lay = lay_squares if method == "square" else lay_hexagons
    size = DEFAULT_SIZE_M if size_m is None else size_m
    return lay(communities, size, serial_digits=serial_digits)


def _check_options(
    method: str,
    size_m: float | None,
    resolution: int | None,
    households: float | None,
    streets: Mapping[str, Any] | None,
) -> None:
    if method not in METHODS:
        raise InputError(f"Unknown method '{method}'. There are: {', '.join(METHODS)}.")
    if method == "streets" and (size_m is not None or resolution is not None):
        raise InputError("Method streets takes --households, not --size-m or --resolution.")
    if method != "streets" and streets:
        raise InputError(
            f"Method {method} lays a pattern: {', '.join(streets)} belong to --method streets."
        )
    if method == "h3" and (size_m is not None or households is not None):
        raise InputError("Method h3 takes --resolution (0 to 15), not --size-m or --households.")
    if method != "h3" and resolution is not None:
        raise InputError(f"Method {method} takes --size-m or --households, not --resolution.")
    if size_m is not None and households is not None:
        raise InputError("Give --size-m or --households, not both: one follows from the other.")


def _size_for(district: District, method: str, target: float) -> float:
    counted = district["population"]["households"].sum()
    return size_for_households(float(counted), district.communities.area.sum(), target, method)


def _provenance(district: District, cells: Any, source: str) -> pd.DataFrame:
    told = district["provenance"]
    counted = "people counted from the layer population" if "population" in district else None
    laid = {
        "layer": "cells",
        "source": f"laid by gridmap divide as {cells['grid_version'].iloc[0]}",
        "synthetic": False,
        "note": f"households: {source}" if source else counted,
    }
    return pd.concat([told[told["layer"] != "cells"], pd.DataFrame([laid])], ignore_index=True)


def _orphans(district: District) -> list[Finding]:
    cells, communities = district["cells"], district.communities
    known = pd.concat([cells["cell_id"], communities["code"], pd.Series(["*"])])
    found = []
    for layer in ("duties", "requirements"):
        named = district[layer]["cell_id"]
        lost = named[~named.isin(known)].unique()
        if len(lost):
            found.append(
                Finding(
                    "unknown_cell",
                    "warning",
                    layer,
                    tuple(lost),
                    f"{len(lost)} cells that this layer names are not in the new grid",
                    "Assign these rows to the new cells, and import the layer again.",
                )
            )
    return found
