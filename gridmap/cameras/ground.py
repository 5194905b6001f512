"""Ground: all that coverage by cameras needs of a district and that no camera changes."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridmap.cameras.public import (
    Shapes,
    is_open,
    open_streets,
    parts_in_cells,
    public_ground,
    union_by_cell,
)
from gridmap.cameras.relief import Relief
from gridmap.cameras.walls import Walls, cut_out, merge_walls
from gridmap.district import District


@dataclass(frozen=True, eq=False)
class Ground:
    """Walls, public space and streets of a district, made once and kept while cameras change.

    Attributes
    ----------
    walls : Walls
        All footprints merged.
    relief : Relief
        The same by height.
    public : ndarray of Geometry, shape (n,)
        Public space of each cell.
    streets : ndarray of MultiLineString, shape (n,)
        Centre lines of open streets outside buildings in each cell.
    cell_id, community : ndarray of str, shape (n,)
        Cells, and the community of each.
    pieces : DataFrame
        name, highway, part (geometry): open streets cut at cells, not under buildings.
    """

    walls: Walls
    relief: Relief
    public: Shapes
    streets: Shapes
    cell_id: npt.NDArray[np.object_]
    community: npt.NDArray[np.object_]
    pieces: pd.DataFrame

    @cached_property
    def area_m2(self) -> npt.NDArray[np.float64]:
        """Public space of each cell [m²]."""
        return shapely.area(self.public)

    @cached_property
    def street_m(self) -> npt.NDArray[np.float64]:
        """Length of open streets of each cell [m]."""
        return shapely.length(self.streets)


def prepare_ground(district: District, lines: Any = None) -> Ground:
    """Merge footprints and take public space and streets of each cell.

    Parameters
    ----------
    district : District
        With cells; roads, landuse and buildings where it has them.
    lines : GeoDataFrame, optional
        Free-standing walls as lines in the CRS of the district, with height_m where it is known;
        default: the layer ``walls`` if the district has one.

    Returns
    -------
    Ground
        Hand it to :func:`gridmap.cameras.measure_cameras` to measure other cameras on the same
        ground, without working it out again.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> ground = prepare_ground(toy_district())
    >>> ground.area_m2.round().tolist(), ground.street_m.tolist()
    ([4480.0, 3519.0, 3519.0, 7119.0], [400.0, 400.0, 400.0, 400.0])
    """
    cells, buildings = district["cells"], district["buildings"]
    lines = district.layers.get("walls") if lines is None else lines
    walls = merge_walls(buildings, lines)
    shapes = np.asarray(cells.geometry, dtype=object)
    public = public_ground(shapes, district["roads"], district["landuse"], walls.blocks)
    pieces = street_pieces(open_streets(district["roads"]), shapes, walls)
    streets = union_by_cell(pieces, len(shapes))
    return Ground(
        walls,
        Relief(buildings, lines),
        public,
        streets,
        cells["cell_id"].to_numpy(dtype=object),
        cells["community_code"].astype(object).to_numpy(dtype=object),
        _named(pieces, district["roads"]),
    )


def street_pieces(lines: Shapes, cells: Shapes, walls: Walls) -> pd.DataFrame:
    """Streets cut at cells, without what lies under buildings.

    Returns
    -------
    DataFrame
        row (of the lines), cell, part (geometry).

    Examples
    --------
    >>> from gridmap.cameras.walls import walls_of
    >>> cell, street = shapely.box(0, 0, 10, 10), shapely.LineString([(-5, 5), (15, 5)])
    >>> house = np.array([shapely.box(0, 0, 4, 9)])
    >>> told = street_pieces(np.array([street]), np.array([cell]), walls_of(house, house))
    >>> shapely.length(told.part).tolist()
    [6.0]
    """
    pieces = parts_in_cells(lines, cells, shapely.length)
    part = cut_out(pieces["part"].to_numpy(), walls)
    left = shapely.length(part) > 0
    return pieces.assign(part=part)[left].reset_index(drop=True)


def _named(pieces: pd.DataFrame, roads: Any) -> pd.DataFrame:
    """Pieces with the name and kind of their street."""
    row = np.flatnonzero(is_open(roads))[pieces["row"].to_numpy(dtype=np.int64)]
    name = roads["name"].astype(object).to_numpy()[row]
    kind = roads["highway"].astype(object).to_numpy()[row]
    return pd.DataFrame({"name": name, "highway": kind, "part": pieces["part"]})
