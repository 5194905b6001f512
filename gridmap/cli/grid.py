"""Commands: grid."""

import argparse
import sys
from typing import Any

import pandas as pd

from gridmap.cli.terminal import Bar
from gridmap.io.districts import read_district, write_district
from gridmap.io.files import check_output
from gridmap.studies.divide import METHODS, divide


def register(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add the commands of this group."""
    command = commands.add_parser(
        "divide",
        help="lay cells over a district",
        description="Lay a pattern of cells over a district, clipped to its communities.",
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
        "--households", type=float, metavar="N", help="households per cell on average"
    )
    command.add_argument(
        "--seed", type=int, default=0, help="for methods that draw lots; regular patterns do not"
    )
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


def _divide(told: argparse.Namespace) -> int:
    check_output(told.output)
    with Bar() as progress:
        progress("reading", 0, 3)
        district = read_district(told.district)
        progress("dividing", 1, 3)
        division = divide(
            district,
            told.method,
            size_m=told.size_m,
            resolution=told.resolution,
            households=told.households,
            serial_digits=told.serial_digits,
        )
        progress("writing", 2, 3)
        write_district(division.district, told.output)
    for finding in division.findings:
        print(f"{finding.severity}: {finding}", file=sys.stderr)
    print(_tell(division.district, division.replaced, told.output))
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
