"""Commands: check."""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from gridmap.cli.terminal import read_day
from gridmap.schema import Finding

_SEVERITIES = ("error", "warning", "note")


def register(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add ``gridmap check``."""
    check = commands.add_parser(
        "check",
        help="say what is wrong or doubtful in a district file",
        description="Findings with rule, layer, ids and remedy, the nine principles of grid "
        "division among them; exit 1 if one is an error.",
    )
    check.add_argument("district", metavar="DISTRICT", help="district file (.gpkg or folder)")
    check.add_argument(
        "--on", metavar="DAY", help="look at the grid in force on this day (default today)"
    )
    check.add_argument(
        "--code-rule",
        metavar="NAME",
        help="rule of the cell codes: cell-15, cell-20 or a CSV file (default: the one that most "
        "codes follow)",
    )
    check.add_argument("--json", action="store_true", help="findings as JSON on standard output")
    check.set_defaults(run=run_check)


def run_check(told: argparse.Namespace) -> int:
    """Print the findings; 1 if there is one of level error."""
    from gridmap.grid.examine import principle_of
    from gridmap.studies.check import check_file
    from gridmap.studies.editions import find_rule

    on = read_day(told.on, "--on") if told.on else None
    rule = find_rule(told.code_rule) if told.code_rule else None
    findings = check_file(told.district, on, code_rule=rule)
    if told.json:
        rows = [asdict(one) | {"principle": principle_of(one.rule)} for one in findings]
        print(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        print(describe(findings))
    return int(any(one.severity == "error" for one in findings))


def describe(findings: Sequence[Finding]) -> str:
    """Describe findings for a terminal, grouped by severity, each group with its count.

    Examples
    --------
    >>> doubt = Finding("odd_code", "warning", "cells", ("a", "b"), "odd codes", "Correct them.")
    >>> print(describe([doubt]))
    1 warning
      cells: odd codes [a, b]. Correct them. (odd_code)
    >>> describe([])
    'No findings: the district is in order.'
    """
    from gridmap.grid.examine import principle_of

    lines: list[str] = []
    for severity in _SEVERITIES:
        group = [one for one in findings if one.severity == severity]
        if group:
            lines.append(f"{len(group)} {severity}{'s' if len(group) > 1 else ''}")
            for one in group:
                principle = principle_of(one.rule)
                lines.append(f"  {one} ({f'{principle}: ' if principle else ''}{one.rule})")
    return "\n".join(lines) or "No findings: the district is in order."
