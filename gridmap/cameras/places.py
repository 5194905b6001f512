"""Places: what a square metre of public ground weighs, by the class of place it lies in."""

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridmap.cameras.public import Shapes
from gridmap.district import District
from gridmap.reference import read_reference

Floats = npt.NDArray[np.float64]
_ARC_SEGMENTS = 4


@cache
def place_weights() -> pd.DataFrame:
    """List the classes of place that weigh more than other public ground (1).

    Returns
    -------
    DataFrame
        place, layer (``sites`` or ``landuse``), kinds (their types or kinds), around_m (how far
        around a site), weight, label_zh_Hans, label_zh_Hant, label_en, source, confidence.

    Notes
    -----
    Weights are chosen here, not taken from a standard; a district may want its own.

    Examples
    --------
    >>> place_weights().set_index("place").weight["square"]
    np.float64(2.0)
    """
    table = read_reference("place_weights.csv")
    table[["around_m", "weight"]] = table[["around_m", "weight"]].astype(float)
    table["kinds"] = table["kinds"].str.split("|")
    return table


def weigh_ground(pieces: Shapes, district: District) -> Floats:
    """Mean weight of a square metre of each piece of ground.

    Parameters
    ----------
    pieces : ndarray of Polygon, shape (n,)
        Ground in the CRS of the district.
    district : District
        With sites and landuse where it has them.

    Returns
    -------
    ndarray, shape (n,)
        1 where a piece lies in no class of place.

    Notes
    -----
    Where classes overlap the heaviest counts. With weights 1 = w₀ < w₁ < … the mean is
    1 + Σ (wᵢ − wᵢ₋₁) · area(piece ∩ places of weight ≥ wᵢ) ÷ area(piece).

    Examples
    --------
    A square of 40 m × 40 m covers half of a piece; its weight is 2.

    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> square = toy["landuse"].query("kind == 'square'").geometry.iloc[0].bounds
    >>> piece = shapely.box(square[0], square[1], square[2] + 40, square[3])
    >>> weigh_ground(np.array([piece]), toy.with_layers(sites=toy["sites"].iloc[:0])).tolist()
    [1.5]
    """
    told = np.ones(len(pieces))
    area = shapely.area(pieces)
    places = _places(district)
    below = 1.0
    for weight in sorted(places["weight"].unique()):
        heavy = np.asarray(places["geometry"][places["weight"] >= weight], dtype=object)
        share = np.divide(
            _area_within(pieces, heavy), area, out=np.zeros(len(area)), where=area > 0
        )
        told += (weight - below) * share
        below = weight
    return told


def _places(district: District) -> pd.DataFrame:
    """Ground of every place of a class that weighs more."""
    parts = []
    for one in place_weights().to_dict("records"):
        layer = district[one["layer"]]
        kind = layer["type" if one["layer"] == "sites" else "kind"]
        chosen = np.asarray(layer.geometry[kind.isin(one["kinds"])], dtype=object)
        if one["around_m"] > 0:
            chosen = shapely.buffer(chosen, one["around_m"], quad_segs=_ARC_SEGMENTS)
        parts.append(pd.DataFrame({"weight": one["weight"], "geometry": chosen}))
    return pd.concat(parts, ignore_index=True)


def _area_within(pieces: Shapes, places: Shapes) -> Floats:
    """Area of each piece that lies in any of the places [m²]."""
    told = np.zeros(len(pieces))
    row, place = shapely.STRtree(places).query(pieces, predicate="intersects")
    order = np.lexsort((place, row))
    starts = np.flatnonzero(np.diff(row[order], prepend=-1))
    for some in np.split(order, starts[1:]):
        if len(some):
            cover: Any = shapely.union_all(places[place[some]])
            told[row[some[0]]] = shapely.area(shapely.intersection(pieces[row[some[0]]], cover))
    return told
