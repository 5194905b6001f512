"""Plan routes for a district: what ``gridmap plan routes`` and the page of routes ask for."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.district import District
from gridmap.errors import InputError, name_ids
from gridmap.io.results import read_table
from gridmap.patrol import measure_patrol
from gridmap.patrol.keyperiods import to_utc
from gridmap.patrol.regimes import asked_of
from gridmap.patrol.requirements import Period, due_windows, judged_period
from gridmap.plan.options import area_of
from gridmap.plan.routes.gap_routes import MOST_VISITS, GapPlan, plan_gap_routes
from gridmap.plan.routes.tours import cover_streets, network_graph, shortest_way, split_tour
from gridmap.plan.routes.ways import Ways, lay_ways
from gridmap.progress import Progress, silent
from gridmap.schema import Finding
from gridmap.studies.route_files import RoutePlan
from gridmap.studies.route_places import point_of, start_points
from gridmap.units import SNAP_FINDING_M

_DEFICIT = {"met": 0.0, "partly": 0.5, "unknown": 0.5, "missed": 1.0}


def plan_gaps(
    district: District,
    units: int = 1,
    starts: Sequence[str] = (),
    *,
    minutes: float = 240.0,
    begin: str = "08:00",
    on: date | None = None,
    mode: str = "foot",
    cells: Sequence[str] = (),
    coverage: Path | pd.DataFrame | None = None,
    most: int = MOST_VISITS,
    limit_s: float = 10.0,
    seed: int = 0,
    progress: Progress = silent,
) -> RoutePlan:
    """Plan gap routes for one shift of one day.

    Parameters
    ----------
    district : District
        With cells, roads and requirements; shifts and fixes where it has them.
    units : int
        How many units walk.
    starts : sequence of str
        Where they start and end: site ids or ``lon,lat``; units take them in turn. Default: police
        rooms and stations, else the middle of the district.
    minutes : float
        Length of the shift [min].
    begin : str
        Local time at which it begins.
    on : date, optional
        Local day; default the day after the last shift, else today.
    mode : {"foot", "bike", "car"}
        How units move.
    cells : sequence of str
        Only gaps of these cells; default all.
    coverage : Path or DataFrame, optional
        Folder of an earlier ``gridmap cover``, or rows of its coverage table; default: patrols are
        measured now.
    most : int
        Visits weighed at most.
    limit_s : float
        Time to search [s].
    seed : int
        Of the search.
    progress : Progress
        Told of each stage; what it raises ends the work.

    Returns
    -------
    RoutePlan
        Empty where nothing is due, or all that is due was met before.

    Raises
    ------
    InputError
        Without units, with an unknown start, or one off the network.

    Notes
    -----
    A window due on the day is a gap by how it went before: missed 1, partly or unknown ½, met 0,
    on average over the days judged; 1 if it never was due. Gaps of 0 ask for no visit.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> plan = plan_gaps(toy_district(), begin="08:00", limit_s=0.1)
    >>> plan.summary["due"], plan.summary["expected"]["met"], len(plan.routes)
    (2, 2, 1)
    """
    _check_units(units, minutes)
    district.needs("cells", "roads", "requirements")
    day = on or _next_day(district)
    due, findings = _due_on(district, day, cells, coverage, progress)
    from_utc = _moment(day, begin, district.timezone)
    seconds = {
        f"{name}_s": ((due[name] - from_utc) / pd.Timedelta(seconds=1)).astype("float64")
        for name in ("start", "end")
    }
    due = due.assign(**seconds)
    within = (due["end_s"] > 0) & (due["start_s"] < minutes * 60) & (due["deficit"] > 0)
    due = due[within].reset_index(drop=True)
    if due.empty:
        return _nothing_to_do(district, day, findings)
    progress("routes: ways", 0, 0)
    ways = lay_ways(district["roads"], mode)
    plan = plan_gap_routes(
        ways,
        district["cells"],
        due,
        start_points(district, starts, units),
        from_s=0.0,
        until_s=minutes * 60,
        mode=mode,
        most=most,
        limit_s=limit_s,
        seed=seed,
        progress=progress,
    )
    facts = {"units": units, "mode": mode}
    return _gap_result(district, plan, due, from_utc, findings=findings, facts=facts)


def plan_tour(
    district: District,
    units: int = 1,
    starts: Sequence[str] = (),
    *,
    mode: str = "foot",
    cells: Sequence[str] = (),
    progress: Progress = silent,
) -> RoutePlan:
    """Plan a tour over every street of the district or of some cells, cut into one piece per unit.

    Parameters
    ----------
    district : District
        With roads; with cells where ``cells`` names some.
    units : int
        How many units share the tour.
    starts : sequence of str
        Where it starts and ends: the first site id or ``lon,lat``; default a corner of its own.
    mode : {"foot", "bike", "car"}
        How units move. Tours use streets both ways.
    cells : sequence of str
        Only streets whose middle lies in these cells.
    progress : Progress
        Told of each stage; what it raises ends the work.

    Returns
    -------
    RoutePlan

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> plan = plan_tour(toy_district())
    >>> plan.summary["streets_m"], plan.summary["repeated_m"], plan.summary["exact"]
    (1600.0, 800.0, True)
    """
    _check_units(units, 1.0)
    district.needs("roads")
    progress("tour: ways", 0, 0)
    ways = lay_ways(district["roads"], mode)
    network = ways.network
    wanted = _edges_in(district, ways, cells)
    start = _start_node(district, ways, starts)
    tour = cover_streets(network.xy, network.ends, wanted, start, progress)
    pieces = split_tour(tour, network.xy, units)
    graph = network_graph(network.xy, network.ends)
    home = int(tour.nodes[0])
    rows = []
    for number, piece in enumerate(pieces, 1):
        out = shortest_way(graph, home, int(piece[0]))[:-1]
        back = shortest_way(graph, int(piece[-1]), home)[1:]
        line = shapely.LineString(network.xy[[*out, *piece, *back]])
        rows.append((number, line.length, line.length / ways.speed_mps / 60, 0, line))
    frame = pd.DataFrame(rows, columns=["unit", "length_m", "minutes", "stops", "geometry"])
    routes = gpd.GeoDataFrame(frame, geometry="geometry", crs=district.crs)
    summary = {
        "kind": "tour",
        "district": district.name,
        "synthetic": list(district.synthetic_layers),
        "units": len(pieces),
        "mode": mode,
        "streets_m": tour.streets_m,
        "repeated_m": tour.repeated_m,
        "joined_m": tour.joined_m,
        "air_m": tour.air_m,
        "parts": tour.parts,
        "exact": tour.exact,
        "length_m": float(routes["length_m"].sum()),
        "minutes": float(routes["minutes"].sum()),
    }
    return RoutePlan("tour", routes, _no_stops(district), pd.DataFrame(), summary, _joined(tour))


def _check_units(units: int, minutes: float) -> None:
    if units < 1:
        raise InputError(f"Expected at least one unit to walk; found {units}. Give --units 1.")
    if not minutes > 0:
        raise InputError(f"Expected a shift of more than 0 minutes; found {minutes:g}.")


def _next_day(district: District) -> date:
    if "shifts" not in district:
        return district.today()
    return judged_period(district["shifts"], district.timezone).last + timedelta(days=1)


def _moment(day: date, clock: str, timezone: str) -> pd.Timestamp:
    try:
        local = pd.Timestamp(f"{day.isoformat()} {clock}")
    except ValueError as error:
        raise InputError(f"--begin expects a local time such as 08:00, found '{clock}'.") from error
    moment: pd.Timestamp = to_utc(pd.Series([local]), timezone).iloc[0]
    return moment


def _due_on(
    district: District,
    day: date,
    cells: Sequence[str],
    coverage: Path | pd.DataFrame | None,
    progress: Progress,
) -> tuple[pd.DataFrame, list[Finding]]:
    asked, key_periods, weights = asked_of(district)
    ids = district["cells"]["cell_id"]
    stray = sorted(set(cells) - set(ids))
    if stray:
        raise InputError(f"No such cell: {name_ids(stray)}. See the layer 'cells' for its ids.")
    # Two days, so that a window across midnight still lies within what is asked about.
    days = Period(day, day + timedelta(days=1), district.timezone)
    due, findings = due_windows(asked, ids, days, key_periods, weights)
    due = due[due["window"].str.endswith(f"@{day.isoformat()}")]
    if cells:
        due = due[due["cell_id"].isin(cells)]
    named = due["cell_id"] + "\n" + due["window"].str.rsplit("@", n=1).str[0]
    deficit = named.map(_past_deficit(district, coverage, progress)).astype("float64").fillna(1.0)
    return due.assign(deficit=deficit, cell=pd.Index(ids).get_indexer(due["cell_id"])).reset_index(
        drop=True
    ), findings


def _past_deficit(
    district: District, coverage: Path | pd.DataFrame | None, progress: Progress
) -> pd.Series:
    """How far each (cell, name of window) fell short on the days judged, from 0 to 1."""
    if isinstance(coverage, pd.DataFrame):
        rows = coverage
    elif coverage is not None:
        rows = read_table(Path(coverage) / "coverage.parquet")
    elif "shifts" in district:
        rows = measure_patrol(district, progress=progress).rows
    else:
        return pd.Series(dtype="float64")
    rows = rows[(rows["measure"] == "patrol.presence") & rows["status"].isin(list(_DEFICIT))]
    named = rows["cell_id"].astype("str") + "\n" + rows["window"].str.rsplit("@", n=1).str[0]
    short = rows["status"].astype("str").map(_DEFICIT).astype("float64")
    return short.groupby(named.to_numpy()).mean()


def _gap_result(
    district: District,
    plan: GapPlan,
    due: pd.DataFrame,
    from_utc: pd.Timestamp,
    *,
    findings: list[Finding],
    facts: dict[str, Any],
) -> RoutePlan:
    def moment(seconds: pd.Series) -> pd.Series:
        return from_utc + pd.to_timedelta(seconds.astype("float64"), unit="s")

    lines, stops = plan.lines, plan.stops
    routes = gpd.GeoDataFrame(
        {
            "unit": lines["unit"] + 1,
            "length_m": lines["length_m"],
            "minutes": (lines["end_s"] - lines["start_s"]) / 60,
            "stops": lines["stops"],
            "start": moment(lines["start_s"]),
            "end": moment(lines["end_s"]),
        },
        geometry=list(lines["geometry"]),
        crs=district.crs,
    )
    told = gpd.GeoDataFrame(
        {
            "unit": stops["unit"] + 1,
            "order": stops["order"],
            "cell_id": due["cell_id"].to_numpy()[stops["due"]],
            "window": due["window"].to_numpy()[stops["due"]],
            "arrive": moment(stops["from_s"]),
            "leave": moment(stops["until_s"]),
        },
        geometry=list(stops["geometry"]),
        crs=district.crs,
    )
    columns = ["cell_id", "window", "weight", "deficit"]
    expected = pd.concat([due[columns], plan.expected], axis=1)
    counts = expected["status"].value_counts()
    summary = {
        "kind": "gaps",
        "district": district.name,
        **facts,
        "start": from_utc.isoformat(),
        "due": len(due),
        "expected": {name: int(counts.get(name, 0)) for name in ("met", "partly", "missed")},
        "visits": len(told),
        "left_out": plan.left_out,
        "length_m": float(routes["length_m"].sum()),
        "minutes": float(routes["minutes"].sum()),
        "feasible": plan.feasible,
        "proved": False,
        "synthetic": list(district.synthetic_layers),
    }
    return RoutePlan("gaps", routes, told, expected, summary, findings)


def _nothing_to_do(district: District, day: date, findings: list[Finding]) -> RoutePlan:
    summary = {"kind": "gaps", "district": district.name, "day": f"{day}", "due": 0}
    none = gpd.GeoDataFrame({"unit": []}, geometry=[], crs=district.crs)
    return RoutePlan("gaps", none, _no_stops(district), pd.DataFrame(), summary, findings)


def _no_stops(district: District) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"unit": [], "order": []}, geometry=[], crs=district.crs)


def _edges_in(district: District, ways: Ways, cells: Sequence[str]) -> np.ndarray:
    network = ways.network
    if not cells:
        return np.ones(len(network.ends), dtype=bool)
    area = area_of(district, tuple(cells))
    shapely.prepare(area)
    middle = shapely.points(network.xy[network.ends].mean(axis=1))
    return np.asarray(shapely.intersects(area, middle))


def _start_node(district: District, ways: Ways, starts: Sequence[str]) -> int | None:
    if not starts:
        return None
    point = point_of(district, starts[0])
    main = np.flatnonzero(ways.network.component == 0)
    xy = ways.network.xy[main]
    far = np.hypot(xy[:, 0] - point.x, xy[:, 1] - point.y)
    if far.min() > SNAP_FINDING_M:
        raise InputError(
            f"The start '{starts[0]}' lies {far.min():.0f} m off the network; at most "
            f"{SNAP_FINDING_M:.0f} m are allowed. Choose a place beside a street."
        )
    return int(main[np.argmin(far)])


def _joined(tour: Any) -> list[Finding]:
    if tour.parts < 2:
        return []
    text = (
        f"the streets to cover lie in {tour.parts} parts; they were joined by "
        f"{tour.joined_m:.0f} m, {tour.air_m:.0f} m of them straight lines without a way"
    )
    remedy = "Look at the straight lines on the map: a unit has to find its own way there."
    return [Finding("streets_in_parts", "warning", "roads", (), text, remedy)]
