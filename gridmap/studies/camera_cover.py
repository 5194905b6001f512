"""Cameras in a study: which count, by which levels, and what they leave open with patrol."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import pandas as pd

from gridmap.coverage.combine import (
    LAYER_COLUMNS,
    combine_presence,
    patrol_gap,
    rank_blind_spots,
    uncovered_both,
)
from gridmap.coverage.gaps import GapFacts
from gridmap.district import District
from gridmap.errors import FileFormatError, InputError
from gridmap.io.results import write_table
from gridmap.progress import Progress, silent

WHICH = ("working", "all")
"""Which cameras count: those that work on the day, or broken ones as well."""
LEVELS = ("2014", "2025")
"""Editions of IEC/EN 62676-4; written out, since cameras are slow to import."""
SIGHTS: Mapping[str, str] = MappingProxyType({"arc": "arcs", "plane": "planes"})
"""Where sight ends, and how that is told."""
TABLES = ("camera_streets", "camera_communities")
"""Tables of a result folder, as CSV: seen of every street, and of every community."""
_TEXT = {"name": "str", "highway": "str", "level": "str", "community_code": "str", "sight": "str",
         "levels": "str", "cameras": "str"}  # fmt: skip


@dataclass(frozen=True)
class Watch:
    """Which cameras count, and how.

    Attributes
    ----------
    which : {"working", "all"}
        Whether broken cameras are left out; planned and removed ones always are.
    levels : {"2014", "2025"}
        Edition of IEC/EN 62676-4.
    sight : {"arc", "plane"}
        Where sight ends.

    Examples
    --------
    >>> Watch(levels="2030")
    Traceback (most recent call last):
    gridmap.errors.InputError: Expected 2014 or 2025 for levels; found '2030'. Use one of these.
    """

    which: str = "working"
    levels: str = "2014"
    sight: str = "arc"

    def __post_init__(self) -> None:
        """Check the words."""
        for name, known in (("which", WHICH), ("levels", LEVELS), ("sight", SIGHTS)):
            if getattr(self, name) not in known:
                raise InputError(
                    f"Expected {' or '.join(known)} for {name}; found '{getattr(self, name)}'. "
                    "Use one of these."
                )


def watch_district(
    district: District, on: date | None, watch: Watch, progress: Progress = silent
) -> Any:
    """Measure cameras, and audit their privacy on the same ground.

    Raises
    ------
    MissingLayerError
        If the district has no cells or no cameras.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> watch_district(toy_district(), None, Watch(levels="2025")).summary["levels"]
    '2025'
    """
    from gridmap.cameras import measure_cameras
    from gridmap.cameras.audit import with_audit
    from gridmap.cameras.ground import prepare_ground

    district.needs("cells", "cameras")
    ground = prepare_ground(district)
    measured = measure_cameras(
        district,
        on=on,
        progress=progress,
        edition=watch.levels,
        ground=ground,
        working_only=watch.which == "working",
        sight=watch.sight,
    )
    progress("cameras: privacy", 0, 0)
    return with_audit(measured, district, ground, on, watch.levels)


def leave_open(
    coverage: pd.DataFrame, blind_spots: gpd.GeoDataFrame, facts: GapFacts
) -> dict[str, Any]:
    """Join what cameras leave open with what patrol does.

    Parameters
    ----------
    coverage : DataFrame
        The coverage table.
    blind_spots : GeoDataFrame
        From the measures of cameras.
    facts : GapFacts
        Time zone and starts of windows.

    Returns
    -------
    dict
        ``blind_spots`` (ranked with the gap of patrol), ``uncovered_both`` (layer), and
        ``both``: how many windows are covered, partly, uncovered and unknown; empty where one of
        the two was not measured.

    Examples
    --------
    >>> from gridmap import schema
    >>> leave_open(schema.empty("coverage"), no_ground(None), GapFacts())["both"]
    {}
    """
    combined = combine_presence(coverage, blind_spots)
    if combined.empty:
        none = no_ground(blind_spots.crs)
        return {"blind_spots": blind_spots, "uncovered_both": none, "both": {}}
    count = combined["status"].value_counts()
    return {
        "blind_spots": rank_blind_spots(blind_spots, patrol_gap(combined)),
        "uncovered_both": uncovered_both(combined, blind_spots, facts),
        "both": {str(name): int(number) for name, number in sorted(count.items())},
    }


def no_ground(crs: Any) -> gpd.GeoDataFrame:
    """Layer ``uncovered_both`` without rows.

    Examples
    --------
    >>> no_ground(None).columns.tolist()[:2]
    ['cell_id', 'window']
    """
    return gpd.GeoDataFrame(pd.DataFrame(columns=list(LAYER_COLUMNS)), geometry=[], crs=crs)


def shares_of(measured: Mapping[str, Any], watch: Watch) -> dict[str, Any]:
    """Tables of :data:`TABLES`, each row naming what its figures rest on.

    Examples
    --------
    >>> {name: len(table) for name, table in shares_of({}, Watch()).items()}
    {'camera_streets': 0, 'camera_communities': 0}
    """
    if "cameras" not in measured:
        return {name: pd.DataFrame() for name in TABLES}
    found = measured["cameras"]
    told = {"levels": watch.levels, "sight": watch.sight, "cameras": watch.which}
    return {
        "camera_streets": found.streets.assign(**told),
        "camera_communities": found.communities.assign(**told),
    }


def write_shares(tables: Mapping[str, pd.DataFrame], folder: Path) -> None:
    """Write the tables as CSV."""
    for name in TABLES:
        write_table(tables[name], folder / f"{name}.csv")


def read_shares(folder: Path) -> dict[str, pd.DataFrame]:
    """Read the tables back; empty where cameras were not measured.

    Raises
    ------
    FileFormatError
        If a table is damaged.
    """
    told = {}
    for name in TABLES:
        path = folder / f"{name}.csv"
        try:
            told[name] = pd.read_csv(path, dtype=_TEXT) if path.exists() else pd.DataFrame()
        except (ValueError, UnicodeDecodeError) as error:
            raise FileFormatError(
                f"{path.name} is damaged ({error}). Run gridmap cover again."
            ) from error
    return told
