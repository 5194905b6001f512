"""Import one layer from a file into a district file: all of it, or nothing."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from gridmap import schema
from gridmap.datums import Datum
from gridmap.district import District
from gridmap.errors import InputError, MissingLayerError, name_ids
from gridmap.io.districts import raise_errors, read_layers, write_district
from gridmap.io.osm.account import Account, Tally
from gridmap.io.placement import examine_crs, examine_place
from gridmap.io.uploads import place_upload, read_upload, refuse_swapped, rename_columns, repair
from gridmap.patrol.fixes import on_duty

Layers = dict[str, Any]


def import_layer(
    district: str | Path,
    layer: str,
    file: str | Path,
    *,
    datum: Datum | None = None,
    renames: Mapping[str, str] | None = None,
    crs: str | None = None,
    as_boundary: bool = False,
    source_layer: str | None = None,
    provenance: Mapping[str, Any] | None = None,
) -> Account:
    """Put the rows of a file into a district file as one of its layers, replacing that layer.

    Parameters
    ----------
    district : path
        District file; made if it is not there and the import brings its boundary.
    layer : str
        Layer the rows are meant for.
    file : path
        GeoPackage, GeoJSON, zipped Shapefile, GeoParquet, CSV or XLSX.
    datum : {"wgs84", "cgcs2000", "gcj02", "bd09"}, optional
        Datum of degrees; moved to WGS 84 and noted in ``provenance``.
    renames : mapping of str to str, optional
        Columns to rename, old name to new.
    crs : str, optional
        CRS of coordinates that declare none.
    as_boundary : bool
        Whether the outline of these polygons also becomes the boundary of a new district.
    source_layer : str, optional
        Layer or sheet of the file, where it has several.
    provenance : mapping, optional
        ``source``, ``licence``, ``dated``, ``synthetic`` of the layer; the source defaults to the
        name of the file.

    Returns
    -------
    Account
        Rows read, kept and dropped, and what was converted or repaired.

    Raises
    ------
    CRSError, FileFormatError, InputError, MissingLayerError, PersonalDataError
        If the file, its rows or its place cannot be right. The district is then as it was.

    Notes
    -----
    Fixes outside the shift they name are dropped and counted, never kept (PRIVACY.md 3).
    """
    spec, tally, place = schema.layer(layer), Tally(), Path(district)
    rows = read_upload(file, layer, source_layer)
    tally.read["rows"] = len(rows)
    if not len(rows):
        raise InputError(
            f"{Path(file).name} holds no rows, and would leave the layer '{layer}' empty. Export "
            "it again with its rows."
        )
    rows = _without_empty(rename_columns(rows, dict(renames or {}), Path(file).name), tally)
    if layer == "boundary" and "name" not in rows.columns:
        rows["name"] = place.stem
        tally.note(f"the district is called '{place.stem}', as the file has no column 'name'")
    rows = place_upload(rows, layer, crs, datum)
    layers = _standing(place, layer, brings_boundary=as_boundary or layer == "boundary")
    refuse_swapped(rows, layer, layers.get("boundary"))
    raise_errors(list(examine_crs(layer, rows)))
    rows, repaired = repair(rows, layer)
    if repaired:
        tally.note(f"repaired invalid geometry of {name_ids(repaired)}")
    if datum and spec.geometry != "none":
        tally.note(f"coordinates taken as {datum}, kept in WGS 84")
    rows, findings = schema.examine(rows, layer)
    raise_errors(findings)
    tally.notes += [str(one) for one in findings]
    if layer == "fixes":
        rows = _without_off_duty(rows, layers, tally)
    layers[layer] = rows
    if as_boundary:
        layers["boundary"] = _outline(layers, layer, place.stem)
    raise_errors(list(examine_place(layers)))
    layers["provenance"] = _provenance(layers, layer, Path(file).name, provenance or {}, tally)
    write_district(District.of(layers), place)
    return tally.close({layer: len(rows)}, str((provenance or {}).get("dated") or ""))


def _without_empty(rows: Any, tally: Tally) -> Any:
    empty = rows.isna().all(axis=1)
    tally.drop("row", "empty", [f"row {n + 1}" for n in rows.index[empty]])
    return rows[~empty].reset_index(drop=True)


def _without_off_duty(fixes: Any, layers: Layers, tally: Tally) -> Any:
    """Drop fixes outside their shift; of those neither place nor time is kept or told."""
    if "shifts" not in layers:
        raise MissingLayerError(
            "Fixes are kept only inside a shift, and the district has no layer 'shifts'. Import "
            "the shifts first."
        )
    duty = on_duty(fixes, schema.conform(layers["shifts"], "shifts"))
    tally.drop("fix", "outside the shift it names", fixes["shift_id"][~duty])
    return fixes[duty].reset_index(drop=True)


def _standing(place: Path, layer: str, *, brings_boundary: bool) -> Layers:
    """Layers of the district as it stands, without the one to be replaced."""
    if not place.exists():
        if brings_boundary:
            return {}
        raise MissingLayerError(
            f"There is no district '{place}' yet. Begin with its boundary: gridmap import layer "
            f"{place} --layer boundary FILE, or add --boundary to take the outline of polygons."
        )
    layers, findings = read_layers(place)
    raise_errors([one for one in findings if one.layer != layer and one.rule != "unknown_layer"])
    lost = [one.layer for one in findings if one.rule == "unknown_layer"]
    if lost:
        raise InputError(
            f"'{place}' has layers that gridmap does not know ({name_ids(lost)}) and would lose. "
            "Take them out, or import into a copy."
        )
    return {name: frame for name, frame in layers.items() if name != layer}


def _outline(layers: Layers, layer: str, name: str) -> gpd.GeoDataFrame:
    if "boundary" in layers:
        raise InputError(
            "The district has a boundary already. Leave --boundary away, or replace the boundary "
            "with --layer boundary."
        )
    if schema.layer(layer).geometry != "polygon":
        raise InputError(
            f"--boundary takes the outline of polygons; layer '{layer}' is not made of polygons."
        )
    rows = layers[layer]
    return gpd.GeoDataFrame({"name": [name]}, geometry=[rows.geometry.union_all()], crs=rows.crs)


def _provenance(
    layers: Layers, layer: str, source: str, told: Mapping[str, Any], tally: Tally
) -> pd.DataFrame:
    row = {"layer": layer, "source": source, "synthetic": False, "note": "; ".join(tally.notes)}
    row |= {name: value for name, value in told.items() if value is not None}
    mine = schema.conform(pd.DataFrame([row]), "provenance")
    if layer == "provenance" or "provenance" not in layers:
        return layers[layer] if layer == "provenance" else mine
    others = schema.conform(layers["provenance"], "provenance")
    return pd.concat([others[others["layer"] != layer], mine], ignore_index=True)
