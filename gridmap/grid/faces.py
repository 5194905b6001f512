"""Faces of a tiling: rings of numbered vertices, drawn as polygons and judged."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from gridmap.errors import InputError, name_ids

Place = tuple[float, float]
Ring = tuple[int, ...]
Face = tuple[tuple[Ring, ...], ...]
"""Parts of a cell; each part its outer ring, then its holes."""
Edge = tuple[int, int]

MIN_CELL_M2 = 1.0
"""A cell smaller than this [m²] has vanished."""


def rings_of(face: Face) -> Iterator[Ring]:
    """Rings of all parts of a face."""
    return (ring for part in face for ring in part)


def vertices_of(face: Face) -> list[int]:
    """Vertices of all rings of a face."""
    return [vertex for ring in rings_of(face) for vertex in ring]


def edges_of(ring: Ring) -> Iterator[Edge]:
    """Directed edges of a ring.

    Examples
    --------
    >>> list(edges_of((3, 5, 9)))
    [(3, 5), (5, 9), (9, 3)]
    """
    return zip(ring, ring[1:] + ring[:1], strict=True)


def turn_ring(ring: Ring, first: int) -> Ring:
    """Ring that starts at one of its vertices.

    Examples
    --------
    >>> turn_ring((3, 5, 9), 5)
    (5, 9, 3)
    """
    place = ring.index(first)
    return ring[place:] + ring[:place]


def path_on(ring: Ring, first: int, last: int) -> Ring:
    """Vertices of a ring from one to another, both included."""
    turned = turn_ring(ring, first)
    return turned[: turned.index(last) + 1]


def with_vertex(ring: Ring, edge: Edge, vertex: int) -> Ring:
    """Ring with a vertex put into one of its edges; as it is where it has not that edge.

    Examples
    --------
    >>> with_vertex((3, 5, 9), (9, 3), 7)
    (3, 5, 9, 7)
    """
    found = next((n for n, one in enumerate(edges_of(ring)) if one == edge), None)
    return ring if found is None else (*ring[: found + 1], vertex, *ring[found + 1 :])


def draw_face(face: Face, xy: Mapping[int, Place]) -> Any:
    """Polygon of a face; an empty one where a ring has less than three corners."""
    if any(len(ring) < 3 for ring in rings_of(face)):
        return shapely.Polygon()
    parts = [
        shapely.Polygon([xy[v] for v in part[0]], [[xy[v] for v in hole] for hole in part[1:]])
        for part in face
    ]
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def assert_faces(fresh: Mapping[str, Any]) -> None:
    """Refuse faces that cross themselves, run the wrong way round or have vanished.

    Raises
    ------
    InputError
        Names the cells, the place, and what to do instead.
    """
    small = [cell for cell, shape in fresh.items() if shape.area < MIN_CELL_M2]
    turned = [c for c, shape in fresh.items() if c not in small and not _runs_left(shape)]
    crossed = [c for c, shape in fresh.items() if c not in small and not shapely.is_valid(shape)]
    if crossed or turned:
        where = next((shapely.is_valid_reason(fresh[c]) for c in crossed), "")
        raise InputError(
            f"The border would cross another border of cell {name_ids(crossed or turned)}"
            f"{_place_in(where)}. Nothing was changed; move it less far, or move the other border "
            "first."
        )
    if small:
        raise InputError(
            f"Cell {name_ids(small)} would vanish: less than {MIN_CELL_M2:g} m² would be left. "
            "Nothing was changed; to dissolve a cell, merge it with a neighbour."
        )


def _runs_left(shape: Any) -> bool:
    parts = shapely.get_parts(shape)
    holes = [hole for part in parts for hole in part.interiors]
    outer = shapely.is_ccw(shapely.get_exterior_ring(parts))
    return bool(np.all(outer) and not np.any(shapely.is_ccw(np.array(holes, dtype=object))))


def _place_in(reason: str) -> str:
    text = reason.partition("[")[2].partition("]")[0].split()
    return f" near {spell((float(text[0]), float(text[1])))}" if len(text) >= 2 else ""


def spell(place: Place) -> str:
    """Place as messages name it."""
    return f"({place[0]:.1f}, {place[1]:.1f})"


def nearest_on(start: Place, end: Place, place: Place) -> Place:
    """Place on a segment that is nearest to a place.

    Examples
    --------
    >>> nearest_on((0, 0), (10, 0), (3, 4)), nearest_on((0, 0), (10, 0), (99, 4))
    ((3.0, 0.0), (10.0, 0.0))
    """
    along = np.subtract(end, start)
    share = float(np.dot(np.subtract(place, start), along) / np.dot(along, along))
    foot = np.add(start, min(1.0, max(0.0, share)) * along)
    return float(foot[0]), float(foot[1])


def distances_m(
    point: npt.NDArray[np.float64], start: npt.NDArray[np.float64], end: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Distance [m] of a point from every segment."""
    along = end - start
    length2 = np.maximum((along**2).sum(axis=1), 1e-18)
    share = np.clip(((point - start) * along).sum(axis=1) / length2, 0.0, 1.0)
    return np.hypot(*(start + share[:, None] * along - point).T)
