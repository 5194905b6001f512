"""Commands: covering."""

import argparse
import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from gridmap import reference
from gridmap.cli.terminal import Bar, print_findings, read_day
from gridmap.errors import InputError
from gridmap.io.districts import read_district
from gridmap.io.files import check_output
from gridmap.services.decay import decay_names
from gridmap.services.shared_type import ACCESS_METHODS, Sharing
from gridmap.services.travel import MODES, Travel, read_speeds, shipped_speeds, tobler
from gridmap.studies.camera_cover import LEVELS, SIGHTS, WHICH, Watch
from gridmap.studies.compare import compare, tell_comparison
from gridmap.studies.cover import Cover, cover, read_cover, write_cover
from gridmap.studies.measuring import DIMENSIONS
from gridmap.studies.standards import rules_of


def register(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add the commands of this group."""
    _register_cover(commands)
    _register_compare(commands)


def _register_cover(commands: "argparse._SubParsersAction[Any]") -> None:
    command = commands.add_parser(
        "cover",
        help="measure coverage and list the gaps",
        description="Measure what covers each cell, and list what does not.",
    )
    command.add_argument("district", metavar="DISTRICT", help="district file or folder with cells")
    command.add_argument(
        "--dimension",
        required=True,
        action="append",
        metavar="NAME",
        help=f"one of {', '.join(DIMENSIONS)}; several with commas or by repeating; or all",
    )
    command.add_argument("--norms", metavar="FILE", help="service norms (CSV)")
    command.add_argument(
        "--rules", metavar="FILE", help="rules of the standards (CSV), added to those that ship"
    )
    command.add_argument(
        "--at", metavar="TIME", help="moment to look at, ISO 8601; local without zone (default now)"
    )
    command.add_argument("--from", dest="since", metavar="DAY", help="first local day of patrol")
    command.add_argument("--to", dest="until", metavar="DAY", help="last local day of patrol")
    command.add_argument("--timezone", metavar="ZONE", help="IANA zone of local times")
    command.add_argument(
        "--cameras", choices=WHICH, default="working", help="count broken cameras too (all) or not"
    )
    command.add_argument(
        "--levels", choices=LEVELS, default="2014", help="edition of the levels of IEC/EN 62676-4"
    )
    command.add_argument(
        "--sight", choices=SIGHTS, default="arc", help="where sight ends: at an arc or a plane"
    )
    command.add_argument(
        "--mode", choices=MODES, default="walk", help="how people move to the sites (default walk)"
    )
    command.add_argument(
        "--speeds", metavar="FILE", help="speeds by mode and kind of way (CSV); 0 closes a kind"
    )
    command.add_argument(
        "--climb", choices=("flat", "tobler"), default="flat", help="what slopes cost on foot"
    )
    command.add_argument(
        "--access",
        choices=ACCESS_METHODS,
        default="e2sfca",
        help="fair access in two steps with a decay, in three, or without decay (2sfca)",
    )
    command.add_argument(
        "--decay",
        choices=decay_names(),
        default="stepped",
        help="how much less a site counts the farther it is (default stepped)",
    )
    command.add_argument("-o", "--output", required=True, metavar="FOLDER", help="where to write")
    command.set_defaults(run=_cover)


def _register_compare(commands: "argparse._SubParsersAction[Any]") -> None:
    command = commands.add_parser(
        "compare",
        help="what got better, what got worse, for how many people",
        description="Compare two results of gridmap cover, cell by cell.",
    )
    command.add_argument("before", metavar="FOLDER_A", help="earlier result, or the base")
    command.add_argument("after", metavar="FOLDER_B", help="later result, or the change")
    command.add_argument("--json", action="store_true", help="print JSON instead of a table")
    command.set_defaults(run=_compare)


def _cover(told: argparse.Namespace) -> int:
    question = {
        "norms": reference.read_norms(Path(told.norms)) if told.norms else None,
        "rules": rules_of(told.rules),
        "at": _moment(told.at),
        "since": _day(told.since, "--from"),
        "until": _day(told.until, "--to"),
        "timezone": told.timezone,
        "watch": Watch(told.cameras, told.levels, told.sight),
        "travel": Travel(
            told.mode,
            read_speeds(told.speeds) if told.speeds else shipped_speeds(),
            tobler if told.climb == "tobler" else None,
        ),
        "sharing": Sharing(told.access, told.decay),
    }
    check_output(told.output)
    with Bar() as progress:
        progress("reading", 0, 0)
        district = read_district(told.district)
        found = cover(district, _dimensions(told.dimension), progress=progress, **question)
        progress("writing", 0, 0)
        left_out = write_cover(found, district, told.output)
    print_findings([*found.findings, *left_out])
    print("\n".join(_headline(found, told.output)))
    return 0


def _compare(told: argparse.Namespace) -> int:
    comparison = compare(read_cover(told.before), read_cover(told.after))
    if told.json:
        print(json.dumps(comparison.told(), ensure_ascii=False, indent=2, allow_nan=False))
    else:
        print(tell_comparison(comparison))
    return 0


def _dimensions(names: Iterable[str]) -> tuple[str, ...]:
    every = tuple(part for name in names for part in name.split(",") if part)
    return DIMENSIONS if "all" in every else tuple(dict.fromkeys(every))


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(
            f"--at expects a time such as 2026-03-02 or 2026-03-02T08:00:00+08:00, found '{text}'."
        ) from error


def _day(text: str | None, option: str) -> date | None:
    return None if text is None else read_day(text, option)


def _headline(found: Cover, folder: str) -> list[str]:
    told = found.summary
    lines = [f"{told['district']}: {told['cells']} cells as of {told['at']}; written to {folder}."]
    lines += [text for name in DIMENSIONS if name in told for text in _LINES[name](told[name])]
    lines.append(_gap_line(found))
    if found.synthetic:
        lines.append(f"SYNTHETIC layers, made up: {', '.join(found.synthetic)}")
    return lines


def _gap_line(found: Cover) -> str:
    known = found.gaps[found.gaps["status"] != "unknown"]
    doubtful = int((known["quality"] == "poor").sum())
    doubt = f", of these {doubtful} on poor figures (ranked behind)" if doubtful else ""
    unknown = len(found.gaps) - len(known)
    return f"gaps      {len(known)}{doubt}" + (f"; {unknown} unknown" if unknown else "")


def _share(value: float | None) -> str:
    return "unknown" if value is None or value != value else f"{value:.1%}"  # noqa: PLR0124


def _staffing_lines(told: Mapping[str, Any]) -> list[str]:
    return [
        f"staffing  {told['posts']} posts; cells lack {told['vacant']} accountable posts of "
        f"their own; {told['cells_without_accountable']} cells that nobody answers for"
    ]


def _service_lines(told: Mapping[str, Any]) -> list[str]:
    lines = [
        f"services  {name}: {_share(one['served_share'])} of people within {one['norm_m']:g} m, "
        f"{one['sites']} sites"
        for name, one in told.items()
        if one["sites"]
    ]
    absent = [name for name, one in told.items() if not one["sites"]]
    if absent:
        lines.append(f"services  no site known, so nobody counts as served: {', '.join(absent)}")
    return lines


def _patrol_lines(told: Mapping[str, Any]) -> list[str]:
    return [
        f"patrol    {told['due']} windows due: {told['met']} met, {told['partly']} partly, "
        f"{told['missed']} missed, {told['unknown']} unknown "
        f"(rate {_share(told['rate_low'])} to {_share(told['rate_high'])})"
    ]


def _camera_lines(told: Mapping[str, Any]) -> list[str]:
    shares = ", ".join(f"{level} {_share(share)}" for level, share in told["seen_share"].items())
    out = ", ".join(f"{len(ids)} {name}" for name, ids in told["not_counted"].items())
    kept = "those that work" if told["which"] == "working" else "broken ones too"
    return [
        f"cameras   {told['counted']} of {told['cameras']} counted, {kept}; public space seen: "
        f"{shares} (levels of {told['levels']}, sight ends in {SIGHTS[told['sight']]})",
        *([f"cameras   left out: {out.replace('_', ' ')}"] if out else []),
    ]


def _standards_lines(told: Mapping[str, Any]) -> list[str]:
    return [_rule_line(name, one) for name, one in told.items() if one["units"] > one["unknown"]]


def _rule_line(name: str, told: Mapping[str, Any]) -> str:
    short = f"; short by {told['shortfall']:g} {told['unit']}" if told["short"] else ""
    unknown = f"; {told['unknown']} unknown" if told["unknown"] else ""
    return f"standards {name}: {told['met']} of {told['units']} met{short}{unknown}"


_LINES = {
    "staffing": _staffing_lines,
    "services": _service_lines,
    "patrol": _patrol_lines,
    "cameras": _camera_lines,
    "standards": _standards_lines,
}
