"""The siting assistant: where the next sites should go, answered at once or as long work."""

import contextlib
import datetime as dt
import threading
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from gridmap.district import District
from gridmap.errors import GridmapError, InputError, MissingLayerError
from gridmap.plan.siting import Siting, choose_sites
from gridmap.plan.siting.problem import MCLP
from gridmap.progress import Progress
from gridmap.store import reads
from gridmap.store.jobs import DONE, Job, find_job, read_job
from gridmap.store.scope import Scope, scoped
from gridmap.store.shapes import read_crs, read_shapes
from gridmap.studies.jobs import Wanted, begin_job
from gridmap.studies.pages import scenario_ground as what_if
from gridmap.studies.pages.camera_ground import remember, version_of
from gridmap.studies.pages.listing import Listing, Order, list_rows, plain_rows
from gridmap.studies.pages.siting_list import read_list
from gridmap.studies.pages.siting_question import FIELDS, LIST, Asked, Fault, read_asked
from gridmap.studies.siting_ground import Ground, SitingQuestion, lay_ground
from gridmap.studies.siting_told import Plain, make_candidates, work_out_siting

PLAN = "siting_plan"
"""Kind of the jobs that work out a plan of sites."""
QUICK_S = 0.7
"""Seconds [s] for the choice, and again for the curve, within a request."""
LONG_S = 120.0
"""The same beside the page."""
_SMALL: Mapping[str, int] = {"cells": 600, "roads": 15_000, "population": 15_000}
"""Rows of a layer up to which a district is answered within the request."""
_MADE_ONCE = ("blocks", "landuse", "streets", "cells")


class _Desk(NamedTuple):
    """Who asks what, and where it is read."""

    connection: Connection
    scope: Scope
    district_id: int
    facts: Mapping[str, Any]
    asked: Asked

    @property
    def small(self) -> bool:
        counts = self.facts["counts"] or {}
        return all(counts.get(name, 0) <= most for name, most in _SMALL.items())

    @property
    def day(self) -> dt.date:
        day: dt.date | None = self.facts["as_of"]
        return day or dt.datetime.now(dt.UTC).date()

    def key(self, *what: object) -> tuple[Any, ...]:
        return (*what, *version_of(self.connection, self.scope, self.district_id))


def siting_page(
    connection: Connection,
    scope: Scope,
    district_id: int,
    order: Order,
    told: Mapping[str, str],
) -> dict[str, Any]:
    """Answer a question about new sites; without one, offer the choices.

    A small district is answered at once; what is not proved then, and everything about a large
    one, is worked out beside the page, which tells of that job.

    Parameters
    ----------
    connection : Connection
    scope : Scope
        Of the planner.
    district_id : int
    order : Order
        Of the table of cells.
    told : mapping of str to str
        Arguments of the address (:data:`FIELDS`).

    Returns
    -------
    dict
        ``types`` (with norm, its source and confidence, sites, share served), ``asked``,
        ``faults``, ``list`` (the list of candidates that is used, or None), ``kinds`` (of land
        use), ``job`` (or None), ``refused`` (why and detail, or None) and ``found``: None, or
        :func:`gridmap.studies.siting_told.tell_plan` with ``rows``, a Listing of its cells.
    """
    desk, page = _open_desk(connection, scope, district_id, told)
    page |= {"job": None, "found": None, "refused": None}
    if "objective" not in told or not told["objective"]:
        page["faults"] = []
        _lay_ahead(desk)
    elif not page["faults"]:
        page["job"], answer = _answer(desk, page["faults"])
        if answer is not None and "refused" in answer:
            page["refused"] = answer["refused"]
        elif answer is not None:
            page["found"] = answer | {"rows": _rows(answer["cells"], order)}
    return page


def plan_again(
    connection: Connection, scope: Scope, district_id: int, told: Mapping[str, str]
) -> int:
    """Begin to work a plan out beside the page, again where that was stopped; number of the job.

    Raises
    ------
    InputError
        If nothing that can be asked is asked, or too much at once.
    """
    desk = _asked_desk(connection, scope, district_id, told)
    return _begin(desk)


def siting_answer(
    connection: Connection, scope: Scope, district_id: int, told: Mapping[str, str]
) -> Plain:
    """Plan that the address asks for, to be written as a file.

    Raises
    ------
    InputError
        If nothing is asked, the question cannot be answered, or it is still being worked out.
    """
    desk = _asked_desk(connection, scope, district_id, told)
    _, answer = _answer(desk, [])
    if answer is None:
        raise InputError("The plan is still being worked out. Wait until the page shows it.")
    if "refused" in answer:
        raise InputError(answer["refused"]["detail"])
    return answer


def work_out(  # noqa: PLR0917  given by position, through a pipe
    layers: Mapping[str, Any],
    crs: str,
    timezone: str,
    question: SitingQuestion,
    candidates: gpd.GeoDataFrame | None,
    look: bool,
    progress: Progress,
) -> Plain:
    """Work a plan out in a process of its own."""
    district = District(dict(layers), CRS.from_user_input(crs), timezone)
    return work_out_siting(district, question, candidates, look=look, progress=progress)


def _open_desk(
    connection: Connection, scope: Scope, district_id: int, told: Mapping[str, str]
) -> tuple[_Desk, dict[str, Any]]:
    facts = reads.read_district(connection, district_id)
    types = _types(reads.read_summary(connection, district_id))
    norms = {one["type"]: float(one["norm_m"] or 0.0) for one in types}
    worst = min(
        (one for one in types if one["sites"] and one["served_share"] is not None),
        key=lambda one: one["served_share"],
        default=types[0] if types else None,
    )
    asked, faults = read_asked(told, norms, worst["type"] if worst else "")
    desk = _Desk(connection, scope, district_id, facts, asked)
    listed = None
    if asked.listed:
        try:
            listed = read_list(connection, district_id, asked.listed)
        except MissingLayerError:
            faults.append(Fault("list_gone", "source", str(asked.listed)))
    return desk, {
        "types": types,
        "asked": asked,
        "faults": faults,
        "list": listed,
        "kinds": _kinds(desk),
        "small": desk.small,
    }


def _asked_desk(
    connection: Connection, scope: Scope, district_id: int, told: Mapping[str, str]
) -> _Desk:
    desk, page = _open_desk(connection, scope, district_id, told)
    if not told.get("objective") or page["faults"]:
        wrong = ", ".join(one.field for one in page["faults"]) or "objective"
        raise InputError(f"Nothing was asked that can be planned; look at: {wrong}.")
    return desk


def _types(summary: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Facility types with the norm they are measured by, where it comes from, and how they do."""
    measured = summary.get("services") or {}
    rows = plain_rows(what_if.norms_of(summary)[["type", "norm_m", "source", "confidence"]])
    for row in rows:
        told = measured.get(row["type"]) or {}
        row["sites"] = told.get("sites") or 0
        row["served_share"] = told.get("served_share")
    return rows


def _kinds(desk: _Desk) -> list[str]:
    """Kinds of land use of the district, the most frequent first."""
    if not desk.small and desk.asked.source != "landuse":
        return []

    def make() -> list[str]:
        layer = read_shapes(desk.connection, desk.district_id, "landuse", crs)
        return [str(one) for one in layer["kind"].dropna().value_counts().index]

    crs = read_crs(desk.connection, desk.district_id)
    kinds: list[str] = remember(desk.key("kinds of land use"), make)
    return kinds


def _asked_words(asked: Asked) -> dict[str, str]:
    """Put a question into the words of an address, the same for the same question."""
    told = asdict(asked)
    told |= {"norm": told.pop("norm_m"), "apart": told.pop("apart_m"), "list": told.pop("listed")}
    words = {name: told[name] for name in FIELDS}
    words["look"] = "1" if asked.look else ""
    return {
        name: f"{value:g}" if isinstance(value, float) else str(value)
        for name, value in words.items()
        if value not in (None, "", 0, False)
    }


def _answer(desk: _Desk, faults: list[Fault]) -> tuple[Job | None, Plain | None]:
    """Job that works on it, if any, and the best answer there is so far."""
    version = desk.facts["version"]
    words = _asked_words(desk.asked)
    job = find_job(desk.connection, desk.district_id, PLAN, words, version)
    if job is not None and job.state == DONE:
        return job, dict(job.answer)
    answer = _quick(desk) if desk.small else None
    late = answer is not None and answer.get("refused", {}).get("why") == "time"
    if answer is not None and not late and (desk.asked.look or _settled(answer)):
        return None, answer
    if job is None:
        try:
            job = read_job(desk.connection, desk.district_id, _begin(desk))
        except InputError as error:
            faults.append(Fault("busy", "", str(error)))
    return job, None if late else answer


def _settled(answer: Plain) -> bool:
    """Whether more time would not change an answer."""
    return "refused" in answer or bool(answer["answer"]["proved"])


def _quick(desk: _Desk) -> Plain:
    """Answer within the request; ground and candidates are kept for the next question."""

    def make() -> Plain:
        try:
            district, ground = _open_ground(desk)
            candidates = _candidates(desk, district, ground)
        except (InputError, MissingLayerError) as error:
            return {"refused": {"why": "candidates", "detail": str(error)}}
        question = desk.asked.question(desk.day, QUICK_S)
        return work_out_siting(district, question, candidates, ground=ground, look=desk.asked.look)

    answer: Plain = remember(desk.key("siting plan", desk.asked), make)
    return answer


def _lay_ahead(desk: _Desk) -> None:
    """Lay the ground while the form is being filled in, so that the first answer comes at once."""
    if not desk.small:
        return
    engine = desk.connection.engine

    def lay() -> None:
        with (
            contextlib.suppress(GridmapError, SQLAlchemyError),
            scoped(engine, desk.scope) as connection,
        ):
            # A look measures all walks; the choice of one place from one loads the solver.
            _quick(desk._replace(connection=connection, asked=replace(desk.asked, look=True)))
            one = np.ones(1)
            choose_sites(Siting([[1.0]], one, MCLP, 2.0, np.zeros(1, dtype=bool), count=1))

    threading.Thread(target=lay, name="siting-ground", daemon=True).start()


def _open_ground(desk: _Desk) -> tuple[District, Ground]:
    def make() -> tuple[District, Ground]:
        district = _read(desk)
        return district, lay_ground(district, desk.day)

    opened: tuple[District, Ground] = remember(desk.key("siting ground"), make)
    return opened


def _read(desk: _Desk) -> District:
    district = what_if.read_layers(desk.connection, desk.district_id, desk.facts)
    communities = read_shapes(desk.connection, desk.district_id, "communities", district.crs)
    return district.with_layers(communities=communities) if len(communities) else district


def _candidates(desk: _Desk, district: District, ground: Ground) -> gpd.GeoDataFrame | None:
    asked = desk.asked
    if asked.source == LIST:
        return read_list(desk.connection, desk.district_id, asked.listed)["rows"]
    if asked.source not in _MADE_ONCE:
        return None
    kinds = asked.question(desk.day, 1.0).kinds

    def make() -> gpd.GeoDataFrame:
        return make_candidates(district, ground, asked.source, kinds)

    made: gpd.GeoDataFrame = remember(desk.key("candidates", asked.source, kinds), make)
    return made


def _begin(desk: _Desk) -> int:
    asked = desk.asked

    def read(connection: Connection) -> tuple[Any, ...]:
        there = desk._replace(connection=connection)
        listed = None
        if asked.source == LIST:
            listed = read_list(connection, desk.district_id, asked.listed)["rows"]
        district = _read(there)
        ground = (dict(district.layers), district.crs.to_wkt(), district.timezone)
        return *ground, asked.question(desk.day, LONG_S), listed, asked.look

    wanted = Wanted(PLAN, _asked_words(asked), work_out, read)
    return begin_job(desk.connection.engine, desk.scope, desk.district_id, wanted)


def _rows(cells: list[Plain], order: Order) -> Listing:
    """Cells that gain, lose or are not wholly served; those that gain most first."""
    names = ("cell_id", "name", "community", "people", "served_before", "served_after",
             "share_before", "share_after", "gained")  # fmt: skip
    table = pd.DataFrame(cells, columns=list(names))
    numbers = ["people", "served_before", "served_after", "share_before", "share_after", "gained"]
    table[numbers] = table[numbers].astype("float64")
    left = table["people"] - table["served_after"]
    shown = table[(np.abs(table["gained"]) > 0.05) | (left > 0.05)].assign(left=left)
    asked = order if order.sort else Order("gained", True, order.page)
    return list_rows(shown, asked)
