"""The patrol dimension: from shifts, fixes and requirements to rows, summary and presence."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridmap.district import District
from gridmap.patrol.compliance import CellTimes, judge_windows, rate_bounds, unknown_of
from gridmap.patrol.dwell import CellGrid, cell_grid, split_tracks
from gridmap.patrol.fixes import Tracks, clean_fixes
from gridmap.patrol.intervals import Intervals
from gridmap.patrol.lattices import OUTSIDE
from gridmap.patrol.presence import presence_of, presence_slots, quality_of
from gridmap.patrol.regimes import asked_of
from gridmap.patrol.requirements import due_windows, judged_period, why_not_due
from gridmap.patrol.segments import join_segments
from gridmap.patrol.streets import street_coverage, street_share
from gridmap.patrol.visits import find_visits, pauses
from gridmap.progress import Progress, silent
from gridmap.reference import BARRIERS
from gridmap.rows import coverage_rows
from gridmap.schema import Finding

RULE, SOURCE = "patrol_requirement", "district layer requirements"


@dataclass(frozen=True, eq=False)
class PatrolMeasures:
    """What patrol measured.

    Attributes
    ----------
    rows : DataFrame
        Rows of the coverage table: ``patrol.presence`` for each due (cell, window),
        ``patrol.met_share``, ``patrol.dwell_s`` and ``patrol.freshness_h`` for each cell.
    summary : dict
        Keys of ``summary.json``.
    presence : DataFrame
        cell_id, slot_start, observed_s, inferred_s, visits.
    visits : DataFrame
        cell_id, cell, start, end (UTC), start_s, end_s, least_s.
    streets : DataFrame
        length_m, covered_m, covered_share, covered, on the index of the roads.
    unknown : DataFrame
        start, end (UTC): stretches of duty of which nobody knows where they were spent.
    account : mapping of str to int
        Fixes given, removed by each cleaning step, kept.
    findings : list of Finding
        Doubtful shifts, fixes and requirements.
    """

    rows: pd.DataFrame
    summary: dict[str, Any]
    presence: pd.DataFrame
    visits: pd.DataFrame
    streets: pd.DataFrame
    unknown: pd.DataFrame
    account: Mapping[str, int]
    findings: list[Finding]


@dataclass(frozen=True, eq=False)
class _Known:
    """Everything that later steps read: tracks, their runs, visits, unknown time."""

    cell_ids: pd.Series
    grid: CellGrid
    tracks: Tracks
    segments: pd.DataFrame
    runs: pd.DataFrame
    visits: pd.DataFrame
    unknown: pd.DataFrame


def measure_patrol(
    district: District,
    since: date | None = None,
    until: date | None = None,
    progress: Progress = silent,
    now: datetime | None = None,
) -> PatrolMeasures:
    """Measure patrol: presence, what was due, and what of it was met, missed or unknown.

    Parameters
    ----------
    district : District
        With cells and shifts; fixes, requirements and roads where it has them.
    since, until : date, optional
        First and last local day to judge; default: days of the first and the last shift.
    progress : Progress, optional
        Told of each stage.
    now : datetime, optional
        Moment after which fixes lie in the future; default: no such check.

    Returns
    -------
    PatrolMeasures

    Raises
    ------
    MissingLayerError
        If the district has no cells or no shifts.

    Notes
    -----
    Time is conserved: Σ dwell + outside the grid + unknown = time on duty (MEASURES.md 4). All
    totals are over all shifts given; ``since`` and ``until`` only choose the windows judged.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> patrol = measure_patrol(toy_district())
    >>> [patrol.summary[name] for name in ("on_duty_s", "dwell_s", "outside_s", "unknown_s")]
    [3600.0, 300.0, 0.0, 3300.0]
    >>> [patrol.summary[name] for name in ("due", "met", "unknown", "rate_low", "rate_high")]
    [4, 2, 2, 0.5, 1.0]
    """
    district.needs("cells", "shifts")
    stages = iter(("tracks", "windows", "streets", "done"))

    def tell(done: int) -> None:
        progress(f"patrol: {next(stages)}", done, 3)

    tell(0)
    known = _know(district, now)
    tell(1)
    due, without, found = _judge(district, known, since, until)
    tell(2)
    roads = district["roads"]
    streets = street_coverage(known.segments, roads[~roads["highway"].isin(BARRIERS)])
    ids = known.cell_ids.to_numpy(dtype=object)
    slots = presence_slots(known.runs, known.visits, ids, known.tracks.origin)
    tell(3)
    return PatrolMeasures(
        rows=pd.concat(
            [_window_rows(due, known), _cell_rows(due, known, without)], ignore_index=True
        ),
        summary=_summary(known, due, street_share(streets)),
        presence=slots,
        visits=_named_visits(known),
        streets=streets,
        unknown=_moments(known, known.unknown),
        account=known.tracks.account,
        findings=_shift_findings(district["shifts"]) + _fix_findings(known.tracks) + found,
    )


def _know(district: District, now: datetime | None) -> _Known:
    # By identifier, so that what lies on a shared border goes to the same cell in any row order.
    ordered = district["cells"].sort_values("cell_id", ignore_index=True)
    tracks = clean_fixes(district["shifts"], district["fixes"], now)
    grid = cell_grid(np.asarray(ordered.geometry, dtype=object), len(tracks.fixes))
    dwell = split_tracks(tracks, grid)
    segments = join_segments(tracks)
    return _Known(
        cell_ids=ordered["cell_id"],
        grid=grid,
        tracks=tracks,
        segments=segments[segments["valid"]],
        runs=dwell.runs,
        visits=find_visits(dwell.stays),
        unknown=dwell.unknown,
    )


def _judge(
    district: District, known: _Known, since: date | None, until: date | None
) -> tuple[pd.DataFrame, pd.Series, list[Finding]]:
    """Every due window with its verdict, and of the other cells why nothing was due."""
    period = judged_period(district["shifts"], district.timezone, since, until)
    asked, periods, weights = asked_of(district)
    due, findings = due_windows(asked, known.cell_ids, period, periods, weights)
    without = why_not_due(asked, known.cell_ids, due, period)
    second = pd.Timedelta(seconds=1)
    due["cell"] = pd.Index(known.cell_ids).get_indexer(pd.Index(due["cell_id"]))
    due["start_s"] = ((due["start"] - known.tracks.origin) / second).astype("float64")
    due["end_s"] = ((due["end"] - known.tracks.origin) / second).astype("float64")
    verdict = judge_windows(due, _visited(known), unknown_of(known.unknown))
    return pd.concat([due, verdict], axis=1), without, findings


def _visited(known: _Known) -> CellTimes:
    presence, visits = presence_of(known.runs), known.visits
    start, end, least = (visits[name].to_numpy() for name in ("start_s", "end_s", "least_s"))
    return CellTimes(
        presence.key,
        Intervals(presence.start, presence.end),
        visits["cell"].to_numpy(dtype=np.int64),
        Intervals(start, end),
        least,
    )


def _window_rows(due: pd.DataFrame, known: _Known) -> pd.DataFrame:
    quality, why = _quality(known)
    cell = due["cell"].to_numpy(dtype=np.int64)
    return coverage_rows(
        due["cell_id"],
        "patrol.presence",
        window=due["window"],
        value=due["presence_s"] / 60,
        required=due["minutes"].fillna(0.0),
        unit="min",
        status=due["status"],
        shortfall=due["shortfall_min"],
        weight=due["weight"],
        quality=quality[cell],
        reason=[f"{a}; {b}" for a, b in zip(due["reason"], why[cell], strict=True)],
        rule=RULE,
        source=SOURCE,
    )


def _cell_rows(due: pd.DataFrame, known: _Known, without: pd.Series) -> pd.DataFrame:
    ids = known.cell_ids
    quality, why = _quality(known)
    dwell = _by_cell(known, known.runs["end_s"] - known.runs["start_s"])[:-1]
    first, last = known.tracks.shifts["start_s"].min(), known.tracks.shifts["end_s"].max()
    age = pauses(known.visits, first, last)["freshness_s"].reindex(ids.index)
    since = (known.tracks.origin + pd.Timedelta(seconds=np.nan_to_num(first))).date()
    never = [f"never seen since {since}" if gone else "" for gone in age.isna()]
    shared = {"quality": quality, "unit": "s"}
    return pd.concat(
        [
            _met_rows(due, ids, without, shared),
            coverage_rows(
                ids,
                "patrol.dwell_s",
                value=dwell,
                reason=why,
                **shared,
            ),
            coverage_rows(
                ids, "patrol.freshness_h", value=age / 3600, reason=never, **shared | {"unit": "h"}
            ),
        ],
        ignore_index=True,
    )


def _met_rows(
    due: pd.DataFrame, ids: pd.Series, without: pd.Series, shared: dict[str, Any]
) -> pd.DataFrame:
    """Share of due windows met for each cell: a roll-up of the rows of its windows."""
    flags = pd.DataFrame({s: due["status"] == s for s in _STATUSES}).astype(float)
    share = flags.groupby(due["cell"]).mean().reindex(ids.index)
    high = share["met"] + share["unknown"]
    some = share["met"] + share["partly"] > 0
    reason = [
        none if np.isnan(low) else f"{low:.0%} to {top:.0%} of due windows met"
        for low, top, none in zip(share["met"], high, without, strict=True)
    ]
    return coverage_rows(
        ids,
        "patrol.met_share",
        value=share["met"],
        required=np.where(share["met"].isna(), np.nan, 1.0),
        # Without any window known to be met in part, unknown ones leave open what the cell is.
        status=np.select(
            [high.isna(), share["met"] >= 1, high >= 1 - _ROUNDING, some, share["unknown"] > 0],
            ["not_due", "met", "unknown", "partly", "unknown"],
            default="missed",
        ),
        shortfall=1.0 - share["met"],
        reason=reason,
        weight=due.groupby("cell")["weight"].sum().reindex(ids.index),
        **shared | {"unit": "share"},
    )


def _quality(known: _Known) -> tuple[np.ndarray, np.ndarray]:
    """Quality by cell from the mean fix interval there, else from that of all tracks."""
    runs = known.runs
    seconds = _by_cell(known, runs["end_s"] - runs["start_s"])
    squared = _by_cell(known, runs["interval_s2"])
    overall = squared.sum() / seconds.sum() if seconds.sum() > 0 else np.nan
    mean = np.divide(squared, seconds, out=np.full(len(seconds), overall), where=seconds > 0)
    interval, good = mean[:-1], known.grid.good_s[:-1]
    why = [
        "no fix at all" if np.isnan(one) else f"fixes every {one:.0f} s, good to {limit:.0f} s"
        for one, limit in zip(interval, good, strict=True)
    ]
    return quality_of(interval, good), np.asarray(why, dtype=object)


def _by_cell(known: _Known, amount: pd.Series) -> npt.NDArray[np.float64]:
    """Sum over the runs in each cell; the last place is the outside."""
    count = len(known.cell_ids)
    cell = known.runs["cell"].to_numpy(dtype=np.int64)
    place = np.where(cell == OUTSIDE, count, cell)
    sums = np.bincount(place, amount.to_numpy(dtype=float), minlength=count + 1)
    return sums.astype(np.float64)


def _summary(known: _Known, due: pd.DataFrame, share: float | None) -> dict[str, Any]:
    runs, unknown = known.runs, known.unknown
    seconds = runs["end_s"] - runs["start_s"]
    outside = runs["cell"] == OUTSIDE
    low, high = rate_bounds(due["status"])
    counts = {name: int((due["status"] == name).sum()) for name in _STATUSES}
    return {
        "on_duty_s": known.tracks.on_duty_s,
        "dwell_s": float(seconds[~outside].sum()),
        "outside_s": float(seconds[outside].sum()),
        "unknown_s": float((unknown["end_s"] - unknown["start_s"]).sum()),
        "due": len(due),
        **counts,
        "rate_low": low,
        "rate_high": high,
        "street_share": share,
    }


_STATUSES = ("met", "partly", "missed", "unknown")
_ROUNDING = 1e-9


def _named_visits(known: _Known) -> pd.DataFrame:
    cell = known.visits["cell"].to_numpy()
    moments = _moments(known, known.visits)
    return known.visits.assign(cell_id=known.cell_ids.to_numpy()[cell]).join(moments)


def _moments(known: _Known, stretches: pd.DataFrame) -> pd.DataFrame:
    """Start and end in UTC of stretches told in seconds."""
    told = {
        name: known.tracks.origin + pd.to_timedelta(stretches[f"{name}_s"], unit="s")
        for name in ("start", "end")
    }
    return pd.DataFrame(told, index=stretches.index)


def _shift_findings(shifts: pd.DataFrame) -> list[Finding]:
    wrong = shifts[~(shifts["end"] > shifts["start"])]
    ordered = shifts.sort_values(["unit_id", "start"])
    reach = ordered.groupby("unit_id")["end"].cummax().groupby(ordered["unit_id"]).shift()
    double = ordered[ordered["start"] < reach]
    found = (
        ("shift_without_time", wrong, "a shift ends before it begins and is left out"),
        ("overlapping_shifts", double, "a unit has two shifts at once; both count as duty"),
    )
    return [
        Finding(rule, "warning", "shifts", tuple(rows["shift_id"]), text, "Correct the times.")
        for rule, rows, text in found
        if len(rows)
    ]


def _fix_findings(tracks: Tracks) -> list[Finding]:
    return _torn_findings(tracks) + _removed_findings(tracks)


def _torn_findings(tracks: Tracks) -> list[Finding]:
    text = "fixes jump to and fro, as if two phones sent with one identifier"
    remedy = "Find out which phones send for the shift; only what fits together was counted."
    return [Finding("two_phones", "warning", "fixes", tracks.torn, text, remedy)][
        : len(tracks.torn)
    ]


def _removed_findings(tracks: Tracks) -> list[Finding]:
    removed = {n: c for n, c in tracks.account.items() if n not in ("given", "kept") and c}
    if not removed:
        return []
    told = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in removed.items())
    return [
        Finding(
            "fixes_removed",
            "note",
            "fixes",
            (),
            f"{sum(removed.values())} of {tracks.account['given']} fixes were left out: {told}",
            "Nothing to do unless this is many; then look at the phones' clocks and receivers.",
        )
    ]
