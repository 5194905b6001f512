"""The sites of one facility type and the people around them: who shares what with whom."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from gridmap.errors import InputError
from gridmap.services.access import Snaps
from gridmap.services.catchments import NOBODY, Allocation, allocate_nearest, nearest_pairs
from gridmap.services.decay import Decay, known_decay
from gridmap.services.distribution import weighted_means
from gridmap.services.fair_access import FairAccess, Method, share_supply
from gridmap.services.groups import counts_group, named_groups, people_of_group
from gridmap.services.matrix import nearest_sites, site_distances
from gridmap.services.network import BoolArray, FloatArray, IntArray
from gridmap.services.reach import Reach
from gridmap.services.transport import Transport, allocate_within_capacity

ACCESS_METHODS = ("e2sfca", "3sfca", "2sfca")
"""Ways to measure access: two steps with a decay, three steps, two steps without a decay."""
LIMIT_S = 15 * 60
"""Sites count up to so many seconds [s] of way, or up to the norm where that is longer."""
LEAST_ROOM_SHARE = 0.5
"""Catchments within capacity are made where there are places for this share of the people."""
MOST_PAIRS = 4_000_000
"""Most pairs of demand points and sites for which catchments within capacity are made."""
SUPPLIES = {
    "capacity": ("capacity", "places"),
    "floor_area": ("floor_area_m2", "m²"),
    "sites": ("", "sites"),
}
"""What sites can offer: the column it is in, and what it is called."""


@dataclass(frozen=True)
class Sharing:
    """How supply is shared out among people.

    Attributes
    ----------
    method : {"e2sfca", "3sfca", "2sfca"}
        One of :data:`ACCESS_METHODS`.
    decay : str
        Row of the table ``access_decay.csv``; without decay (``2sfca``) every site within the
        limit counts the same, whatever is asked for here.
    """

    method: str = "e2sfca"
    decay: str = "stepped"

    def __post_init__(self) -> None:
        """Refuse a method that is not known.

        Raises
        ------
        InputError
            If there is no such method or decay.
        """
        if self.method not in ACCESS_METHODS:
            raise InputError(
                f"Unknown way to measure access '{self.method}'. There are: "
                f"{', '.join(ACCESS_METHODS)}."
            )
        known_decay(self.decay, 1.0)

    @property
    def decay_name(self) -> str:
        """Row of the table of decays that counts."""
        return "even" if self.method == "2sfca" else self.decay

    @property
    def steps(self) -> Method:
        """Method of :func:`gridmap.services.fair_access.share_supply`."""
        return "3sfca" if self.method == "3sfca" else "e2sfca"


@dataclass(frozen=True, eq=False)
class Homes:
    """The people inside cells.

    Attributes
    ----------
    row : ndarray of int, shape (n,)
        Their demand points.
    snaps : Snaps
        Where these meet the network, counted among themselves.
    people : ndarray, shape (n,)
        How many.
    cell : ndarray of int, shape (n,)
        In which cell.
    """

    row: IntArray
    snaps: Snaps
    people: FloatArray
    cell: IntArray

    @property
    def size(self) -> int:
        """Number of points."""
        return len(self.row)

    def by_cell(self, cells: int) -> FloatArray:
        """People of each cell."""
        summed = np.bincount(self.cell, weights=self.people, minlength=cells)
        return np.asarray(summed, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class SharedType:
    """One facility type: its sites, and what is found for it when it is asked for.

    Attributes
    ----------
    reach : Reach
        Walks of the district.
    homes : Homes
        The people inside its cells.
    number : int
        Which of its types.
    near_m : csc_array, shape (homes, sites)
        Walks to all sites of the district that count, as far as any type asks [m].
    sharing : Sharing
        How supply is shared out.
    group : str
        Column of the layer ``population`` whose people alone are counted in ``homes``; empty where
        everybody is.
    """

    reach: Reach
    homes: Homes
    number: int
    near_m: Any
    sharing: Sharing = field(default_factory=Sharing)
    group: str = ""

    @cached_property
    def name(self) -> str:
        """Code of the type."""
        return self.reach.types[self.number]

    @cached_property
    def sites(self) -> Any:
        """Open sites of the type."""
        return self.reach.sites[self.reach.of_type[self.number]]

    @cached_property
    def snaps(self) -> Snaps:
        """Snaps of the sites of the type, counted among themselves."""
        return counted_anew(self.reach.site_snaps, self.reach.of_type[self.number])

    @cached_property
    def capacity(self) -> FloatArray:
        """People each site can serve; NaN where it is not known."""
        return self.sites["capacity"].to_numpy(dtype=np.float64, na_value=np.nan)

    @property
    def limit_m(self) -> float:
        """Longest way that counts [m]."""
        return max(LIMIT_S * self.reach.usual_mps, float(self.reach.norm_m[self.number]))

    @cached_property
    def decay(self) -> Decay:
        """How much less a site counts the farther it is."""
        return known_decay(self.sharing.decay_name, self.limit_m)

    @cached_property
    def supply(self) -> tuple[str, FloatArray]:
        """Name and amounts of what the sites offer: the first that is known of all of them."""
        for name, (column, _) in SUPPLIES.items():
            if column:
                amount = self.sites[column].to_numpy(dtype=np.float64, na_value=np.nan)
                if len(amount) and np.isfinite(amount).all():
                    return name, amount
        return "sites", np.ones(len(self.sites))

    @cached_property
    def walk_m(self) -> Any:
        """Walks from the homes to the sites of the type that are near enough to count [m]."""
        return csr_array(self.near_m[:, np.flatnonzero(self.reach.of_type[self.number])])

    @cached_property
    def access(self) -> FairAccess:
        """Fair access of the homes."""
        people, supply = self.homes.people, self.supply[1]
        return share_supply(self.walk_m, people, supply, self.decay, self.sharing.steps)

    def cell_access(self, cells: int) -> FloatArray:
        """Mean access of the people of each cell; NaN where nobody lives."""
        return weighted_means(self.access.access, self.homes.people, self.homes.cell, cells)

    @cached_property
    def nearest(self) -> Allocation:
        """Homes to their nearest site."""
        site, walk_m = nearest_pairs(self.walk_m)
        all_m = self.reach.walk_m[self.number, self.homes.row]
        far = (site == NOBODY) & np.isfinite(all_m)
        if far.any() and len(self.sites) == 1:
            site[far], walk_m[far] = 0, all_m[far]
        elif far.any():
            site[far], walk_m[far] = self._search_far(far)
        return allocate_nearest(site, walk_m, self.homes.people)

    @cached_property
    def within(self) -> Transport | None:
        """Allocation within capacity; None where that is not asked for."""
        reached = self.nearest.people[self.nearest.served].sum()
        enough = np.isfinite(self.capacity).all() and len(self.capacity) > 0
        enough = enough and self.capacity.sum() >= LEAST_ROOM_SHARE * reached > 0
        if not enough or self.homes.size * len(self.sites) > MOST_PAIRS:
            return None
        return allocate_within_capacity(self._all_walks(), self.homes.people, self.capacity)

    def _all_walks(self) -> Any:
        homes, count = self.homes, len(self.sites)
        network = self.reach.network
        return site_distances(network, homes.snaps, homes.size, self.snaps, count, np.inf)

    def _search_far(self, far: BoolArray) -> tuple[IntArray, FloatArray]:
        """Nearest site of some homes, however far it is."""
        snaps, count = counted_anew(self.homes.snaps, far), int(far.sum())
        found = nearest_sites(self.reach.network, snaps, count, self.snaps, len(self.sites), 1)
        return found[0][:, 0], found[1][:, 0]

    @cached_property
    def allocations(self) -> dict[str, Allocation]:
        """Allocations by kind."""
        found = {"nearest": self.nearest}
        if self.within is not None:
            found["capacity"] = self.within.allocation
        return found


def share_types(
    reach: Reach, sharing: Sharing | None = None, population: Any = None
) -> list[SharedType]:
    """Look at all types of a district, with the walks that they have in common.

    Parameters
    ----------
    reach : Reach
        Walks of the district.
    sharing : Sharing, optional
        How supply is shared out; default two steps with zones.
    population : GeoDataFrame, optional
        Layer ``population``. Where the norm of a type names a group that it counts, only the
        people of the group ask for its sites.

    Examples
    --------
    >>> import pandas as pd
    >>> from gridmap.samples import toy_district
    >>> from gridmap.services.demand import place_people
    >>> from gridmap.services.network import lay_network
    >>> from gridmap.services.reach import measure_reach
    >>> toy = toy_district()
    >>> norms = pd.DataFrame({"type": ["pharmacy"], "norm_m": [300.0]})
    >>> reach = measure_reach(lay_network(toy["roads"]), place_people(toy), toy["sites"], norms)
    >>> (one,) = share_types(reach)
    >>> one.nearest.site.tolist(), one.supply[0], one.within is None
    ([0, 1, 0, 1], 'sites', True)
    """
    homes = people_inside(reach)
    farthest = max(LIMIT_S * reach.usual_mps, float(reach.norm_m.max(initial=0.0)))
    near_m = site_distances(
        reach.network, homes.snaps, homes.size, reach.site_snaps, len(reach.sites), farthest
    ).tocsc()
    groups = {
        number: group
        for number, group in named_groups(reach.norms)
        if counts_group(reach.demand, population, group)
    }
    own = {
        group: replace(homes, people=people_of_group(reach.demand, population, group)[homes.row])
        for group in set(groups.values())
    }
    how, everybody = sharing or Sharing(), ""
    return [
        SharedType(
            reach, own.get(groups.get(number, everybody), homes), number, near_m, how,
            groups.get(number, everybody),
        )
        for number in range(len(reach.types))
    ]  # fmt: skip


def people_inside(reach: Reach) -> Homes:
    """Pick the demand points with people inside the cells."""
    demand = reach.demand
    inside = (demand.cell >= 0) & (demand.people > 0)
    row, snaps = np.flatnonzero(inside), counted_anew(reach.demand_snaps, inside)
    return Homes(row, snaps, demand.people[row], demand.cell[row])


def counted_anew(snaps: Snaps, kept: BoolArray) -> Snaps:
    """Snaps of the subjects marked in a mask, which are counted among themselves."""
    some = snaps.of(kept)
    own = (np.cumsum(kept) - 1)[some.subject]
    return Snaps(own, some.edge, some.start_m, some.stop_m, some.access_m)
