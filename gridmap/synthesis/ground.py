"""Communities and people: an exact tiling of the district, and people by residential floor area."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.cluster.vq import kmeans2
from shapely import Geometry

DWELLING_SHARE = {
    "apartments": 1.0, "block": 1.0, "residential": 1.0, "house": 1.0, "terrace": 1.0,
    "detached": 1.0, "dormitory": 1.0, "commercial": 0.2, "retail": 0.2, "office": 0.0,
}  # fmt: skip
"""Share of the floor area that is lived in, by use; every other known use has none."""
UNKNOWN_DWELLING_SHARE = 0.35
"""The same where the map does not tell the use: inner-city blocks with shops and offices."""
DEFAULT_LEVELS = 5.0
PEOPLE_PER_HOUSEHOLD = 1.8


def lay_communities(
    outline: Geometry,
    buildings: gpd.GeoDataFrame,
    count: int,
    county_code: str,
    rng: np.random.Generator,
) -> gpd.GeoDataFrame:
    """Communities that tile the district, around centres of built ground.

    Parameters
    ----------
    outline : Polygon or MultiPolygon
        The district in a metric CRS.
    buildings : GeoDataFrame
        Footprints; their floor area draws the centres.
    count : int
        How many communities.
    county_code : str
        First 6 digits of every code.
    rng : Generator
        Source of chance.

    Returns
    -------
    GeoDataFrame
        Columns ``code`` (12 digits), ``name``, ``street_code``, ``street_name``.

    Notes
    -----
    Centres are k-means of building points weighted by floor area (by drawing points in
    proportion); the communities are their Voronoi polygons clipped to the outline, so neighbours
    share every vertex.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> two = lay_communities(toy.outline, toy["buildings"], 2, "110101", np.random.default_rng(1))
    >>> two.code.tolist(), round(two.area.sum())
    (['110101001001', '110101001002'], 160000)
    """
    points = buildings.geometry.representative_point()
    weights = (buildings.geometry.area * buildings["levels"].fillna(DEFAULT_LEVELS)).to_numpy()
    drawn = rng.choice(len(points), size=50 * count, p=weights / weights.sum())
    jitter_m = rng.normal(scale=1.0, size=(len(drawn), 2))
    places = np.column_stack([points.x, points.y])[drawn] + jitter_m
    centres, _ = kmeans2(places, count, minit="++", rng=rng)
    pieces = shapely.get_parts(
        shapely.voronoi_polygons(shapely.MultiPoint(centres), extend_to=outline)
    )
    clipped = shapely.intersection(pieces, outline)
    order = np.lexsort([shapely.get_x(shapely.centroid(clipped)), _bands(clipped)])
    serial = [f"{n:03d}" for n in range(1, len(clipped) + 1)]
    street = f"{county_code}001"
    return gpd.GeoDataFrame(
        {
            "code": [street + one for one in serial],
            "name": [f"Community {int(one)}" for one in serial],
            "street_code": street,
            "street_name": "Street office 1",
        },
        geometry=clipped[order],
        crs=buildings.crs,
    )


def house_people(
    buildings: gpd.GeoDataFrame, outline: Geometry, people: int, rng: np.random.Generator
) -> gpd.GeoDataFrame:
    """People and households per building, in proportion to residential floor area.

    Parameters
    ----------
    buildings : GeoDataFrame
        Footprints with ``use`` and ``levels`` in a metric CRS.
    outline : Polygon or MultiPolygon
        Only buildings whose inner point lies in it are lived in.
    people : int
        Total, which the result sums to exactly.
    rng : Generator
        Varies how densely buildings are lived in (± 25 %).

    Returns
    -------
    GeoDataFrame
        Points with ``population``, ``households`` and ``method``.

    Notes
    -----
    Residential floor area = footprint · storeys · share lived in; whole people by largest
    remainder (MEASURES.md 3, dasymetric).

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> homes = house_people(toy["buildings"], toy.outline, 100, np.random.default_rng(1))
    >>> len(homes), float(homes.population.sum())
    (2, 100.0)
    """
    floor_m2 = residential_floor_m2(buildings)
    points = gpd.GeoSeries(buildings.geometry.representative_point(), crs=buildings.crs)
    floor_m2 = floor_m2 * points.within(outline) * rng.uniform(0.75, 1.25, len(buildings))
    counts = _whole_shares(floor_m2.to_numpy(), people)
    lived_in = counts > 0
    return gpd.GeoDataFrame(
        {
            "population": counts[lived_in].astype(float),
            "households": np.ceil(counts[lived_in] / PEOPLE_PER_HOUSEHOLD),
            "method": f"synthetic: {people} people by residential floor area",
        },
        geometry=points[lived_in].to_numpy(),
        crs=buildings.crs,
    )


def residential_floor_m2(buildings: gpd.GeoDataFrame) -> pd.Series:
    """Floor area that is lived in [m²] per building.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> residential_floor_m2(toy_district()["buildings"]).tolist()
    [9600.0, 8000.0, 0.0, 0.0]
    """
    known = buildings["use"].map(DWELLING_SHARE).astype(float)
    share = known.where(known.notna(), np.where(buildings["use"].isna(), UNKNOWN_DWELLING_SHARE, 0))
    return buildings.geometry.area * buildings["levels"].fillna(DEFAULT_LEVELS) * share


def _bands(shapes: np.ndarray) -> np.ndarray:
    """Give each shape its quarter from north to south, for reading order."""
    north = shapely.get_y(shapely.centroid(shapes))
    spread = max(float(np.ptp(north)), 1.0)
    return np.floor((north.max() - north) / spread * 3.999)


def _whole_shares(weights: np.ndarray, total: int) -> np.ndarray:
    exact = weights / weights.sum() * total
    whole = np.floor(exact).astype(int)
    rest = np.argsort(whole - exact, kind="stable")[: total - int(whole.sum())]
    whole[rest] += 1
    return whole
