"""Demand: where the people are, on the finest support the district knows."""

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridmap.district import District
from gridmap.errors import InputError, name_ids
from gridmap.reference import is_home
from gridmap.services.network import BoolArray, FloatArray, IntArray
from gridmap.units import STOREY_HEIGHT_M

Shapes = npt.NDArray[np.object_]

ON_HOMES = "people spread over the floor area of residential buildings"
ON_ANY_BUILDING = "people spread over the floor area of buildings of unknown use"
ON_LAND = "no home is mapped here: people spread over residential ground"
ON_GROUND = "no home is mapped here: people placed at the middle of their square"
IS_ESTIMATE = "the population itself is an estimate"
UNKNOWN_POPULATION = "the population of this cell is not known"

CRACK_M = 0.001
"""A point this near [m] to a cell lies in it."""

_RESIDENTIAL = frozenset({"residential", "住宅", "居住", "住宅用地", "居住用地"})
_UNTOLD = frozenset({"", "yes", "unknown", "nan", "none", "<na>", "未知"})
_ESTIMATE_WORDS = r"estimat|synthetic|dasymetric|model|floor area|估|推算|合成"


@dataclass(frozen=True, eq=False)
class Demand:
    """People at points, each point in at most one cell.

    Attributes
    ----------
    points : GeoDataFrame
        ``people``, ``cell`` (position in the cells, -1 outside), ``reason`` (empty where the
        place is known) and ``origin`` (row it comes from), geometry in the CRS of the district.
    known : ndarray of bool, shape (cells,)
        Whether the population of each cell is known.
    outside_people : float
        People of the population layer that lie in no cell, beyond the boundary included.
    layer : str
        Layer the people come from: ``population``; without one ``cells``, or ``communities``
        where no cell has a figure.
    """

    points: gpd.GeoDataFrame
    known: BoolArray
    outside_people: float
    layer: str

    @property
    def people(self) -> FloatArray:
        """People at each point."""
        return np.asarray(self.points["people"], dtype=np.float64)

    @property
    def cell(self) -> IntArray:
        """Cell of each point, -1 outside."""
        return np.asarray(self.points["cell"], dtype=np.int64)

    @property
    def population(self) -> float | None:
        """People inside the cells; None where no cell's population is known."""
        if not self.known.any():
            return None
        return float(self.people[self.cell >= 0].sum())


def place_people(district: District) -> Demand:
    """Place the people of a district at points.

    Parameters
    ----------
    district : District
        Needs ``cells``; reads ``population``, ``communities``, ``buildings``, ``landuse`` and
        the boundary.

    Returns
    -------
    Demand
        Σ people inside cells + outside = Σ population, to rounding.

    Raises
    ------
    InputError
        If a population is negative.

    Notes
    -----
    Points of the layer ``population`` stay where they are. A polygon keeps the share of its
    people that its area inside the boundary has, and spreads them over the floor area
    (footprint × storeys) of the residential buildings in it; where none is tagged residential,
    over those of unknown use; where there are none either, over its residential land use; at last
    over its area. Ground is cut by the cells, one point for each piece. Storeys come from
    ``levels``, else from ``height_m`` at 3 m, else the median of the known ones, else 1. Without
    the layer, the population of each cell is spread in the same way; where no cell has a figure,
    that of each community; without that, it is unknown. Each point says by its reason how it was
    placed (MEASURES.md 3, dasymetric).

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> place_people(toy_district()).points[["people", "cell"]].values.tolist()
    [[200.0, 0.0], [160.0, 1.0], [100.0, 2.0], [40.0, 3.0]]
    """
    cells = district["cells"]
    layer = _layer_of(district)
    if layer == "population":
        points, beyond = _from_layer(district)
        known = np.ones(len(cells), dtype=bool)
    else:
        points, beyond = _from_totals(district, layer), 0.0
        known = cells["population"].notna().to_numpy(dtype=bool)
    if layer == "communities":
        told = district[layer].loc[district[layer]["population"].notna(), "code"]
        known = cells["community_code"].isin(told).to_numpy(dtype=bool)
    points["cell"] = _cell_of(points, cells)
    outside = float(points["people"][points["cell"] < 0].sum())
    frame = gpd.GeoDataFrame(points, geometry="geometry", crs=district.crs)
    return Demand(frame, known, beyond + outside, layer)


def spread(
    supports: Shapes, people: FloatArray, buildings: Any, cells: Any, landuse: Any = None
) -> dict[str, npt.NDArray[Any]]:
    """Spread the people of polygons over the homes in them.

    Parameters
    ----------
    supports : ndarray of polygon, shape (n,)
        Where people are counted.
    people : ndarray, shape (n,)
        How many.
    buildings : GeoDataFrame
        Layer ``buildings``.
    cells : GeoDataFrame
        Cells by which a polygon without buildings is cut.
    landuse : GeoDataFrame, optional
        Layer ``landuse``, whose residential ground counts where there are no buildings.

    Returns
    -------
    dict of ndarray
        ``people``, ``reason``, ``row`` (position of the polygon), ``geometry`` (point).

    Examples
    --------
    >>> import numpy as np
    >>> from gridmap.samples import box, toy_district
    >>> toy = toy_district()
    >>> west = np.array([box(0, 0, 200, 400)], dtype=object)
    >>> placed = spread(west, np.array([300.0]), toy["buildings"], toy["cells"])
    >>> placed["people"].tolist(), placed["reason"].tolist() == [ON_HOMES]
    ([300.0], True)
    """
    row, piece, weight, rank = _building_pieces(supports, buildings)
    best = np.zeros(len(supports), dtype=np.int64)
    np.maximum.at(best, row, rank)
    chosen = (rank > 0) & (rank == best[row])
    row, piece, weight = row[chosen], piece[chosen], weight[chosen]
    bare = np.flatnonzero(best == 0)
    lived, on_land = _residential(supports[bare], landuse)
    bare_row, ground = _ground_pieces(lived, cells)
    row = np.concatenate([row, bare[bare_row]])
    piece = np.concatenate([piece, ground])
    weight = np.concatenate([weight, shapely.area(ground)])
    total = np.bincount(row, weights=weight, minlength=len(supports))
    best[bare[on_land]] = 3
    words = np.array([ON_GROUND, ON_ANY_BUILDING, ON_HOMES, ON_LAND], dtype=object)
    return {
        "people": people[row] * weight / total[row],
        "reason": words[best[row]],
        "row": row,
        "geometry": _middles(piece),
    }


def _from_layer(district: District) -> tuple[pd.DataFrame, float]:
    layer = district["population"]
    counts = layer["population"].to_numpy(dtype=np.float64)
    _refuse_negative(counts, layer.index + 1, "population", "row ")
    shapes = np.asarray(layer.geometry, dtype=object)
    areal = np.flatnonzero(shapely.get_dimensions(shapes) == 2)
    dotted = np.flatnonzero(shapely.get_dimensions(shapes) < 2)
    inside = _overlap(shapes[areal], district.outline)
    share = shapely.area(inside) / shapely.area(shapes[areal])
    touched = np.flatnonzero(share > 0)
    placed = spread(
        inside[touched],
        (counts[areal] * share)[touched],
        district["buildings"],
        district["cells"],
        district["landuse"],
    )
    placed["row"] = areal[touched][placed["row"]]
    points = pd.DataFrame(
        {
            "people": np.concatenate([counts[dotted], placed["people"]]),
            "reason": np.concatenate([np.full(len(dotted), "", dtype=object), placed["reason"]]),
            "origin": np.concatenate([dotted, placed["row"]]),
            "geometry": np.concatenate([shapes[dotted], placed["geometry"]]),
        }
    )
    points["reason"] = _add_estimates(points, layer["method"])
    return points, float((counts[areal] * (1 - share)).sum())


def _layer_of(district: District) -> str:
    if "population" in district:
        return "population"
    of_communities = district["communities"]["population"].notna().any()
    of_cells = district["cells"]["population"].notna().any()
    return "communities" if of_communities and not of_cells else "cells"


def _from_totals(district: District, layer: str) -> pd.DataFrame:
    """People of cells or communities, of which only totals are known."""
    rows = district[layer]
    told = np.flatnonzero(rows["population"].notna())
    counts = rows["population"].to_numpy(dtype=np.float64)[told]
    names = rows["cell_id" if layer == "cells" else "code"].iloc[told]
    _refuse_negative(counts, names, layer, "")
    shapes = np.asarray(rows.geometry, dtype=object)[told]
    ground = district["buildings"], district["cells"], district["landuse"]
    placed = spread(shapes, counts, *ground)
    origin = told[placed.pop("row")]
    return pd.DataFrame(placed | {"origin": origin})


def _refuse_negative(counts: FloatArray, ids: Any, layer: str, prefix: str) -> None:
    negative = counts < 0
    if negative.any():
        raise InputError(
            f"Layer '{layer}' expects a population of 0 or more; found negative values in "
            f"{name_ids(f'{prefix}{one}' for one in np.asarray(ids)[negative])}. Correct them."
        )


def _add_estimates(points: pd.DataFrame, method: pd.Series) -> pd.Series:
    guessed = method.astype("str").str.contains(_ESTIMATE_WORDS, case=False, na=False)
    here = guessed.to_numpy(dtype=bool)[points["origin"].to_numpy(dtype=np.int64)]
    parts = points["reason"].where(points["reason"] == "", points["reason"] + "; ")
    return points["reason"].where(~here, parts + IS_ESTIMATE)


def _cell_of(points: pd.DataFrame, cells: Any) -> IntArray:
    """Cell of each point; on a common border the one whose id sorts first.

    A point in a crack between cells, which projecting can open, belongs to a cell beside it.
    """
    order = np.argsort(cells["cell_id"].to_numpy(dtype=object), kind="stable")
    tree = shapely.STRtree(np.asarray(cells.geometry, dtype=object)[order])
    places = np.asarray(points["geometry"], dtype=object)
    first = np.full(len(points), len(cells), dtype=np.int64)
    point, rank = tree.query(places, predicate="intersects")
    np.minimum.at(first, point, rank)
    lost = np.flatnonzero(first == len(cells))
    point, rank = tree.query(places[lost], predicate="dwithin", distance=CRACK_M)
    np.minimum.at(first, lost[point], rank)
    return np.append(order, -1)[first].astype(np.int64)


def _building_pieces(
    supports: Shapes, buildings: Any
) -> tuple[IntArray, Shapes, FloatArray, IntArray]:
    """Support, part inside, floor area and rank (2 home, 1 unknown use, 0 other) of buildings."""
    shapes = np.asarray(buildings.geometry, dtype=object)
    row, building = shapely.STRtree(shapes).query(supports, predicate="intersects")
    piece = shapes[building]
    cut = ~shapely.covers(supports[row], piece)
    piece[cut] = _overlap(piece[cut], supports[row[cut]])
    floor_m2 = shapely.area(piece) * _storeys(buildings)[building]
    use = buildings["use"].astype("str").fillna("").str.strip().str.lower()
    rank = np.where(is_home(use), 2, np.where(use.isin(_UNTOLD), 1, 0))[building]
    real = floor_m2 > 0
    return row[real], piece[real], floor_m2[real], rank[real].astype(np.int64)


def _storeys(buildings: Any) -> FloatArray:
    levels = buildings["levels"].to_numpy(dtype=np.float64)
    tall = np.round(buildings["height_m"].to_numpy(dtype=np.float64) / STOREY_HEIGHT_M)
    known = np.where(levels > 0, levels, np.where(tall > 0, tall, np.nan))
    usual = float(np.nanmedian(known)) if np.isfinite(known).any() else 1.0
    return np.where(np.isnan(known), usual, known)


def _residential(supports: Shapes, landuse: Any) -> tuple[Shapes, BoolArray]:
    """Residential ground of each polygon, or all of it where there is none, and where there is."""
    lived, found = supports.copy(), np.zeros(len(supports), dtype=bool)
    if landuse is None or not len(landuse) or not len(supports):
        return lived, found
    kind = landuse["kind"].astype("str").str.strip().str.lower()
    shapes = np.asarray(landuse.geometry, dtype=object)[kind.isin(_RESIDENTIAL).to_numpy()]
    row, land = shapely.STRtree(shapes).query(supports, predicate="intersects")
    common = _overlap(supports[row], shapes[land])
    for position in np.unique(row[shapely.area(common) > 0]):
        lived[position] = shapely.union_all(common[row == position])
        found[position] = True
    return lived, found


def _ground_pieces(supports: Shapes, cells: Any) -> tuple[IntArray, Shapes]:
    """Polygons cut by the cells, with what is left outside them."""
    shapes = np.asarray(cells.geometry, dtype=object)
    row, cell = shapely.STRtree(shapes).query(supports, predicate="intersects")
    within = _overlap(supports[row], shapes[cell])
    rest = supports.copy()
    for position in np.unique(row):
        rest[position] = shapely.difference(
            supports[position], shapely.union_all(within[row == position])
        )
    rows = np.concatenate([row, np.arange(len(supports))])
    pieces = np.concatenate([within, rest])
    real = shapely.area(pieces) > 0
    return rows[real].astype(np.int64), pieces[real]


def _overlap(first: Any, second: Any) -> Shapes:
    """Take the common area; lines and points where the two only touch are left out."""
    common = np.asarray(shapely.intersection(first, second), dtype=object)
    mixed = np.flatnonzero(shapely.get_type_id(common) == shapely.GeometryType.GEOMETRYCOLLECTION)
    for position in mixed:
        parts = shapely.get_parts(common[position])
        common[position] = shapely.union_all(parts[shapely.get_dimensions(parts) == 2])
    return common


def _middles(pieces: Shapes) -> Shapes:
    """Centroid of each piece, or a point inside where the centroid lies outside."""
    centres = shapely.centroid(pieces)
    inside = shapely.contains(pieces, centres)
    return np.where(inside, centres, shapely.point_on_surface(pieces)).astype(object)
