"""Provision beside access: floor area, numbers of sites, planned sites, groups of people."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import shapely

from gridmap.rows import coverage_rows
from gridmap.schema import Finding
from gridmap.services.access import node_distances, snap, walk_distances
from gridmap.services.groups import counts_group, figures_of, named_groups, people_of_group
from gridmap.services.matrix import nearest_sites
from gridmap.services.network import FloatArray, IntArray
from gridmap.services.reach import AT_THE_NORM_M, Reach
from gridmap.services.sites import mask_types, planned_sites

PLANNED = "with the planned sites, as if they were open"
FLOOR = "people whose nearest site within the norm is as large as asked"
RATIO = "sites of the community per site asked for; says nothing of who can walk there"
Summary = dict[str, dict[str, Any]]


@dataclass(frozen=True, eq=False)
class Provision:
    """What stands beside access: coverage rows, keys of the summary by type, and findings.

    Attributes
    ----------
    rows : DataFrame
        None of them judged: ``walk_share_planned``, ``floor_share``, ``sites_ratio`` and
        ``group_share``, of the types for which a norm or a planned site asks for them.
    summary : dict
        By type: ``sites_planned``, ``served_share_planned``; ``floor_area_m2``,
        ``sites_floor_known``, ``sites_large_enough``; ``sites_required``, ``ratio_met``;
        ``group``, ``group_people``, ``group_served_share``. None where it cannot be known.
    findings : list of Finding
        Groups that no layer counts.
    """

    rows: pd.DataFrame
    summary: Mapping[str, Mapping[str, Any]]
    findings: list[Finding]


def measure_provision(
    reach: Reach, cells: Any, sites: Any, on: date, population: Any = None
) -> Provision:
    """Measure what the district provides beside who can walk there.

    Parameters
    ----------
    reach : Reach
        Walks of the district, with its open sites and norms: ``floor_area_min_m2`` [m²],
        ``people_per_site`` and ``group`` are read where they are there.
    cells : GeoDataFrame
        Layer ``cells``.
    sites : GeoDataFrame
        Layer ``sites``; those that do not serve yet on the date are the planned ones.
    on : date
        The date asked about.
    population : GeoDataFrame, optional
        Layer ``population`` with a column for each group, such as ``population_60_plus``.

    Notes
    -----
    Ratio and coverage stand side by side, as 45 communities over 15 stations pass "1 per 2–3"
    while 19 have none: sites required = ⌈people ÷ people per site⌉, for the district and for each
    community (MEASURES.md 3, ratio rules hide gaps). A group lives where everybody of its row of
    the population layer does.

    Examples
    --------
    >>> import pandas as pd
    >>> from gridmap.samples import toy_district
    >>> from gridmap.services.demand import place_people
    >>> from gridmap.services.network import lay_network
    >>> from gridmap.services.reach import measure_reach
    >>> from gridmap.services.sites import open_sites
    >>> toy, day = toy_district(), date(2026, 3, 2)
    >>> norms = pd.DataFrame({"type": ["pharmacy"], "norm_m": [300.0], "people_per_site": [200.0]})
    >>> network, sites = lay_network(toy["roads"]), open_sites(toy["sites"], day)
    >>> reach = measure_reach(network, place_people(toy), sites, norms)
    >>> found = measure_provision(reach, toy["cells"], toy["sites"], day).summary["pharmacy"]
    >>> found["sites_required"], found["ratio_met"], found["served_share_planned"]
    (3, False, 1.0)
    """
    parts = [
        _with_planned(reach, cells, planned_sites(sites, on)),
        _floor_areas(reach, cells),
        _ratios(reach, cells),
        _groups(reach, cells, population),
    ]
    frames = [frame for rows, _ in parts for frame in rows]
    summary: Summary = {kind: {} for kind in reach.types}
    for _, told in parts:
        for kind, keys in told.items():
            summary[kind] |= keys
    rows = pd.concat(frames, ignore_index=True) if frames else coverage_rows([], [])
    return Provision(rows, summary, list(_unknown_groups(reach, population)))


def _with_planned(reach: Reach, cells: Any, planned: Any) -> tuple[list[pd.DataFrame], Summary]:
    masks = mask_types(planned, reach.types)
    met = snap(reach.network, np.asarray(planned.geometry, dtype=object))
    size = len(reach.demand.points)
    rows, told = [], {}
    for number, mask in enumerate(masks):
        if not mask.any():
            continue
        some = [met.of(mask)]
        node_m = node_distances(reach.network, some)
        added = walk_distances(reach.network, reach.demand_snaps, size, some, node_m)[0]
        near = np.minimum(added, reach.walk_m[number]) <= reach.norm_m[number] + AT_THE_NORM_M
        share, whole = _shares(reach, cells, near, reach.demand.people)
        name = f"{reach.types[number]}.{reach.mode}_share_planned"
        rows.append(_rows(reach, cells, number, name, share, reason=PLANNED))
        told[reach.types[number]] = {
            "sites_planned": int(mask.sum()),
            "served_share_planned": whole,
        }
    return rows, told


def _floor_areas(reach: Reach, cells: Any) -> tuple[list[pd.DataFrame], Summary]:
    asked = _asked(reach, "floor_area_min_m2")
    floor_m2 = figures_of(reach.sites, "floor_area_m2")
    size = len(reach.demand.points)
    rows, told = [], {}
    for number in np.flatnonzero(np.isfinite(asked) & (np.array(reach.count) > 0)).tolist():
        mine = floor_m2[reach.of_type[number]]
        known = np.isfinite(mine)
        told[reach.types[number]] = {
            "floor_area_m2": float(mine[known].sum()) if known.any() else None,
            "sites_floor_known": int(known.sum()),
            "sites_large_enough": int((mine >= asked[number]).sum()) if known.any() else None,
        }
        if not known.any():
            continue
        limit_m = reach.norm_m[number] + AT_THE_NORM_M
        site, _ = nearest_sites(
            reach.network, reach.demand_snaps, size, reach.type_snaps[number], len(reach.sites),
            1, limit_m,
        )  # fmt: skip
        nearest_m2 = np.where(site[:, 0] >= 0, floor_m2[site[:, 0]], -np.inf)
        certain = np.where(np.isnan(nearest_m2), 0.0, reach.demand.people)
        share, _ = _shares(reach, cells, nearest_m2 >= asked[number], certain)
        name = f"{reach.types[number]}.floor_share"
        rows.append(_rows(reach, cells, number, name, share, reason=FLOOR))
    return rows, told


def _ratios(reach: Reach, cells: Any) -> tuple[list[pd.DataFrame], Summary]:
    asked = _asked(reach, "people_per_site")
    chosen = np.flatnonzero(np.isfinite(asked)).tolist()
    if not chosen:
        return [], {}
    community = pd.factorize(cells["community_code"].astype("str"))[0]
    counted = reach.demand.cell >= 0
    groups = int(community.max(initial=-1)) + 1
    people = np.bincount(
        community[reach.demand.cell[counted]], reach.demand.people[counted], minlength=groups
    )
    lies_in = _community_of(reach.sites, cells, community)
    rows, told = [], {}
    for number in chosen:
        mine = lies_in[reach.of_type[number]]
        have = np.bincount(mine[mine >= 0], minlength=groups)
        required = np.ceil(people / asked[number] - 1e-9)
        ratio = np.divide(have, required, out=np.full(groups, np.nan), where=required > 0)
        population = reach.demand.population
        whole = int(np.ceil((population or 0) / asked[number] - 1e-9))
        told[reach.types[number]] = {
            "sites_required": None if population is None else whole,
            "ratio_met": None if population is None else bool(have.sum() >= whole),
        }
        name = f"{reach.types[number]}.sites_ratio"
        rows.append(
            _rows(reach, cells, number, name, ratio[community], reason=RATIO, unit="sites per site")
        )
    return rows, told


def _groups(reach: Reach, cells: Any, population: Any) -> tuple[list[pd.DataFrame], Summary]:
    rows, told = [], {}
    for number, group in named_groups(reach.norms):
        if not counts_group(reach.demand, population, group):
            continue
        people = people_of_group(reach.demand, population, group)
        share, whole = _shares(reach, cells, reach.served[number], people)
        inside = reach.demand.cell >= 0
        told[reach.types[number]] = {
            "group": group,
            "group_people": float(people[inside].sum()),
            "group_served_share": whole,
        }
        name = f"{reach.types[number]}.group_share"
        rows.append(_rows(reach, cells, number, name, share, reason=f"of {group} only"))
    return rows, told


def _unknown_groups(reach: Reach, population: Any) -> Iterator[Finding]:
    wanted = {group for _, group in named_groups(reach.norms)}
    lacking = sorted(one for one in wanted if not counts_group(reach.demand, population, one))
    if lacking:
        yield Finding(
            "group_unknown",
            "warning",
            "population",
            tuple(lacking),
            "expected a column of the layer 'population' for every group that a norm names; "
            "found none for some, so only all people together are measured",
            "Add the columns with the number of people of the group in each row.",
        )


def _shares(
    reach: Reach, cells: Any, marked: Any, people: FloatArray
) -> tuple[FloatArray, float | None]:
    """Share of the people at the marked points, by cell and of all."""
    inside = (reach.demand.cell >= 0) & (people > 0)
    cell, weight = reach.demand.cell[inside], people[inside]
    total = np.bincount(cell, weight, minlength=len(cells))
    part = np.bincount(cell, weight * marked[inside], minlength=len(cells))
    share = np.divide(part, total, out=np.full(len(cells), np.nan), where=total > 0)
    return np.minimum(share, 1), float(part.sum() / total.sum()) if total.sum() else None


def _rows(
    reach: Reach,
    cells: Any,
    number: int,
    name: str,
    value: FloatArray,
    *,
    reason: str,
    unit: str = "share",
) -> pd.DataFrame:
    source = reach.norms["source"].iloc[number] if "source" in reach.norms else None
    return coverage_rows(
        cells["cell_id"].to_numpy(dtype=object),
        name,
        value=value,
        unit=unit,
        quality="estimated",
        reason=reason,
        source=source if isinstance(source, str) else None,
    )


def _community_of(sites: Any, cells: Any, community: IntArray) -> IntArray:
    """Community of each site, -1 outside; a site on a border belongs to the first cell there."""
    found = np.full(len(sites), len(cells), dtype=np.int64)
    order = np.argsort(cells["cell_id"].to_numpy(dtype=object), kind="stable")
    tree = shapely.STRtree(np.asarray(cells.geometry, dtype=object)[order])
    middle = shapely.point_on_surface(np.asarray(sites.geometry, dtype=object))
    site, rank = tree.query(middle, predicate="intersects")
    np.minimum.at(found, site, rank)
    return np.append(community[order], -1)[found]


def _asked(reach: Reach, name: str) -> FloatArray:
    return figures_of(reach.norms, name)
