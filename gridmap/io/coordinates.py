"""Coordinates in the columns of a table: found by their headings, checked, made into points."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from gridmap.crs import WGS84
from gridmap.errors import CRSError, InputError, name_ids

LON_HEADINGS = ("lon", "lng", "long", "longitude", "经度", "經度")
LAT_HEADINGS = ("lat", "latitude", "纬度", "緯度")
X_HEADINGS = ("x", "x_m", "easting", "east", "x坐标", "x座標")
Y_HEADINGS = ("y", "y_m", "northing", "north", "y坐标", "y座標")
WKT_HEADINGS = ("wkt", "geometry", "geom", "the_geom", "几何", "幾何")


def place_table(table: pd.DataFrame, layer: str, crs: CRS | None = None) -> Any:
    """Table with the geometry that its columns of coordinates or WKT describe.

    Parameters
    ----------
    table : DataFrame
        Rows with ``lon`` and ``lat`` (or 经度 and 纬度, lng, longitude …) in degrees, ``x`` and
        ``y`` in ``crs``, or ``wkt`` in ``crs``. These columns are used up.
    layer : str
        Layer the table is meant for, for messages.
    crs : CRS, optional
        CRS of the coordinates. Degrees under ``lon`` and ``lat`` need none (WGS 84).

    Returns
    -------
    GeoDataFrame
        Rows on a fresh index; a row without coordinates has no geometry. The table itself where
        it has no such columns.

    Raises
    ------
    CRSError
        If x and y or WKT come without a CRS.
    InputError
        If coordinates cannot be read, or longitude and latitude look swapped.

    Examples
    --------
    >>> rows = pd.DataFrame({"name": ["Square"], "经度": ["118.78"], "纬度": ["32.04"]})
    >>> place_table(rows, "sites").geometry[0].coords[0]
    (118.78, 32.04)
    """
    rows = table.reset_index(drop=True)
    if pair := _pair(rows, LON_HEADINGS, LAT_HEADINGS):
        declared = WGS84 if crs is None or not crs.is_geographic else crs
        if crs is not None and not crs.is_geographic:
            raise CRSError(
                f"Layer '{layer}': columns {pair[0]} and {pair[1]} are degrees, but --crs says "
                f"{crs.name}. Leave --crs away, or call the columns x and y."
            )
        lon, lat = _numbers(rows, pair[0], layer), _numbers(rows, pair[1], layer)
        _check_degrees(lon, lat, pair, layer)
        return _with_points(rows, pair, lon, lat, declared)
    if pair := _pair(rows, X_HEADINGS, Y_HEADINGS):
        x, y = _numbers(rows, pair[0], layer), _numbers(rows, pair[1], layer)
        return _with_points(rows, pair, x, y, _declared(crs, pair, layer))
    if wkt := _heading(rows, WKT_HEADINGS):
        shapes = _shapes(rows[wkt], layer)
        return gpd.GeoDataFrame(
            rows.drop(columns=wkt), geometry=shapes, crs=_declared(crs, (wkt,), layer)
        )
    return rows


def looks_swapped(points: gpd.GeoSeries, area: Any) -> bool:
    """Whether points miss an area but would hit it with their coordinates exchanged.

    Parameters
    ----------
    points : GeoSeries
        Points in degrees.
    area : shapely geometry
        The district, in the same degrees.

    Examples
    --------
    >>> square = shapely.box(24.9, 60.1, 25.0, 60.2)
    >>> looks_swapped(gpd.GeoSeries([shapely.Point(60.15, 24.95)]), square)
    True
    """
    shapes = np.asarray(points, dtype=object)
    shapes = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    if not len(shapes):
        return False
    near = area.buffer(max(np.ptp(area.bounds[::2]), np.ptp(area.bounds[1::2])))
    shapely.prepare(near)
    straight = shapely.intersects(near, shapes).mean()
    exchanged = shapely.transform(shapes, lambda xy: xy[:, ::-1])
    return bool(straight < 0.1 and shapely.intersects(near, exchanged).mean() > 0.5)


def swapped_error(layer: str, columns: str = "The coordinates") -> InputError:
    """Error that says the coordinates look swapped and what to do."""
    return InputError(
        f"Layer '{layer}': {columns} look swapped: expected longitude (x) before latitude (y), "
        "found the reverse. Exchange the two headings, or the two values of each position."
    )


def _heading(table: pd.DataFrame, wanted: tuple[str, ...]) -> str | None:
    by_name = {str(name).strip().lower(): str(name) for name in table.columns[::-1]}
    return next((by_name[name] for name in wanted if name in by_name), None)


def _pair(
    table: pd.DataFrame, first: tuple[str, ...], second: tuple[str, ...]
) -> tuple[str, str] | None:
    one, other = _heading(table, first), _heading(table, second)
    return (one, other) if one is not None and other is not None else None


def _numbers(table: pd.DataFrame, column: str, layer: str) -> pd.Series:
    numbers = pd.to_numeric(table[column], errors="coerce").astype("float64")
    filled = table[column].notna() & (table[column].astype("str").str.strip() != "")
    bad = filled & ~np.isfinite(numbers)
    if bad.any():
        rows = name_ids(f"row {n + 1}" for n in table.index[bad])
        raise InputError(
            f"Layer '{layer}': column '{column}' expects decimal numbers, found "
            f"{table[column][bad].iloc[0]!r} and the like in {rows}. Correct or remove these rows."
        )
    return numbers


def _check_degrees(lon: pd.Series, lat: pd.Series, pair: tuple[str, str], layer: str) -> None:
    wrong = (lon.abs() > 180) | (lat.abs() > 90)
    if not wrong.any():
        return
    if (lon.abs() <= 90).all() and (lat.abs() <= 180).all():
        raise swapped_error(layer, f"columns '{pair[0]}' and '{pair[1]}'")
    rows = name_ids(f"row {n + 1}" for n in wrong.index[wrong])
    raise CRSError(
        f"Layer '{layer}': columns '{pair[0]}' and '{pair[1]}' expect degrees, found "
        f"{lon[wrong].iloc[0]:.1f}, {lat[wrong].iloc[0]:.1f} in {rows}. Coordinates in metres "
        "belong into columns x and y with --crs EPSG:n."
    )


def _with_points(
    rows: pd.DataFrame, pair: tuple[str, str], x: pd.Series, y: pd.Series, crs: CRS
) -> gpd.GeoDataFrame:
    placed = x.notna() & y.notna()
    points = np.full(len(rows), None, dtype=object)
    points[placed] = shapely.points(x[placed].to_numpy(), y[placed].to_numpy())
    return gpd.GeoDataFrame(rows.drop(columns=list(pair)), geometry=points, crs=crs)


def _shapes(texts: pd.Series, layer: str) -> Any:
    written = texts.astype(object).where(texts.notna(), None).to_numpy()
    shapes = shapely.from_wkt(written, on_invalid="ignore")
    bad = texts.notna().to_numpy() & shapely.is_missing(shapes)
    if bad.any():
        rows = name_ids(f"row {n + 1}" for n in texts.index[bad])
        raise InputError(
            f"Layer '{layer}': column '{texts.name}' expects WKT such as POINT (118.78 32.04), "
            f"which {rows} is not. Correct or remove these rows."
        )
    return shapes


def _declared(crs: CRS | None, columns: tuple[str, ...], layer: str) -> CRS:
    if crs is None:
        raise CRSError(
            f"Layer '{layer}': {' and '.join(columns)} come without a coordinate reference system. "
            "Say which with --crs EPSG:n (or --datum for degrees in a Chinese datum); gridmap "
            "never guesses."
        )
    return crs
