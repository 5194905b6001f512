"""Commands: sample make."""

import argparse
from typing import Any

from gridmap.cli.terminal import Bar


def register(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add ``gridmap sample make``."""
    sample = commands.add_parser("sample", help="districts to try gridmap on")
    actions = sample.add_subparsers(metavar="ACTION", required=True)
    make = actions.add_parser(
        "make",
        help="write the sample district, or a synthetic city of any size",
        description="Without --cells: central Helsinki, where streets, buildings, sites and camera "
        "positions are real (© OpenStreetMap contributors, ODbL); communities, people, posts, "
        "patrols and camera directions are made up and labelled synthetic. With --cells N: a "
        "synthetic Chinese city of exactly N cells (3311: 1,452 km², two million people), all of "
        "it made up and labelled so.",
    )
    make.add_argument(
        "--cells", type=int, metavar="N", help="a synthetic city of exactly N cells, 24 to 100000"
    )
    make.add_argument("--seed", type=int, default=0, metavar="S", help="same seed, same district")
    make.add_argument(
        "--units",
        type=int,
        metavar="U",
        help="patrol units of the synthetic city (one for 11 cells, at most 300)",
    )
    make.add_argument("-o", "--out", required=True, metavar="DISTRICT", help="district to write")
    make.set_defaults(run=_run)


def _run(told: argparse.Namespace) -> int:
    from gridmap.io.districts import write_district

    district = _make(told)
    write_district(district, told.out)
    counts = ", ".join(f"{len(frame):,} {name}" for name, frame in district.layers.items())
    print(f"wrote {told.out}: {counts}")
    print(f"synthetic: {', '.join(district.synthetic_layers)}")
    return 0


def _make(told: argparse.Namespace) -> Any:
    from gridmap.errors import InputError
    from gridmap.studies.sample import make_sample
    from gridmap.studies.sample_city import make_city

    if told.cells is None and told.units is not None:
        raise InputError("--units belongs to a synthetic city; give --cells N with it.")
    with Bar() as progress:
        if told.cells is None:
            return make_sample(seed=told.seed, progress=progress)
        return make_city(told.cells, told.seed, told.units, progress)
