"""Lists of candidates that a planner brings: checked once, and kept as long as jobs are."""

import hashlib
import tempfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from sqlalchemy import Connection

from gridmap.crs import WGS84, project
from gridmap.datums import Datum
from gridmap.district import District
from gridmap.errors import FileFormatError, InputError, MissingLayerError
from gridmap.io.uploads import read_candidates
from gridmap.plan.siting.places import listed_places
from gridmap.schema import conform
from gridmap.store import jobs, reads
from gridmap.store.scope import Scope
from gridmap.store.shapes import read_crs
from gridmap.studies.pages.listing import plain_rows

KIND = "siting_list"
"""Kind of the jobs that stand for a list: nobody but who brought it reads it."""
LARGEST_FILE = 8 << 20
"""Largest file [bytes]."""
MOST_ROWS = 5_000
"""Candidates of a list that a page works with; more by the command."""
DATUMS: tuple[Datum, ...] = ("wgs84", "cgcs2000", "gcj02", "bd09")
_DIGITS = 7


def keep_list(  # noqa: PLR0917  who, where, and all that is known of a file
    connection: Connection,
    scope: Scope,
    district_id: int,
    content: bytes,
    name: str,
    crs: str = "",
    datum: str = "",
) -> int:
    """Check a list of candidates and keep it for the questions that follow; returns its number.

    Parameters
    ----------
    connection : Connection
    scope : Scope
        Of the planner who brings it.
    district_id : int
    content : bytes
        The file: GeoPackage, GeoJSON, zipped Shapefile, CSV or XLSX.
    name : str
        Name of the file.
    crs, datum : str, optional
        Of coordinates that declare none; empty where the file says it.

    Raises
    ------
    FileFormatError, CRSError, PersonalDataError
        If the file cannot be read, does not say where its places lie, or names people.
    InputError
        If no row can be used: outside the district, twice the same id, a cost below 0, ….
    """
    if datum and datum not in DATUMS:
        raise InputError(f"Expected a datum among {', '.join(DATUMS)}; found '{datum[:20]}'.")
    facts = reads.read_district(connection, district_id)
    rows = _read_file(content, name, crs, datum or None)
    if len(rows) > MOST_ROWS:
        raise InputError(
            f"Expected at most {MOST_ROWS} candidates; found {len(rows)}. Leave some out, or use "
            "the command 'gridmap plan sites --candidates'."
        )
    whole = _whole(connection, district_id, facts)
    # Only what lies in the district is kept; plan_sites says it of the rest, were it kept.
    table, findings = listed_places(project(rows, whole.crs, "candidates"), whole)
    answer = {
        "name": Path(name.replace("\\", "/")).name[:80],
        "rows": _plain(table),
        "left_out": sum(len(one.ids) for one in findings),
    }
    digest = hashlib.sha256(content + crs.encode() + datum.encode()).hexdigest()[:24]
    question = {"digest": digest}
    known = jobs.find_job(connection, district_id, KIND, question, facts["version"])
    if known is not None and known.state == jobs.DONE:
        return known.id
    number = jobs.ask_job(
        connection, scope, district_id, kind=KIND, question=question, version=facts["version"]
    )
    jobs.write_job(connection, number, state=jobs.DONE, answer=answer)
    return number


def read_list(connection: Connection, district_id: int, number: int) -> dict[str, Any]:
    """List that was kept: ``id``, ``name``, ``count``, ``left_out``, and ``rows`` in WGS 84.

    Raises
    ------
    MissingLayerError
        If there is none of this number that the reader brought.
    """
    job = jobs.read_job(connection, district_id, number)
    if job.kind != KIND or job.state != jobs.DONE:
        raise MissingLayerError(f"Number {number} is no list of candidates. Bring the list again.")
    told = pd.DataFrame(job.answer["rows"])
    frame = gpd.GeoDataFrame(
        told.drop(columns=["lon", "lat"]),
        geometry=gpd.points_from_xy(told["lon"], told["lat"]),
        crs=WGS84,
    )
    return {
        "id": job.id,
        "name": job.answer["name"],
        "count": len(frame),
        "left_out": job.answer["left_out"],
        "rows": frame,
    }


def _read_file(content: bytes, name: str, crs: str, datum: Any) -> gpd.GeoDataFrame:
    if len(content) > LARGEST_FILE:
        raise FileFormatError(
            f"Expected a file of at most {LARGEST_FILE >> 20} MB; found "
            f"{len(content) / (1 << 20):.1f} MB."
        )
    with tempfile.TemporaryDirectory() as folder:
        # The name comes from outside: only how it ends is kept.
        place = Path(folder) / f"candidates{Path(name).suffix.lower()[:8]}"
        place.write_bytes(content)
        return read_candidates(place, "sites", crs=crs or None, datum=datum)


def _whole(connection: Connection, district_id: int, facts: dict[str, Any]) -> District:
    """District as the box around it: enough to see whether a list lies anywhere near."""
    crs = read_crs(connection, district_id)
    boundary = gpd.GeoDataFrame(
        {"name": [facts["name"]], "code": [None]},
        geometry=[shapely.box(*facts["bounds"])],
        crs=WGS84,
    )
    layers = {"boundary": conform(project(boundary, crs, "boundary"), "boundary")}
    return District(layers, crs, facts["timezone"])


def _plain(table: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    places = project(table[["geometry"]], WGS84, "candidates").geometry
    told = pd.DataFrame(table[["place_id", "name", "cost", "capacity"]])
    told["lon"], told["lat"] = places.x.round(_DIGITS), places.y.round(_DIGITS)
    return plain_rows(told)
