"""What if: coverage of services after changes to sites and norms, without measuring all anew."""

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import shapely

from gridmap.district import District
from gridmap.errors import InputError
from gridmap.grid.boundary import WATER
from gridmap.plan.scenario_changes import (
    Change,
    Place,
    Plan,
    Register,
    edit_norms,
    fold_changes,
    touched_types,
)
from gridmap.plan.scenario_ground import (
    Ground,
    Lay,
    Stands,
    lay_ground,
    leg_of,
    part_of_snaps,
    rename,
    repair_ground,
    rows_of,
    stand,
)
from gridmap.services.demand import Demand, place_people
from gridmap.services.network import FloatArray, IntArray, lay_network
from gridmap.services.reach import AT_THE_NORM_M, Reach, measure_reach
from gridmap.services.sheet import write_rows
from gridmap.units import SNAP_FINDING_M

LEFT_OUT = (
    "area_share", "access_e2sfca", "catchment_load",
    "walk_share_planned", "floor_share", "sites_ratio", "group_share",
)  # fmt: skip
"""Measures that an outcome does not hold: ground within the norm needs shapes joined anew, access
and loads depend on all sites and people at once, and what stands beside access
(:mod:`gridmap.services.provision`) does not say who can walk where."""
FARTHEST_LEG_M = 1000.0
"""A site farther from any way than this [m] cannot be placed: nobody would walk there."""


@dataclass(frozen=True, eq=False)
class Base:
    """A district from which what-if questions start; what is worked out once is kept.

    Attributes
    ----------
    district : District
        As it is; its sites are those of :attr:`register`.
    register : Register
        The sites and the norms.
    norms : DataFrame
        Norms asked for.
    reach : Reach
        People, ways and the sites that are open.
    """

    district: District
    register: Register
    norms: pd.DataFrame
    reach: Reach
    _grounds: dict[str, Ground] = field(default_factory=dict)
    _tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    _turn: threading.Lock = field(default_factory=threading.Lock)

    @cached_property
    def lay(self) -> Lay:
        """Network and demand, as all types share them."""
        points = np.asarray(self.reach.demand.points.geometry, dtype=object)
        return Lay(self.reach.network, self.reach.demand_snaps, points)

    @cached_property
    def cells(self) -> Any:
        """Layer ``cells``."""
        return self.district["cells"]

    @cached_property
    def people(self) -> FloatArray:
        """People at each demand point inside the cells; 0 outside."""
        demand = self.reach.demand
        return np.where(demand.cell >= 0, demand.people, 0.0)

    @cached_property
    def by_cell(self) -> tuple[IntArray, IntArray]:
        """Demand points sorted by cell, those outside left out, and where each cell begins."""
        cell = self.reach.demand.cell
        order = np.argsort(cell, kind="stable")
        order = order[cell[order] >= 0]
        return order, np.searchsorted(cell[order], np.arange(len(self.cells) + 1))

    @cached_property
    def water(self) -> shapely.STRtree:
        """Areas of water, where no site can stand."""
        landuse = self.district["landuse"]
        shapes = np.asarray(landuse.geometry, dtype=object)
        wet = (
            landuse["kind"]
            .astype("str")
            .str.lower()
            .isin(WATER | {"pond", "bay"})
            .to_numpy(dtype=bool)
        )
        return shapely.STRtree(shapes[wet & (shapely.get_dimensions(shapes) == 2)])

    def ground(self, kind: str) -> Ground:
        """Labels of a type as the district is; laid when first asked for."""
        with self._turn:
            if kind not in self._grounds:
                self._grounds[kind] = lay_ground(self.lay, self._stands(kind))
            return self._grounds[kind]

    def table(self, kind: str) -> pd.DataFrame:
        """Coverage rows of a type as the district is."""
        ground = self.ground(kind)
        with self._turn:
            if kind not in self._tables:
                every = np.arange(len(self.cells))
                self._tables[kind] = _write(self, kind, ground, self.register.norm_m[kind], every)
            return self._tables[kind]

    def _stands(self, kind: str) -> Stands:
        mask = np.asarray(self.reach.sites["type"] == kind, dtype=bool)
        rank = np.asarray(self.reach.sites.index, dtype=np.int64)
        snaps = self.reach.site_snaps.of(mask)
        shapes = np.asarray(self.reach.sites.geometry, dtype=object)[mask]
        return Stands(rank[mask], shapes, rename(snaps, rank))


@dataclass(frozen=True, eq=False)
class Outcome:
    """A district after changes.

    Attributes
    ----------
    base : Base
        What it started from.
    plan : Plan
        What is left of the changes.
    grounds : dict
        Labels of the types that were touched.
    norm_m : dict
        Norm of every type [m].
    """

    base: Base
    plan: Plan
    grounds: Mapping[str, Ground]
    norm_m: Mapping[str, float]
    _tables: dict[str, pd.DataFrame] = field(default_factory=dict)

    @property
    def touched(self) -> Sequence[str]:
        """Types that differ from the base or may."""
        return touched_types(self.base.register, self.plan)

    def ground(self, kind: str) -> Ground:
        """Labels of a type."""
        return self.grounds.get(kind) or self.base.ground(kind)

    def served(self, kind: str) -> Any:
        """Whether each demand point is within the norm on foot."""
        return self.ground(kind).walk_m <= self.norm_m[kind] + AT_THE_NORM_M

    def places(self, kind: str) -> list[Place]:
        """Sites of a type that serve, by rank."""
        found = [self.place(int(rank)) for rank in self.ground(kind).stands.rank]
        return [one for one in found if one is not None]

    def changed_cells(self, kind: str) -> IntArray:
        """Positions of the cells with another walk, line, norm or doubt than in the base."""
        old, new = self.base.ground(kind), self.ground(kind)
        emptied = (len(old.stands.rank) == 0) != (len(new.stands.rank) == 0)
        if emptied or self.norm_m[kind] != self.base.register.norm_m[kind]:
            return np.arange(len(self.base.cells))
        if old is new:
            return np.empty(0, dtype=np.int64)
        moved = (old.walk_m != new.walk_m) | (old.line_m != new.line_m)
        cell = self.base.reach.demand.cell[moved]
        return np.unique(cell[cell >= 0])

    def changed_rows(self, kind: str) -> pd.DataFrame:
        """Coverage rows of the cells that changed."""
        if kind not in self._tables:
            cells = self.changed_cells(kind)
            ground, norm_m = self.ground(kind), self.norm_m[kind]
            # A table without rows has its columns all the same.
            rows = _write(self.base, kind, ground, norm_m, cells if len(cells) else np.array([0]))
            self._tables[kind] = rows if len(cells) else rows.iloc[:0]
        return self._tables[kind]

    def table(self, kind: str) -> pd.DataFrame:
        """Coverage rows of a type for every cell, in the order of the base."""
        old = self.base.table(kind)
        if kind not in self.touched:
            return old
        new = self.changed_rows(kind)
        key = ["measure", "cell_id"]
        place = pd.MultiIndex.from_frame(old[key]).get_indexer(pd.MultiIndex.from_frame(new[key]))
        joined = pd.concat([old, new], ignore_index=True)
        order = np.arange(len(old))
        order[place] = len(old) + np.arange(len(new))
        return joined.iloc[order].reset_index(drop=True)

    def rows(self) -> pd.DataFrame:
        """Coverage rows of all types and cells; those of :data:`LEFT_OUT` are not among them."""
        return pd.concat([self.table(kind) for kind in self.norm_m], ignore_index=True)

    def loads(self, kind: str) -> pd.Series:
        """People whose nearest site each site is, by rank; people who reach none are left out."""
        site = self.ground(kind).walk_site
        reached = np.isfinite(self.ground(kind).walk_m) & (self.base.people > 0)
        rank, where = np.unique(site[reached], return_inverse=True)
        sums = np.bincount(where, weights=self.base.people[reached], minlength=len(rank))
        whole = pd.Series(sums, index=rank.astype(np.int64))
        return whole.reindex(self.ground(kind).stands.rank, fill_value=0.0)

    def place(self, rank: int) -> Place | None:
        """Site of a rank; None where neither the data nor the plan has one."""
        for place in self.plan.places.values():
            if place.rank == rank:
                return place
        register = self.base.register
        if rank >= len(register.sites):
            return None
        return register.place(str(register.sites["site_id"].iloc[rank]))


def open_base(district: District, norms: pd.DataFrame, on: date) -> Base:
    """Bring people, sites and ways of a district together, to ask what-if questions of it.

    Parameters
    ----------
    district : District
        Needs ``cells`` and ``roads``; reads ``sites``, ``population``, ``buildings``,
        ``landuse`` and the boundary.
    norms : DataFrame
        ``type``, ``norm_m`` [m], ``source``, ``confidence``.
    on : date
        Sites open on this date count.

    Raises
    ------
    MissingLayerError
        Without cells or roads.
    InputError
        If a population is negative, or a norm is not positive.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> norms = pd.DataFrame({"type": ["pharmacy"], "norm_m": [300.0]})
    >>> base = open_base(toy_district(), norms, date(2026, 3, 2))
    >>> base.ground("pharmacy").walk_m.tolist()
    [100.0, 280.0, 300.0, 400.0]
    """
    district.needs("cells", "roads")
    asked = norms[norms["norm_m"].notna()].reset_index(drop=True)
    register = Register(district["sites"], on, asked)
    sites = register.sites[register.is_open]
    network, demand = lay_network(district["roads"]), place_people(district)
    reach = measure_reach(network, demand, sites, asked)
    return Base(district, register, asked, reach)


def apply(base: Base, changes: Iterable[Change]) -> Outcome:
    """Change a district, and work out anew what these changes touch, nothing else.

    Parameters
    ----------
    base : Base
        From :func:`open_base`; it stays as it is.
    changes : iterable of Change
        In order. What follows of them depends on what is left of them in the end: undoing is
        applying fewer.

    Returns
    -------
    Outcome
        Its rows are those of :func:`gridmap.services.measure_services` on the changed district,
        but for the measures of :data:`LEFT_OUT`: ``area_share``, fair access, loads of catchments,
        planned sites, floor areas, ratios and groups are not worked out anew.

    Raises
    ------
    InputError
        If a change cannot be done, or a site is put outside the district, into water or far from
        any way.

    Notes
    -----
    Only the types that a change names are touched; of these only the nodes whose nearest site
    left or that a new site is nearer to, the people beside them, and their cells (MEASURES.md 7).

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> norms = pd.DataFrame({"type": ["pharmacy"], "norm_m": [300.0]})
    >>> base = open_base(toy_district(), norms, date(2026, 3, 2))
    >>> after = apply(base, [Change("move", "s1", x=500_300.0, y=4_400_100.0)])
    >>> after.ground("pharmacy").walk_m.tolist(), after.touched
    ([500.0, 280.0, 200.0, 100.0], ['pharmacy'])
    """
    plan = fold_changes(base.register, changes)
    for number, place in enumerate(plan.places.values(), 1):
        _check_place(base, place, number)
    norm_m = {**base.register.norm_m, **plan.norm_m}
    grounds = {}
    for kind in touched_types(base.register, plan):
        gone, come = _moves(base, plan, kind)
        if gone or come:
            added = stand(base.reach.network, come)
            ranks = np.array(sorted(gone), dtype=np.int64)
            grounds[kind] = repair_ground(base.lay, base.ground(kind), ranks, added)
    return Outcome(base, plan, grounds, norm_m)


def far_legs(outcome: Outcome) -> list[tuple[Place, float]]:
    """Sites of a plan that stand farther from any way than a finding allows, with their leg [m]."""
    moved = [one for one in outcome.plan.places.values() if one.is_open]
    legs = [(one, leg_of(outcome.base.reach.network, one.shape)) for one in moved]
    return [(one, leg) for one, leg in legs if leg > SNAP_FINDING_M]


def _moves(base: Base, plan: Plan, kind: str) -> tuple[list[int], list[Place]]:
    """Ranks that leave a type, and places that come to it."""
    gone, come = [], []
    for place in plan.places.values():
        before = base.register.place(place.site_id)
        was = before is not None and before.is_open and before.type == kind
        will = place.is_open and place.type == kind
        same = was and will and before is not None and before.shape == place.shape
        if was and not same:
            gone.append(place.rank)
        if will and not same:
            come.append(place)
    return gone, come


def _check_place(base: Base, place: Place, number: int) -> None:
    """Refuse a place where nobody can build or walk; sites of the data stay where they are."""
    before = base.register.place(place.site_id)
    if not place.is_open or (before is not None and before.shape == place.shape):
        return
    where = f"Change of site '{place.site_id}' (number {number} of those changed)"
    if not shapely.intersects(base.district.outline, place.shape):
        raise InputError(
            f"{where}: expected a place inside the district, found one outside. Put it back inside "
            "the border; nothing was changed."
        )
    if len(base.water.query(place.shape, predicate="intersects")):
        raise InputError(
            f"{where}: expected a place on land, found water. Put it ashore; nothing was changed."
        )
    leg = leg_of(base.reach.network, place.shape)
    if leg > FARTHEST_LEG_M:
        found = "no way at all" if np.isinf(leg) else f"the nearest {leg:.0f} m away"
        raise InputError(
            f"{where}: expected a walkable way within {FARTHEST_LEG_M:.0f} m, found {found}. Put "
            "it nearer to a street; nothing was changed."
        )


def _write(base: Base, kind: str, ground: Ground, norm_m: float, cells: IntArray) -> pd.DataFrame:
    """Coverage rows of a type for some cells, written as those of the whole district are."""
    points, begin = base.by_cell
    chosen = np.sort(points[rows_of(begin, cells)])
    norms = edit_norms(base.norms[base.norms["type"] == kind], Plan(norm_m={kind: norm_m}))
    demand = base.reach.demand
    place = np.full(len(base.cells) + 1, -1)
    place[cells] = np.arange(len(cells))
    some = demand.points.iloc[chosen].assign(cell=place[demand.cell[chosen]])
    stood = pd.DataFrame({"type": np.full(len(ground.stands.rank), kind, dtype=object)})
    part = Reach(
        norms.reset_index(drop=True),
        Demand(some, demand.known[cells], demand.outside_people, demand.layer),
        base.reach.network,
        stood,
        ground.stands.snaps,
        part_of_snaps(base.lay, chosen),
    )
    # What a Reach works out when asked is known here.
    part.__dict__.update(walk_m=ground.walk_m[None, chosen], line_m=ground.line_m[None, chosen])
    table = base.cells.iloc[cells]
    rows = write_rows(part, table, np.full((1, len(cells)), np.nan))
    left = [f"{kind}.{name}" for name in LEFT_OUT]
    return rows[~rows["measure"].isin(left)].reset_index(drop=True)
