"""Divide a district into cells: what ``gridmap divide`` asks for."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from gridmap.district import District
from gridmap.errors import InputError
from gridmap.grid.codes import SERIAL_DIGITS
from gridmap.grid.divide import lay_h3, lay_hexagons, lay_squares, size_for_households
from gridmap.grid.quality import examine_tiling
from gridmap.schema import Finding
from gridmap.studies.people import count_people

METHODS = ("square", "hexagon", "h3")
"""Ways to lay cells."""
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
        Cells that do not tile, and rows of other layers that name cells no longer there.
    """

    district: District
    replaced: int
    findings: list[Finding]


def divide(
    district: District,
    method: str = "square",
    *,
    size_m: float | None = None,
    resolution: int | None = None,
    households: float | None = None,
    serial_digits: int = SERIAL_DIGITS,
) -> Division:
    """Lay new cells over a district and count its people into them.

    Parameters
    ----------
    district : District
        With communities, or taken as one community.
    method : {"square", "hexagon", "h3"}
        Pattern of the cells.
    size_m : float, optional
        Side of a square, width of a hexagon across its flats [m]; default 500.
    resolution : int, optional
        H3 resolution; default 9.
    households : float, optional
        Households wanted per cell on average, instead of ``size_m``.
    serial_digits : int
        Digits of the serial in the cell codes.

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
    _check_options(method, size_m, resolution, households)
    if households is not None:
        size_m = _size_for(district, method, households)
    cells = _lay(district, method, size_m, resolution, serial_digits)
    if "population" in district:
        counts = count_people(district.with_layers(cells=cells))
        cells[counts.columns] = counts.to_numpy()
    divided = district.with_layers(cells=cells, provenance=_provenance(district, cells))
    findings = examine_tiling(divided["cells"], divided.communities) + _orphans(divided)
    return Division(divided, len(district["cells"]), findings)


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
    method: str, size_m: float | None, resolution: int | None, households: float | None
) -> None:
    if method not in METHODS:
        raise InputError(f"Unknown method '{method}'. There are: {', '.join(METHODS)}.")
    if method == "h3" and (size_m is not None or households is not None):
        raise InputError("Method h3 takes --resolution (0 to 15), not --size-m or --households.")
    if method != "h3" and resolution is not None:
        raise InputError(f"Method {method} takes --size-m or --households, not --resolution.")
    if size_m is not None and households is not None:
        raise InputError("Give --size-m or --households, not both: one follows from the other.")


def _size_for(district: District, method: str, target: float) -> float:
    counted = district["population"]["households"].sum()
    return size_for_households(float(counted), district.communities.area.sum(), target, method)


def _provenance(district: District, cells: Any) -> pd.DataFrame:
    told = district["provenance"]
    laid = {
        "layer": "cells",
        "source": f"laid by gridmap divide as {cells['grid_version'].iloc[0]}",
        "synthetic": False,
        "note": "people counted from the layer population" if "population" in district else None,
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
