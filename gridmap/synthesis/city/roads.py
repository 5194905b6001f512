"""Streets on the sides of blocks, embankments along barriers, bridges across them."""

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridmap.synthesis.city.blocks import Blocks
from gridmap.synthesis.city.mesh import Mesh
from gridmap.synthesis.city.names import place_names
from gridmap.synthesis.city.plan import MACRO, Barrier, CityPlan, Floats, Ints
from gridmap.synthesis.city.scatter import scatter

URBAN_PER_M2 = 1.5e-3
"""People per m² from which ground is built up."""
BANK_M = 11.0
"""From the water's edge to the middle of the embankment street [m]."""
_CLASSES_M = (1_900.0, 950.0, 450.0, 180.0)
_KINDS = np.array(
    [["primary", "secondary", "tertiary", "residential", "living_street"],
     ["secondary", "tertiary", "unclassified", "residential", "service"]], dtype=object,
)  # fmt: skip
_KEPT = np.array([[1.0, 1.0, 0.97, 0.88, 0.62], [1.0, 0.97, 0.75, 0.7, 0.6]])
"""Share of the lines that carry a street, built up and outside, by class."""
_RING_RADII_M = (2_400.0, 4_900.0, 9_500.0)
_RING_NAMES = ("一环路", "二环路", "三环路")
_ENDINGS = (("大道",), ("路", "街"), ("路", "街"), ("路", "街"), ("巷", "里", "弄"))
_BRIDGED = {"river": 0, "stream": 1, "railway": 2}
"""Lowest class of street, counted from 0 for primary, that crosses a barrier."""
_SIDE_STREET = {"river": "滨江路", "stream": "滨河路", "railway": "沿铁路"}


def lay_roads(
    plan: CityPlan, blocks: Blocks, mesh: Mesh, density: Floats, seed: int
) -> gpd.GeoDataFrame:
    """Streets of a city, split where they meet.

    Parameters
    ----------
    plan, blocks, mesh
        The city.
    density : ndarray
        People per m² of each block.
    seed : int
        The same seed names and leaves out the same streets.

    Returns
    -------
    GeoDataFrame
        ``highway``, ``name``, ``bridge``; without CRS.

    Notes
    -----
    The finer a line of the lattice, the smaller its street. Some of the finest lines are walls of
    compounds and carry no street, for the length of a superblock. Streets reach the embankment
    of a barrier and end there; only some go on across a bridge or under a railway.
    """
    inner = mesh.other >= 0
    urban = np.maximum(density[mesh.one], density[mesh.other]) > URBAN_PER_M2
    line, along = _line_of(mesh)
    grade = _grade(plan, line)
    kept = inner & (scatter(seed, mesh.upright, line, _chunk(plan, along, grade)) <
                    _KEPT[np.where(urban, 0, 1), grade])  # fmt: skip
    kind = _KINDS[np.where(urban, 0, 1), grade]
    name = _names(plan, mesh.upright, line, along, grade, seed)
    _mark_rings(plan, mesh.upright, line, along, kind, name, kept & inner)
    street = pd.DataFrame({"tail": mesh.tail, "head": mesh.head, "grade": grade,
                           "highway": kind, "name": name})  # fmt: skip
    return _with_barriers(plan, mesh, street, kept)


def _line_of(mesh: Mesh) -> tuple[Ints, Ints]:
    """Line of the lattice that each side lies on, and where along it the side begins."""
    i, j = mesh.node_i[mesh.tail], mesh.node_j[mesh.tail]
    return np.where(mesh.upright, i, j), np.where(mesh.upright, j, i)


def _grade(plan: CityPlan, line: Ints) -> Ints:
    """Class of the street of a line, 0 to 4, by how far apart lines of its rank lie."""
    rank = np.where(line > 0, line & -line, plan.size)
    return np.searchsorted(-np.array(_CLASSES_M), -rank * plan.pixel_m, side="left")


def _chunk(plan: CityPlan, along: Ints, grade: Ints) -> Ints:
    """Part of a line over which a street has one name and one fate."""
    length_m = np.array([plan.side_m * 2, 6_000.0, 2_500.0, 1_200.0, 600.0])[grade]
    return np.asarray(along * plan.pixel_m // length_m, dtype=np.int64)


def _names(
    plan: CityPlan, upright: npt.NDArray[np.bool_], line: Ints, along: Ints, grade: Ints, seed: int
) -> npt.NDArray[np.object_]:
    chunk = _chunk(plan, along, grade)
    table = pd.DataFrame({"grade": grade, "upright": upright, "line": line, "chunk": chunk})
    number = table.groupby(["grade", "upright", "line", "chunk"], sort=True).ngroup().to_numpy()
    result = np.empty(len(line), dtype=object)
    rng = np.random.default_rng([seed, 7])
    for one in range(5):
        own = grade == one
        used, place = np.unique(number[own], return_inverse=True)
        result[own] = place_names(len(used), rng, _ENDINGS[one])[place]
    return result


def _mark_rings(
    plan: CityPlan,
    upright: npt.NDArray[np.bool_],
    line: Ints,
    along: Ints,
    kind: npt.NDArray[np.object_],
    name: npt.NDArray[np.object_],
    kept: npt.NDArray[np.bool_],
) -> None:
    """Make rectangles of main lines around the largest centre into ring roads."""
    step = 1 << max(0, plan.depth - plan.coarsest)
    middle = np.round(plan.centres[0, :2] * plan.size / step) * step
    for radius_m, title in zip(_RING_RADII_M, _RING_NAMES, strict=True):
        reach = max(1, round(radius_m / plan.pixel_m / step)) * step
        if radius_m > 0.4 * plan.side_m:
            continue
        own, cross = np.where(upright, *middle), np.where(upright, *middle[::-1])
        on = (np.abs(line - own) == reach) & (along >= cross - reach) & (along < cross + reach)
        kind[on], name[on], kept[on] = "trunk" if reach > step else "primary", title, True


def _with_barriers(
    plan: CityPlan, mesh: Mesh, street: pd.DataFrame, kept: npt.NDArray[np.bool_]
) -> gpd.GeoDataFrame:
    start, end = mesh.xy[street["tail"]].copy(), mesh.xy[street["head"]].copy()
    extra: list[gpd.GeoDataFrame] = []
    kept = kept.copy()
    for barrier in plan.barriers:
        kept &= (
            ~on_barrier(plan, mesh, barrier)[street["tail"]]
            | ~(on_barrier(plan, mesh, barrier)[street["head"]])
        )
    for barrier in plan.barriers:
        extra += _edge(plan, mesh, barrier, street, kept, start, end)
    lines = shapely.linestrings(np.stack([start[kept], end[kept]], axis=1))
    main = gpd.GeoDataFrame(street.loc[kept, ["highway", "name"]], geometry=lines)
    return gpd.GeoDataFrame(pd.concat([main, *extra], ignore_index=True))


def on_barrier(plan: CityPlan, mesh: Mesh, barrier: Barrier) -> npt.NDArray[np.bool_]:
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


def _edge(
    plan: CityPlan,
    mesh: Mesh,
    barrier: Barrier,
    street: pd.DataFrame,
    kept: npt.NDArray[np.bool_],
    start: Floats,
    end: Floats,
) -> list[gpd.GeoDataFrame]:
    """Pull streets back to the banks of one barrier (in place); its embankments and crossings."""
    nodes = barrier_nodes(plan, mesh, barrier)
    meeting = _shared(plan, mesh, barrier, nodes)
    banks = _banks(mesh.xy[nodes], barrier.half_width_m + BANK_M)
    place = np.full(len(mesh.xy), -1)
    place[nodes] = np.arange(len(nodes))
    reach = np.zeros((2, len(nodes)), dtype=np.int64) + 9
    # Seen along the barrier, streets that end on it come from its left, those that begin, go right.
    for side, ends, points in ((0, "head", end), (1, "tail", start)):
        at = place[street[ends].to_numpy()]
        own = np.flatnonzero((at >= 0) & kept)
        which = side if barrier.axis == 1 else 1 - side
        points[own] = banks[which][at[own]]
        np.minimum.at(reach[which], at[own], street["grade"].to_numpy()[own])
    sides = [_embankment(bank, meeting & (barrier.kind != "river"), barrier) for bank in banks]
    return [*sides, _bridges(mesh, nodes, banks, reach, barrier, street)]


def _shared(plan: CityPlan, mesh: Mesh, barrier: Barrier, nodes: Ints) -> npt.NDArray[np.bool_]:
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


def _embankment(bank: Floats, broken: npt.NDArray[np.bool_], barrier: Barrier) -> gpd.GeoDataFrame:
    whole = ~broken[:-1] & ~broken[1:]
    lines = shapely.linestrings(np.stack([bank[:-1], bank[1:]], axis=1)[whole])
    kind = "service" if barrier.kind == "railway" else "tertiary"
    columns = {"highway": kind, "name": _SIDE_STREET[barrier.kind]}
    return gpd.GeoDataFrame(columns, index=range(len(lines)), geometry=lines)


def _bridges(
    mesh: Mesh,
    nodes: Ints,
    banks: tuple[Floats, Floats],
    reach: Ints,
    barrier: Barrier,
    street: pd.DataFrame,
) -> gpd.GeoDataFrame:
    grade = reach.max(axis=0)
    crossed = np.flatnonzero(grade <= _BRIDGED[barrier.kind])
    through = np.stack([banks[0][crossed], mesh.xy[nodes[crossed]], banks[1][crossed]], axis=1)
    by_head = street.drop_duplicates("head").set_index("head")["name"]
    ending = "" if barrier.kind == "railway" else "桥"
    name = by_head.reindex(nodes[crossed]).fillna("").to_numpy(dtype=object) + ending
    columns = {"highway": _KINDS[0, grade[crossed]], "name": name,
               "bridge": "no" if barrier.kind == "railway" else "yes"}  # fmt: skip
    return gpd.GeoDataFrame(columns, geometry=shapely.linestrings(through))


def barrier_ground(plan: CityPlan, mesh: Mesh, barrier: Barrier) -> shapely.Polygon:
    """Water of a river, or ground of a railway."""
    course = shapely.linestrings(mesh.xy[barrier_nodes(plan, mesh, barrier)])
    return shapely.buffer(course, barrier.half_width_m, cap_style="flat", quad_segs=3)
