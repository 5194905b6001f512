"""The grid of a district as rows for the database: figures, totals, findings with their cells."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from gridmap.district import District
from gridmap.grid.examine import Thresholds, principle_of
from gridmap.grid.principles import GridQuality
from gridmap.schema import Finding
from gridmap.store.findings import GridRows, read_grid_layers, write_grid
from gridmap.studies.check import GridState, examine_district_grid

MEASURES = (
    *("households", "area_m2", "deviation_share", "compactness", "ground_share", "street_share"),
    *("crossing_m", "sites", "street_m"),
)
"""Columns of ``GridQuality.cells`` that pages and maps show."""


def grid_rows(
    district: District, on: dt.date | None = None, limits: Thresholds | None = None
) -> GridRows | None:
    """Describe the grid of a district as rows; nothing for a district without cells.

    Parameters
    ----------
    district : District
        District to look at.
    on : date or datetime, optional
        Day on which cells are asked for their accountable post; default today.
    limits : Thresholds, optional
        From where on a figure is a finding.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> rows = grid_rows(toy_district(), dt.date(2026, 3, 2))
    >>> rows.findings[["number", "rule"]].values.tolist()
    [[1, 'cell_too_small'], [2, 'no_valid_from'], [3, 'community_answers']]
    >>> rows.cells[rows.cells.number == 3].cell_id.tolist()
    ['ne', 'se']
    """
    if "cells" not in district:
        return None
    bounds = limits or Thresholds()
    if isinstance(on, dt.datetime):
        on = on.astimezone(ZoneInfo(district.timezone)).date()
    state = examine_district_grid(district, on, limits=bounds)
    return GridRows(
        state=_body(state, bounds),
        findings=_findings(state.findings),
        cells=_finding_cells(state.findings, district["cells"]),
        figures=_figures(state.quality, bounds),
    )


def renew_grid(
    connection: Connection, district_id: int, timezone: str, on: dt.date | None = None
) -> None:
    """Look at the grid of a loaded district again, as after an edition was published.

    Parameters
    ----------
    connection : Connection
        In the scope of a planner of the whole district, or of the owner.
    district_id : int
        The district.
    timezone : str
        IANA zone of the district.
    on : date, optional
        Day on which cells are asked for their accountable post; default today.
    """
    district = District.of(read_grid_layers(connection, district_id), timezone)
    write_grid(connection, district_id, grid_rows(district, on))


def _body(state: GridState, limits: Thresholds) -> dict[str, Any]:
    quality = state.quality
    balance = {
        str(load): {str(name): _plain(value) for name, value in row.items()}
        for load, row in quality.balance.to_dict("index").items()
    }
    return {
        "totals": {name: _plain(value) for name, value in quality.totals.items()},
        "balance": balance,
        "band": list(quality.band),
        "target": quality.target,
        "unjudged": list(state.unjudged),
        "crossing_m": limits.crossing_m,
    }


def _plain(value: float) -> float | None:
    return None if not np.isfinite(value) else float(value)


def _findings(findings: list[Finding]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            (
                number,
                principle_of(one.rule),
                one.rule,
                one.severity,
                one.layer,
                one.found,
                one.remedy,
            )
            for number, one in enumerate(findings, 1)
        ],
        columns=["number", "principle", "rule", "severity", "layer", "found", "remedy"],
    )


def _finding_cells(findings: list[Finding], cells: pd.DataFrame) -> pd.DataFrame:
    """One row for each thing of a finding; a cell of the past, or a community, has no cell."""
    told = pd.DataFrame(
        [
            (number, place, one.layer, named)
            for number, one in enumerate(findings, 1)
            for place, named in enumerate(one.ids, 1)
        ],
        columns=["number", "place", "layer", "named"],
    )
    community = cells.drop_duplicates("cell_id").set_index("cell_id")["community_code"]
    is_cell = told["named"].isin(community.index)
    whole = told["named"].where(told["layer"] == "communities")
    return pd.DataFrame(
        {
            "number": told["number"],
            "place": told["place"],
            "cell_id": told["named"].where(is_cell),
            "community_code": told["named"].map(community).fillna(whole),
        }
    )


def _figures(quality: GridQuality, limits: Thresholds) -> pd.DataFrame:
    table = quality.cells
    asked = {
        "households": table["in_band"],
        "compactness": _at_least(table["compactness"], limits.compactness),
        "ground_share": _at_least(table["ground_share"], limits.ground_share),
        "crossing_m": ~_at_least(table["crossing_m"], limits.crossing_m),
    }
    parts = [
        pd.DataFrame(
            {
                "measure": name,
                "cell_id": table["cell_id"],
                "community_code": table["community_code"],
                "value": table[name],
                "status": _status(name, asked.get(name), table),
            }
        )
        for name in MEASURES
    ]
    return pd.concat(parts, ignore_index=True)


def _at_least(values: pd.Series, least: float) -> pd.Series:
    return (values >= least).astype("boolean").where(values.notna())


def _status(name: str, kept: pd.Series | None, table: pd.DataFrame) -> Any:
    """Whether a limit is kept; nothing is due of dedicated cells' size, nor without a limit."""
    if kept is None:
        return np.where(table[name].isna(), "unknown", "not_due")
    told = kept.map({True: "met", False: "missed"}).astype("object").fillna("unknown")
    return np.where((name == "households") & table["dedicated"], "not_due", told)
