"""Views that a plan may choose from, drawn by the engine, and the ground that they would cover."""

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy import sparse

from gridmap.cameras.drawing import draw_poses
from gridmap.cameras.ground import Ground
from gridmap.cameras.optics import EDITION, RANGE, levels
from gridmap.cameras.poses import SCREEN_ONLY, pose_cameras
from gridmap.errors import InputError, name_ids

Floats = npt.NDArray[np.float64]
Shapes = npt.NDArray[np.object_]
DENSE_PX_PER_M = 125.0
"""Density [px/m] from which a known person can be told at a window (MEASURES.md 5)."""
MOST_PIECES = 30_000
"""Pieces of ground that are looked at, unless their size is told."""
FINEST_M, COARSEST_M = 1.0, 10.0
_LATTICE_RAD = 0.46


def plan_levels(level: str, edition: str = EDITION) -> list[str]:
    """Levels a plan looks at: stated range, the lowest, that of the plan, and 125 px/m.

    Raises
    ------
    InputError
        If the edition has no such level, or it is for watching screens only.

    Examples
    --------
    >>> plan_levels("observe")
    ['range', 'detect', 'observe', 'recognise']
    """
    table = levels(edition)
    known = [name for name in table["level"] if name != SCREEN_ONLY]
    if level not in known:
        raise InputError(
            f"Expected a level of IEC/EN 62676-4:{edition} among {', '.join(known)}; found "
            f"'{level}'. Use one of these."
        )
    dense = table["level"][table["pixels_per_m"] == DENSE_PX_PER_M].iloc[0]
    wanted = {known[0], level, dense}
    return [RANGE, *(name for name in known if name in wanted)]


def draw_options(
    cameras: Any, ground: Ground, level: str, edition: str = EDITION, **pose: Any
) -> gpd.GeoDataFrame:
    """Draw cameras at the level of a plan, and measure the homes that they see.

    Parameters
    ----------
    cameras : GeoDataFrame
        Layer ``cameras`` in the CRS of the ground; one row for each view.
    ground : Ground
        From :func:`gridmap.cameras.ground.prepare_ground`.
    level : str
        Level of the plan; a camera without optics counts as far as its range.
    edition : str
        Edition of IEC/EN 62676-4.
    **pose
        As :func:`gridmap.cameras.poses.pose_cameras` takes it: ``on``, ``working_only``.

    Returns
    -------
    GeoDataFrame
        On the index of those that count and see something: camera_id, area_m2,
        facade_residential_m (at the widest level), facade_125_m (at 125 px/m or more; 0 without
        optics), geometry.

    Examples
    --------
    >>> from gridmap.cameras.ground import prepare_ground
    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> told = draw_options(toy["cameras"], prepare_ground(toy), "detect")
    >>> told[["camera_id", "area_m2"]].round().values.tolist()
    [['cam1', 1545.0], ['cam2', 1257.0]]
    """
    wanted = plan_levels(level, edition)
    dense = levels(edition).set_index("level")["pixels_per_m"]
    poses = pose_cameras(cameras, ground.walls, edition=edition, **pose)
    views = draw_poses(poses, wanted, ground, cameras.crs).views
    views = views[views["counted"]]
    shown = views[views["level"].isin([RANGE, level])].set_index("camera_id")
    near = views[views["level"] == dense.index[dense == DENSE_PX_PER_M][0]]
    homes = {
        "facade_residential_m": views.groupby("camera_id")["facade_residential_m"].max(),
        "facade_125_m": near.set_index("camera_id")["facade_residential_m"],
    }
    rows = cameras.index[cameras["camera_id"].isin(shown.index)]
    names = cameras["camera_id"].loc[rows]
    told = {name: column.reindex(names).fillna(0.0).to_numpy() for name, column in homes.items()}
    drawn = shown.loc[names]
    return gpd.GeoDataFrame(
        {"camera_id": names.to_numpy(), "area_m2": drawn["area_m2"].to_numpy(), **told},
        geometry=drawn.geometry.to_numpy(),
        index=rows,
        crs=cameras.crs,
    )


def sample_ground(
    public: Shapes, cells: npt.NDArray[np.int64], step_m: float | None = None
) -> pd.DataFrame:
    """Points on public ground, each for the ground around it.

    Parameters
    ----------
    public : ndarray of Geometry
        Public space of each cell.
    cells : ndarray of int
        Cells to look at.
    step_m : float, optional
        Distance of the points [m]; default such that there are about 30,000, from 1 m to 10 m.

    Returns
    -------
    DataFrame
        x_m, y_m, cell (number), area_m2. The areas of a cell add up to its public space.

    Raises
    ------
    InputError
        If there is no public ground, or the step is not above 0.

    Examples
    --------
    >>> told = sample_ground(np.array([shapely.box(0, 0, 20, 10)]), np.array([0]), 5.0)
    >>> len(told), round(float(told["area_m2"].sum()), 6)
    (7, 200.0)
    """
    area = shapely.area(public[cells])
    if not area.sum() > 0:
        raise InputError(
            "The area to plan for has no public ground (streets, squares, parks, parking), so "
            "nothing can be covered. Choose another area, or add roads and landuse."
        )
    if step_m is None:
        step_m = float(np.clip(np.sqrt(area.sum() / MOST_PIECES), FINEST_M, COARSEST_M))
    if not step_m > 0:
        raise InputError(f"Expected a distance of points above 0 m; found {step_m:g} m.")
    parts = [
        _sample(public[cell], int(cell), step_m)
        for cell, size in zip(cells, area, strict=True)
        if size > 0
    ]
    return pd.concat(parts, ignore_index=True)


def _sample(ground: shapely.Geometry, cell: int, step_m: float) -> pd.DataFrame:
    """Lay a turned lattice over the ground: an upright one would run along streets."""
    cos, sin = np.cos(_LATTICE_RAD), np.sin(_LATTICE_RAD)
    turned = shapely.get_coordinates(ground) @ np.array([[cos, -sin], [sin, cos]])
    low, high = np.floor(turned.min(axis=0) / step_m), np.ceil(turned.max(axis=0) / step_m)
    along, across = (np.arange(low[one], high[one]) + 0.5 for one in (0, 1))
    lattice = np.stack(np.meshgrid(along, across), axis=-1).reshape(-1, 2) * step_m
    place = lattice @ np.array([[cos, sin], [-sin, cos]])
    shapely.prepare(ground)
    place = place[shapely.contains_xy(ground, place)]
    if not len(place):
        place = shapely.get_coordinates(shapely.point_on_surface(ground))
    share = shapely.area(ground) / len(place)
    return pd.DataFrame({"x_m": place[:, 0], "y_m": place[:, 1], "cell": cell, "area_m2": share})


def weigh_ground(
    points: pd.DataFrame,
    cell_id: Sequence[str] | npt.NDArray[np.object_],
    landuse: Any,
    cell_weight: Mapping[str, float],
    class_weight: Mapping[str, float],
) -> Floats:
    """Worth of the ground around each point: its area times the weights of cell and class.

    Raises
    ------
    InputError
        If a weight is below zero or no number, or a cell is not known.

    Examples
    --------
    >>> points = pd.DataFrame({"x_m": [0.0], "y_m": [0.0], "cell": [0], "area_m2": [4.0]})
    >>> weigh_ground(points, ["c1"], None, {"c1": 2.0}, {}).tolist()
    [8.0]
    """
    wrong = [
        name
        for name, value in {**cell_weight, **class_weight}.items()
        if not (np.isfinite(value) and value >= 0)
    ]
    if wrong:
        raise InputError(f"Expected weights of 0 or more; found others at {name_ids(wrong)}.")
    unknown = [name for name in cell_weight if name not in set(cell_id)]
    if unknown:
        raise InputError(
            f"Weights name cells that the district does not have: {name_ids(unknown)}. Use the "
            "cell_id of its cells."
        )
    by_cell = np.array([cell_weight.get(name, 1.0) for name in cell_id])
    worth = points["area_m2"].to_numpy() * by_cell[points["cell"].to_numpy()]
    places = shapely.points(points[["x_m", "y_m"]].to_numpy())
    for kind, weight in class_weight.items():
        shapes = np.asarray(landuse.geometry[landuse["kind"] == kind], dtype=object)
        row, _ = shapely.STRtree(shapes).query(places, predicate="within")
        worth[np.unique(row)] *= weight
    return np.asarray(worth, dtype=np.float64)


def cover_points(views: Shapes, points: pd.DataFrame) -> sparse.csr_array:
    """Matrix of views over points: 1 where the point is in the view.

    Examples
    --------
    >>> points = pd.DataFrame({"x_m": [1.0, 9.0], "y_m": [1.0, 1.0]})
    >>> cover_points(np.array([shapely.box(0, 0, 2, 2)]), points).toarray().tolist()
    [[1.0, 0.0]]
    """
    places = np.asarray(shapely.points(points[["x_m", "y_m"]].to_numpy()), dtype=object)
    view, point = shapely.STRtree(places).query(views, predicate="contains")
    shape = (len(views), len(points))
    return sparse.csr_array((np.ones(len(view)), (view, point)), shape)
