"""Ground of a synthetic city: from the plan to boundary, communities, cells, streets and homes."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS

from gridmap.grid.codes import code_cells, number_cells, rows_of
from gridmap.synthesis.city.bend import bend_lattice
from gridmap.synthesis.city.blocks import Blocks, lay_blocks
from gridmap.synthesis.city.buildings import PEOPLE_PER_HOUSEHOLD, SETBACK_M, raise_buildings
from gridmap.synthesis.city.division import Division, divide
from gridmap.synthesis.city.mesh import Mesh, Shapes, weave
from gridmap.synthesis.city.names import place_names
from gridmap.synthesis.city.plan import CityPlan, Floats, Ints, draw_plan
from gridmap.synthesis.city.roads import BANK_M, URBAN_PER_M2, barrier_ground, lay_roads
from gridmap.synthesis.city.uses import dedicate_cells, lived_in, settle, use_blocks

CITY_CRS = CRS.from_epsg(4548)
"""CGCS2000, 3-degree Gauss-Kruger on 117° E."""
EAST0, NORTH0 = 500_000.0, 3_598_000.0
"""Where the middle of every synthetic city lies in it [m]; no such city is there."""
COUNTY = "990101"
"""A county code that is given to no county: no province has 99."""
NAME = "澄岚区(合成)"
_TITLES = {"campus": "校园专属网格", "business": "商务专属网格", "market": "市场专属网格",
           "park": "公园专属网格"}  # fmt: skip
_BUILDINGS = 1_200_000
"""Buildings of the largest cities; smaller ones have as many as they need."""
_FEWEST_IN_BLOCK, _MOST_IN_BLOCK = 2, 24


@dataclass(frozen=True, eq=False)
class Ground:
    """The ground of a city and who lives where.

    Attributes
    ----------
    plan, blocks, division
        How it was laid out.
    layers : dict of str to GeoDataFrame
        ``boundary``, ``communities``, ``cells``, ``roads``, ``buildings``, ``landuse`` and
        ``population`` of the schema.
    use : ndarray of str
        Use of each block.
    density : ndarray
        People per m² of the ground around each block.
    outlines : ndarray of Polygon
        The blocks.
    home_cell : ndarray of int
        Cell of each row of ``population``.
    dedicated : ndarray of str
        What each cell is dedicated to; empty for basic cells.
    """

    plan: CityPlan
    blocks: Blocks
    division: Division
    layers: dict[str, gpd.GeoDataFrame]
    use: npt.NDArray[np.object_]
    density: Floats
    outlines: Shapes
    home_cell: Ints
    dedicated: npt.NDArray[np.object_]


def lay_ground(cells: int, seed: int) -> Ground:
    """Lay out a city of exactly so many cells.

    Parameters
    ----------
    cells : int
        Cells, 24 to 100,000.
    seed : int
        The same seed lays the same city.

    Returns
    -------
    Ground
        In :data:`CITY_CRS`.

    Raises
    ------
    InputError
        If the number of cells is out of range.

    Examples
    --------
    >>> ground = lay_ground(24, 0)
    >>> len(ground.layers["cells"]), float(ground.layers["cells"].population.sum())
    (24, 14497.0)
    """
    streams = np.random.default_rng(seed).spawn(4)
    plan = draw_plan(cells, streams[0])
    blocks = lay_blocks(plan, streams[1])
    mesh = weave(plan, blocks, bend_lattice(plan, streams[2]), seed)
    mesh = _placed(mesh)
    outlines = mesh.outlines()
    area_m2 = shapely.area(outlines)
    density = blocks.load * plan.people / plan.cells / area_m2
    first_use = use_blocks(blocks, density, seed)
    division = divide(plan, blocks, blocks.load * lived_in(first_use))
    dedicated = dedicate_cells(plan, division, density, seed)
    built = _built_ground(plan, mesh, outlines)
    load = np.where(shapely.is_empty(built), 0.0, blocks.load)
    use, people = settle(plan, load, first_use, division, dedicated)
    layers = _units(plan, division, outlines, density, dedicated=dedicated, rng=streams[3])
    layers["roads"] = _in_city_crs(lay_roads(plan, mesh, density, seed))
    most = int(np.clip(_BUILDINGS // len(blocks), _FEWEST_IN_BLOCK, _MOST_IN_BLOCK))
    buildings, block = raise_buildings(
        use, people, area_m2, built, mesh.corners(blocks), most=most, seed=seed
    )
    layers |= _homes(plan, division, layers["cells"], buildings, block)
    layers["landuse"] = _landuse(plan, mesh, use, built)
    home_cell = division.cell[block[buildings["people"].to_numpy() > 0]]
    return Ground(plan, blocks, division, layers, use, density, outlines, home_cell, dedicated)


def _in_city_crs(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Rows that were drawn in metres of the city, as a layer that says so."""
    table = pd.DataFrame(frame.drop(columns="geometry"))
    return gpd.GeoDataFrame(table, geometry=frame.geometry.to_numpy(), crs=CITY_CRS)


def _placed(mesh: Mesh) -> Mesh:
    moved = mesh.xy + np.array([EAST0, NORTH0])
    return Mesh(**{**mesh.__dict__, "xy": np.round(moved, 3)})


def _units(
    plan: CityPlan,
    division: Division,
    outlines: Shapes,
    density: Floats,
    *,
    dedicated: npt.NDArray[np.object_],
    rng: np.random.Generator,
) -> dict[str, gpd.GeoDataFrame]:
    """Boundary, communities and cells with codes and names."""
    shapes = _together(outlines, division.cell, plan.cells)
    grounds = _together(shapes, division.community, plan.communities)
    urban = np.bincount(division.cell, density > URBAN_PER_M2, plan.cells) > 0.5 * np.bincount(
        division.cell, minlength=plan.cells
    )
    communities = _communities(plan, division, urban, grounds, rng)
    own = communities.iloc[division.community].reset_index(drop=True)
    cells = gpd.GeoDataFrame({"community_code": own["code"]}, geometry=shapes, crs=CITY_CRS)
    serial = number_cells(cells, rows_of(cells))
    cells = cells.join(code_cells(cells["community_code"], serial))
    numbered = pd.Series(serial).astype("str").to_numpy(dtype=object)
    title = pd.Series(dedicated).map(_TITLES).fillna("").to_numpy(dtype=object)
    cells["name"] = np.where(
        title == "", own["name"] + "第" + numbered + "网格", own["name"] + title + numbered
    )
    cells["kind"] = np.where(dedicated == "", "basic", "dedicated").astype(object)
    boundary = gpd.GeoDataFrame(
        {"name": [NAME], "code": [COUNTY]},
        geometry=[shapely.coverage_union_all(grounds)],
        crs=CITY_CRS,
    )
    return {"boundary": boundary, "communities": communities, "cells": cells}


def _together(shapes: Shapes, group: Ints, count: int) -> Shapes:
    """Union of the shapes of each group, which is a run; corners are kept."""
    size = np.bincount(group, minlength=count)
    padded = np.full((count, int(size.max())), None, dtype=object)
    padded[group, np.arange(len(group)) - np.repeat(np.cumsum(size) - size, size)] = shapes
    return np.asarray(shapely.coverage_union_all(padded, axis=1), dtype=object)


def _communities(
    plan: CityPlan,
    division: Division,
    urban: npt.NDArray[np.bool_],
    grounds: Shapes,
    rng: np.random.Generator,
) -> gpd.GeoDataFrame:
    """Communities with codes: towns after urban streets, villages from 201 in each."""
    in_town = np.bincount(division.community, urban, plan.communities) > 0.5 * np.bincount(
        division.community, minlength=plan.communities
    )
    street_urban = np.bincount(division.street, in_town, plan.streets) > 0.5 * np.bincount(
        division.street, minlength=plan.streets
    )
    first_town = 101 if street_urban.sum() < 100 and plan.streets < 900 else street_urban.sum() + 1
    number = np.where(street_urban, np.cumsum(street_urban), 0)
    number[~street_urban] = first_town + np.arange((~street_urban).sum())
    street = place_names(plan.streets, rng)
    street = street + np.where(street_urban, "街道", "镇").astype(object)
    serial = _serial_within(division.street, in_town)
    ending = np.where(in_town, "社区", "村").astype(object)
    code = [f"{COUNTY}{number[s]:03d}{n:03d}"
            for s, n in zip(division.street, serial, strict=True)]  # fmt: skip
    return gpd.GeoDataFrame(
        {
            "code": code,
            "name": place_names(plan.communities, rng) + ending,
            "street_code": [one[:9] for one in code],
            "street_name": street[division.street],
        },
        geometry=grounds,
        crs=CITY_CRS,
    )


def _serial_within(street: Ints, in_town: npt.NDArray[np.bool_]) -> Ints:
    table = pd.DataFrame({"street": street, "town": in_town})
    serial = table.groupby(["street", "town"]).cumcount().to_numpy() + 1
    return np.where(in_town, serial, serial + 200)


def _built_ground(plan: CityPlan, mesh: Mesh, outlines: Shapes) -> Shapes:
    """Ground of each block inside its streets, and clear of water and rails."""
    ground = shapely.buffer(outlines, -SETBACK_M, join_style="mitre")
    for barrier in plan.barriers:
        near = shapely.buffer(barrier_ground(plan, mesh, barrier), 2 * BANK_M)
        shapely.prepare(near)
        met = shapely.intersects(near, ground)
        ground[met] = shapely.difference(ground[met], near)
    return _largest_part(np.asarray(ground, dtype=object))


def _largest_part(shapes: Shapes) -> Shapes:
    several = np.flatnonzero(shapely.get_num_geometries(shapes) > 1)
    for row in several:
        parts = shapely.get_parts(shapes[row])
        shapes[row] = parts[shapely.area(parts).argmax()]
    return shapes


def _homes(
    plan: CityPlan,
    division: Division,
    cells: gpd.GeoDataFrame,
    buildings: gpd.GeoDataFrame,
    block: Ints,
) -> dict[str, gpd.GeoDataFrame]:
    """Lay out buildings, people at home in them, and cells that know their people."""
    people = buildings["people"].to_numpy()
    lived = people > 0
    households = np.maximum(1, np.round(people[lived] / PEOPLE_PER_HOUSEHOLD))
    cell = division.cell[block[lived]]
    population = gpd.GeoDataFrame(
        {
            "population": people[lived].astype(float),
            "households": households,
            "method": "合成 synthetic: by home",
        },
        geometry=shapely.centroid(buildings.geometry.to_numpy()[lived]),
        crs=CITY_CRS,
    )
    told = cells.assign(
        population=np.bincount(cell, people[lived], plan.cells),
        households=np.bincount(cell, households, plan.cells),
        grid_version="synthetic-1",
    )
    kept = _in_city_crs(buildings.drop(columns="people"))
    return {"cells": told, "population": population, "buildings": kept}


def _landuse(
    plan: CityPlan, mesh: Mesh, use: npt.NDArray[np.object_], built: Shapes
) -> gpd.GeoDataFrame:
    kept = ~shapely.is_empty(built)
    kinds = ["railway" if one.kind == "railway" else "water" for one in plan.barriers]
    names = {"river": "澄江", "stream": "岚溪", "railway": "澄岚铁路"}
    return gpd.GeoDataFrame(
        {
            "kind": np.r_[use[kept], np.array(kinds, dtype=object)],
            "name": np.r_[np.full(kept.sum(), None), [names[one.kind] for one in plan.barriers]],
        },
        geometry=np.r_[built[kept], [barrier_ground(plan, mesh, one) for one in plan.barriers]],
        crs=CITY_CRS,
    )
