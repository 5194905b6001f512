"""Commands: report."""

import argparse
import sys
from typing import Any

from gridmap.cli.terminal import Bar

_FORMATS = ("docx", "xlsx", "png", "html", "gpkg")
_LANGUAGES = ("zh_Hans", "zh_Hant", "en")


def register(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add the commands of this group."""
    command = commands.add_parser(
        "report",
        help="write a result as DOCX, XLSX, PNG, HTML or GeoPackage",
        description="Write what gridmap cover or gridmap plan found as a file that people read.",
    )
    command.add_argument("folder", metavar="FOLDER", help="folder that gridmap cover or plan wrote")
    command.add_argument("--format", required=True, choices=_FORMATS, help="kind of file")
    command.add_argument(
        "--language", default="zh_Hans", choices=_LANGUAGES, help="language (default zh_Hans)"
    )
    command.add_argument(
        "--part",
        default="",
        choices=("all", "services", "plan"),
        help="all dimensions, services in full, or a plan; default what the folder holds",
    )
    command.add_argument("--type", default="", metavar="TYPE", help="services of this type only")
    command.add_argument(
        "--against", metavar="FOLDER", help="results from before, to compare a scenario with"
    )
    command.add_argument("-o", "--output", required=True, metavar="FILE", help="file to write")
    command.set_defaults(run=_report)


def _report(told: argparse.Namespace) -> int:
    # Reports bring libraries along that no other command needs.
    from gridmap.studies.report import write_report

    with Bar() as progress:
        notes = write_report(
            told.folder,
            told.output,
            told.format,
            language=told.language,
            part=told.part,
            only=told.type,
            against=told.against,
            progress=progress,
        )
    for note in notes:
        print(f"gridmap: {note}", file=sys.stderr)
    print(told.output)
    return 0
