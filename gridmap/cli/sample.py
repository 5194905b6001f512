"""Commands: sample make."""

import argparse
from typing import Any

from gridmap.cli.terminal import Bar


def register(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add ``gridmap sample make``."""
    sample = commands.add_parser("sample", help="the sample district that ships with gridmap")
    actions = sample.add_subparsers(metavar="ACTION", required=True)
    make = actions.add_parser(
        "make",
        help="write the sample district",
        description="Central Helsinki: streets, buildings, sites and camera positions are real "
        "(© OpenStreetMap contributors, ODbL); communities, people, posts, patrols and camera "
        "directions are made up and labelled synthetic.",
    )
    make.add_argument("--cells", type=int, metavar="N", help="about how many cells (80)")
    make.add_argument("--seed", type=int, default=0, metavar="S", help="same seed, same district")
    make.add_argument("-o", "--out", required=True, metavar="DISTRICT", help="district to write")
    make.set_defaults(run=_run)


def _run(told: argparse.Namespace) -> int:
    from gridmap.io.districts import write_district
    from gridmap.studies.sample import make_sample

    with Bar() as progress:
        district = make_sample(told.cells, told.seed, progress)
    write_district(district, told.out)
    counts = ", ".join(f"{len(frame):,} {name}" for name, frame in district.layers.items())
    print(f"wrote {told.out}: {counts}")
    print(f"synthetic: {', '.join(district.synthetic_layers)}")
    return 0
