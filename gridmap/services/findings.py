"""Findings of the services dimension: what a reader of its figures must know."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from gridmap.errors import name_ids
from gridmap.schema import Finding
from gridmap.services.access import Snaps
from gridmap.services.network import FloatArray, network_findings
from gridmap.services.reach import Reach
from gridmap.units import SNAP_FINDING_M


def service_findings(reach: Reach, cells: Any) -> list[Finding]:
    """List all findings about ways, sites and people.

    Parameters
    ----------
    reach : Reach
        Walks of the district.
    cells : GeoDataFrame
        Layer ``cells``.

    Examples
    --------
    >>> import datetime, pandas as pd
    >>> from gridmap.samples import toy_district
    >>> from gridmap.services import measure_services
    >>> norms = pd.DataFrame({"type": ["library"], "norm_m": [800.0]})
    >>> measured = measure_services(toy_district(), norms, datetime.date(2026, 3, 2))
    >>> [(one.rule, one.ids) for one in measured.findings]
    [('no_site_of_type', ('library',))]
    """
    return [
        *network_findings(reach.network),
        *_missing_types(reach),
        *_far_sites(reach),
        *_sites_without_room(reach),
        *_sites_cut_off(reach),
        *_far_people(reach),
        *_cut_off(reach, cells),
        *_people_elsewhere(reach, cells),
    ]


def access_legs(snaps: Snaps, size: int) -> FloatArray:
    """Leg of each subject to its nearest way [m]; inf where there is no way.

    Examples
    --------
    >>> from gridmap.samples import at, toy_district
    >>> from gridmap.services.access import snap
    >>> from gridmap.services.network import lay_network
    >>> network = lay_network(toy_district()["roads"])
    >>> access_legs(snap(network, [at(40, 340)]), 1).tolist()
    [40.0]
    """
    legs = np.full(size, np.inf)
    np.minimum.at(legs, snaps.subject, snaps.access_m)
    return legs


def _missing_types(reach: Reach) -> Iterator[Finding]:
    absent = [kind for kind, count in zip(reach.types, reach.count, strict=True) if not count]
    if absent:
        yield Finding(
            "no_site_of_type",
            "warning",
            "sites",
            tuple(absent),
            "expected a site of every type with a norm; none is open on the date for some types",
            "The map may not know them: add them with gridmap import layer --layer sites.",
        )


def _far_sites(reach: Reach) -> Iterator[Finding]:
    legs = access_legs(reach.site_snaps, len(reach.sites))
    far = np.isfinite(legs) & (legs > SNAP_FINDING_M)
    if far.any():
        yield Finding(
            "site_far_from_way",
            "warning",
            "sites",
            tuple(reach.sites["site_id"].astype(str).to_numpy()[far]),
            f"expected sites within {SNAP_FINDING_M:g} m of a walkable way; "
            f"the farthest is {legs[far].max():.0f} m away",
            "Check their coordinates and datum, or add the ways that lead there.",
        )


def _sites_without_room(reach: Reach) -> Iterator[Finding]:
    """Sites whose capacity or floor area is 0 or less: they count as near, yet serve nobody."""
    for name in ("capacity", "floor_area_m2"):
        if name not in reach.sites:
            continue
        told = reach.sites[name].to_numpy(dtype=np.float64)
        if (told <= 0).any():
            yield Finding(
                "site_without_room",
                "warning",
                "sites",
                tuple(reach.sites["site_id"].astype(str).to_numpy()[told <= 0]),
                f"expected {name} above 0, found 0 or less; such sites count for walks, and "
                "have room for nobody where room is measured",
                "Correct the figure, leave it empty if it is not known, or close the site.",
            )


def _sites_cut_off(reach: Reach) -> Iterator[Finding]:
    """Sites that meet only ways outside the largest connected part of the network."""
    snaps, network = reach.site_snaps, reach.network
    apart = np.ones(len(reach.sites), dtype=bool)
    in_main = network.component[network.ends[snaps.edge, 0]] == 0
    apart[snaps.subject[in_main]] = False
    apart &= np.isfinite(access_legs(snaps, len(reach.sites)))
    if apart.any():
        yield Finding(
            "site_cut_off",
            "warning",
            "sites",
            tuple(reach.sites["site_id"].astype(str).to_numpy()[apart]),
            "expected sites on ways that belong to the largest connected network; "
            f"{int(apart.sum())} stand on ways that do not, so hardly anyone reaches them",
            "Join these ways to the network at common vertices, if people can walk there.",
        )


def _far_people(reach: Reach) -> Iterator[Finding]:
    legs = access_legs(reach.demand_snaps, len(reach.demand.points))
    far = np.isfinite(legs) & (legs > SNAP_FINDING_M) & (reach.demand.people > 0)
    if far.any():
        rows = np.unique(reach.demand.points["origin"].to_numpy()[far]) + 1
        yield Finding(
            "people_far_from_way",
            "warning",
            reach.demand.layer,
            tuple(f"row {row}" for row in rows),
            f"expected people within {SNAP_FINDING_M:g} m of a walkable way; "
            f"{reach.demand.people[far].sum():.0f} people live farther away",
            "Add the ways that lead there; until then their walk is a straight line to the next.",
        )


def _cut_off(reach: Reach, cells: Any) -> Iterator[Finding]:
    """People without any way to a site; types that lose the same people share one finding."""
    lost = np.isinf(reach.walk_m) & (reach.demand.people > 0) & (reach.demand.cell >= 0)
    alike: dict[bytes, list[int]] = {}
    for number, count in enumerate(reach.count):
        if count and lost[number].any():
            alike.setdefault(lost[number].tobytes(), []).append(number)
    for numbers in alike.values():
        here = lost[numbers[0]]
        where = np.unique(reach.demand.cell[here])
        yield Finding(
            "people_cut_off",
            "warning",
            "cells",
            tuple(cells["cell_id"].astype(str).to_numpy()[where]),
            f"expected a way to {name_ids(reach.types[one] for one in numbers)} for everyone; "
            f"{reach.demand.people[here].sum():.0f} people have none and count as not served",
            "Join their ways to the network at common vertices, if people can walk there.",
        )


def _people_elsewhere(reach: Reach, cells: Any) -> Iterator[Finding]:
    unknown = ~reach.demand.known
    if unknown.any():
        yield Finding(
            "population_unknown",
            "warning",
            "cells",
            tuple(cells["cell_id"].astype(str).to_numpy()[unknown]),
            f"expected people, found no population for {int(unknown.sum())} cells",
            "Add the layer 'population', or fill the column 'population' of the cells.",
        )
    if reach.demand.layer == "communities":
        points = reach.demand.points
        placed = points.groupby("reason")["people"].sum()
        yield Finding(
            "people_from_communities",
            "note",
            "communities",
            (),
            "expected people by square or building, found only totals of communities: "
            + "; ".join(f"{people:.0f} {reason}" for reason, people in placed.items()),
            "Add the layer 'population' where finer figures are known; these are estimates.",
        )
    if reach.demand.outside_people > 0.5:
        yield Finding(
            "people_outside_cells",
            "note",
            reach.demand.layer,
            (),
            f"{reach.demand.outside_people:.0f} people of the layer live outside the cells "
            "and are not counted",
            "Nothing to do where squares reach across the boundary.",
        )
