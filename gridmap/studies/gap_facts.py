"""What dates and shapes a gap has, beyond the coverage table."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from gridmap.coverage.gaps import GapFacts
from gridmap.district import District
from gridmap.staffing import vacant_since


def know_gaps(
    district: District, measured: Mapping[str, Any], coverage: pd.DataFrame, on: date
) -> GapFacts:
    """Dates and shapes for the gap register.

    Parameters
    ----------
    district : District
        The district that was measured.
    measured : mapping of str to measures
        Measures by dimension.
    coverage : DataFrame
        The coverage table.
    on : date
        Local day of the study.

    Notes
    -----
    A vacant cell dates from the day its last accountable duty ended; people out of reach of a
    facility from the day on which the last site of its type closed within the norm of the cell
    (straight line). Where no such day is known, the date stays empty.
    """
    requirements = district["requirements"].dropna(subset=["start"])
    return GapFacts(
        timezone=district.timezone,
        window_starts=dict(zip(requirements["window"], requirements["start"], strict=True)),
        since=_since(district, measured, on),
        shapes=_shapes(measured, coverage),
    )


def _since(district: District, measured: Mapping[str, Any], on: date) -> pd.DataFrame:
    parts = []
    if "staffing" in measured:
        days = vacant_since(district, on)
        parts.append(
            pd.DataFrame(
                {"measure": "staffing.accountable", "cell_id": days.index, "day": days.to_numpy()}
            )
        )
    if "services" in measured:
        parts.append(_closures(district, measured["services"].summary, on))
    if not parts:
        return pd.DataFrame(columns=["measure", "cell_id", "since"])
    table = pd.concat(parts, ignore_index=True).dropna(subset=["day"])
    local = pd.to_datetime(table["day"]).dt.tz_localize(
        district.timezone, ambiguous=True, nonexistent="shift_forward"
    )
    return table.assign(since=local.dt.tz_convert("UTC"))[["measure", "cell_id", "since"]]


def _closures(district: District, told: Mapping[str, Any], on: date) -> pd.DataFrame:
    """Last closure of a site within the norm of each cell, by facility type."""
    sites, cells = district["sites"], district["cells"]
    norm_m = pd.Series({name: facts["norm_m"] for name, facts in told.items()}, dtype=float)
    was_open = ~sites["proposed"].fillna(False) & sites["type"].isin(norm_m.index)
    closed = sites[was_open & (sites["closed_on"] <= pd.Timestamp(on))]
    site, cell = shapely.STRtree(cells.geometry.to_numpy()).query(
        closed.geometry.to_numpy(),
        predicate="dwithin",
        distance=norm_m.reindex(closed["type"]).to_numpy(),
    )
    table = pd.DataFrame(
        {
            "measure": (closed["type"] + ".walk_share").to_numpy()[site],
            "cell_id": cells["cell_id"].to_numpy()[cell],
            "day": closed["closed_on"].to_numpy()[site],
        }
    )
    latest = table.sort_values("day").drop_duplicates(["measure", "cell_id"], keep="last")
    return latest.reset_index(drop=True)


def _shapes(measured: Mapping[str, Any], coverage: pd.DataFrame) -> gpd.GeoDataFrame | None:
    parts = []
    if "services" in measured:
        unserved = measured["services"].unserved
        parts.append(unserved.assign(measure=unserved["type"].astype("str") + ".walk_share"))
    if "cameras" in measured:
        levels = coverage["measure"][coverage["measure"].str.startswith("camera.share_")].unique()
        spots = measured["cameras"].blind_spots
        parts += [spots.assign(measure=level) for level in levels]
    parts = [one[["measure", "cell_id", "geometry"]] for one in parts if len(one)]
    if not parts:
        return None
    every = pd.concat(parts, ignore_index=True)
    return every.dissolve(by=["measure", "cell_id"], as_index=False)
