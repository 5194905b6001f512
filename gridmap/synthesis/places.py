"""What is made up about places: service sites the map lacks, and the optics of cameras."""

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

EXTRA_SITES = {
    "police_room": 5, "health_station": 4, "elder_care": 4, "elder_canteen": 3, "kindergarten": 5,
    "primary_school": 2, "secondary_school": 1, "nursery": 2, "health_centre": 1,
    "police_station": 1, "service_centre": 1,
}  # fmt: skip
"""Sites added per type: fewer than would serve everybody, so that there are gaps to find."""
SENSOR_WIDTH_MM = 5.37
"""Width of a 1/2.7-inch sensor [mm]."""
OPERATORS = ("City safety office", "Transit operator", "Street office 1", "Property owner")
"""Who runs cameras, the owner of private ground last."""
PURPOSES = ("public safety", "traffic", "building entrance", "property protection")
"""What the cameras of each operator are for."""


def add_sites(
    sites: gpd.GeoDataFrame, homes: gpd.GeoDataFrame, rng: np.random.Generator
) -> gpd.GeoDataFrame:
    """Sites of the map together with made-up ones, of which the column ``synthetic`` is true.

    Parameters
    ----------
    sites : GeoDataFrame
        Sites of the map.
    homes : GeoDataFrame
        Where people live, with ``population``; made-up sites stand there.
    rng : Generator
        Chooses where.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> more = add_sites(toy["sites"], toy["population"], np.random.default_rng(0))
    >>> len(more), int(more.synthetic.sum()), more.name[3]
    (32, 29, 'Police room 1 (synthetic)')
    """
    types = [kind for kind, count in EXTRA_SITES.items() for _ in range(count)]
    serial = [n for count in EXTRA_SITES.values() for n in range(1, count + 1)]
    chance = (homes["population"] / homes["population"].sum()).to_numpy()
    spot = rng.choice(len(homes), size=len(types), p=chance)
    made = gpd.GeoDataFrame(
        {
            "site_id": [f"syn-{kind}-{n}" for kind, n in zip(types, serial, strict=True)],
            "type": types,
            "name": [_site_name(kind, n) for kind, n in zip(types, serial, strict=True)],
            "capacity": rng.integers(20, 120, len(types)).astype(float),
            "floor_area_m2": rng.integers(6, 60, len(types)) * 10.0,
            "synthetic": True,
        },
        geometry=homes.geometry.to_numpy()[spot],
        crs=homes.crs,
    )
    own = sites[[name for name in sites.columns if name in made.columns]]
    return pd.concat([own.assign(synthetic=False), made], ignore_index=True)


def aim_cameras(
    cameras: gpd.GeoDataFrame,
    roads: gpd.GeoDataFrame,
    rng: np.random.Generator,
    operators: Sequence[str] = OPERATORS,
    purposes: Sequence[str] = PURPOSES,
) -> gpd.GeoDataFrame:
    """Cameras of the map with made-up directions, optics and papers.

    Parameters
    ----------
    cameras : GeoDataFrame
        Real positions; values the map has are kept.
    roads : GeoDataFrame
        Streets: a camera looks at the nearest one, give or take.
    rng : Generator
        Source of chance.
    operators, purposes : sequence of str
        Four operators, the owner of private ground last, and what the cameras of each are for.

    Returns
    -------
    GeoDataFrame
        One row per camera with the columns of the layer ``cameras``.

    Notes
    -----
    hFOV = 2·atan(w ÷ 2f) (MEASURES.md 5). One camera in eight has no optics but a ``range_m``.
    Signs, filing dates, purposes and retention are missing for some, so that there is something
    to find.
    """
    size = len(cameras)
    made = _optics(size, rng) | _papers(size, rng, operators, purposes)
    made["heading_deg"] = _toward_street(cameras, roads, rng)
    made["heading_deg"][made["kind"] == "fisheye"] = np.nan
    result = cameras.copy()
    for name, values in made.items():
        known = result[name] if name in result.columns else pd.Series(index=result.index)
        column = pd.Series(values, index=result.index)
        result[name] = known.astype(column.dtype).where(known.notna(), column)
    return result


def _optics(size: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    kind = rng.choice(["fixed", "dome", "ptz", "fisheye"], size, p=[0.72, 0.18, 0.07, 0.03])
    focal = rng.choice([2.8, 4.0, 6.0, 8.0], size, p=[0.4, 0.3, 0.2, 0.1])
    blank = rng.random(size) < 0.125
    hfov = np.degrees(2 * np.arctan(SENSOR_WIDTH_MM / (2 * focal))).round(1)
    pixels = rng.choice([1280.0, 1920.0, 2560.0, 3840.0], size, p=[0.1, 0.45, 0.3, 0.15])
    return {
        "kind": kind.astype(object),
        "focal_mm": np.where(blank, np.nan, focal),
        "sensor_width_mm": np.where(blank, np.nan, SENSOR_WIDTH_MM),
        "pixels_wide": np.where(blank, np.nan, pixels),
        "range_m": np.where(blank, rng.integers(15, 40, size), np.nan),
        "hfov_deg": np.where(kind == "fisheye", 360.0, hfov),
        "tilt_deg": rng.integers(10, 31, size).astype(float),
        "mount_height_m": rng.integers(6, 13, size) / 2,
    }


def _papers(
    size: int, rng: np.random.Generator, operators: Sequence[str], purposes: Sequence[str]
) -> dict[str, np.ndarray]:
    operator = rng.choice(len(operators), size, p=[0.45, 0.2, 0.15, 0.2])
    in_use = np.datetime64("2015-01-01") + rng.integers(0, 3_900, size)
    filed = in_use + rng.integers(-20, 60, size)
    inside = rng.random(size) < 0.06
    private = operator == 3
    return {
        "zone": np.where(inside, "indoor", np.where(private, "private", "public")).astype(object),
        "status": np.where(rng.random(size) < 0.05, "broken", "working").astype(object),
        "operator": np.array(operators, dtype=object)[operator],
        "purpose": _thin(np.array(purposes, dtype=object)[operator], 0.08, rng, None),
        "sign": _thin(rng.random(size) < 0.8, 0.06, rng, None),
        "in_use_on": in_use.astype("datetime64[us]"),
        "filed_on": _thin(filed.astype("datetime64[us]"), 0.2, rng, np.datetime64("NaT")),
        "retention_days": _thin(rng.choice([14.0, 30.0, 60.0, 90.0], size), 0.1, rng, np.nan),
    }


def _thin(values: np.ndarray, share: float, rng: np.random.Generator, empty: object) -> np.ndarray:
    """Values of which a share is emptied."""
    thinned = values.astype(object) if empty is None else values.copy()
    thinned[rng.random(len(values)) < share] = empty
    return thinned


def _toward_street(
    cameras: gpd.GeoDataFrame, roads: gpd.GeoDataFrame, rng: np.random.Generator
) -> np.ndarray:
    lines, spots = roads.geometry.to_numpy(), cameras.geometry.to_numpy()
    nearest = lines[shapely.STRtree(lines).nearest(spots)]
    ahead = shapely.line_interpolate_point(nearest, shapely.line_locate_point(nearest, spots))
    east = shapely.get_x(ahead) - shapely.get_x(spots)
    north = shapely.get_y(ahead) - shapely.get_y(spots)
    bearing = np.degrees(np.arctan2(east, north)) + rng.normal(scale=35, size=len(spots))
    on_street = np.hypot(east, north) < 1
    bearing[on_street] = rng.uniform(0, 360, int(on_street.sum()))
    return np.round(bearing % 360) % 360


def _site_name(kind: str, number: int) -> str:
    return f"{kind.replace('_', ' ').capitalize()} {number} (synthetic)"
