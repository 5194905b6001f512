"""Footprints in rows inside each block, and the people at home in them."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridmap.synthesis.city.mesh import Shapes
from gridmap.synthesis.city.plan import Floats, Ints
from gridmap.synthesis.city.scatter import ranges, scatter

SETBACK_M = 12.0
"""From the middle of the street to the ground of a block that is built on [m]."""
FLOOR_PER_PERSON_M2 = 38.0
PEOPLE_PER_HOUSEHOLD = 1.75
"""Small, as in a young district of flats and dormitories: so cells hold 300 to 500 households."""
_WITHOUT_HOMES = {"commercial": 5, "office": 3, "school": 4, "industrial": 4, "park": 1,
                  "square": 1}  # fmt: skip
_SIZE_M = {
    "apartments": (44.0, 13.0), "house": (13.0, 11.0), "commercial": (38.0, 26.0),
    "office": (34.0, 30.0), "school": (52.0, 16.0), "industrial": (66.0, 34.0),
    "park": (14.0, 9.0), "square": (16.0, 10.0),
}  # fmt: skip
"""Length along the street and depth of a building [m], by use."""
_LEVELS = {"commercial": (2, 7), "office": (6, 32), "school": (3, 6), "industrial": (1, 3),
           "park": (1, 2), "square": (1, 2)}  # fmt: skip
_PEOPLE_PER_BUILDING = {"apartments": 62.0, "house": 8.5}
_APARTMENTS_PER_M2 = 2.2e-3
_TALLEST = 33.0


@dataclass(frozen=True, eq=False)
class Rows:
    """Buildings of blocks: which block, what for, and their place in the rows of the block."""

    block: Ints
    use: npt.NDArray[np.object_]
    serial: Ints
    of: Ints


def raise_buildings(
    use: npt.NDArray[np.object_],
    people: Ints,
    area_m2: Floats,
    ground: Shapes,
    corners: Floats,
    *,
    most: int,
    seed: int,
) -> tuple[gpd.GeoDataFrame, Ints]:
    """Build on blocks; the block of every building is returned beside the layer.

    Parameters
    ----------
    use : ndarray of str
        Use of each block.
    people : ndarray of int
        People of each block.
    area_m2 : ndarray
        Area of each block [m²].
    ground : ndarray of Polygon
        Ground of each block that may be built on.
    corners : ndarray, shape (n, 4, 2)
        Corners of each block.
    most : int
        Most buildings in a block.
    seed : int
        Decides by place.

    Returns
    -------
    GeoDataFrame, ndarray of int
        Columns ``use``, ``levels``, ``height_m``, ``people``; and the block of each row.

    Notes
    -----
    Every block with people has a home: where no row fits, one house stands at an inner point.
    Storeys follow from people: floor area = 38 m² a person.
    """
    rows = _count(use, people, area_m2, most)
    shapes, fits = _stand(rows, ground, corners, seed)
    lone = _lone(rows, fits, people, ground)
    table = pd.DataFrame(
        {
            "block": np.r_[rows.block[fits], lone],
            "use": np.r_[rows.use[fits], np.full(len(lone), "house", dtype=object)],
        }
    )
    small = shapely.buffer(shapely.point_on_surface(ground[lone]), 4.0, quad_segs=1)
    footprints = np.r_[shapes[fits], small]
    order = np.argsort(table["block"].to_numpy(), kind="stable")
    table, footprints = table.iloc[order].reset_index(drop=True), footprints[order]
    _house(table, footprints, people, seed)
    layer = gpd.GeoDataFrame(table.drop(columns="block"), geometry=footprints)
    return layer, table["block"].to_numpy(dtype=np.int64)


def _count(use: npt.NDArray[np.object_], people: Ints, area_m2: Floats, most: int) -> Rows:
    """How many buildings of which use each block has."""
    flats = people / area_m2 > _APARTMENTS_PER_M2
    homes = np.where(flats, "apartments", "house").astype(object)
    each = np.where(flats, *_PEOPLE_PER_BUILDING.values())
    lived = np.minimum(np.ceil(people / each), most * np.where(flats, 1, 2)).astype(np.int64)
    known, place = np.unique(use.astype(str), return_inverse=True)
    fixed = np.array([_WITHOUT_HOMES.get(one, 0) for one in known])[place]
    others = np.where(area_m2 > 2_500, np.minimum(fixed, most), np.minimum(fixed, 1))
    block = np.r_[np.repeat(np.arange(len(use)), lived), np.repeat(np.arange(len(use)), others)]
    what = np.r_[np.repeat(homes, lived), np.repeat(use, others)]
    order = np.argsort(block, kind="stable")
    total = lived + others
    serial = ranges(np.zeros(len(use), np.int64), total)
    return Rows(block[order], what[order], serial, total[block[order]])


def _sizes(use: npt.NDArray[np.object_]) -> tuple[Floats, Floats]:
    known, place = np.unique(use.astype(str), return_inverse=True)
    sizes = np.array([_SIZE_M[one] for one in known]).reshape(-1, 2)[place]
    return sizes[:, 0], sizes[:, 1]


def _stand(
    rows: Rows, ground: Shapes, corners: Floats, seed: int
) -> tuple[Shapes, npt.NDArray[np.bool_]]:
    """Rectangles in rows, and which of them lie on the ground of their block."""
    c = corners[rows.block]
    east = ((c[:, 1] + c[:, 2]) - (c[:, 0] + c[:, 3])) / 2
    north = ((c[:, 2] + c[:, 3]) - (c[:, 0] + c[:, 1])) / 2
    width_m, height_m = np.hypot(*east.T), np.hypot(*north.T)
    along = east / width_m[:, None]
    across = np.column_stack([-along[:, 1], along[:, 0]])
    length, depth = _sizes(rows.use)
    chance = [scatter(seed, rows.block, rows.serial, salt) for salt in (21, 22, 23, 24)]
    length = length * (0.8 + 0.4 * chance[0])
    x, y, room = _place_in_rows(rows, width_m - 2 * SETBACK_M, height_m - 2 * SETBACK_M)
    x, y = x + (chance[1] - 0.5) * 3, y + (chance[2] - 0.5) * 3
    middle = c.mean(axis=1) + x[:, None] * along + y[:, None] * across
    half = np.stack([along * length[:, None] / 2, across * depth[:, None] / 2], axis=1)
    signs = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    ring = middle[:, None] + np.einsum("ks,nsd->nkd", signs, half)
    shapes = np.asarray(shapely.polygons(np.round(ring, 2)), dtype=object)
    return shapes, room & shapely.contains_properly(ground[rows.block], shapes)


def _place_in_rows(
    rows: Rows, width_m: Floats, height_m: Floats
) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    """Place of each building from the middle of its block [m], and whether its row has room."""
    pitch_x, pitch_y, village = _pitches(rows)
    columns = np.clip(width_m // pitch_x, 1, rows.of)
    # Villages keep together near a street; elsewhere rows spread over the whole block.
    columns = np.where(village, np.minimum(columns, np.ceil(np.sqrt(rows.of * 1.6))), columns)
    most = np.maximum(1, height_m // pitch_y)
    lines = np.minimum(np.ceil(rows.of / columns), most)
    step_x = np.where(village, pitch_x, width_m / columns)
    step_y = np.where(village, pitch_y, height_m / lines)
    x = (rows.serial % columns - (columns - 1) / 2) * step_x
    y = (rows.serial // columns - (lines - 1) / 2) * step_y
    shift_x = np.maximum(0, (width_m - columns * step_x) / 2 - 8) * village
    shift_y = np.maximum(0, (height_m - lines * step_y) / 2 - 8) * village
    side = np.where(scatter(5, rows.block, 25) < 0.5, -1, 1)
    room = rows.serial < columns * lines
    return x + shift_x * side, y + shift_y * np.where(rows.block % 2 == 0, -1, 1), room


def _pitches(rows: Rows) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    """Distance of columns and rows in the block of each building, and whether it is a village."""
    length, depth = _sizes(rows.use)
    widest, deepest = np.zeros(rows.block.max() + 1), np.zeros(rows.block.max() + 1)
    np.maximum.at(widest, rows.block, length)
    np.maximum.at(deepest, rows.block, depth)
    village = widest[rows.block] == _SIZE_M["house"][0]
    return 1.2 * widest[rows.block] + 5, deepest[rows.block] + 8, village


def _lone(rows: Rows, fits: npt.NDArray[np.bool_], people: Ints, ground: Shapes) -> Ints:
    """Blocks with people and no home that fits."""
    homes = np.isin(rows.use.astype(str), ["apartments", "house"]) & fits
    housed = np.bincount(rows.block[homes], minlength=len(people)) > 0
    return np.flatnonzero((people > 0) & ~housed & ~shapely.is_empty(ground))


def _house(table: pd.DataFrame, footprints: Shapes, people: Ints, seed: int) -> None:
    """Give homes their people and all buildings their storeys (in place)."""
    homes = table["use"].isin(["apartments", "house"]).to_numpy()
    block = table["block"].to_numpy(dtype=np.int64)
    area_m2 = shapely.area(footprints)
    table["people"] = 0
    at_home = _share_out(block[homes], area_m2[homes], people)
    table.loc[homes, "people"] = at_home
    chance = scatter(seed, block, np.arange(len(table)), 31)
    known, place = np.unique(table["use"].to_numpy().astype(str), return_inverse=True)
    bounds = np.array([_LEVELS.get(one, (1, 2)) for one in known])[place]
    levels = np.floor(bounds[:, 0] + chance**2 * (bounds[:, 1] - bounds[:, 0] + 1))
    floor_m2 = table["people"].to_numpy() * FLOOR_PER_PERSON_M2 * (0.85 + 0.3 * chance)
    lived = np.clip(np.ceil(floor_m2 / area_m2), 1, _TALLEST)
    table["levels"] = np.where(homes, lived, levels)
    table["height_m"] = np.round(table["levels"] * 3.0 + 0.6, 1)


def _share_out(block: Ints, area_m2: Floats, people: Ints) -> Ints:
    """Whole people of each block over its homes, by footprint; sums are kept in every block."""
    total = np.bincount(block, area_m2, minlength=len(people))[block]
    upto = pd.Series(area_m2).groupby(block).cumsum().to_numpy()
    share = np.round(people[block] * upto / total).astype(np.int64)
    first = np.r_[True, np.diff(block) != 0]
    return np.where(first, share, np.diff(share, prepend=0))
