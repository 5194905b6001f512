"""Files of services from the database, in the scope of whoever asks."""

import datetime as dt
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any, NamedTuple

import geopandas as gpd
import pandas as pd
from sqlalchemy import Connection

from gridmap.errors import InputError
from gridmap.progress import Progress, silent
from gridmap.store import reads
from gridmap.store import service_results as kept
from gridmap.store import standards as kept_standards
from gridmap.store.jobs import DONE, read_job
from gridmap.store.result_shapes import read_result_shapes
from gridmap.store.scope import Scope
from gridmap.store.shapes import read_crs
from gridmap.studies.jobs import Wanted, begin_job
from gridmap.studies.service_export import write_service_layers
from gridmap.studies.service_facts import (
    MEASURES,
    ServiceFacts,
    gaps_of,
    gather_facts,
    judged_ratios,
)
from gridmap.studies.service_report import write_services

KINDS = ("docx", "xlsx", "png", "gpkg", "csv")
"""Kinds of files."""
EXPORT = "service_export"
"""Kind of the jobs that write a file."""
FEW_ROWS = 3_000
"""Rows of cells up to which a file without many pictures is written while the reader waits."""
_AT_ONCE = frozenset({"xlsx", "png", "gpkg", "csv"})
_LAYERS = ("service_areas", "catchments", "unserved")


class AskedFile(NamedTuple):
    """A file that is asked for.

    Attributes
    ----------
    kind : str
        One of :data:`KINDS`.
    type : str
        Type of site; empty for all.
    language : str
        Language of the reader.
    ribbon : str
        What is made up, in that language; empty where nothing is.
    """

    kind: str
    type: str
    language: str
    ribbon: str = ""

    @property
    def question(self) -> dict[str, str]:
        """What tells this file from others, as the address has it."""
        told = {"kind": self.kind, "type": self.type, "language": self.language}
        return {name: text for name, text in told.items() if text}


def is_long(connection: Connection, district_id: int, asked: AskedFile) -> bool:
    """Whether writing a file takes so long that it is done beside the request.

    Notes
    -----
    A document draws two pictures for every type; the others take time by their rows of cells.
    """
    types = 1 if asked.type else len(reads.read_summary(connection, district_id)["services"])
    cells = len(reads.read_cells(connection, district_id))
    return asked.kind not in _AT_ONCE or types * cells > FEW_ROWS


def export_services(
    connection: Connection, scope: Scope, district_id: int, asked: AskedFile
) -> bytes:
    """Write a file of services at once.

    Parameters
    ----------
    connection : Connection
        In the scope of the reader; the caller writes the audit log.
    scope : Scope
        Of the reader.
    district_id : int
        The district.
    asked : AskedFile
        What is wanted.

    Raises
    ------
    InputError
        If nothing was measured, or there is no such type.
    """
    return _write(read_facts(connection, scope, district_id, asked), asked)


def begin_export(connection: Connection, scope: Scope, district_id: int, asked: AskedFile) -> int:
    """Write a file beside the request; returns the number of the job.

    Raises
    ------
    InputError
        If nothing was measured, there is no such type, or too much is asked for at once.
    """
    _check(reads.read_summary(connection, district_id), asked)
    wanted = Wanted(
        EXPORT,
        asked.question,
        write_beside,
        lambda own: (read_facts(own, scope, district_id, asked), tuple(asked)),
    )
    return begin_job(connection.engine, scope, district_id, wanted)


def written_file(connection: Connection, district_id: int, job_id: int, kind: str) -> bytes:
    """File that a job of the reader wrote.

    Raises
    ------
    InputError
        If the job is about something else or not done.
    MissingLayerError
        If there is no such job of the reader.
    """
    job = read_job(connection, district_id, job_id)
    if job.kind != EXPORT or job.question.get("kind") != kind or job.state != DONE:
        raise InputError(
            f"Job {job_id} holds no {kind.upper()} of services: it is about something else or has "
            "not ended. Ask for the file again."
        )
    return b64decode(job.answer["file"])


def write_beside(
    facts: ServiceFacts, asked: tuple[str, ...], progress: Progress = silent
) -> dict[str, str]:
    """Write a file in a process of its own: plain values, the file in base 64."""
    return {"file": b64encode(_write(facts, AskedFile(*asked), progress)).decode()}


def read_facts(
    connection: Connection, scope: Scope, district_id: int, asked: AskedFile
) -> ServiceFacts:
    """Read what the files tell, in the scope of the reader.

    Raises
    ------
    InputError
        If nothing was measured, or there is no such type.
    """
    summary = reads.read_summary(connection, district_id)
    _check(summary, asked)
    district, crs = reads.read_district(connection, district_id), read_crs(connection, district_id)
    types = [asked.type] if asked.type else sorted(summary["services"])

    def shapes(name: str, **equal: str) -> gpd.GeoDataFrame:
        return read_result_shapes(connection, district_id, name, crs, **equal)

    measures = [f"{kind}.{name}" for kind in types for name in MEASURES]
    loads = _stacked(connection, district_id, types, "loads")
    made = gather_facts(
        reads.read_coverage(connection, district_id, measure=measures),
        summary["services"],
        _cells(connection, district_id, shapes("cells")),
        loads,
        register=shapes("sites", type=asked.type),
        only=asked.type,
        whole=scope.is_whole,
    )
    named = asked.kind == "gpkg"
    return ServiceFacts(
        district=district["name"],
        day=district["as_of"] or dt.datetime.now(dt.UTC).date(),
        whole=scope.is_whole,
        synthetic=tuple(district["synthetic"] or ()),
        curves=_stacked(connection, district_id, types, "curves") if scope.is_whole else _NO_CURVES,
        gaps=gaps_of(shapes("gaps", dimension="services"), asked.type),
        ratios=judged_ratios(kept_standards.read_results(connection, district_id)),
        layers={name: shapes(name, type=asked.type) for name in _LAYERS} if named else {},
        findings=(),
        **made,
    )


_NO_CURVES = pd.DataFrame({"type": [], "curve": [], "x": [], "y": []})


def _write(facts: ServiceFacts, asked: AskedFile, progress: Progress = silent) -> bytes:
    if asked.kind == "gpkg":
        return write_service_layers(facts)
    return write_services(facts, asked.kind, asked.language, asked.ribbon, progress)


def _check(summary: Mapping[str, Any], asked: AskedFile) -> None:
    measured = summary.get("services") or {}
    if not measured:
        raise InputError(
            "No service coverage was loaded for this district, so there is nothing to hand out. "
            "Load the results of gridmap cover first."
        )
    if asked.type and asked.type not in measured:
        raise InputError(
            f"There is no type '{asked.type[:40]}' here: expected one of "
            f"{', '.join(sorted(measured))}."
        )


def _cells(connection: Connection, district_id: int, cells: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    names = reads.read_cells(connection, district_id).set_index("cell_id")["community"]
    return cells.assign(community=names.reindex(cells["cell_id"]).to_numpy())


def _stacked(connection: Connection, district_id: int, types: list[str], what: str) -> pd.DataFrame:
    """Read loads or curves of some types, with the type beside them."""
    read = kept.read_loads if what == "loads" else kept.read_curves
    parts = [read(connection, district_id, kind).assign(type=kind) for kind in types]
    return pd.concat([one for one in parts if len(one)] or parts[:1], ignore_index=True)
