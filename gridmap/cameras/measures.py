"""The cameras dimension: from positions and optics to rows, summary, views and blind spots."""

from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd

from gridmap.cameras.depth import depth_areas, redundancy, waste_share
from gridmap.cameras.drawing import draw_poses
from gridmap.cameras.duty import at_a_moment
from gridmap.cameras.ground import Ground, prepare_ground
from gridmap.cameras.optics import EDITION
from gridmap.cameras.places import weigh_ground
from gridmap.cameras.poses import level_names, pose_cameras, pose_findings
from gridmap.cameras.privacy import building_findings, camera_findings
from gridmap.cameras.seen import Seen, blind_spots, measure_seen, street_shares
from gridmap.district import District
from gridmap.progress import Progress, silent
from gridmap.rows import coverage_rows, judge
from gridmap.schema import Finding
from gridmap.units import MIN_PUBLIC_M2

RULE = "camera_sight"
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
        cell_id, area_m2, rank, weight, geometry.
    findings : list of Finding
        Cameras not counted and why, assumptions made, papers missing.
    poses : DataFrame
        From :func:`gridmap.cameras.poses.pose_cameras`.
    hits : DataFrame
        camera_id, from_deg, to_deg, distance_m, facade_m: where cameras look at homes.
    overlap : DataFrame
        camera_id, waste_share: how much of its widest view others see too.
    depth : DataFrame
        depth (k), area_m2 seen by exactly k cameras, public or not.
    communities : DataFrame
        community_code, level, public_m2, seen_m2, seen_share, street_m, street_share.
    streets : DataFrame
        From :func:`gridmap.cameras.seen.street_shares`.
    """

    rows: pd.DataFrame
    summary: dict[str, Any]
    views: gpd.GeoDataFrame
    blind_spots: gpd.GeoDataFrame
    findings: list[Finding]
    poses: pd.DataFrame
    hits: pd.DataFrame
    overlap: pd.DataFrame
    depth: pd.DataFrame
    communities: pd.DataFrame
    streets: pd.DataFrame


def measure_cameras(
    district: District,
    on: date | None = None,
    progress: Progress = silent,
    edition: str = EDITION,
    *,
    ground: Ground | None = None,
    working_only: bool = True,
    scenario: str | None = None,
    sight: str = "arc",
    ptz: str = "presets",
    weight: Any = 1.0,
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
    ground : Ground, optional
        From :func:`gridmap.cameras.ground.prepare_ground`, to measure other cameras on the same
        ground; default: made from the district.
    working_only : bool
        Whether broken cameras are left out; else they count as if they worked.
    scenario : {"low", "base", "high"}, optional
        What cameras of which nothing is known are taken to be; default: they do not count.
    sight : {"arc", "plane"}
        Where sight ends: at the range, or at the plane across the axis.
    ptz : {"presets", "instant", "reach"}
        What of a PTZ camera counts: all its bearings, what it sees at a moment on average (each
        bearing by its share of time), or all around.
    weight : float or ndarray, shape (n,)
        What a square metre of each cell weighs in the ranking of blind spots, times the weight of
        the places they lie in (:func:`gridmap.cameras.places.place_weights`).

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
    the data, so shares are upper bounds. Sight ends in arcs (``arc``), which is conservative,
    unless planes are asked for.

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
    layer = district["cameras"]
    progress("cameras: public space", 0, 0)
    ground = prepare_ground(district) if ground is None else ground
    poses = pose_cameras(
        layer, ground.walls, on, edition, working_only=working_only, scenario=scenario
    )
    levels = level_names(poses, edition)
    progress("cameras: views", 0, len(poses))
    bearings = "presets" if ptz == "instant" else ptz
    drawing = draw_poses(poses, levels, ground, district.crs, sight=sight, ptz=bearings)
    counted = drawing.views[drawing.views["counted"]]
    progress("cameras: union and depth", 0, 0)
    seen = measure_seen(counted, levels, ground.public, ground.streets)
    if ptz == "instant":
        seen, drawing = at_a_moment(poses, ground, seen, drawing, sight)
    progress("cameras: blind spots", 0, 0)
    spots = blind_spots(
        ground.public, seen.any_view, weight, lambda pieces: weigh_ground(pieces, district)
    )
    spots.insert(0, "cell_id", ground.cell_id[spots.pop("cell")])
    findings = camera_findings(layer, poses, on) + pose_findings(layer, poses, district["cells"])
    widest = counted.drop_duplicates("camera_id")
    return CameraMeasures(
        rows=_rows(ground, levels, seen, Basis(edition, sight)),
        summary={"levels": edition, "sight": sight, "which": "working" if working_only else "all"}
        | _cameras_summary(poses, drawing.views, findings)
        | _ground_summary(seen, ground, spots),
        views=drawing.views,
        blind_spots=gpd.GeoDataFrame(spots, geometry="geometry", crs=district.crs),
        findings=findings + building_findings(district["buildings"]),
        poses=poses,
        hits=drawing.hits,
        overlap=pd.DataFrame(
            {
                "camera_id": widest["camera_id"].to_numpy(),
                "waste_share": waste_share(seen.depth, widest.area.to_numpy()),
            }
        ),
        depth=depth_areas(seen.depth),
        communities=_communities(ground, levels, seen),
        streets=street_shares(ground.pieces, counted, levels),
    )


class Basis(NamedTuple):
    """What figures rest on: edition of the levels, and where sight ends."""

    edition: str
    sight: str

    @property
    def source(self) -> str:
        """Return what the column ``source`` says."""
        return f"IEC/EN 62676-4:{self.edition}; gridmap measures, cameras"

    @property
    def bound(self) -> str:
        """Return what the column ``reason`` says."""
        return f"{UPPER_BOUND}; sight ends in {self.sight}s"


def _required_level(levels: list[str]) -> str:
    return ANY if "range" in levels and len(levels) > 1 else levels[0]


def _rows(ground: Ground, levels: list[str], seen: Seen, basis: Basis) -> pd.DataFrame:
    lowest = _required_level(levels)
    seen_m2 = {level: seen.level_m2[level].to_numpy() for level in levels}
    street_m = {level: seen.street_m[level].to_numpy() for level in levels}
    if lowest == ANY:
        seen_m2[ANY], street_m[ANY] = seen.any_m2, seen.any_street_m
    tables = [
        _level_rows(ground, level, figure, 1.0 if level == lowest else np.nan, basis)
        for level, figure in seen_m2.items()
    ]
    tables += [_street_rows(ground, level, figure, basis) for level, figure in street_m.items()]
    public = coverage_rows(
        ground.cell_id,
        "camera.public_m2",
        value=ground.area_m2,
        unit="m²",
        quality="estimated",
        reason="street widths are assumed by kind of street",
        source=basis.source,
    )
    return pd.concat([*tables, public], ignore_index=True)


def _street_rows(ground: Ground, level: str, seen_m: Any, basis: Basis) -> pd.DataFrame:
    length = ground.street_m
    share = np.divide(seen_m, length, out=np.full(len(length), np.nan), where=length > 0)
    return coverage_rows(
        ground.cell_id,
        f"camera.street_share_{level}",
        value=np.clip(share, 0, 1),
        unit="share",
        weight=length,
        quality="estimated",
        reason=basis.bound,
        source=basis.source,
    )


def _communities(ground: Ground, levels: list[str], seen: Seen) -> pd.DataFrame:
    """Sum up public space, streets and what is seen of them by community."""
    tables = []
    for level in levels:
        told = pd.DataFrame(
            {
                "community_code": ground.community,
                "level": level,
                "public_m2": ground.area_m2,
                "seen_m2": seen.level_m2[level].to_numpy(),
                "street_m": ground.street_m,
                "seen_street_m": seen.street_m[level].to_numpy(),
            }
        )
        tables.append(told.groupby(["community_code", "level"], as_index=False).sum())
    table = pd.concat(tables, ignore_index=True)
    table["seen_share"] = (table["seen_m2"] / table["public_m2"]).where(table["public_m2"] > 0)
    table["street_share"] = (table["seen_street_m"] / table["street_m"]).where(
        table["street_m"] > 0
    )
    return table


def _level_rows(
    ground: Ground, level: str, seen_m2: Any, required: float, basis: Basis
) -> pd.DataFrame:
    area = ground.area_m2
    enough = area >= MIN_PUBLIC_M2
    share = np.clip(np.divide(seen_m2, area, out=np.full(len(area), np.nan), where=enough), 0, 1)
    wanted = np.where(enough, required, np.nan)
    return coverage_rows(
        ground.cell_id,
        f"camera.share_{level}",
        value=share,
        required=wanted,
        unit="share",
        status=judge(share, wanted),
        shortfall=np.where(enough, np.maximum(area - seen_m2, 0.0), np.nan),
        weight=area,
        quality="estimated",
        reason=np.where(enough, basis.bound, f"public space under {MIN_PUBLIC_M2:.0f} m²"),
        rule=RULE,
        source=basis.source,
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


def _ground_summary(seen: Seen, ground: Ground, spots: pd.DataFrame) -> dict[str, Any]:
    area, street = float(ground.area_m2.sum()), float(ground.street_m.sum())
    total = {level: float(seen.level_m2[level].sum()) for level in seen.level_m2}
    along = {level: float(seen.street_m[level].sum()) for level in seen.street_m}
    return {
        "public_area_m2": round(area, 6),
        "seen_m2": total,
        "seen_share": {level: value / area if area > 0 else None for level, value in total.items()},
        "street_share": {
            level: value / street if street > 0 else None for level, value in along.items()
        },
        "depth_2_share": float(seen.twice_m2.sum()) / area if area > 0 else None,
        "depth_m2": {f"{times:.0f}": area for times, area in depth_areas(seen.depth).to_numpy()},
        "redundancy": redundancy(seen.depth),
        "blind_spots": len(spots),
    }
