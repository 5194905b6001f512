"""Command: plan scenario."""

import argparse
from pathlib import Path
from typing import Any

from gridmap.cli.terminal import Bar, print_findings, read_day


def register_scenario(tasks: "argparse._SubParsersAction[Any]") -> None:
    """Add ``gridmap plan scenario``."""
    command = tasks.add_parser(
        "scenario",
        help="what changes of sites and norms would do to the coverage of services",
        description=(
            "Add, move, close, reopen, resize or retype sites, or change norms, and measure the "
            "services of the changed district; `gridmap compare` tells it from another result."
        ),
    )
    command.add_argument("district", metavar="DISTRICT", help="district file or folder with cells")
    command.add_argument(
        "--changes",
        required=True,
        metavar="FILE",
        help="CSV with op (add, move, close, reopen, resize, retype, norm), site_id, type, lon, "
        "lat (or x, y), capacity, norm_m, name",
    )
    command.add_argument("--norms", metavar="FILE", help="CSV of service norms")
    command.add_argument("--at", metavar="DAY", help="sites of this day (today)")
    command.add_argument("-o", "--output", required=True, metavar="FOLDER", help="where to write")
    command.set_defaults(run=_run)


def _run(told: argparse.Namespace) -> int:
    from gridmap import reference
    from gridmap.io.districts import read_district
    from gridmap.io.files import check_output
    from gridmap.studies.cover import write_cover
    from gridmap.studies.plan_facts import write_difference
    from gridmap.studies.scenarios import read_changes, run_scenario, tell_scenario

    day = read_day(told.at, "--at") if told.at else None
    check_output(told.output)
    norms = reference.read_norms(told.norms) if told.norms else None
    with Bar() as progress:
        progress("reading", 0, 0)
        district = read_district(told.district)
        changes = read_changes(told.changes, district)
        tried = run_scenario(district, changes, norms=norms, on=day, progress=progress)
        progress("writing", 0, 0)
        found = write_cover(tried.cover, tried.district, told.output)
        write_difference(tried.difference.types, tried.difference.cells, Path(told.output))
    print_findings([*tried.findings, *found])
    print("\n".join(tell_scenario(tried)))
    return 0
