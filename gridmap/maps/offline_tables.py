"""Tables for a map that stands alone: measures by column on the cells, headlines, gaps."""

from collections import Counter
from collections.abc import Mapping
from math import isfinite
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from gridmap import reference
from gridmap.maps.colours import value_classes
from gridmap.maps.offline_shapes import features, plain_row
from gridmap.maps.words import measure_words, words
from gridmap.reference import LANGUAGES

GAPS_SHOWN = 2_000
"""Gaps that the map lists, the first by rank; the register itself has all."""
LEFT_OUT = ("walk_mean_m", "walk_p50_m", "walk_max_m")
"""Figures of the coverage table that the map does without."""
_STATUS_LETTERS = {"met": "m", "partly": "p", "missed": "x", "unknown": "u", "not_due": "n"}
_QUALITY_LETTERS = {"good": "g", "estimated": "e", "poor": "p"}
_ORDER = ("services", "staffing", "patrol", "cameras", "standards")
_GAP_COLUMNS = (
    *("gap_id", "rank", "dimension", "measure", "cell_id", "window", "status"),
    *("value", "required", "shortfall", "unit", "people", "since", "rule"),
)


def measure_tables(
    cells: gpd.GeoDataFrame, coverage: pd.DataFrame, summary: Mapping[str, Any], at: str
) -> list[dict[str, Any]]:
    """Each measure as columns in the order of the cells, with its names, classes and headlines.

    Rows of single patrol windows are left out: they are due moments, not the state of a cell. So
    are the finer points of a walking distance (:data:`LEFT_OUT`), which the table has.

    Examples
    --------
    >>> from gridmap.rows import coverage_rows
    >>> from gridmap.samples import toy_district
    >>> rows = coverage_rows(["ne"], "staffing.posts", value=2.0, unit="posts")
    >>> cells = toy_district()["cells"]
    >>> [told] = measure_tables(cells, rows.assign(dimension="staffing"), {}, "2026-03-02")
    >>> told["status"], told["value"]
    ('-n--', [None, 2, None, None])
    """
    whole = coverage[coverage["window"].fillna("") == ""]
    # As Python text: a hundred small groups of Arrow strings take longer than the map itself.
    texts = [one for one in ("measure", "status", "quality", "unit", "reason") if one in whole]
    whole = whole.astype(dict.fromkeys(texts, object))
    fine = [one for one in whole["measure"].unique() if one.rpartition(".")[2] in LEFT_OUT]
    whole = whole[~whole["measure"].isin(fine)]
    types = {language: site_type_names(language) for language in LANGUAGES}
    places = pd.Index(cells["cell_id"].astype(str)).get_indexer(whole["cell_id"].astype(str))
    whole = whole.assign(place=places, reason=whole["reason"].fillna(""))
    by_measure = {str(name): rows for name, rows in whole.groupby("measure", sort=False)}
    return [
        _measure(by_measure[name], len(cells), types=types)
        | {"headline": _headlines(_count_facts(by_measure[name]), summary, types, at)}
        for name in sorted(by_measure, key=lambda name: _place(by_measure[name]))
    ]


def _place(rows: pd.DataFrame) -> tuple[int, bool, bool]:
    """Place of a measure: by dimension, what is judged first, what is known to be poor last.

    A type that the map does not know would open the page with a district all in red.
    """
    idle = bool((rows["status"] == "not_due").all())
    poor = bool((rows["quality"] == "poor").all())
    return _ORDER.index(rows["dimension"].iloc[0]), idle, poor


def site_type_names(language: str) -> dict[str, str]:
    """Names of the facility types in one language.

    Examples
    --------
    >>> site_type_names("en")["pharmacy"]
    'pharmacy'
    """
    table = reference.site_types()
    return dict(zip(table["type"], table[f"label_{language}"], strict=True))


def gap_table(gaps: gpd.GeoDataFrame, cells: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """List the first gaps by rank as features; a gap as large as its cell borrows its shape."""
    first = gaps.sort_values("rank", kind="stable").head(GAPS_SHOWN)
    if first.empty:
        return []
    own_cell = first["cell_id"].map(cells.set_index("cell_id").geometry)
    whole = gpd.GeoSeries(own_cell, index=first.index, crs=gaps.crs).geom_equals(first.geometry)
    kept = [name for name in _GAP_COLUMNS if name in first.columns]
    shaped = features(first[~whole], kept, tolerance_m=1.0)
    borrowed = [
        {"type": "Feature", "properties": plain_row(row), "geometry": None}
        for row in pd.DataFrame(first.loc[whole, kept]).to_dict("records")
    ]
    return sorted(shaped + borrowed, key=lambda one: one["properties"]["rank"])


def _measure(
    rows: pd.DataFrame, count: int, *, types: Mapping[str, Mapping[str, str]]
) -> dict[str, Any]:
    measure, unit = str(rows["measure"].iloc[0]), str(rows["unit"].fillna("").iloc[0])
    reason_codes, distinct = pd.factorize(_by_cell(rows, "reason", count, ""))
    value = _by_cell(rows, "value", count, np.nan)
    classes = value_classes(value, unit=unit)
    return {
        "key": measure,
        "dimension": str(rows["dimension"].iloc[0]),
        "unit": unit,
        "names": {one: measure_words(measure, one, types[one]) for one in LANGUAGES},
        "status": _letters(_by_cell(rows, "status", count, ""), _STATUS_LETTERS),
        "quality": _letters(_by_cell(rows, "quality", count, ""), _QUALITY_LETTERS),
        "value": _column(value),
        "required": _column(_by_cell(rows, "required", count, np.nan)),
        "shortfall": _column(_by_cell(rows, "shortfall", count, np.nan)),
        "reasons": [str(one) for one in distinct],
        "reason": reason_codes.tolist() if len(distinct) > 1 else [],
        "classes": [
            {"key": c.key, "label": c.label, "colour": c.colour, "pattern": c.pattern}
            | {"low": c.low, "high": c.high}
            for c in classes
        ],
    }


def _by_cell(rows: pd.DataFrame, name: str, count: int, empty: Any) -> npt.NDArray[Any]:
    """Column in the order of the cells; the first row of a cell counts, no row is empty."""
    told = np.full(count + 1, empty, dtype=object if isinstance(empty, str) else np.float64)
    # Backwards, so that the first is written last; a cell that is not here goes behind the end.
    told[rows["place"].to_numpy()[::-1]] = rows[name].to_numpy()[::-1]
    return told[:count]


def _letters(words: npt.NDArray[Any], letters: Mapping[str, str]) -> str:
    codes, distinct = pd.factorize(words, use_na_sentinel=False)
    return "".join(np.array([letters.get(one, "-") for one in distinct])[codes].tolist())


def _column(values: npt.NDArray[Any]) -> list[Any]:
    """Column of numbers, short where all cells say the same: one value stands for all."""
    # As :func:`plain` writes a number; a call for each of a million takes seconds.
    listed: list[Any] = [
        (int(one) if one.is_integer() else float(f"{one:.6g}")) if isfinite(one) else None
        for one in values.tolist()
    ]
    if len(set(listed)) == 1 and len(listed) > 1:
        return listed[:1]
    return listed


class _Facts(NamedTuple):
    """What a headline tells of a measure, counted once for all languages."""

    subject: str
    figure: str
    unit: str
    cells: int
    counts: Mapping[str, int]
    doubtful: int
    unknown: int
    median: float


def _count_facts(rows: pd.DataFrame) -> _Facts:
    subject, _, figure = str(rows["measure"].iloc[0]).partition(".")
    values = rows["value"].to_numpy(dtype=float)
    known = values[np.isfinite(values)]
    return _Facts(
        subject,
        figure,
        str(rows["unit"].iloc[0]),
        len(rows),
        Counter(rows["status"]),
        int((rows["quality"].to_numpy(dtype=object) != "good").sum()),
        len(values) - len(known),
        float(np.median(known)) if len(known) else np.nan,
    )


def _headlines(
    facts: _Facts, summary: Mapping[str, Any], types: Mapping[str, Mapping[str, str]], at: str
) -> dict[str, str]:
    """Headline of a measure in every language: figure, denominator, date, quality."""
    return {
        one: " · ".join([_answer(facts, summary, types[one], words(one)), at, _trust(facts, one)])
        for one in LANGUAGES
    }


def _trust(facts: _Facts, language: str) -> str:
    known = words(language)
    if facts.doubtful:
        return known["headline_estimated"].format(estimated=_count(facts.doubtful))
    return known["headline_good"]


def _answer(
    facts: _Facts, summary: Mapping[str, Any], types: Mapping[str, str], known: Mapping[str, str]
) -> str:
    served = summary.get("services", {}).get(facts.subject)
    if facts.figure == "walk_share" and served and served.get("served_share") is not None:
        everyone = float(summary.get("population") or 0)
        kind = types.get(facts.subject, facts.subject)
        return _services_answer(served, everyone, kind, known)
    told = {name: facts.counts.get(name, 0) for name in ("met", "partly", "missed", "unknown")}
    if due := sum(told.values()):
        counted = {name: _count(number) for name, number in told.items()}
        return known["headline_due"].format(due=_count(due), **counted)
    median = "–" if np.isnan(facts.median) else _figure(facts.median, facts.unit)
    return known["headline_value"].format(
        cells=_count(facts.cells), median=median, unknown=_count(facts.unknown)
    )


def _services_answer(
    served: Mapping[str, Any], everyone: float, kind: str, known: Mapping[str, str]
) -> str:
    reached = float(served["population_served"])
    share = float(served["served_share"])
    total = reached / share if share > 0 else everyone
    return known["headline_services"].format(
        share=f"{share:.1%}".replace("%", " %"),
        total=_count(total) if total else "–",
        norm=_count(served["norm_m"]),
        type=kind,
        rest=_count(total - reached) if total else "–",
    )


def _count(number: float) -> str:
    return f"{round(float(number)):,}".replace(",", "\u202f")


def _figure(number: float, unit: Any) -> str:
    if unit == "share":
        return f"{number:.1%}".replace("%", " %")
    suffix = "" if pd.isna(unit) or not unit else f" {unit}"
    return f"{number:,.6g}".replace(",", "\u202f") + suffix
