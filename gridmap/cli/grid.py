"""Commands: grid."""

import argparse
from typing import Any

import pandas as pd

from gridmap.cli.terminal import Bar, print_findings
from gridmap.io.districts import read_district, write_district
from gridmap.io.files import check_output, replacing
from gridmap.io.results import write_json
from gridmap.io.uploads import read_upload
from gridmap.studies.divide import METHODS, divide
from gridmap.studies.divide_streets import TARGET_HOUSEHOLDS
from gridmap.studies.division_report import report_division, report_place, tell_report
from gridmap.studies.plot_weights import WEIGHTS


def register(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add the commands of this group."""
    command = commands.add_parser(
        "divide",
        help="lay cells over a district",
        description="Group street blocks into cells of a number of households, or lay a pattern; "
        "no cell crosses the border of a community.",
    )
    command.add_argument("district", metavar="DISTRICT", help="district file or folder")
    command.add_argument("--method", required=True, metavar="|".join(METHODS))
    size = command.add_mutually_exclusive_group()
    size.add_argument(
        "--size-m",
        type=float,
        metavar="M",
        help="side of a square, width of a hexagon across its flats [m] (default 500)",
    )
    size.add_argument("--resolution", type=int, metavar="N", help="H3 resolution (default 9)")
    size.add_argument(
        "--households",
        type=float,
        metavar="N",
        help="households per cell: along streets in each (default 400), else on average",
    )
    command.add_argument(
        "--seed", type=int, default=0, help="for method streets, which draws lots (default 0)"
    )
    _add_street_options(command)
    command.add_argument(
        "--serial-digits",
        type=int,
        default=3,
        choices=range(3, 9),
        metavar="N",
        help="digits of the serial in the cell codes (default 3, as the standard)",
    )
    command.add_argument("-o", "--output", required=True, metavar="OUT", help="district to write")
    command.set_defaults(run=_divide)


def _add_street_options(command: argparse.ArgumentParser) -> None:
    streets = command.add_argument_group("method streets")
    streets.add_argument(
        "--weight",
        action="append",
        metavar="|".join(WEIGHTS),
        help="what to balance (default households); given several times, all are combined",
    )
    streets.add_argument(
        "--household-size",
        type=float,
        metavar="N",
        help="people in a household, where only people are known (default 2.62)",
    )
    streets.add_argument(
        "--dedicated-m2",
        type=float,
        metavar="M2",
        help="least area of a campus, hospital, market, park or business block that becomes a "
        "cell of its own [m²] (default by kind, 5,000 to 20,000)",
    )
    streets.add_argument(
        "--events", metavar="FILE", help="points of events, for --weight events (GeoPackage …)"
    )


def _street_options(told: argparse.Namespace) -> dict[str, Any]:
    given = {
        "weights": told.weight,
        "household_size": told.household_size,
        "dedicated_m2": told.dedicated_m2,
        "events": read_upload(told.events, "events") if told.events else None,
    }
    return {name: value for name, value in given.items() if value is not None}


def _divide(told: argparse.Namespace) -> int:
    check_output(told.output)
    report = None
    with Bar() as progress:
        progress("reading", 0, 1)
        district = read_district(told.district)
        progress("dividing", 0, 1)
        division = divide(
            district,
            told.method,
            size_m=told.size_m,
            resolution=told.resolution,
            households=told.households,
            serial_digits=told.serial_digits,
            seed=told.seed,
            streets=_street_options(told),
            progress=progress,
        )
        if division.source:
            progress("quality report", 0, 1)
            report = report_division(division, told.households or TARGET_HOUSEHOLDS)
        progress("writing", 0, 1)
        write_district(division.district, told.output)
        if report:
            with replacing(report_place(told.output)) as part:
                write_json(report, part)
    print_findings(division.findings)
    print(_tell(division.district, division.replaced, told.output))
    if report:
        print(f"Households: {division.source}.", *tell_report(report), sep="\n")
        print(f"The quality report is in {report_place(told.output)}.")
    return 0


def _tell(district: Any, replaced: int, output: str) -> str:
    cells = district["cells"]
    people = cells["population"].sum(min_count=1)
    lines = [
        f"{len(cells)} cells ({cells['grid_version'].iloc[0]}) in {len(district.communities)} "
        f"communities, {cells.area.min():.0f} to {cells.area.max():.0f} m² each; written to "
        f"{output}."
    ]
    if pd.notna(people):
        lines.append(f"{people:.0f} people counted into them.")
    if replaced:
        lines.append(f"They replace the {replaced} cells that were there before.")
    return "\n".join(lines)
