"""Shared borders of a tiling: moving a corner moves it for every cell that has it.

A cell is a face: rings of vertex numbers with the cell on their left. An edge knows the cell on
either side, so a border exists once, however many cells it bounds.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import shapely
from rtree.index import Index

from gridmap.errors import InputError, name_ids
from gridmap.grid.faces import (
    Edge,
    Face,
    Place,
    Ring,
    assert_faces,
    distances_m,
    draw_face,
    edges_of,
    rings_of,
    spell,
    vertices_of,
)
from gridmap.grid.noding import Rings, node_rings

VERTEX_REACH_M = 0.05
"""A place names the vertex within this distance [m]."""


class Arc(NamedTuple):
    """Stretch of border between two cells of one community.

    Attributes
    ----------
    cells : tuple of str
        The cell on the left and the cell on the right.
    vertices : tuple of int
        From end to end; first and last are equal where the arc is closed.
    """

    cells: tuple[str, str]
    vertices: Ring


@dataclass
class Step:
    """What was there before one edit: enough to take it back.

    Attributes
    ----------
    xy : dict of int to tuple of float, or None
        Place of every vertex the edit moved; None for those it made.
    cells : dict of str to tuple
        Face and outline of every cell the edit touched; None for those it made.
    """

    xy: dict[int, Place | None] = field(default_factory=dict)
    cells: dict[str, tuple[Face, Any] | None] = field(default_factory=dict)

    @property
    def touched(self) -> tuple[str, ...]:
        """Cells that the edit changed, made or removed, by id."""
        return tuple(sorted(self.cells))


class Topology:
    """Vertices, arcs and faces of the cells of a district or of some of its communities.

    Make one with :func:`build_topology`. Change it within :meth:`edit`, which takes everything
    back if the result is no tiling.

    Attributes
    ----------
    xy : dict of int to tuple of float
        Place of every vertex [m].
    cells : dict of str to Face
        Rings of every cell.
    community : dict of str to str
        Community of every cell.
    shapes : dict of str to Polygon or MultiPolygon
        Outline of every cell; the very object that was given until the cell is changed.
    """

    def __init__(self) -> None:
        self.xy: dict[int, Place] = {}
        self.cells: dict[str, Face] = {}
        self.community: dict[str, str] = {}
        self.shapes: dict[str, Any] = {}
        self.left: dict[Edge, str] = {}
        self.beside: dict[int, set[int]] = {}
        self._numbers: dict[str, int] = {}
        self._names: list[str] = []
        self._tree = Index()
        self._next = 0
        self._step: Step | None = None

    def cells_at(self, vertex: int) -> set[str]:
        """Cells that meet at a vertex."""
        edges = [e for n in self.beside.get(vertex, ()) for e in ((vertex, n), (n, vertex))]
        return {self.left[edge] for edge in edges if edge in self.left}

    def is_fixed(self, edge: Edge) -> bool:
        """Whether an edge is border of a community, or has a cell on one side only."""
        one, other = self.left.get(edge), self.left.get(edge[::-1])
        return one is None or other is None or self.community[one] != self.community[other]

    def is_on_fixed(self, vertex: int) -> bool:
        """Whether a vertex lies on a border that is fixed."""
        return any(self.is_fixed((vertex, n)) for n in self.beside[vertex])

    def is_node(self, vertex: int) -> bool:
        """Whether arcs end at a vertex: three or more edges meet, or a fixed border is reached."""
        return len(self.beside[vertex]) != 2 or self.is_on_fixed(vertex)

    def cells_near(self, bounds: tuple[float, float, float, float]) -> list[str]:
        """Cells whose box meets a box (west, south, east, north [m])."""
        return sorted(self._names[n] for n in self._tree.intersection(bounds))

    def cell_holding(self, place: Place) -> str | None:
        """Cell that holds a place, its border included; the first by id."""
        point = shapely.Point(place)
        near = self.cells_near((*place, *place))
        return next((c for c in near if shapely.intersects(self.shapes[c], point)), None)

    def vertex_at(self, place: Place, reach_m: float = VERTEX_REACH_M) -> int:
        """Vertex nearest to a place.

        Raises
        ------
        InputError
            If there is none within ``reach_m``.
        """
        near = [v for c in self._cells_within(place, reach_m) for v in vertices_of(self.cells[c])]
        if near:
            away = np.hypot(*(np.array([self.xy[v] for v in near]) - place).T)
            if away.min() <= reach_m:
                return near[int(away.argmin())]
        raise InputError(
            f"No corner of a border lies within {reach_m} m of {spell(place)}. Another edit may "
            "have moved it: reload the draft."
        )

    def edge_at(self, place: Place, reach_m: float, cell: str | None = None) -> Edge:
        """Edge nearest to a place, with its cell on the left.

        Parameters
        ----------
        place : tuple of float
            East and north [m].
        reach_m : float
            Largest distance [m].
        cell : str, optional
            Only edges of this cell; default any.

        Raises
        ------
        InputError
            If there is none within ``reach_m``.
        """
        among = [cell] if cell else self._cells_within(place, reach_m)
        edges = [e for c in among for ring in rings_of(self.cells[c]) for e in edges_of(ring)]
        if edges:
            ends = np.array([(self.xy[u], self.xy[v]) for u, v in edges])
            away = distances_m(np.asarray(place), ends[:, 0], ends[:, 1])
            if away.min() <= reach_m:
                return edges[int(away.argmin())]
        raise InputError(
            f"No border lies within {reach_m} m of {spell(place)}. Choose a place on a border."
        )

    def arcs(self, among: Iterable[str] | None = None) -> list[Arc]:
        """Borders between cells of one community, each once.

        Parameters
        ----------
        among : iterable of str, optional
            Cells of which at least one bounds the arc; default all.
        """
        wanted = set(self.cells if among is None else among)
        around = {other for c in wanted for other in self._neighbours(c)} | wanted
        found = [arc for c in sorted(around) for ring in rings_of(self.cells[c])
                 for arc in self._arcs_of(c, ring)]  # fmt: skip
        return [arc for arc in found if wanted & set(arc.cells)]

    def new_vertex(self, place: Place) -> int:
        """Add a vertex that no cell uses yet; only within :meth:`edit`."""
        number, self._next = self._next, self._next + 1
        self.put_vertex(number, place)
        return number

    def put_vertex(self, vertex: int, place: Place) -> None:
        """Set the place of a vertex; only within :meth:`edit`."""
        self._open_step().xy.setdefault(vertex, self.xy.get(vertex))
        for cell in self.cells_at(vertex):
            self._touch(cell)
        self.xy[vertex] = place

    def put_cells(
        self, faces: Mapping[str, Face | None], community: Mapping[str, str] | None = None
    ) -> None:
        """Set or remove (``None``) faces; only within :meth:`edit`.

        Parameters
        ----------
        faces : mapping of str to Face or None
            Rings by cell.
        community : mapping of str to str, optional
            Community of cells that are new.
        """
        for cell in faces:
            self._touch(cell)
        self.community |= community or {}
        self._replace(faces)

    @contextmanager
    def edit(self) -> Iterator[Step]:
        """One edit, all or nothing.

        Yields
        ------
        Step
            What was there before; hand it to :meth:`take_back` to undo the edit.

        Raises
        ------
        InputError
            If a border crosses another or a cell vanishes; everything is as before.

        Notes
        -----
        Every directed edge has one cell on its left, so the winding numbers of all faces add up
        to that of the outer border, whose ground no edit changes. A valid face that runs
        counter-clockwise has winding number 1 inside and 0 outside. So the touched faces tile
        their ground exactly if each of them is valid, and only these are looked at.
        """
        step = self._step = Step()
        try:
            yield step
            fresh = {c: draw_face(self.cells[c], self.xy) for c in step.cells if c in self.cells}
            assert_faces(fresh)
            for cell in step.cells:
                self._place_shape(cell, fresh.get(cell))
        except BaseException:
            self.take_back(step)
            raise
        finally:
            self._step = None

    def take_back(self, step: Step) -> None:
        """Undo an edit: vertices, faces and outlines are the very same as before."""
        self._replace({cell: old[0] if old else None for cell, old in step.cells.items()})
        for vertex, place in step.xy.items():
            if place is None:
                self.xy.pop(vertex, None)
            else:
                self.xy[vertex] = place
        for cell, old in step.cells.items():
            self._place_shape(cell, old[1] if old else None)

    def _open_step(self) -> Step:
        if self._step is None:
            raise InputError("Borders change within Topology.edit() only; open one first.")
        return self._step

    def _touch(self, cell: str) -> None:
        old = (self.cells[cell], self.shapes[cell]) if cell in self.shapes else None
        self._open_step().cells.setdefault(cell, old)

    def _replace(self, faces: Mapping[str, Face | None]) -> None:
        """Take faces out, then put faces in: a directed edge passes from one to another."""
        for cell in faces:
            for ring in rings_of(self.cells.pop(cell, ())):
                for u, v in edges_of(ring):
                    if self.left.get((u, v)) == cell:
                        del self.left[u, v]
                    if (v, u) not in self.left:
                        self.beside[u].discard(v)
                        self.beside[v].discard(u)
        for cell, face in faces.items():
            if face is not None:
                self._add_face(cell, face)

    def _add_face(self, cell: str, face: Face) -> None:
        self.cells[cell] = face
        for u, v in (edge for ring in rings_of(face) for edge in edges_of(ring)):
            other = self.left.setdefault((u, v), cell)
            if other != cell:
                raise InputError(self._say_overlap(cell, other, u))
            self.beside.setdefault(u, set()).add(v)
            self.beside.setdefault(v, set()).add(u)

    def _say_overlap(self, cell: str, other: str, vertex: int) -> str:
        where = f"cells {other} and {cell} lie on the same side of the border at "
        where += spell(self.xy[vertex])
        if self._step is not None:
            return f"The border would run along another border: {where}. Nothing was changed."
        return (
            f"Expected cells that do not overlap; {where}. Correct them first: gridmap check names "
            "all overlaps."
        )

    def _place_shape(self, cell: str, shape: Any) -> None:
        number = self._numbers.setdefault(cell, len(self._names))
        if number == len(self._names):
            self._names.append(cell)
        if cell in self.shapes:
            self._tree.delete(number, self.shapes.pop(cell).bounds)
        if shape is not None:
            self.shapes[cell] = shape
            self._tree.insert(number, shape.bounds)

    def _cells_within(self, place: Place, reach_m: float) -> list[str]:
        x, y = place
        return self.cells_near((x - reach_m, y - reach_m, x + reach_m, y + reach_m))

    def _neighbours(self, cell: str) -> set[str]:
        edges = (edge[::-1] for ring in rings_of(self.cells[cell]) for edge in edges_of(ring))
        return {self.left[edge] for edge in edges if not self.is_fixed(edge)}

    def _arcs_of(self, cell: str, ring: Ring) -> list[Arc]:
        """Arcs along a ring whose other cell has the larger id: so each arc is found once."""
        nodes = [n for n, vertex in enumerate(ring) if self.is_node(vertex)]
        start = nodes[0] if nodes else 0
        turned = ring[start:] + ring[: start + 1]
        cuts = sorted({0, len(ring), *((n - start) for n in nodes)})
        parts = [turned[i : j + 1] for i, j in pairwise(cuts)]
        sides = [self.left.get((part[1], part[0])) for part in parts]
        return [
            Arc((cell, other), part)
            for part, other in zip(parts, sides, strict=True)
            if other is not None and cell < other and not self.is_fixed((part[0], part[1]))
        ]


def build_topology(cells: gpd.GeoDataFrame) -> Topology:
    """Topology of cells.

    Parameters
    ----------
    cells : GeoDataFrame
        Cells with ``cell_id`` and ``community_code`` in a metric CRS.

    Raises
    ------
    InputError
        If cells overlap along a border, or two share an id.

    Notes
    -----
    Corners closer than :data:`gridmap.grid.noding.NODE_REACH_M` are one vertex, and a corner that
    lies on the side of its neighbour becomes a vertex of both. A cell keeps the outline it came
    with until it is changed.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> tiling = build_topology(toy_district()["cells"])
    >>> [arc.cells for arc in tiling.arcs()]
    [('ne', 'se'), ('nw', 'sw')]
    """
    ids = cells["cell_id"].astype(str).to_numpy()
    if len(set(ids)) < len(ids):
        twice = cells["cell_id"][cells["cell_id"].duplicated()]
        raise InputError(f"Cells need ids of their own; found twice: {name_ids(twice)}.")
    noded = node_rings(cells.geometry.to_numpy())
    tiling = Topology()
    tiling.xy = dict(enumerate(map(tuple, noded.xy.tolist())))
    tiling._next = len(tiling.xy)
    tiling.community = dict(zip(ids, cells["community_code"].astype(str), strict=True))
    for row, face in _faces(noded).items():
        tiling._add_face(ids[row], face)
    for cell, shape in zip(ids, cells.geometry, strict=True):
        tiling._place_shape(cell, shape)
    return tiling


def _faces(noded: Rings) -> dict[int, Face]:
    parts: dict[int, list[list[Ring]]] = {}
    for row, is_shell, ring in zip(noded.row, noded.is_shell, noded.rings, strict=True):
        own = parts.setdefault(int(row), [])
        if is_shell:
            own.append([])
        own[-1].append(tuple(ring.tolist()))
    return {row: tuple(map(tuple, own)) for row, own in parts.items()}
