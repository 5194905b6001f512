"""Import cameras from a catalogue or a filled-in table into a district file, row by row."""

import dataclasses
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd

from gridmap.datums import Datum
from gridmap.errors import CRSError, InputError, name_ids
from gridmap.io.cameras import ReadCameras, read_cameras
from gridmap.io.districts import read_layers
from gridmap.io.osm.account import Account, Dropped
from gridmap.io.results import write_geopackage
from gridmap.studies.import_layer import import_layer

_SHOWN = 50
_REGION = slice(0, 6)


def import_cameras(
    district: str | Path,
    file: str | Path,
    *,
    form: str = "table",
    datum: Datum | None = None,
    skip_bad_rows: bool = False,
    provenance: Mapping[str, Any] | None = None,
) -> Account:
    """Put the cameras of a file into a district file, replacing its cameras.

    Parameters
    ----------
    district : path
        District file with a boundary.
    file : path
        Catalogue of GB/T 28181 (CSV, XLSX, XML), or the template filled in (CSV, XLSX).
    form : {"28181", "table"}
        What the file is.
    datum : {"wgs84", "cgcs2000", "gcj02", "bd09"}, optional
        Datum of the positions; a catalogue does not tell, so it must be told.
    skip_bad_rows : bool
        Whether rows with errors are left out and counted; else nothing is imported.
    provenance : mapping, optional
        ``source``, ``licence``, ``dated`` of the layer.

    Returns
    -------
    Account
        What was read, kept and dropped, and what is doubtful.

    Raises
    ------
    CRSError
        If a catalogue comes without a datum.
    InputError
        If rows have errors; each is named with its row, column, what was expected and found.
    PersonalDataError
        If a column looks like personal data.

    Notes
    -----
    A direction told as one of eight winds becomes a heading that may be off by 22.5°. OFF becomes
    ``broken``, since the day the file tells. Addresses and passwords are dropped and counted.
    """
    if form == "28181" and datum is None:
        raise CRSError(
            "A catalogue does not tell the datum of its positions. Say it with --datum: gcj02 or "
            "bd09 if they were picked on a Chinese web map, cgcs2000 or wgs84 if surveyed."
        )
    told = read_cameras(file, form)
    if told.errors and not skip_bad_rows:
        raise InputError(_listed(told))
    if not len(told.cameras):
        raise InputError(f"{Path(file).name} holds no camera that can be kept.\n" + _listed(told))
    notes = _doubts(told, district)
    source = {"source": Path(file).name} | {k: v for k, v in (provenance or {}).items() if v}
    with tempfile.TemporaryDirectory() as folder:
        beside = Path(folder, "cameras.gpkg")
        write_geopackage({"cameras": told.cameras}, beside)
        account = import_layer(
            district, "cameras", beside, datum=datum, provenance=source | {"note": "; ".join(notes)}
        )
    dropped = [Dropped("entry", reason, count, ()) for reason, count in told.dropped.items()]
    bad = {one.row for one in told.errors}
    if bad:
        rows = tuple(f"row {row}" for row in sorted(bad)[:5])
        dropped.append(Dropped("row", "has errors", len(bad), rows))
    return dataclasses.replace(
        account,
        read=MappingProxyType({"rows": told.read}),
        dropped=(*account.dropped, *dropped),
        notes=(*account.notes, *notes),
    )


def _listed(told: ReadCameras) -> str:
    lines = [str(one) for one in told.errors[:_SHOWN]]
    if len(told.errors) > _SHOWN:
        lines.append(f"and {len(told.errors) - _SHOWN} more")
    bad = len({one.row for one in told.errors})
    return (
        f"{bad} of {told.read} rows have errors; nothing was imported.\n"
        + "\n".join(lines)
        + "\nCorrect them, or leave these rows out with --skip-bad-rows."
    )


def _doubts(told: ReadCameras, district: str | Path) -> list[str]:
    """Tell what a reader must know of the rows that are kept."""
    notes = []
    cameras = told.cameras
    if "heading_error_deg" in cameras:
        rough = int((cameras["heading_error_deg"] > 0).sum())
        notes.append(f"{rough} headings are estimates: told as one of eight winds, ±22.5°")
    if (strange := _of_elsewhere(cameras["camera_id"].astype("str"), district)).any():
        ids = cameras["camera_id"][strange]
        notes.append(
            f"{int(strange.sum())} codes are of another region than the district: {name_ids(ids)}"
        )
    return notes


def _of_elsewhere(codes: Any, district: str | Path) -> Any:
    """Which codes of 20 digits begin with another region than the district's code."""
    there = Path(district)
    boundary = read_layers(there)[0].get("boundary") if there.exists() else None
    if boundary is None or "code" not in boundary or boundary["code"].isna().all():
        return pd.Series(data=False, index=codes.index)
    home = str(boundary["code"].dropna().iloc[0])[_REGION]
    return codes.str.fullmatch(r"\d{20}") & (codes.str[_REGION] != home)
