"""The staffing page: cells, rules, load of posts, absences, and a suggested assignment."""

import datetime as dt
import hashlib
import uuid
from io import BytesIO
from types import MappingProxyType
from typing import Any

import pandas as pd
from pyproj import CRS
from sqlalchemy import Connection

from gridmap.crs import project
from gridmap.district import District
from gridmap.errors import InputError
from gridmap.grid.balance import measure_balance
from gridmap.io.roster_template import SHEETS, write_template
from gridmap.plan.assignment import Assignment, suggest_posts
from gridmap.staffing import (
    answer_for,
    default_rules,
    duties_on,
    idle_posts,
    load_of_posts,
    measure_rules,
    sum_rules,
)
from gridmap.store import reads, rosters
from gridmap.store.audit import add_entry
from gridmap.store.findings import read_grid_figures
from gridmap.store.scope import Scope
from gridmap.studies.assignment import home_of_posts, load_of_cells, main_role
from gridmap.studies.pages.listing import Order, list_rows, plain_rows
from gridmap.studies.rosters import ROLES, places_of

MEASURE, _POSTS = "staffing.accountable", "staffing.posts"
TABS = ("cells", "rules", "load", "absences", "suggestion", "import")
"""Parts of the page."""
LOADS = ("households", "population", "street_m", "cells")
"""What a suggestion on the page can spread."""
TIME_LIMIT_S = 8.0


def staffing_page(
    connection: Connection,
    district_id: int,
    order: Order,
    *,
    on: dt.date | None = None,
    tab: str = "cells",
    by: str = "",
    role: str = "",
) -> dict[str, Any]:
    """One part of the page of staffing, with what its first line says.

    Returns
    -------
    dict
        ``summary``, ``own`` (cells with one accountable post of their own), ``cells``, ``tab``,
        and for the part: ``rows`` (a Listing) and what goes with it.
    """
    summary = reads.read_summary(connection, district_id)
    rows = _cells(connection, district_id)
    page: dict[str, Any] = {
        "summary": summary.get("staffing"),
        "own": int((rows["status"] == "met").sum()),
        "cells": len(rows),
        "tab": tab if tab in TABS else "cells",
        "on": on,
    }
    if page["tab"] == "import":
        return page
    if page["tab"] == "cells" or on is None:
        return page | {"tab": "cells", "rows": list_rows(rows, order, ["status", "name"])}
    district = read_roster_district(connection, district_id)
    if page["tab"] == "rules":
        return page | _rules(district, on, order)
    if page["tab"] == "load":
        return page | _load(district, on, order, street_metres(connection, district_id))
    if page["tab"] == "absences":
        return page | _absences(district, on, order)
    return page | _suggestion(connection, district_id, district, on, order, by=by, role=role)


def read_roster_district(connection: Connection, district_id: int) -> District:
    """District of the database with what staffing needs, without outlines."""
    facts = reads.read_district(connection, district_id)
    layers: dict[str, Any] = {
        name: rosters.read_layer(connection, district_id, name)
        for name in ("posts", "duties", "absences", "staff_rules")
    }
    layers["cells"] = reads.read_cells(connection, district_id)
    layers["communities"] = reads.read_communities(connection, district_id)
    sites = reads.read_sites(connection, district_id)
    days = {name: pd.to_datetime(sites[name]) for name in ("opened_on", "closed_on")}
    layers["sites"] = sites.assign(**days, proposed=sites["proposed"].astype("boolean"))
    layers["boundary"] = pd.DataFrame({"name": [facts["name"]], "code": [facts["code"]]})
    crs = CRS.from_user_input(facts["crs"])
    return District(MappingProxyType(layers), crs, facts["timezone"])


def write_roster_template(connection: Connection, district_id: int, *, filled: bool) -> bytes:
    """Workbook of posts, duties and absences to fill in; with the rows in scope if asked for."""
    district = read_roster_district(connection, district_id)
    target = BytesIO()
    write_template(
        target,
        places=places_of(district),
        posts=district["posts"]["post_id"],
        roles={*ROLES, *district["posts"]["role"]},
        filled={name: district[name] for name in SHEETS} if filled else None,
    )
    return target.getvalue()


def enter_absence(
    connection: Connection,
    scope: Scope,
    district_id: int,
    post_id: str,
    days: tuple[dt.date, dt.date | None],
    *,
    stand_in: str = "",
    reason: str = "",
) -> None:
    """Enter an absence; the change and its audit entry go together.

    Raises
    ------
    InputError, ScopeError
        As :func:`gridmap.store.rosters.add_absence`.
    """
    start, back = days
    rosters.add_absence(
        connection,
        district_id,
        post_id,
        start,
        back,
        stand_in=stand_in or None,
        reason=reason or None,
    )
    add_entry(connection, scope, "add_absence", district_id=district_id, post=post_id)


def finish_absence(
    connection: Connection, scope: Scope, district_id: int, absence_id: str, back_on: dt.date
) -> None:
    """End an absence on the day the post is back, with its audit entry.

    Raises
    ------
    InputError
        If the number of the absence cannot be read.
    ScopeError
        If the reader may not end it.
    """
    try:
        number = uuid.UUID(absence_id)
    except ValueError as error:
        raise InputError("This absence is not known. Reload the page and try again.") from error
    rosters.end_absence(connection, district_id, number, back_on)
    add_entry(connection, scope, "end_absence", district_id=district_id)


def apply_suggestion(
    connection: Connection,
    scope: Scope,
    district_id: int,
    on: dt.date,
    start: dt.date,
    *,
    by: str,
    role: str,
    seen: str,
) -> int:
    """Write the suggested duties from a day on; cells that changed hands.

    Parameters
    ----------
    connection : Connection
        In the scope of a planner of the whole district.
    scope : Scope
        Who applies it.
    district_id : int
    on, start : date
        Day whose duties the suggestion starts from, first day of the new ones.
    by, role : str
        As the page showed it.
    seen : str
        Mark of the suggestion the planner looked at; another one is not written.

    Raises
    ------
    InputError
        If the suggestion is no longer the one that was looked at.
    """
    district = read_roster_district(connection, district_id)
    found, _, _ = suggest_here(connection, district_id, district, on, by=by, role=role)
    if mark_of(found) != seen:
        raise InputError(
            "Posts or duties have changed since this suggestion was made, or it could not be made "
            "again alike; nothing was written. Look at the new suggestion, then apply it."
        )
    moved = found.cells[found.cells["changed"]].reset_index()
    able = {*found.posts.index, *moved["before"].dropna()}
    now = duties_on(district["duties"], start)
    leading = now[now["accountable"].fillna(False) & now["cell_id"].isin(moved["cell_id"])]
    ended = leading[leading["post_id"].isin(list(able))][["post_id", "cell_id"]]
    rosters.apply_duties(connection, district_id, ended, moved, start)
    add_entry(
        connection, scope, "apply_duties", district_id=district_id, cells=len(moved),
        start=start.isoformat(),
    )  # fmt: skip
    return len(moved)


def suggest_here(
    connection: Connection,
    district_id: int,
    district: District,
    on: dt.date,
    *,
    by: str = "",
    role: str = "",
) -> tuple[Assignment, str, str]:
    """Suggestion for the cells in scope, with the role and the load it is about."""
    outlines = rosters.read_outlines(connection, district_id)
    cells = project(outlines, district.crs, "cells")
    now = duties_on(district["duties"], on)
    leading = now[now["accountable"].fillna(False) & now["cell_id"].isin(cells["cell_id"])]
    chosen = role or main_role(district["posts"], leading)
    able = district["posts"]["post_id"][district["posts"]["role"] == chosen]
    homes = home_of_posts(able, now, cells)
    answering = leading[leading["post_id"].isin(able)].groupby("cell_id")["post_id"].min()
    load = (
        street_metres(connection, district_id).reindex(cells["cell_id"], fill_value=0.0)
        if by == "street_m"
        else load_of_cells(district, cells, by if by in LOADS else "")
    )
    found = suggest_posts(cells, load, homes, answering, time_limit_s=TIME_LIMIT_S)
    return found, chosen, by if by in LOADS else ""


def mark_of(found: Assignment) -> str:
    """Short mark of a suggestion: the same for the same duties."""
    text = "\n".join(f"{cell} {post}" for cell, post in found.cells["post_id"].items())
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _cells(connection: Connection, district_id: int) -> pd.DataFrame:
    figures = reads.read_coverage(connection, district_id, measure=(MEASURE, _POSTS))
    rows = figures[figures["measure"] == MEASURE].set_index("cell_id")
    posts = figures[figures["measure"] == _POSTS].set_index("cell_id")["value"]
    cells = reads.read_cells(connection, district_id).set_index("cell_id")["name"]
    return rows.assign(
        posts=posts.reindex(rows.index),
        name=cells.reindex(rows.index).fillna(rows.index.to_series()),
    ).reset_index()


def _rules(district: District, on: dt.date, order: Order) -> dict[str, Any]:
    own = "staff_rules" in district
    measured = measure_rules(district, on, None if own else default_rules())
    short = measured[measured["status"] != "met"]
    # A row of a community has no cell to point at on the map.
    cell = short["place_id"].where(short["scope"] == "cell")
    return {
        "own_rules": own,
        "rules": plain_rows(sum_rules(measured)),
        "short": len(short),
        "rows": list_rows(short.assign(cell_id=cell), order, ["status", "scope", "place_id"]),
    }


def street_metres(connection: Connection, district_id: int) -> pd.Series:
    """Length of street in each cell in scope [m], as the grid page tells it."""
    figures = read_grid_figures(connection, district_id)
    mine = figures[figures["measure"] == "street_m"].set_index("cell_id")
    return mine["value"].astype("float64")


def _load(district: District, on: dt.date, order: Order, street_m: pd.Series) -> dict[str, Any]:
    answers = answer_for(district["cells"], district["duties"], on, district["absences"])
    load = load_of_posts(answers, district["cells"], street_m)
    known = ("cells", "households", "population", "street_m", "events")
    shown = [name for name in known if name in load and load[name].notna().any()]
    roles = district["posts"].set_index("post_id")[["role", "organisation"]]
    table = load.join(roles).reset_index()
    typical = table["households"].mean()
    table["of_mean"] = table["households"] / typical if typical else float("nan")
    even = measure_balance(load[shown].astype(float)).rename_axis("load").reset_index()
    idle = idle_posts(district["posts"], district["duties"], on)
    falling = Order(order.sort or "households", order.descending or not order.sort, order.page)
    return {
        "balance": plain_rows(even),
        "shown": shown,
        "idle": idle,
        "heaviest": float(table["households"].max()) if len(table) else 0.0,
        "rows": list_rows(table, falling, ["households"]),
    }


def _absences(district: District, on: dt.date, order: Order) -> dict[str, Any]:
    away, day = district["absences"], pd.Timestamp(on)
    roles = district["posts"].set_index("post_id")["role"]
    ended = away["to"].notna() & (away["to"] <= day)
    table = away[~ended].assign(
        role=away["post_id"].map(roles),
        begun=away["from"] <= day,
        absence_id=away["absence_id"].astype(str) if len(away) else "",
    )
    return {
        "rows": list_rows(table, order, ["from", "post_id"]),
        "posts": district["posts"]["post_id"].tolist(),
        "away": int(table["begun"].sum()),
        "uncovered": int((table["begun"] & table["stand_in_post_id"].isna()).sum()),
    }


def _suggestion(
    connection: Connection,
    district_id: int,
    district: District,
    on: dt.date,
    order: Order,
    **asked: str,
) -> dict[str, Any]:
    roles = sorted(district["posts"]["role"].dropna().unique())
    try:
        found, role, by = suggest_here(connection, district_id, district, on, **asked)
    except InputError as error:
        return {
            "found": None,
            "roles": roles,
            "loads": LOADS,
            "why": str(error),
            "role": "",
            "by": "",
        }
    names = district["cells"].set_index("cell_id")["name"]
    table = found.cells.reset_index()
    table["name"] = table["cell_id"].map(names).fillna(table["cell_id"])
    return {
        "found": {
            "value": found.value,
            "bound": found.bound,
            "gap": found.gap,
            "proved": found.proved,
            "together": bool(found.posts["together"].all()),
            "changed": found.changed,
            "communities": len(found.communities),
            "proved_communities": int(found.communities["proved"].sum()),
            "before": {str(k): v for k, v in found.balance.loc["before"].items()},
            "after": {str(k): v for k, v in found.balance.loc["after"].items()},
            "findings": [str(one) for one in found.findings],
            "mark": mark_of(found),
        },
        "roles": roles,
        "role": role,
        "loads": LOADS,
        "by": by,
        "rows": list_rows(table[table["changed"]], order, ["community_code", "cell_id"]),
    }
