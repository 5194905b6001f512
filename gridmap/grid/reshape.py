"""Edits of borders in a tiling: move, insert and delete corners, move a border, merge, split.

Every function changes a :class:`~gridmap.grid.topology.Topology` within its ``edit``; what is
refused there is taken back. Borders of communities are fixed: an inner border that ends there may
slide along them.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import shapely

from gridmap.errors import InputError, name_ids
from gridmap.grid.faces import (
    Edge,
    Face,
    Place,
    Ring,
    distances_m,
    draw_face,
    edges_of,
    nearest_on,
    path_on,
    rings_of,
    spell,
    turn_ring,
    with_vertex,
)
from gridmap.grid.topology import VERTEX_REACH_M, Topology

EDGE_REACH_M = 1.0
"""A place names the border within this distance [m]."""
SLIDE_REACH_M = 25.0
"""The end of a border dropped this near [m] its community's border is put onto it."""


def move_vertex(tiling: Topology, at: Place, to: Place, community: str | None = None) -> None:
    """Move a corner; where it ends a border on that of the community, slide it along.

    Parameters
    ----------
    tiling : Topology
        Within :meth:`~gridmap.grid.topology.Topology.edit`.
    at, to : tuple of float
        Where the corner is and where it goes [m].
    community : str, optional
        Whose border slides where borders of two communities end at the same corner.

    Raises
    ------
    InputError
        If there is no corner, it is fixed, or the place lies outside its community.
    """
    vertex = tiling.vertex_at(at)
    if tiling.is_on_fixed(vertex):
        _slide(tiling, vertex, to, community)
        return
    _assert_inside(tiling, vertex, to)
    _assert_apart(tiling, vertex, to)
    tiling.put_vertex(vertex, to)


def insert_vertex(tiling: Topology, at: Place, to: Place | None = None) -> None:
    """Put a new corner on a border between two cells of a community, and move it.

    Parameters
    ----------
    tiling : Topology
    at : tuple of float
        Where on the border [m].
    to : tuple of float, optional
        Where the new corner goes [m]; default where it is.
    """
    edge = tiling.edge_at(at, EDGE_REACH_M)
    if tiling.is_fixed(edge):
        raise InputError(
            f"The border at {spell(at)} is that of a community and fixed. Choose a border between "
            "two cells of one community."
        )
    vertex = _insert(tiling, edge, nearest_on(tiling.xy[edge[0]], tiling.xy[edge[1]], at))
    if to is not None:
        _assert_inside(tiling, vertex, to)
        _assert_apart(tiling, vertex, to)
        tiling.put_vertex(vertex, to)


def delete_vertex(tiling: Topology, at: Place) -> None:
    """Delete a corner that lies within a border; its neighbours are joined by a straight side."""
    vertex = tiling.vertex_at(at)
    if tiling.is_node(vertex):
        raise InputError(
            f"The corner at {spell(at)} cannot be deleted: borders meet there or it belongs to the "
            "border of a community. Choose a corner between two ends of a border."
        )
    faces = {
        cell: tuple(
            tuple(tuple(v for v in ring if v != vertex) for ring in part)
            for part in tiling.cells[cell]
        )
        for cell in tiling.cells_at(vertex)
    }
    tiling.put_cells(faces)


def move_arc(tiling: Topology, at: Place, by: Place) -> None:
    """Move a whole border; its ends on the border of the community slide along it.

    Parameters
    ----------
    tiling : Topology
    at : tuple of float
        A place on the border [m].
    by : tuple of float
        How far east and north [m].
    """
    edge = tiling.edge_at(at, EDGE_REACH_M)
    both = {edge, edge[::-1]}
    arcs = tiling.arcs(tiling.left[one] for one in both if one in tiling.left)
    found = [arc for arc in arcs if both & set(pairwise(arc.vertices))]
    if not found:
        raise InputError(
            f"The border at {spell(at)} is that of a community and fixed. Choose a border between "
            "two cells of one community."
        )
    ends = {v for v in found[0].vertices if tiling.is_on_fixed(v)}
    goals = {v: (tiling.xy[v][0] + by[0], tiling.xy[v][1] + by[1]) for v in found[0].vertices}
    for vertex, to in goals.items():
        if vertex in ends:
            _slide(tiling, vertex, to, tiling.community[found[0].cells[0]])
        else:
            _assert_inside(tiling, vertex, to)
            tiling.put_vertex(vertex, to)


def merge_cells(tiling: Topology, cells: Sequence[str]) -> str:
    """Merge neighbouring cells of one community into the first of them; returns its id.

    Raises
    ------
    InputError
        If there are fewer than two, one is unknown, or they do not hang together in one community.
    """
    cells = tuple(dict.fromkeys(cells))
    _assert_known(tiling, cells)
    if len(cells) < 2:
        raise InputError(f"Expected two cells or more to merge; found {name_ids(cells)}.")
    _assert_together(tiling, cells)
    union = shapely.coverage_union_all([_drawn(tiling, cell) for cell in cells])
    number = {tiling.xy[v]: v for c in cells for ring in rings_of(tiling.cells[c]) for v in ring}
    face = tuple(
        tuple(
            tuple(
                number[place] for place in map(tuple, shapely.get_coordinates(ring)[:-1].tolist())
            )
            for ring in (part.exterior, *part.interiors)
        )
        for part in shapely.orient_polygons(shapely.get_parts(union))
    )
    tiling.put_cells({**dict.fromkeys(cells[1:]), cells[0]: face})
    return cells[0]


def split_cell(tiling: Topology, cell: str, line: Sequence[Place], new: str) -> None:
    """Split a cell by a line; the larger part keeps the id.

    Parameters
    ----------
    tiling : Topology
    cell : str
        The cell.
    line : sequence of tuple of float
        Corners of the line [m]; it enters the cell once and leaves it once.
    new : str
        Id of the smaller part.

    Raises
    ------
    InputError
        If the line does not cut the cell in two, or the new id is taken.
    """
    _assert_known(tiling, [cell])
    if new in tiling.cells:
        raise InputError(f"Cell {new} is there already. Choose another id for the part split off.")
    cut = _cut_of(tiling, cell, line)
    first, *between, last = (
        _vertex_on(tiling, cell, cut[0]),
        *(tiling.new_vertex(place) for place in cut[1:-1]),
        _vertex_on(tiling, cell, cut[-1]),
    )
    whole = next((p for p in tiling.cells[cell] if {first, last} <= set(p[0])), None)
    sides = ((first, last, tuple(reversed(between))), (last, first, tuple(between)))
    rings = [path_on(whole[0], *ends) + way for *ends, way in sides] if whole else []
    if whole is None or first == last or min(map(len, rings)) < 3:
        raise InputError(
            f"The line runs into a hole of cell {cell} or along its border. Draw it from border to "
            "border across the cell."
        )
    holes = whole[1:]
    faces = [(ring, *_holes_in(tiling, ring, holes)) for ring in rings]
    faces.sort(key=lambda part: -_polygon(tiling, part[0]).area)
    rest = tuple(part for part in tiling.cells[cell] if part is not whole)
    tiling.put_cells({cell: (faces[0], *rest), new: (faces[1],)}, {new: tiling.community[cell]})


def _slide(tiling: Topology, vertex: int, to: Place, community: str | None) -> None:
    """Slide the one inner border of a community that ends at a vertex along the fixed border."""
    inner = [
        n
        for n in tiling.beside[vertex]
        if not tiling.is_fixed((vertex, n))
        and community in (None, tiling.community[tiling.left[vertex, n]])
    ]
    if len(inner) != 1:
        raise InputError(
            f"The corner at {spell(tiling.xy[vertex])} is fixed: it belongs to the border of a "
            "community, or several borders end there. Insert a corner beside it and move that one."
        )
    ahead, behind = tiling.left[inner[0], vertex], tiling.left[vertex, inner[0]]
    onward = _fixed_run(tiling, ahead, (inner[0], vertex))
    back = _fixed_run(tiling, behind, (vertex, inner[0]))
    far, is_onward = _landing(tiling, onward, back, to)
    if far == vertex:
        return
    if is_onward:
        run = _from(tiling, ahead, (inner[0], vertex), vertex, far)
        _hand_over(tiling, (behind, ahead), run, lambda turned: (vertex, *run[1:], *turned[1:]))
    else:
        run = _from(tiling, behind, (vertex, inner[0]), vertex, far)
        _hand_over(tiling, (ahead, behind), run, lambda turned: (*run[:0:-1], *turned))


def _landing(tiling: Topology, onward: list[Edge], back: list[Edge], to: Place) -> tuple[int, bool]:
    """Vertex at the place of the fixed border nearest to where the end was dropped."""
    edges = [*onward, *back]
    ends = np.array([(tiling.xy[u], tiling.xy[v]) for u, v in edges])
    away = distances_m(np.asarray(to), ends[:, 0], ends[:, 1])
    nearest = int(away.argmin())
    if away[nearest] > SLIDE_REACH_M:
        raise InputError(
            f"{spell(to)} lies {away[nearest]:.0f} m from the border of the community, along which "
            f"this end of a border can slide. Drop it within {SLIDE_REACH_M:.0f} m of it, and "
            "before the next border that ends there."
        )
    edge = edges[nearest]
    stops = {run[place][end] for run, place, end in ((onward, -1, 1), (back, -1, 0)) if run}
    foot = nearest_on(tiling.xy[edge[0]], tiling.xy[edge[1]], to)
    for vertex in edge:
        if np.hypot(*np.subtract(tiling.xy[vertex], foot)) < VERTEX_REACH_M:
            if vertex in stops:
                raise InputError(
                    f"Another border ends at {spell(tiling.xy[vertex])}. Stop before it, or merge "
                    "the cells between."
                )
            return vertex, nearest < len(onward)
    return _insert(tiling, edge, foot), nearest < len(onward)


def _fixed_run(tiling: Topology, cell: str, inner: Edge) -> list[Edge]:
    """List the fixed edges that follow an inner edge, in the direction of the ring."""
    ring = _ring_with(tiling, cell, inner)
    edges = list(edges_of(ring))
    place = edges.index(inner)
    turned = edges[place + 1 :] + edges[:place]
    ahead = inner[1] in turned[0] and tiling.is_fixed(turned[0])
    run = turned if ahead else turned[::-1]
    stop = next((n for n, edge in enumerate(run) if not tiling.is_fixed(edge)), len(run))
    return run[:stop]


def _from(tiling: Topology, cell: str, inner: Edge, vertex: int, far: int) -> Ring:
    """Vertices of a ring from one to another, along the fixed border."""
    ring = _ring_with(tiling, cell, inner)
    if inner[0] == vertex:
        ring = ring[::-1]
    turned = turn_ring(ring, vertex)
    return turned[: turned.index(far) + 1]


def _hand_over(
    tiling: Topology, cells: tuple[str, str], run: Ring, lengthen: Callable[[Ring], Ring]
) -> None:
    """Give the ground beside a stretch of fixed border from the second cell to the first."""
    gains, gives = cells
    gone = set(run[:-1])
    faces: dict[str, Face | None] = {
        gains: tuple(
            tuple(lengthen(turn_ring(ring, run[0])) if run[0] in ring else ring for ring in part)
            for part in tiling.cells[gains]
        ),
        gives: tuple(
            tuple(tuple(v for v in ring if v not in gone) for ring in part)
            for part in tiling.cells[gives]
        ),
    }
    tiling.put_cells(faces)


def _ring_with(tiling: Topology, cell: str, edge: Edge) -> Ring:
    return next(ring for ring in rings_of(tiling.cells[cell]) if edge in set(edges_of(ring)))


def _insert(tiling: Topology, edge: Edge, place: Place) -> int:
    """Put a new vertex into an edge, for the cells on both sides."""
    vertex = tiling.new_vertex(place)
    faces: dict[str, Face] = {}
    for u, v in (edge, edge[::-1]):
        cell = tiling.left.get((u, v))
        if cell is not None:
            faces[cell] = tuple(
                tuple(with_vertex(ring, (u, v), vertex) for ring in part)
                for part in faces.get(cell, tiling.cells[cell])
            )
    tiling.put_cells(faces)
    return vertex


def _cut_of(tiling: Topology, cell: str, line: Sequence[Place]) -> list[Place]:
    """Stretch of a line inside a cell, from border to border."""
    shape = _drawn(tiling, cell)
    inside = shapely.intersection(shapely.LineString(line), shape)
    parts = [part for part in shapely.get_parts(inside) if shapely.length(part) > VERTEX_REACH_M]
    if len(parts) != 1 or parts[0].geom_type != "LineString":
        raise InputError(
            f"The line should cross cell {cell} once, from border to border; it runs through it "
            f"{len(parts)} times. Draw it anew, starting and ending outside the cell."
        )
    cut: list[Place] = [(x, y) for x, y in shapely.get_coordinates(parts[0]).tolist()]
    away = shapely.distance(shape.boundary, shapely.points([cut[0], cut[-1]]))
    if away.max() > VERTEX_REACH_M:
        raise InputError(
            f"The line ends inside cell {cell}, {away.max():.0f} m from its border. Draw it on, "
            "until it has crossed the border."
        )
    return cut


def _vertex_on(tiling: Topology, cell: str, place: Place) -> int:
    """Vertex of a cell's border at a place; made where there is none."""
    edge = tiling.edge_at(place, EDGE_REACH_M, cell)
    for vertex in edge:
        if np.hypot(*np.subtract(tiling.xy[vertex], place)) < VERTEX_REACH_M:
            return vertex
    return _insert(tiling, edge, place)


def _holes_in(tiling: Topology, ring: Ring, holes: tuple[Ring, ...]) -> list[Ring]:
    outer = _polygon(tiling, ring)
    return [hole for hole in holes if outer.covers(_polygon(tiling, hole).point_on_surface())]


def _polygon(tiling: Topology, ring: Ring) -> Any:
    return shapely.Polygon([tiling.xy[v] for v in ring])


def _drawn(tiling: Topology, cell: str) -> Any:
    """Polygon of a cell through the shared vertices, also where it is as it came."""
    return draw_face(tiling.cells[cell], tiling.xy)


def _assert_inside(tiling: Topology, vertex: int, to: Place) -> None:
    own = {tiling.community[cell] for cell in tiling.cells_at(vertex)}
    found = tiling.cell_holding(to)
    if found is None or tiling.community[found] not in own:
        raise InputError(
            f"{spell(to)} lies outside community {name_ids(sorted(own))}, whose border is fixed. "
            "Nothing was changed; choose a place inside it."
        )


def _assert_apart(tiling: Topology, vertex: int, to: Place) -> None:
    beside = np.array([tiling.xy[n] for n in tiling.beside[vertex]])
    if np.hypot(*(beside - to).T).min() < VERTEX_REACH_M:
        raise InputError(
            f"{spell(to)} lies on another corner of the same border. Nothing was changed; delete "
            "the corner instead, or move it less far."
        )


def _assert_known(tiling: Topology, cells: Sequence[str]) -> None:
    unknown = [cell for cell in cells if cell not in tiling.cells]
    if unknown:
        raise InputError(
            f"Unknown cell: {name_ids(unknown)}. Expected ids of cells in the draft; another edit "
            "may have merged them. Reload the draft."
        )


def _assert_together(tiling: Topology, cells: Sequence[str]) -> None:
    reached, left = {cells[0]}, set(cells[1:])
    beside = {pair for arc in tiling.arcs(cells) for pair in (arc.cells, arc.cells[::-1])}
    while near := {other for one, other in beside if one in reached and other in left}:
        reached |= near
        left -= near
    if left:
        raise InputError(
            f"Cells {name_ids(sorted(left))} do not share a border with {name_ids([cells[0]])} "
            "inside one community. Merge neighbours of one community only."
        )
