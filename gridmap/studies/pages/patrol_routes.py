"""The page of patrol routes: asked for as long work, shown as a map, a table and files."""

import datetime as dt
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from sqlalchemy import Connection

from gridmap.crs import WGS84, project
from gridmap.district import District
from gridmap.errors import InputError, MissingLayerError
from gridmap.progress import Progress, silent
from gridmap.schema import conform
from gridmap.store import patrol, reads
from gridmap.store import tables as t
from gridmap.store.jobs import DONE, Job, read_job
from gridmap.store.scope import Scope
from gridmap.store.shapes import read_crs, read_shapes
from gridmap.studies.jobs import Wanted, begin_job
from gridmap.studies.pages.listing import plain_rows
from gridmap.studies.plan_routes import plan_gaps, plan_tour
from gridmap.studies.route_files import RoutePlan, write_routes
from gridmap.studies.route_places import BASES

JOB = "patrol_routes"
"""Kind of the jobs that plan routes."""
KINDS, MODES = ("gaps", "tour"), ("foot", "bike", "car")
MOST_UNITS, LONGEST_MIN = 20, 720
FILES = {"gpx": "routes.gpx", "geojson": "routes.geojson"}
"""Files of a plan by kind."""
_FIELDS = ("kind", "units", "minutes", "begin", "on", "mode", "start", "community")
_SHAPES = ("cells", "roads", "sites")
_TABLES = ("requirements", "key_periods", "patrol_zones")
_SEARCH_S = 10.0
_DIGITS = 6


@dataclass(frozen=True)
class RouteQuestion:
    """What is asked of the planner of routes, as the form has it."""

    kind: str = "gaps"
    units: int = 2
    minutes: int = 240
    begin: str = "08:00"
    on: dt.date | None = None
    mode: str = "foot"
    start: str = ""
    community: str = ""

    @property
    def told(self) -> dict[str, str]:
        """Arguments of an address."""
        values = {name: getattr(self, name) for name in _FIELDS}
        return {name: str(value) for name, value in values.items() if value not in ("", None)}


def read_question(told: Mapping[str, str]) -> RouteQuestion:
    """Read what a form or an address asks.

    Raises
    ------
    InputError
        If something cannot be read, or is too much.

    Examples
    --------
    >>> read_question({"units": "3", "on": "2026-03-05"}).told["units"]
    '3'
    """
    usual = RouteQuestion()
    given = {name: told.get(name, "").strip() for name in _FIELDS}
    kind, mode = given["kind"] or usual.kind, given["mode"] or usual.mode
    if kind not in KINDS or mode not in MODES:
        raise InputError(
            f"Expected routes for {' or '.join(KINDS)}, on {', '.join(MODES)}; found '{kind[:20]}' "
            f"on '{mode[:20]}'. Choose from the lists."
        )
    begin = given["begin"] or usual.begin
    try:
        dt.time.fromisoformat(begin)
        on = dt.date.fromisoformat(given["on"]) if given["on"] else None
    except ValueError as error:
        raise InputError(
            f"Expected a time such as 08:00 and a day such as 2026-03-05; found '{begin[:20]}' and "
            f"'{given['on'][:20]}'."
        ) from error
    return RouteQuestion(
        kind,
        _count(given["units"], usual.units, MOST_UNITS, "units"),
        _count(given["minutes"], usual.minutes, LONGEST_MIN, "minutes"),
        begin,
        on,
        mode,
        given["start"],
        given["community"],
    )


def routes_page(
    connection: Connection, district_id: int, told: Mapping[str, str]
) -> dict[str, Any]:
    """Offer the choices; with the number of a job, tell how far it is, and what it found.

    Returns
    -------
    dict
        ``asked`` (a RouteQuestion), ``error``, ``next_day`` (the day after the last one judged),
        ``starts`` (sites units may start from), ``communities``, ``job`` (None without one) and
        ``found``: None, or the answer of :func:`plan_work` without its files.
    """
    page: dict[str, Any] = {"asked": RouteQuestion(), "error": "", "job": None, "found": None}
    try:
        page["asked"] = read_question(told)
    except InputError as error:
        page["error"] = str(error)
    page["next_day"] = _next_day(connection, district_id)
    places = reads.read_communities(connection, district_id)
    page["communities"] = plain_rows(places[["code", "name"]])
    sites = reads.read_sites(connection, district_id)
    page["starts"] = plain_rows(sites[sites["type"].isin(BASES)][["site_id", "name", "type"]])
    number = told.get("job", "")
    if number.isdecimal() and len(number) < 8:
        page["job"] = job = _own_job(connection, district_id, int(number))
        if job.state == DONE:
            page["found"] = {name: one for name, one in job.answer.items() if name != "files"}
    return page


def begin_routes(
    connection: Connection, scope: Scope, district_id: int, told: Mapping[str, str]
) -> Job:
    """Begin to plan routes; returns the job.

    Raises
    ------
    InputError
        If the question cannot be read, or too much is asked at once.
    """
    if not told.get("kind"):
        raise InputError("Nothing was asked: say what the routes are for, gaps or tour.")
    asked = read_question(told)
    if asked.on is None and asked.kind == "gaps":
        question = {**asked.told, "on": str(_next_day(connection, district_id))}
        asked = read_question(question)

    def read(own: Connection) -> tuple[Any, ...]:
        return (read_ground(own, district_id), _past(own, district_id), asked)

    wanted = Wanted(JOB, asked.told, plan_work, read)
    number = begin_job(connection.engine, scope, district_id, wanted)
    return read_job(connection, district_id, number)


def plan_work(
    district: District, past: pd.DataFrame, asked: RouteQuestion, progress: Progress = silent
) -> dict[str, Any]:
    """Plan routes, as plain values: what a job runs in a process of its own.

    Returns
    -------
    dict
        ``summary``, ``routes`` (unit, length_m, minutes, stops, start, end, line), ``stops``
        (unit, order, cell_id, window, arrive, leave, place), ``closes`` (missed windows that
        would be met, by status before and after), ``findings`` and ``files`` by kind.
    """
    starts = (asked.start,) if asked.start else ()
    cells = district["cells"]
    own = cells[cells["community_code"] == asked.community] if asked.community else cells[:0]
    names = tuple(own["cell_id"])
    if asked.kind == "tour":
        plan = plan_tour(
            district, asked.units, starts, mode=asked.mode, cells=names, progress=progress
        )
    else:
        plan = plan_gaps(
            district, asked.units, starts, minutes=float(asked.minutes), begin=asked.begin,
            on=asked.on, mode=asked.mode, cells=names, coverage=past, limit_s=_SEARCH_S,
            progress=progress,
        )  # fmt: skip
    return _tell(plan, district)


def route_file(connection: Connection, district_id: int, job_id: int, kind: str) -> str:
    """Text of a file of a plan that is done.

    Raises
    ------
    MissingLayerError
        If there is no such plan of the reader, or it is not done.
    """
    job = _own_job(connection, district_id, job_id)
    text = (job.answer or {}).get("files", {}).get(kind) if job.state == DONE else None
    if not text:
        raise MissingLayerError("There is no such file: the plan is not done, or holds no route.")
    return str(text)


def read_ground(connection: Connection, district_id: int) -> District:
    """District with what routes are planned from, as far as the scope goes.

    Raises
    ------
    MissingLayerError
        If there are no streets or no cells.
    """
    told = reads.read_district(connection, district_id)
    crs = read_crs(connection, district_id)
    layers: dict[str, Any] = {
        name: read_shapes(connection, district_id, name, crs) for name in _SHAPES
    }
    for name in ("cells", "roads"):
        if layers[name].empty:
            raise MissingLayerError(
                f"Routes need the layer '{name}'; this district has none. Load the district with "
                "it again."
            )
    for name in _TABLES:
        frame = reads.read_frame(connection, t.LAYERS[name].select())
        frame = frame[frame["district_id"] == district_id].reindex(
            columns=[one for one in frame.columns if one not in ("gid", "district_id")]
        )
        layers[name] = conform(frame, name)
    border = gpd.GeoDataFrame(
        {"name": [told["name"]], "code": [told["code"]]},
        geometry=[shapely.box(*told["bounds"])],
        crs=WGS84,
    )
    layers["boundary"] = conform(project(border, crs, "boundary"), "boundary")
    return District(layers, crs, told["timezone"])


def _past(connection: Connection, district_id: int) -> pd.DataFrame:
    return reads.read_coverage(connection, district_id, measure=patrol.PRESENCE)


def _own_job(connection: Connection, district_id: int, job_id: int) -> Job:
    job = read_job(connection, district_id, job_id)
    if job.kind != JOB:
        raise MissingLayerError(f"There is no plan of routes {job_id} of yours here.")
    return job


def _next_day(connection: Connection, district_id: int) -> dt.date:
    """Day after the last one that was judged; else the day of the district, else today."""
    windows = patrol.count_windows(connection, district_id)["window"]
    if len(windows):
        last = dt.date.fromisoformat(max(windows.str.rpartition("@")[2]))
        return last + dt.timedelta(days=1)
    told = reads.read_district(connection, district_id)
    day: dt.date = told["as_of"] or dt.datetime.now(dt.UTC).date()
    return day


def _count(text: str, usual: int, most: int, name: str) -> int:
    if not text:
        return usual
    if not (text.isascii() and text.isdecimal() and len(text) < 5 and 1 <= int(text) <= most):
        raise InputError(f"Expected {name} from 1 to {most}; found '{text[:20]}'.")
    return int(text)


def _tell(plan: RoutePlan, district: District) -> dict[str, Any]:
    expected = plan.expected
    closes = {}
    if len(expected):
        closed = expected[(expected["status"] == "met")]
        closes = {
            "due": len(expected),
            "met": len(closed),
            "partly": int((expected["status"] == "partly").sum()),
            "missed": int((expected["status"] == "missed").sum()),
            "weight_share": float(closed["weight"].sum() / expected["weight"].sum()),
        }
    names = district["cells"].set_index("cell_id")["name"]
    stops = plan.stops
    if "cell_id" in stops:
        stops = stops.assign(cell_name=stops["cell_id"].map(names).fillna(stops["cell_id"]))
    return {
        "kind": plan.kind,
        "summary": {name: _plain(value) for name, value in plan.summary.items()},
        "routes": _rows(plan.routes, "line"),
        "stops": _rows(stops, "place"),
        "closes": closes,
        "findings": [one.found for one in plan.findings],
        "files": {} if plan.is_empty else _files(plan, district),
    }


def _rows(frame: gpd.GeoDataFrame, shape: str) -> list[dict[str, Any]]:
    if frame.empty:
        return []
    lonlat = project(frame, WGS84, "routes")
    shapes = [shapely.get_coordinates(one).round(_DIGITS).tolist() for one in lonlat.geometry]
    rows = plain_rows(pd.DataFrame(lonlat.drop(columns="geometry")))
    return [
        {name: _plain(value) for name, value in row.items()} | {shape: line}
        for row, line in zip(rows, shapes, strict=True)
    ]


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _files(plan: RoutePlan, district: District) -> dict[str, str]:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "plan"
        write_routes(plan, district, folder)
        return {kind: (folder / name).read_text("utf-8") for kind, name in FILES.items()}
