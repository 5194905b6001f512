"""What dates and shapes a gap has, beyond the coverage table."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.coverage.gaps import GapFacts
from gridmap.district import District
from gridmap.staffing import vacant_since

_NEIGHBOURS_M = 5_000.0
"""Cells whose middles lie in one square of this side [m] are cut together."""


def know_gaps(
    district: District, measured: Mapping[str, Any], coverage: pd.DataFrame, on: date
) -> GapFacts:
    """Dates and shapes for the gap register.

    Parameters
    ----------
    district : District
        The district that was measured.
    measured : mapping of str to measures
        Measures by dimension.
    coverage : DataFrame
        The coverage table.
    on : date
        Local day of the study.

    Notes
    -----
    A vacant cell dates from the day its last accountable duty ended; people out of reach of a
    facility from the day on which the last site of its type closed within the norm of the cell
    (straight line). Where no such day is known, the date stays empty. People out of reach are
    drawn as the ground of their cell outside the walking area of the norm, unseen ground as the
    blind spots of the cell.
    """
    requirements = district["requirements"].dropna(subset=["start"])
    return GapFacts(
        timezone=district.timezone,
        window_starts=dict(zip(requirements["window"], requirements["start"], strict=True)),
        since=_since(district, measured, on),
        shapes=_shapes(district, measured, coverage),
        units=measured["standards"].units if "standards" in measured else None,
    )


def _since(district: District, measured: Mapping[str, Any], on: date) -> pd.DataFrame:
    parts = []
    if "staffing" in measured:
        days = vacant_since(district, on)
        parts.append(
            pd.DataFrame(
                {"measure": "staffing.accountable", "cell_id": days.index, "day": days.to_numpy()}
            )
        )
    if "services" in measured:
        parts.append(_closures(district, measured["services"].summary, on))
    if not parts:
        return pd.DataFrame(columns=["measure", "cell_id", "since"])
    table = pd.concat(parts, ignore_index=True).dropna(subset=["day"])
    local = pd.to_datetime(table["day"]).dt.tz_localize(
        district.timezone, ambiguous=True, nonexistent="shift_forward"
    )
    return table.assign(since=local.dt.tz_convert("UTC"))[["measure", "cell_id", "since"]]


def _closures(district: District, told: Mapping[str, Any], on: date) -> pd.DataFrame:
    """Last closure of a site within the norm of each cell, by facility type."""
    sites, cells = district["sites"], district["cells"]
    norm_m = pd.Series({name: facts["norm_m"] for name, facts in told.items()}, dtype=float)
    was_open = ~sites["proposed"].fillna(False) & sites["type"].isin(norm_m.index)
    closed = sites[was_open & (sites["closed_on"] <= pd.Timestamp(on))]
    site, cell = shapely.STRtree(cells.geometry.to_numpy()).query(
        closed.geometry.to_numpy(),
        predicate="dwithin",
        distance=norm_m.reindex(closed["type"]).to_numpy(),
    )
    table = pd.DataFrame(
        {
            "measure": (closed["type"] + ".walk_share").to_numpy()[site],
            "cell_id": cells["cell_id"].to_numpy()[cell],
            "day": closed["closed_on"].to_numpy()[site],
        }
    )
    latest = table.sort_values("day").drop_duplicates(["measure", "cell_id"], keep="last")
    return latest.reset_index(drop=True)


def _shapes(
    district: District, measured: Mapping[str, Any], coverage: pd.DataFrame
) -> gpd.GeoDataFrame | None:
    parts = []
    if "services" in measured:
        parts.append(_out_of_reach(district, measured["services"].service_areas, coverage))
    if "cameras" in measured:
        parts.append(_unseen(measured["cameras"].blind_spots, coverage))
    parts = [one for one in parts if len(one)]
    return pd.concat(parts, ignore_index=True) if parts else None


def _out_of_reach(
    district: District, areas: gpd.GeoDataFrame, coverage: pd.DataFrame
) -> gpd.GeoDataFrame:
    """Ground of each short cell from which no site of the type is within the norm."""
    within_norm = areas[areas["minutes"].isna()].set_index("type").geometry
    ground = district["cells"].set_index("cell_id").geometry
    short = coverage[
        coverage["measure"].str.endswith(".walk_share")
        & coverage["status"].isin(["partly", "missed"])
    ]
    kind = short["measure"].str.removesuffix(".walk_share")
    reached = within_norm.reindex(kind).to_numpy()
    cell = ground.reindex(short["cell_id"]).to_numpy()
    shapely.prepare(reached)
    cut = shapely.intersects(reached, cell)
    left = _polygonal(_cut_away(cell[cut], reached[cut], kind.to_numpy()[cut]))
    table = short.loc[cut, ["measure", "cell_id"]].reset_index(drop=True)
    shapes = gpd.GeoDataFrame(table, geometry=left, crs=district.crs)
    return shapes[~shapes.is_empty]


def _cut_away(cell: Any, area: Any, kind: Any) -> Any:
    """Each cell without the area of its kind; an area is cut out around neighbours first.

    Every cut looks at all corners of an area, and that of a district has a hundred thousand.
    """
    left = np.full(len(cell), None, dtype=object)
    middle = np.floor(shapely.get_coordinates(shapely.centroid(cell)) / _NEIGHBOURS_M)
    place = np.column_stack([pd.factorize(kind)[0], middle])
    group = np.unique(place, axis=0, return_inverse=True)[1]
    order = np.argsort(group, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(group[order])) + 1) if len(cell) else ():
        around = shapely.box(*shapely.total_bounds(cell[rows]))
        left[rows] = shapely.difference(cell[rows], shapely.intersection(area[rows[0]], around))
    return left


def _unseen(spots: gpd.GeoDataFrame, coverage: pd.DataFrame) -> gpd.GeoDataFrame:
    levels = coverage["measure"][coverage["measure"].str.startswith("camera.share_")].unique()
    by_cell = spots[["cell_id", "geometry"]].dissolve(by="cell_id", as_index=False)
    by_cell.geometry = _polygonal(by_cell.geometry.to_numpy())
    copies = [by_cell.assign(measure=level) for level in levels if len(by_cell)]
    return pd.concat(copies, ignore_index=True) if copies else by_cell


def _polygonal(shapes: Any) -> Any:
    """Polygon parts of each shape; what a cut leaves as lines and points is no ground."""
    parts, row = shapely.get_parts(shapes, return_index=True)
    solid = shapely.get_dimensions(parts) == 2
    kept = np.full(len(shapes), shapely.MultiPolygon(), dtype=object)
    if solid.any():
        shapely.multipolygons(parts[solid], indices=row[solid], out=kept)
    return kept
