"""The cameras dimension: from positions and optics to rows, summary, views and blind spots."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.cameras.optics import EDITION
from gridmap.cameras.poses import level_names, pose_cameras
from gridmap.cameras.privacy import building_findings, camera_findings
from gridmap.cameras.public import Shapes, public_ground
from gridmap.cameras.seen import Seen, blind_spots, measure_seen
from gridmap.cameras.views import aim_at, draw_views
from gridmap.cameras.walls import Walls, merge_walls
from gridmap.district import District
from gridmap.progress import Progress, silent
from gridmap.rows import coverage_rows, judge
from gridmap.schema import Finding
from gridmap.units import MIN_PUBLIC_M2

RULE, SOURCE = "camera_sight", "IEC/EN 62676-4; gridmap measures, cameras"
ANY = "any"
"""Level of ground seen by any camera, where some have optics and some only a range."""
UPPER_BOUND = "upper bound: trees and walls are not in the data"


@dataclass(frozen=True, eq=False)
class CameraMeasures:
    """What cameras measured.

    Attributes
    ----------
    rows : DataFrame
        Rows of the coverage table: ``camera.share_{level}`` and ``camera.public_m2`` per cell.
    summary : dict
        Keys of ``summary.json``.
    views : GeoDataFrame
        camera_id, level, area_m2, facade_m, facade_residential_m, counted, geometry. Views of
        cameras on private ground are there for privacy and not counted.
    blind_spots : GeoDataFrame
        cell_id, area_m2, rank, geometry.
    findings : list of Finding
        Cameras not counted and why, assumptions made, papers missing.
    """

    rows: pd.DataFrame
    summary: dict[str, Any]
    views: gpd.GeoDataFrame
    blind_spots: gpd.GeoDataFrame
    findings: list[Finding]


def measure_cameras(
    district: District,
    on: date | None = None,
    progress: Progress = silent,
    edition: str = EDITION,
) -> CameraMeasures:
    """Measure cameras: the share of each cell's public space that is seen, by level.

    Parameters
    ----------
    district : District
        With cells and cameras; roads, landuse and buildings where it has them.
    on : date, optional
        Day for which cameras count; default: any day.
    progress : Progress, optional
        Told of each stage.
    edition : {"2014", "2025"}
        Edition of IEC/EN 62676-4.

    Returns
    -------
    CameraMeasures

    Raises
    ------
    MissingLayerError
        If the district has no cells or no cameras.

    Notes
    -----
    Share of a cell at a level = area(P ∩ U_L) ÷ area(P), empty where P is under 100 m²; totals
    are weighted by public area (MEASURES.md 5). What is required is that all public space is seen
    at the lowest level. Where some cameras have optics and some only a range, the lowest level is
    ``any``: seen by any camera at its own lowest level. Trees and free-standing walls are not in
    the data, so shares are upper bounds. View polygons are arcs (``arc``), not planes.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> cameras = measure_cameras(toy_district())
    >>> cameras.summary["counted"], cameras.summary["public_area_m2"]
    (2, 18637.0)
    >>> cameras.views[["camera_id", "level"]].values.tolist()
    [['cam1', 'range'], ['cam2', 'range']]
    """
    district.needs("cells", "cameras")
    layer, cells = district["cameras"], district["cells"]
    walls = merge_walls(district["buildings"])
    poses = pose_cameras(layer, walls, on, edition)
    levels = level_names(poses, edition)
    views = _draw_views(poses, levels, walls, district, progress)
    progress("cameras: public space", 0, 0)
    public = public_ground(
        np.asarray(cells.geometry, dtype=object),
        district["roads"],
        district["landuse"],
        walls.blocks,
    )
    seen = measure_seen(views[views["counted"]], levels, public)
    progress("cameras: blind spots", 0, 0)
    spots = blind_spots(public, seen.any_view)
    spots.insert(0, "cell_id", cells["cell_id"].to_numpy()[spots.pop("cell")])
    findings = camera_findings(layer, poses, on)
    return CameraMeasures(
        rows=_rows(cells["cell_id"], levels, public, seen),
        summary=_cameras_summary(poses, views, findings) | _ground_summary(seen, public, spots),
        views=views,
        blind_spots=gpd.GeoDataFrame(spots, geometry="geometry", crs=district.crs),
        findings=findings + building_findings(district["buildings"]),
    )


def _draw_views(
    poses: pd.DataFrame, levels: list[str], walls: Walls, district: District, progress: Progress
) -> gpd.GeoDataFrame:
    drawn = poses[poses["reason"].isin(["", "private"])]
    progress("cameras: views", 0, len(drawn))
    ranges = drawn[levels].to_numpy(dtype=np.float64)
    x_m, y_m, heading, field = drawn[["x_m", "y_m", "heading_deg", "hfov_deg"]].to_numpy().T
    aims = aim_at(x_m, y_m, heading, field, ranges.max(axis=1, initial=0.0))
    views, _ = draw_views(aims, ranges, walls)
    row, level = np.nonzero(ranges > 0)
    table = pd.DataFrame(
        {
            "camera_id": drawn["camera_id"].to_numpy()[row],
            "level": np.array(levels, dtype=object)[level],
            "area_m2": np.column_stack([one.area_m2 for one in views])[row, level],
            "facade_m": np.column_stack([one.facade_m for one in views])[row, level],
            "facade_residential_m": np.column_stack([one.facade_home_m for one in views])[
                row, level
            ],
            "counted": (drawn["reason"] == "").to_numpy()[row],
        }
    )
    shapes = np.column_stack([one.shape for one in views])[row, level]
    return gpd.GeoDataFrame(table, geometry=shapes, crs=district.crs)


def _required_level(levels: list[str]) -> str:
    return ANY if "range" in levels and len(levels) > 1 else levels[0]


def _rows(ids: pd.Series, levels: list[str], public: Shapes, seen: Seen) -> pd.DataFrame:
    area = shapely.area(public)
    lowest = _required_level(levels)
    seen_m2 = {level: seen.level_m2[level].to_numpy() for level in levels}
    if lowest == ANY:
        seen_m2[ANY] = seen.any_m2
    tables = [
        _level_rows(ids, level, area, figure, 1.0 if level == lowest else np.nan)
        for level, figure in seen_m2.items()
    ]
    ground = coverage_rows(
        ids,
        "camera.public_m2",
        value=area,
        unit="m²",
        quality="estimated",
        reason="street widths are assumed by kind of street",
        source=SOURCE,
    )
    return pd.concat([*tables, ground], ignore_index=True)


def _level_rows(
    ids: pd.Series, level: str, area: Any, seen_m2: Any, required: float
) -> pd.DataFrame:
    enough = area >= MIN_PUBLIC_M2
    share = np.clip(np.divide(seen_m2, area, out=np.full(len(area), np.nan), where=enough), 0, 1)
    wanted = np.where(enough, required, np.nan)
    return coverage_rows(
        ids,
        f"camera.share_{level}",
        value=share,
        required=wanted,
        unit="share",
        status=judge(share, wanted),
        shortfall=np.where(enough, np.maximum(area - seen_m2, 0.0), np.nan),
        weight=area,
        quality="estimated",
        reason=np.where(enough, UPPER_BOUND, f"public space under {MIN_PUBLIC_M2:.0f} m²"),
        rule=RULE,
        source=SOURCE,
    )


def _cameras_summary(
    poses: pd.DataFrame, views: gpd.GeoDataFrame, findings: list[Finding]
) -> dict[str, Any]:
    widest = views.drop_duplicates("camera_id")
    out = poses[poses["reason"] != ""]
    return {
        "cameras": len(poses),
        "counted": len(poses) - len(out),
        "not_counted": {
            str(reason): ids.astype(str).tolist()
            for reason, ids in out.groupby("reason")["camera_id"]
        },
        "facade_residential_m": float(widest["facade_residential_m"].sum()),
        "findings": sum(len(one.ids) for one in findings),
    }


def _ground_summary(seen: Seen, public: Shapes, spots: pd.DataFrame) -> dict[str, Any]:
    area = float(shapely.area(public).sum())
    total = {level: float(seen.level_m2[level].sum()) for level in seen.level_m2}
    return {
        "public_area_m2": round(area, 6),
        "seen_m2": total,
        "seen_share": {level: value / area if area > 0 else None for level, value in total.items()},
        "depth_2_share": float(seen.twice_m2.sum()) / area if area > 0 else None,
        "blind_spots": len(spots),
    }
