"""Commands: plan cameras, and what other modules add to plan."""

import argparse
import math
from typing import Any

from gridmap.cli import siting
from gridmap.cli.routing import register_routes
from gridmap.cli.scenario import register_scenario
from gridmap.cli.terminal import Bar, print_findings, read_day
from gridmap.errors import InputError


def register(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add ``gridmap plan`` with what it can plan."""
    plan = commands.add_parser("plan", help="where to add, change or remove what covers a district")
    tasks = plan.add_subparsers(metavar="WHAT", required=True)
    _register_cameras(tasks)
    siting.register(tasks)
    register_scenario(tasks)
    register_routes(tasks)


def _register_cameras(tasks: "argparse._SubParsersAction[Any]") -> None:
    command = tasks.add_parser(
        "cameras",
        help="where to add cameras, which to turn and which to remove",
        description="Choose cameras so that most public ground is seen, within limits of privacy.",
    )
    command.add_argument("district", metavar="DISTRICT", help="district file or folder with cells")
    command.add_argument("--count", type=int, required=True, metavar="K", help="new cameras")
    command.add_argument("--level", default="detect", help="level of picture quality (detect)")
    command.add_argument("--levels", default="2014", metavar="EDITION", help="2014 or 2025")
    command.add_argument(
        "--model", action="append", metavar="ID", help="kind of camera; several by repeating"
    )
    command.add_argument("--cell", action="append", default=[], metavar="ID", help="only this cell")
    command.add_argument(
        "--community", action="append", default=[], metavar="CODE", help="only its cells"
    )
    _add_candidates(command)
    _add_wishes(command)
    command.add_argument("--sample-m", type=float, metavar="M", help="distance of ground points")
    command.add_argument(
        "--time-limit-s", type=float, default=60.0, metavar="S", help="for the proof; 0: none (60)"
    )
    command.add_argument("--at", metavar="DAY", help="cameras of this day (today)")
    command.add_argument("--plan-only", action="store_true", help="no coverage before and after")
    command.add_argument("-o", "--output", required=True, metavar="FOLDER", help="where to write")
    command.set_defaults(run=_cameras)


def _add_candidates(command: argparse.ArgumentParser) -> None:
    some = command.add_argument_group("where cameras can be mounted")
    some.add_argument("--candidates", metavar="FILE", help="points; default: generated")
    some.add_argument("--crs", metavar="EPSG", help="of coordinates that declare none")
    some.add_argument("--datum", choices=("wgs84", "cgcs2000", "gcj02", "bd09"))
    some.add_argument("--mounts", default="pole,facade", metavar="KINDS", help="pole, facade")
    some.add_argument("--mount-height-m", type=float, metavar="M", help="of generated mounts")
    some.add_argument("--most-mounts", type=int, default=1000, metavar="N", help="generated (1000)")
    some.add_argument("--azimuth-step-deg", type=float, default=30.0, metavar="DEG")


def _add_wishes(command: argparse.ArgumentParser) -> None:
    some = command.add_argument_group("what matters")
    some.add_argument(
        "--facade-weight",
        type=float,
        default=0.0,
        metavar="M2",
        help="public ground that a metre of façade of homes in view costs [m²/m]",
    )
    some.add_argument(
        "--max-facade-m", type=float, default=math.inf, metavar="M", help="façade of homes at most"
    )
    some.add_argument(
        "--no-homes-125", action="store_true", help="no home at 125 px/m or more in any new view"
    )
    some.add_argument(
        "--reaim", type=int, nargs="?", const=10_000, default=0, metavar="N", help="turn up to N"
    )
    some.add_argument("--remove", action="store_true", help="cameras others replace may go")
    some.add_argument("--twice", action="append", default=[], metavar="CELL", help="wanted twice")
    some.add_argument("--weights", metavar="FILE", help="CSV with cell_id, weight")
    some.add_argument(
        "--weight", action="append", default=[], metavar="KIND=W", help="of a kind of landuse"
    )
    some.add_argument("--patrol", metavar="FOLDER", help="result of cover: weigh gaps of patrol")


def _cameras(told: argparse.Namespace) -> int:
    from gridmap.io.districts import read_district
    from gridmap.io.files import check_output
    from gridmap.io.uploads import read_candidates
    from gridmap.studies.plan_cameras import plan_for, write_plan

    day = read_day(told.at, "--at") if told.at else None
    check_output(told.output)
    candidates = None
    if told.candidates:
        candidates = read_candidates(told.candidates, "cameras", crs=told.crs, datum=told.datum)
    with Bar() as progress:
        progress("reading", 0, 0)
        district = read_district(told.district)
        on = day or district.today()
        district = district.on(on)
        planned = plan_for(
            district,
            _question(told, district),
            candidates=candidates,
            kinds=tuple(part.strip() for part in told.mounts.split(",") if part.strip()),
            mount_height_m=_above_zero(told.mount_height_m, "--mount-height-m"),
            most_mounts=told.most_mounts,
            on=on,
            progress=progress,
        )
        progress("writing", 0, 0)
        write_plan(
            planned, district, told.output, on=on, covers=not told.plan_only, progress=progress
        )
    print_findings(planned.findings)
    print("\n".join(_headline(planned, told)))
    return 0


def _question(told: argparse.Namespace, district: Any) -> Any:
    from gridmap.plan.candidates import DEFAULT_MODEL
    from gridmap.plan.options import Question
    from gridmap.studies.plan_cameras import cells_of, read_weights, weigh_patrol

    by_cell: dict[str, float] = read_weights(told.weights) if told.weights else {}
    if told.patrol:
        for name, weight in weigh_patrol(told.patrol).items():
            by_cell[name] = by_cell.get(name, 1.0) * weight
    return Question(
        count=told.count,
        level=told.level,
        edition=told.levels,
        cells=cells_of(district, told.cell, told.community),
        models=tuple(told.model or (DEFAULT_MODEL,)),
        step_deg=told.azimuth_step_deg,
        price_m2_per_m=told.facade_weight,
        max_facade_m=told.max_facade_m,
        no_homes_125=told.no_homes_125,
        reaim=told.reaim,
        remove=told.remove,
        twice=tuple(told.twice),
        cell_weight=by_cell,
        class_weight=dict(_class_weight(text) for text in told.weight),
        sample_m=told.sample_m,
        time_limit_s=told.time_limit_s,
    )


def _class_weight(text: str) -> tuple[str, float]:
    kind, _, weight = text.partition("=")
    try:
        return kind, float(weight)
    except ValueError as error:
        raise InputError(
            f"--weight expects a kind of landuse and a number, such as square=2; found '{text}'."
        ) from error


def _above_zero(value: float | None, option: str) -> float | None:
    if value is not None and not value > 0:
        raise InputError(f"{option} expects a number above 0; found {value:g}.")
    return value


def _headline(planned: Any, told: argparse.Namespace) -> list[str]:
    plan, before, after = planned.plan, planned.before, planned.after
    verdict = {
        "optimal": "proved the best choice of these views",
        "time_limit": f"time ran out with a gap of {plan.choice.gap:.1%}",
        "greedy": f"chosen step by step, gap at most {plan.choice.gap:.1%}",
    }[planned.status]
    return [
        f"add {len(plan.add)}, turn {len(plan.reaim)}, remove {len(plan.remove)} of "
        f"{before['cameras']} cameras; {plan.mounts} mounts, {plan.options} views",
        f"seen      {before['share']:.1%} → {after['share']:.1%} of {before['public_m2']:.0f} m² "
        f"public ground at level {told.level} (an upper bound: trees and walls are not known)",
        f"homes     {before['facade_residential_m']:.0f} → {after['facade_residential_m']:.0f} m "
        f"of façade in view, {before['facade_125_m']:.0f} → {after['facade_125_m']:.0f} m "
        "at 125 px/m",
        f"certainty {verdict}; the gain is at least {plan.certain_share:.0%} of the best possible",
        f"written   {told.output}; compare: gridmap compare {told.output}/before "
        f"{told.output}/after"
        if not told.plan_only
        else f"written   {told.output}",
    ]
