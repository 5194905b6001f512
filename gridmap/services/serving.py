"""What serves each cell: the sites nearest to its people, those open and those only planned."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridmap.services.access import Snaps, snap
from gridmap.services.matrix import nearest_sites
from gridmap.services.network import FloatArray, IntArray
from gridmap.services.reach import AT_THE_NORM_M, Reach
from gridmap.services.sites import mask_types, planned_sites

NEAREST = 3
"""Sites of a type that are listed for a cell."""
COLUMNS = (
    "cell_id", "type", "state", "place", "site_id", "site_name", "walk_m", "least_m",
    "nearest_share", "norm_share", "from_middle",
)  # fmt: skip
"""Columns of the list."""
_FIGURES = ("walk_m", "least_m", "nearest_share", "norm_share")
CURVE_STEP_M = 50.0
"""Step [m] of the coverage curve."""
CURVE_END_M = 2000.0
"""Longest walk [m] that the coverage curve tells of."""


@dataclass(frozen=True, eq=False)
class _Homes:
    """Where the people of the cells start from: snaps, cell and weight of each point."""

    snaps: Snaps
    cell: IntArray
    people: FloatArray
    from_middle: npt.NDArray[np.bool_]


def list_serving(reach: Reach, cells: Any, sites: Any, on: date) -> pd.DataFrame:
    """List the sites that serve the people of each cell, by type.

    Parameters
    ----------
    reach : Reach
        Walks of the district, with its open sites.
    cells : GeoDataFrame
        Layer ``cells``.
    sites : GeoDataFrame
        Layer ``sites``; planned ones are listed apart.
    on : date
        The date asked about.

    Returns
    -------
    DataFrame
        :data:`COLUMNS`: ``state`` is ``open`` or ``planned``, ``place`` counts from 1 in each
        cell, type and state. ``walk_m`` [m] is the mean walk of the people who have the site among
        their three nearest, ``least_m`` [m] the shortest; ``nearest_share`` and ``norm_share``
        [0–1] are the people of the cell who have no nearer site, and who have this one within the
        norm. Where nobody lives it all holds from the middle of the cell (``from_middle``).

    Notes
    -----
    Every demand point finds its :data:`NEAREST` sites on foot (access legs included); the sites of
    a cell are those of its points, the one that is nearest to most people first (MEASURES.md 3).
    Sites that cannot be reached on foot serve nobody and are not listed.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> from gridmap.services.demand import place_people
    >>> from gridmap.services.network import lay_network
    >>> from gridmap.services.reach import measure_reach
    >>> from gridmap.services.sites import open_sites
    >>> toy, day = toy_district(), date(2026, 3, 2)
    >>> norms = pd.DataFrame({"type": ["pharmacy"], "norm_m": [300.0]})
    >>> reach = measure_reach(
    ...     lay_network(toy["roads"]), place_people(toy), open_sites(toy["sites"], day), norms
    ... )
    >>> listed = list_serving(reach, toy["cells"], toy["sites"], day)
    >>> listed[["cell_id", "state", "site_id", "walk_m"]].values.tolist()
    [['nw', 'open', 's1', 100.0], ['ne', 'open', 's1', 280.0], ['sw', 'open', 's1', 300.0],
     ['se', 'open', 's1', 400.0], ['nw', 'planned', 's3', 300.0], ['ne', 'planned', 's3', 80.0],
     ['sw', 'planned', 's3', 400.0], ['se', 'planned', 's3', 200.0]]
    """
    homes = _start_from(reach, cells)
    awaited = planned_sites(sites, on)
    met = snap(reach.network, np.asarray(awaited.geometry, dtype=object))
    of_type = mask_types(awaited, reach.types)
    parts = []
    for number, kind in enumerate(reach.types):
        open_ones = reach.type_snaps[number], reach.sites
        planned = met.of(of_type[number]), awaited
        for state, (snaps, layer) in {"open": open_ones, "planned": planned}.items():
            if len(snaps.edge):
                found = _near_cells(reach, homes, snaps, len(layer), float(reach.norm_m[number]))
                parts.append(_write(found, layer).assign(type=kind, state=state))
    if not parts:
        return empty_serving()
    listed = pd.concat(parts, ignore_index=True)
    at = listed["cell"].to_numpy(dtype=np.int64)
    names = pd.array(cells["cell_id"].to_numpy(dtype=object)[at], dtype="str")
    return listed.assign(cell_id=names, from_middle=homes.from_middle[at])[list(COLUMNS)]


def empty_serving() -> pd.DataFrame:
    """List nothing, in the columns of :func:`list_serving`.

    Examples
    --------
    >>> len(empty_serving()), list(empty_serving()) == list(COLUMNS)
    (0, True)
    """
    kinds = {"place": "int64", "from_middle": "bool"} | dict.fromkeys(_FIGURES, "float64")
    return pd.DataFrame({name: pd.Series(dtype=kinds.get(name, "str")) for name in COLUMNS})


def coverage_curves(reach: Reach) -> pd.DataFrame:
    """Tell how many people live within each distance of a site, for every type with sites.

    Parameters
    ----------
    reach : Reach
        Walks of the district.

    Returns
    -------
    DataFrame
        ``type``, ``curve`` (``walk`` on foot, ``line`` in a straight line), ``x`` [m] from 0 in
        steps of :data:`CURVE_STEP_M` to :data:`CURVE_END_M`, and the norm; ``y`` [people].

    Notes
    -----
    y(x) = Σ people of demand points inside cells whose distance is at most x: the distribution
    function of the distance, times the people (MEASURES.md 3).

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> from gridmap.services.demand import place_people
    >>> from gridmap.services.network import lay_network
    >>> from gridmap.services.reach import measure_reach
    >>> toy = toy_district()
    >>> norms = pd.DataFrame({"type": ["pharmacy"], "norm_m": [300.0]})
    >>> reach = measure_reach(
    ...     lay_network(toy["roads"]), place_people(toy), toy["sites"][:1], norms
    ... )
    >>> curve = coverage_curves(reach)
    >>> curve[(curve.curve == "walk") & curve.x.isin([250, 300, 400])].y.tolist()
    [200.0, 460.0, 500.0]
    """
    inside = (reach.demand.cell >= 0) & (reach.demand.people > 0)
    people = reach.demand.people[inside]
    steps = np.arange(0, CURVE_END_M + CURVE_STEP_M / 2, CURVE_STEP_M)
    parts = []
    for number, kind in enumerate(reach.types):
        if not reach.count[number]:
            continue
        x = np.union1d(steps, reach.norm_m[number])
        for curve, metres in (("walk", reach.walk_m), ("line", reach.line_m)):
            y = _people_within(metres[number][inside], people, x)
            parts.append(pd.DataFrame({"type": kind, "curve": curve, "x": x, "y": y}))
    return pd.concat(parts, ignore_index=True) if parts else empty_curves()


def empty_curves() -> pd.DataFrame:
    """No curve, in the columns of :func:`coverage_curves`.

    Examples
    --------
    >>> list(empty_curves())
    ['type', 'curve', 'x', 'y']
    """
    columns = {"type": "str", "curve": "str", "x": "float64", "y": "float64"}
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in columns.items()})


def _people_within(metres: FloatArray, people: FloatArray, limits: FloatArray) -> FloatArray:
    order = np.argsort(metres, kind="stable")
    upto = np.concatenate([[0.0], np.cumsum(people[order])])
    return upto[np.searchsorted(metres[order], limits + AT_THE_NORM_M, side="right")]


def _start_from(reach: Reach, cells: Any) -> _Homes:
    """Demand points with people in cells; the middle of every cell without any."""
    demand = reach.demand
    lived = (demand.cell >= 0) & (demand.people > 0)
    empty = np.bincount(demand.cell[lived], minlength=len(cells)) == 0
    middles = np.asarray(cells.geometry.representative_point(), dtype=object)[empty]
    own, more = reach.demand_snaps.of(lived), snap(reach.network, middles)
    snaps = Snaps(
        np.concatenate([own.subject, more.subject + len(lived)]),
        np.concatenate([own.edge, more.edge]),
        np.concatenate([own.start_m, more.start_m]),
        np.concatenate([own.stop_m, more.stop_m]),
        np.concatenate([own.access_m, more.access_m]),
    )
    return _Homes(
        snaps,
        np.concatenate([demand.cell, np.flatnonzero(empty)]),
        np.concatenate([np.where(lived, demand.people, 0.0), np.ones(len(middles))]),
        empty,
    )


def _near_cells(
    reach: Reach, homes: _Homes, snaps: Snaps, count: int, norm_m: float
) -> pd.DataFrame:
    """Sites of each cell in order: ``cell`` and ``site`` by position, with the figures."""
    size = len(homes.people)
    site, metres = nearest_sites(reach.network, homes.snaps, size, snaps, count, NEAREST)
    point, rank = np.nonzero((site >= 0) & (homes.people > 0)[:, None])
    chosen, far_m, people = site[point, rank], metres[point, rank], homes.people[point]
    key = homes.cell[point] * count + chosen
    pair, group = np.unique(key, return_inverse=True)
    sums = [
        np.bincount(group, weights=people * one, minlength=len(pair))
        for one in (np.ones(len(group)), far_m, rank == 0, far_m <= norm_m + AT_THE_NORM_M)
    ]
    least = np.full(len(pair), np.inf)
    np.minimum.at(least, group, far_m)
    cell, number = pair // max(count, 1), pair % max(count, 1)
    inside = homes.cell >= 0
    whole = np.bincount(homes.cell[inside], weights=homes.people[inside], minlength=1)
    order = np.lexsort((number, sums[1] / sums[0], -sums[2], cell))
    first = np.searchsorted(cell[order], cell[order])
    place = np.arange(len(order)) - first + 1
    kept = order[place <= NEAREST]
    return pd.DataFrame(
        {
            "cell": cell[kept],
            "site": number[kept],
            "place": place[place <= NEAREST],
            "walk_m": (sums[1] / sums[0])[kept],
            "least_m": least[kept],
            "nearest_share": (sums[2] / whole[cell])[kept],
            "norm_share": (sums[3] / whole[cell])[kept],
        }
    )


def _write(found: pd.DataFrame, sites: Any) -> pd.DataFrame:
    at = found.pop("site").to_numpy(dtype=np.int64)
    return found.assign(
        site_id=sites["site_id"].astype("str").array[at],
        site_name=sites["name"].astype("str").array[at],
    )
