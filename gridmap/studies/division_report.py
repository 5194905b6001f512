"""The quality report of a division along streets: what it reached, what is to be looked at."""

from pathlib import Path
from typing import Any

import numpy as np

from gridmap.grid.principles import CROSSING_M, GridQuality, describe_grid
from gridmap.studies.divide import Division
from gridmap.studies.divide_streets import BAND_SHARE, TOO_LARGE


def report_division(division: Division, target: float) -> dict[str, Any]:
    """Describe a division for people and programs.

    Parameters
    ----------
    division : Division
        Of :func:`gridmap.studies.divide.divide`.
    target : float
        Households wanted in a cell.

    Returns
    -------
    dict
        ``totals`` (cells, share in the band, p95 and largest deviation, both of all cells and of
        those apart from the oversized, compactness, share of border along the ground and along
        streets, contiguity, cells that a main street crosses),
        ``balance`` of each load, ``findings``, and ``cells`` one by one.

    Notes
    -----
    The band is the target ± 25 %: 300 to 500 for 400 (MEASURES.md 1, suitable size). Figures are
    those of :func:`gridmap.grid.principles.describe_grid`; the median of Polsby–Popper is that of
    all cells. Oversized are the cells that the finding ``block_too_large`` lists: a block over the
    band that no path divides. No grouping can bring those to the target;
    ``deviation_p95_apart_share`` and ``deviation_max_apart_share`` are those of the others.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> from gridmap.studies.divide import divide
    >>> report = report_division(divide(toy_district(), "streets", households=40), 40)
    >>> report["totals"]["contiguous_share"], report["band"]
    (1.0, [30.0, 50.0])
    """
    district = division.district
    band = (target * (1 - BAND_SHARE), target * (1 + BAND_SHARE))
    quality = describe_grid(
        district["cells"],
        district.communities,
        district["roads"],
        district["landuse"],
        band=band,
        target=target,
        sites=district["sites"],
    )
    cells = quality.cells
    return {
        "district": district.name,
        "target_households": target,
        "band": list(band),
        "households_from": division.source,
        "totals": {
            **quality.totals,
            **_apart_from_oversized(quality, division),
            "compactness_median": float(cells["compactness"].median()),
            "households": float(cells["households"].sum(min_count=1)),
        },
        "balance": quality.balance.to_dict("index"),
        "findings": [
            {
                "rule": one.rule,
                "severity": one.severity,
                "layer": one.layer,
                "ids": list(one.ids),
                "found": one.found,
                "remedy": one.remedy,
            }
            for one in division.findings
        ],
        "cells": cells.drop(columns="community_code").to_dict("records"),
    }


def report_place(output: str | Path) -> Path:
    """Where the report of an output lies: beside it.

    Examples
    --------
    >>> report_place("out/xuanwu.gpkg").as_posix(), report_place("folder").as_posix()
    ('out/xuanwu.quality.json', 'folder.quality.json')
    """
    place = Path(output)
    return place.with_name(place.name.removesuffix(".gpkg") + ".quality.json")


def tell_report(report: dict[str, Any]) -> list[str]:
    """Tell the report in a few lines.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> from gridmap.studies.divide import divide
    >>> division = divide(toy_district(), "streets", households=40)
    >>> print(tell_report(report_division(division, 40))[-1])
    contiguous 100 %; 0 cells crossed by 50 m or more of main street, river or rail
    """
    totals, (low, high) = report["totals"], report["band"]
    lines = []
    if totals["judged"]:
        lines.append(
            f"{totals['in_band']} of {totals['judged']} basic cells have {low:g} to {high:g} "
            f"households ({_share(totals['in_band_share'])}); off the target by "
            f"{_share(totals['deviation_p95_share'])} (p95), at most "
            f"{_share(totals['deviation_max_share'])}; {totals['dedicated']} dedicated cells"
        )
    if totals["oversized"]:
        lines.append(
            f"apart from {totals['oversized']} cells that are one block over {high:g} households: "
            f"off the target by {_share(totals['deviation_p95_apart_share'])} (p95), at most "
            f"{_share(totals['deviation_max_apart_share'])}"
        )
    lines.append(
        f"border along streets {_share(totals['street_share'])}, along streets, rivers, rails "
        f"and community borders {_share(totals['ground_share'])}; compactness (Polsby–Popper) "
        f"{totals['compactness_median']:.2f} in the median"
    )
    lines.append(
        f"contiguous {_share(totals['contiguous_share'])}; {totals['crossed']} cells crossed by "
        f"{CROSSING_M:g} m or more of main street, river or rail"
    )
    return lines


def _apart_from_oversized(quality: GridQuality, division: Division) -> dict[str, float]:
    listed = {name for one in division.findings if one.rule == TOO_LARGE for name in one.ids}
    oversized = quality.cells["cell_id"].isin(listed)
    deviation = quality.cells["deviation_share"][~oversized].dropna()
    return {
        "oversized": int(oversized.sum()),
        "deviation_p95_apart_share": float(deviation.quantile(0.95)),
        "deviation_max_apart_share": float(deviation.max()),
    }


def _share(value: float) -> str:
    return "unknown" if np.isnan(value) else f"{100 * value:.4g} %"
