"""Command: plan routes of patrols."""

import argparse
from pathlib import Path
from typing import Any

from gridmap.cli.terminal import Bar, print_findings, read_day


def register_routes(tasks: "argparse._SubParsersAction[Any]") -> None:
    """Add ``gridmap plan routes``."""
    command = tasks.add_parser(
        "routes",
        help="where patrols go next: visits that close gaps, or a tour over every street",
        description="Plan routes for one shift: visits that close due windows (gaps), "
        "or a short tour over every street (tour).",
    )
    command.add_argument("district", metavar="DISTRICT", help="district file or folder with cells")
    command.add_argument("--kind", choices=("gaps", "tour"), default="gaps", help="(gaps)")
    command.add_argument("--units", type=int, default=1, metavar="N", help="units that walk (1)")
    command.add_argument(
        "--start",
        action="append",
        default=[],
        metavar="PLACE",
        help="where they start and end: id of a site or lon,lat; several by repeating",
    )
    command.add_argument("--mode", choices=("foot", "bike", "car"), default="foot")
    command.add_argument("--cell", action="append", default=[], metavar="ID", help="only this cell")
    command.add_argument("-o", "--output", required=True, metavar="FOLDER", help="where to write")
    _add_shift(command)
    command.set_defaults(run=_routes)


def _add_shift(command: argparse.ArgumentParser) -> None:
    some = command.add_argument_group("the shift (gap routes)")
    some.add_argument("--minutes", type=float, default=240.0, metavar="M", help="its length (240)")
    some.add_argument("--begin", default="08:00", metavar="HH:MM", help="local time (08:00)")
    some.add_argument("--at", metavar="DAY", help="local day (the day after the last shift)")
    some.add_argument("--coverage", metavar="FOLDER", help="what 'gridmap cover' wrote before")
    some.add_argument("--most-visits", type=int, default=250, metavar="N", help="weighed (250)")
    some.add_argument("--time-limit-s", type=float, default=10.0, metavar="S", help="search (10)")
    some.add_argument("--seed", type=int, default=0, metavar="N", help="of the search (0)")


def _routes(told: argparse.Namespace) -> int:
    from gridmap.io.districts import read_district
    from gridmap.io.files import check_output
    from gridmap.studies.plan_routes import plan_gaps, plan_tour
    from gridmap.studies.route_files import write_routes

    day = read_day(told.at, "--at") if told.at else None
    check_output(told.output)
    with Bar() as progress:
        progress("reading", 0, 0)
        district = read_district(told.district)
        district = district.on(day or district.today())
        shared = {"mode": told.mode, "cells": tuple(told.cell), "progress": progress}
        if told.kind == "tour":
            plan = plan_tour(district, told.units, told.start, **shared)
        else:
            plan = plan_gaps(
                district,
                told.units,
                told.start,
                minutes=told.minutes,
                begin=told.begin,
                on=day,
                coverage=Path(told.coverage) if told.coverage else None,
                most=told.most_visits,
                limit_s=told.time_limit_s,
                seed=told.seed,
                **shared,
            )
        if not plan.is_empty:
            progress("writing", 0, 0)
            write_routes(plan, district, told.output)
    print_findings(plan.findings)
    print("\n".join(_headline(plan, told.output)))
    return 0


def _headline(plan: Any, output: str) -> list[str]:
    facts = plan.summary
    if plan.is_empty:
        why = "no window due in this shift needs a visit" if not facts["due"] else "no visit fits"
        return [f"nothing to do: {why}; nothing written"]
    walked = f"{facts['length_m'] / 1000:.1f} km, {facts['minutes']:.0f} min"
    written = f"written   {output} (routes.gpx, routes.geojson, plan.json)"
    if plan.kind == "tour":
        proof = "no shorter tour exists" if facts["exact"] else "not proved shortest"
        return [
            f"tour      {walked} for {len(plan.routes)} units; {facts['streets_m'] / 1000:.1f} km "
            f"of streets, {facts['repeated_m'] / 1000:.1f} km walked again; {proof}",
            written,
        ]
    expected = facts["expected"]
    return [
        f"routes    {len(plan.routes)} of {facts['units']} units, {facts['visits']} visits, "
        f"{walked}",
        f"closes    {expected['met']} of {facts['due']} gaps, {expected['partly']} in part, "
        f"{expected['missed']} stay (planned stays alone; a good plan, not proved best)",
        written,
    ]
