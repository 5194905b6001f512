"""Ground: all that coverage by cameras needs of a district and that no camera changes."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from gridmap.cameras.public import (
    Shapes,
    open_streets,
    parts_in_cells,
    public_ground,
    union_by_cell,
)
from gridmap.cameras.relief import Relief
from gridmap.cameras.walls import Walls, merge_walls
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
    """

    walls: Walls
    relief: Relief
    public: Shapes
    streets: Shapes
    cell_id: npt.NDArray[np.object_]
    community: npt.NDArray[np.object_]

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
    return Ground(
        walls,
        Relief(buildings, lines),
        public,
        streets_in_cells(shapes, open_streets(district["roads"]), walls.blocks),
        cells["cell_id"].to_numpy(dtype=object),
        cells["community_code"].astype(object).to_numpy(dtype=object),
    )


def streets_in_cells(cells: Shapes, lines: Shapes, buildings: Shapes) -> Shapes:
    """Streets of each cell as one geometry each, without what lies under buildings.

    Examples
    --------
    >>> cell, street = shapely.box(0, 0, 10, 10), shapely.LineString([(-5, 5), (15, 5)])
    >>> house = shapely.box(0, 0, 4, 9)
    >>> told = streets_in_cells(np.array([cell]), np.array([street]), np.array([house]))
    >>> shapely.length(told).tolist()
    [6.0]
    """
    told = union_by_cell(parts_in_cells(lines, cells, shapely.length), len(cells))
    roofs = union_by_cell(parts_in_cells(buildings, cells), len(cells))
    return np.asarray(shapely.difference(told, roofs), dtype=object)
