"""The command line: ``gridmap COMMAND …``; one file for each group of commands.

Each module in :data:`GROUPS` has ``register(commands)``, which adds its sub-parsers and sets
``run`` on each: a function of the parsed arguments that returns the exit code.
"""

import argparse
import os
import signal
import sys
from importlib import import_module

from gridmap import __version__
from gridmap.errors import GridmapError

GROUPS = {
    "imports": ("import",),
    "checking": ("check",),
    "grid": ("divide",),
    "editions": ("grid",),
    "staffing": ("staff",),
    "covering": ("cover", "compare"),
    "planning": ("plan",),
    "report": ("report",),
    "database": ("db",),
    "accounts": ("user",),
    "serving": ("serve",),
    "sample": ("sample",),
}
"""Modules of this package and their commands, in the order in which ``--help`` lists them."""

_PIPE_CLOSED = 141


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit code is 0, 1 for findings of level error, 2 for bad input.

    Examples
    --------
    >>> main(["--version"])  # doctest: +SKIP
    """
    words = sys.argv[1:] if arguments is None else arguments
    told = build_parser(words[0] if words else None).parse_args(arguments)
    # A plain kill ends Python at once; as an interrupt it lets half-written output be removed.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        code = int(told.run(told))
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read the output has enough; nothing more may be flushed into it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _PIPE_CLOSED
    except (GridmapError, OSError) as error:
        told_error = error if isinstance(error, GridmapError) else _tell_system_error(error)
        print(f"gridmap: {told_error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("gridmap: stopped; nothing half-written.", file=sys.stderr)
        return 130
    return code


def build_parser(command: str | None = None) -> argparse.ArgumentParser:
    """Parser with all commands; with those of one group where a command of it is named.

    What one command needs may take a second to import: no other command waits for it.
    """
    parser = argparse.ArgumentParser(
        prog="gridmap",
        description="Divide a district into grid cells, measure coverage, find the gaps.",
    )
    parser.add_argument("--version", action="version", version=f"gridmap {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for group in [name for name, own in GROUPS.items() if command in own] or GROUPS:
        import_module(f"gridmap.cli.{group}").register(commands)
    return parser


def _tell_system_error(error: OSError) -> str:
    place = f" '{error.filename}'" if error.filename else ""
    return (
        f"The system refused a file{place}: {error.strerror or error}. See that it may be read "
        "and written and that the disk has room, then start again; nothing half-written is left."
    )
