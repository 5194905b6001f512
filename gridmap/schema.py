"""The columns of every layer, read from ``schema.csv``: the single source for validation,
database comments, labels in three languages and the documentation page.
"""

import csv
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from gridmap.errors import InputError, MissingLayerError, name_ids

Severity = Literal["error", "warning", "note"]
OUTPUT_TABLES = ("coverage", "gaps")
"""Tables that gridmap writes; all other layers of the schema belong to a district."""

_GEOMETRY_TYPES: Mapping[str, frozenset[str]] = {
    "polygon": frozenset({"Polygon", "MultiPolygon"}),
    "line": frozenset({"LineString", "MultiLineString"}),
    "point": frozenset({"Point"}),
    "any": frozenset({"Point", "Polygon", "MultiPolygon"}),
}
_TRUE = frozenset({"true", "yes", "1", "1.0", "y", "t", "是"})
_FALSE = frozenset({"false", "no", "0", "0.0", "n", "f", "否"})


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong or doubtful in a layer.

    Attributes
    ----------
    rule : str
        Short name of the rule, e.g. ``duplicate_id``.
    severity : {"error", "warning", "note"}
        An error stops work; a warning may change figures; a note is for the reader.
    layer : str
        Layer concerned.
    ids : tuple of str
        Identifiers of the rows concerned (all of them; messages show five).
    found : str
        What was expected and what was found.
    remedy : str
        What to do about it.
    """

    rule: str
    severity: Severity
    layer: str
    ids: tuple[str, ...]
    found: str
    remedy: str

    def __str__(self) -> str:
        """One line for terminals and error messages."""
        where = f" [{name_ids(self.ids)}]" if self.ids else ""
        return f"{self.layer}: {self.found}{where}. {self.remedy}"


@dataclass(frozen=True)
class Column:
    """One column of a layer, as a row of ``schema.csv`` says."""

    name: str
    type: str
    unit: str
    required: bool
    choices: tuple[str, ...]
    aliases: tuple[str, ...]
    labels: Mapping[str, str]
    meaning: str


@dataclass(frozen=True)
class Layer:
    """One layer: its geometry (polygon, line, point, any or none), labels and columns."""

    name: str
    geometry: str
    labels: Mapping[str, str]
    meaning: str
    columns: Mapping[str, Column]

    @property
    def id_column(self) -> str | None:
        """Name of the column that must be unique, if there is one."""
        return next((c.name for c in self.columns.values() if c.type == "id"), None)

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns that must be there and filled."""
        return tuple(c.name for c in self.columns.values() if c.required)


@cache
def layers() -> Mapping[str, Layer]:
    """All layers and output tables by name, in the order of ``schema.csv``.

    Examples
    --------
    >>> layers()["cells"].required
    ('cell_id', 'community_code')
    """
    text = files("gridmap").joinpath("schema.csv").read_text(encoding="utf-8")
    heads: dict[str, Column] = {}
    columns: dict[str, dict[str, Column]] = {}
    for row in csv.DictReader(text.splitlines()):
        column = _column_from(row)
        if column.name == "*":
            heads[row["layer"]] = column
            columns[row["layer"]] = {}
        else:
            columns[row["layer"]][column.name] = column
    return {
        name: Layer(name, head.type, head.labels, head.meaning, columns[name])
        for name, head in heads.items()
    }


def district_layers() -> tuple[str, ...]:
    """Names of the layers a district file may hold, the boundary first.

    Examples
    --------
    >>> district_layers()[:3]
    ('boundary', 'communities', 'cells')
    """
    return tuple(name for name in layers() if name not in OUTPUT_TABLES)


def layer(name: str) -> Layer:
    """Look a layer up by name.

    Raises
    ------
    MissingLayerError
        If the schema has no such layer; the message lists those there are.

    Examples
    --------
    >>> layer("cameras").id_column
    'camera_id'
    """
    try:
        return layers()[name]
    except KeyError:
        known = ", ".join(district_layers())
        raise MissingLayerError(
            f"Unknown layer '{name}'. The layers of a district are: {known}."
        ) from None


def empty(name: str, crs: CRS | None = None) -> Any:
    """Frame of a layer with all its columns and no row (GeoDataFrame where it has geometry).

    Examples
    --------
    >>> list(empty("shifts").columns)
    ['shift_id', 'unit_id', 'start', 'end', 'mode']
    """
    spec = layer(name)
    frame = pd.DataFrame({c.name: pd.Series(dtype=_dtype(c)) for c in spec.columns.values()})
    if spec.geometry == "none":
        return frame
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries([], crs=crs), crs=crs)


def conform(frame: pd.DataFrame, name: str) -> Any:
    """Frame with the names and types of the schema, or one error that lists every fault.

    Parameters
    ----------
    frame : DataFrame or GeoDataFrame
        Rows as they came from a file. Unknown columns are kept as they are.
    name : str
        Layer the rows belong to.

    Returns
    -------
    DataFrame or GeoDataFrame
        New frame on a fresh index; columns of the schema first, absent optional ones added empty.

    Raises
    ------
    InputError
        If a fault of level error is found; the message names all of them, with ids.

    Examples
    --------
    >>> import pandas as pd
    >>> posts = conform(pd.DataFrame({"post_id": [7], "role": ["medic"]}), "posts")
    >>> posts.post_id.tolist(), posts.full_time.isna().tolist()
    (['7'], [True])
    """
    result, findings = examine(frame, name)
    errors = [str(one) for one in findings if one.severity == "error"]
    if errors:
        raise InputError("\n".join(errors))
    return result


def examine(frame: pd.DataFrame, name: str) -> tuple[Any, list[Finding]]:
    """Conformed frame together with all findings; values that cannot be read become empty.

    Examples
    --------
    >>> import pandas as pd
    >>> _, findings = examine(pd.DataFrame({"post_id": ["a", "a"], "role": ["x", None]}), "posts")
    >>> [one.rule for one in findings]
    ['duplicate_id', 'missing_value']
    """
    spec = layer(name)
    result = _apply_aliases(frame.reset_index(drop=True), spec)
    ids = _row_ids(result, spec)
    findings: list[Finding] = []
    for column in spec.columns.values():
        if column.name not in result.columns:
            if column.required:
                findings.append(_missing_column(spec, column, frame))
            result[column.name] = pd.Series(index=result.index, dtype=_dtype(column))
            continue
        values, bad = cast_column(result[column.name], column)
        if bad.any():
            findings.append(_unreadable(spec, column, result[column.name][bad], ids[bad]))
        result[column.name] = values
        findings += _column_findings(spec, column, values, ids, bad)
    findings += _geometry_findings(result, spec, ids)
    return _order_columns(result, spec), findings


def cast_column(values: pd.Series, column: Column) -> tuple[pd.Series, pd.Series]:
    """Values in the type of the column, and a mask of those that could not be read.

    Examples
    --------
    >>> import pandas as pd
    >>> number = layer("cells").columns["households"]
    >>> values, bad = cast_column(pd.Series(["12", "many", None]), number)
    >>> values.tolist(), bad.tolist()
    ([12.0, nan, nan], [False, True, False])
    """
    filled = values.notna()
    if not _is_measured(values):
        filled &= values.astype(str).str.strip() != ""
    cast = _CASTS.get(column.type, _cast_text)(values.where(filled))
    bad = filled & cast.isna()
    return cast, bad


def label(name: str, column: str = "*", language: str = "en") -> str:
    """Label of a layer or column in ``zh_Hans``, ``zh_Hant`` or ``en``.

    Examples
    --------
    >>> label("cells", language="zh_Hans"), label("cells", "households", "zh_Hant")
    ('网格', '戶數')
    """
    spec = layer(name)
    labels = spec.labels if column == "*" else spec.columns[column].labels
    return labels[language]


def _column_from(row: Mapping[str, str]) -> Column:
    return Column(
        name=row["column"],
        type=row["type"],
        unit=row["unit"],
        required=row["required"] == "yes",
        choices=tuple(filter(None, row["choices"].split("|"))),
        aliases=tuple(filter(None, row["aliases"].split("|"))),
        labels={
            "zh_Hans": row["label_hans"],
            "zh_Hant": row["label_hant"],
            "en": row["label_en"],
        },
        meaning=row["meaning"],
    )


def _dtype(column: Column) -> str:
    return {
        "number": "float64",
        "bool": "boolean",
        "date": "datetime64[us]",
        "datetime": "datetime64[us, UTC]",
    }.get(column.type, "str")


def _apply_aliases(frame: pd.DataFrame, spec: Layer) -> pd.DataFrame:
    renames = {
        alias: column.name
        for column in spec.columns.values()
        if column.name not in frame.columns
        for alias in column.aliases[::-1]
        if alias in frame.columns
    }
    return frame.rename(columns=renames)


def _row_ids(frame: pd.DataFrame, spec: Layer) -> pd.Series:
    for name in (spec.id_column, *spec.required):
        if name in frame.columns:
            named = frame[name].astype("str")
            return named.where(frame[name].notna(), "row " + (frame.index + 1).astype(str))
    return pd.Series([f"row {n + 1}" for n in frame.index], index=frame.index, dtype="str")


def _order_columns(frame: pd.DataFrame, spec: Layer) -> Any:
    first = list(spec.columns)
    geometry = ["geometry"] if "geometry" in frame.columns else []
    rest = [name for name in frame.columns if name not in first and name != "geometry"]
    return frame[first + rest + geometry]


def _is_measured(values: pd.Series) -> bool:
    """Whether no value can be an empty text; turning a million times into text takes seconds."""
    kinds = pd.api.types
    return bool(kinds.is_numeric_dtype(values) or kinds.is_datetime64_any_dtype(values))


def _cast_text(values: pd.Series) -> pd.Series:
    numbers = pd.api.types.is_float_dtype(values)
    if numbers and (values.dropna() % 1 == 0).all():
        values = values.astype("Int64")
    return values.astype("str").where(values.notna())


def _cast_number(values: pd.Series) -> pd.Series:
    numbers = pd.to_numeric(values, errors="coerce").astype("float64")
    return numbers.where(np.isfinite(numbers))


def _cast_bool(values: pd.Series) -> pd.Series:
    words = values.astype("str").str.strip().str.lower()
    result = pd.Series(pd.NA, index=values.index, dtype="boolean")
    result[words.isin(_TRUE)] = True
    result[words.isin(_FALSE)] = False
    return result.where(values.notna())


def _cast_date(values: pd.Series) -> pd.Series:
    readable = values if pd.api.types.is_datetime64_any_dtype(values) else _cast_text(values)
    moments = pd.to_datetime(readable, errors="coerce", format="ISO8601", utc=True)
    return moments.dt.tz_localize(None).dt.normalize().astype("datetime64[us]")


def _cast_datetime(values: pd.Series) -> pd.Series:
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        return values.dt.tz_convert("UTC").astype("datetime64[us, UTC]")
    text = values.astype("str")
    zoned = text.str.contains(r"(?:Z|[+-]\d\d:?\d\d)$", na=False)
    moments = pd.to_datetime(text.where(zoned), errors="coerce", format="ISO8601", utc=True)
    return moments.astype("datetime64[us, UTC]")


def _cast_time(values: pd.Series) -> pd.Series:
    parts = values.astype("str").str.extract(r"^(\d{1,2}):(\d\d)(?::\d\d(?:\.0+)?)?$")
    hours, minutes = (pd.to_numeric(parts[n], errors="coerce") for n in (0, 1))
    good = (minutes < 60) & ((hours < 24) | ((hours == 24) & (minutes == 0)))
    text = parts[0].str.zfill(2) + ":" + parts[1]
    return text.where(good & values.notna()).astype("str")


_CASTS: Mapping[str, Callable[[pd.Series], pd.Series]] = {
    "number": _cast_number,
    "bool": _cast_bool,
    "date": _cast_date,
    "datetime": _cast_datetime,
    "time": _cast_time,
}
_EXPECTED = {
    "number": "a finite number",
    "bool": "yes or no",
    "date": "a date such as 2026-03-02",
    "datetime": "a time with zone such as 2026-03-02T08:00:00+08:00",
    "time": "a local time such as 08:30",
}


def _missing_column(spec: Layer, column: Column, frame: pd.DataFrame) -> Finding:
    there = ", ".join(str(name) for name in frame.columns if name != "geometry") or "none"
    return Finding(
        "missing_column",
        "error",
        spec.name,
        (),
        f"the required column '{column.name}' is not there (found: {there})",
        f"Add the column, or rename yours with --rename YOURS={column.name}.",
    )


def _unreadable(spec: Layer, column: Column, values: pd.Series, ids: pd.Series) -> Finding:
    sample = ", ".join(repr(value) for value in values.head(3))
    expected = _EXPECTED.get(column.type, "text")
    return Finding(
        "unreadable_value",
        "error",
        spec.name,
        tuple(ids),
        f"column '{column.name}' expects {expected}, found {sample}",
        "Correct these values or leave them empty.",
    )


def _column_findings(
    spec: Layer, column: Column, values: pd.Series, ids: pd.Series, bad: pd.Series
) -> Iterable[Finding]:
    if column.type == "id" and (doubled := values.duplicated(keep=False) & values.notna()).any():
        yield Finding(
            "duplicate_id",
            "error",
            spec.name,
            tuple(dict.fromkeys(ids[doubled])),
            f"column '{column.name}' must be unique, {int(doubled.sum())} rows share an id",
            "Give each row its own id, or remove the repeats.",
        )
    if column.required and (missing := values.isna() & ~bad).any():
        yield Finding(
            "missing_value",
            "error",
            spec.name,
            tuple(ids[missing]),
            f"the required column '{column.name}' is empty in {int(missing.sum())} rows",
            "Fill it in, or remove these rows.",
        )
    if column.choices and (odd := values.notna() & ~values.isin(column.choices)).any():
        yield Finding(
            "unknown_choice",
            "warning",
            spec.name,
            tuple(ids[odd]),
            f"column '{column.name}' expects one of {', '.join(column.choices)}; "
            f"found {name_ids(values[odd].unique())}",
            "Use one of the expected words; until then the value is treated as empty.",
        )


def _geometry_findings(frame: pd.DataFrame, spec: Layer, ids: pd.Series) -> Iterable[Finding]:
    if spec.geometry == "none" or frame.empty:
        return
    if "geometry" not in frame.columns:
        yield Finding(
            "missing_geometry",
            "error",
            spec.name,
            (),
            f"expected {spec.geometry} geometry, found a table without geometry",
            "Give the layer geometry; a CSV or XLSX needs coordinate columns (lon and lat).",
        )
        return
    shapes = np.asarray(frame["geometry"], dtype=object)
    null = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    kinds = gpd.GeoSeries(shapes).geom_type
    wrong = ~null & ~kinds.isin(_GEOMETRY_TYPES[spec.geometry]).to_numpy()
    invalid = ~null & ~shapely.is_valid(shapes)
    for rule, mask, found, remedy in (
        (
            "null_geometry",
            null,
            "geometry is missing, an outline that does not close, or empty",
            "Draw it, end each outline where it began, or remove these rows.",
        ),
        (
            "wrong_geometry",
            wrong,
            f"expected {spec.geometry}, found {name_ids(kinds[wrong].unique())}",
            "Convert these geometries, or remove the rows.",
        ),
        (
            "invalid_geometry",
            invalid,
            "geometry is invalid" + _why_invalid(shapes[invalid]),
            "Repair it in a GIS (make valid), or import it with gridmap import layer, "
            "which repairs and reports.",
        ),
    ):
        if mask.any():
            yield Finding(rule, "error", spec.name, tuple(ids[mask]), found, remedy)


def _why_invalid(shapes: np.ndarray) -> str:
    return f" ({shapely.is_valid_reason(shapes[0])})" if len(shapes) else ""
