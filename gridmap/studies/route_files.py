"""Plans of routes and the files they are written to."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import geopandas as gpd
import pandas as pd
import shapely

from gridmap.crs import project
from gridmap.district import District
from gridmap.io.files import replacing
from gridmap.io.gpx import GpxPoint, GpxRoute, write_geojson, write_gpx
from gridmap.io.results import synthetic_mark, write_json, write_table
from gridmap.schema import Finding

_WGS84 = gpd.GeoSeries(crs=4326).crs


@dataclass(frozen=True, eq=False)
class RoutePlan:
    """Routes, ready to be written and drawn.

    Attributes
    ----------
    kind : {"gaps", "tour"}
        What they are for.
    routes : GeoDataFrame
        unit (from 1), length_m, minutes, stops, start and end (UTC; gap routes), geometry.
    stops : GeoDataFrame
        unit, order, cell_id, window, arrive, leave (UTC), geometry; empty for tours.
    expected : DataFrame
        cell_id, window, status, planned, reason: what gap routes would make of each due window.
    summary : dict
        Totals.
    findings : list of Finding
        What was doubtful.
    """

    kind: str
    routes: gpd.GeoDataFrame
    stops: gpd.GeoDataFrame
    expected: pd.DataFrame
    summary: dict[str, Any]
    findings: list[Finding] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return self.routes.empty


def write_routes(plan: RoutePlan, district: District, folder: str | Path) -> None:
    """Write routes.gpx, routes.geojson, stops.geojson, expected.csv and plan.json into a folder.

    Parameters
    ----------
    plan : RoutePlan
        Not an empty one.
    district : District
        It was planned for.
    folder : str or Path
        Folder to make; nothing half-written is left.
    """
    mark = synthetic_mark(district.synthetic_layers)
    with replacing(folder) as part:
        part.mkdir()
        write_gpx(_gpx_routes(plan), part / "routes.gpx", mark)
        write_geojson(plan.routes, part / "routes.geojson", mark)
        if len(plan.stops):
            write_geojson(plan.stops, part / "stops.geojson", mark)
        if len(plan.expected):
            write_table(plan.expected, part / "expected.csv")
        write_json(plan.summary, part / "plan.json")


def _gpx_routes(plan: RoutePlan) -> list[GpxRoute]:
    lines = project(plan.routes, _WGS84, "routes")
    stops = project(plan.stops, _WGS84, "stops") if len(plan.stops) else plan.stops
    return [
        GpxRoute(
            f"unit {row.unit}",
            [(x, y) for x, y in shapely.get_coordinates(row.geometry).tolist()],
            [_gpx_stop(one) for one in stops[stops["unit"] == row.unit].itertuples()],
            f"{row.length_m / 1000:.1f} km, {row.minutes:.0f} min, {row.stops} stops",
        )
        for row in lines.itertuples()
    ]


def _gpx_stop(row: Any) -> GpxPoint:
    stay = (row.leave - row.arrive).total_seconds() / 60
    return GpxPoint(
        row.geometry.x,
        row.geometry.y,
        f"{row.unit}.{row.order} {row.cell_id}",
        f"{row.window}, stay {stay:.0f} min",
        row.arrive.to_pydatetime().astimezone(ZoneInfo("UTC")),
    )
