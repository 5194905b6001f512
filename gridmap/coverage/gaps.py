"""The gap register: what is not covered, where, how much, for whom, since when, by which rule."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridmap import schema
from gridmap.coverage.windows import SPAN, merge_runs, runs_of_windows, window_start

ROLLED_UP = ("patrol.met_share",)
"""Measures that sum up others: their shortfall is already in the register."""
SHORTFALL_UNITS = {"services": "people", "cameras": "m²"}
"""Unit of the shortfall where it is not that of the value."""
STAND_IN_SHARE = 0.5
"""Deficit of a row that is partly met though nothing of its own is there."""
OTHER_DEMAND_SHARE = 0.1
"""Deficit of a row that is partly met though its value is as required."""
_FOUNDED, _DOUBTFUL, _UNKNOWN = range(3)
"""Order of the three parts of the register."""
_DIGITS = 12


@dataclass(frozen=True, eq=False)
class GapFacts:
    """What the coverage table does not say about its gaps.

    Attributes
    ----------
    timezone : str
        IANA zone in which windows are local times.
    window_starts : mapping of str to str
        Local start such as ``08:00`` of each patrol window.
    since : DataFrame
        ``measure``, ``cell_id`` and ``since`` (aware UTC), where a date is known.
    shapes : GeoDataFrame
        ``measure``, ``cell_id`` and the geometry of the gap itself (unserved ground, blind
        spots); elsewhere a gap is drawn as its cell.
    units : DataFrame
        ``measure``, ``cell_id``, ``unit_id`` and ``leads``: cells that a rule judges together. What
        they lack is one gap, at the cell that leads, drawn as all of them.
    """

    timezone: str = "UTC"
    window_starts: Mapping[str, str] = field(default_factory=dict)
    since: pd.DataFrame | None = None
    shapes: gpd.GeoDataFrame | None = None
    units: pd.DataFrame | None = None


def find_gaps(
    coverage: pd.DataFrame, cells: gpd.GeoDataFrame, facts: GapFacts | None = None
) -> gpd.GeoDataFrame:
    """Gap register of a coverage table.

    Parameters
    ----------
    coverage : DataFrame
        From :func:`gridmap.coverage.table.gather`.
    cells : GeoDataFrame
        Cells with ``cell_id``, ``community_code`` and ``population``.
    facts : GapFacts, optional
        Dates and shapes that the table does not hold.

    Returns
    -------
    GeoDataFrame
        Table ``gaps`` of the schema with geometry, sorted by rank, in three parts: what is partly
        met or missed for good or estimated figures; the same where the quality is poor, such as
        a type of which the map knows no site at all; what is unknown. Never mixed.

    Notes
    -----
    score = weight share × deficit share. The weight share is the weight of the row ÷ Σ weight of
    all due rows of its measure; the deficit share is (required − value) ÷ required, 1 where
    nothing can be said; where more is there than allowed, (value − required) ÷ value. So the scores
    of one measure add up to the share of its people, minutes or square metres that go short, which
    compares over dimensions. Partly met with nothing of its own (a community post stands in) counts
    half; partly met with the value as required (another demand fell short) counts a tenth. Missing
    weights take the mean of the measure.

    The rank goes by score ÷ k, where this is the k-th largest gap of its dimension in its cell: a
    cell that lacks ten things is named first for the worst of them, then come other places, and
    the head of the list is no list of one cell. Equal ones go by Σ score of their measure, the
    smaller first: where nearly everybody is served, those who are not stand out.

    Neighbouring missed windows of a cell are one gap (MEASURES.md 4). People are those not served
    for services, else the people of the cell. A patrol gap dates from its first window.

    Cells that a rule judges together (a community short of premises) are one gap: shortfall, score
    and people of its cells added up.

    Examples
    --------
    >>> from gridmap.rows import coverage_rows
    >>> from gridmap.coverage.table import gather
    >>> from gridmap.samples import toy_district
    >>> cells = toy_district()["cells"]
    >>> rows = coverage_rows(cells.cell_id, "pharmacy.walk_share", value=[1.0, 0.0, 0.5, 1.0],
    ...     required=1.0, status=["met", "missed", "partly", "met"],
    ...     shortfall=[0, 160, 50, 0], weight=cells.population)
    >>> found = find_gaps(gather({"services": rows}, cells), cells)
    >>> found[["rank", "cell_id", "people", "score"]].values.tolist()
    [[1.0, 'ne', 160.0, 0.32], [2.0, 'sw', 50.0, 0.1]]
    """
    facts = facts or GapFacts()
    due = coverage[(coverage["status"] != "not_due") & ~coverage["measure"].isin(ROLLED_UP)]
    start = window_start(due["window"], facts.timezone, facts.window_starts)
    due = due.assign(start=start, score=_weight_share(due) * _deficit_share(due))
    due["run"] = runs_of_windows(due, start)
    short = merge_runs(due[due["status"] != "met"])
    placed, ground = _join_units(_placed(short, cells), cells, facts.units)
    return _ranked(_dated(placed, facts), ground, facts)


def _weight_share(due: pd.DataFrame) -> npt.NDArray[np.float64]:
    by_measure = due["measure"]
    mean = due["weight"].groupby(by_measure).transform("mean")
    weight = due["weight"].fillna(mean).fillna(1.0)
    total = weight.groupby(by_measure).transform("sum")
    even = 1.0 / by_measure.groupby(by_measure).transform("size")
    return np.where(total > 0, weight / total.where(total > 0), even)


def _deficit_share(due: pd.DataFrame) -> npt.NDArray[np.float64]:
    required = due["required"].where(due["required"] > 0)
    missing = ((required - due["value"]) / required).clip(0.0, 1.0)
    over = (due["value"] > required) & (due["status"] == "missed")
    missing = missing.mask(over, (due["value"] - required) / due["value"])
    partly = due["status"] == "partly"
    missing = missing.mask(partly & (missing == 1.0), STAND_IN_SHARE)
    missing = missing.mask(partly & (missing == 0.0), OTHER_DEMAND_SHARE)
    missing = missing.mask(partly & missing.isna(), STAND_IN_SHARE)
    return missing.mask(due["status"].isin(["missed", "unknown"]) & missing.isna(), 1.0).to_numpy()


def _placed(short: pd.DataFrame, cells: gpd.GeoDataFrame) -> pd.DataFrame:
    facts = cells.set_index("cell_id")[["community_code", "population"]]
    table = short.join(pd.DataFrame(facts), on="cell_id")
    served = table["dimension"] == "services"
    table["people"] = table["population"].mask(served, table["shortfall"])
    table["unit"] = table["dimension"].map(SHORTFALL_UNITS).fillna(table["unit"])
    return table


def _dated(table: pd.DataFrame, facts: GapFacts) -> pd.DataFrame:
    known = pd.Series(pd.NaT, index=table.index, dtype="datetime64[us, UTC]")
    if facts.since is not None and len(facts.since):
        dates = facts.since.set_index(["measure", "cell_id"])["since"]
        asked = pd.MultiIndex.from_frame(table[["measure", "cell_id"]])
        known = pd.Series(dates.reindex(asked).to_numpy(), index=table.index)
        known = pd.to_datetime(known, utc=True).astype("datetime64[us, UTC]")
    return table.assign(since=table["start"].fillna(known))


def _join_units(
    table: pd.DataFrame, cells: gpd.GeoDataFrame, units: pd.DataFrame | None
) -> tuple[pd.DataFrame, gpd.GeoSeries]:
    """Rows with one for each unit in place of those of its cells, and the ground of each row."""
    ground = cells.set_index("cell_id").geometry
    if units is None or units.empty:
        table = table.reset_index(drop=True)
        return table, ground.reindex(table["cell_id"]).set_axis(table.index)
    asked = pd.MultiIndex.from_frame(table[["measure", "cell_id"]])
    told = units.set_index(["measure", "cell_id"]).reindex(asked)
    unit = told["unit_id"].fillna(table["cell_id"].set_axis(asked)).to_numpy()
    table = table.assign(unit_id=unit, lead=told["leads"].eq(other=True).to_numpy())
    # What stands first stays: the leading cell, or the only one.
    table = table.sort_values("lead", ascending=False, kind="stable")
    by = table.groupby(["measure", "window", "unit_id"], sort=False)
    summed = by[["shortfall", "score", "people"]].sum(min_count=1)
    joined = by.first(skipna=False).assign(**summed).reset_index().drop(columns=["unit_id", "lead"])
    members = gpd.GeoSeries(ground.reindex(table["cell_id"]).to_numpy(), crs=cells.crs)
    return joined, _together(members, by.ngroup().to_numpy())


def _together(shapes: gpd.GeoSeries, number: npt.NDArray[Any]) -> gpd.GeoSeries:
    """Shapes of the same number as one, in the order of the numbers."""
    order = np.argsort(number, kind="stable")
    first = np.unique(number[order], return_index=True)[1]
    parts = np.split(shapes.to_numpy()[order], first[1:])
    joined = [one[0] if len(one) == 1 else shapely.union_all(one) for one in parts if len(one)]
    return gpd.GeoSeries(joined, crs=shapes.crs)


def _ranked(table: pd.DataFrame, ground: gpd.GeoSeries, facts: GapFacts) -> gpd.GeoDataFrame:
    order = _in_order(table.assign(row=np.arange(len(table))))
    first_window = ":" + order["window"].str.split(SPAN).str[0]
    order["gap_id"] = (
        order["measure"] + ":" + order["cell_id"] + first_window.where(order["window"] != "", "")
    )
    order["rank"] = np.arange(1, len(order) + 1, dtype=float)
    shapes = _shapes(order, ground, facts.shapes)
    columns = list(schema.layer("gaps").columns)
    return schema.conform(gpd.GeoDataFrame(order[columns], geometry=shapes), "gaps")


def _in_order(table: pd.DataFrame) -> pd.DataFrame:
    doubtful = np.where(table["quality"] == "poor", _DOUBTFUL, _FOUNDED)
    common = table.groupby("measure")["score"].transform("sum")
    # Sums in another order of rows differ in the last digits; those must decide nothing.
    keyed = table.assign(
        part=np.where(table["status"] == "unknown", _UNKNOWN, doubtful),
        most=-table["score"].round(_DIGITS),
        common=common.round(_DIGITS),
    )
    ties = ["common", "dimension", "measure", "cell_id", "window"]
    keyed = keyed.sort_values(["part", "most", *ties])
    nth = keyed.groupby(["part", "dimension", "cell_id"]).cumcount() + 1
    keyed["most"] = (keyed["most"] / nth).round(_DIGITS)
    return keyed.sort_values(["part", "most", *ties], ignore_index=True)


def _shapes(
    gaps: pd.DataFrame, places: gpd.GeoSeries, own: gpd.GeoDataFrame | None
) -> gpd.GeoSeries:
    ground = places.to_numpy()[gaps["row"].to_numpy(dtype=np.intp)]
    if own is not None and len(own):
        asked = pd.MultiIndex.from_frame(gaps[["measure", "cell_id"]])
        given = own.set_index(["measure", "cell_id"]).geometry.reindex(asked).to_numpy()
        ground = np.where(pd.isna(given), ground, given)
    return gpd.GeoSeries(ground, index=gaps.index, crs=places.crs)
