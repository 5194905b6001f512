"""What gets better and what gets worse between two outcomes of one district, and for whom."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from gridmap.errors import InputError
from gridmap.plan.whatif import Outcome
from gridmap.rows import TOLERANCE
from gridmap.services.distribution import weighted_means, weighted_quantiles
from gridmap.services.network import BoolArray, FloatArray

CHANGE_PEOPLE = 1e-6
"""Differences of people below this count as none: rounding."""
CHANGE_M = 0.5
"""A walk that changes by less than this [m] is as long as before."""


@dataclass(frozen=True, eq=False)
class Figures:
    """One type in one outcome, cell by cell.

    Attributes
    ----------
    people, served : ndarray, shape (cells,)
        People who live in each cell, and those within the norm.
    mean_m : ndarray, shape (cells,)
        Mean walk of the people who reach a site [m]; NaN where there are none.
    is_gap : ndarray of bool, shape (cells,)
        Whether people live there of whom somebody is not served.
    """

    people: FloatArray
    served: FloatArray
    mean_m: FloatArray
    is_gap: BoolArray

    @property
    def unserved(self) -> FloatArray:
        """People not served in each cell."""
        return np.maximum(self.people - self.served, 0)

    @property
    def share(self) -> FloatArray:
        """Share of the people served; NaN where nobody lives."""
        lived = np.where(self.people > 0, self.people, np.nan)
        return np.minimum(self.served / lived, 1)


@dataclass(frozen=True, eq=False)
class Difference:
    """How one outcome differs from another.

    Attributes
    ----------
    types : DataFrame
        For each type touched in either: ``norm_before_m``, ``norm_after_m``, ``sites_before``,
        ``sites_after``, ``people``, ``served_before``, ``served_after``, ``gained`` and ``lost``
        (people served on one side only), ``nearer_people``, ``nearer_m``, ``farther_people``,
        ``farther_m`` (whose walk changes by :data:`CHANGE_M` or more, and by how much on the
        mean), ``cells_better``, ``cells_worse``, ``gaps_closed``, ``gaps_opened``,
        ``p50_before_m`` … ``p90_after_m``.
    cells : DataFrame
        Cells in which the people not served differ: ``type``, ``cell_id``, ``people``,
        ``unserved_before``, ``unserved_after``, ``share_before``, ``share_after``,
        ``mean_before_m``, ``mean_after_m``, ``change`` (better, worse), ``gap`` (closed, opened
        or empty); those with most people first.
    sites : DataFrame
        Sites whose people or capacity differ: ``type``, ``site_id``, ``name``,
        ``people_before``, ``people_after`` (whose nearest site it is), ``capacity_before``,
        ``capacity_after``; empty people where it does not serve.
    """

    types: pd.DataFrame
    cells: pd.DataFrame
    sites: pd.DataFrame


def cell_figures(outcome: Outcome, kind: str) -> Figures:
    """Figures of a type in every cell, as the coverage table has them.

    Examples
    --------
    >>> from datetime import date
    >>> from gridmap.plan.whatif import apply, open_base
    >>> from gridmap.samples import toy_district
    >>> norms = pd.DataFrame({"type": ["pharmacy"], "norm_m": [300.0]})
    >>> outcome = apply(open_base(toy_district(), norms, date(2026, 3, 2)), [])
    >>> cell_figures(outcome, "pharmacy").share.tolist()
    [1.0, 1.0, 1.0, 0.0]
    """
    base = outcome.base
    demand, cells = base.reach.demand, len(base.cells)
    inside = demand.cell >= 0
    cell, people = demand.cell[inside], demand.people[inside]
    lived = np.bincount(cell, weights=people, minlength=cells).astype(np.float64)
    within = np.where(outcome.served(kind)[inside], people, 0.0)
    served = np.bincount(cell, weights=within, minlength=cells).astype(np.float64)
    mean = weighted_means(outcome.ground(kind).walk_m, demand.people, demand.cell, cells)
    lived = np.where(demand.known, lived, np.nan)
    with np.errstate(invalid="ignore"):
        gap = (lived > 0) & (served / np.where(lived > 0, lived, 1) < 1 - TOLERANCE)
    return Figures(lived, served, mean, gap)


def compare_outcomes(before: Outcome, after: Outcome) -> Difference:
    """Compare a scenario with the base (an outcome without changes), or two scenarios.

    Parameters
    ----------
    before, after : Outcome
        Of the same base.

    Returns
    -------
    Difference

    Raises
    ------
    InputError
        If they start from different bases.

    Notes
    -----
    People are counted where they live: one is ``gained`` if served after and not before. Gaps are
    cells of which ``walk_share`` is met in part or missed, as the gap register has them
    (MEASURES.md 7).

    Examples
    --------
    >>> from datetime import date
    >>> from gridmap.plan.scenario_changes import Change
    >>> from gridmap.plan.whatif import apply, open_base
    >>> from gridmap.samples import toy_district
    >>> norms = pd.DataFrame({"type": ["pharmacy"], "norm_m": [300.0]})
    >>> base = open_base(toy_district(), norms, date(2026, 3, 2))
    >>> told = compare_outcomes(apply(base, []), apply(base, [Change("close", "s1")]))
    >>> told.types[["served_before", "served_after", "lost", "gaps_opened"]].values.tolist()
    [[460.0, 0.0, 460.0, 3.0]]
    """
    if before.base is not after.base:
        raise InputError(
            "Two scenarios are compared on the same data; these start from different ones. Open "
            "both on the present data first."
        )
    kinds = sorted({*before.touched, *after.touched})
    parts = [_of_type(before, after, kind) for kind in kinds]
    types = pd.DataFrame([one for one, _ in parts])
    cells = pd.concat([one for _, one in parts], ignore_index=True) if parts else pd.DataFrame()
    if len(cells):
        size = (cells["unserved_after"] - cells["unserved_before"]).abs().round(6)
        cells = cells.iloc[np.lexsort((cells["cell_id"], -size))].reset_index(drop=True)
    return Difference(types, cells, _sites(before, after, kinds))


def _of_type(before: Outcome, after: Outcome, kind: str) -> tuple[dict[str, Any], pd.DataFrame]:
    old, new = cell_figures(before, kind), cell_figures(after, kind)
    cells = _cells(before, kind, old, new)
    told = {
        "type": kind,
        "norm_before_m": before.norm_m[kind],
        "norm_after_m": after.norm_m[kind],
        "sites_before": len(before.ground(kind).stands.rank),
        "sites_after": len(after.ground(kind).stands.rank),
        "people": float(np.nansum(new.people)),
        "served_before": float(old.served.sum()),
        "served_after": float(new.served.sum()),
        **_walkers(before, after, kind),
        "cells_better": int((cells["change"] == "better").sum()),
        "cells_worse": int((cells["change"] == "worse").sum()),
        "gaps_closed": int((old.is_gap & ~new.is_gap).sum()),
        "gaps_opened": int((~old.is_gap & new.is_gap).sum()),
        **_quantiles(before, kind, "before"),
        **_quantiles(after, kind, "after"),
    }
    return told, cells


def _cells(outcome: Outcome, kind: str, old: Figures, new: Figures) -> pd.DataFrame:
    gain = old.unserved - new.unserved
    rows = np.flatnonzero(np.abs(gain) > CHANGE_PEOPLE)
    gap = np.select(
        [old.is_gap & ~new.is_gap, ~old.is_gap & new.is_gap], ["closed", "opened"], ""
    ).astype(object)
    return pd.DataFrame(
        {
            "type": kind,
            "cell_id": outcome.base.cells["cell_id"].to_numpy(dtype=object)[rows],
            "people": new.people[rows],
            "unserved_before": old.unserved[rows],
            "unserved_after": new.unserved[rows],
            "share_before": old.share[rows],
            "share_after": new.share[rows],
            "mean_before_m": old.mean_m[rows],
            "mean_after_m": new.mean_m[rows],
            "change": np.where(gain[rows] > 0, "better", "worse").astype(object),
            "gap": gap[rows],
        }
    )


def _walkers(before: Outcome, after: Outcome, kind: str) -> dict[str, float]:
    """People who gain or lose, and who walks less or more."""
    people = before.base.people
    was, will = before.served(kind), after.served(kind)
    old, new = before.ground(kind).walk_m, after.ground(kind).walk_m
    with np.errstate(invalid="ignore"):
        step = np.where(np.isfinite(old) & np.isfinite(new), new - old, 0.0)
    told = {
        "gained": float(people[will & ~was].sum()),
        "lost": float(people[was & ~will].sum()),
    }
    for name, mask in (("nearer", step <= -CHANGE_M), ("farther", step >= CHANGE_M)):
        count = float(people[mask].sum())
        metres = float((people[mask] * np.abs(step[mask])).sum())
        told |= {f"{name}_people": count, f"{name}_m": metres / count if count else 0.0}
    return told


def _quantiles(outcome: Outcome, kind: str, when: str) -> dict[str, float]:
    walk, people = outcome.ground(kind).walk_m, outcome.base.people
    everyone = np.zeros(len(people), dtype=np.int64)
    middle, far = weighted_quantiles(walk, people, everyone, 1, (0.5, 0.9))
    return {f"p50_{when}_m": float(middle[0]), f"p90_{when}_m": float(far[0])}


def _sites(before: Outcome, after: Outcome, kinds: list[str]) -> pd.DataFrame:
    found = []
    for kind in kinds:
        old, new = before.loads(kind), after.loads(kind)
        both = pd.DataFrame({"before": old, "after": new})
        stays = both["before"].notna() & both["after"].notna()
        moved = (both["before"] - both["after"]).abs() > CHANGE_PEOPLE
        changed = {one.rank for way in (before, after) for one in way.plan.places.values()}
        kept = both[~stays | moved | both.index.isin(list(changed))]
        found += [
            _site(before, after, kind, int(rank), (one, other))
            for rank, one, other in zip(kept.index.to_numpy(), *kept.to_numpy().T, strict=True)
        ]
    columns = ["type", "site_id", "name", "people_before", "people_after"]
    return pd.DataFrame(found, columns=[*columns, "capacity_before", "capacity_after"])


def _site(
    before: Outcome, after: Outcome, kind: str, rank: int, people: tuple[float, float]
) -> dict[str, Any]:
    one, other = before.place(rank), after.place(rank)
    told = other or one
    return {
        "type": kind,
        "site_id": told.site_id if told else "",
        "name": told.name if told else "",
        "people_before": people[0],
        "people_after": people[1],
        "capacity_before": one.capacity if one else None,
        "capacity_after": other.capacity if other else None,
    }
