"""Streets on the sides of blocks, embankments along barriers, bridges across them."""

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridmap.synthesis.city.mesh import Mesh
from gridmap.synthesis.city.names import place_names
from gridmap.synthesis.city.plan import MACRO, Barrier, CityPlan, Floats, Ints
from gridmap.synthesis.city.scatter import scatter

Bools = npt.NDArray[np.bool_]

URBAN_PER_M2 = 1.5e-3
"""People per m² from which ground is built up."""
BANK_M = 11.0
"""From the water's edge to the middle of the embankment street [m]."""
_APART_M = (1_900.0, 950.0, 450.0, 180.0)
"""Lines at least so far from others of their rank carry streets of grade 0, 1, 2 and 3 [m]."""
_LENGTH_M = np.array([np.inf, 6_000.0, 2_500.0, 1_200.0, 600.0])
"""Length over which a street keeps its name and is there or not, by grade [m]."""
_KINDS = np.array(
    [
        ["primary", "secondary", "tertiary", "residential", "living_street"],
        ["secondary", "tertiary", "unclassified", "residential", "service"],
    ],
    dtype=object,
)
"""Kinds of street by grade, in built-up ground and outside."""
_KEPT = np.array([[1.0, 1.0, 0.97, 0.88, 0.62], [1.0, 0.97, 0.75, 0.7, 0.6]])
"""Share of the lines that carry a street, likewise."""
_RINGS = ((2_400.0, "一环路"), (4_900.0, "二环路"), (9_500.0, "三环路"))
"""Ring roads: half their side [m] and their name."""
_LARGEST_RING = 0.4
_ENDINGS = (("大道",), ("路", "街"), ("路", "街"), ("路", "街"), ("巷", "里", "弄"))
_BRIDGED = {"river": 0, "stream": 1, "railway": 2}
"""Lowest grade of street that crosses a barrier."""
_NO_STREET = 9
_SIDE_STREET = {"river": "滨江路", "stream": "滨河路", "railway": "沿铁路"}
_ROAD_COLUMNS = ["highway", "name"]


def lay_roads(plan: CityPlan, mesh: Mesh, density: Floats, seed: int) -> gpd.GeoDataFrame:
    """Lay the streets of a city, split where they meet.

    Parameters
    ----------
    plan, mesh
        The city.
    density : ndarray
        People per m² of each block.
    seed : int
        The same seed names and leaves out the same streets.

    Returns
    -------
    GeoDataFrame
        ``highway``, ``name`` and ``bridge`` (``yes`` or empty); without CRS.

    Notes
    -----
    The finer a line of the lattice, the smaller its street. Some of the finest lines are walls of
    compounds and carry no street, for the length of a superblock. Streets reach the embankment
    of a barrier and end there; only some go on across a bridge or under a railway.
    """
    sides = _sides(plan, mesh)
    outside = np.maximum(density[mesh.one], density[mesh.other]) <= URBAN_PER_M2
    row = outside.astype(np.int64)
    grade = sides["grade"].to_numpy()
    drawn = scatter(seed, sides["upright"], sides["line"], sides["chunk"])
    sides["kept"] = (mesh.other >= 0) & (drawn < _KEPT[row, grade])
    sides["highway"] = _KINDS[row, grade]
    sides["name"] = _names(sides, seed)
    _mark_rings(plan, sides, mesh.other >= 0)
    return _with_barriers(plan, mesh, sides)


def _sides(plan: CityPlan, mesh: Mesh) -> pd.DataFrame:
    """Sides of blocks: the line of the lattice they lie on, its grade, and the stretch of it."""
    i, j, upright = mesh.node_i[mesh.tail], mesh.node_j[mesh.tail], mesh.upright
    line, along = np.where(upright, i, j), np.where(upright, j, i)
    rank = np.where(line > 0, line & -line, plan.size)
    grade = np.searchsorted(-np.array(_APART_M), -rank * plan.pixel_m)
    chunk = np.floor(along * plan.pixel_m / _LENGTH_M[grade]).astype(np.int64)
    return pd.DataFrame(
        {
            "tail": mesh.tail, "head": mesh.head, "upright": upright, "line": line,
            "along": along, "grade": grade, "chunk": chunk,
        }
    )  # fmt: skip


def _names(sides: pd.DataFrame, seed: int) -> npt.NDArray[np.object_]:
    number = sides.groupby(["grade", "upright", "line", "chunk"], sort=True).ngroup().to_numpy()
    result = np.empty(len(sides), dtype=object)
    rng = np.random.default_rng([seed, 7])
    for grade, endings in enumerate(_ENDINGS):
        own = (sides["grade"] == grade).to_numpy()
        used, place = np.unique(number[own], return_inverse=True)
        result[own] = place_names(len(used), rng, endings)[place]
    return result


def _mark_rings(plan: CityPlan, sides: pd.DataFrame, inner: Bools) -> None:
    """Make rectangles of main lines around the largest centre into ring roads (in place)."""
    step = 1 << (plan.depth - plan.coarsest)
    middle = (np.round(plan.centres[0, :2] * plan.size / step) * step).astype(np.int64)
    upright = sides["upright"].to_numpy()
    off = np.abs(sides["line"].to_numpy() - np.where(upright, middle[0], middle[1]))
    along = sides["along"].to_numpy() - np.where(upright, middle[1], middle[0])
    for radius_m, name in _RINGS:
        reach = max(1, round(radius_m / plan.pixel_m / step)) * step
        if radius_m <= _LARGEST_RING * plan.side_m:
            on = (off == reach) & (along >= -reach) & (along < reach) & inner
            for column, value in (("highway", "trunk"), ("name", name), ("kept", True)):
                sides.loc[on, column] = value


def _with_barriers(plan: CityPlan, mesh: Mesh, sides: pd.DataFrame) -> gpd.GeoDataFrame:
    """Streets pulled back from barriers, with embankments and crossings."""
    for barrier in plan.barriers:
        on = on_barrier(plan, mesh, barrier)
        sides["kept"] &= ~(on[sides["tail"]] & on[sides["head"]])
    ends = np.stack([mesh.xy[sides["tail"]], mesh.xy[sides["head"]]])
    extra = [one for barrier in plan.barriers for one in _edge(plan, mesh, barrier, sides, ends)]
    kept = sides["kept"].to_numpy()
    lines = shapely.linestrings(ends[:, kept].transpose(1, 0, 2))
    main = gpd.GeoDataFrame(sides.loc[kept, _ROAD_COLUMNS], geometry=lines)
    return gpd.GeoDataFrame(pd.concat([main, *extra], ignore_index=True))


def on_barrier(plan: CityPlan, mesh: Mesh, barrier: Barrier) -> Bools:
    """Which corners lie on a barrier."""
    tile = plan.size // MACRO
    own, along = (mesh.node_i, mesh.node_j)[:: 1 if barrier.axis == 1 else -1]
    inside = (along >= barrier.start * tile) & (along <= barrier.end * tile)
    return np.asarray((own == barrier.line * tile) & inside)


def barrier_nodes(plan: CityPlan, mesh: Mesh, barrier: Barrier) -> Ints:
    """Corners along a barrier, in order."""
    nodes = np.flatnonzero(on_barrier(plan, mesh, barrier))
    along = (mesh.node_j if barrier.axis == 1 else mesh.node_i)[nodes]
    return np.asarray(nodes[np.argsort(along)])


def barrier_ground(plan: CityPlan, mesh: Mesh, barrier: Barrier) -> shapely.Geometry:
    """Water of a river, or ground of a railway."""
    course = shapely.LineString(mesh.xy[barrier_nodes(plan, mesh, barrier)])
    return course.buffer(barrier.half_width_m, cap_style="flat", quad_segs=3)


def _edge(
    plan: CityPlan, mesh: Mesh, barrier: Barrier, sides: pd.DataFrame, ends: Floats
) -> list[gpd.GeoDataFrame]:
    """Pull streets back to the banks of one barrier (in place); its embankments and crossings."""
    nodes = barrier_nodes(plan, mesh, barrier)
    banks = _banks(mesh.xy[nodes], barrier.half_width_m + BANK_M)
    place = np.full(len(mesh.xy), -1)
    place[nodes] = np.arange(len(nodes))
    reach = np.full((2, len(nodes)), _NO_STREET)
    across = sides["kept"].to_numpy() & (sides["upright"].to_numpy() == (barrier.axis == 0))
    # Streets that end on a course to the north come from its left, on one to the east, its right.
    for end, column in enumerate(("head", "tail")):
        left = (end == 0) == (barrier.axis == 1)
        at = place[sides[column]]
        own = np.flatnonzero((at >= 0) & across)
        ends[1 - end, own] = banks[0 if left else 1][at[own]]
        np.minimum.at(reach[0 if left else 1], at[own], sides["grade"].to_numpy()[own])
    broken = _shared(plan, mesh, barrier, nodes) & (barrier.kind != "river")
    embankments = [_embankment(bank, broken, barrier) for bank in banks]
    # However small the city, two streets cross.
    lowest = max(_BRIDGED[barrier.kind], int(np.sort(reach.max(axis=0))[1]))
    crossed = np.flatnonzero(reach.max(axis=0) <= min(lowest, _NO_STREET - 1))
    through = np.stack([banks[0][crossed], mesh.xy[nodes[crossed]], banks[1][crossed]], axis=1)
    grade = reach.max(axis=0)[crossed]
    return [*embankments, _crossings(through, grade, _names_at(sides, nodes[crossed]), barrier)]


def _shared(plan: CityPlan, mesh: Mesh, barrier: Barrier, nodes: Ints) -> Bools:
    """Corners of a barrier that lie on another one too."""
    shared = np.zeros(len(nodes), dtype=bool)
    for other in plan.barriers:
        if other is not barrier:
            shared |= on_barrier(plan, mesh, other)[nodes]
    return shared


def _banks(xy: Floats, away_m: float) -> tuple[Floats, Floats]:
    """Points beside each corner of a barrier: to the left and to the right of its course."""
    course = np.gradient(xy, axis=0)
    course /= np.hypot(*course.T)[:, None]
    left = np.column_stack([-course[:, 1], course[:, 0]])
    return np.round(xy + away_m * left, 3), np.round(xy - away_m * left, 3)


def _embankment(bank: Floats, broken: Bools, barrier: Barrier) -> gpd.GeoDataFrame:
    whole = ~broken[:-1] & ~broken[1:]
    lines = shapely.linestrings(np.stack([bank[:-1], bank[1:]], axis=1)[whole])
    kind = "service" if barrier.kind == "railway" else "tertiary"
    columns = {"highway": kind, "name": _SIDE_STREET[barrier.kind]}
    return gpd.GeoDataFrame(columns, index=range(int(whole.sum())), geometry=lines)


def _names_at(sides: pd.DataFrame, nodes: Ints) -> npt.NDArray[np.object_]:
    """Name of the street that ends at each of these corners."""
    ending = sides[sides["kept"]].drop_duplicates("head").set_index("head")["name"]
    return np.asarray(ending.reindex(nodes).fillna("").to_numpy(dtype=object))


def _crossings(
    through: Floats, grade: Ints, name: npt.NDArray[np.object_], barrier: Barrier
) -> gpd.GeoDataFrame:
    """Bridges over water, or streets under a railway."""
    bridge = barrier.kind != "railway"
    columns = {
        "highway": _KINDS[0, grade],
        "name": name + "桥" if bridge else name,
        "bridge": "yes" if bridge else None,
    }
    return gpd.GeoDataFrame(columns, geometry=shapely.linestrings(through))
