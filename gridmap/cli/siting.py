"""Commands: plan sites."""

import argparse
from typing import Any

from gridmap.cli.terminal import Bar, print_findings, read_day


def register(tasks: "argparse._SubParsersAction[Any]") -> None:
    """Add ``gridmap plan sites``."""
    command = tasks.add_parser(
        "sites",
        help="where new service sites should stand",
        description="Choose sites by people and their walks; every answer shows its bound and gap.",
    )
    command.add_argument("district", metavar="DISTRICT", help="district file or folder with cells")
    command.add_argument("--type", required=True, metavar="TYPE", help="type of site")
    command.add_argument(
        "--objective",
        required=True,
        choices=("lscp", "mclp", "p-median", "p-center"),
        help="fewest sites, most people within the norm, least walking, least farthest walk",
    )
    command.add_argument("--norm-m", type=float, required=True, metavar="M", help="walk [m]")
    command.add_argument("--count", type=int, metavar="K", help="new sites at most")
    command.add_argument("--budget", type=float, metavar="B", help="cost of new sites at most")
    _add_candidates(command)
    _add_limits(command)
    command.add_argument(
        "--time-limit-s", type=float, default=60.0, metavar="S", help="for the choice (60)"
    )
    command.add_argument("--at", metavar="DAY", help="sites open on this day (today)")
    command.add_argument(
        "--frontier", type=int, metavar="N", help="coverage for 0 to N new sites; 0: none"
    )
    command.add_argument("--plan-only", action="store_true", help="no coverage before and after")
    command.add_argument("-o", "--output", required=True, metavar="FOLDER", help="where to write")
    command.set_defaults(run=_sites)


def _add_candidates(command: argparse.ArgumentParser) -> None:
    some = command.add_argument_group("where sites can stand")
    some.add_argument("--candidates", metavar="FILE", help="places, with cost and capacity")
    some.add_argument("--crs", metavar="EPSG", help="of coordinates that declare none")
    some.add_argument("--datum", choices=("wgs84", "cgcs2000", "gcj02", "bd09"))
    some.add_argument(
        "--from",
        dest="source",
        default="blocks",
        choices=("blocks", "landuse", "streets", "cells", "sites"),
        help="made of street blocks (default), land use, crossings, cells or sites of other types",
    )
    some.add_argument(
        "--kind", action="append", default=[], metavar="KIND", help="of land use or of sites"
    )


def _add_limits(command: argparse.ArgumentParser) -> None:
    some = command.add_argument_group("limits")
    some.add_argument("--capacity", type=float, metavar="N", help="people a new site can serve")
    some.add_argument(
        "--close",
        type=int,
        nargs="?",
        const=-1,
        default=0,
        metavar="N",
        help="up to N existing sites may be closed and replaced; any number without N",
    )
    some.add_argument("--apart-m", type=float, default=0.0, metavar="M", help="between sites [m]")
    some.add_argument(
        "--backup",
        nargs="?",
        const="then",
        default="",
        choices=("then", "require"),
        help="cover people twice: as far as possible (then), or count only them (require)",
    )


def _sites(told: argparse.Namespace) -> int:
    from gridmap.io.districts import read_district
    from gridmap.io.files import check_output
    from gridmap.io.uploads import read_candidates
    from gridmap.studies.plan_sites import lay_ground, plan_sites
    from gridmap.studies.siting_files import write_siting

    day = read_day(told.at, "--at") if told.at else None
    check_output(told.output)
    candidates = None
    if told.candidates:
        candidates = read_candidates(told.candidates, "sites", crs=told.crs, datum=told.datum)
    with Bar() as progress:
        progress("reading", 0, 0)
        district = read_district(told.district)
        on = day or district.today()
        district = district.on(on)
        ground = lay_ground(district, on)
        standing = int((ground.sites["type"] == told.type).sum())
        question = _question(told, on, standing)
        plan = plan_sites(
            district,
            question,
            candidates=candidates,
            ground=ground,
            warn=print_findings,
            progress=progress,
        )
        progress("writing", 0, 0)
        findings = write_siting(
            plan, district, told.output, covers=not told.plan_only, progress=progress
        )
    print_findings(findings)
    print("\n".join(_headline(plan, told)))
    return 0


def _question(told: argparse.Namespace, on: Any, standing: int) -> Any:
    from gridmap.studies.plan_sites import SitingQuestion

    return SitingQuestion(
        type=told.type,
        objective=told.objective,
        norm_m=told.norm_m,
        count=told.count,
        budget=told.budget,
        source=told.source,
        kinds=tuple(told.kind),
        capacity=told.capacity,
        close=standing if told.close < 0 else told.close,
        apart_m=told.apart_m,
        backup=told.backup,
        time_limit_s=told.time_limit_s,
        on=on,
        frontier=told.frontier,
    )


def _headline(plan: Any, told: argparse.Namespace) -> list[str]:
    from gridmap.studies.siting_files import UNITS

    answer, before, after = plan.answer, plan.before, plan.after
    if answer.proved:
        verdict = "proved: no other choice of these candidates is better"
    else:
        verdict = f"not proved; no choice is better than {answer.bound:,.0f} (gap {answer.gap:.2%})"
    if answer.stopped:
        verdict += f"; stopped at the time limit of {told.time_limit_s:g} s"
    lost = plan.unreachable["people"].sum()
    lines = [
        f"open {len(plan.chosen)} new, close {len(plan.closed)} of {before['sites']} sites; "
        f"{len(plan.candidates)} candidates",
        f"served    {before['served_share']:.1%} → {after['served_share']:.1%} of "
        f"{before['people']:,.0f} people within {told.norm_m:g} m",
        f"value     {answer.value:,.0f} {UNITS[answer.objective]}",
        f"certainty {verdict}",
    ]
    if lost > 0:
        lines.insert(2, f"beyond    {lost:,.0f} people whom no candidate can serve")
    ending = (
        f"; compare: gridmap compare {told.output}/before {told.output}"
        if not told.plan_only
        else ""
    )
    return [*lines, f"written   {told.output}{ending}"]
