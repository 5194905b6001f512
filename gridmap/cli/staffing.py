"""Commands: staff template, import, suggest, answers."""

import argparse
import sys
from typing import Any

from gridmap.cli.terminal import Bar, print_findings, read_day
from gridmap.errors import InputError
from gridmap.studies.rosters import import_roster, template_for


def register(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add ``gridmap staff`` with what it can do."""
    staff = commands.add_parser("staff", help="posts, duties, absences, and who answers")
    tasks = staff.add_subparsers(metavar="WHAT", required=True)
    template = tasks.add_parser("template", help="workbook to fill in: posts, duties, absences")
    template.add_argument("file", metavar="FILE.xlsx")
    template.add_argument("--district", metavar="DISTRICT", help="offer its cells and posts")
    template.add_argument("--filled", action="store_true", help="with the rows of the district")
    template.set_defaults(run=_template)
    brought = tasks.add_parser("import", help="read such a workbook into a district file")
    brought.add_argument("district", metavar="DISTRICT")
    brought.add_argument("file", metavar="FILE.xlsx")
    brought.add_argument("-o", "--output", metavar="OUT", help="default: the district itself")
    brought.add_argument("--replace", action="store_true", help="drop the rows that are there")
    brought.add_argument("--skip-bad-rows", action="store_true", help="import the other rows")
    brought.set_defaults(run=_import)
    suggest = tasks.add_parser("suggest", help="which post should answer for which cell")
    suggest.add_argument("district", metavar="DISTRICT")
    suggest.add_argument("--role", help="role of the posts (default: that of most who answer)")
    suggest.add_argument("--by", default="", metavar="COLUMN", help="load to spread (households)")
    suggest.add_argument("--on", metavar="DAY", help="duties of this day; begin of new")
    suggest.add_argument("--time-limit", type=float, default=20.0, metavar="S")
    suggest.add_argument("--duties", metavar="FILE", help="write the duties as .csv or .xlsx")
    suggest.add_argument("-o", "--output", metavar="OUT", help="district with the new duties")
    suggest.set_defaults(run=_suggest)
    answers = tasks.add_parser("answers", help="who answers for a place on a day")
    answers.add_argument("district", metavar="DISTRICT")
    answers.add_argument("--cell", help="cell by id, code or name")
    answers.add_argument("--lon", type=float)
    answers.add_argument("--lat", type=float)
    answers.add_argument("--on", metavar="DAY", help="default today")
    answers.set_defaults(run=_answers)


def _template(told: argparse.Namespace) -> int:
    from gridmap.io.districts import read_district

    if told.filled and not told.district:
        raise InputError("--filled needs --district DISTRICT, whose rows are to be written.")
    district = read_district(told.district) if told.district else None
    template_for(told.file, district, filled=told.filled)
    print(f"{told.file}: fill it in, then: gridmap staff import DISTRICT {told.file}")
    return 0


def _import(told: argparse.Namespace) -> int:
    account = import_roster(
        told.district,
        told.file,
        output=told.output,
        replace=told.replace,
        skip_bad_rows=told.skip_bad_rows,
    )
    for error in account.errors:
        print(f"left out: {error}", file=sys.stderr)
    for layer, (read, rows) in account.rows.items():
        print(f"{layer}: {read} rows read, {rows} rows now")
    print(f"next     gridmap check {told.output or told.district}")
    return 0


def _suggest(told: argparse.Namespace) -> int:
    from gridmap.io.districts import read_district, write_district
    from gridmap.studies.assignment import duties_of, new_duties, suggest_assignment
    from gridmap.studies.rosters import write_duties

    day = read_day(told.on, "--on") if told.on else None
    with Bar() as progress:
        district = read_district(told.district)
        on = day or district.today()
        found = suggest_assignment(
            district,
            on,
            role=told.role,
            by=told.by,
            time_limit_s=told.time_limit,
            progress=progress,
        )
    print_findings(found.findings)
    if told.duties:
        write_duties(duties_of(found, on), told.duties)
    if told.output:
        after = new_duties(district["duties"], found, on)
        write_district(district.with_layers(duties=after), told.output)
    print(_tell(found))
    return 0


def _tell(found: Any) -> str:
    verdict = "optimal" if found.proved else f"gap {found.gap:.1%}"
    proved = int(found.communities["proved"].sum())
    even = found.balance
    return "\n".join(
        [
            f"largest load of a post {found.value:g}, no less than {found.bound:g}: {verdict}",
            f"{proved} of {len(found.communities)} communities proved optimal",
            f"{found.changed} of {len(found.cells)} cells would get another post",
            "coefficient of variation "
            f"{even.loc['before', 'cv']:.3f} before, {even.loc['after', 'cv']:.3f} after; "
            f"max ÷ mean {even.loc['before', 'max_to_mean']:.2f} before, "
            f"{even.loc['after', 'max_to_mean']:.2f} after",
        ]
    )


def _answers(told: argparse.Namespace) -> int:
    from gridmap.io.districts import read_district
    from gridmap.studies.staffing import answers_at

    placed = told.lon is not None and told.lat is not None
    if placed == bool(told.cell):
        raise InputError("Name one place: --cell CELL, or --lon LON and --lat LAT.")
    day = read_day(told.on, "--on") if told.on else None
    district = read_district(told.district)
    found = answers_at(
        district,
        day or district.today(),
        cell=told.cell,
        lonlat=(told.lon, told.lat) if placed else None,
    )
    post = found.post
    nearest = found.answering_level
    print(
        f"nobody answers on {found.on.isoformat()}"
        if post is None or nearest is None
        else f"{post['post_id']} ({post['role']}) answers on {found.on.isoformat()}, "
        f"level {nearest.level}: {nearest.name}"
    )
    for level in found.levels:
        for each in level.posts:
            print(_line(level, each))
    return 0


def _line(level: Any, post: Any) -> str:
    marks = [name for name in ("accountable", "away") if post[name]]
    if post["stand_in"]:
        marks.append(f"{post['stand_in']['post_id']} stands in")
    said = f"  {level.level:9} {level.place_id}  {post['post_id']} {post['role']}"
    return f"{said} ({', '.join(marks)})" if marks else said
