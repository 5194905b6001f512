"""The command line: ``gridmap COMMAND …``; one file for each group of commands.

Each module in :data:`GROUPS` has ``register(commands)``, which adds its sub-parsers and sets
``run`` on each: a function of the parsed arguments that returns the exit code.
"""

import argparse
import sys
from importlib import import_module

from gridmap import __version__
from gridmap.errors import GridmapError

GROUPS = ("imports", "checking", "grid", "covering", "database", "accounts", "serving", "sample")
"""Modules of this package, in the order in which ``--help`` lists their commands."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit code is 0, 1 for findings of level error, 2 for bad input.

    Examples
    --------
    >>> main(["--version"])  # doctest: +SKIP
    """
    parser = build_parser()
    told = parser.parse_args(arguments)
    try:
        return int(told.run(told))
    except GridmapError as error:
        print(f"gridmap: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("gridmap: stopped; nothing half-written.", file=sys.stderr)
        return 130


def build_parser() -> argparse.ArgumentParser:
    """Parser with all commands."""
    parser = argparse.ArgumentParser(
        prog="gridmap",
        description="Divide a district into grid cells, measure coverage, find the gaps.",
    )
    parser.add_argument("--version", action="version", version=f"gridmap {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for group in GROUPS:
        import_module(f"gridmap.cli.{group}").register(commands)
    return parser
