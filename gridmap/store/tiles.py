"""Vector tiles straight from the database, under row-level security.

``ST_AsMVT`` takes the feature id out of the properties, so every layer but the cells (scripts know
them by their cell_id) sends it twice: as ``id`` for the tile and as ``gid`` for scripts. It leaves
out what falls between the pixels, so no query asks for it (a condition on the clipped shape would
have every shape clipped twice). Below zoom 12 cells are drawn as their communities.
"""

import datetime as dt
import hashlib
from typing import Any

from sqlalchemy import Connection, TextClause, select, text

from gridmap.errors import InputError
from gridmap.store import tables as t
from gridmap.store.scope import Scope

CELLS_FROM_ZOOM = 12
MAX_ZOOM = 22
LAYERS = ("cells", "communities", "base", "gaps", "sites", "cameras", "views", "blind_spots",
          "service_areas", "unserved", "catchments", "grid",
          "history", "patrol", "streets")  # fmt: skip
"""Layers a tile can be asked for."""
_EXTENT = 4096
_HALF_WORLD_M = 20037508.342789244
_JOIN_AT_ONCE = text("SELECT set_config('enable_nestloop', 'off', true)")
_WATER = "('water', 'river', 'lake', 'reservoir', 'basin', 'riverbank', 'sea', 'wetland')"


def render_tile(  # noqa: PLR0917  a tile is named by three numbers
    connection: Connection,
    district_id: int,
    layer: str,
    z: int,
    x: int,
    y: int,
    *,
    measure: str | None = None,
    window: str = "",
    status: str | None = None,
) -> bytes:
    """One Mapbox vector tile of a district.

    Parameters
    ----------
    connection : Connection
        Scoped: only rows of the scope are drawn.
    district_id : int
    layer : str
        One of :data:`LAYERS`. ``cells`` carries cell_id, name, community, value, status and
        quality of the measure, ``grid`` the same with a figure of the grid (both as tile layer
        ``cells``); ``base`` holds the tile layers landuse, water, roads, buildings.
    z, x, y : int
        Tile of the web Mercator scheme.
    measure : str, optional
        Measure shown on cells; facility type for ``service_areas``, ``sites``, ``unserved`` and
        ``catchments``; level for ``views``; measure or dimension for ``gaps``.
    window : str
        Window of the measure; empty for none. Of ``patrol`` (cells by what became of their due
        windows): one occurrence ``name@day``, all of a day ``@day``, all of a name ``name@``, or
        empty for all.
    status : str, optional
        Status that ``gaps`` are narrowed to; minutes, or ``norm``, of ``service_areas``; kind of
        ``catchments``; number of the finding whose cells alone carry a value for ``grid``.

    Returns
    -------
    bytes
        Empty where nothing is drawn.

    Raises
    ------
    InputError
        If the layer or the tile does not exist.
    """
    if layer not in LAYERS:
        raise InputError(f"Unknown tile layer '{layer}'; expected one of {', '.join(LAYERS)}.")
    if not (0 <= z <= MAX_ZOOM and 0 <= x < 2**z and 0 <= y < 2**z):
        raise InputError(f"There is no tile {z}/{x}/{y}.")
    # Policies hide from the planner how many rows come; it would look up each cell by itself.
    connection.execute(_JOIN_AT_ONCE)
    place = {"d": district_id, "z": z, "x": x, "y": y}
    if layer == "history":
        window, measure = _day(window) or str(dt.datetime.now(dt.UTC).date()), _day(measure)
    values = {**place, **_pixels(z, x, y), "measure": measure, "window": window, "status": status}
    return b"".join(
        bytes(connection.execute(one, values).scalar_one() or b"") for one in _queries(layer, z)
    )


def _day(told: str | None) -> str | None:
    """Day that the grid of the past is drawn for, as PostgreSQL reads it."""
    try:
        return str(dt.date.fromisoformat(told)) if told else None
    except ValueError as error:
        raise InputError(f"Expected a day such as 2026-03-02, found '{told}'.") from error


def tile_etag(  # noqa: PLR0917  as render_tile
    connection: Connection,
    scope: Scope,
    district_id: int,
    layer: str,
    z: int,
    x: int,
    y: int,
    *,
    measure: str | None = None,
    window: str = "",
    status: str | None = None,
) -> str:
    """Mark that changes whenever the tile may: version of the district, tile, scope and day.

    The day is part of it because planners see patrol a week late. A district out of scope has the
    same mark as one that does not exist.
    """
    version = connection.scalar(
        select(t.districts.c.version).where(t.districts.c.id == district_id)
    )
    today = dt.datetime.now(dt.UTC).date()
    parts = (version, district_id, layer, z, x, y, measure, window, status, scope.key, today)
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()[:32]


def _pixels(z: int, x: int, y: int) -> dict[str, float]:
    """Scale [1/m] and origin of the pixels of a tile, for shapes that need no clipping."""
    per_m = _EXTENT * 2**z / (2 * _HALF_WORLD_M)
    middle = per_m * _HALF_WORLD_M
    return {"per_m": per_m, "left": middle - _EXTENT * x, "top": middle - _EXTENT * y}


def _queries(layer: str, z: int) -> list[TextClause]:
    if z < CELLS_FROM_ZOOM and layer in _COARSE:
        return [_COARSE[layer]]
    if layer != "base":
        return [_SINGLE[layer]]
    # Maps ask for tiles of one zoom less, twice as wide: houses are seen from zoom 15 on.
    base = ["landuse", "water", "roads" if z >= 12 else "main_roads"]
    return [_SINGLE[one] for one in [*base, *(["buildings"] if z >= 14 else [])]]


def _tile_of(
    name: str, source: str, condition: str, *properties: str, **options: Any
) -> TextClause:
    """Query of one tile layer; all its words are constants of this module."""
    shown = "".join(f", {one}" for one in properties)
    buffer, extent = options.get("buffer", 32), _EXTENT
    join = options.get("join", "")
    clipped = f"ST_AsMVTGeom(s.drawn, ST_TileEnvelope(:z, :x, :y), {extent}, {buffer})"
    # Cells have a name of their own for scripts; each property costs a tenth of their tile.
    twice = "" if source == "cells" else "s.gid AS gid,"
    shape = _WHOLE.replace("{clipped}", clipped) if options.get("mostly_whole") else clipped
    return text(f"""
        SELECT ST_AsMVT(part, '{name}', {extent}, 'shape', 'id') FROM (
          SELECT s.gid AS id, {twice}
                 {shape} AS shape
                 {shown}
          FROM {source} s {join}
          WHERE s.district_id = :d
            AND s.drawn && ST_TileEnvelope(:z, :x, :y, margin => {buffer / extent}) {condition}
        ) AS part
    """)  # noqa: S608  constants only; values are bound


# A third of the time: what lies inside the tile and is no speck is moved, not clipped and mended.
_WHOLE = """CASE WHEN s.drawn @ ST_TileEnvelope(:z, :x, :y) AND ST_Area(s.drawn) * :per_m ^ 2 > 64
            THEN ST_ForcePolygonCCW(ST_SnapToGrid(
              ST_Affine(s.drawn, :per_m, 0, 0, - :per_m, :left, :top), 1))
            ELSE {clipped} END"""
_MEASURED = """LEFT JOIN coverage v ON v.district_id = :d AND v.cell_id = s.cell_id
               AND v.measure = :measure AND v."window" = :window
          LEFT JOIN communities c ON c.district_id = :d AND c.code = s.community_code"""
_VALUE = """CASE WHEN v.dimension <> 'patrol'
                 OR (SELECT gridmap_role()) IN ('worker', 'liaison') THEN v.value END AS value"""
"""Others than liaisons and workers see patrol in classes: its status, without a figure."""
_FIGURED = """LEFT JOIN grid_figures v ON v.district_id = :d AND v.cell_id = s.cell_id
               AND v.measure = :measure
          LEFT JOIN (SELECT DISTINCT f.cell_id FROM grid_finding_cells f
            WHERE f.district_id = :d AND CAST(f.number AS text) = CAST(:status AS text)
          ) f ON f.cell_id = s.cell_id
          LEFT JOIN communities c ON c.district_id = :d AND c.code = s.community_code"""
_FIGURE = """CASE WHEN CAST(:status AS text) IS NULL OR f.cell_id IS NOT NULL
                 THEN v.value END AS value"""
"""A finding that is looked at leaves the other cells without colour."""
# A cell lacks many things at once; of gaps with the same outline only the first by rank is seen.
_FIRST_GAPS = """(SELECT DISTINCT ON (g.cell_id, g.outline) g.gid, g.district_id, g.drawn,
              g.gap_id, g.rank, g.dimension, g.measure, g.cell_id, g.status, g.people
            FROM gaps g
            WHERE g.district_id = :d
              AND g.drawn && ST_TileEnvelope(:z, :x, :y, margin => 0.0078125)
              AND (CAST(:measure AS text) IS NULL OR :measure IN (g.measure, g.dimension))
              AND (CAST(:status AS text) IS NULL OR g.status = :status)
            ORDER BY g.cell_id, g.outline, g.rank)"""
# Cells of any day; numbers of rows of the two tables are kept apart.
_ON_DAY = """(SELECT 2 * gid AS gid, district_id, drawn, cell_id, name, valid_from, community_code
            FROM cells WHERE (valid_from IS NULL OR valid_from <= CAST(:window AS date))
             AND (valid_to IS NULL OR valid_to > CAST(:window AS date))
            UNION ALL
            SELECT 2 * gid + 1, district_id, drawn, cell_id, name, valid_from, community_code
            FROM past_cells WHERE (valid_from IS NULL OR valid_from <= CAST(:window AS date))
             AND valid_to > CAST(:window AS date))"""
_BEGAN = """(CASE WHEN s.valid_from = CAST(:measure AS date) THEN 1 ELSE 0 END)::float AS value"""
# Wider areas first, so that the nearer ones lie on top of them.
_REACH = """AND (CAST(:status AS text) IS NULL
                 OR coalesce(CAST(CAST(s.minutes AS integer) AS text), 'norm') = :status)
            ORDER BY s.minutes IS NULL, s.limit_m DESC"""
_SITE_STATE = """CASE WHEN s.closed_on <= (SELECT coalesce(as_of, current_date) FROM districts
                        WHERE id = :d) THEN 'closed'
             WHEN coalesce(s.proposed, false) OR s.opened_on > (
               SELECT coalesce(as_of, current_date) FROM districts WHERE id = :d) THEN 'planned'
             ELSE 'open' END AS state"""
"""Whether a site serves on the day of the district, will, or did."""
_SINGLE: dict[str, TextClause] = {
    "cells": _tile_of(
        "cells", "cells", "", "s.cell_id", "s.name", "c.name AS community", _VALUE, "v.status",
        "v.quality", join=_MEASURED, mostly_whole=True,
    ),
    "grid": _tile_of(
        "cells", "cells", "", "s.cell_id", "s.name", "c.name AS community", _FIGURE, "v.status",
        join=_FIGURED, mostly_whole=True,
    ),
    "history": _tile_of("cells", _ON_DAY, "", "s.cell_id", "s.name", _BEGAN),
    "communities": _tile_of("communities", "communities", "", "s.code", "s.name", "s.street_name"),
    "landuse": _tile_of("landuse", "landuse", f"AND s.kind NOT IN {_WATER}", "s.kind"),
    "water": _tile_of("water", "landuse", f"AND s.kind IN {_WATER}", "s.kind"),
    "roads": _tile_of("roads", "roads", "", "s.highway", "s.name"),
    "main_roads": _tile_of(
        "roads", "roads",
        "AND s.highway IN ('motorway', 'trunk', 'primary', 'secondary', 'tertiary')",
        "s.highway", "s.name",
    ),
    "buildings": _tile_of("buildings", "buildings", "", "s.use"),
    "gaps": _tile_of(
        "gaps", _FIRST_GAPS, "", "s.gap_id", "s.rank", "s.dimension", "s.measure", "s.cell_id",
        "s.status", "s.people",
    ),
    "sites": _tile_of(
        "sites", "sites", "AND (CAST(:measure AS text) IS NULL OR s.type = :measure)",
        "s.site_id", "s.type", "s.name", _SITE_STATE, buffer=256,
    ),
    "unserved": _tile_of(
        "unserved", "unserved", "AND (CAST(:measure AS text) IS NULL OR s.type = :measure)",
        "s.type", "s.cell_id", "s.people",
    ),
    "cameras": _tile_of(
        "cameras", "cameras", "", "s.camera_id", "s.kind", "s.heading_deg", "s.status", "s.zone",
        buffer=256,
    ),
    "views": _tile_of(
        "views", "views", "AND (CAST(:measure AS text) IS NULL OR s.level = :measure)",
        "s.camera_id", "s.level",
    ),
    "blind_spots": _tile_of("blind_spots", "blind_spots", "", "s.cell_id", "s.rank", "s.area_m2"),
    "catchments": _tile_of(
        "catchments", "catchments",
        """AND (CAST(:measure AS text) IS NULL OR s.type = :measure)
           AND (CAST(:status AS text) IS NULL OR s.kind = :status)""",
        "s.type", "s.kind", "s.site_id", "s.people",
    ),
    "service_areas": _tile_of(
        "service_areas", "service_areas",
        f"AND (CAST(:measure AS text) IS NULL OR s.type = :measure) {_REACH}",
        "s.type", "s.minutes", "s.limit_m",
    ),
}  # fmt: skip

# What became of the due windows of a moment: as the roll-up of a cell, unknown stays unknown.
_WHEN = """(v."window" = :window OR :window = ''
           OR (left(:window, 1) = '@' AND split_part(v."window", '@', 2) = substr(:window, 2))
           OR (right(:window, 1) = '@' AND split_part(v."window", '@', 1) || '@' = :window))"""
_BECAME = """CASE WHEN count(*) = 0 THEN NULL
             WHEN bool_and(v.status = 'met') THEN 'met'
             WHEN bool_and(v.status IN ('met', 'unknown')) THEN 'unknown'
             WHEN bool_or(v.status IN ('met', 'partly')) THEN 'partly'
             WHEN bool_or(v.status = 'unknown') THEN 'unknown'
             ELSE 'missed' END AS status,
           avg((v.status = 'met')::integer)::float AS value, count(*) AS due,
           CASE WHEN bool_or(v.quality = 'poor') THEN 'poor'
             WHEN bool_or(v.quality = 'estimated') THEN 'estimated'
             WHEN count(v.quality) > 0 THEN 'good' END AS quality"""
_IN_WINDOW = f"""LEFT JOIN (SELECT v.cell_id, {_BECAME} FROM coverage v
            WHERE v.district_id = :d AND v.measure = 'patrol.presence' AND {_WHEN}
              AND (SELECT gridmap_role()) = 'liaison'
            GROUP BY v.cell_id) v ON v.cell_id = s.cell_id
          LEFT JOIN communities c ON c.district_id = :d AND c.code = s.community_code"""  # noqa: S608
_SINGLE["patrol"] = _tile_of(
    "cells", "cells", "", "s.cell_id", "s.name", "c.name AS community", "v.value",
    "coalesce(v.status, 'not_due') AS status", "v.quality", "v.due",
    join=_IN_WINDOW, mostly_whole=True,
)  # fmt: skip
_SINGLE["streets"] = _tile_of(
    "streets", "patrol_streets", "", "s.name", "s.highway", "s.covered_share AS value",
    """CASE WHEN s.covered THEN 'met' WHEN s.covered_m > 0 THEN 'partly' ELSE 'missed' END
       AS status""",
)  # fmt: skip

# Communities in place of cells: the weighted mean of what is known, and the status of the whole.
_SUMMED = """
    WITH inside AS ({inside} WHERE s.district_id = :d), summed AS (
      SELECT community_code, count(*) AS cells,
        sum(value * weight) / nullif(sum(weight) FILTER (WHERE value IS NOT NULL), 0) AS value,
        CASE WHEN count(status) FILTER (WHERE status <> 'not_due') = 0
               THEN CASE WHEN count(status) > 0 THEN 'not_due' END
             WHEN bool_and(status = 'unknown') FILTER (WHERE status <> 'not_due') THEN 'unknown'
             WHEN bool_and(status = 'met') FILTER (WHERE status <> 'not_due') THEN 'met'
             WHEN bool_and(status = 'missed') FILTER (WHERE status <> 'not_due') THEN 'missed'
             ELSE 'partly' END AS status,
        CASE WHEN bool_or(quality = 'poor') THEN 'poor'
             WHEN bool_or(quality = 'estimated') THEN 'estimated'
             WHEN count(quality) > 0 THEN 'good' END AS quality
      FROM inside GROUP BY community_code
    )
    SELECT ST_AsMVT(part, 'cells', 4096, 'shape', 'id') FROM (
      SELECT s.gid AS id, s.gid AS gid,
             ST_AsMVTGeom(s.drawn, ST_TileEnvelope(:z, :x, :y), 4096, 32) AS shape,
             '' AS cell_id, s.name, s.name AS community, summed.value, summed.status,
             summed.quality, summed.cells
      FROM communities s JOIN summed ON summed.community_code = s.code
      WHERE s.district_id = :d AND s.drawn && ST_TileEnvelope(:z, :x, :y, margin => 0.0078125)
    ) AS part
"""
_INSIDE = f"""
      SELECT s.community_code, {_VALUE}, v.status, v.quality, coalesce(v.weight, 1) AS weight
      FROM cells s LEFT JOIN coverage v ON v.district_id = :d AND v.cell_id = s.cell_id
        AND v.measure = :measure AND v."window" = :window"""  # noqa: S608  constants only
_INSIDE_GRID = f"""
      SELECT s.community_code, {_FIGURE}, v.status, NULL AS quality, 1 AS weight
      FROM cells s {_FIGURED}"""  # noqa: S608  constants only
_INSIDE_PATROL = f"""
      SELECT s.community_code, v.value, coalesce(v.status, 'not_due') AS status, v.quality,
             coalesce(v.due, 1) AS weight
      FROM cells s {_IN_WINDOW}"""  # noqa: S608  constants only
_COARSE = {
    "patrol": text(_SUMMED.replace("{inside}", _INSIDE_PATROL)),
    "cells": text(_SUMMED.replace("{inside}", _INSIDE)),
    "grid": text(_SUMMED.replace("{inside}", _INSIDE_GRID)),
}
