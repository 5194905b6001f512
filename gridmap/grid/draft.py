"""A draft of borders: a tiling that is edited, its figures kept true, every edit taken back.

After an edit only the touched cells are looked at: their households, size and shape, and whether
they still tile their ground.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.errors import InputError
from gridmap.grid.balance import measure_balance
from gridmap.grid.demand import Homes
from gridmap.grid.operations import Operation, apply_operation, read_operation
from gridmap.grid.principles import HOUSEHOLD_BAND
from gridmap.grid.topology import Step, build_topology
from gridmap.units import TILING_TOLERANCE_M2

MOST_OPERATIONS = 2000
"""Operations a draft may hold; publish it, and begin another."""
THIN = 0.2
"""Polsby–Popper compactness below which a cell counts as drawn out."""
SAME_M2 = 0.01
"""Ground [m²] by which a cell may differ and still be the same."""


class Figures(NamedTuple):
    """What a planner looks at while editing a cell.

    Attributes
    ----------
    households : float or None
        Households [households]; None where nothing tells.
    area_m2 : float
        Area [m²].
    compactness : float
        4π·A ÷ P² (Polsby–Popper), 1 for a circle.
    band : str
        ``in``, ``over``, ``under``, ``unknown``, or ``dedicated`` (not judged by households).
    """

    households: float | None
    area_m2: float
    compactness: float
    band: str


class Problem(NamedTuple):
    """Something about a touched cell that a planner should look at.

    Attributes
    ----------
    rule : str
        ``over_band``, ``under_band``, ``drawn_out``, ``several_parts``, ``overlap`` or ``gap``.
    cell_id : str
        The cell.
    value, limit : float
        What was found and what was expected: households, compactness, parts or m².
    """

    rule: str
    cell_id: str
    value: float
    limit: float


@dataclass(frozen=True)
class Recheck:
    """What an edit changed.

    Attributes
    ----------
    figures : dict of str to Figures
        Of every touched cell that is there.
    removed : tuple of str
        Cells that are gone.
    problems : tuple of Problem
        Of the touched cells.
    """

    figures: dict[str, Figures]
    removed: tuple[str, ...]
    problems: tuple[Problem, ...]


class Draft:
    """Cells whose borders are edited.

    Parameters
    ----------
    cells : GeoDataFrame
        Layer ``cells`` of a district, or those of some of its communities, in its metric CRS.
    population : GeoDataFrame, optional
        Layer ``population``: where households live.
    band : tuple of float
        Fewest and most households [households] of a basic cell.

    Raises
    ------
    InputError
        If the cells overlap along a border.

    Examples
    --------
    >>> from gridmap.samples import EAST0, NORTH0, toy_district
    >>> toy = toy_district()
    >>> draft = Draft(toy["cells"], toy["population"], band=(20, 70))
    >>> told = draft.apply({"op": "merge", "cells": ["ne", "se"]})
    >>> told.figures["ne"].households, told.removed
    (80.0, ('se',))
    >>> draft.undo().figures["se"].households
    16.0
    """

    def __init__(
        self,
        cells: gpd.GeoDataFrame,
        population: gpd.GeoDataFrame | None = None,
        band: tuple[float, float] = HOUSEHOLD_BAND,
    ) -> None:
        self.base = cells.reset_index(drop=True)
        self.band = band
        self.tiling = build_topology(self.base)
        self.homes = Homes(self.base, population)
        self.operations: list[Operation] = []
        self._steps: list[tuple[Step, dict[str, Any], dict[str, str | None]]] = []
        self._undone: list[Operation] = []
        self._dedicated = set(cells["cell_id"][(cells["kind"] == "dedicated").fillna(False)])
        self._parents: dict[str, str] = {}
        self._first = self.recheck(self.tiling.shapes).figures
        self._now = dict(self._first)

    def apply(self, told: Any) -> Recheck:
        """Do an operation.

        Parameters
        ----------
        told : mapping
            See :mod:`gridmap.grid.operations`.

        Raises
        ------
        InputError
            If it cannot be read or done; the draft is as it was.
        """
        recheck = self._do(read_operation(told))
        self._undone.clear()
        return recheck

    def undo(self) -> Recheck:
        """Take the last operation back: everything is the very same as before it."""
        if not self._steps:
            raise InputError("There is nothing to undo in this draft.")
        step, lived, parents = self._steps.pop()
        self._undone.append(self.operations.pop())
        self.tiling.take_back(step)
        self.homes.settle(lived)
        for cell, parent in parents.items():
            if parent is None:
                self._parents.pop(cell, None)
            else:
                self._parents[cell] = parent
        return self._keep(step.touched)

    def redo(self) -> Recheck:
        """Do the operation that was taken back last."""
        if not self._undone:
            raise InputError("There is nothing to redo in this draft.")
        recheck = self._do(self._undone[-1])
        self._undone.pop()
        return recheck

    def replay(self, operations: Sequence[Any]) -> int:
        """Do operations in order as far as they can be done; returns how many were.

        Notes
        -----
        Replaying a draft's operations on the cells it began from gives the very same cells; on a
        newer grid those about ground that changed meanwhile are refused, and those after it.
        """
        for count, told in enumerate(operations):
            try:
                self.apply(told)
            except InputError:
                return count
        return len(operations)

    def figures(self, cells: Iterable[str] | None = None) -> dict[str, Figures]:
        """Figures of cells as they are now; default all."""
        return dict(self._now) if cells is None else {c: self._now[c] for c in cells}

    def recheck(self, changed: Iterable[str]) -> Recheck:
        """Measure some cells anew and look for problems, without a look at any other.

        Parameters
        ----------
        changed : iterable of str
            Cells an edit touched; those that are gone are named as removed.
        """
        changed = sorted(changed)
        there = {c: self.tiling.shapes[c] for c in changed if c in self.tiling.shapes}
        homes = self.homes.count(there)
        figures = {
            cell: self._figures_of(cell, shape, homes[cell]) for cell, shape in there.items()
        }
        told = [one for cell in there for one in self._problems_of(cell, figures[cell])]
        return Recheck(figures, tuple(c for c in changed if c not in there), tuple(told))

    def problems(self) -> tuple[Problem, ...]:
        """Problems of all cells that differ from the start."""
        return self.recheck(self.changed()).problems

    def changed(self) -> list[str]:
        """Cells that are not what they were at the start: other ground, new, or gone."""
        touched = {cell for step, _, _ in self._steps for cell in step.touched}
        return sorted(cell for cell in touched if not self._is_same(cell))

    def cells(self) -> gpd.GeoDataFrame:
        """All cells as drafted, with the columns of the layer.

        Returns
        -------
        GeoDataFrame
            Untouched cells are the rows that were given. Changed ones have their households
            counted anew and their population in proportion; a cell split off has the columns of
            the one it came from, without a code.
        """
        changed = [c for c in self.changed() if c in self.tiling.shapes]
        start = self.base.set_index("cell_id", drop=False).rename_axis(None)
        kept = start[~start.index.isin(self.changed())]
        fresh = start.loc[[self._origin(cell) for cell in changed]].copy()
        split_off = [cell not in start.index for cell in changed]
        fresh["cell_id"] = changed
        fresh.loc[split_off, ["code", "name"]] = None
        fresh.geometry = gpd.GeoSeries(
            [self.tiling.shapes[c] for c in changed], index=fresh.index, crs=self.base.crs
        )
        if self.homes.basis != "unknown":
            self._recount(fresh)
        cells = pd.concat([kept, fresh]).sort_values("cell_id", ignore_index=True)
        return gpd.GeoDataFrame(cells, crs=self.base.crs)

    def difference(self) -> pd.DataFrame:
        """List what the draft changes, a row for each cell that differs.

        Returns
        -------
        DataFrame
            cell_id, community_code, change (``adjusted``, ``gone``, ``new``) and before and after:
            households, area_m2, compactness, band.
        """
        rows = []
        for cell in self.changed():
            old, new = self._first.get(cell), self._now.get(cell)
            change = "new" if old is None else "gone" if new is None else "adjusted"
            row: dict[str, Any] = {
                "cell_id": cell,
                "community_code": self.tiling.community[cell],
                "change": change,
            }
            for name in Figures._fields:
                row[f"{name}_before"] = getattr(old, name, None)
                row[f"{name}_after"] = getattr(new, name, None)
            rows.append(row)
        names = [f"{n}_{side}" for n in Figures._fields for side in ("before", "after")]
        return pd.DataFrame(rows, columns=["cell_id", "community_code", "change", *names])

    def balance(self, communities: Iterable[str] | None = None) -> dict[str, dict[str, float]]:
        """How well the cells are balanced, ``before`` and ``after`` the edits.

        Parameters
        ----------
        communities : iterable of str, optional
            Default all.

        Returns
        -------
        dict
            For each: cells, in_band_share, households_cv, households_max_to_mean and
            mean_compactness, of basic cells.
        """
        wanted = None if communities is None else set(communities)
        return {
            "before": self._balance_of(self._first, wanted),
            "after": self._balance_of(self._now, wanted),
        }

    def _do(self, operation: Operation) -> Recheck:
        if len(self.operations) >= MOST_OPERATIONS:
            raise InputError(
                f"A draft holds {MOST_OPERATIONS} operations at most. Publish it, then begin "
                "another; the last operation was not done."
            )
        with self.tiling.edit() as step:
            done = apply_operation(self.tiling, operation)
        there = {c: self.tiling.shapes[c] for c in step.touched if c in self.tiling.shapes}
        lived = self.homes.rehouse(step.touched, there)
        parents = {done["new"]: self._parents.get(done["new"])} if done["op"] == "split" else {}
        if parents:
            self._parents[done["new"]] = done["cell"]
        self._steps.append((step, lived, parents))
        self.operations.append(done)
        told = self._keep(step.touched)
        lost_m2 = sum(old[1].area for old in step.cells.values() if old) - sum(
            shape.area for shape in there.values()
        )
        if abs(lost_m2) > TILING_TOLERANCE_M2:
            gap = Problem("gap", step.touched[0], float(lost_m2), TILING_TOLERANCE_M2)
            return replace(told, problems=(*told.problems, gap))
        return told

    def _keep(self, touched: Iterable[str]) -> Recheck:
        told = self.recheck(touched)
        for cell in told.removed:
            self._now.pop(cell, None)
        self._now.update(told.figures)
        return told

    def _figures_of(self, cell: str, shape: Any, homes: float | None) -> Figures:
        area_m2, border_m = shape.area, shape.length
        low, high = self.band
        if cell in self._dedicated:
            band = "dedicated"
        elif homes is None:
            band = "unknown"
        else:
            band = "under" if homes < low else "over" if homes > high else "in"
        return Figures(homes, area_m2, float(4 * np.pi * area_m2 / border_m**2), band)

    def _problems_of(self, cell: str, found: Figures) -> Iterable[Problem]:
        low, high = self.band
        homes = found.households or 0.0
        if found.band in ("over", "under"):
            limit = high if found.band == "over" else low
            yield Problem(f"{found.band}_band", cell, homes, limit)
        if found.compactness < THIN:
            yield Problem("drawn_out", cell, found.compactness, THIN)
        shape = self.tiling.shapes[cell]
        if (parts := shapely.get_num_geometries(shape)) > 1:
            yield Problem("several_parts", cell, float(parts), 1.0)
        near = [c for c in self.tiling.cells_near(shape.bounds) if c != cell]
        over = shapely.area(shapely.intersection([self.tiling.shapes[c] for c in near], shape))
        if np.sum(over) > TILING_TOLERANCE_M2:
            yield Problem("overlap", cell, float(np.sum(over)), TILING_TOLERANCE_M2)

    def _is_same(self, cell: str) -> bool:
        start = self.base.index[self.base["cell_id"] == cell]
        now = self.tiling.shapes.get(cell)
        if now is None or not len(start):
            return now is None and not len(start)
        was = self.base.geometry.iloc[int(start[0])]
        return was is now or float(shapely.symmetric_difference(was, now).area) < SAME_M2

    def _origin(self, cell: str) -> str:
        """Cell of the start whose columns a cell has."""
        known = set(self.base["cell_id"])
        while cell not in known:
            cell = self._parents[cell]
        return cell

    def _recount(self, cells: gpd.GeoDataFrame) -> None:
        homes = np.array([self._now[c].households for c in cells["cell_id"]], dtype=float)
        total = pd.to_numeric(self.base["population"], errors="coerce").sum()
        whole = sum(one.households or 0.0 for one in self._first.values())
        cells["households"] = homes
        if total > 0 and whole > 0:
            cells["population"] = homes * total / whole

    def _balance_of(
        self, figures: Mapping[str, Figures], wanted: set[str] | None
    ) -> dict[str, float]:
        own = {
            cell: one
            for cell, one in figures.items()
            if one.band != "dedicated" and (wanted is None or self.tiling.community[cell] in wanted)
        }
        table = pd.DataFrame(list(own.values()), columns=Figures._fields)
        bands = Counter(table["band"])
        known = bands["in"] + bands["over"] + bands["under"]
        measured = (
            measure_balance(table[["households"]].astype(float)).astype(float).iloc[0].to_dict()
        )
        return {
            "cells": float(len(table)),
            "in_band_share": bands["in"] / known if known else float("nan"),
            "households_cv": measured["cv"],
            "households_max_to_mean": measured["max_to_mean"],
            "mean_compactness": float(table["compactness"].mean()),
        }
