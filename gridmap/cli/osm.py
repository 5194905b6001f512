"""Command ``gridmap import osm``."""

import argparse
from typing import Any

from gridmap.cli.terminal import Bar
from gridmap.studies.import_osm import import_osm


def register(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add ``osm`` to the commands of ``gridmap import``."""
    parser = commands.add_parser(
        "osm",
        help="make a district from an OpenStreetMap extract",
        description="Read .osm, .osm.gz, .osm.bz2 or .osm.pbf and write a district file; "
        "says what was read, what was dropped and why.",
    )
    parser.add_argument("file", metavar="FILE", help="OSM extract")
    outline = parser.add_mutually_exclusive_group()
    outline.add_argument("--boundary", metavar="FILE", help="outline of the district")
    outline.add_argument(
        "--admin-level", type=int, metavar="N", help="take administrative relations of level N"
    )
    parser.add_argument("-o", "--out", required=True, metavar="DISTRICT", help="district to write")
    parser.set_defaults(run=_run)


def _run(told: argparse.Namespace) -> int:
    with Bar() as progress:
        district, account = import_osm(
            told.file, told.out, told.boundary, told.admin_level, progress
        )
    for line in account.lines():
        print(line)
    print(f"wrote    {told.out}: {district.name}, EPSG:{district.crs.to_epsg()}")
    return 0
