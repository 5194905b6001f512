"""Scenarios from files: what ``gridmap plan scenario`` asks for, and the files of a scenario."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap import reference
from gridmap.crs import WGS84, project
from gridmap.district import District
from gridmap.errors import InputError
from gridmap.io.results import synthetic_mark, write_geopackage
from gridmap.plan.scenario_changes import Change, edit_norms, edit_sites
from gridmap.plan.scenario_compare import Difference, compare_outcomes
from gridmap.plan.whatif import Outcome, apply, far_legs, open_base
from gridmap.progress import Progress, silent
from gridmap.schema import Finding
from gridmap.studies.cover import Cover, cover

COLUMNS = ("op", "site_id", "type", "lon", "lat", "x", "y", "capacity", "norm_m", "name")
"""Columns of a file of changes; only ``op`` must be there."""
_NUMBERS = ("lon", "lat", "x", "y", "capacity", "norm_m")


@dataclass(frozen=True, eq=False)
class Tried:
    """A scenario measured from a file.

    Attributes
    ----------
    outcome : Outcome
        What the changes do.
    difference : Difference
        Against the district as it is.
    cover : Cover
        The changed district measured whole in the dimension services.
    district : District
        With the changed sites.
    findings : list of Finding
        What was doubtful about the changes.
    """

    outcome: Outcome
    difference: Difference
    cover: Cover
    district: District
    findings: list[Finding]


def read_changes(path: str | Path, district: District) -> list[Change]:
    """Read a file of changes.

    Parameters
    ----------
    path : path
        CSV with the columns of :data:`COLUMNS`; places as ``lon`` and ``lat`` [°] or as ``x`` and
        ``y`` [m] in the CRS of the district.
    district : District
        In whose CRS the changes are.

    Raises
    ------
    InputError
        If it cannot be read, has no column ``op``, other columns, or a number that is none.
    """
    try:
        table = pd.read_csv(path, dtype=str, encoding="utf-8-sig", keep_default_na=False)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: expected a CSV file of changes; {error}") from error
    unknown = [name for name in table.columns if name not in COLUMNS]
    if "op" not in table or unknown:
        raise InputError(
            f"{path}: expected a column op, and of {', '.join(COLUMNS[1:])} those that are needed; "
            f"found {', '.join(map(str, table.columns))}."
        )
    table = table.reindex(columns=list(COLUMNS), fill_value="")
    for name in _NUMBERS:
        table[name] = _numbers(table[name], name, path)
    metric = _in_metres(table, district)
    return [
        Change(
            row["op"].strip(), row["site_id"].strip(), row["type"].strip(), *at,
            _known(row["capacity"]), _known(row["norm_m"]), row["name"].strip(),
        )
        for row, at in zip(table.to_dict("records"), metric, strict=True)
    ]  # fmt: skip


def run_scenario(
    district: District,
    changes: Sequence[Change],
    *,
    norms: pd.DataFrame | None = None,
    on: date | None = None,
    progress: Progress = silent,
) -> Tried:
    """Change a district and measure its services, whole and anew.

    Parameters
    ----------
    district : District
        With cells and roads.
    changes : sequence of Change
        In order.
    norms : DataFrame, optional
        Service norms; default those that ship.
    on : date, optional
        Day of the sites; default today in the district.
    progress : Progress
        Told of each stage.

    Raises
    ------
    InputError
        If a change cannot be done.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> tried = run_scenario(toy_district(), [Change("close", "s1")], on=date(2026, 3, 2))
    >>> tried.cover.summary["services"]["pharmacy"]["sites"]
    0
    """
    known = reference.norms() if norms is None else norms
    day = on or district.today()
    base = open_base(district, known, day)
    outcome = apply(base, changes)
    changed = district.with_layers(sites=edit_sites(base.register, outcome.plan))
    moment = datetime.combine(day, time(12))
    covered = cover(
        changed, ["services"], norms=edit_norms(known, outcome.plan), at=moment, progress=progress
    )
    difference = compare_outcomes(apply(base, []), outcome)
    return Tried(outcome, difference, covered, changed, _findings(outcome))


def write_scenario_file(outcome: Outcome, found: Difference) -> bytes:
    """GeoPackage of a scenario: the cells that change, and the sites that were touched.

    Parameters
    ----------
    outcome : Outcome
        The scenario.
    found : Difference
        Against the district as it is.
    """
    base = outcome.base
    mark = synthetic_mark(base.district.synthetic_layers)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scenario.gpkg"
        layers = {"cells": _cells(outcome, found), "sites": _sites(outcome)}
        write_geopackage(layers, path, mark)
        return path.read_bytes()


def tell_scenario(tried: Tried) -> list[str]:
    """Lines for a terminal: what each type gains and loses."""
    lines = [
        f"{row['type']}: {row['served_before']:,.0f} of {row['people']:,.0f} people served before, "
        f"{row['served_after']:,.0f} after (+{row['gained']:,.0f} -{row['lost']:,.0f}); cells "
        f"better {row['cells_better']}, worse {row['cells_worse']}; gaps closed "
        f"{row['gaps_closed']}, opened {row['gaps_opened']}"
        for row in tried.difference.types.to_dict("records")
    ]
    return lines or ["The scenario changes no figure."]


def _cells(outcome: Outcome, found: Difference) -> gpd.GeoDataFrame:
    cells = outcome.base.cells[["cell_id", "geometry"]]
    if not len(found.cells):
        empty = pd.DataFrame({"type": [], "cell_id": [], "change": []}, dtype=object)
        return gpd.GeoDataFrame(empty, geometry=[], crs=cells.crs)
    shapes = cells.set_index("cell_id").geometry.reindex(found.cells["cell_id"])
    return gpd.GeoDataFrame(found.cells, geometry=list(shapes), crs=cells.crs)


def _sites(outcome: Outcome) -> gpd.GeoDataFrame:
    places = list(outcome.plan.places.values())
    known = [outcome.base.register.place(one.site_id) for one in places]
    columns = {
        "site_id": [one.site_id for one in places],
        "type": [one.type for one in places],
        "name": [one.name for one in places],
        "capacity": [np.nan if one.capacity is None else one.capacity for one in places],
        "serves": ["yes" if one.is_open else "no" for one in places],
        "is_new": ["yes" if one is None else "no" for one in known],
    }
    shapes = [shapely.point_on_surface(one.shape) for one in places]
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=outcome.base.district.crs)


def _findings(outcome: Outcome) -> list[Finding]:
    return [
        Finding(
            "site_far_from_way",
            "warning",
            "sites",
            (one.site_id,),
            f"expected a way within reach, found the nearest {leg:.0f} m away; the leg is added",
            "Put the site nearer to a street, or add the way that leads to it.",
        )
        for one, leg in far_legs(outcome)
    ]


def _numbers(column: pd.Series, name: str, path: str | Path) -> pd.Series:
    told = column.str.strip()
    numbers = pd.to_numeric(told.where(told != ""), errors="coerce")
    wrong = np.flatnonzero((told != "") & ~np.isfinite(numbers.fillna(np.inf)))
    if len(wrong):
        row = int(wrong[0])
        raise InputError(
            f"{path}, line {row + 2}: expected a number in column {name}, found "
            f"'{told.iloc[row][:20]}'."
        )
    return numbers.astype(float)


def _in_metres(table: pd.DataFrame, district: District) -> list[tuple[float | None, float | None]]:
    x, y = (table[name].to_numpy(dtype=float).copy() for name in ("x", "y"))
    told = (table["lon"].notna() & table["lat"].notna()).to_numpy(dtype=bool)
    if told.any():
        spots = gpd.points_from_xy(table["lon"][told], table["lat"][told])
        metric = project(gpd.GeoDataFrame(geometry=spots, crs=WGS84), district.crs, "sites")
        x[told], y[told] = metric.geometry.x, metric.geometry.y
    return [(_known(one), _known(other)) for one, other in zip(x, y, strict=True)]


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
