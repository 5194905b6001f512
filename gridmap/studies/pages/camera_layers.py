"""Camera coverage measured anew: other levels, another day, broken cameras; and its map layers."""

import datetime as dt
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from sqlalchemy import Connection

from gridmap.cameras import CameraMeasures, measure_cameras
from gridmap.cameras.depth import Depth, arrange
from gridmap.cameras.optics import EDITION, EDITIONS
from gridmap.errors import InputError
from gridmap.store.scope import Scope
from gridmap.studies.camera_trial import ANY, Neighbourhood, Terms
from gridmap.studies.pages.camera_ground import (
    day_of,
    lonlat_of,
    open_whole,
    remember,
    version_of,
)

MOST_SHAPES = 2_000
"""Shapes sent for one part of the map; where there are more the reader is asked to come closer."""
_FINEST_M = 0.2


@dataclass(frozen=True, eq=False)
class Measured:
    """Cameras of a district, measured on its ground for one set of terms."""

    around: Neighbourhood
    measures: CameraMeasures
    kept: dict[Any, Any] = field(default_factory=dict)

    def shares(self) -> pd.DataFrame:
        """Share of each measure: measure, share and required, as the database would tell them."""
        rows = self.measures.rows
        known = rows.dropna(subset=["value", "weight"])
        heavy = (known["value"] * known["weight"]).groupby(known["measure"]).sum()
        weight = known.groupby("measure")["weight"].sum()
        required = rows["required"].notna().groupby(rows["measure"]).any()
        share = (heavy / weight.where(weight > 0)).reindex(required.index)
        return pd.DataFrame({"share": share, "required": required}).reset_index()

    def spots_lonlat(self) -> pd.DataFrame:
        """Blind spots by rank with their bounds: west, south, east, north [°]."""
        spots = self.measures.blind_spots
        bounds = shapely.bounds(lonlat_of(spots.geometry, spots.crs)).reshape(-1, 4)
        table = pd.DataFrame(spots.drop(columns="geometry")).reset_index(drop=True)
        table[["west", "south", "east", "north"]] = bounds
        return table

    @cached_property
    def depth(self) -> Depth:
        """Pieces of ground by how many cameras see them."""
        views = self.measures.views
        widest = views[views["counted"]].drop_duplicates("camera_id")
        return arrange(np.asarray(widest.geometry, dtype=object))


def terms_of(
    connection: Connection,
    district_id: int,
    edition: str = "",
    on: dt.date | None = None,
    *,
    working_only: bool = True,
) -> Terms:
    """Terms of a page: what is not asked for is as the coverage was stored.

    Raises
    ------
    InputError
        If there is no such edition.
    """
    if edition and edition not in EDITIONS:
        raise InputError(
            f"Expected an edition of IEC/EN 62676-4 among {', '.join(EDITIONS)}; found "
            f"'{edition[:20]}'. Use one of these."
        )
    return Terms(edition or EDITION, on or day_of(connection, district_id), working_only)


def measure_live(connection: Connection, scope: Scope, district_id: int, terms: Terms) -> Measured:
    """Measure the cameras in scope for some terms, or take what was measured before."""
    key = ("measured", *version_of(connection, scope, district_id), terms)

    def measure() -> Measured:
        around = open_whole(connection, scope, district_id)
        told = measure_cameras(
            around.district,
            terms.on,
            edition=terms.edition,
            ground=around.ground,
            working_only=terms.working_only,
        )
        return Measured(around, told)

    measured: Measured = remember(key, measure)
    return measured


Draw = Callable[[Measured], tuple[npt.NDArray[np.object_], pd.DataFrame]]


def shapes_page(  # noqa: PLR0917  one argument for each choice of the page
    connection: Connection,
    scope: Scope,
    district_id: int,
    terms: Terms,
    layer: str,
    level: str,
    window: Sequence[float],
    draw: Draw | None = None,
) -> dict[str, Any]:
    """Shapes of a layer in a part of the map, as GeoJSON.

    Parameters
    ----------
    connection, scope, district_id, terms
        As everywhere.
    layer : {"views", "depth", "spots", "public"}
        What is drawn, or the name of what ``draw`` draws.
    level : str
        Level of views, or what else tells apart what is drawn.
    window : sequence of float
        West, south, east, north [°].
    draw : callable, optional
        Draws another layer: shapes in the metric CRS, and what is told of each.

    Returns
    -------
    dict
        ``features`` (with ``times``, ``camera_id``, ``rank`` or ``cell_id``) and ``many``: how
        many there are if they are too many to send, else 0.

    Raises
    ------
    InputError
        If there is no such layer.
    """
    measured = measure_live(connection, scope, district_id, terms)
    if (layer, level) not in measured.kept:
        shapes, facts = draw(measured) if draw else _layer(measured, layer, level)
        fine = shapely.simplify(shapes, _FINEST_M)
        drawn = lonlat_of(fine, measured.around.district.crs)
        measured.kept[layer, level] = (drawn, facts, shapely.STRtree(drawn))
    drawn, facts, tree = measured.kept[layer, level]
    west, south, east, north = window
    near = tree.query(shapely.box(west, south, east, north))
    if len(near) > MOST_SHAPES:
        return {"features": [], "many": len(near)}
    told = facts.iloc[near].to_dict("records")
    features = [
        {"type": "Feature", "properties": row, "geometry": json.loads(shapely.to_geojson(shape))}
        for row, shape in zip(told, drawn[near], strict=True)
    ]
    return {"features": features, "many": 0}


def _layer(
    measured: Measured, layer: str, level: str
) -> tuple[npt.NDArray[np.object_], pd.DataFrame]:
    if layer == "depth":
        seen = measured.depth.times > 0
        times = measured.depth.times[seen]
        return measured.depth.face[seen], pd.DataFrame({"times": times})
    if layer == "public":
        ground = measured.around.ground
        return ground.public, pd.DataFrame({"cell_id": ground.cell_id})
    if layer == "spots":
        spots = measured.measures.blind_spots
        return np.asarray(spots.geometry, dtype=object), spots[["cell_id", "rank", "area_m2"]]
    if layer != "views":
        raise InputError(
            f"Expected a layer among views, depth, spots, public; found '{layer[:20]}'."
        )
    views = measured.measures.views
    views = views[views["counted"]]
    some = views.drop_duplicates("camera_id") if level == ANY else views[views["level"] == level]
    return np.asarray(some.geometry, dtype=object), pd.DataFrame(some[["camera_id", "level"]])
