"""Reach: how far the people of a district walk to the nearest site of each type."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from gridmap.errors import InputError, name_ids
from gridmap.services.access import Snaps, line_distances, node_distances, snap, walk_distances
from gridmap.services.demand import Demand
from gridmap.services.network import BoolArray, FloatArray, WalkNetwork
from gridmap.services.sites import mask_types
from gridmap.services.travel import Travel
from gridmap.units import WALK_SPEED_MPS

AT_THE_NORM_M = 1e-6
"""A walk this much [m] over the norm still meets it: rounding, not distance."""


@dataclass(frozen=True, eq=False)
class Reach:
    """Walks from every demand point to the nearest site of every type.

    Attributes
    ----------
    norms : DataFrame
        The types asked for, one row each, in the order of all arrays.
    demand : Demand
        The people.
    network : WalkNetwork
        The ways they walk on.
    sites : GeoDataFrame
        The sites that count.
    site_snaps : Snaps
        Where all sites meet the network.
    demand_snaps : Snaps
        Where all demand points do.
    mode : {"walk", "bike", "drive"}
        How people move.
    usual_mps : float
        Speed at which a metre counts once [m/s].
    """

    norms: pd.DataFrame
    demand: Demand
    network: WalkNetwork
    sites: Any
    site_snaps: Snaps
    demand_snaps: Snaps
    mode: str = "walk"
    usual_mps: float = WALK_SPEED_MPS

    @cached_property
    def types(self) -> list[str]:
        """Names of the types."""
        return [str(one) for one in self.norms["type"]]

    @cached_property
    def norm_m(self) -> FloatArray:
        """Longest walk allowed for each type [m].

        A norm in metres is meant on foot: by bicycle and by car its minutes count, at the usual
        speed, where it tells them.
        """
        metres = self.norms["norm_m"].to_numpy(dtype=np.float64)
        if self.mode == "walk" or "minutes" not in self.norms:
            return metres
        minutes = self.norms["minutes"].to_numpy(dtype=np.float64)
        return np.where(np.isnan(minutes), metres, 60 * minutes * self.usual_mps)

    @cached_property
    def of_type(self) -> list[BoolArray]:
        """Which sites are of each type."""
        return mask_types(self.sites, self.types)

    @cached_property
    def count(self) -> list[int]:
        """Number of sites of each type."""
        return [int(mask.sum()) for mask in self.of_type]

    @cached_property
    def type_snaps(self) -> Sequence[Snaps]:
        """Where the sites of each type meet the network."""
        return [self.site_snaps.of(mask) for mask in self.of_type]

    @cached_property
    def node_m(self) -> FloatArray:
        """Walk from every node to the nearest site [m], shape (types, nodes)."""
        return node_distances(self.network, self.type_snaps)

    @cached_property
    def walk_m(self) -> FloatArray:
        """Walk from every demand point to the nearest site [m], shape (types, points)."""
        size = len(self.demand.points)
        return walk_distances(self.network, self.demand_snaps, size, self.type_snaps, self.node_m)

    @cached_property
    def line_m(self) -> FloatArray:
        """Straight line to the nearest site [m], shape (types, points)."""
        points = np.asarray(self.demand.points.geometry, dtype=object)
        shapes = np.asarray(self.sites.geometry, dtype=object)
        lines = [line_distances(shapes[mask], points) for mask in self.of_type]
        return np.array(lines).reshape(len(self.types), len(points))

    @property
    def served(self) -> BoolArray:
        """Whether each demand point is within the norm on foot, shape (types, points)."""
        return np.asarray(self.walk_m <= self.norm_m[:, None] + AT_THE_NORM_M)

    def sum_by_cell(self, marked: BoolArray, cells: int) -> FloatArray:
        """People of the marked demand points in each cell, shape (types, cells)."""
        inside = self.demand.cell >= 0
        cell = self.demand.cell[inside]
        people = np.where(marked, self.demand.people, 0)[:, inside]
        sums = np.zeros((len(self.types), cells))
        for row, one in zip(sums, people, strict=True):
            np.add.at(row, cell, one)
        return sums


def measure_reach(
    network: WalkNetwork,
    demand: Demand,
    sites: Any,
    norms: pd.DataFrame,
    travel: Travel | None = None,
) -> Reach:
    """Bring people, sites and ways together.

    Parameters
    ----------
    network : WalkNetwork
        Ways to walk on.
    demand : Demand
        The people.
    sites : GeoDataFrame
        Sites that count (see :func:`gridmap.services.sites.open_sites`).
    norms : DataFrame
        ``type`` and ``norm_m`` [m]; rows without ``norm_m`` ask for no walk and are left out.
    travel : Travel, optional
        How the network was laid; default on foot.

    Raises
    ------
    InputError
        If a type appears twice or a norm is not positive.

    Examples
    --------
    >>> import pandas as pd
    >>> from gridmap.samples import toy_district
    >>> from gridmap.services.demand import place_people
    >>> from gridmap.services.network import lay_network
    >>> toy = toy_district()
    >>> norms = pd.DataFrame({"type": ["pharmacy"], "norm_m": [300.0]})
    >>> network = lay_network(toy["roads"])
    >>> reach = measure_reach(network, place_people(toy), toy["sites"][:1], norms)
    >>> reach.walk_m.tolist(), reach.served.tolist()
    ([[100.0, 280.0, 300.0, 400.0]], [[True, True, True, False]])
    """
    asked = norms[norms["norm_m"].notna()].reset_index(drop=True)
    doubled = asked["type"][asked["type"].duplicated()].unique()
    if len(doubled):
        raise InputError(
            f"The norms expect one row with norm_m for each type; found several for "
            f"{name_ids(doubled)}. Keep one."
        )
    wrong = asked["type"][~asked["norm_m"].between(0, np.inf, inclusive="neither")]
    if len(wrong):
        raise InputError(
            f"The norms expect a distance above 0 m that ends somewhere; found another for "
            f"{name_ids(wrong)}. Correct it."
        )
    where = np.asarray(sites.geometry, dtype=object)
    homes = np.asarray(demand.points.geometry, dtype=object)
    moved = (travel.mode, travel.usual_mps) if travel is not None else ("walk", WALK_SPEED_MPS)
    met = snap(network, where), snap(network, homes)
    return Reach(asked, demand, network, sites, *met, *moved)
