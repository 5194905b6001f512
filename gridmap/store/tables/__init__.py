"""The tables of the database; columns of a layer come from ``schema.csv``.

Geometry is kept in EPSG:4326. Layers that are drawn in tiles carry a second column ``drawn``, the
same geometry in EPSG:3857, generated and stored: the tile server then only clips. Areas and
lengths are never measured in either of them.
"""

from sqlalchemy import Table

from gridmap.store.tables.accounts import (
    audit_log,
    ended_sessions,
    roles,
    user_roles,
    user_scopes,
    users,
)
from gridmap.store.tables.columns import GROUND_TAGS, metadata
from gridmap.store.tables.jobs import jobs
from gridmap.store.tables.layers import (
    absences,
    buildings,
    cameras,
    cells,
    communities,
    districts,
    drafts,
    duties,
    editions,
    fixes,
    landuse,
    lineage,
    past_cells,
    past_communities,
    population,
    posts,
    premises,
    requirements,
    roads,
    scenarios,
    shifts,
    sites,
    staff_rules,
    walls,
)
from gridmap.store.tables.results import (
    blind_spots,
    catchments,
    cell_sites,
    coverage,
    gaps,
    grid_figures,
    grid_finding_cells,
    grid_findings,
    grid_states,
    presence,
    privacy,
    service_areas,
    service_curves,
    site_loads,
    standards_facts,
    standards_results,
    standards_rules,
    summaries,
    unserved,
    views,
)

LAYERS: dict[str, Table] = {
    one.name: one
    for one in (
        communities, cells, past_cells, past_communities, lineage,
        roads, buildings, walls, landuse, population, sites, cameras, posts, duties,
        absences, staff_rules,
        requirements, shifts, fixes, premises, coverage, gaps, service_areas, views, blind_spots,
        presence, unserved, cell_sites, service_curves,
        catchments, site_loads,
    )
}  # fmt: skip
"""Tables whose rows belong to a district, in the order of loading."""

__all__ = [
    "GROUND_TAGS",
    "LAYERS",
    "absences",
    "audit_log",
    "blind_spots",
    "buildings",
    "cameras",
    "catchments",
    "cell_sites",
    "cells",
    "communities",
    "coverage",
    "districts",
    "drafts",
    "duties",
    "editions",
    "ended_sessions",
    "fixes",
    "gaps",
    "grid_figures",
    "grid_finding_cells",
    "grid_findings",
    "grid_states",
    "jobs",
    "landuse",
    "lineage",
    "metadata",
    "past_cells",
    "past_communities",
    "population",
    "posts",
    "premises",
    "presence",
    "privacy",
    "requirements",
    "roads",
    "roles",
    "scenarios",
    "service_areas",
    "service_curves",
    "shifts",
    "site_loads",
    "sites",
    "staff_rules",
    "standards_facts",
    "standards_results",
    "standards_rules",
    "summaries",
    "unserved",
    "user_roles",
    "user_scopes",
    "users",
    "views",
    "walls",
]
