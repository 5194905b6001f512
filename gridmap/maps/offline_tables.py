"""Tables for a map that stands alone: measures by column on the cells, headlines, gaps."""

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import pandas as pd

from gridmap import reference
from gridmap.maps.colours import value_classes
from gridmap.maps.offline_shapes import features, plain, plain_row
from gridmap.maps.words import LANGUAGES, measure_words, words

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
    whole = whole[~whole["measure"].str.rsplit(".", n=1).str[-1].isin(LEFT_OUT)]
    types = {language: site_type_names(language) for language in LANGUAGES}
    ids = cells["cell_id"].astype(str)
    by_measure = {str(name): rows for name, rows in whole.groupby("measure", sort=False)}
    return [
        _measure(by_measure[name], ids, types=types)
        | {"headline": _headlines(by_measure[name], summary, types, at)}
        for name in sorted(by_measure, key=lambda name: _place(by_measure[name]))
    ]


def _place(rows: pd.DataFrame) -> tuple[int, bool]:
    """Place of a measure in the list: by dimension, and what is judged before what is not."""
    return _ORDER.index(rows["dimension"].iloc[0]), bool((rows["status"] == "not_due").all())


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
    rows: pd.DataFrame, ids: pd.Series, *, types: Mapping[str, Mapping[str, str]]
) -> dict[str, Any]:
    measure, unit = str(rows["measure"].iloc[0]), str(rows["unit"].fillna("").iloc[0])
    by_cell = rows.drop_duplicates("cell_id").set_index("cell_id").reindex(ids)
    reasons = by_cell["reason"].fillna("").astype(str)
    reason_codes, distinct = pd.factorize(reasons)
    classes = value_classes(by_cell["value"], unit=unit)
    return {
        "key": measure,
        "dimension": str(rows["dimension"].iloc[0]),
        "unit": unit,
        "names": {one: measure_words(measure, one, types[one]) for one in LANGUAGES},
        "status": "".join(by_cell["status"].map(_STATUS_LETTERS).fillna("-")),
        "quality": "".join(by_cell["quality"].map(_QUALITY_LETTERS).fillna("-")),
        "value": _column(by_cell["value"]),
        "required": _column(by_cell["required"]),
        "shortfall": _column(by_cell["shortfall"]),
        "reasons": [str(one) for one in distinct],
        "reason": reason_codes.tolist() if len(distinct) > 1 else [],
        "classes": [
            {"key": c.key, "label": c.label, "colour": c.colour, "pattern": c.pattern}
            | {"low": c.low, "high": c.high}
            for c in classes
        ],
    }


def _column(values: pd.Series) -> list[Any]:
    """Column of numbers, short where all cells say the same: one value stands for all."""
    listed = [None if pd.isna(one) else plain(one) for one in values]
    if len(set(listed)) == 1 and len(listed) > 1:
        return listed[:1]
    return listed


def _headlines(
    rows: pd.DataFrame,
    summary: Mapping[str, Any],
    types: Mapping[str, Mapping[str, str]],
    at: str,
) -> dict[str, str]:
    """Headline of a measure in every language: figure, denominator, date, quality."""
    return {one: _headline(rows, summary, types[one], at, one) for one in LANGUAGES}


def _headline(
    rows: pd.DataFrame,
    summary: Mapping[str, Any],
    types: Mapping[str, str],
    at: str,
    language: str,
) -> str:
    known = words(language)
    doubtful = int((rows["quality"] != "good").sum())
    quality = (
        known["headline_estimated"].format(estimated=_count(doubtful))
        if doubtful
        else known["headline_good"]
    )
    return " · ".join([_answer(rows, summary, types, known), at, quality])


def _answer(
    rows: pd.DataFrame,
    summary: Mapping[str, Any],
    types: Mapping[str, str],
    known: Mapping[str, str],
) -> str:
    subject, _, figure = str(rows["measure"].iloc[0]).partition(".")
    served = summary.get("services", {}).get(subject)
    if figure == "walk_share" and served and served.get("served_share") is not None:
        everyone = float(summary.get("population") or 0)
        return _services_answer(served, everyone, types.get(subject, subject), known)
    counts = rows["status"].value_counts()
    due = int(counts.drop("not_due", errors="ignore").sum())
    if due:
        names = ("met", "partly", "missed", "unknown")
        told = {name: _count(counts.get(name, 0)) for name in names}
        return known["headline_due"].format(due=_count(due), **told)
    values = rows["value"]
    median = "–" if values.isna().all() else _figure(values.median(), rows["unit"].iloc[0])
    return known["headline_value"].format(
        cells=_count(len(rows)), median=median, unknown=_count(values.isna().sum())
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
