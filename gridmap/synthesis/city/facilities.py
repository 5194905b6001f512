"""Service sites of every type where people live, and the premises of communities."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridmap.reference import site_types
from gridmap.synthesis.city.city import Ground
from gridmap.synthesis.city.names import place_names
from gridmap.synthesis.city.plan import Floats, Ints

Words = npt.NDArray[np.object_]


class Facility(NamedTuple):
    """How many people share a site, how many it can serve, and how large it is."""

    people_per_site: float
    capacity: float
    floor_m2: float


FACILITIES: Mapping[str, Facility] = MappingProxyType({
    "health_station": Facility(9_000, 120, 180), "health_centre": Facility(65_000, 600, 1_900),
    "hospital": Facility(90_000, 900, 14_000), "clinic": Facility(7_000, 40, 90),
    "dentist": Facility(16_000, 20, 110), "pharmacy": Facility(4_500, 200, 85),
    "police_station": Facility(60_000, 60, 1_200), "fire_station": Facility(80_000, 30, 2_300),
    "elder_canteen": Facility(18_000, 90, 160), "elder_care": Facility(14_000, 45, 420),
    "service_centre": Facility(70_000, 400, 1_000), "cultural_centre": Facility(70_000, 350, 3_100),
    "library": Facility(95_000, 250, 1_600), "nursery": Facility(15_000, 50, 350),
    "kindergarten": Facility(8_000, 280, 3_300), "primary_school": Facility(19_000, 1_150, 9_500),
    "secondary_school": Facility(38_000, 1_500, 15_500), "school": Facility(250_000, 500, 5_000),
    "market": Facility(22_000, 800, 1_500), "supermarket": Facility(11_000, 600, 1_000),
    "convenience": Facility(1_900, 60, 65), "post_office": Facility(40_000, 100, 220),
    "bank": Facility(9_000, 80, 300), "toilet": Facility(4_500, 12, 45),
    "recycling": Facility(5_000, 50, 20), "waste_point": Facility(1_000, 60, 12),
    "activity_ground": Facility(5_500, 80, 0), "sports_centre": Facility(110_000, 700, 5_200),
    "park": Facility(9_000, 0, 0), "metro_station": Facility(45_000, 0, 6_000),
    "tram_stop": Facility(90_000, 0, 0), "bus_stop": Facility(1_400, 0, 0),
    "drinking_water": Facility(30_000, 0, 0), "defibrillator": Facility(10_000, 0, 0),
    "shelter": Facility(25_000, 1_800, 0),
})  # fmt: skip
"""Facilities by type: densities of an ordinary city, fewer than all norms together ask for."""
OTHER = Facility(50_000, 50, 200)
"""A type of the reference table that is not listed above."""
_OF_COMMUNITY = MappingProxyType({"police_room": (0.86, 70.0), "community_centre": (0.95, 650.0)})
"""Types of which a community has at most one: the share that has it, and its floor area [m²]."""
_ON_STREETS = frozenset({"bus_stop", "tram_stop", "metro_station"})
_ON_GROUND = MappingProxyType({
    "park": "park", "primary_school": "school", "secondary_school": "school", "school": "school",
    "hospital": "office", "market": "commercial", "supermarket": "commercial",
    "sports_centre": "park", "shelter": "square",
})  # fmt: skip
"""Types that lie on ground of a certain use, as long as there is any."""
_STOPS_ON = ("trunk", "primary", "secondary", "tertiary")
_FIRST_DAY = np.datetime64("1995-01-01")
_DAYS = 11_000


def open_sites(ground: Ground, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Service sites of all types of the reference table.

    Parameters
    ----------
    ground : Ground
        The city.
    rng : Generator
        Source of chance.

    Returns
    -------
    GeoDataFrame
        Layer ``sites``; parks are polygons, all others points.

    Notes
    -----
    The sites of a type follow people evenly: one in each run of homes with so many people. A few
    communities lack a police room or a service station of their own, and a few sites are only
    planned or closed, so that there are gaps to find.
    """
    types = site_types().set_index("type")["label_zh_Hans"]
    parts = []
    for kind, label in types.items():
        if kind in _OF_COMMUNITY:
            parts.append(_of_communities(ground, str(kind), str(label), rng))
        else:
            parts.append(_of_type(ground, str(kind), str(label), rng))
    sites = pd.concat(parts, ignore_index=True)
    sites["opened_on"] = _FIRST_DAY + rng.integers(0, _DAYS, len(sites))
    sites["closed_on"] = np.where(rng.random(len(sites)) < 0.01, np.datetime64("2026-01-01"),
                                  np.datetime64("NaT"))  # fmt: skip
    sites["opened_on"] = sites["opened_on"].astype("datetime64[us]")
    sites["closed_on"] = sites["closed_on"].astype("datetime64[us]")
    sites["proposed"] = rng.random(len(sites)) < 0.01
    table = pd.DataFrame(sites.drop(columns="geometry"))
    crs = ground.layers["population"].crs
    return gpd.GeoDataFrame(table, geometry=sites.geometry.to_numpy(), crs=crs)


def _of_type(ground: Ground, kind: str, label: str, rng: np.random.Generator) -> gpd.GeoDataFrame:
    facility = FACILITIES.get(kind, OTHER)
    people = ground.layers["population"]["population"].to_numpy()
    count = max(1, round(people.sum() / facility.people_per_site))
    if kind in _ON_STREETS:
        places = _on_streets(ground, count, rng)
    elif kind in _ON_GROUND:
        places = _on_ground(ground, kind, count, rng)
    else:
        places = _at_homes(ground, _evenly(people, count, rng))
    names = place_names(len(places), rng) + label
    size = rng.uniform(0.6, 1.5, len(places))
    return _frame(kind, names, places, facility.capacity * size, facility.floor_m2 * size)


def _of_communities(
    ground: Ground, kind: str, label: str, rng: np.random.Generator
) -> gpd.GeoDataFrame:
    share, floor_m2 = _OF_COMMUNITY[kind]
    community = ground.division.community[ground.home_cell]
    order = np.lexsort([rng.random(len(community)), community])
    number, first = np.unique(community[order], return_index=True)
    kept = rng.random(len(number)) < share
    kept[0] = True
    own = ground.layers["communities"]["name"].to_numpy()[number[kept]]
    size = rng.uniform(0.6, 1.6, int(kept.sum()))
    names = own + label.removeprefix("社区")
    places = _at_homes(ground, order[first[kept]])
    return _frame(kind, names, places, np.round(40 * size), floor_m2 * size)


def _frame(
    kind: str, names: Words, places: npt.NDArray[np.object_], capacity: Floats, floor_m2: Floats
) -> gpd.GeoDataFrame:
    serial = np.char.zfill(np.arange(1, len(places) + 1).astype(str), 4)
    return gpd.GeoDataFrame(
        {
            "site_id": [f"syn-{kind}-{n}" for n in serial],
            "type": kind,
            "name": names,
            "capacity": np.where(capacity > 0, np.round(capacity), np.nan),
            "floor_area_m2": np.where(floor_m2 > 0, np.round(floor_m2), np.nan),
        },
        geometry=places,
    )


def _evenly(weight: Floats, count: int, rng: np.random.Generator) -> Ints:
    """Rows drawn one from each of ``count`` runs of equal weight."""
    upto = np.cumsum(weight)
    at = (np.arange(count) + rng.random(count)) / count * upto[-1]
    return np.minimum(np.searchsorted(upto, at), len(weight) - 1)


def _at_homes(ground: Ground, rows: Ints) -> npt.NDArray[np.object_]:
    return np.asarray(ground.layers["population"].geometry.to_numpy()[rows], dtype=object)


def _on_streets(ground: Ground, count: int, rng: np.random.Generator) -> npt.NDArray[np.object_]:
    roads = ground.layers["roads"]
    main = np.flatnonzero(roads["highway"].isin(_STOPS_ON).to_numpy())
    main = main if len(main) else np.arange(len(roads))
    lines = np.asarray(roads.geometry.to_numpy()[main], dtype=object)
    homes = ground.layers["population"].geometry.to_numpy()
    tree = shapely.STRtree(shapely.line_interpolate_point(lines, 0.5, normalized=True))
    near = _evenly(ground.layers["population"]["population"].to_numpy(), count, rng)
    line = np.unique(tree.nearest(homes[near]))
    spots = shapely.line_interpolate_point(lines[line], rng.uniform(0.2, 0.8, len(line)),
                                           normalized=True)  # fmt: skip
    return np.asarray(spots, dtype=object)


def _on_ground(
    ground: Ground, kind: str, count: int, rng: np.random.Generator
) -> npt.NDArray[np.object_]:
    landuse = ground.layers["landuse"]
    own = np.flatnonzero((landuse["kind"] == _ON_GROUND[kind]).to_numpy())
    if not len(own):
        people = ground.layers["population"]["population"].to_numpy()
        return _at_homes(ground, _evenly(people, count, rng))
    rows = np.unique(own[_evenly(np.ones(len(own)), min(count, len(own)), rng)])
    shapes = np.asarray(landuse.geometry.to_numpy()[rows], dtype=object)
    return shapes if kind == "park" else np.asarray(shapely.point_on_surface(shapes), dtype=object)


def furnish_premises(ground: Ground, rng: np.random.Generator) -> pd.DataFrame:
    """Furnish communities with premises, and with what rules count beside them.

    Notes
    -----
    Floor areas scatter around 30 m² for every hundred households, with a floor of 200 m².
    """
    communities, cells = ground.layers["communities"], ground.layers["cells"]
    count = len(communities)
    own = ground.division.community
    households = np.bincount(own, cells["households"], count)
    wanted_m2 = np.maximum(200.0, 0.30 * households)
    estate_m2 = np.where(rng.random(count) < 0.35, rng.uniform(8_000, 120_000, count), 0.0)
    inspected = rng.integers(4, 30, count)
    return pd.DataFrame(
        {
            "community_code": communities["code"],
            "office_m2": np.round(wanted_m2 * rng.uniform(0.25, 0.6, count)),
            "service_m2": np.round(wanted_m2 * rng.uniform(0.55, 1.6, count)),
            "new_estate_floor_m2": np.round(estate_m2),
            "reserved_service_m2": np.round(estate_m2 * rng.uniform(0.012, 0.045, count)),
            "inspected_sites": inspected,
            "inspections": rng.binomial(inspected * 4, 0.93).astype(float),
            "screenings": rng.integers(9, 15, count).astype(float),
        }
    )
