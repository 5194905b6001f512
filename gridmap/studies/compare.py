"""Compare two results: what ``gridmap compare`` asks for."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.coverage.gaps import ROLLED_UP
from gridmap.coverage.table import KEY
from gridmap.errors import InputError

ORDER = ("missed", "partly", "met")
"""Statuses from worst to best; unknown and not_due have no place in it."""
CHANGE = 1e-6
"""Differences of value below this count as unchanged."""
SAME_GROUND_SHARE = 0.001
"""Ground of a cell that may differ for it to be the same cell."""
ANY_SIGHT = "camera.share_any"
"""Ground that any camera sees, at its own lowest level."""
CHANGES = ("better", "worse", "unchanged", "not_comparable")


@dataclass(frozen=True, eq=False)
class Comparison:
    """How the second result differs from the first.

    Attributes
    ----------
    measures : DataFrame
        One row per dimension and measure: number of ``better``, ``worse``, ``unchanged`` and
        ``not_comparable`` rows, ``people_better`` and ``people_worse``, ``only_before`` and
        ``only_after``.
    rows : DataFrame
        Every row of either coverage table that is judged, with ``change``.
    cells_only_before, cells_only_after : tuple of str
        Cells that one of the two grids does not have.
    cells_reshaped : tuple of str
        Cells whose code stands for other ground in the second grid; they are not compared.
    gaps_before, gaps_after : int
        Gaps partly met or missed.
    """

    measures: pd.DataFrame
    rows: pd.DataFrame
    cells_only_before: tuple[str, ...]
    cells_only_after: tuple[str, ...]
    cells_reshaped: tuple[str, ...]
    gaps_before: int
    gaps_after: int

    def told(self) -> dict[str, Any]:
        """Everything but the rows, as plain values for JSON."""
        table = self.measures.astype(object).where(self.measures.notna(), None)
        return {
            "measures": table.to_dict("records"),
            "cells_only_before": list(self.cells_only_before),
            "cells_only_after": list(self.cells_only_after),
            "cells_reshaped": list(self.cells_reshaped),
            "gaps_before": self.gaps_before,
            "gaps_after": self.gaps_after,
        }


def compare(before: Any, after: Any) -> Comparison:
    """Compare two covers, cell by cell and measure by measure.

    Parameters
    ----------
    before, after : Cover
        From :func:`gridmap.studies.cover.cover` or ``read_cover``.

    Returns
    -------
    Comparison

    Raises
    ------
    InputError
        If the two grids have no cell in common.

    Notes
    -----
    Cells are the same if they have the same code and the same ground: another division gives the
    same codes to other places.

    A row is better if its status is, or if the status is the same and the shortfall is smaller
    (without a shortfall: the value larger). A row that is unknown or not due on one side only is
    not comparable: unknown is never turned into better or worse. People of a row are the change
    in people not served for services, else the people of the cell, each cell once per measure.

    Examples
    --------
    >>> from datetime import datetime
    >>> from gridmap.samples import toy_district
    >>> from gridmap.studies.cover import cover
    >>> spring, autumn = (
    ...     cover(toy_district(), ["staffing"], at=datetime(*day))
    ...     for day in ((2025, 6, 1), (2026, 3, 2))
    ... )
    >>> found = compare(spring, autumn)
    >>> found.measures[["measure", "better", "worse", "people_worse"]].values.tolist()
    [['staffing.accountable', 0, 1, 160.0]]
    """
    reshaped = _reshaped(before.cells, after.cells)
    tables = _sight_alike(before.coverage, after.coverage)
    rows = _rows(*(_rows_of_others(one, reshaped) for one in tables))
    rows["change"] = _changes(rows)
    rows["people"] = _people(rows, before.cells, after.cells)
    ids_before, ids_after = before.cells["cell_id"], after.cells["cell_id"]
    return Comparison(
        measures=_by_measure(rows),
        rows=rows,
        cells_only_before=tuple(ids_before[~ids_before.isin(ids_after)]),
        cells_only_after=tuple(ids_after[~ids_after.isin(ids_before)]),
        cells_reshaped=tuple(reshaped),
        gaps_before=int(before.summary["gaps"]),
        gaps_after=int(after.summary["gaps"]),
    )


def tell_comparison(comparison: Comparison) -> str:
    """Tell a comparison as a table for a terminal."""
    heads = ("measure", "better", "people", "worse", "people", "unchanged", "not comparable")
    counted = ("better", "people_better", "worse", "people_worse", "unchanged", "not_comparable")
    columns = ("measure", *counted)
    cells = [[_text(row[name]) for name in columns] for _, row in comparison.measures.iterrows()]
    lines = _aligned([heads, *cells])
    for which, ids in (
        ("first", comparison.cells_only_before),
        ("second", comparison.cells_only_after),
    ):
        if ids:
            lines.append(f"{len(ids)} cells exist only in the {which} result.")
    if comparison.cells_reshaped:
        lines.append(
            f"{len(comparison.cells_reshaped)} cells stand for other ground in the second result "
            "and are not compared."
        )
    lines.append(f"Gaps: {comparison.gaps_before} before, {comparison.gaps_after} after.")
    return "\n".join(lines)


def _reshaped(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> list[str]:
    """Codes that stand for other ground in the second grid."""
    one, other = (frame.set_index("cell_id").geometry for frame in (before, after))
    shared = one.index.intersection(other.index)
    if before.crs == after.crs:
        first, second = one.reindex(shared).to_numpy(), other.reindex(shared).to_numpy()
        change_m2 = shapely.area(shapely.symmetric_difference(first, second))
        moved = change_m2 > SAME_GROUND_SHARE * shapely.area(first)
    else:
        moved = np.ones(len(shared), dtype=bool)
    if moved.all():
        raise InputError(
            f"The two results have no cell in common: {len(before)} and {len(after)} cells, "
            f"{len(shared)} codes that stand in both but for other ground. Cover both on the "
            "same cells."
        )
    return [str(one) for one in shared[moved]]


def _sight_alike(*tables: pd.DataFrame) -> list[pd.DataFrame]:
    """Name alike what is asked of cameras, where it is told at different levels.

    Where all cameras are alike it is told at their lowest level, else as ``any``: the ground that
    any camera sees at its own lowest level (decision 21). It is the same ground.
    """
    asked = [(one["dimension"] == "cameras") & one["required"].notna() for one in tables]
    named = [set(one["measure"][due]) for one, due in zip(tables, asked, strict=True)]
    if all(one == named[0] for one in named) or not all(named):
        return list(tables)
    return [
        one.assign(measure=one["measure"].mask(due, ANY_SIGHT))
        for one, due in zip(tables, asked, strict=True)
    ]


def _rows_of_others(coverage: pd.DataFrame, cells: Iterable[str]) -> pd.DataFrame:
    return coverage[~coverage["cell_id"].isin(list(cells))]


def _rows(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    wanted = [*KEY, "status", "value", "shortfall", "unit"]
    one, other = (
        table.loc[
            (table["status"] != "not_due") & ~table["measure"].isin(ROLLED_UP), wanted
        ].assign(window=lambda rows: rows["window"].fillna(""))
        for table in (before, after)
    )
    return one.merge(
        other, on=list(KEY), how="outer", suffixes=("_before", "_after"), indicator="side"
    )


def _changes(rows: pd.DataFrame) -> Any:
    place = {name: float(n) for n, name in enumerate(ORDER)}
    step = rows["status_after"].map(place) - rows["status_before"].map(place)
    less_short = rows["shortfall_before"] - rows["shortfall_after"]
    gain = less_short.fillna(rows["value_after"] - rows["value_before"]).fillna(0.0)
    gain = gain.mask(gain.abs() < CHANGE, 0.0)
    direction = step.mask(step == 0, gain)
    both_unknown = (rows["status_before"] == "unknown") & (rows["status_after"] == "unknown")
    conditions = [rows["side"] != "both", both_unknown, step.isna(), direction > 0, direction < 0]
    names = ["one_side", "unchanged", "not_comparable", "better", "worse"]
    return np.select(conditions, names, "unchanged")


def _people(rows: pd.DataFrame, before: pd.DataFrame, after: pd.DataFrame) -> pd.Series:
    known = pd.concat([after, before])[["cell_id", "population"]].drop_duplicates("cell_id")
    living = rows["cell_id"].map(known.set_index("cell_id")["population"])
    unserved = (rows["shortfall_after"] - rows["shortfall_before"]).abs()
    return living.mask(rows["dimension"] == "services", unserved)


def _by_measure(rows: pd.DataFrame) -> pd.DataFrame:
    by = ["dimension", "measure"]
    counts = rows.pivot_table(
        index=by, columns="change", values="cell_id", aggfunc="count", fill_value=0
    ).reindex(columns=list(CHANGES), fill_value=0)
    once = rows.sort_values("people", ascending=False).drop_duplicates([*by, "cell_id", "change"])
    for name in ("better", "worse"):
        people = once[once["change"] == name].groupby(by)["people"].sum(min_count=1)
        counts[f"people_{name}"] = people.reindex(counts.index)
    counts[["people_better", "people_worse"]] = counts[["people_better", "people_worse"]].mask(
        (counts[["better", "worse"]] == 0).to_numpy(), 0.0
    )
    for name, side in (("only_before", "left_only"), ("only_after", "right_only")):
        alone = rows[rows["side"] == side].groupby(by).size()
        counts[name] = alone.reindex(counts.index, fill_value=0)
    counts.columns.name = None
    return counts.reset_index()


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "unknown" if pd.isna(value) else f"{value:,.0f}"


def _aligned(rows: Iterable[Iterable[str]]) -> list[str]:
    table = [list(row) for row in rows]
    widths = [max(len(row[n]) for row in table) for n in range(len(table[0]))]
    return [
        "  ".join(
            text.ljust(width) if n == 0 else text.rjust(width)
            for n, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    ]
