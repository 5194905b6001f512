"""The rows that the services dimension writes into the coverage table."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridmap.rows import coverage_rows, judge
from gridmap.services.demand import UNKNOWN_POPULATION
from gridmap.services.distribution import weighted_means, weighted_quantiles
from gridmap.services.findings import access_legs
from gridmap.services.network import FloatArray
from gridmap.services.reach import AT_THE_NORM_M, Reach
from gridmap.units import SNAP_FINDING_M

Words = npt.NDArray[np.object_]

NO_SITE = "no site of this type in the data; the map may not know them"
CUT_OFF = "some people cannot walk to any site of this type and are left out of the distances"
FAR_FROM_WAY = "some people live far from any mapped way"
NOBODY = "no people live here"
LINE_ONLY = "straight line, for comparison only; nobody walks it"
GROUND_ONLY = "ground beside the streets within reach, not people"
_UNITS = {"share": "share", "m": "m", "people": "people"}


@dataclass(frozen=True, eq=False)
class _Judged:
    """What all measures share: people and known of the cells, quality and reason of each type in
    each cell, rule and source of each type.
    """

    people: FloatArray
    known: npt.NDArray[np.bool_]
    quality: Words
    reason: Words
    rule: Words
    source: Words


def write_rows(reach: Reach, cells: Any, covered: FloatArray) -> pd.DataFrame:
    """Write the coverage rows of all types and cells.

    Parameters
    ----------
    reach : Reach
        Walks of the district.
    cells : GeoDataFrame
        Layer ``cells``.
    covered : ndarray, shape (types, cells)
        Share of each cell's ground within the norm.

    Returns
    -------
    DataFrame
        For each type ``walk_share`` (required 1, shortfall and weight in people),
        ``walk_mean_m``, ``walk_p50_m``, ``walk_p90_m``, ``walk_max_m``, ``line_share``,
        ``unserved_people`` and ``area_share``. Only ``walk_share`` is judged: it is ``not_due``
        where nobody lives, ``unknown`` where the population is. By bicycle and by car the names
        begin with ``bike_`` and ``drive_`` instead, and metres are those at the usual speed.

    Notes
    -----
    Distances are weighted by people. Mean and maximum are those of the people who can reach a
    site; p50 and p90 count the others as farthest, and are empty where they fall among them
    (MEASURES.md 3).

    Examples
    --------
    >>> import datetime, pandas as pd
    >>> from gridmap.samples import toy_district
    >>> from gridmap.services import measure_services
    >>> norms = pd.DataFrame({"type": ["pharmacy"], "norm_m": [300.0]})
    >>> rows = measure_services(toy_district(), norms, datetime.date(2026, 3, 2)).rows
    >>> rows[rows.cell_id == "se"].set_index("measure")["value"].iloc[:5].to_dict()
    {'pharmacy.walk_share': 0.0, 'pharmacy.walk_mean_m': 400.0, 'pharmacy.walk_p50_m': 400.0,
     'pharmacy.walk_p90_m': 400.0, 'pharmacy.walk_max_m': 400.0}
    """
    judged = _judge_cells(reach, len(cells))
    values = _values(reach, judged, covered)
    types, measures = len(reach.types), len(values)
    columns = [_columns(reach, judged, name, value) for name, value in values.items()]
    whole = {name: np.stack([one[name] for one in columns], axis=1).ravel() for name in columns[0]}
    moved = [name.replace("walk_", f"{reach.mode}_", 1) for name in values]
    names = [f"{kind}.{name}" for kind in reach.types for name in moved]
    return coverage_rows(
        np.tile(cells["cell_id"].to_numpy(dtype=object), types * measures),
        np.repeat(np.array(names, dtype=object), len(cells)),
        **whole,
    )


def _columns(reach: Reach, judged: _Judged, name: str, value: FloatArray) -> dict[str, Any]:
    """Columns of one measure, each of shape (types, cells)."""
    shape = value.shape
    empty = np.full(shape, np.nan)
    asked = (name == "walk_share") & ~(judged.known & (judged.people <= 0))
    required = np.where(asked, 1.0, empty)
    missing = np.maximum(judged.people * (1 - value), 0)
    weight = np.where(judged.known & (name != "area_share"), judged.people, empty)
    quality, reason = _trust(reach, judged, name)
    return {
        "value": value,
        "required": required,
        "unit": np.full(shape, _UNITS[name.rsplit("_", 1)[1]], dtype=object),
        "status": judge(value.ravel(), required.ravel()).reshape(shape),
        "shortfall": np.where(asked, missing, empty),
        "weight": weight,
        "quality": quality,
        "reason": reason,
        "rule": np.broadcast_to(judged.rule[:, None], shape),
        "source": np.broadcast_to(judged.source[:, None], shape),
    }


def _trust(reach: Reach, judged: _Judged, name: str) -> tuple[Words, Words]:
    """Quality and reason of one measure, shape (types, cells)."""
    about = {"line_share": LINE_ONLY, "area_share": GROUND_ONLY}.get(name)
    if about is None:
        return judged.quality, judged.reason
    absent = np.array(reach.count)[:, None] == 0
    shape = judged.quality.shape
    quality = np.broadcast_to(np.where(absent, "poor", "estimated"), shape).astype(object)
    reason = np.broadcast_to(np.where(absent, NO_SITE, about), shape).astype(object)
    return quality, reason


def _judge_cells(reach: Reach, cells: int) -> _Judged:
    demand = reach.demand
    lived = (demand.cell >= 0) & (demand.people > 0)
    people = np.zeros(cells)
    np.add.at(people, demand.cell[lived], demand.people[lived])
    far = access_legs(reach.demand_snaps, len(demand.points)) > SNAP_FINDING_M
    remote = np.bincount(demand.cell[lived & far], minlength=cells) > 0
    lost = reach.sum_by_cell(np.isinf(reach.walk_m), cells) > 0
    absent = np.array(reach.count, dtype=np.int64)[:, None] == 0
    doubts = [
        (absent & np.ones(cells, dtype=bool), NO_SITE),
        (lost & ~absent, CUT_OFF),
        (np.broadcast_to(~demand.known, lost.shape), UNKNOWN_POPULATION),
        (np.broadcast_to(remote, lost.shape), FAR_FROM_WAY),
    ]
    doubtful = np.any([mask for mask, _ in doubts], axis=0)
    told = _told_of_people(reach, lived, cells)
    told[demand.known & (people <= 0)] = NOBODY
    reason = np.broadcast_to(told, lost.shape).copy()
    for mask, words in reversed(doubts):
        reason[mask] = np.where(reason[mask] == "", words, words + "; " + reason[mask])
    guessed = (told != "") & (told != NOBODY)
    quality = np.where(doubtful, "poor", np.where(guessed, "estimated", "good")).astype(object)
    return _Judged(people, demand.known, quality, reason, _rules(reach), _sources(reach))


def _told_of_people(reach: Reach, lived: npt.NDArray[np.bool_], cells: int) -> Words:
    """Reasons told by the demand points of each cell, each once."""
    pairs = pd.DataFrame(
        {"cell": reach.demand.cell, "reason": reach.demand.points["reason"].to_numpy()}
    )[lived].drop_duplicates()
    told = np.full(cells, "", dtype=object)
    for cell, reasons in pairs[pairs["reason"] != ""].groupby("cell")["reason"]:
        told[int(str(cell))] = "; ".join(sorted(reasons))
    return told


def _rules(reach: Reach) -> Words:
    pairs = zip(reach.types, reach.norm_m, strict=True)
    if reach.mode == "walk":
        words = [f"{kind} within {norm:g} m on foot" for kind, norm in pairs]
    else:
        by = {"bike": "by bicycle", "drive": "by car"}[reach.mode]
        minutes = 60 * reach.usual_mps
        words = [f"{kind} within {norm / minutes:.4g} min {by}" for kind, norm in pairs]
    return np.array(words, dtype=object)


def _sources(reach: Reach) -> Words:
    """Source of each norm with how far it can be trusted; empty where none is named."""
    told = reach.norms.reindex(columns=["source", "confidence"]).astype("object")
    named, sure = told.notna().to_numpy(dtype=bool).T
    words = [
        f"{source} (confidence: {trust})" if certain else str(source)
        for source, trust, certain in zip(told["source"], told["confidence"], sure, strict=True)
    ]
    found = np.array(words, dtype=object)
    found[~named] = None
    return found


def _values(reach: Reach, judged: _Judged, covered: FloatArray) -> dict[str, FloatArray]:
    cells = judged.people.shape[0]
    near = reach.line_m <= reach.norm_m[:, None] + AT_THE_NORM_M
    served, beside = reach.sum_by_cell(reach.served, cells), reach.sum_by_cell(near, cells)
    people = np.where(judged.people > 0, judged.people, np.nan)
    distances = [_distances(reach, one, cells) for one in range(len(reach.types))]
    mean, middle, far, most = np.array(distances).reshape(-1, 4, cells).transpose(1, 0, 2)
    return {
        "walk_share": np.minimum(served / people, 1),
        "walk_mean_m": mean,
        "walk_p50_m": middle,
        "walk_p90_m": far,
        "walk_max_m": most,
        "line_share": np.minimum(beside / people, 1),
        "unserved_people": np.where(judged.known, np.maximum(judged.people - served, 0), np.nan),
        "area_share": covered,
    }


def _distances(reach: Reach, number: int, cells: int) -> FloatArray:
    walk, people, cell = reach.walk_m[number], reach.demand.people, reach.demand.cell
    mean = weighted_means(walk, people, cell, cells)
    middle, far = weighted_quantiles(walk, people, cell, cells, (0.5, 0.9))
    most = np.full(cells, -np.inf)
    counted = (cell >= 0) & (people > 0) & np.isfinite(walk)
    np.maximum.at(most, cell[counted], walk[counted])
    found = np.array([mean, middle, far, most])
    return np.where(np.isfinite(found), found, np.nan)
