"""Commands: grid merge, split, adjust, recode, merge-communities, fetch, history."""

import argparse
from pathlib import Path
from typing import Any

import shapely

from gridmap.cli.terminal import Bar, print_findings, read_day
from gridmap.crs import project
from gridmap.errors import InputError
from gridmap.grid.numbering import Numbering
from gridmap.io.districts import read_district, write_district
from gridmap.io.files import check_output
from gridmap.io.uploads import read_upload
from gridmap.studies import editions


def register(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add the commands of this group."""
    group = commands.add_parser(
        "grid", help="edit the grid: merge, split, adjust, recode; its history"
    )
    verbs = group.add_subparsers(metavar="VERB", required=True)
    merge = _verb(verbs, "merge", _merge, "merge neighbouring cells")
    merge.add_argument("--cells", required=True, metavar="A,B,…", help="cells to merge")
    merge.add_argument("--name", help="name of the new cell (default: of the largest)")
    split = _verb(verbs, "split", _split, "split a cell by a line or into parts")
    split.add_argument("--cell", required=True, metavar="ID", help="cell to split")
    shape = split.add_mutually_exclusive_group(required=True)
    shape.add_argument("--line", metavar="FILE", help="file with one line across the cell")
    shape.add_argument("--parts", metavar="FILE", help="file with the parts, as polygons")
    adjust = _verb(verbs, "adjust", _adjust, "move ground from one cell to its neighbour")
    adjust.add_argument("--from", dest="giver", required=True, metavar="ID", help="who gives")
    adjust.add_argument("--to", dest="taker", required=True, metavar="ID", help="who takes")
    adjust.add_argument("--ground", required=True, metavar="FILE", help="file with the ground")
    recode = _verb(verbs, "recode", _recode, "give cells other codes")
    recode.add_argument("--codes", metavar="ID=CODE,…", help="new codes; default: count anew")
    recode.add_argument("--communities", metavar="A,B,…", help="whose cells are counted anew")
    unite = _verb(verbs, "merge-communities", _unite, "merge communities and code their cells")
    unite.add_argument("--into", required=True, metavar="OLD=NEW,…", help="new code by old code")
    unite.add_argument("--names", metavar="CODE=NAME,…", help="names of the new communities")
    fetch = verbs.add_parser("fetch", help="take over grids that were published in the database")
    fetch.add_argument("district", metavar="DISTRICT", help="district file or folder")
    fetch.add_argument("--database", metavar="URL", help="default GRIDMAP_DATABASE, else private")
    fetch.add_argument("-o", "--output", required=True, metavar="OUT", help="district to write")
    fetch.set_defaults(run=_fetch)
    history = verbs.add_parser("history", help="editions of a grid, or the family of one cell")
    history.add_argument("district", metavar="DISTRICT", help="district file or folder")
    history.add_argument("--cell", metavar="ID", help="what this cell came from and became")
    history.set_defaults(run=_history)


def _verb(verbs: Any, name: str, run: Any, text: str) -> argparse.ArgumentParser:
    verb: argparse.ArgumentParser = verbs.add_parser(name, help=text, description=text)
    verb.add_argument("district", metavar="DISTRICT", help="district file or folder with cells")
    verb.add_argument("--on", required=True, metavar="DAY", help="first day of the new grid")
    if name != "adjust":
        verb.add_argument("--code-rule", metavar="NAME", help="cell-15, cell-20 or a CSV file")
        verb.add_argument(
            "--reuse-codes", action="store_true", help="codes of the past may be given again"
        )
    verb.add_argument("-o", "--output", required=True, metavar="OUT", help="district to write")
    verb.set_defaults(run=run)
    return verb


def _merge(told: argparse.Namespace) -> int:
    return _edit(told, "merge", cell_ids=_list(told.cells), name=told.name)


def _split(told: argparse.Namespace) -> int:
    return _edit(told, "split", cell_id=told.cell, line=told.line, parts=told.parts)


def _adjust(told: argparse.Namespace) -> int:
    return _edit(told, "adjust", giver=told.giver, taker=told.taker, ground=told.ground)


def _recode(told: argparse.Namespace) -> int:
    return _edit(
        told,
        "recode",
        codes=_pairs(told.codes, "--codes") if told.codes else None,
        communities=_list(told.communities) if told.communities else None,
    )


def _edit(told: argparse.Namespace, kind: str, **asked: Any) -> int:
    day = read_day(told.on, "--on")
    check_output(told.output)
    with Bar() as progress:
        progress("reading", 0, 3)
        district = read_district(told.district)
        for name, many in (("line", False), ("ground", False), ("parts", True)):
            if asked.get(name):
                asked[name] = _shapes(asked[name], district.crs, many=many)
        progress("editing", 1, 3)
        numbering = None if kind == "adjust" else _numbering(told)
        new = editions.edit_cells(district, kind, day, numbering, **asked)
        progress("writing", 2, 3)
        write_district(new.district, told.output)
    return _tell(new, told.output)


def _unite(told: argparse.Namespace) -> int:
    day = read_day(told.on, "--on")
    check_output(told.output)
    with Bar() as progress:
        progress("reading", 0, 3)
        district = read_district(told.district)
        progress("editing", 1, 3)
        names = _pairs(told.names, "--names") if told.names else None
        into = _pairs(told.into, "--into")
        new = editions.unite_communities(district, into, day, _numbering(told), names)
        progress("writing", 2, 3)
        write_district(new.district, told.output)
    before, after = len(district["communities"]), len(new.district["communities"])
    print(f"{before} communities became {after}.")
    return _tell(new, told.output)


def _fetch(told: argparse.Namespace) -> int:
    check_output(told.output)
    district = editions.fetch_editions(read_district(told.district), told.database)
    write_district(district, told.output)
    print(
        f"{len(district['cells'])} cells in force, {len(district['past_cells'])} of the past; "
        f"written to {told.output}."
    )
    return 0


def _history(told: argparse.Namespace) -> int:
    district = read_district(told.district)
    if told.cell:
        rows = editions.trace_cell(district, told.cell)
        for row in rows.to_dict("records"):
            print(f"{row['on']:%Y-%m-%d}  {_change(row)}, {row['area_m2']:.0f} m²")
        if rows.empty:
            print(f"Nothing happened to cell {told.cell} so far.")
        return 0
    for row in editions.list_editions(district).to_dict("records"):
        day = f"{row['on']:%Y-%m-%d}" if row["on"] == row["on"] else "at first  "
        counts = (
            f"{int(row[kind])} {kind}"
            for kind in ("merge", "split", "adjust", "recode")
            if row[kind] > 0
        )
        print(f"{day}  {row['grid_version']}  {', '.join(counts)}".rstrip())
    return 0


def _tell(new: editions.NewEdition, output: str) -> int:
    print_findings(new.findings)
    changed = new.lineage[new.lineage["kind"] != "same"]
    for row in changed.to_dict("records"):
        print(_change(row))
    cells = new.district["cells"]
    print(
        f"{len(cells)} cells in force from {new.lineage['on'].iloc[0]:%Y-%m-%d} "
        f"({cells['grid_version'].iloc[0]}); {len(new.district['past_cells'])} of the past kept; "
        f"written to {output}."
    )
    return 0


def _change(row: dict[Any, Any]) -> str:
    return (
        f"{row['kind']:7} {row['old_cell_id']} → {row['new_cell_id']}  "
        f"{row['area_share']:.1%} of it"
    )


def _numbering(told: argparse.Namespace) -> Any:
    rule = editions.find_rule(told.code_rule) if told.code_rule else None
    return Numbering(rule, reuse=told.reuse_codes)


def _shapes(path: str, crs: Any, *, many: bool) -> Any:
    frame = project(read_upload(path, "boundary"), crs, Path(path).name)
    shapes = shapely.get_parts(frame.geometry.to_numpy())
    if many:
        return list(shapes)
    if len(shapes) != 1:
        raise InputError(
            f"{Path(path).name} holds {len(shapes)} shapes; expected one. Leave the one that is "
            "meant."
        )
    return shapes[0]


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _pairs(text: str, option: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in _list(text)]
    if wrong := [before for before, sign, after in pairs if not (before and sign and after)]:
        raise InputError(f"{option} expects pairs such as A=B,C=D; found '{', '.join(wrong)}'.")
    return {before.strip(): after.strip() for before, _, after in pairs}
