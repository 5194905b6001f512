"""Mounts that somebody lists: read with care, since lists hold mistakes."""

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridmap.cameras.ground import Ground
from gridmap.cameras.models import OPTICS, camera_models
from gridmap.cameras.walls import stand_outside
from gridmap.errors import InputError, name_ids
from gridmap.plan.candidates import LISTED, Mounts, keep_apart
from gridmap.schema import Finding

SAME_PLACE_M = 0.5
"""Listed mounts nearer than this [m] to another are the same."""
_COLUMNS = ("mount_id", "mount", "mount_height_m", "heading_deg", "model")


def listed_mounts(rows: Any, ground: Ground, area: shapely.Geometry) -> Mounts:
    """Mounts of a list, those that cannot be left out and said so.

    Parameters
    ----------
    rows : GeoDataFrame
        Points in the CRS of the ground; ``mount_id`` (or ``camera_id``, ``id``, ``name``),
        ``mount_height_m``, ``heading_deg``, ``model`` and optics where they are known.
    ground : Ground
        From :func:`gridmap.cameras.ground.prepare_ground`.
    area : Polygon or MultiPolygon
        Where mounts may stand.

    Returns
    -------
    Mounts

    Raises
    ------
    InputError
        If the list is empty, holds anything but points, lies outside the area altogether, or
        every mount is inside a building; or if two mounts have one id, or a height is not above 0.

    Examples
    --------
    >>> from gridmap.cameras.ground import prepare_ground
    >>> from gridmap.samples import at, toy_district
    >>> toy = toy_district()
    >>> two = [at(100, 95), at(900, 95)]
    >>> rows = gpd.GeoDataFrame({"id": ["a", "b"]}, geometry=two, crs=toy.crs)
    >>> told = listed_mounts(rows, prepare_ground(toy), toy.outline)
    >>> told.table["mount_id"].tolist(), [one.rule for one in told.findings]
    (['a'], ['candidate_outside'])
    """
    table = _conformed(rows)
    findings: list[Finding] = []
    shapes = np.asarray(table.geometry, dtype=object)
    outside = ~shapely.intersects(area, shapes)
    if outside.all():
        x_m, y_m = shapely.get_coordinates(shapes[:1])[0]
        raise InputError(
            f"None of the {len(table)} candidates lies in the area to plan for; the first is at "
            f"{x_m:.0f}, {y_m:.0f} in the CRS of the district. Check the CRS that the file "
            "declares, or the datum of its coordinates."
        )
    table = _left_out(table, outside, findings, "candidate_outside", "outside the area")
    place = shapely.get_coordinates(table.geometry)
    same = np.setdiff1d(np.arange(len(table)), keep_apart(place, SAME_PLACE_M))
    double = np.isin(np.arange(len(table)), same)
    table = _left_out(table, double, findings, "candidate_twice", "at the place of another one")
    spots = pd.DataFrame(shapely.get_coordinates(table.geometry), columns=["x_m", "y_m"])
    stands = stand_outside(spots, ground.walls, table["heading_deg"])
    inside = stands["inside"].to_numpy(dtype=bool)
    if inside.all():
        raise InputError(
            f"All {len(table)} candidates stand more than 2 m inside buildings: "
            f"{name_ids(table['mount_id'])}. Move them to a wall or a pole."
        )
    return Mounts(
        _left_out(table, inside, findings, "candidate_inside", "more than 2 m inside a building"),
        findings,
    )


def _conformed(rows: Any) -> gpd.GeoDataFrame:
    """Rows with the columns of mounts, faults of all collected."""
    if not len(rows):
        raise InputError("The list of candidates is empty. Expected one point for each mount.")
    table = rows.copy().reset_index(drop=True)
    named = next((one for one in ("mount_id", "camera_id", "id", "name") if one in table), None)
    numbers = pd.Series([f"row {n + 1}" for n in range(len(table))])
    names = numbers if named is None else table[named].astype(object).fillna(numbers).astype(str)
    table["mount_id"], table["mount"] = names, LISTED
    faults = []
    shapes = np.asarray(table.geometry, dtype=object)
    unfit = (shapely.get_type_id(shapes) != shapely.GeometryType.POINT) | shapely.is_empty(shapes)
    if unfit.any():
        faults.append(f"no point at {name_ids(names[unfit])}; give each mount one point")
    double = names.duplicated(keep=False)
    if double.any():
        faults.append(f"the same id at {name_ids(names[double].unique())}; name each mount once")
    for column in ("mount_height_m", "heading_deg", *OPTICS):
        given = table[column] if column in table else pd.Series(np.nan, index=table.index)
        value = pd.to_numeric(given, errors="coerce")
        wrong = (given.notna() & value.isna()) | (
            value <= 0 if column != "heading_deg" else np.isinf(value)
        )
        if wrong.any():
            faults.append(f"no usable {column} at {name_ids(names[wrong])}")
        table[column] = value.astype(float)
    if "model" not in table:
        table["model"] = None
    strange = table["model"].notna() & ~table["model"].isin(camera_models().index)
    if strange.any():
        faults.append(
            f"unknown model {name_ids(table['model'][strange].unique())} at "
            f"{name_ids(names[strange])}; use one of geodata/reference/camera_models.csv"
        )
    if faults:
        raise InputError("The list of candidates cannot be used: " + "; ".join(faults) + ".")
    table["heading_deg"] = table["heading_deg"] % 360.0
    return table[[*_COLUMNS, *OPTICS, "geometry"]]


def _left_out(
    table: gpd.GeoDataFrame,
    mask: npt.NDArray[np.bool_],
    findings: list[Finding],
    rule: str,
    found: str,
) -> gpd.GeoDataFrame:
    if mask.any():
        findings.append(
            Finding(
                rule,
                "warning",
                "candidates",
                tuple(table["mount_id"][mask]),
                f"the candidate is {found} and is left out",
                "Correct its position if it should be used.",
            )
        )
    return table[~mask].reset_index(drop=True)
